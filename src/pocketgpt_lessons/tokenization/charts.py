"""Figures on tokens, as in `display.charts`: plain data in, a matplotlib `Figure` out."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

from pocketgpt.errors import PocketError
from pocketgpt_lessons.display.figure import OKABE_ITO, Point, error_bars_of, labelled_axes, plain_text, series_style


def length_by_vocabulary(
    ours: Mapping[int, float], title: str, others: Mapping[str, tuple[int, float]] | None = None
) -> Figure:
    """Bytes per token against vocabulary size (log axis), for our tokenizers as a line, for `others` as points.

    `ours` maps a vocabulary size to bytes per token; `others` maps a name to such a pair.

    >>> figure = length_by_vocabulary({264: 1.0, 1024: 3.0}, "Shorter and shorter")
    >>> figure.axes[0].lines[0].get_ydata().tolist()
    [1.0, 3.0]
    """
    if not ours:
        raise PocketError("Give at least one vocabulary size with its bytes per token.")
    figure, axes = labelled_axes(title, "vocabulary size (ids, log scale)", "bytes per token (unseen pages)")
    sizes = sorted(ours)
    colour, marker, line = series_style(0)
    values = np.array([ours[size] for size in sizes])
    axes.plot(sizes, values, color=colour, marker=marker, ls=line, ms=8, lw=2, label="trained on our pages")
    for index, (name, (size, value)) in enumerate((others or {}).items(), 1):
        colour, marker, _ = series_style(index)
        label = plain_text(f"{name}: trained on the web (recorded)")
        axes.plot([size], [value], color=colour, marker=marker, ls="none", ms=10, label=label)
    _vocabulary_axis(axes, [*sizes, *(size for size, _ in (others or {}).values())])
    axes.set_ylim(0, None)
    axes.legend(frameon=False, fontsize=11, loc="lower right")
    return figure


def bits_by_vocabulary(reference: Sequence[Point], own: Mapping[int, float], title: str, seeds: int) -> Figure:
    """Bits per byte on unseen pages against vocabulary size (log axis): reference runs, and one's own.

    A reference point has the spread of its `seeds` runs; `own` maps a vocabulary size to a result.
    """
    figure, axes = labelled_axes(title, "vocabulary size (ids, log scale)", "bits per byte (unseen pages)")
    sizes, means = ([point[key] for point in reference] for key in ("x", "y"))
    errors = error_bars_of(reference)
    label = f"recorded: mean and range of {seeds} runs"
    axes.errorbar(sizes, means, errors, fmt="s--", color="black", ms=6, lw=1.5, capsize=6, label=label)
    axes.plot(list(own), list(own.values()), "o", color=OKABE_ITO[5], ms=11, mfc="none", mew=2.5, label="your runs")
    _vocabulary_axis(axes, sizes)
    axes.set_ylim(0, None)
    axes.legend(frameon=False, fontsize=11)
    return figure


def _vocabulary_axis(axes, sizes: Sequence[int]) -> None:
    axes.set_xscale("log", base=2)
    labels = [f"{size:,}" for size in sizes]
    axes.xaxis.set(major_locator=FixedLocator(sizes), major_formatter=FixedFormatter(labels))
    axes.xaxis.set_minor_locator(NullLocator())
    if max(sizes) > 8192:  # the real ones stand close together
        axes.tick_params(axis="x", labelrotation=30)


def tokens_by_language(counts: Mapping[str, Mapping[str, int]], title: str) -> Figure:
    """How many tokens each tokenizer needs for the same text in many languages: a row each, a mark each.

    `counts` maps a tokenizer to {language: tokens}; all of them must have the same languages.
    """
    tokenizers = list(counts)
    if not tokenizers or any(counts[name].keys() != counts[tokenizers[0]].keys() for name in tokenizers):
        raise PocketError("Give at least one tokenizer, and the same languages for all of them.")
    languages = list(counts[tokenizers[0]])
    figure, axes = labelled_axes(title, "tokens for the same two sentences", "", height=1.6 + 0.34 * len(languages))
    rows = np.arange(len(languages))
    values = np.array([[counts[name][language] for language in languages] for name in tokenizers])
    axes.hlines(rows, values.min(0), values.max(0), color="#BBBBBB", lw=2, zorder=1)
    for index, name in enumerate(tokenizers):
        colour, marker, _ = series_style(index)
        axes.plot(values[index], rows, marker, color=colour, ms=9, mec="black", mew=0.6, label=plain_text(name))
    axes.set_yticks(rows, languages, fontsize=12)
    axes.set_ylim(len(languages) - 0.5, -0.5)
    axes.set_xlim(0, None)
    axes.legend(frameon=False, fontsize=11, loc="upper right")
    return figure


def unread_tokens(
    times_read: Sequence[int], distances: Sequence[float], marked: Mapping[str, int], title: str
) -> Figure:
    """Each token as a point: how often training read it, and how far its output row is from an unread one's.

    Both are given by id, (V,); `marked` maps a label to an id to point out.
    """
    if len(times_read) != len(distances):
        raise PocketError("Give one count and one distance for every token.")
    times_read, distances = np.asarray(times_read), np.asarray(distances)
    x_label = "how often training read the token (log scale)"
    figure, axes = labelled_axes(title, x_label, "distance from unread tokens\n(1 − cosine, output layer)")
    known = times_read > 0
    axes.scatter(times_read[known], distances[known], s=14, color=OKABE_ITO[0], label="read at least once")
    n = int((~known).sum())
    # side by side within a strip, or they would all be one point
    x = _NEVER * np.geomspace(0.75, 1.33, max(n, 1))[:n]
    label = f"never read: {n:,} tokens"
    axes.scatter(x, distances[~known], s=22, marker="D", color=OKABE_ITO[1], label=label)
    for label, token_id in marked.items():
        place = (times_read[token_id] or _NEVER, distances[token_id])
        axes.plot(*place, "*", color=OKABE_ITO[5], ms=16, mec="black", mew=0.8)
        arrow = {"arrowstyle": "->", "color": "black", "shrinkB": 8}
        look = {"textcoords": "offset points", "fontsize": 12, "arrowprops": arrow}
        axes.annotate(plain_text(label), place, (30, 60), **look)
    ticks = [10**k for k in range(7) if 10**k <= max(times_read.max(), 1)]
    axes.set_xscale("log")
    labels = ["never", *(f"{tick:,}" for tick in ticks)]
    axes.xaxis.set(major_locator=FixedLocator([_NEVER, *ticks]), major_formatter=FixedFormatter(labels))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.legend(frameon=False, fontsize=11, loc="upper left", bbox_to_anchor=(0.2, 1))
    return figure


_NEVER = 0.2  # where tokens that were never read stand on the log axis, which has no 0
