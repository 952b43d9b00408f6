"""The rollout viewer, the curves of practice and sums of one's own: numbers are right, every control answers."""

import random
import xml.etree.ElementTree as ET
from functools import partial

import pytest
import torch
from tiny import tiny_model

from pocketgpt.errors import PocketError
from pocketgpt.rl.environment import Batch, Environment, try_tasks
from pocketgpt.rl.grpo import Step
from pocketgpt.rl.rollouts import Rollouts
from pocketgpt.rl.tasks import Sum
from pocketgpt.tokenizer import Tokenizer
from pocketgpt_lessons.rl.views import Attempt, attempts, practice_curves, rollouts_view, tint
from pocketgpt_lessons.rl.widgets import PracticeDashboard, read_sum, rollout_viewer, sum_asker

BYTES = Tokenizer([])
END = BYTES.special_tokens["<|end|>"]


def batch_of(*answers: str, rewards) -> Batch:
    """One task whose answers are bytes of probability ½, each ended by the model."""
    rows = [[65, *BYTES.encode(answer), END] for answer in answers]
    width = max(map(len, rows))
    ids = torch.tensor([row + [0] * (width - len(row)) for row in rows])
    ends = torch.tensor([len(row) for row in rows])
    columns = torch.arange(width)
    written = (columns >= 1) & (columns < ends[:, None])
    logprobs = torch.where(written, torch.tensor(0.5).log(), 0.0)
    starts, ended = torch.ones(len(rows), dtype=torch.long), torch.ones(len(rows), dtype=torch.bool)
    rollouts = Rollouts(ids, written, logprobs, 0 * logprobs, starts, ends, ended)
    return Batch([Sum(2, "+", 3)], rollouts, list(answers), ended, torch.tensor([rewards]))


def read(html: str) -> str:
    """The words on the page; fails unless the HTML is well-formed."""
    return " ".join("|".join(ET.fromstring(f"<div>{html}</div>").itertext()).split())


def test_answers_come_with_what_they_are_worth():
    found = attempts(batch_of("5", "no", "6", "5", rewards=[1.0, 0.0, 0.0, 1.0]), BYTES)
    assert found[1] == Attempt(("n", "o", "<|end|>"), (0.5, 0.5, 0.5), 0.0, -0.5)
    assert [each.advantage for each in found] == [0.5, -0.5, -0.5, 0.5]
    with pytest.raises(PocketError, match="from 0 to 0, not 1"):
        attempts(batch_of("5", rewards=[1.0]), BYTES, 1)


def test_a_view_tells_rewards_and_advantages_in_words():
    found = attempts(batch_of("5", "<b>", rewards=[1.0, 0.0]), BYTES)
    said = read(rollouts_view("What is <2> + 3?", found))
    for words in ("What is <2> + 3?", "2 answers, 1 of them right; mean reward 0.50", "✓ 1|1|+0.50|5|", "−0.50|<|b|>"):
        assert words in said
    assert "50.0%" not in said and read(rollouts_view("?", found, details=True)).count("50.0%") == 2 + 4
    cut = Attempt(("5",), (0.5,), 0.0, 0.0, finished=False)
    assert "(cut off)" in read(rollouts_view("?", [cut])) and "+0.00" in read(rollouts_view("?", [cut]))
    with pytest.raises(PocketError):
        rollouts_view("?", [])


def test_tints_show_sign_and_size():
    good, better, bad = tint(0.2), tint(0.9), tint(-0.9)
    assert len({good, better, bad, tint(0)}) == 4 and tint(5) == tint(1)
    reds = [int(colour[1:3], 16) for colour in (better, good, bad)]
    assert reds == sorted(reds)  # green has no red


POINTS = [{"x": 1, "right": 0.25, "kind": 0.5, "length": 20.0}, {"x": 2, "right": 0.5, "kind": 1.0, "length": 40.0}]


def test_curves_are_drawn_in_the_units_of_their_labels():
    bands = {"right": [{"x": x, "y": 0.5, "low": 0.25, "high": 0.75} for x in (1, 2)]}
    figure = practice_curves(POINTS, "It learns", bands, total=9)
    lines = [line.get_xydata().tolist() for axes in figure.axes for line in axes.lines]
    assert lines == [[[1, 50], [2, 50]], [[1, 25], [2, 50]], [[1, 50], [2, 100]], [[1, 20], [2, 40]]]
    assert figure.axes[0].get_xlim() == (0, 9.5)
    assert practice_curves(POINTS, "Again", figure=figure) is figure and len(figure.axes) == 3


def test_a_dashboard_keeps_the_curve_and_says_how_it_ended(capsys):
    batch = batch_of("5", rewards=[1.0])
    steps = [Step(i, 3, 0.1 * i, 20.0, 1.0, 0.5, 0.1, 0.0, 2.0 * i, batch) for i in (1, 2)]
    dashboard = PracticeDashboard(3)
    assert list(dashboard.watch(iter(steps))) == steps
    assert [point["x"] for point in dashboard.points] == [1, 2]
    out = capsys.readouterr().out
    assert "Step 1 of 3: 10% right, 50% in steps, 20 tokens · about 4 s left" in out
    assert "Stopped; what was learned so far is kept. Step 2 of 3" in out


@pytest.mark.parametrize(
    ("typed", "read_as"),
    [
        ("47 + 35", Sum(47, "+", 35)), ("What is 47+35?", Sum(47, "+", 35)), ("9 − 4", Sum(9, "-", 4)),
        ("", "Type a sum"), ("3 - 8", "larger number first"), ("99999 + 1", "up to 9,999"), ("2 * 2", "Type a sum"),
        ("10000000005 + 3", "up to 9,999"), ("3 + 10000000005", "up to 9,999"),
        ("__import__('os')", "Type a sum"), ("47 + 35e", Sum(47, "+", 35)),
    ],
)  # fmt: skip
def test_typed_sums(typed, read_as):
    found = read_sum(typed)
    assert found == read_as if isinstance(read_as, Sum) else read_as in found


def test_every_control_of_the_viewer_answers():
    environment = Environment(partial(Sum.draw, digits=1))
    models = [tiny_model(seed, vocab_size=BYTES.vocab_size, context=64) for seed in (0, 1)]
    tasks = [Sum.draw(random.Random(i), 1) for i in range(3)]
    batches = {
        name: try_tasks(model, BYTES, environment, tasks, 2, 6)
        for name, model in zip(("before", "after"), models, strict=True)
    }
    viewer = rollout_viewer(batches, BYTES)
    assert "pocket-widget" in viewer._dom_classes
    _each_control_answers(viewer, {0: "after", 1: "probability", 2: 2})
    assert tasks[1].question in viewer.picture.value.replace("&#x27;", "'")
    with pytest.raises(PocketError):
        rollout_viewer({}, BYTES)


def test_every_control_for_own_sums_answers():
    models = {name: tiny_model(seed, vocab_size=BYTES.vocab_size, context=256) for seed, name in enumerate("ab")}
    asker = sum_asker(models, BYTES, "1 + 2")
    _each_control_answers(asker, {0: "1 + 2e", 1: "b", 2: 3, 3: "probability"})
    assert "is read as 1 + 2." in asker.picture.value
    asker.controls[0].value = "<i>"
    assert "Type a sum" in asker.picture.value
    with pytest.raises(PocketError):
        sum_asker({}, BYTES)


def _each_control_answers(viewer, moves: dict) -> None:
    for number, value in moves.items():
        before = viewer.picture.value
        viewer.controls[number].value = value
        assert viewer.picture.value != before
        ET.fromstring(f"<div>{viewer.picture.value}</div>")
