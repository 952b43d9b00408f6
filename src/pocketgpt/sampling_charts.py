"""Figures of notebook 03: a quantity against temperature, length, exposure or number of examples.

One function serves all of them. What `pocketgpt.charts` promises (no pyplot, colour never alone) holds here too.
"""

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from pocketgpt.charts import error_bars, labelled_axes, plain_text, series_style
from pocketgpt.errors import PocketError

Point = Mapping[str, float]


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
    if band:
        look = {"color": "#777777", "alpha": 0.35, "lw": 0}
        ends = ([p["low"] for p in band], [p["high"] for p in band])
        axes.fill_between(
            [place[p["x"]] for p in band], *ends, label="reference runs: lowest to highest", **look
        )
        mean = [p["y"] for p in band]
        axes.plot(
            [place[p["x"]] for p in band], mean, color="black", lw=1.2, ls="--", label="reference runs: mean"
        )
    for index, (name, points) in enumerate(series.items()):
        _line(axes, name, points, index, place)
    for index, (name, y) in enumerate((references or {}).items()):
        colour, _, line = series_style(len(series) + index)
        axes.axhline(y, color=colour, lw=1.5, ls=line, label=plain_text(name))
    axes.set_ylim(bottom=min(0, axes.get_ylim()[0]))
    axes.legend(frameon=False, fontsize=11)
    return figure


def _line(axes, name: str, points: Sequence[Point], index: int, place: Mapping[float, float]) -> None:
    colour, marker, line = series_style(index)
    x, y = [place[p["x"]] for p in points], [p["y"] for p in points]
    if points and "low" in points[0]:
        errors = error_bars(y, [p["low"] for p in points], [p["high"] for p in points])
        axes.errorbar(x, y, yerr=errors, fmt="none", ecolor=colour, lw=1.5, capsize=4)
    axes.plot(x, y, color=colour, ls=line, marker=marker, ms=7, lw=2, label=plain_text(name))
