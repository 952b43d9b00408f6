"""Interactive parts of notebook 06: live curves of practice, a viewer of rollouts, and sums of one's own."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from html import escape

import ipywidgets as W
from matplotlib.figure import Figure

from pocketgpt.errors import PocketError
from pocketgpt.model import GPT
from pocketgpt.rl.environment import Batch, Environment, try_tasks
from pocketgpt.rl.grpo import Step
from pocketgpt.rl.tasks import Sum
from pocketgpt_lessons.display.figure import Point
from pocketgpt_lessons.display.html import card
from pocketgpt_lessons.display.live import LivePicture, frame_html
from pocketgpt_lessons.display.viewer import Viewer, looks
from pocketgpt_lessons.rl.views import attempts, practice_curves, rollouts_view

ANSWER_TOKENS = 120
LARGEST = 9999
_BELOW = {"nothing": False, "probability": True}


class PracticeDashboard(LivePicture):
    """Live curves of grpo(): right answers, answers in steps, and length; `points` keeps them.

    It watches a run step by step:

        dashboard = PracticeDashboard(config.steps)
        for step in dashboard.watch(grpo(model, tokenizer, environment, config)):
            pass
    """

    def __init__(
        self,
        steps: int,
        bands: Mapping[str, Sequence[Point]] | None = None,
        title: str = "Practice: what is right is done more often",
    ):
        self.steps, self.bands, self.title = steps, bands, title
        self.points: list[dict[str, float]] = []
        self._figure: Figure | None = None

    def take(self, step: Step) -> None:
        self.points.append({"x": step.step, "right": step.reward, "kind": step.kind, "length": step.length})

    def status(self) -> str:
        left = self.last.seconds / len(self.points) * (self.steps - self.last.step)
        return f"{self._told()} · about {left:.0f} s left · ■ (the stop button) ends the run and keeps the result"

    def ending(self) -> str:
        done = self.last.step == self.steps
        return f"{'Finished' if done else 'Stopped; what was learned so far is kept'}. {self._told()}"

    def _told(self) -> str:
        m = self.last
        return f"Step {m.step} of {m.steps}: {m.reward:.0%} right, {m.kind:.0%} in steps, {m.length:.0f} tokens"

    def picture(self, line: str) -> str:
        self._figure = practice_curves(self.points, self.title, self.bands, self.steps, self._figure)
        html = frame_html(self._figure, f"Curves of practice. {line}")
        return card(f"{html}<div><b>{escape(line)}</b></div>", "Practice dashboard")


def rollout_viewer(batches: Mapping[str, Batch], tokenizer) -> Viewer:
    """Choose a batch by its name, one of its tasks, and whether each token's probability is shown."""
    if not batches:
        raise PocketError("Give at least one batch of rollouts, by a name.")
    most = min(len(batch.tasks) for batch in batches.values())
    controls: list[W.Widget] = [
        W.Dropdown(options=list(batches), description="Answers", **looks()),
        W.Dropdown(options=list(_BELOW), description="Below each token", **looks()),
    ]
    if most > 1:
        controls.append(W.IntSlider(1, 1, most, description="Question", continuous_update=False, **looks()))

    def render(name: str, below: str, task: int = 1) -> str:
        batch = batches[name]
        found = attempts(batch, tokenizer, task - 1)
        return rollouts_view(batch.tasks[task - 1].question, found, _BELOW[below])

    told = f"Answers, rewards and advantages of {', '.join(batches)} (needs a kernel)."
    return Viewer(controls, render, told)


def read_sum(typed: str) -> Sum | str:
    """A sum or difference as it was typed, or a sentence that says what can be asked.

    >>> read_sum(" 47+35 = ?"), read_sum("3 - 8")
    (Sum(a=47, sign='+', b=35), 'Put the larger number first: this model knows no negative numbers.')
    """
    found = re.search(r"(?<!\d)(\d{1,99})\s*([+\-−])\s*(\d{1,99})(?!\d)", typed)
    if not found:
        return "Type a sum or a difference of whole numbers, such as 47 + 35."
    a, sign, b = int(found[1]), found[2].replace("−", "-"), int(found[3])
    if max(a, b) > LARGEST:
        return f"Use numbers up to {LARGEST:,}: longer sums don't fit into an answer."
    if sign == "-" and a < b:
        return "Put the larger number first: this model knows no negative numbers."
    return Sum(a, sign, b)


def _read_as(typed: str, task: Sum) -> str:
    """A note where something else was typed than the bare sum."""
    bare = f"{task.a} {task.sign} {task.b}"
    if typed.strip() == bare:
        return ""
    return card(escape(f"“{typed}” is read as {bare}."), "How the sum was read")


def sum_asker(models: Mapping[str, GPT], tokenizer, typed: str = "47 + 35") -> Viewer:
    """Type a sum, choose a model by its name, how many answers it gives, and what stands below each token."""
    if not models:
        raise PocketError("Give at least one model, by a name.")
    controls = [
        W.Text(typed, description="Sum", continuous_update=False, **looks()),
        W.Dropdown(options=list(models), description="Model", **looks()),
        W.IntSlider(6, 2, 16, description="Answers", continuous_update=False, **looks()),
        W.Dropdown(options=list(_BELOW), description="Below each token", **looks()),
    ]

    @cache  # a change of two controls at a time asks twice
    def asked(task: Sum, stage: str, k: int) -> Batch:
        return try_tasks(models[stage], tokenizer, Environment(lambda rng: task), [task], k, ANSWER_TOKENS)

    def render(typed: str, stage: str, k: int, below: str) -> str:
        task = read_sum(typed)
        if isinstance(task, str):
            return card(escape(task), "Sums of your own")
        found = attempts(asked(task, stage, k), tokenizer)
        return _read_as(typed, task) + rollouts_view(task.question, found, _BELOW[below])

    return Viewer(controls, render, f"Answers to {typed} (needs a kernel).")
