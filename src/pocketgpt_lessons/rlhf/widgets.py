"""Interactive parts of notebook 07: ranking pairs of little stories, and an explorer of what pleasing does to them.

As in `display.viewer`: `pair_view` and `explorer_view` make HTML of plain data, the rest are shells.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape

import ipywidgets as W

from pocketgpt.errors import PocketError
from pocketgpt.rlhf.pairs import Pair
from pocketgpt.rlhf.raters import Crowd
from pocketgpt_lessons.classroom.pair_chooser import PairChooser
from pocketgpt_lessons.display.figure import OKABE_ITO
from pocketgpt_lessons.display.html import CELL, card, table_cell, table_row
from pocketgpt_lessons.display.live import LivePicture
from pocketgpt_lessons.display.viewer import Viewer, display_with_fallback, looks
from pocketgpt_lessons.rlhf.experiments import Look

REPEATS = 4  # pairs that come a second time, sides swapped
ENOUGH = 12  # choices of one's own, from which a judge learns without the crowd's
_CELL = f"padding:8px 12px;{CELL}"
_TABLE = '<table style="border-collapse:collapse;table-layout:auto;margin:6px 0;width:100%">'
_WIDTH, _HEIGHT, _PAD = 560, 150, 28  # of the explorer's curves, in pixels


# --- Ranking ------------------------------------------------------------------------------------------------


def with_repeats(pairs: Sequence[Pair], repeats: int = REPEATS) -> list[Pair]:
    """The pairs, and the first of them once more with their sides swapped.

    >>> [pair.first for pair in with_repeats([Pair("Q", "a", "b"), Pair("Q", "c", "d")], repeats=1)]
    ['a', 'c', 'b']
    """
    again = [replace(pair, first=pair.second, second=pair.first, first_wins=None) for pair in pairs[:repeats]]
    return [*pairs, *again]


@dataclass(frozen=True)
class Agreement:
    """How alike choices are, as counts: with what most of the crowd would choose, and with oneself."""

    with_crowd: int
    of: int
    with_self: int
    twice: int


def agreement(judged: Sequence[Pair], crowd: Crowd, repeats: int = REPEATS) -> Agreement:
    """Compare judged pairs, of which the last are the first ones again, with the crowd and with each other."""
    likely = crowd.chances(judged).mean(1)
    crowds = sum((p > 0.5) == pair.first_wins for p, pair in zip(likely, judged, strict=True))
    again = judged[len(judged) - repeats :]
    same = sum(a.better == b.better for a, b in zip(judged, again, strict=False))
    return Agreement(int(crowds), len(judged), same, len(again))


def pair_view(pair: Pair, number: int, total: int, note: str = "") -> str:
    """One pair as HTML, side by side."""
    heads = table_row(*(table_cell(name, _CELL, "col") for name in ("left", "right")))
    style = f"{_CELL};width:50%;font-size:16px;line-height:1.5"
    texts = table_row(*(table_cell(escape(text), style) for text in (pair.first, pair.second)))
    return card(
        f"<div><b>Pair {number} of {total}: “{escape(pair.question)}”</b></div>{_TABLE}{heads}{texts}</table>"
        f"<div>{escape(note)}</div>",
        f"Pair {number} of {total}",
    )


class Ranking(PairChooser):
    """Buttons to say which of two stories is better; what isn't clicked, one of the crowd decides.

    A cell shows it, and a later one takes what it holds by then:

        ranking = Ranking(pairs, crowd)
        ranking                        # click, or don't
        pairs = ranking.comparisons()  # what a judge may learn from
    """

    def __init__(self, pairs: Sequence[Pair], crowd: Crowd, seed: int = 0, repeats: int = REPEATS):
        if len(pairs) < max(1, repeats):
            raise PocketError(f"Give at least {max(1, repeats)} pairs to rank.")
        self.pairs, self.crowd, self.seed, self.repeats = with_repeats(pairs, repeats), crowd, seed, repeats
        text = f"{len(self.pairs)} pairs of stories to rank with buttons (needs a kernel)."
        super().__init__(self.pairs, ("◀ the left one", "the right one ▶"), text, "07.ranking")

    def judged(self) -> list[Pair]:
        """All pairs: the learner's choices, and the crowd's where the learner made none."""
        crowds = self.crowd.judge(self.pairs, self.seed)
        mine = [pair.judged(first) for pair, first in zip(self.pairs, self.choices, strict=False)]
        return [*mine, *crowds[len(mine) :]]

    def comparisons(self) -> list[Pair]:
        """The learner's own choices, if there are at least ENOUGH; else all pairs, filled up with the crowd's."""
        return self.judged()[: len(self.choices) if len(self.choices) >= ENOUGH else None]

    def source(self) -> str:
        """One sentence on whose choices `comparisons` holds."""
        mine = len(self.choices)
        if mine >= ENOUGH:
            return f"Your judge learns from your {mine} choices, and from nobody else's."
        crowds = f"{len(self.pairs) - mine} from the simulated crowd"
        if mine:
            return f"Your judge learns from your {mine} choices and {crowds}: {ENOUGH} of yours make it your own."
        return f"You ranked nothing, so all {len(self.pairs)} choices are from the simulated crowd."

    def agreement(self) -> Agreement:
        return agreement(self.judged(), self.crowd, self.repeats)

    def view(self) -> str:
        """The pair to be ranked, and a note on what was chosen last."""
        done, total = len(self.choices), self.total
        if done == total:
            note = "All pairs are ranked. Thank you! Now run the cells below."
        elif done:
            note = f"Your last choice: {'left' if self.choices[-1] else 'right'}. Ranked so far: {done}."
        else:
            note = "Which of the two do you like better? What you don't rank, somebody of the crowd does."
        return pair_view(self.pairs[min(done, total - 1)], min(done + 1, total), total, note)


# --- Pleasing -----------------------------------------------------------------------------------------------


def _number(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")


def explorer_view(looks: Sequence[Look], step: int, shown: int = 3) -> str:
    """One step of a run as HTML: curves of score and true score with the step marked, and some of its stories.

    `step` counts from 1. PocketError if there is no such step.
    """
    if not 1 <= step <= len(looks):
        raise PocketError(f"Give a step from 1 to {len(looks)}, not {step}.")
    look = looks[step - 1]
    head = (
        f"<div><b>Step {look.step}</b>: score {_number(look.score)} ■, true score {_number(look.truth)} ●, "
        f"{look.length:.0f} tokens, {look.kl:.1f} nats from the start</div>"
    )
    names = table_row(*(table_cell(name, _CELL, "col") for name in ("score", "true score", "story")))
    rows = "".join(
        table_row(
            *(table_cell(_number(n), _CELL) for n in (told.score, told.truth)),
            table_cell(escape(told.text), f"{_CELL};width:100%"),
        )
        for told in look.stories[:shown]
    )
    return card(f"{head}{two_curves(looks, step)}{_TABLE}{names}{rows}</table>", f"Stories at step {look.step}")


def _apart(a: float, b: float, least: float = 14.0) -> tuple[float, float]:
    """Two heights in pixels, moved apart so far that labels of 12 pixels don't overlap."""
    missing = max(0.0, least - abs(a - b)) / 2
    return (a - missing, b + missing) if a <= b else (a + missing, b - missing)


def two_curves(looks: Sequence[Look], step: int) -> str:
    """Score and true score over the steps as SVG, on one axis, with a line at `step`."""
    values = [value for look in looks for value in (look.score, look.truth)]
    low, high = min(0.0, *values), max(*values, 0.1)

    def x(number: int) -> float:
        return _PAD + (_WIDTH - 5 * _PAD) * (number - 1) / max(1, len(looks) - 1)

    def y(value: float) -> float:
        return _HEIGHT - _PAD + (2 * _PAD - _HEIGHT) * (value - low) / (high - low)

    parts = [
        f'<line x1="{x(1):.1f}" x2="{x(len(looks)):.1f}" y1="{y(0):.1f}" y2="{y(0):.1f}" stroke="#999"/>',
        f'<text x="2" y="{y(0) + 4:.1f}" font-size="11">0</text>',
        f'<line x1="{x(step):.1f}" x2="{x(step):.1f}" y1="8" y2="{_HEIGHT - 8}" stroke="#111" stroke-dasharray="3 3"/>',
        f'<text x="{_PAD}" y="{_HEIGHT - 4}" font-size="11">step 1 to {len(looks)}</text>',
    ]
    series = (("score", OKABE_ITO[1], "6 3"), ("truth", OKABE_ITO[0], ""))
    beside = _apart(y(looks[-1].score), y(looks[-1].truth))
    for (key, colour, dashes), label in zip(series, beside, strict=True):
        found = [getattr(look, key) for look in looks]
        line = " ".join(f"{x(i):.1f},{y(value):.1f}" for i, value in enumerate(found, start=1))
        look = f'fill="none" stroke="{colour}" stroke-width="2.5" stroke-dasharray="{dashes}"'
        parts.append(f'<polyline points="{line}" {look}/>')
        at, name = (x(step), y(found[step - 1])), "score" if key == "score" else "true score"
        mark = (
            f'<rect x="{at[0] - 5:.1f}" y="{at[1] - 5:.1f}" width="10" height="10" fill="{colour}"/>'
            if key == "score"
            else f'<circle cx="{at[0]:.1f}" cy="{at[1]:.1f}" r="6" fill="{colour}"/>'
        )
        parts.append(mark)
        parts.append(f'<text x="{x(len(looks)) + 8:.1f}" y="{label + 4:.1f}" font-size="12">{name}</text>')
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" style="max-width:100%;background:#fff" role="img" '
        f'aria-label="Score and true score over {len(looks)} steps">{"".join(parts)}</svg>'
    )


class _Explorer(Viewer):
    """Leaves three steps of the first run where no kernel runs: its first, that with the best true score, its last."""

    def __init__(self, controls: Sequence[W.Widget], runs: Mapping[str, Sequence[Look]]):
        self.first = next(iter(runs.values()))

        def render(step: int, name: str = next(iter(runs))) -> str:
            return explorer_view(runs[name], step)

        super().__init__(controls, render, f"Stories of {len(self.first)} steps of practice (slider: needs a kernel).")

    def _ipython_display_(self) -> None:
        display_with_fallback(self, three_steps(self.first), self.text)


def three_steps(looks: Sequence[Look]) -> str:
    """The first step of a run, the one with the highest true score, and the last, one below the other, as HTML."""
    peak = max(looks, key=lambda look: look.truth).step
    return "".join(explorer_view(looks, step) for step in dict.fromkeys((1, peak, len(looks))))


def explorer(runs: Mapping[str, Sequence[Look]]) -> Viewer:
    """Slide through the steps of one of several runs, by name: its stories, their scores, and what they are worth."""
    if not runs or min(map(len, runs.values())) < 2:
        raise PocketError("Give at least one run of two steps or more, by a name.")
    most = min(map(len, runs.values()))
    controls: list[W.Widget] = [W.IntSlider(1, 1, most, description="Step", **looks("420px"))]
    if len(runs) > 1:
        controls.append(W.Dropdown(options=list(runs), description="Run", **looks("420px")))
    return _Explorer(controls, runs)


class _PleasingPicture(LivePicture):
    """The newest step of practice in the explorer."""

    def __init__(self, steps: int):
        self.steps = steps
        self.looks: list[Look] = []

    def take(self, step: Look) -> None:
        self.looks.append(step)

    def status(self) -> str:
        return f"Step {len(self.looks)} of {self.steps}: score {_number(self.last.score)}"

    ending = status

    def picture(self, line: str) -> str:
        return explorer_view(self.looks, len(self.looks), shown=1)


def watch(looks: Iterable[Look], steps: int) -> list[Look]:
    """The steps of practice that were done, shown live; the stop button ends it cleanly. PocketError if none was."""
    done = list(_PleasingPicture(steps).watch(looks))
    if len(done) < 2:
        raise PocketError("Practice was stopped before its second step: run this cell again, and wait a little.")
    return done
