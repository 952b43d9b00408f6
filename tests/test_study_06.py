"""The studies behind notebook 06: each measure on hand-made cases, and parts that are kept when a run is stopped."""

import json

import pytest
from tiny import tiny_model

from pocketgpt import studies
from pocketgpt.games import Nim, flawed, perfect
from pocketgpt.studies import past_teachers
from pocketgpt.studies import trial_and_error as study
from pocketgpt.tasks import Sum, demonstrations, shows_steps
from pocketgpt.template import encode_text
from pocketgpt.tokenizer import Tokenizer

BYTES = Tokenizer([])


@pytest.fixture
def model():
    return tiny_model(vocab_size=BYTES.vocab_size, context=256)


def test_a_lesson_teaches_sums_of_all_sizes_but_the_longest():
    talks = demonstrations(500, study.TAUGHT, study.IN_STEPS, seed=3)
    asked = [question.content.removeprefix("What is ").removesuffix("?").split() for question, _ in talks]
    assert {len(a) for a, _, _ in asked} == set(study.SIZES[:-1])
    steps = [shows_steps(answer.content) for _, answer in talks]
    assert abs(sum(steps) / len(steps) - study.IN_STEPS) < 0.06


def test_dots_take_as_many_tokens_as_the_steps_and_say_nothing():
    for talk in demonstrations(60, study.TAUGHT, 0.5, seed=1):
        question, answer = study.dotted(talk, BYTES)
        before = talk[1].content
        assert len(encode_text(answer.content, BYTES)) == len(encode_text(before, BYTES))
        assert question == talk[0] and not shows_steps(answer.content)
        a, sign, b = question.content.removeprefix("What is ").removesuffix("?").split()
        task = Sum(int(a), sign, int(b))
        assert task.reward(answer.content) == 1
        assert answer.content.replace(".", "").replace("  ", " ") == task.at_once().replace(".", "")


def test_the_exam_asks_the_same_sums_each_time_and_others_of_another_seed():
    assert study.exam_sums(2, 20) == study.exam_sums(2, 20) == study.exam_sums(2, 40)[:20]
    assert study.exam_sums(2, 20) != study.exam_sums(2, 20, seed=1)
    assert all(len(str(task.a)) == len(str(task.b)) == 3 for task in study.exam_sums(3, 20))


def test_a_begun_answer_is_of_its_kind(model, monkeypatch):
    tasks = study.exam_sums(1, 2)
    prompts = []

    class Said:
        def texts(self, tokenizer):
            return [f"{tasks[0].result}.", "9999."]

    monkeypatch.setattr(study, "roll_out", lambda model, given, *_: prompts.extend(given) or Said())
    assert study.begun(model, BYTES, "in steps", 1, n=2) == {"x": 1, "right": 1, "n": 2}
    task = tasks[0]
    assert BYTES.decode(prompts[0]).endswith(f"<|assistant|> {task.a} {task.sign} {task.b}:")


def test_marks_and_counts_of_a_model_that_knows_nothing(model):
    found = study.marks(model, BYTES, 1, n=8)
    assert found["n"] == 8 and found["right"] <= 2 and found["kind"] == 0 and 0 < found["length"] <= 128
    right = study.solved(model, BYTES, study.exam_sums(2, 3), tries=4)
    assert len(right) == 3 and all(0 <= each <= 4 for each in right)


def test_several_seeds_are_put_together():
    curves = [[{"x": 1, "right": 0.5}, {"x": 2, "right": y}] for y in (0.5, 1.0)]
    assert study.band(curves, "right", 100)[1] == {"x": 2, "y": 75.0, "low": 50.0, "high": 100.0}
    [point] = study.pooled([[{"x": 3, "right": 9, "n": 10}], [{"x": 3, "right": 9, "n": 10}]])
    assert point["y"] == 90 and 65 < point["low"] < 75 and 97 < point["high"] < 99


def test_positions_of_nim_by_how_the_expert_does():
    games = past_teachers.positions()
    assert len(games) == len(set(games)) and all(game.winning_moves() for game in games)
    lost = sum(not (a ^ b ^ c) for a in range(6) for b in range(a, 6) for c in range(b, 6))
    assert len(games) == 56 - lost  # 56 ways to choose three heaps of 0 to 5
    easy = [game for game in games if not past_teachers.hard(game)]
    assert past_teachers.expert_share(easy, tries=20) == 1
    assert past_teachers.expert_share([game for game in games if past_teachers.hard(game)], tries=20) < 0.5
    assert past_teachers.hard(Nim((1, 3, 5))) and not past_teachers.hard(Nim((2, 3, 3)))


def test_a_perfect_player_wins_from_every_position_that_can_be_won():
    rng = past_teachers.random.Random(0)
    games = past_teachers.positions()
    assert set(past_teachers.play(games, [perfect, perfect], rng)) == {0}
    assert 1 in past_teachers.play(games, [flawed, perfect], rng)


def test_a_stopped_study_goes_on_where_it_was(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(studies, "EVIDENCE", tmp_path)
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
        monkeypatch.setattr(past_teachers, name, part(name))
    with pytest.raises(KeyboardInterrupt):
        study.study(None, seeds=(0, 1))
    assert len(done) == 7
    assert [len(run) for run in json.loads((tmp_path / "06.json").read_text(encoding="utf-8"))["runs"]] == [
        6,
        3,
    ]
    stop.clear()
    found = study.study(None, seeds=(0, 1))
    assert len(done) == len(set(done)) == 10
    assert found == studies.evidence("06") and [run["seed"] for run in found["runs"]] == [0, 1]


def test_runs_of_other_settings_are_not_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(studies, "EVIDENCE", tmp_path)
    assert studies.kept("06", base="a") == []
    studies.save("06", {"base": "a", "runs": [1]})
    assert studies.kept("06", base="a") == [1] and studies.kept("06", base="b") == []
