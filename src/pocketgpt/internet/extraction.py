"""From HTML to the text that people came to read, with nothing but Python's own parser.

    explain(html) -> [("We use cookies …", "in class 'cookie-notice'"), ("The owl eats mice.", "kept"), …]

The page is cut into blocks: what stands between two tags that begin a new line. A block is kept unless it lies in
a part that is never content (menu, script, …), is mostly links, or is too short to be a sentence. That text is
long and has few links while menus are short and full of them is the idea of Kohlschütter, Fankhauser and Nejdl,
"Boilerplate detection using shallow text features" (WSDM 2010). FineWeb uses the library trafilatura.
"""

import re
from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser

MAX_LINK_SHARE = 0.4
MIN_WORDS = 10
"""A block with fewer words is kept only if it ends as a sentence does."""

# "head" ends at <body> even where </head> was forgotten, as in browsers.
_NEVER_CONTENT = frozenset(
    "head script style noscript template nav header footer aside form button select figcaption svg".split()
)
_NEW_LINE = frozenset(
    "address article aside blockquote body button dd div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 "
    "h5 h6 header hr li main nav ol p pre section table td th title tr ul".split()
)
_ENDS_BLOCK = _NEW_LINE | _NEVER_CONTENT
_HEADINGS = frozenset("h1 h2 h3 h4 h5 h6".split())
_NEVER_CLOSED = frozenset("area base br col embed hr img input link meta source track wbr".split())
_HINT = re.compile(r"\b(advert|breadcrumb|comments?|cookie|footer|menu|nav|promo|related|share|sidebar)\b", re.I)

# C4 drops lines with such words: https://jmlr.org/papers/v21/20-074.html
_POLICY = re.compile(
    r"javascript|terms of use|privacy policy|cookie policy|uses? (of )?cookies|all rights reserved|^©", re.I
)
_SENTENCE_END = re.compile(r"[.!?:…][\"'”’)]*$")


@dataclass(frozen=True)
class Block:
    """A piece of text between two line-breaking tags.

    `inside` names the part that is never content in which it lies, or is "".
    """

    text: str
    link_share: float
    is_heading: bool
    inside: str


class _BlockParser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[Block] = []
        self.open: list[tuple[str, str, bool]] = []  # (tag, inside which part, in a link?)
        self.pieces: list[str] = []
        self.linked = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _ENDS_BLOCK:
            self.end_block()
        if tag == "br":
            self.pieces.append("\n")
        if tag in _NEVER_CLOSED:
            return
        if tag == "body":
            self.open.clear()
        _, inside, in_link = self.open[-1] if self.open else ("", "", False)
        if not inside and tag in _NEVER_CONTENT:
            inside = f"in <{tag}>"
        if not inside and tag not in ("html", "body"):
            names = " ".join(value or "" for name, value in attrs if name in ("class", "id"))
            hint = _HINT.search(names)
            inside = f"in class {names!r}" if hint else ""
        self.open.append((tag, inside, in_link or tag == "a"))

    def handle_endtag(self, tag: str) -> None:
        if tag in _ENDS_BLOCK:
            self.end_block()
        for i in range(len(self.open) - 1, -1, -1):
            if self.open[i][0] == tag:
                del self.open[i:]
                break

    def handle_data(self, data: str) -> None:
        text = re.sub(r"\s+", " ", data)
        self.pieces.append(text)
        if self.open and self.open[-1][2]:
            self.linked += len(text.strip())

    def end_block(self) -> None:
        lines = (" ".join(line.split(" ")).strip() for line in "".join(self.pieces).split("\n"))
        text = re.sub(r" +", " ", "\n".join(line for line in lines if line))
        if text:
            tag, inside, _ = self.open[-1] if self.open else ("", "", False)
            is_heading = any(name in _HEADINGS for name, _, _ in self.open[-3:])
            self.blocks.append(Block(text, min(1.0, self.linked / len(text)), is_heading, inside))
        self.pieces, self.linked = [], 0


def blocks(html: str) -> list[Block]:
    """Cut a page into blocks. Any string will do, however broken; no input raises an error."""
    parser = _BlockParser()
    # Browsers read <![ as a comment; Python's parser raises an error on some of them.
    parser.feed(html.replace("<![", "<! ["))
    parser.close()
    parser.end_block()
    return parser.blocks


def explain(html: str) -> list[tuple[str, str]]:
    """Return the text of each block with "kept" or the reason why it isn't.

    >>> explain("<nav>Home</nav><h1>The owl</h1><p>The owl eats mice.</p><p><a href='/'>More</a> owls</p>")
    [('Home', 'in <nav>'), ('The owl', 'kept'), ('The owl eats mice.', 'kept'), ('More owls', 'mostly links')]
    """
    found = blocks(html)
    verdicts: list[str] = []
    following = "nothing"
    for block in reversed(found):  # a heading is worth what follows it, by-lines and adverts apart
        verdicts.append(_verdict(block, following))
        if block.is_heading or verdicts[-1] == "kept":
            following = "nothing" if block.is_heading else "kept"
    return [(block.text, verdict) for block, verdict in zip(found, reversed(verdicts), strict=True)]


def _verdict(block: Block, following: str) -> str:
    if block.inside:
        return block.inside
    if block.link_share > MAX_LINK_SHARE:
        return "mostly links"
    if block.is_heading:
        return "kept" if following == "kept" else "a heading over nothing"
    if _POLICY.search(block.text):
        return "a line on policies or scripts"
    if len(block.text.split()) < MIN_WORDS and not _SENTENCE_END.search(block.text):
        return "too short"
    return "kept"


def extract_text(html: str) -> str:
    r"""Return the main text of a page, "" if there is none; paragraphs are parted by blank lines.

    >>> extract_text("<title>Owls</title><div class=menu>Home</div><p>The owl eats mice.<br>It flies.</p>")
    'The owl eats mice.\nIt flies.'
    """
    return "\n\n".join(text for text, verdict in explain(html) if verdict == "kept")


def raw_text(html: str) -> str:
    r"""Return everything that isn't a tag: what one gets without any thought, scripts and menus included.

    >>> raw_text("<script>go()</script><p>Mice &amp; owls")
    'go()\nMice & owls'
    """
    lines = unescape(re.sub(r"<[^>]*>", "\n", html)).split("\n")
    return "\n".join(" ".join(line.split()) for line in lines if line.strip())
