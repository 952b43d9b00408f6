"""Attention grids as SVG on a white card.

What `display.html` promises (escaped, readable in any theme, with a text alternative) holds here too.
"""

from collections.abc import Sequence
from html import escape

import numpy as np

from pocketgpt.errors import PocketError
from pocketgpt_lessons.display.figure import OKABE_ITO
from pocketgpt_lessons.display.html import MONO, SMALL, card, percent, shade, visible

_VERMILION = OKABE_ITO[5]


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
        f'<div style="{SMALL}">Row: from this token (query). Column: to this token (key). '
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
