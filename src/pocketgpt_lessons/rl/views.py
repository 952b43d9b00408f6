"""Pictures of practice: answers to one task with rewards and advantages, and the curves of a run.

Pure functions; the widgets around them are in `rl.widgets`. What `display.html` and `display.figure` promise
(escaped, no pyplot, no meaning by colour alone) holds here too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from matplotlib.figure import Figure

from pocketgpt.errors import PocketError
from pocketgpt.rl.environment import Batch
from pocketgpt.rl.grpo import group_relative_advantages
from pocketgpt_lessons.display.figure import Point, draw_band, labelled_axes, series_style
from pocketgpt_lessons.display.html import (
    CELL,
    MONO,
    SMALL,
    card,
    chip,
    percent,
    piece_text,
    table_cell,
    table_row,
    visible,
)

_CELL = f"padding:3px 8px;{CELL}"
# "auto": pages that lay tables out with columns of one width would leave the answers a quarter of the room.
_TABLE = "border-collapse:collapse;margin:6px 0;width:100%;table-layout:auto"
_GREEN, _VERMILION, _WHITE = (0, 158, 115), (213, 94, 0), (255, 255, 255)
_PALE = 0.45  # of the colour at an advantage of 1: black text stays readable on it
PANELS = {  # of the curves: key → label, and factor to the unit shown
    "right": ("right answers (%)", 100.0),
    "kind": ("answers in steps (%)", 100.0),
    "length": ("tokens in an answer", 1.0),
}


@dataclass(frozen=True)
class Attempt:
    """One answer: its tokens as text, each with its probability; what it is worth, and against its group."""

    pieces: tuple[str, ...]
    probabilities: tuple[float, ...]
    reward: float
    advantage: float
    finished: bool = True


def attempts(batch: Batch, tokenizer, task: int = 0) -> list[Attempt]:
    """All answers of a batch to one of its tasks, which counts from 0."""
    if not 0 <= task < len(batch.tasks):
        raise PocketError(f"Give a task from 0 to {len(batch.tasks) - 1}, not {task}.")
    rollouts, each = batch.rollouts, batch.rewards.size(1)
    advantages = group_relative_advantages(batch.rewards)
    found = []
    for place, row in enumerate(range(task * each, (task + 1) * each)):
        written = rollouts.written[row]
        pieces = [piece_text(tokenizer.token_bytes(i)) for i in rollouts.ids[row][written].tolist()]
        probabilities = rollouts.logprobs[row][written].exp().tolist()
        worth = float(batch.rewards[task, place]), float(advantages[task, place])
        found.append(Attempt(tuple(pieces), tuple(probabilities), *worth, bool(batch.finished[row])))
    return found


def rollouts_view(question: str, found: Sequence[Attempt], details: bool = False) -> str:
    """Answers to one question as HTML: a mark, the reward, the advantage, and the tokens tinted by the advantage.

    With `details`, the probability of each token stands below it.

    >>> html = rollouts_view("1 + 1 = ?", [Attempt((" 2",), (0.5,), 1.0, 0.5), Attempt((" 3",), (0.1,), 0.0, -0.5)])
    >>> "2 answers, 1 of them right" in html, html.count("+0.50"), html.count("−0.50")
    (True, 1, 1)
    """
    if not found:
        raise PocketError("Give at least one answer to show.")
    right = sum(each.reward > 0.5 for each in found)
    mean = sum(each.reward for each in found) / len(found)
    told = f"{len(found)} answers, {right} of them right; mean reward {mean:.2f}"
    head = table_row(*(table_cell(name, _CELL, "col") for name in ("", "reward", "advantage", "answer")))
    rows = "".join(_row(number, each, details) for number, each in enumerate(found, start=1))
    return card(
        f'<div><b>{escape(question)}</b></div><div>{told}</div><table style="{_TABLE}">'
        f"<thead>{head}</thead><tbody>{rows}</tbody></table>"
        f'<div style="{SMALL}">Green and a solid frame: becomes likelier. Orange and a dashed frame: '
        "becomes less likely. White and no frame: teaches nothing, as all answers to this question did alike.</div>",
        f"Answers to the question {question} {told}",
    )


def _row(number: int, each: Attempt, details: bool) -> str:
    mark = f"{'✓' if each.reward > 0.5 else '✗'} {number}"
    advantage = f"{each.advantage:+.2f}".replace("-", "−")
    chips = "".join(
        _chip(piece, percent(share) if details else "", each.advantage)
        for piece, share in zip(each.pieces, each.probabilities, strict=True)
    )
    note = "" if each.finished else " <i>(cut off)</i>"
    return table_row(
        table_cell(mark, f"{_CELL};white-space:nowrap", "row"),
        table_cell(f"{each.reward:.2g}", _CELL),
        table_cell(f"<b>{advantage}</b>", f"{_CELL};white-space:nowrap"),
        table_cell(f"{chips}{note}", f"{_CELL};width:100%"),
    )


def _chip(piece: str, below: str, advantage: float) -> str:
    frame = "solid #555" if advantage > 0 else "dashed #555" if advantage < 0 else "solid #fff"
    note = f'<span style="display:block;font-size:10px;color:#333">{escape(below)}</span>' if below else ""
    look = (
        f"border:1px {frame};border-radius:3px;background:{tint(advantage)};color:#000;padding:0 1px;"
        f"white-space:pre;font:13px/1.4 {MONO}"
    )
    return chip(escape(visible(piece)), note, look, "vertical-align:top;text-align:center;margin:1px 0")


def tint(advantage: float) -> str:
    """White at 0, towards green at 1 and towards vermilion at −1.

    >>> tint(0), tint(1), tint(-1)
    ('#FFFFFF', '#8CD3C0', '#ECB78C')
    """
    share = _PALE * min(abs(advantage), 1.0)
    strong = _GREEN if advantage > 0 else _VERMILION
    return "#" + "".join(f"{round(w + (c - w) * share):02X}" for w, c in zip(_WHITE, strong, strict=True))


def practice_curves(
    points: Sequence[Point],
    title: str,
    bands: Mapping[str, Sequence[Point]] | None = None,
    total: int | None = None,
    figure: Figure | None = None,
) -> Figure:
    """A run of practice, one panel for each of PANELS over the steps; shares come as 0 to 1.

    A point holds `x`, the step, and a value for each panel. `bands` holds, for some panels, points with `x`, `y`,
    `low` and `high` of reference runs, in the same units as the run. `total` fixes the right end of the axis.

    >>> figure = practice_curves([{"x": 1, "right": 0.4, "kind": 0.3, "length": 30}], "It begins")
    >>> [axes.get_ylabel() for axes in figure.axes]
    ['right answers (%)', 'answers in steps (%)', 'tokens in an answer']
    """
    figure, first = labelled_axes(title, "", "", figure, height=6.0)
    first.remove()
    rows = figure.subplots(len(PANELS), sharex=True)
    x = [point["x"] for point in points]
    for index, (axes, (key, (label, factor))) in enumerate(zip(rows, PANELS.items(), strict=True)):
        draw_band(axes, (bands or {}).get(key, ()), factor)
        colour, marker, line = series_style(index)
        y = [factor * point[key] for point in points]
        axes.plot(x, y, color=colour, ls=line, marker=marker, ms=4, lw=2, label="this run")
        axes.set_ylabel(label, fontsize=11)
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(color="#E5E5E5", lw=0.8)
        axes.set_ylim(bottom=0, top=103 if factor == 100 else None)
    rows[-1].set_xlabel("step of practice", fontsize=12)
    if total is not None:
        rows[-1].set_xlim(0, total + 0.5)
    rows[0].legend(frameon=False, fontsize=11, loc="lower right")
    return figure
