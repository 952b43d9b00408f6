"""Drawings: the pipeline's map and attention grids, as SVG on a white card.

What `pocketgpt.fragments` promises (escaped, readable in any theme, with a text alternative) holds here too.
"""

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np

from pocketgpt.charts import OKABE_ITO
from pocketgpt.errors import PocketError
from pocketgpt.fragments import FONT, MONO, card, percent, shade, visible

STAGES = (
    ("00", "the internet", "web pages → clean text"),
    ("01", "tokens", "text → token ids"),
    ("02", "pretraining", "ids → base model"),
    ("03", "sampling", "probabilities → text"),
    ("04", "SFT", "base → assistant"),
    ("05", "hallucination", "bluff → “I don't know”"),
    ("06", "RL", "right answers rewarded"),
    ("07", "RLHF", "liked answers rewarded"),
    ("08", "beyond text", "pictures and tunes"),
    ("09", "trust", "check what it says"),
)

_VERMILION = OKABE_ITO[5]
_LEFT, _STEP, _ROWS, _WIDTH, _HEIGHT = 10, 180, (8, 142), 160, 78  # of the map's boxes, in its own units


def pipeline_map(current: str, scores: Mapping[str, float] | None = None) -> str:
    """The whole pipeline as one picture, the stage `current` ("00" to "09") lit.

    `scores` are shares of the exam (0 to 1) by stage, for those known. PocketError if there is no such stage.

    >>> "you are here" in pipeline_map("02", {"02": 0.61})
    True
    """
    numbers = [number for number, _, _ in STAGES]
    if current not in numbers:
        raise PocketError(f"There is no stage {current!r}: use one of {', '.join(numbers)}.")
    scores = scores or {}
    boxes = "".join(_stage_box(i, number == current, scores.get(number)) for i, number in enumerate(numbers))
    name = STAGES[numbers.index(current)][1]
    exam = {number: f", exam {share:.0%}" for number, share in scores.items()}
    told = "; ".join(f"{number} {title}{exam.get(number, '')}" for number, title, _ in STAGES)
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 900 230" width="100%" role="img" '
        f'aria-label="{escape(f"Map of the ten stages. You are at {current}, {name}.")}" style="{FONT}">'
        f"<title>You are at {current}, {escape(name)}</title><desc>{escape(told)}</desc>"
        f"{_arrows()}{boxes}</svg>"
    )
    note = "<div>Exam: facts about people on 30 pages or more, asked in new wordings.</div>" if scores else ""
    return card(svg + note, "The pipeline")


def attention_grid(pieces: Sequence[str], weights: Sequence, query: int | None = None) -> str:
    """Attention weights (T, T) as a grid: a row looks from its token, a column is looked at.

    The future stays blank. `query` is the row to frame; its largest weights are also written out. PocketError
    if the shapes disagree.
    """
    weights = np.asarray(weights, dtype=float)  # (T, T)
    size = len(pieces)
    if weights.shape != (size, size):
        raise PocketError(f"Give weights of shape ({size}, {size}) for {size} pieces, not {weights.shape}.")
    if query is not None and not 0 <= query < size:
        raise PocketError(f"Give a query from 0 to {size - 1}, the index of a piece, not {query}.")
    names = [name if len(name) <= 12 else name[:11] + "…" for name in map(visible, pieces)]
    told = _top_weights(names, weights, query)
    return card(
        '<div style="font-size:12px;color:#333">Row: from this token (query). Column: to this token (key). '
        "Darker: more weight. Blank: the future, which no token may see.</div>"
        f"{_grid(names, weights, query, told)}<div>{escape(told)}</div>",
        "Attention",
    )


def _grid(names: Sequence[str], weights: np.ndarray, query: int | None, told: str) -> str:
    size = len(names)
    cell = min(34, max(13, 560 // size))
    longest = 8 * max(len(name) for name in names)
    left, top = longest + 34, round(0.72 * longest) + 18
    width, height = left + cell * size + top, top + cell * size + 8
    rows = "".join(_grid_row(names, weights[i], i, i == query, cell) for i in range(size))
    columns = "".join(
        f'<text transform="translate({cell * (j + 0.6):.1f} -6) rotate(-45)">{escape(name)}</text>'
        for j, name in enumerate(names)
    )
    frame = ""
    if query is not None:
        frame = (
            f'<rect y="{cell * query}" width="{cell * (query + 1)}" height="{cell}" fill="none" '
            f'stroke="{_VERMILION}" stroke-width="3" pointer-events="none"/>'
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'style="max-width:100%;width:{width}px" aria-label="{escape("Grid of attention weights. " + told)}">'
        f"<title>Attention weights</title><desc>{escape(told)}</desc>"
        f'<g transform="translate({left} {top})" font-family="{MONO}" font-size="{min(12, cell - 2)}" '
        f'fill="#111">{columns}{rows}{frame}</g></svg>'
    )


def _grid_row(names: Sequence[str], weights: np.ndarray, row: int, framed: bool, cell: int) -> str:
    y, middle = cell * row, cell * row + cell / 2 + 4
    label = f'<text x="-6" y="{middle:.1f}" text-anchor="end"'
    parts = [f'{label} font-weight="bold">▶ ' if framed else f"{label}>", escape(names[row]), "</text>"]
    for column in range(row + 1):
        weight, x = float(weights[column]), cell * column
        tip = escape(f"from {names[row]} to {names[column]}: {percent(weight)}")
        # the root makes weights of a few per cent, usual in a long text, visible
        parts.append(
            f'<rect x="{x}" y="{y}" width="{cell}" height="{cell}" fill="{shade(max(weight, 0) ** 0.5)}" '
            f'stroke="#999" stroke-width="0.5"><title>{tip}</title></rect>'
        )
        if framed and cell >= 26 and weight >= 0.095:
            parts.append(
                f'<text x="{x + cell / 2}" y="{middle:.1f}" text-anchor="middle" font-size="11" '
                f'pointer-events="none">{100 * weight:.0f}</text>'
            )
    return "".join(parts)


def _top_weights(names: Sequence[str], weights: np.ndarray, query: int | None) -> str:
    """The largest three weights of the query's row, in words."""
    if query is None:
        return "No token is selected."
    row = weights[query, : query + 1]
    best = np.argsort(-row, kind="stable")[:3]
    told = ", ".join(f"“{names[j]}” (token {j + 1}) {percent(row[j])}" for j in best)
    return f"Token {query + 1}, “{names[query]}”, looks most at {told}."


def _arrows() -> str:
    """From each stage to its neighbour, and from the end of the first row to the start of the second."""
    starts = [(_LEFT + _STEP * i + _WIDTH + 1, y + _HEIGHT / 2) for y in _ROWS for i in range(4)]
    lines = [f"M{x} {y} h15" for x, y in starts]
    heads = [f"M{x + 18} {y} l-7 -4 v8 z" for x, y in starts]
    first, last = _LEFT + _WIDTH / 2, _LEFT + 4 * _STEP + _WIDTH / 2
    lines.append(f"M{last} {_ROWS[0] + _HEIGHT} v26 H{first} V{_ROWS[1] - 4}")
    heads.append(f"M{first} {_ROWS[1] - 1} l-4 -7 h8 z")
    return (
        f'<path d="{" ".join(lines)}" fill="none" stroke="#555" stroke-width="1.5"/>'
        f'<path d="{" ".join(heads)}" fill="#555"/>'
    )


def _stage_box(index: int, current: bool, score: float | None) -> str:
    number, title, caption = STAGES[index]
    x, y = _LEFT + _STEP * (index % 5), _ROWS[index // 5]
    middle, bold = x + _WIDTH / 2, 'font-weight="bold"'
    fill, stroke, width = ("#FFF1CC", "#111", 4) if current else ("#F4F6F8", "#777", 1.2)
    lines = [
        f'<rect x="{x}" y="{y}" width="{_WIDTH}" height="{_HEIGHT}" rx="8" fill="{fill}" stroke="{stroke}" '
        f'stroke-width="{width}"/>',
        f'<text x="{middle}" y="{y + 24}" font-size="15.5" {bold}>{number} {escape(title)}</text>',
        f'<text x="{middle}" y="{y + 43}" font-size="12.5">{escape(caption)}</text>',
    ]
    if score is not None:
        lines.append(f'<text x="{middle}" y="{y + 61}" font-size="13" {bold}>exam {score:.0%}</text>')
    if current:
        lines.append(
            f'<rect x="{middle - 53}" y="{y + 67}" width="106" height="22" rx="11" fill="#111"/>'
            f'<text x="{middle}" y="{y + 82}" font-size="13" {bold} fill="#fff">you are here</text>'
        )
    return f'<g text-anchor="middle" fill="#111">{"".join(lines)}</g>'
