"""Figures on invention: scores of groups, how well signals work, and what refusing costs.

What `display.figure` promises (no pyplot, colour never alone) holds here too.
"""

import textwrap
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from pocketgpt.errors import PocketError
from pocketgpt_lessons.display.figure import BAND, error_bars_of, labelled_axes, plain_text, series_style
from pocketgpt_lessons.evidence import band, curve


def two_groups(
    groups: Mapping[str, Sequence[float]], title: str, x_label: str, bins: int = 20, limits=(0.0, 1.0)
) -> Figure:
    """Histograms of a score, one group above the other, in shares (%) of the group; all with the same bins.

    >>> figure = two_groups({"known": [0.9, 1.0], "absent": [0.1]}, "They differ", "probability")
    >>> len(figure.axes)
    2
    """
    if not groups or not all(len(scores) for scores in groups.values()):
        raise PocketError("Give at least one group, and at least one score in each.")
    figure, first = labelled_axes(title, "", "", height=1.4 + 1.5 * len(groups))
    first.remove()
    rows = figure.subplots(len(groups), sharex=True, sharey=True, squeeze=False)[:, 0]
    edges = np.linspace(*limits, bins + 1)
    for index, (axes, (name, scores)) in enumerate(zip(rows, groups.items(), strict=True)):
        shares = 100 * np.histogram(np.clip(scores, *limits), edges)[0] / len(scores)
        hatch = ("", "///", "...")[index % 3]
        look = {"color": series_style(index)[0], "edgecolor": "black", "lw": 0.6, "hatch": hatch}
        axes.bar(edges[:-1], shares, np.diff(edges), align="edge", **look)
        axes.set_title(plain_text(f"{name} ({len(scores):,})"), loc="left", fontsize=12)
        axes.spines[["top", "right"]].set_visible(False)
        axes.set_axisbelow(True)
        axes.grid(color="#E5E5E5", lw=0.8)
        axes.tick_params(labelsize=11)
    figure.supylabel("share of the group (%)", fontsize=12)
    figure.set_label(f"{title}. Histograms of the {x_label}, one for each of: {', '.join(groups)}.")
    rows[-1].set_xlabel(plain_text(x_label), fontsize=12)
    return figure


def grouped_bars(
    series: Mapping[str, Sequence[float]],
    names: Sequence[str],
    title: str,
    y_label: str,
    runs: Mapping[str, Sequence[Sequence[float]]] | None = None,
    reference: tuple[str, float] | None = None,
) -> Figure:
    """A bar (%) for each of some named numbers of each series; shares are 0 to 1.

    `runs` holds, for some of the series, several recorded runs' numbers: a line shows where 9 of 10 fresh runs should
    lie, with a tick at their mean. `reference` is a (name, share) drawn as a line.

    >>> figure = grouped_bars({"plain": [0.98, 0]}, ["right", "refused"], "It never refuses", "share (%)")
    >>> [round(bar.get_height()) for bar in figure.axes[0].patches]
    [98, 0]
    """
    if any(len(numbers) != len(names) for numbers in series.values()):
        raise PocketError(f"Give each series {len(names)} numbers: {', '.join(names)}.")
    figure, axes = labelled_axes(title, "", y_label)
    width = 0.8 / len(series)
    for index, (name, numbers) in enumerate(series.items()):
        places = np.arange(len(names)) + width * (index - (len(series) - 1) / 2)
        heights = 100 * np.asarray(numbers, dtype=float)
        hatch = ("", "///", "...", "xx")[index % 4]
        look = {"color": series_style(index)[0], "edgecolor": "black", "lw": 0.8, "hatch": hatch}
        axes.bar(places, heights, width * 0.92, label=plain_text(name), **look)
        tops = heights
        if runs and name in runs:
            points = band([curve(range(len(names)), run) for run in runs[name]], scale=100)
            means = [point["y"] for point in points]
            axes.errorbar(places, means, error_bars_of(points), fmt="_", color="black", ms=9, mew=2, lw=1.5, capsize=4)
            tops = np.maximum(heights, [point["high"] for point in points])
        for place, height, top in zip(places, heights, tops, strict=True):
            end = {"textcoords": "offset points", "ha": "center", "fontsize": 11}
            axes.annotate(f"{height:.0f}", (place, top), (0, 5), **end)
    axes.set_xticks(range(len(names)), [plain_text(textwrap.fill(name, 24)) for name in names], fontsize=12)
    axes.set_ylim(0, 155)
    axes.set_yticks(range(0, 101, 20))
    axes.grid(False, axis="x")
    if runs:
        label = f"recorded: {BAND}"
        axes.errorbar([], [], [], fmt="_", color="black", ms=9, mew=2, capsize=4, label=label)
    if reference is not None:
        name, share = reference
        axes.axhline(100 * share, color="#555555", lw=1.5, ls=":", label=plain_text(name))
    axes.legend(frameon=False, fontsize=11, loc="upper center", ncols=2)
    told = [
        f"{name}: " + ", ".join(f"{each} {100 * share:.0f}" for each, share in zip(names, shares, strict=True))
        for name, shares in series.items()
    ]
    figure.set_label(f"{title}. Bars, {y_label}: {'; '.join(told)}.")
    return figure


def right_against_wrong(
    curves: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    points: Mapping[str, Sequence[tuple[float, float]]],
    title: str,
) -> Figure:
    """Right answers (%, up) against wrong ones (%, to the right), both of all questions; up and left is better.

    `curves` hold the shares of wrong and of right answers (0 to 1) as a threshold moves; `points` hold pairs of
    the two, one a model.

    >>> curves, points = {"threshold": ([0, 0.1, 0.5], [0, 0.4, 0.5])}, {"honest": [(0.05, 0.4)]}
    >>> len(right_against_wrong(curves, points, "A compromise").axes[0].lines)
    2
    """
    figure, axes = labelled_axes(title, "wrong answers (% of all questions)", "right answers (% of all questions)")
    for index, (name, shares) in enumerate(curves.items()):
        colour, _, line = series_style(index)
        wrong, right = (100 * np.asarray(each, dtype=float) for each in shares)
        axes.plot(wrong, right, label=plain_text(name), color=colour, ls=line, lw=2.2)
    for index, (name, pairs) in enumerate(points.items(), start=len(curves)):
        colour, marker, _ = series_style(index)
        wrong, right = (100 * np.array(each, dtype=float) for each in zip(*pairs, strict=True))
        style = {"color": colour, "marker": marker, "ms": 10, "mec": "black", "ls": "none"}
        axes.plot(wrong, right, label=plain_text(name), **style)
    axes.set_xlim(left=-1)
    axes.set_ylim(bottom=-1)
    axes.legend(frameon=False, fontsize=11, loc="lower right")
    told = []
    for name, pairs in points.items():
        wrong, right = (_range(shares) for shares in zip(*pairs, strict=True))
        told.append(f"{name} {wrong} wrong, {right} right")
    figure.set_label(f"{title}. Right against wrong answers as a threshold moves, in % of all: {'; '.join(told)}.")
    return figure


def _range(shares: Sequence[float]) -> str:
    """The lowest and the highest in per cent, or the one that both are."""
    low, high = (f"{100 * share:.0f}" for share in (min(shares), max(shares)))
    return low if low == high else f"{low} to {high}"
