"""Figures on invention: scores of two groups, and what refusing costs.

What `display.figure` promises (no pyplot, colour never alone) holds here too.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from pocketgpt.errors import PocketError
from pocketgpt_lessons.display.figure import error_bars, labelled_axes, plain_text, series_style


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
    rows[-1].set_xlabel(plain_text(x_label), fontsize=12)
    return figure


def three_numbers(
    models: Mapping[str, Sequence[float]],
    title: str,
    names: Sequence[str] = ("right", "refused", "wrongly refused"),
    band: Mapping[str, Sequence[Sequence[float]]] | None = None,
) -> Figure:
    """A bar (%) for each number of each model; shares are 0 to 1. `band` holds, for some of the models, several
    reference runs' numbers, drawn as a line from lowest to highest with a tick at their mean.

    >>> figure = three_numbers({"plain": [0.98, 0, 0]}, "It never refuses", band={"plain": [[0.9, 0, 0], [1, 0, 0]]})
    >>> [round(bar.get_height()) for bar in figure.axes[0].patches]
    [98, 0, 0]
    """
    if any(len(numbers) != len(names) for numbers in models.values()):
        raise PocketError(f"Give each model {len(names)} numbers: {', '.join(names)}.")
    figure, axes = labelled_axes(title, "", "share of the questions (%)")
    width = 0.8 / len(models)
    for index, (model, numbers) in enumerate(models.items()):
        x = np.arange(len(names)) + width * (index - (len(models) - 1) / 2)
        heights = 100 * np.asarray(numbers, dtype=float)
        hatch = ("", "///", "...", "xx")[index % 4]
        look = {"color": series_style(index)[0], "edgecolor": "black", "lw": 0.8, "hatch": hatch}
        axes.bar(x, heights, width * 0.92, label=plain_text(model), **look)
        tops = heights.copy()
        if band and model in band:
            runs = 100 * np.asarray(band[model], dtype=float)  # (runs, numbers)
            errors = error_bars(runs.mean(0), runs.min(0), runs.max(0))
            axes.errorbar(x, runs.mean(0), errors, fmt="_", color="black", ms=9, mew=2, lw=1.5, capsize=4)
            tops = np.maximum(tops, runs.max(0))
        for place, height, top in zip(x, heights, tops, strict=True):
            end = {"textcoords": "offset points", "ha": "center", "fontsize": 11}
            axes.annotate(f"{height:.0f}", (place, top), (0, 5), **end)
    axes.set_xticks(range(len(names)), [plain_text(name) for name in names], fontsize=12)
    axes.set_ylim(0, 128)
    axes.set_yticks(range(0, 101, 20))
    axes.grid(False, axis="x")
    if band:
        axes.errorbar([], [], [], fmt="_", color="black", ms=9, mew=2, capsize=4, label="reference runs")
    axes.legend(frameon=False, fontsize=11, loc="upper center", ncols=2)
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
    return figure
