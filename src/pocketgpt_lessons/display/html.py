"""Pieces of a page: plain data in, a string of HTML or SVG out.

Every function escapes what it is given, puts its picture on a white card (so that it reads alike in light and
dark themes), carries a text alternative, and returns well-formed XML. Colour never carries a meaning alone: a
border, a mark or a number says the same. The siblings `attention_grid` and `pipeline_map` draw in SVG, and
`figure` turns matplotlib's figures into HTML.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from html import escape

import numpy as np

from pocketgpt.errors import PocketError
from pocketgpt_lessons.display.figure import OKABE_ITO, require_alt

_SKY, _VERMILION = OKABE_ITO[4], OKABE_ITO[5]
_TINTS = ("#DCEBF7", "#FDF0D5", "#DDF2EA", "#F8E6F0")  # pale Okabe–Ito, far from black text
MONO = "ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace"
FONT = "font:14px/1.4 system-ui,'Segoe UI',Helvetica,Arial,sans-serif"
SMALL = "font-size:12px;color:#333"
# Jupyter's themes colour, align and stretch bare tables, so ours say everything themselves.
_LINED = "border:1px solid #ccc;background:#fff;color:#111"
CELL = f"{_LINED};text-align:left;vertical-align:top"
_CELL = f"padding:5px 10px;{_LINED};vertical-align:top;text-align:left"
_CHIP = "text-align:center;vertical-align:top;margin:2px 1px"
_TABLE = f"border-collapse:collapse;table-layout:auto;margin:0;{FONT}"
TABLE = '<table style="border-collapse:collapse;table-layout:auto;margin:6px 0">'
"""Opens a table of rows made by `table_row`."""
_VISIBLE = {" ": "␣", "\n": "↵", "\t": "⇥"}
_UNSEEN = ("Cc", "Cf", "Cs", "Cn", "Zl", "Zp")  # Unicode's controls, formatting marks, no characters


def card(inner: str, label: str) -> str:
    """`inner` (HTML) on a white card that a screen reader calls `label`; PocketError if `label` is empty."""
    return (
        f'<div role="group" aria-label="{escape(require_alt(label))}" style="background:#fff;color:#111;'
        "border:1px solid #bbb;border-radius:6px;padding:10px 14px;margin:4px 0;max-width:840px;"
        f'box-sizing:border-box;overflow-x:auto;{FONT}">{inner}</div>'
    )


def visible(piece: str) -> str:
    r"""Whitespace as ␣ ↵ ⇥, and other invisible characters as their codes; not yet escaped.

    >>> visible(" Paris\n"), visible("\u202e")
    ('␣Paris↵', '⟨U+202E⟩')
    """
    return "".join(map(_visible_character, piece))


def _visible_character(character: str) -> str:
    if unicodedata.category(character) in _UNSEEN:
        return _VISIBLE.get(character) or f"⟨U+{ord(character):04X}⟩"
    return _VISIBLE.get(character, character)


def token_chips(
    pieces: Sequence[str], ids: Sequence[int], probabilities: Sequence[float] | None = None, current: int | None = None
) -> str:
    """Tokens as chips, each with its id below.

    With `probabilities` (0 to 1) the tint follows them, and a percentage stands below the id. `current` is
    the index of the chip to mark. PocketError if the lengths differ.
    """
    if len(pieces) != len(ids) or (probabilities is not None and len(probabilities) != len(ids)):
        raise PocketError("Give one id (and one probability, if any) for every piece of text.")
    chips = []
    for index, (piece, token_id) in enumerate(zip(pieces, ids, strict=True)):
        notes, tint = [str(int(token_id))], _TINTS[index % len(_TINTS)]
        if probabilities is not None:
            notes, tint = [*notes, percent(probabilities[index])], shade(probabilities[index])
        chips.append(token_chip(piece, [*notes, "▲"] if index == current else notes, tint, index == current))
        if piece.endswith("\n"):
            chips.append("<br/>")
    return card("".join(chips), f"{len(ids)} tokens, each with its id")


def token_chip(piece: str, notes: Sequence[str], tint: str, marked: bool) -> str:
    """A piece of text as a chip, in a thick frame if `marked`; `notes` are HTML."""
    frame = "padding:2px 5px;border:1px solid #555"
    if marked:
        frame = f"padding:0 3px;border:3px solid {_VERMILION}"
    look = f"{frame};border-radius:4px;background:{tint};color:#000;white-space:pre;font:14px/1.5 {MONO}"
    return chip(escape(visible(piece)), chip_notes(notes), look, f"{_CHIP};min-width:26px")


def chip(face: str, below: str, look: str, around: str = _CHIP) -> str:
    """A framed piece with something small below it, both HTML; `look` is the CSS of its face, `around` of the whole."""
    return f'<span style="display:inline-block;{around}"><span style="display:block;{look}">{face}</span>{below}</span>'


def chip_notes(notes: Iterable[str]) -> str:
    """Notes (HTML) one below the other, to stand below a chip's face."""
    lines = "".join(f'<span style="display:block">{note}</span>' for note in notes)
    return f'<span style="color:#333;font-size:11px;line-height:1.25">{lines}</span>'


def table_cell(inner: str, style: str, scope: str = "") -> str:
    """A cell of a table or, with the `scope` "col" or "row", a heading of one; `inner` is HTML."""
    if scope:
        return f'<th scope="{scope}" style="{style}">{inner}</th>'
    return f'<td style="{style}">{inner}</td>'


def table_row(*cells: str) -> str:
    """A row of a table."""
    return f'<tr style="background:#fff">{"".join(cells)}</tr>'


def named_table(head: Sequence[str], rows: Sequence[Sequence[str]], caption: str) -> tuple[str, str]:
    """A table as HTML, the first cell of each row its name, and the same as a sentence; all text is escaped.

    >>> named_table(["a", "b"], [["<x>", "1"]], "One")[1]
    'One. <x>: 1.'
    """
    style = f"padding:4px 10px;{CELL}"
    top = table_row(*(table_cell(escape(text), style, "col") for text in head))
    body = "".join(
        table_row(table_cell(escape(name), style, "row"), *(table_cell(escape(text), style) for text in rest))
        for name, *rest in rows
    )
    told = "; ".join(f"{name}: {', '.join(rest)}" for name, *rest in rows)
    return card(f"<div><b>{escape(caption)}</b></div>{TABLE}{top}{body}</table>", caption), f"{caption}. {told}."


def next_token_bars(
    pieces: Sequence[str], probabilities: Sequence[float], chosen: int | None = None, true: int | None = None
) -> str:
    """One bar a token, in the order given, from 0 to 100%; `chosen` and `true` are indices of rows to mark.

    >>> "62.0%" in next_token_bars([" Paris", " Rome"], [0.62, 0.1], true=0)
    True
    """
    if len(pieces) != len(probabilities):
        raise PocketError("Give one probability for every piece of text.")
    rows = []
    for index, (piece, share) in enumerate(zip(pieces, probabilities, strict=True)):
        marks = ["◀ true next token"] * (index == true) + ["● chosen"] * (index == chosen)
        rows.append(_bar(code(piece), share, " ".join(marks)))
    return card(_bars(rows), "Probability of each next token")


def score_table(stages: Mapping[str, Sequence[Mapping]], caption: str) -> str:
    """The exam as a table: one row a question type, one column a stage, so that later stages append.

    A row of a stage holds `name`, `right`, `n`, and the ends of its 95% interval, `low` and `high`, as shares
    (0 to 1). A question type that a stage was not asked is a dash.
    """
    names = list(dict.fromkeys(score["name"] for scores in stages.values() for score in scores))
    head = table_row(*(table_cell(escape(stage), _CELL, "col") for stage in ["exam", *stages]))
    by_stage = [{score["name"]: score for score in scores} for scores in stages.values()]
    body = "".join(
        table_row(
            table_cell(escape(name), f"{_CELL};font-weight:normal", "row"),
            *(_score_cell(scores.get(name)) for scores in by_stage),
        )
        for name in names
    )
    return card(
        f'<table style="{_TABLE}"><caption style="text-align:left;color:#111;padding-bottom:6px">'
        f"<b>{escape(caption)}</b></caption><thead>{head}</thead>"
        f'<tbody>{body}</tbody></table><div style="{SMALL};margin-top:4px">'
        "Bar: share of right answers. Black line and brackets: 95% interval.</div>",
        caption,
    )


def samples_table(rows: Sequence[tuple[int, str]], heading: str = "tokens seen") -> str:
    """What the model wrote after how much training; rows are (tokens or steps, text)."""
    body = "".join(
        table_row(
            table_cell(f"{count:,}", f"{_CELL};text-align:right;white-space:nowrap"),
            table_cell(escape(text), f"{_CELL};white-space:pre-wrap;overflow-wrap:anywhere"),
        )
        for count, text in rows
    )
    head = table_row(
        table_cell(escape(heading), f"{_CELL};text-align:right;width:1%;white-space:nowrap", "col"),
        table_cell("what the model writes", _CELL, "col"),
    )
    return card(
        f'<table style="width:100%;{_TABLE}"><thead>{head}</thead><tbody>{body}</tbody></table>',
        "Samples as training goes on",
    )


def _score_cell(score: Mapping | None) -> str:
    if score is None:
        return table_cell("–", _CELL)
    share, low, high = score["right"] / score["n"], score["low"], score["high"]
    return table_cell(
        f"<b>{share:.0%}</b> [{100 * low:.0f}–{100 * high:.0f}] "
        f'<span style="color:#333;font-size:12px;display:block">{score["right"]:,}/{score["n"]:,}</span>'
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 12" width="96" height="10" '
        'aria-hidden="true" style="display:block"><g transform="translate(0.5 0.5)">'
        '<rect width="119" height="11" fill="#fff" stroke="#777"/>'
        f'<rect width="{119 * share:.1f}" height="11" fill="{_SKY}" stroke="#333"/>'
        f'<path d="M{119 * low:.1f} 5.5 H{119 * high:.1f}" stroke="#000" stroke-width="2.5"/></g></svg>',
        f"{_CELL};white-space:nowrap",
    )


def code(piece: str, style: str = "") -> str:
    """A piece of text in letters of equal width; `style` is more CSS, such as ";white-space:pre"."""
    return f'<span style="font-family:{MONO}{style}">{escape(visible(piece))}</span>'


def _bars(rows: Sequence[str]) -> str:
    return (
        '<div style="display:grid;gap:4px 10px;align-items:center;grid-template-columns:'
        f'max-content minmax(120px,1fr) max-content max-content">{"".join(rows)}</div>'
    )


def _bar(label: str, share: float, mark: str) -> str:
    """Four cells of a grid: label (HTML), bar, percentage, mark."""
    weight = "bold" if mark else "normal"
    border = "2px solid #000" if mark else "1px solid #555"
    return (
        f'<div style="font-weight:{weight}">{label}</div>'
        '<div style="background:#F0F0F0;height:16px"><div style="height:16px;box-sizing:border-box;'
        f'width:{100 * float(share):.2f}%;background:{_SKY};border:{border}"></div></div>'
        f'<div style="text-align:right;font-weight:{weight}">{percent(share)}</div>'
        f'<div style="font-weight:bold">{mark}</div>'
    )


def percent(share: float) -> str:
    """A share as text.

    >>> percent(0.5), percent(0.00004), percent(0)
    ('50.0%', 'under 0.1%', '0.0%')
    """
    return "under 0.1%" if 0 < share < 0.0005 else f"{100 * float(share):.1f}%"


def shade(share: float) -> str:
    """White at 0 to sky blue at 1, light enough for black text all the way."""
    low, high = np.array([255, 255, 255]), np.array([86, 180, 233])
    return "#" + "".join(f"{round(c):02X}" for c in low + (high - low) * min(max(float(share), 0.0), 1.0))


_NBSP = "\N{NO-BREAK SPACE}"


def piece_text(token: bytes) -> str:
    r"""A token's bytes as text for a chip, not yet escaped: what isn't whole UTF-8 as ⟨hex⟩.

    Spaces stay, to be made visible with the rest; rarer ones, which would look the same, become their codes.

    >>> piece_text("é".encode()), piece_text(b" \xe2"), piece_text("\u3000".encode())
    ('é', ' ⟨E2⟩', '⟨U+3000⟩')
    """
    parts = re.split("([\udc80-\udcff]+)", token.decode("utf-8", "surrogateescape"))
    parts[0::2] = [re.sub(r"[^\S \t\r\n]", _code_point, part) for part in parts[0::2]]
    parts[1::2] = [_hex(part.encode("ascii", "surrogateescape")) for part in parts[1::2]]
    return "".join(parts)


def _hex(broken: bytes) -> str:
    # no-break spaces, since `visible` would turn others into ␣
    return f"⟨{_NBSP.join(f'{byte:02X}' for byte in broken)}⟩"


def _code_point(match: re.Match) -> str:
    return f"⟨U+{ord(match[0]):04X}⟩"
