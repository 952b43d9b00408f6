"""Conversations as HTML: as the tokens that a model sees, with the loss mask, and as people read them.

Pure functions; the widgets around them are in `sft.widgets`. What `display.html` promises (escaped, readable in
any theme, no meaning by colour alone) holds here too.
"""

from collections.abc import Iterator, Sequence
from html import escape

from pocketgpt.chat import Message, render
from pocketgpt.chat.template import ROLES, special_id
from pocketgpt_lessons.display.html import MONO, SMALL, card, chip, chip_notes, piece_text, visible

_LOOKS = {  # of each role: the strong colour of its edge, the pale one of its tokens
    "start": ("#555555", "#F0F0F0"),
    "system": ("#CC79A7", "#F8E6F0"),
    "user": ("#0072B2", "#DCEBF7"),
    "assistant": ("#009E73", "#DDF2EA"),
    "call": ("#E69F00", "#FDF0D5"),
    "result": ("#D55E00", "#FBE4D8"),
}
_SPOKEN = {"system": "system message", "user": "you", "call": "calls a tool", "result": "the tool's result"}


def template_view(messages: Sequence[Message], tokenizer, mask: bool = True, ids: bool = False) -> str:
    """A conversation as the template's tokens, a row for each role, as HTML.

    With `mask`, tokens that count in the loss have a ✓ and a thick frame. With `ids`, each token's id stands below it.

    >>> from pocketgpt.tokenizer import Tokenizer
    >>> html = template_view([Message("user", "Hi"), Message("assistant", "Yo")], Tokenizer([]))
    >>> "11 tokens, 4 of them count (✓)" in html, html.count(">✓<")
    (True, 4)
    """
    tokens, counts = render(messages, tokenizer)
    rows = [_role_row(role, part, tokenizer, mask, ids) for role, part in _by_role(tokens, counts, tokenizer)]
    told = f"{len(tokens)} tokens"
    legend = "One row a role. Bold: a special token, which no typed text can produce."
    if mask:
        told += f", {sum(counts)} of them count (✓)"
        legend += " ✓ and a thick frame: counts in the loss. Dashed frame: read, but not learned."
    return card(
        f'<div><b>{told}</b></div>{"".join(rows)}<div style="{SMALL}">{legend}</div>',
        f"A conversation as the template's tokens: {told}",
    )


def _by_role(tokens: Sequence[int], counts: Sequence[int], tokenizer) -> Iterator[tuple[str, list[tuple[int, int]]]]:
    """The rendered conversation cut before each role's token: (role, [(id, counts?), …])."""
    names = {special_id(tokenizer, role): role for role in ROLES}
    role, part = "start", []
    for token, count in zip(tokens, counts, strict=True):
        if token in names:
            yield role, part
            role, part = names[token], []
        part.append((token, count))
    yield role, part


def _role_row(role: str, part: Sequence[tuple[int, int]], tokenizer, mask: bool, ids: bool) -> str:
    edge, _ = _LOOKS[role]
    chips = "".join(_chip(token, count, role, tokenizer, mask, ids) for token, count in part)
    return (
        f'<div style="display:flex;margin:6px 0;border-left:6px solid {edge};padding-left:8px">'
        f'<div style="flex:0 0 5.5em"><b>{role}</b></div><div>{chips}</div></div>'
    )


def _chip(token: int, count: int, role: str, tokenizer, mask: bool, ids: bool) -> str:
    edge, tint = _LOOKS[role]
    special = token in tokenizer.special_tokens.values()
    frame = f"1px solid {edge}"
    if special:
        frame = "1px solid #000"
    if mask:
        frame = f"3px solid {'#000' if special else edge}" if count else "1px dashed #777"
    look = (
        f"box-sizing:border-box;min-height:28px;padding:1px 4px;border:{frame};border-radius:4px;background:{tint};"
        f"color:#000;white-space:pre;font-family:{MONO};font-weight:{'bold' if special else 'normal'}"
    )
    notes = chip_notes([str(token)] * ids + ["✓" if count else "·"] * mask)
    return chip(escape(visible(piece_text(tokenizer.token_bytes(token)))), notes, look)


def chat_view(messages: Sequence[Message], name: str, converses: bool = True) -> str:
    """A conversation as people read it, as HTML: each message with its speaker in words; `name` is the model's.

    >>> "&lt;b&gt;" in chat_view([Message("user", "<b>")], "base")
    True
    """
    rows = [_said(message, name, converses) for message in messages]
    if not rows:
        rows = [f'<div style="{SMALL}">Nothing has been said yet.</div>']
    return card(f"<div><b>Conversation with {escape(name)}</b></div>{''.join(rows)}", f"Conversation with {name}")


def _said(message: Message, name: str, converses: bool) -> str:
    edge, tint = _LOOKS[message.role]
    speaker = _SPOKEN.get(message.role, name if converses else f"{name} goes on with the text")
    return (
        f'<div style="margin:6px 0;border-left:6px solid {edge};background:{tint};color:#000;padding:4px 10px">'
        f'<div style="{SMALL}">{escape(speaker)}</div>'
        f'<div style="white-space:pre-wrap;overflow-wrap:anywhere">{escape(message.content.strip())}</div></div>'
    )
