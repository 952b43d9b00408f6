"""The figures that several lessons show: loss curves, recall against mentions, bars, lines, a scaling prediction.

Plain data in, a matplotlib `Figure` out, on the axes and in the styles of `display.figure`.
"""

import math
import textwrap
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, FixedFormatter, FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from pocketgpt.errors import PocketError
from pocketgpt_lessons.display.figure import (
    OKABE_ITO,
    Point,
    draw_band,
    error_bars,
    error_bars_of,
    labelled_axes,
    plain_text,
    series_style,
)

_GREY = "#555555"


def loss_curve(
    tokens: Sequence[float],
    losses: Sequence[float],
    title: str,
    band: Sequence[Point] = (),
    uniform: float | None = None,
    total_tokens: float | None = None,
    figure: Figure | None = None,
) -> Figure:
    """Training loss (nats per token) against tokens seen.

    `band` holds points of reference runs of several seeds, drawn behind the run. The running mean of a run of 100
    steps or more is drawn before its single steps. `uniform` is ln V, the loss of a model to which every token
    is equally likely. `total_tokens`, of the whole run, fixes the right end of the axis and the width of the mean.
    `figure`: draw on this one again, as a live picture does, not on a new one.

    >>> loss_curve([0, 1000, 2000], [7.6, 5.0, 4.1], "Loss falls fast at first").axes[0].get_ylabel()
    'training loss (nats per token)'
    """
    _same_length(tokens=tokens, losses=losses)
    figure, axes = labelled_axes(title, "training tokens seen", "training loss (nats per token)", figure)
    window = window_so_far(tokens, total_tokens)
    if window > 1:  # the noise of single steps would hide the band
        axes.plot(tokens, losses, color=OKABE_ITO[4], alpha=0.6, lw=0.8, label="this run: every step")
    draw_band(axes, band, alpha=0.4)
    label = f"this run: mean of {window} steps" if window > 1 else "this run"
    x, y = running_mean(tokens, window), running_mean(losses, window)
    axes.plot(x, y, color=OKABE_ITO[0], lw=2, label=label)
    axes.plot(x[-1:], y[-1:], "o", color=OKABE_ITO[0], ms=6)
    if uniform is not None:
        label = f"every token equally likely: ln V = {uniform:.2f}"
        axes.axhline(uniform, color=OKABE_ITO[5], lw=1.5, ls=":", label=label)
    if total_tokens is not None:
        axes.set_xlim(0, total_tokens * 1.02)
    axes.xaxis.set_major_formatter(EngFormatter(sep=" "))
    # a falling curve leaves this corner free; looking for the best one would be slow with many points
    axes.legend(frameon=False, fontsize=11, loc="upper right", bbox_to_anchor=(1, 0.86))
    return figure


def smoothing(steps: int) -> int:
    """Over how many steps of a run its loss curve is a mean: a fiftieth of them.

    >>> smoothing(20), smoothing(500)
    (1, 10)
    """
    return max(1, steps // 50)


def window_so_far(tokens: Sequence[float], total_tokens: float | None = None) -> int:
    """Over how many steps the loss curve is a mean while a run goes on: as many as once it has read `total_tokens`, or
    all steps while they are fewer. Without a total the run counts as finished.

    >>> [window_so_far(range(64, 64 * steps + 1, 64), total_tokens=64 * 500) for steps in (1, 7, 100, 500)]
    [1, 7, 10, 10]
    """
    steps = len(tokens)
    if steps > 1 and total_tokens is not None and tokens[-1] > tokens[0]:
        steps = max(steps, round(total_tokens * (steps - 1) / (tokens[-1] - tokens[0])))
    return max(1, min(len(tokens), smoothing(steps)))


def running_mean(values: Sequence[float], window: int) -> np.ndarray:
    """Means of all stretches of `window` values.

    >>> running_mean([1, 2, 3, 6], 2).tolist()
    [1.5, 2.5, 4.5]
    """
    return np.convolve(values, np.ones(window) / window, mode="valid") if len(values) else np.array([])


def recall_by_mentions(
    series: Mapping[str, Sequence[Mapping[str, float]]], title: str, chance: float | None = None
) -> Figure:
    """Right answers (%) against how many pages mention the person (log axis), with intervals.

    Each series is a list of groups with `mentions_low`, `mentions_high`, `right`, `n`, and the ends of the 95%
    interval, `low` and `high`, as shares (0 to 1). A group stands at the geometric middle of its mentions; people whom
    no page mentions (0 to 0) stand apart on the left. `chance`: the share that guessing gets.
    """
    x_label = "pages that mention the person (log scale; bars: 95% intervals)"
    figure, axes = labelled_axes(title, x_label, "right answers (%)")
    groups = [group for members in series.values() for group in members]
    if not groups:
        raise PocketError("Give at least one series with at least one group of people.")
    for index, (name, members) in enumerate(series.items()):
        # side by side, or the intervals of two series would hide each other
        _recall_line(axes, name, members, index, shift=1.06 ** (index - (len(series) - 1) / 2))
    if chance is not None:
        axes.axhline(100 * chance, color=_GREY, lw=1.5, ls=":", label=f"guessing: {chance:.0%}")
    axes.set_xscale("log")
    most = max(group["mentions_high"] for group in groups)
    ticks = [n for n in (1, 3, 10, 30, 100, 300, 1000, 3000, 10000) if n <= most]
    labels = [f"{n:,}" for n in ticks]
    if any(group["mentions_high"] == 0 for group in groups):
        ticks, labels = [_NOWHERE, *ticks], ["none", *labels]
        axes.axvline(0.6, color="#BBBBBB", lw=1)
    axes.xaxis.set(major_locator=FixedLocator(ticks), major_formatter=FixedFormatter(labels))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_ylim(-3, 103)
    axes.legend(frameon=False, fontsize=11)
    return figure


_NOWHERE = 0.35  # where people with no mention stand on the log axis, which has no 0


def _recall_line(axes, name: str, groups: Sequence[Mapping[str, float]], index: int, shift: float) -> None:
    colour, marker, line = series_style(index)
    groups = sorted(groups, key=lambda group: group["mentions_low"])
    x = [shift * (math.sqrt(g["mentions_low"] * g["mentions_high"]) or _NOWHERE) for g in groups]
    y = [100 * g["right"] / g["n"] for g in groups]
    errors = error_bars(y, [100 * g["low"] for g in groups], [100 * g["high"] for g in groups])
    axes.errorbar(x, y, yerr=errors, fmt=marker, color=colour, ms=7, lw=1.5, capsize=4)
    met = [i for i, group in enumerate(groups) if group["mentions_high"] > 0]  # no line across the gap
    axes.plot([x[i] for i in met], [y[i] for i in met], color=colour, ls=line, marker=marker, ms=7)
    axes.plot([], [], color=colour, ls=line, marker=marker, ms=7, label=plain_text(name))


def bars_with_intervals(
    labels: Sequence[str],
    values: Sequence[float],
    lows: Sequence[float],
    highs: Sequence[float],
    title: str,
    unit: str,
    reference: tuple[str, float] | None = None,
) -> Figure:
    """Horizontal bars, first label on top, each with its interval and its value as text.

    `unit` names the axis, e.g. "right answers (%)"; `reference` is a (name, value) drawn as a line, e.g.
    ("untouched model", 98.0).

    >>> figure = bars_with_intervals(["a", "b"], [90, 12], [85, 8], [94, 17], "a beats b", "right (%)")
    >>> [round(bar.get_width()) for bar in figure.axes[0].patches]
    [90, 12]
    """
    _same_length(labels=labels, values=values, lows=lows, highs=highs)
    # The axis begins behind the labels of the rows: a long name of it would run out of the figure.
    figure, axes = labelled_axes(title, textwrap.fill(unit, 60), "", height=1.5 + 0.45 * len(labels))
    rows = np.arange(len(labels))
    axes.barh(rows, values, height=0.62, color=OKABE_ITO[4], edgecolor="black", lw=0.8)
    errors = error_bars(values, lows, highs)
    axes.errorbar(values, rows, xerr=errors, fmt="none", color="black", lw=1.5, capsize=4)
    for row, value, high in zip(rows, values, highs, strict=True):
        end = (max(value, high), row)
        axes.annotate(_number(value), end, (8, 0), textcoords="offset points", va="center", fontsize=11)
    if reference is not None:
        name, value = reference
        axes.axvline(value, color=OKABE_ITO[5], lw=2, ls="--", label=plain_text(f"{name}: {_number(value)}"))
        figure.legend(frameon=False, fontsize=11, loc="outside lower right")
    axes.set_yticks(rows, [plain_text(textwrap.fill(str(label), 28)) for label in labels], fontsize=12)
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.grid(False, axis="y")
    axes.margins(x=0.1)
    told = [f"{label} {_interval(*ends)}" for label, *ends in zip(labels, values, lows, highs, strict=True)]
    told += [f"the line is {reference[0]}, {_number(reference[1])}"] if reference else []
    figure.set_label(f"{title}. Bars, {unit}: {'; '.join(told)}.")
    return figure


def bars(rows: Mapping[str, Point], title: str, unit: str, reference: tuple[str, float] | None = None) -> Figure:
    """`bars_with_intervals` of named points, whose `low` and `high` are the ends of their intervals.

    >>> figure = bars({"a": {"y": 90, "low": 85, "high": 94}}, "a is right", "right (%)")
    >>> figure.get_label()
    'a is right. Bars, right (%): a 90 (85 to 94).'
    """
    values, lows, highs = ([row[key] for row in rows.values()] for key in ("y", "low", "high"))
    return bars_with_intervals(list(rows), values, lows, highs, title, unit, reference)


def _interval(value: float, low: float, high: float) -> str:
    return _number(value) + (f" ({_number(low)} to {_number(high)})" if low < high else "")


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def scaling_prediction(fitted: Sequence[Point], predicted: Point, title: str, measured: Point | None = None) -> Figure:
    """Loss against parameters (log axes): the line through smaller models, and what it predicts for a larger.

    In every point x is the number of parameters, y the loss (nats per token), and `low` to `high` its spread
    over seeds. A power law is a straight line here. Leave `measured` out until the larger model has been
    trained; it is drawn a little to the right of the prediction, or one would hide the other.
    """
    x_label = "parameters (log scale; vertical lines: lowest and highest)"
    figure, axes = labelled_axes(title, x_label, "loss on new pages (nats, log scale)")
    line = sorted([*fitted, predicted], key=lambda point: point["x"])
    x, y = [p["x"] for p in line], [p["y"] for p in line]
    axes.plot(x, y, color=_GREY, ls="--", lw=1.5, zorder=1, label="line through the smaller models")
    _scaling_points(axes, "smaller models: measured", fitted, style=0)
    _scaling_points(axes, "larger model: predicted", [predicted], style=1, hollow=True)
    if measured is not None:
        _scaling_points(axes, "larger model: measured", [measured], style=5, shift=1.05)
    axes.set(xscale="log", yscale="log")
    axes.xaxis.set(major_locator=FixedLocator(x), major_formatter=FuncFormatter(_rounded))
    axes.yaxis.set(major_locator=MaxNLocator(6), major_formatter=FuncFormatter(lambda loss, _: f"{loss:.2f}"))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_minor_locator(NullLocator())
    axes.margins(x=0.12, y=0.15)
    axes.legend(frameon=False, fontsize=11)
    return figure


def _rounded(number: float, _=None) -> str:
    """Three digits and a letter: 125_952 → "126 k"."""
    return EngFormatter(sep=" ")(float(f"{number:.3g}"))


def _scaling_points(axes, name: str, points, style: int, hollow: bool = False, shift: float = 1.0) -> None:
    colour, marker, _ = series_style(style)
    x, y, errors = [shift * p["x"] for p in points], [p["y"] for p in points], error_bars_of(points)
    bars = axes.errorbar(x, y, errors, fmt=marker, color=colour, ms=10, mew=2, lw=2, capsize=6, label=name)
    if hollow:
        bars.lines[0].set_markerfacecolor("white")


def _same_length(**columns: Sequence) -> None:
    lengths = {name: len(column) for name, column in columns.items()}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{name} has {length}" for name, length in lengths.items())
        raise PocketError(f"Give one value of each for every point: now {told}.")


def lines_with_intervals(
    series: Mapping[str, Sequence[Point]],
    title: str,
    x_label: str,
    y_label: str,
    band: Sequence[Point] = (),
    references: Mapping[str, float] | None = None,
    even: bool = False,
) -> Figure:
    """One line a series; a point holds `x`, `y` and, where known, its interval's ends `low` and `high`.

    `band` holds points of reference runs, drawn behind as a grey area from `low` to `high`. `references` are
    horizontal lines by name. `even` sets the values of x, in their order, at equal distances, as for 0, 1, 3,
    10. PocketError if there is nothing to draw.

    >>> points = [{"x": 1, "y": 40, "low": 30, "high": 50}, {"x": 10, "y": 90, "low": 80, "high": 95}]
    >>> figure = lines_with_intervals({"here": points}, "More is more", "times read", "recited (%)", even=True)
    >>> [label.get_text() for label in figure.axes[0].get_xticklabels()]
    ['1', '10']
    """
    if not any(series.values()):
        raise PocketError("Give at least one series with at least one point.")
    figure, axes = labelled_axes(title, x_label, y_label)
    values = sorted({p["x"] for points in (*series.values(), band) for p in points})
    place = {x: i for i, x in enumerate(values)} if even else {x: x for x in values}
    if even:
        axes.set_xticks(range(len(values)), [f"{x:g}" for x in values])
    draw_band(axes, [{**p, "x": place[p["x"]]} for p in band])
    for index, (name, points) in enumerate(series.items()):
        _line(axes, name, points, index, place)
    for index, (name, y) in enumerate((references or {}).items()):
        colour, _, line = series_style(len(series) + index)
        axes.axhline(y, color=colour, lw=1.5, ls=line, label=plain_text(name))
    axes.set_ylim(bottom=min(0, axes.get_ylim()[0]))
    axes.legend(frameon=False, fontsize=11)
    told = [f"{name}: {_ends(points)}" for name, points in series.items() if points]
    figure.set_label(f"{title}. Lines, {y_label} against {x_label}. {'; '.join(told)}.")
    return figure


def _ends(points: Sequence[Point]) -> str:
    """The numbers of a line in words: of all points or, where these are many, of the first and the last."""
    chosen = points if len(points) <= 6 else (points[0], points[-1])
    return ", ".join(f"{_number(p['y'])} at {_number(p['x'])}" for p in chosen)


def _line(axes, name: str, points: Sequence[Point], index: int, place: Mapping[float, float]) -> None:
    colour, marker, line = series_style(index)
    x, y = [place[p["x"]] for p in points], [p["y"] for p in points]
    if points and "low" in points[0]:
        axes.errorbar(x, y, yerr=error_bars_of(points), fmt="none", ecolor=colour, lw=1.5, capsize=4)
    axes.plot(x, y, color=colour, ls=line, marker=marker, ms=7, lw=2, label=plain_text(name))
