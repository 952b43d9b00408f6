"""The last chat as HTML: each stage's column, as words, as tokens, or by how sure it was; a trace; a page to keep.

What `display.html` promises (escaped, readable in any theme, no meaning by colour alone) holds here too.
"""

from collections.abc import Sequence
from html import escape

from pocketgpt.chat import Message
from pocketgpt_lessons.display.html import (
    CELL,
    FONT,
    SMALL,
    TABLE,
    card,
    percent,
    shade,
    table_cell,
    table_row,
    token_chip,
)
from pocketgpt_lessons.trust.last_chat import Column, SeenToken, Step, seen_tokens
from pocketgpt_lessons.trust.views import readable

WORDS, TOKENS, SURENESS = "words", "tokens", "how sure it was"
VIEWS = (WORDS, TOKENS, SURENESS)
_EDGES = {"system": "#CC79A7", "user": "#0072B2", "assistant": "#009E73", "call": "#E69F00", "result": "#D55E00"}
_SPEAKERS = {"system": "system message", "user": "you", "call": "calls a tool", "result": "the tool's result"}
_CELL = f"padding:5px 8px;{CELL};overflow-wrap:anywhere"

# The columns stand side by side where there is room, and become tabs where there isn't.
STYLE = (
    "<style>.pocket-side {container-type: inline-size; width: 100%} "
    ".pocket-columns {display: flex; flex-flow: row wrap; align-items: flex-start; gap: 8px} "
    ".pocket-columns > .pocket-column {flex: 1 1 calc(20% - 14px); min-width: 0} "
    ".pocket-tabs {display: none !important} "
    "@container (max-width: 760px) {.pocket-tabs {display: flex !important} "
    ".pocket-columns > .pocket-column:not(.pocket-chosen) {display: none !important}}</style>"
)


def said(message: Message, name: str, converses: bool = True) -> str:
    """One message as people read it, with its speaker in words; `name` is the model's.

    >>> "&lt;b&gt;" in said(Message("user", "<b>"), "base")
    True
    """
    speaker = _SPEAKERS.get(message.role, name if converses else f"{name} goes on with the text")
    return (
        f'<div style="margin:5px 0;border-left:5px solid {_EDGES[message.role]};padding:2px 8px;color:#111">'
        f'<div style="{SMALL}">{escape(speaker)}</div>'
        f'<div style="white-space:pre-wrap;overflow-wrap:anywhere">{readable(message.content.strip())}</div></div>'
    )


def chips(tokens: Sequence[SeenToken], view: str) -> str:
    """Tokens as chips: with their ids, or with the probability of those that the model wrote, in a thick frame where
    it was below one half.
    """
    found = []
    for token in tokens:
        if view == TOKENS:
            found.append(token_chip(token.piece, [str(token.id)], "#DDF2EA" if token.own else "#fff", False))
        elif token.own:
            note = percent(token.probability).replace("under ", "&lt;")
            found.append(token_chip(token.piece, [note], shade(token.probability), token.probability < 0.5))
        else:
            found.append(token_chip(token.piece, ["·"], "#fff", False))
    return "".join(found)


def column_view(column: Column, view: str = WORDS) -> str:
    """A stage's side of the chat on a card."""
    name, converses = column.name, column.stage.converses
    inner = f"<div><b>{escape(name)}</b></div>"
    if not column.messages:
        inner += f'<div style="{SMALL}">Nothing has been said yet.</div>'
    elif view == WORDS:
        inner += "".join(said(message, name, converses) for message in column.messages)
    else:
        inner += chips(seen_tokens(column), view)
    if column.note:
        inner += f'<div role="status" style="{SMALL}">{escape(column.note)}</div>'
    return card(inner, f"Chat with {name}")


def columns_view(columns: Sequence[Column], view: str = WORDS) -> str:
    """All columns at once, for a page without a kernel: side by side, or below each other where it is narrow."""
    cells = "".join(f'<div style="flex:1 1 180px;min-width:0">{column_view(column, view)}</div>' for column in columns)
    return f'<div style="display:flex;flex-wrap:wrap;gap:8px;align-items:flex-start">{cells}</div>'


def _link(notebook: str) -> str:
    """A link that looks like one in JupyterLab, too; it opens elsewhere, so that this notebook stays open."""
    style = "color:#0072B2;text-decoration:underline"
    name = escape(notebook.replace("_", " "))
    return f'<a href="{notebook}.ipynb" target="_blank" rel="noopener" style="{style}">{name}</a>'


def trace_view(steps: Sequence[Step], name: str) -> str:
    """The steps of a trace, one a row, each with a link to the notebook that explains it."""
    head = table_row(*(table_cell(text, _CELL, "col") for text in ("step", "what is there", "explained in")))
    rows = "".join(
        table_row(
            table_cell(f"{number}. {escape(step.name)}", f"{_CELL};white-space:nowrap", "row"),
            table_cell(readable(step.shown), _CELL),
            table_cell(_link(step.notebook), f"{_CELL};white-space:nowrap"),
        )
        for number, step in enumerate(steps, start=1)
    )
    return card(
        f"<div><b>One question through {escape(name)}, step by step</b></div>{TABLE}{head}{rows}</table>",
        f"The steps of one question through {name}",
    )


def transcript_page(columns: Sequence[Column]) -> str:
    """The whole chat as a page of its own, which needs neither a kernel nor a network."""
    notice = "Models of a small invented world wrote this. What they say may be wrong."
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"/>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"/>'
        f'<title>A chat with {len(columns)} stages</title></head><body style="{FONT};margin:16px;background:#fff">'
        f"<h1>A chat with {escape(', '.join(column.name for column in columns))}</h1><p>{notice}</p>"
        f"{columns_view(columns)}</body></html>\n"
    )
