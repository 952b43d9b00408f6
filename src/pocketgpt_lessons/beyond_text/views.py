"""What notebook 08 shows: pictures as grids of coloured pixels, each with its colours in words, and figures."""

from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
from matplotlib.figure import Figure

from pocketgpt.multimodal.vocabulary import token_names
from pocketgpt.pictures.palette import COLOURS, RGB, as_text
from pocketgpt.pictures.tokens import BLOCK, PictureTokens
from pocketgpt_lessons.beyond_text.experiments import as_points
from pocketgpt_lessons.display.charts import bars, lines_with_intervals
from pocketgpt_lessons.display.html import SMALL, card, named_table, next_token_bars
from pocketgpt_lessons.evidence import spread

FIRST = 22  # tokens of a picture that a table writes out
PARTS = "colour and shape never shown"  # as the exam calls it
UNDRAWN = -1  # stands for a pixel that isn't drawn yet


def hex_colour(number: int) -> str:
    """A colour as a page wants it.

    >>> hex_colour(6)
    '#FFFFFF'
    """
    return "#" + "".join(f"{part:02X}" for part in RGB[COLOURS[number]])


def in_words(picture: np.ndarray | None) -> str:
    """A picture in words, for those who don't see it: how many pixels have which colour, and its rows as letters.

    >>> in_words(np.ones((2, 2), int))
    '4 red pixels; row by row rr/rr'
    """
    if picture is None:
        return "no picture"
    drawn = Counter(COLOURS[pixel] for pixel in np.asarray(picture).reshape(-1) if pixel > 0)
    counted = ", ".join(f"{n} {colour} pixel{'s' * (n > 1)}" for colour, n in drawn.most_common()) or "all black"
    if (np.asarray(picture) == UNDRAWN).any():
        return f"{counted}; the rest isn't drawn yet"
    return f"{counted}; row by row {as_text(picture)}"


def picture_svg(picture: np.ndarray | None, size: int = 96, grid: bool = False) -> str:
    """A picture (N, N) as an image with its description; `grid` draws lines between blocks. None is a crossed box."""
    if picture is None:
        inner, n = '<path d="M0 0 L8 8 M8 0 L0 8" stroke="#B00" stroke-width="0.3"/>', 8
    else:
        n = len(picture)
        pixels = [(i, j, int(picture[i][j])) for i in range(n) for j in range(n)]
        inner = "".join(
            f'<rect x="{j}" y="{i}" width="1.02" height="1.02" fill="{"#DDD" if colour < 0 else hex_colour(colour)}"/>'
            for i, j, colour in pixels
        )
        if grid:
            lines = "".join(f"M{k} 0 V{n} M0 {k} H{n} " for k in range(BLOCK, n, BLOCK))
            inner += f'<path d="{lines}" stroke="#888" stroke-width="0.06"/>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size}" height="{size}" viewBox="0 0 {n} {n}" role="img" '
        f'aria-label="{escape(in_words(picture))}" style="border:1px solid #888;vertical-align:middle">{inner}</svg>'
    )


def gallery(
    shown: Sequence[tuple[np.ndarray | None, str]], label: str, right: Sequence[bool] | None = None, size: int = 96
) -> str:
    """Pictures with a text below each, marked ✓ or ✗ where that is known."""
    marks = [""] * len(shown) if right is None else ["✓ " if each else "✗ " for each in right]
    figures = "".join(
        f'<div style="display:inline-block;width:150px;margin:4px;vertical-align:top;{SMALL}">'
        f"{picture_svg(picture, size)}<div>{mark}{escape(text)}</div></div>"
        for (picture, text), mark in zip(shown, marks, strict=True)
    )
    return card(figures, label)


def as_tokens(picture: np.ndarray, ways: Mapping[str, PictureTokens]) -> str:
    """One picture as the tokens that each way makes of it, at most FIRST of them written out, beside the picture."""
    rows = []
    for name, way in ways.items():
        names = [each.strip("<|>") for each in token_names(way)[2:]]
        numbers = way.encode(picture)
        written = " · ".join(names[number] for number in numbers[:FIRST]) + " …" * (len(numbers) > FIRST)
        rows.append([name, str(len(numbers)), written])
    table, told = named_table(["tokens are", "how many", "in order"], rows, "A picture as tokens")
    return card(picture_svg(picture, 160, grid=True) + table, told)


def codebook_figure(series: Mapping[str, Sequence[Mapping]]) -> Figure:
    """Wrong pixels against the size of the codebook."""
    told = "; ".join(f"{name} {points[-1]['y']:.1f}%" for name, points in series.items())
    title = f"Wrong pixels with {next(iter(series.values()))[-1]['x']} entries: {told}"
    return lines_with_intervals(series, title, "entries of the codebook", "wrong pixels (%)", even=True)


def marks_figure(counted: Mapping[str, Mapping], title: str) -> Figure:
    """Right answers by what was asked, with 95% intervals."""
    rows = {f"{name} ({each['n']})": each for name, each in counted.items()}
    return bars(as_points(rows), title, "right (%; in brackets: asked; lines: 95% intervals)")


def food_figure(named: Mapping, foods: Mapping[str, Mapping]) -> Figure:
    """Drawings whose animal is named, and whose food is told in each of experiments.FOOD_WAYS."""
    first = next(iter(foods.values()))
    rows = {"the animal's name": named, **{f"food, {how}": each for how, each in foods.items()}}
    told = ", ".join(f"{how} {each['right']}" for how, each in foods.items())
    title = f"Foods told right, of {first['n']} drawings of {first['animals']} animals: {told}"
    return bars(as_points(rows), title, "right (%; lines: 95% intervals, as if all drawings were independent)")


def tries_figure(points: Sequence[Mapping]) -> Figure:
    """Captions with a new pair that have a right picture among the first tries, by their number."""
    counted = as_points({str(point["x"]): point for point in points})
    shown = [{"x": point["x"], **counted[str(point["x"])]} for point in points]
    first, last = shown[0], shown[-1]
    shares = f"{first['x']} try {first['y']:.0f}%, among {last['x']} {last['y']:.0f}%"
    title = f"Captions with a new pair: a right picture among {shares}"
    return lines_with_intervals(
        {"at least one is right (bars: 95% intervals)": shown}, title, "tries", "captions (%)", even=True
    )


def before_after_figure(before: Mapping[str, Mapping], after: Mapping[str, Mapping]) -> Figure:
    """The exam in words, before and after pictures were learned."""
    rows = {f"{name}, {when}": each[name] for name in before for when, each in (("before", before), ("after", after))}
    right = [sum(each["right"] for each in told.values()) for told in (before, after)]
    n = sum(each["n"] for each in before.values())
    title = f"Facts in words: {right[0]} of {n} right before, {right[1]} after"
    return bars(as_points(rows), title, "right (%; lines: 95% intervals)")


def share_of(mark: Mapping) -> float:
    """Right answers as a share; none, where nothing could be asked.

    >>> share_of({"right": 1, "n": 4})
    0.25
    """
    return mark["right"] / max(1, mark["n"])


def compared_figure(runs: Sequence[Mapping], what: str) -> Figure:
    """Scenes "drawn" or "told" right by ways to write pictures, over the recorded runs: means, lowest and highest."""
    ways = runs[0]["ways"]
    found = {}
    for way in ways:
        for news in ways[way]["marks"]:
            shares = [share_of(run["ways"][way]["marks"][news][what]) for run in runs]
            found[f"{way}: {news}"] = spread(shares, 100)
    parts = ", ".join(f"{way} {ends(found[f'{way}: {PARTS}'])}" for way in ways)
    title = f"Recorded, equally many tokens: new colour and shape {what} right: {parts}"
    return bars(found, title, f"right (%; lines: lowest and highest of {len(runs)} seeds)")


def ends(point: Mapping) -> str:
    """Lowest and highest of a `spread`, in percent; one number where they are the same."""
    low, high = f"{point['low']:.0f}", f"{point['high']:.0f}"
    return f"{low}%" if low == high else f"{low}–{high}%"


def best_way(runs: Sequence[Mapping]) -> tuple[str, str]:
    """The way with most new colour-shape pairs drawn right in the recorded runs, and all ways' shares in a sentence."""
    shares = {
        way: spread([share_of(run["ways"][way]["marks"][PARTS]["drawn"]) for run in runs], 100)
        for way in runs[0]["ways"]
    }
    told = ", ".join(f"{way} {ends(share)}" for way, share in shares.items())
    return max(shares, key=lambda way: shares[way]["y"]), f"Drawn right in {len(runs)} runs: {told}."


def step_view(
    picture: np.ndarray, at: int, of: int, pieces: Sequence[str], probabilities: Sequence[float], verdict: str
) -> str:
    """A picture as far as it is drawn, and what the model thinks of the next token."""
    likely = next_token_bars(pieces, probabilities, chosen=0) if pieces else ""
    head = f"<div><b>{at} of {of} tokens</b>. {escape(verdict)}</div>"
    beside = "display:inline-block;vertical-align:top;margin:4px 12px 4px 0"
    return card(
        f'{head}<div style="{beside}">{picture_svg(picture, 200, grid=True)}</div><div style="{beside}">{likely}</div>',
        f"A picture after {at} of {of} tokens",
    )
