"""The frame of every figure: its size, axes and styles, and the `<img>` that it becomes on a page.

Figures are made as `Figure()` with an Agg canvas, never through pyplot, whose global state breaks when a
widget's callback runs in a second thread. Each series differs by colour, marker and line style, so that a
figure survives colour blindness and a black-and-white printer.
"""

import base64
import io
from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from pocketgpt.errors import PocketError

# Okabe and Ito's palette, safe for colour-blind readers: blue, orange, green, purple, sky, vermilion.
# Source: https://jfly.uni-koeln.de/color/
OKABE_ITO = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00")
_MARKERS = "osD^vP"
_LINES = ("-", "--", "-.", ":", (0, (8, 2)), (0, (1, 2)))
_WIDTH_INCHES = 8.0
_PIXELS_PER_INCH = 100  # on the page: 8 inches are 800 pixels; the PNG has more, for sharp screens

BAND = "where 9 of 10 fresh runs should lie"
"""What the grey area behind a curve is, as its legend calls it."""

Point = Mapping[str, float]
"""A point of a series: `x`, `y` and, where known, the ends of an interval around y, `low` and `high`."""


def require_alt(alt: str) -> str:
    """The text, stripped; PocketError where there is none."""
    if not isinstance(alt, str) or not alt.strip():
        raise PocketError("Give alt text: one sentence that tells what the picture shows.")
    return alt.strip()


def described(figure: Figure, alt: str) -> str:
    """The alt text, with a sentence on the grey area where the figure has one; PocketError if `alt` is empty."""
    alt = require_alt(alt)
    if BAND in alt or not any(area.get_label() == BAND for axes in figure.axes for area in axes.collections):
        return alt
    return f"{alt.rstrip('.')}. The grey area is {BAND}."


def figure_html(figure: Figure, alt: str) -> str:
    """The figure as an `<img>` element with alt text; PocketError if `alt` is empty.

    >>> figure, axes = labelled_axes("Loss falls fast at first", "tokens", "loss")
    >>> figure_html(figure, "A falling curve.")[:51]
    '<img alt="A falling curve." width="800" src="data:i'
    """
    alt = described(figure, alt)
    png = io.BytesIO()
    figure.savefig(png, format="png", dpi=figure.dpi, metadata={"Software": None})
    data = base64.b64encode(png.getvalue()).decode("ascii")
    width = round(figure.get_figwidth() * _PIXELS_PER_INCH)
    return (
        f'<img alt="{escape(alt)}" width="{width}" src="data:image/png;base64,{data}" '
        'style="max-width:100%;height:auto"/>'
    )


def labelled_axes(title: str, x_label: str, y_label: str, figure: Figure | None = None, height: float = 4.5):
    """A figure, new or wiped, with one quiet pair of axes: (figure, axes)."""
    if not title.strip():
        raise PocketError("Give the figure a title: one line that says what it shows.")
    if figure is None:
        figure = Figure((_WIDTH_INCHES, height), dpi=1.5 * _PIXELS_PER_INCH, layout="constrained")
        figure.set_facecolor("white")
        FigureCanvasAgg(figure)
    figure.clear()
    axes = figure.add_subplot()
    # By the width that it has in its font, not by its number of letters.
    figure.suptitle(plain_text(title), x=0.01, ha="left", fontsize=13, fontweight="bold", wrap=True)
    axes.set_xlabel(plain_text(x_label), fontsize=12)
    axes.set_ylabel(plain_text(y_label), fontsize=12)
    axes.tick_params(labelsize=11)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color="#E5E5E5", lw=0.8)
    axes.set_axisbelow(True)
    return figure, axes


def series_style(index: int) -> tuple:
    """Colour, marker and line style of series `index`; from the seventh on they start again."""
    return tuple(styles[index % len(OKABE_ITO)] for styles in (OKABE_ITO, _MARKERS, _LINES))


def draw_band(axes, points: Sequence[Point], scale: float = 1.0, alpha: float = 0.35) -> None:
    """Reference runs behind a curve: in grey where fresh runs should lie, and their dashed mean.

    The points are those of `evidence.band`; without any, nothing is drawn. Percentages, which a scale of 100 or a %
    in the y label tells, end at 0 and 100.
    """
    if points:
        x = [point["x"] for point in points]
        mean, low, high = (np.array([scale * point[key] for point in points]) for key in ("y", "low", "high"))
        if (scale == 100 or "%" in axes.get_ylabel()) and min(mean) >= 0:  # a change may be less than 0
            low, high = low.clip(0, 100), high.clip(0, 100)
        axes.fill_between(x, low, high, color="#777777", alpha=alpha, lw=0, label=BAND)
        axes.plot(x, mean, color="black", lw=1.2, ls="--", label="reference runs: mean")


def error_bars(values, lows, highs) -> np.ndarray:
    """Intervals as matplotlib wants them: lengths below and above, (2, n), never negative by rounding."""
    values = np.asarray(values, dtype=float)
    return np.maximum([values - np.asarray(lows, dtype=float), np.asarray(highs, dtype=float) - values], 0)


def error_bars_of(points: Sequence[Point]) -> np.ndarray:
    """The points' intervals as error_bars()."""
    return error_bars(*([point[key] for point in points] for key in ("y", "low", "high")))


def plain_text(text: str) -> str:
    """matplotlib reads $…$ as mathematics; a name from a learner's table is none."""
    return str(text).replace("$", r"\$")
