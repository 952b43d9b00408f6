"""The studies behind notebook 06: each measure on hand-made cases, and parts that are kept when a run is stopped."""

import json
import random
from dataclasses import asdict
from statistics import fmean

import pytest
from tiny import tiny_model

from pocketgpt import checkpoints
from pocketgpt.chat import encode_text
from pocketgpt.evaluation.metrics import wilson
from pocketgpt.rl import nim
from pocketgpt.rl.nim import Nim, flawed, perfect
from pocketgpt.rl.tasks import Sum, demonstrations, shows_steps
from pocketgpt.tokenizer import Tokenizer
from pocketgpt_lessons import evidence
from pocketgpt_lessons.rl import beyond_teachers, experiments, study

BYTES = Tokenizer([])
BOTH = ("at once", "in steps")
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


def test_dots_take_as_many_tokens_as_the_steps_and_say_nothing():
    for talk in demonstrations(60, experiments.TAUGHT, 0.5, seed=1):
        question, answer = experiments.dotted(talk, BYTES)
        before = talk[1].content
        assert len(encode_text(answer.content, BYTES)) == len(encode_text(before, BYTES))
        assert question == talk[0] and not shows_steps(answer.content)
        a, sign, b = question.content.removeprefix("What is ").removesuffix("?").split()
        task = Sum(int(a), sign, int(b))
        assert task.reward(answer.content) == 1
        assert answer.content.replace(".", "").replace("  ", " ") == task.at_once().replace(".", "")


def test_the_exam_asks_the_same_sums_each_time_and_others_of_another_seed():
    assert experiments.exam_sums(2, 20) == experiments.exam_sums(2, 20) == experiments.exam_sums(2, 40)[:20]
    assert experiments.exam_sums(2, 20) != experiments.exam_sums(2, 20, seed=1)
    assert all(len(str(task.a)) == len(str(task.b)) == 3 for task in experiments.exam_sums(3, 20))


def test_a_begun_answer_is_of_its_kind(model, monkeypatch):
    tasks = experiments.exam_sums(1, 2)
    prompts = []

    class Said:
        def texts(self, tokenizer):
            return [f"{tasks[0].result}.", "9999."]

    monkeypatch.setattr(experiments, "roll_out", lambda model, given, *_: prompts.extend(given) or Said())
    assert experiments.begun(model, BYTES, "in steps", 1, n=2) == {"x": 1, "right": 1, "n": 2}
    task = tasks[0]
    assert BYTES.decode(prompts[0]).endswith(f"<|assistant|> {task.a} {task.sign} {task.b}:")


def test_marks_and_counts_of_a_model_that_knows_nothing(model):
    found = experiments.marks(model, BYTES, 1, n=8)
    assert found["n"] == 8 and found["right"] <= 2 and found["kind"] == 0 and 0 < found["length"] <= 128
    right = experiments.solved(model, BYTES, experiments.exam_sums(2, 3), tries=4)
    assert len(right) == 3 and all(0 <= each <= 4 for each in right)


def test_several_seeds_are_put_together():
    curves = [[{"x": 1, "right": 0.5}, {"x": 2, "right": y}] for y in (0.5, 1.0)]
    assert evidence.band(curves, "right", 100)[1] == {"x": 2, "y": 75.0, "low": 0.0, "high": 100.0}
    [point] = evidence.pooled([[{"x": 3, "right": 9, "n": 10}], [{"x": 3, "right": 9, "n": 10}]])
    assert point["y"] == 90 and 65 < point["low"] < 75 and 97 < point["high"] < 99


def test_positions_of_nim_by_how_the_expert_does():
    games = beyond_teachers.positions()
    assert len(games) == len(set(games)) and all(game.winning_moves() for game in games)
    lost = sum(not (a ^ b ^ c) for a in range(6) for b in range(a, 6) for c in range(b, 6))
    assert len(games) == 56 - lost  # 56 ways to choose three heaps of 0 to 5
    easy = [game for game in games if not beyond_teachers.hard(game)]
    assert beyond_teachers.expert_share(easy, tries=20) == 1
    assert beyond_teachers.expert_share([game for game in games if beyond_teachers.hard(game)], tries=20) < 0.5
    assert beyond_teachers.hard(Nim((1, 3, 5))) and not beyond_teachers.hard(Nim((2, 3, 3)))


def test_a_perfect_player_wins_from_every_position_that_can_be_won():
    rng = random.Random(0)
    games = beyond_teachers.positions()
    assert set(nim.play(games, [perfect, perfect], rng)) == {0}
    assert 1 in nim.play(games, [flawed, perfect], rng)


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

    for name in ("taught_and_practised", "taught_dots", "starved"):
        monkeypatch.setattr(study, name, part(name))
    for name in ("flawed_teachers", "self_taught"):
        monkeypatch.setattr(beyond_teachers, name, part(name))
    with pytest.raises(KeyboardInterrupt):
        study.study(None, seeds=(0, 1))
    assert len(done) == 7
    assert [len(run) for run in json.loads((tmp_path / "06.json").read_text(encoding="utf-8"))["runs"]] == [6, 3]
    stop.clear()
    found = study.study(None, seeds=(0, 1))
    assert len(done) == len(set(done)) == 10
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


def share(marks: dict) -> float:
    return marks["right"] / marks["n"]


def test_the_shipped_evidence_belongs_to_the_shipped_base():
    base, _, _ = checkpoints.load("base", own=False)
    found = evidence.evidence_of("06")
    assert found["base"] == evidence.fingerprint(base)
    assert found["lesson"] == asdict(experiments.LESSON) and found["live"] == asdict(experiments.LIVE)
    assert [run["seed"] for run in found["runs"]] == [0, 1, 2, 3, 4]


def test_practice_raises_two_digit_sums_above_nine_in_ten_in_every_seed(runs):
    before, after = ([share(run["sums"][when][1]) for run in runs] for when in ("before", "after"))
    assert max(before) <= 0.6 and fmean(before) <= 0.5
    assert fmean(after) >= 0.95 and min(after) >= 0.9
    for run in runs:
        first, last = run["sums"]["curve"][0], run["sums"]["curve"][-1]
        assert last["kind"] >= 0.97 and last["length"] > 1.5 * first["length"]


def test_steps_help_with_large_sums_and_dots_do_not(runs):
    at_once, in_steps = (evidence.pooled([run["sums"]["by size"][kind] for run in runs]) for kind in BOTH)
    dots = evidence.pooled([run["dots"] for run in runs])
    assert in_steps[1]["low"] > 80 > 20 > max(at_once[1]["high"], dots[1]["high"])
    assert in_steps[2]["low"] > 50 and in_steps[3]["high"] < 3


def test_practice_goes_past_flawed_teachers_in_every_seed(runs):
    for run in runs:
        imitated, practised = (run["flawed"][name] for name in ("imitated", "practised"))
        assert wilson(imitated["right"], imitated["n"])[1] < wilson(practised["right"], practised["n"])[0]
        assert abs(share(imitated) - 0.6) < 0.12


def test_with_many_tries_the_model_before_practice_catches_up(runs):
    before, after = (experiments.pass_curve([n for run in runs for n in run["sums"][key]]) for key in SOLVED)
    assert before[0]["y"] < 50 < 90 < after[0]["y"]
    assert before[-1]["y"] >= 99 and abs(before[6]["y"] - after[6]["y"]) < 2


def test_what_never_comes_up_is_not_found(runs):
    for run in runs:
        none, few, some = run["starved"]
        assert (none["share"], few["share"], some["share"]) == experiments.STARVED
        assert none["after"]["kind"] == 0 and share(none["after"]) < 0.4
        assert some["after"]["kind"] > 0.9 and share(some["after"]) > share(none["after"]) + 0.3


def test_self_play_finds_moves_that_the_expert_rarely_plays(runs):
    for run in runs:
        hard = [run["nim"][who]["hard"] for who in ("expert", "clone", "self-taught")]
        assert max(hard[:2]) < 0.25 and hard[2] > 1.5 * max(hard[:2])
        assert run["nim"]["self-taught"]["won"] > run["nim"]["clone"]["won"]
