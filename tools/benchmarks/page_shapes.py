"""Thirty shapes of pages as the web has them, each around an article that is known: what extraction is tried on.

page_shapes.txt has the skeletons, a kind of page each, with the tags, class names and furniture that one meets there.
Between [[ and ]] stands what is repeated for each paragraph; words after $ are filled in. All texts are our own.
"""

import random
import re
from collections.abc import Iterator
from pathlib import Path

SHAPES = Path(__file__).with_suffix(".txt")
LINKS = {
    "nav": "Home|About us|Products|News|Contact|Log in|Sign up|Archive|Shop|Help",
    "more": "Ten birds that never sing|How to plant a hedge|The oldest bridge in town|What bakers know about time",
}
SAID = (
    "Thanks for this, I had no idea that it works like that at all.",
    "First!",
    "Does anybody know where one can buy it?",
)
TEXTS = {
    "notice": "We use cookies to make this site work and to see how it is used. You can change this at any time.",
    "letter": "Get one story a week by e-mail, and nothing else. You can leave with one click whenever you like.",
    "legal": "© 2024 Example Media. All rights reserved. Terms of use, privacy policy.",
    "comments": "".join(f"<div class=comment><b>Bo</b><p>{text}</p></div>" for text in SAID),
}


def links(texts: str) -> str:
    """A list of links."""
    return f"<ul>{''.join(f'<li><a href=/{i}>{text}</a></li>' for i, text in enumerate(texts.split('|')))}</ul>"


FURNITURE = TEXTS | {name: links(texts) for name, texts in LINKS.items()}


def written(text: str) -> dict[str, str]:
    """The ways to write a paragraph: as it is, a sentence a span, or half of it as a list of four words an item."""
    sentences, words = text.replace(". ", ".</span> <span>"), text.split()
    half = len(words) // 2
    items = "".join(f"<li>{' '.join(words[i : i + 4])}</li>" for i in range(half, len(words), 4))
    listed = f"<p>{' '.join(words[:half])}:</p><ul>{items}</ul>"
    return {"text": text, "sentences": f"<span>{sentences}</span>", "listed": listed}


def shapes() -> dict[str, str]:
    """The skeleton of each kind of page, by its name."""
    parts = re.split(r"^== (.+)\n", SHAPES.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def filled(shape: str, title: str, paragraphs: list[str]) -> str:
    """A page of this shape around an article."""

    def each(match: re.Match) -> str:
        return "\n".join(_fill(match[1], written(text)) for text in paragraphs)

    html = re.sub(r"\[\[(.*?)\]\]", each, shape, flags=re.DOTALL).replace("$title", title)
    return f"<!doctype html>\n{_fill(html, FURNITURE)}"


def _fill(text: str, words: dict[str, str]) -> str:
    return re.sub(r"\$([a-z]+)", lambda match: words.get(match[1], match[0]), text)


def shaped_pages(texts: list[str], seed: int = 0) -> Iterator[tuple[str, str, str]]:
    """Of each shape its name, a page's HTML, and the article in it, made of some of the texts."""
    for name, shape in shapes().items():
        rng = random.Random(f"shape {seed}/{name}")
        title = rng.choice(texts).split("\n", 1)[0]
        paragraphs = [" ".join(text.split("\n\n", 1)[-1].split()) for text in rng.sample(texts, 6)]
        yield name, filled(shape, title, paragraphs), "\n\n".join([title, *paragraphs])
