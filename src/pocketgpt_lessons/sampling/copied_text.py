"""A text with what is copied in it marked, as HTML."""

from collections.abc import Sequence
from html import escape
from itertools import groupby

from pocketgpt.tokenizer import Tokenizer
from pocketgpt_lessons.display.html import MONO, SMALL, card

_MARK = "background:#BFE0F5;color:#000;text-decoration:underline"


def copied_text(title: str, page: Sequence[int], copied: Sequence[bool], tokenizer: Tokenizer) -> str:
    """A page (token ids) on a card, its copied tokens tinted and underlined; `title` says whose page it is.

    >>> copied_text("a page", list(b"to be <b>"), [True] * 5 + [False] * 4, Tokenizer([])).count("<mark")
    1
    """
    parts = []
    for is_copied, run in groupby(zip(page, copied, strict=True), key=lambda pair: pair[1]):
        text = escape(tokenizer.decode([token for token, _ in run]))
        parts.append(f'<mark style="{_MARK}">{text}</mark>' if is_copied else text)
    share = sum(copied) / max(1, len(copied))
    return card(
        f"<b>{escape(title)}: {share:.0%} of its tokens lie in copied stretches</b>"
        f'<div style="white-space:pre-wrap;font-family:{MONO};line-height:1.6;margin-top:6px">{"".join(parts)}</div>'
        f'<div style="{SMALL};margin-top:6px">Tinted and underlined: copied.</div>',
        title,
    )
