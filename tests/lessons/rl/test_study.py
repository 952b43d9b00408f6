"""The studies behind notebook 06: each measure on hand-made cases, and parts that are kept when a run is stopped."""

import json
import random
from dataclasses import asdict
from statistics import fmean

import pytest
import torch
from tiny import tiny_model

from pocketgpt import checkpoints
from pocketgpt.chat import encode_text
from pocketgpt.evaluation.metrics import wilson
from pocketgpt.model import IGNORE, cross_entropy
from pocketgpt.rl import nim
from pocketgpt.rl.config import RLConfig
from pocketgpt.rl.environment import try_tasks
from pocketgpt.rl.nim import Nim, flawed, perfect
from pocketgpt.rl.tasks import Sum, demonstrations, shows_steps
from pocketgpt.sft.fine_tune import conversation_loss
from pocketgpt.tokenizer import Tokenizer
from pocketgpt_lessons import evidence
from pocketgpt_lessons.rl import beyond_teachers, experiments, study

BYTES = Tokenizer([])
SOLVED = ("solved before", "solved after")


@pytest.fixture
def model():
    return tiny_model(vocab_size=BYTES.vocab_size, context=256)


def test_a_lesson_teaches_sums_of_all_sizes_but_the_longest():
    talks = demonstrations(500, experiments.TAUGHT, experiments.IN_STEPS, seed=3)
    asked = [question.content.removeprefix("What is ").removesuffix("?").split() for question, _ in talks]
    assert {len(a) for a, _, _ in asked} == set(experiments.SIZES[:-1])
    steps = [shows_steps(answer.content) for _, answer in talks]
    assert abs(sum(steps) / len(steps) - experiments.IN_STEPS) < 0.06


@pytest.fixture(scope="module")
def tokenizer():
    return checkpoints.load("base", own=False)[1]


def test_dots_take_as_many_tokens_as_the_steps_and_say_nothing(tokenizer):
    for i in range(60):
        task = Sum.draw(random.Random(i), experiments.TAUGHT)
        for each in (tokenizer, BYTES):
            question, answer = experiments.with_dots(task, each)
            dots = question.removeprefix(f"{task.question} ")
            assert set(dots) == {"."} and answer == task.at_once()
            extra = len(encode_text(question, each)) - len(encode_text(task.question, each))
            steps = len(encode_text(task.in_steps(), each)) - len(encode_text(answer, each))
            assert extra - steps in (0, 1)  # the space before the dots may be a token


def test_all_ways_ask_and_state_the_same_and_only_two_show_steps(tokenizer):
    ways = experiments.ways(tokenizer)
    for i in range(100):
        task = Sum.draw(random.Random(i), (1, 2, 3, 4))
        wrong = Sum(task.a, task.sign, task.b - 1 if task.b else 1)
        asked = [way(task)[0] for way in ways.values()]
        said = {name: way(task)[1] for name, way in ways.items()}
        assert all(question.rstrip(". ") == task.question for question in asked)
        assert all(experiments.stated(task, answer) for answer in said.values())
        assert not any(experiments.stated(wrong, answer) for answer in said.values())
        assert [shows_steps(answer) for answer in said.values()] == [True, False, False, True]
        first = said["the answer, then steps"]
        assert first.split(": ", 1)[0] == task.at_once().rstrip(".")
        assert first.split(": ", 1)[1] in task.in_steps()  # the very same working


def test_a_short_answer_weighs_as_much_as_a_long_one(model):
    ids = torch.arange(12).view(2, 6)
    targets = torch.full((2, 6), IGNORE)
    targets[0, 1:3], targets[1, :5] = 7, 9
    rows = [cross_entropy(model(ids[i : i + 1]), targets[i : i + 1]) for i in (0, 1)]
    assert torch.isclose(experiments.each_answer_alike(model, ids, targets), sum(rows) / 2)
    token_mean = (2 * rows[0] + 5 * rows[1]) / 7
    assert torch.isclose(conversation_loss(model, ids, targets), token_mean)


def test_without_a_baseline_only_right_answers_teach(model, monkeypatch):
    given = []
    monkeypatch.setattr(experiments, "compute_gradients", lambda *args: given.append(args[2]))
    config = RLConfig(steps=2, prompts=2, rollouts=3, max_tokens=4)
    found = experiments.without_baseline(model, BYTES, 0, config)
    assert [point["x"] for point in found] == [1, 2]
    assert [len(weights) for weights in given] == [6, 6] and all((w >= 0).all() for w in given)


def test_log_probabilities_of_answers_are_those_they_were_drawn_with(model):
    tasks = experiments.exam_sums(1, 2)
    batch = try_tasks(model, BYTES, experiments.SUMS, tasks, each=2, max_tokens=5)
    found = experiments.answer_logprobs(model, batch)
    assert len(found) == 4 and all(row.requires_grad for row in found)
    for row, written, drawn in zip(found, batch.rollouts.written, batch.rollouts.logprobs, strict=True):
        assert torch.allclose(row, drawn[written], atol=1e-4)


def test_the_exam_asks_the_same_sums_each_time_and_others_of_another_seed():
    assert experiments.exam_sums(2, 20) == experiments.exam_sums(2, 20) == experiments.exam_sums(2, 40)[:20]
    assert experiments.exam_sums(2, 20) != experiments.exam_sums(2, 20, seed=1)
    assert all(len(str(task.a)) == len(str(task.b)) == 3 for task in experiments.exam_sums(3, 20))


def test_an_answer_that_is_begun_for_the_model_is_in_steps(model, monkeypatch):
    tasks = experiments.exam_sums(1, 2)
    prompts = []

    class Said:
        def texts(self, tokenizer):
            return [f"{tasks[0].result}.", "9999."]

    monkeypatch.setattr(experiments, "roll_out", lambda model, given, *_: prompts.extend(given) or Said())
    assert experiments.right_in_steps(model, BYTES, 1, 2, 1.0) == {"x": 1, "right": 1, "n": 2}
    task = tasks[0]
    assert BYTES.decode(prompts[0]).endswith(f"<|assistant|> {task.a} {task.sign} {task.b}:")


def test_marks_and_counts_of_a_model_that_knows_nothing(model):
    found = experiments.marks(model, BYTES, 1, n=8)
    assert found["n"] == 8 and found["right"] <= 2 and found["kind"] == 0 and 0 < found["length"] <= 128
    right = experiments.solved(model, BYTES, experiments.exam_sums(2, 3), tries=4)
    assert len(right) == 3 and all(0 <= each <= 4 for each in right)


def test_a_vote_takes_the_commonest_result(model, monkeypatch):
    answers = ["So 1 + 1 = 2.", "1 + 1 = 3.", "It is 3.", "no idea"]
    assert beyond_teachers.vote(answers) == 3 and beyond_teachers.vote(["no idea"]) is None
    monkeypatch.setattr(beyond_teachers, "VOTED", 3)
    found = beyond_teachers.voted(model, BYTES)
    assert found["n"] == 3 and 0 <= found["right"] <= 3


def test_forgetful_teachers_are_right_where_nothing_is_carried():
    found = beyond_teachers.teachers_right()
    carried = sum("carry" in task.in_steps() or "borrow" in task.in_steps() for task in experiments.exam_sums(2))
    assert found["right"] == pytest.approx(found["n"] - beyond_teachers.FORGETFUL * carried)
    assert 0.3 < carried / found["n"] < 0.6


def test_the_clone_learns_from_no_lucky_move():
    talks = beyond_teachers.expert_games(2000, seed=4)
    assert len(talks) == 2000 and not any(map(beyond_teachers.lucky, talks))
    everything = nim.games_of(flawed, 2000, 4, largest=beyond_teachers.LARGEST)
    assert 0 < sum(map(beyond_teachers.lucky, everything)) < 200
    played = {talk[0].content: set() for talk in talks}
    for question, answer in talks:
        played[question.content].add(answer.content)
    asked = [game for game in beyond_teachers.positions() if beyond_teachers.hard(game)]
    assert all(len(played[game.question]) > 1 for game in asked)  # each is there, with several losing moves


def test_positions_of_nim_by_how_the_expert_does():
    games = beyond_teachers.positions()
    assert len(games) == len(set(games)) and all(game.winning_moves() for game in games)
    lost = sum(not (a ^ b ^ c) for a in range(6) for b in range(a, 6) for c in range(b, 6))
    assert len(games) == 56 - lost  # 56 ways to choose three heaps of 0 to 5
    easy = [game for game in games if not beyond_teachers.hard(game)]
    rng = random.Random(0)
    assert all(move in game.winning_moves() for game, move in zip(easy, flawed(easy, rng), strict=True))
    assert beyond_teachers.hard(Nim((1, 3, 5))) and not beyond_teachers.hard(Nim((2, 3, 3)))


def test_a_perfect_player_wins_from_every_position_that_can_be_won():
    rng = random.Random(0)
    games = beyond_teachers.positions()
    assert set(nim.play(games, [perfect, perfect], rng)) == {0}
    assert 1 in nim.play(games, [flawed, perfect], rng)


def test_trying_every_move_finds_the_winning_ones_where_games_are_played_well(monkeypatch):
    monkeypatch.setattr(beyond_teachers, "model_player", lambda *_: perfect)
    talks = beyond_teachers.best_moves(None, None, seed=0)
    games = beyond_teachers.positions()
    assert [question.content for question, _ in talks] == [game.question for game in games]
    moves = [nim.parse_move(answer.content) for _, answer in talks]
    assert all(move in game.winning_moves() for game, move in zip(games, moves, strict=True))


def test_a_move_of_its_own_that_wins_is_kept(monkeypatch):
    monkeypatch.setattr(beyond_teachers, "model_player", lambda *_: lambda games, rng: [g.moves()[-1] for g in games])
    for question, answer in beyond_teachers.best_moves(None, None, seed=0):
        game = next(game for game in beyond_teachers.positions() if game.question == question.content)
        own, chosen = game.moves()[-1], nim.parse_move(answer.content)
        last = [lambda games, rng: [g.moves()[-1] for g in games]] * 2
        if game.after(own).over or nim.play([game.after(own)], last, random.Random(0)) == [1]:
            assert chosen == own


def test_a_stopped_study_goes_on_where_it_was(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(evidence, "EVIDENCE", tmp_path)
    done, stop = [], [("starved", 1)]

    def part(name):
        def run(base, tokenizer, seed):
            if stop and stop[0] == (name, seed):
                raise KeyboardInterrupt
            done.append((name, seed))
            return [name, seed]

        return run

    for name in ("taught_and_practised", "taught_ways", "on_winners", "starved"):
        monkeypatch.setattr(study, name, part(name))
    for name in ("flawed_teachers", "self_taught"):
        monkeypatch.setattr(beyond_teachers, name, part(name))
    monkeypatch.setattr(experiments, "weighted_lesson", part("weighted_lesson"))
    with pytest.raises(KeyboardInterrupt):
        study.study(None, seeds=(0, 1))
    assert len(done) == 11  # part by part, the main ones first
    assert [len(run) for run in json.loads((tmp_path / "06.json").read_text(encoding="utf-8"))["runs"]] == [7, 6]
    stop.clear()
    found = study.study(None, seeds=(0, 1))
    assert len(done) == len(set(done)) == 14
    assert found == evidence.evidence_of("06") and [run["seed"] for run in found["runs"]] == [0, 1]


def test_runs_of_other_settings_are_not_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(evidence, "EVIDENCE", tmp_path)
    assert evidence.kept("06", base="a") == []
    evidence.save("06", {"base": "a", "runs": [1]})
    assert evidence.kept("06", base="a") == [1] and evidence.kept("06", base="b") == []


# --- The shipped evidence -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def runs():
    return evidence.evidence_of("06")["runs"]


def having(runs, part):
    """What runs recorded of a part; most parts have fewer seeds than the main one."""
    found = evidence.parts(runs, part)
    assert len(found) >= 3
    return found


def share(marks: dict) -> float:
    return marks["right"] / marks["n"]


def test_the_shipped_evidence_belongs_to_the_shipped_base():
    base, _, _ = checkpoints.load("base", own=False)
    found = evidence.evidence_of("06")
    assert found["base"] == evidence.fingerprint(base)
    for name in ("lesson", "longer", "live"):
        assert found[name] == asdict(getattr(experiments, name.upper()))
    assert [run["seed"] for run in found["runs"]] == [0, 1, 2, 3, 4]


def test_only_steps_before_the_answer_make_larger_sums_right(runs):
    for digits in (1, 2):  # places of 2 and 3 in SIZES
        found = {way: evidence.pooled([each[way] for each in having(runs, "ways")])[digits] for way in runs[0]["ways"]}
        steps = found.pop("in steps")
        assert all(steps["low"] > 2 * other["high"] for other in found.values())


def test_practice_raises_the_choice_and_the_skill_in_every_seed(runs):
    for run in runs:
        sums = run["sums"]
        before, after = sums["before"], sums["after"]
        assert wilson(before["right"], before["n"])[1] < wilson(after["right"], after["n"])[0]
        assert after["kind"] > 0.9 > before["kind"] and after["length"] > 1.1 * before["length"]
        assert share(sums["in steps after"][1]) > share(sums["in steps before"][1]) + 0.05
    names = ("in steps before", "in steps after", "greedy before", "greedy after")
    drawn, practised, sure, surer = (evidence.pooled([run["sums"][name] for run in runs]) for name in names)
    assert drawn[1]["high"] < practised[1]["low"]  # two digits
    assert drawn[1]["high"] < sure[1]["low"]  # part of it is less chance
    assert surer[1]["y"] > sure[1]["y"]  # and part is skill
    assert all(points[3]["high"] < 5 for points in (drawn, practised, sure, surer))  # nobody taught four digits


def test_winners_alone_do_as_well_in_as_many_steps(runs):
    steps = slice(experiments.SHORT.steps - 6, experiments.SHORT.steps)
    for run in (run for run in runs if "winners" in run):
        ends = [fmean(p["right"] for p in run[part]["curve"][steps]) for part in ("sums", "winners")]
        assert abs(ends[0] - ends[1]) < 0.08


def test_sums_of_one_digit_in_steps_get_worse(runs):
    for run in runs:
        assert run["sums"]["in steps after"][0]["right"] < run["sums"]["in steps before"][0]["right"]


def test_neither_greed_nor_a_vote_mends_a_mistake_that_all_make(runs):
    teachers = share(beyond_teachers.teachers_right())
    names = ("imitated", "greedy", "voted", "practised")
    found = {name: evidence.pooled([[each[name]] for each in having(runs, "flawed")])[0] for name in names}
    assert all(found[name]["low"] < 100 * teachers for name in names[:3])
    assert found["practised"]["low"] > 100 * teachers
    for each in having(runs, "flawed"):
        assert all(share(each["practised"]) > share(each[name]) for name in names[:3])


def test_many_tries_close_most_of_the_gap_in_every_seed_and_not_all(runs):
    for run in runs:
        before, after = (experiments.pass_curve(run["sums"][key]) for key in SOLVED)
        first, last = after[0]["y"] - before[0]["y"], after[-1]["y"] - before[-1]["y"]
        assert first > 60 and 0 < last < first / 2


def test_what_never_comes_up_is_not_found(runs):
    for run in (run for run in runs if "starved" in run):
        assert run["starved"]["after"]["kind"] < 0.1
        assert share(run["starved"]["after"]) < share(run["sums"]["after"]) - 0.3


def test_where_each_answer_counts_alike_short_ones_win(runs):
    for each in having(runs, "weighted"):
        kinds = [each[name]["kind"] for name in ("each token", "each answer")]
        assert abs(kinds[0] - experiments.IN_STEPS) < 0.15 and kinds[1] < kinds[0] - 0.15


def test_trying_every_move_finds_what_drawing_hardly_finds(runs):
    for each in having(runs, "nim"):
        clone, drawn, tried = each["clone"], each["self-taught"], each["every move"]
        assert max(clone["hard"], drawn["hard"]) < 0.15 and tried["hard"] > 0.75
        assert tried["won"] > max(clone["won"], drawn["won"]) + 20
