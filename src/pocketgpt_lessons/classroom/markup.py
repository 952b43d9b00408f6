"""Small pieces of HTML that the lesson parts share, and the one way in which they are shown."""

import html
import re

from pocketgpt_lessons.display.figure import OKABE_ITO
from pocketgpt_lessons.display.html import card

BLUE, GREEN, VERMILION, GREY = OKABE_ITO[0], OKABE_ITO[2], OKABE_ITO[5], "#767676"
# Jupyter's dark theme has its own colours for code and pre, which a white card must override.
_CODE = "background:#eee;color:#111"


def prose(text: str) -> str:
    """Plain text as HTML: escaped, with `code` in backticks as code.

    >>> prose("*a* & *b*")
    '*a* &amp; *b*'
    """
    return re.sub(r"`([^`]+)`", rf'<code style="{_CODE}">\1</code>', html.escape(str(text)))


def panel(title: str, body: str, colour: str) -> str:
    """A card with a bold title; `title` is plain text, `body` HTML. The colour only repeats its words."""
    heading = f'<p style="margin:0.2em 0"><strong>{prose(title)}</strong></p>'
    style = f"border-left:4px solid {colour};padding-left:0.8em"
    return card(f'<div style="{style}">{heading}{body}</div>', title)


def paragraph(text: str) -> str:
    """One paragraph of plain text as HTML; an empty text gives nothing."""
    return f'<p style="margin:0.2em 0">{prose(text)}</p>' if text else ""


def labelled(label: str, text: str) -> str:
    """A label, and below it text in which spaces and line ends count."""
    style = f"margin:0 0 0.3em 0;padding:2px 8px;white-space:pre-wrap;{_CODE}"
    return f'<div>{html.escape(label)}</div><pre style="{style}">{html.escape(text)}</pre>'


def number_text(value: object) -> str:
    """A number for reading: four significant digits, thousands separated; anything else as it is.

    >>> number_text(6.93147), number_text(1234567), number_text(0.5), number_text("yes")
    ('6.931', '1,234,567', '0.5', 'yes')
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, int) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.4g}"


def in_notebook() -> bool:
    """Whether there is an IPython shell to show things in."""
    try:
        from IPython.core.interactiveshell import InteractiveShell
    except ImportError:
        return False
    return InteractiveShell.initialized()


def show(html_text: str, text: str) -> None:
    """Show HTML in a notebook, with its text for readers without HTML; print the text elsewhere."""
    if in_notebook():
        from IPython.display import display

        display({"text/html": html_text, "text/plain": text}, raw=True)
    else:
        print(text)
