"""From HTML to the text that people came to read.

    explain(html) -> [("We use cookies …", "in class 'cookie-notice'"), ("The owl eats mice.", "kept"), …]

The page is cut into blocks: what stands between two tags that begin a new line. A block is kept unless it lies in
a part that is never content (menu, script, …), is mostly links, or is too short to be a sentence. That text is
long and has few links while menus are short and full of them is the idea of Kohlschütter, Fankhauser and Nejdl,
"Boilerplate detection using shallow text features" (WSDM 2010). FineWeb uses the library trafilatura.

A name is only a hint: a "menu" or a <form> that holds nearly all good text of a page is no menu, but a part that was
never closed, or that is named after what else is on the page.
"""

import re
from dataclasses import dataclass, field

from pocketgpt.internet.html_tags import Tag, read_tags, unescape

MAX_LINK_SHARE = 0.4
MIN_WORDS = 10
"""A block with fewer words is kept only if it ends as a sentence does."""
MOST = 2 / 3
"""A part with a larger share of a page's good text isn't what its name says."""
LONG_WORDS = 15
"""A block of good text with so many words is prose. A menu, a footer or some comments have hardly a few of them."""
LONG_BLOCKS = 3

# "head" ends at <body> even where </head> was forgotten, as in browsers.
_NEVER_SHOWN = frozenset("head script style noscript template select svg button".split())
_SELDOM_CONTENT = frozenset("nav header footer aside form figcaption".split())
_NEW_LINE = frozenset(
    "address article aside blockquote body button dd details div dl dt fieldset figcaption figure footer form h1 h2 h3 "
    "h4 h5 h6 header hr li main nav ol p pre section summary table tbody td tfoot th thead title tr ul".split()
)
_ENDS_BLOCK = _NEW_LINE | _NEVER_SHOWN
_ITEMS = frozenset("li dd dt".split())
_HEADINGS = frozenset("h1 h2 h3 h4 h5 h6".split())
# Tags within a line, and those that have no end: they hold no blocks.
_INLINE = frozenset(
    "abbr acronym b bdi bdo big cite code del dfn em font i ins kbd label mark nobr q s samp small span strike strong "
    "sub sup time tt u var area base br col embed hr img input link meta source track wbr".split()
)
_WHOLE_PAGE = frozenset("html body main article".split())  # whatever their classes are
_SCOPES = frozenset("table td th button".split())  # an end tag within them closes nothing outside
# A tag of the first sort ends one of the second where that is the innermost that is open: people forget </p> and </li>.
_ENDS_OTHER = {name: {"p"} for name in _NEW_LINE} | {
    "li": {"p", "li"}, "dd": {"p", "dd", "dt"}, "dt": {"p", "dd", "dt"}, "option": {"option"},
    "td": {"p", "td", "th"}, "th": {"p", "td", "th"}, "tr": {"p", "td", "th", "tr"},
    **{name: {"p", *_HEADINGS} for name in _HEADINGS},
}  # fmt: skip

_HINTS = frozenset("advert breadcrumb comment comments cookie footer menu nav promo related share sidebar".split())
# "no-sidebar" and "menu-open" tell how the page is, not what the part is.
_STATES = frozenset(
    "active closed collapsed disabled enabled expanded has is no not off on open opened with without".split()
)

# C4 drops lines with such words: https://jmlr.org/papers/v21/20-074.html
_POLICY = re.compile(
    r"javascript|terms of use|privacy policy|cookie policy|uses? (of )?cookies|all rights reserved|^©", re.I
)
_SENTENCE_END = re.compile(r"[.!?:…][\"'”’)]*$")
_HIDDEN = re.compile(r"display\s*:\s*none", re.I)


@dataclass(frozen=True)
class Block:
    """A piece of text between two line-breaking tags.

    `inside` names the part that is never content in which it lies, or is ""; an item is one of a list.
    """

    text: str
    link_share: float
    is_heading: bool
    inside: str
    is_item: bool = False


@dataclass
class _Part:
    """A part of the page that may not be content, because of a name; `outer` is the next larger one around it."""

    reason: str
    never: bool  # not even where all text of the page is in it
    outer: "_Part | None"
    words: int = 0  # of good text in it
    long_blocks: int = 0


@dataclass(frozen=True)
class _Open:
    """A tag that is open."""

    name: str
    part: _Part | None
    is_heading: bool


@dataclass
class _Link:
    """A link, which may not have been closed."""

    depth: int  # of the tags that were open when it began
    first_block: int
    closed: bool = False


@dataclass
class _Raw:
    """A block as it is cut: the share of its text that is linked is known only when all links have ended."""

    text: str
    is_heading: bool
    part: _Part | None
    is_item: bool
    linked: list[tuple[_Link, int]] = field(default_factory=list)

    def link_share(self, number: int) -> float:
        """The share of the text in links. One that was never closed is over where its first block ends."""
        linked = sum(size for link, size in self.linked if link.closed or link.first_block == number)
        return min(1.0, linked / len(self.text))


class _Cutter:
    """Cuts a page into blocks, tag by tag; the work of each tag doesn't depend on how many are open."""

    def __init__(self) -> None:
        self.blocks: list[_Raw] = []
        self.parts: list[_Part] = []
        self.open: list[_Open] = []
        self.places: dict[str, list[int]] = {}  # name → where in `open` its tags are
        self.pieces: list[str] = []
        self.link: _Link | None = None
        self.linked: list[tuple[_Link, int]] = []

    def text(self, data: str) -> None:
        text = re.sub(r"\s+", " ", data)
        self.pieces.append(text)
        if self.link:
            self.linked.append((self.link, len(text.strip())))

    def start(self, tag: Tag) -> None:
        if tag.name in _ENDS_BLOCK:
            self.end_block()
        if tag.name == "br":
            self.pieces.append("\n")
        elif tag.name == "a":
            # A link may hold whole blocks, but no other link. <a name="top"> is none.
            self.link = _Link(len(self.open), len(self.blocks)) if "href" in tag.attributes else self.link
        elif tag.name == "body":
            self._close(0)
        elif tag.name not in _INLINE:
            while self.open and self.open[-1].name in _ENDS_OTHER.get(tag.name, ()):
                self._close(len(self.open) - 1)
            above = self.open[-1] if self.open else _Open("", None, False)
            is_heading = tag.name in _HEADINGS or above.is_heading and tag.name not in _NEW_LINE
            self.places.setdefault(tag.name, []).append(len(self.open))
            self.open.append(_Open(tag.name, self._part(tag, above.part), is_heading))

    def end(self, name: str) -> None:
        if name in _ENDS_BLOCK:
            self.end_block()
        if name == "a":
            if self.link:
                self.link.closed, self.link = True, None
            return
        if name in _HEADINGS and not self.places.get(name):  # <h2>…</h3> is closed all the same
            name = max(_HEADINGS, key=lambda each: (self.places.get(each) or [-1])[-1])
        found = self.places.get(name)
        if not found:
            return
        walls = (self.places[scope][-1] for scope in _SCOPES - {name} if self.places.get(scope))
        if name in ("table", "tr", "tbody", "thead", "tfoot") or found[-1] > max(walls, default=-1):
            self._close(found[-1])

    def _close(self, place: int) -> None:
        while len(self.open) > place:
            self.places[self.open.pop().name].pop()
        if self.link and self.link.depth > place:
            self.link = None

    def _part(self, tag: Tag, outer: _Part | None) -> _Part | None:
        reason, never = _suspicion(tag)
        if not reason:
            return outer
        self.parts.append(_Part(reason, never, outer))
        return self.parts[-1]

    def end_block(self) -> None:
        lines = (" ".join(line.split(" ")).strip() for line in "".join(self.pieces).split("\n"))
        text = re.sub(r" +", " ", "\n".join(line for line in lines if line))
        if text:
            here = self.open[-1] if self.open else _Open("", None, False)
            self.blocks.append(_Raw(text, here.is_heading, here.part, here.name in _ITEMS, self.linked))
        self.pieces, self.linked = [], []


def _suspicion(tag: Tag) -> tuple[str, bool]:
    """Why a tag may begin a part without content, "" if it may not; and whether there is no doubt."""
    attributes = tag.attributes
    if tag.name in _NEVER_SHOWN:
        return f"in <{tag.name}>", True
    if "hidden" in attributes or _HIDDEN.search(attributes.get("style", "")):
        return "hidden", tag.name not in _WHOLE_PAGE
    if tag.name in _SELDOM_CONTENT:
        return f"in <{tag.name}>", False
    names = " ".join(value for name, value in attributes.items() if name in ("class", "id"))
    return (f"in class {names!r}", False) if tag.name not in _WHOLE_PAGE and _hints_at_furniture(names) else ("", False)


def _hints_at_furniture(names: str) -> bool:
    for name in names.lower().split():
        words = set(re.findall("[a-z]+", name))
        if words & _HINTS and not words & _STATES:
            return True
    return False


def blocks(html: str) -> list[Block]:
    """Cut a page into blocks. Any string will do, however broken; no input raises an error.

    The time that it takes grows with the length of the page, not faster.
    """
    cutter = _Cutter()
    for found in read_tags(html):
        if isinstance(found, str):
            cutter.text(found)
        elif found.is_end:
            cutter.end(found.name)
        else:
            cutter.start(found)
    cutter.end_block()
    shares = [block.link_share(number) for number, block in enumerate(cutter.blocks)]
    inside = _believed(cutter, shares)
    return [
        Block(block.text, share, block.is_heading, inside[id(block.part)], block.is_item)
        for block, share in zip(cutter.blocks, shares, strict=True)
    ]


def _believed(cutter: _Cutter, shares: list[float]) -> dict[int, str]:
    """By the id of each part, why its text is no content, "" if it is after all."""
    total = 0
    for block, share in zip(cutter.blocks, shares, strict=True):
        words = len(block.text.split())
        if _looks(block.text, share) == "kept" and not block.is_heading:
            total += words
            if block.part:
                block.part.words += words
                block.part.long_blocks += words >= LONG_WORDS
    for part in reversed(cutter.parts):  # what lies within others was found after them
        if part.never:
            total -= part.words
        elif part.outer:
            part.outer.words += part.words
            part.outer.long_blocks += part.long_blocks
    inside: dict[int, str] = {id(None): ""}
    for part in cutter.parts:
        holds_most = part.words > MOST * total and part.long_blocks >= LONG_BLOCKS
        inside[id(part)] = inside[id(part.outer)] or ("" if holds_most and not part.never else part.reason)
    return inside


def explain(html: str) -> list[tuple[str, str]]:
    """Return the text of each block with "kept" or the reason why it isn't.

    >>> explain("<nav>Home</nav><h1>The owl</h1><p>The owl eats mice.</p><p><a href='/'>More</a> owls</p>")
    [('Home', 'in <nav>'), ('The owl', 'kept'), ('The owl eats mice.', 'kept'), ('More owls', 'mostly links')]
    """
    found = blocks(html)
    verdicts = [_verdict(block) for block in found]
    _keep_lists(found, verdicts)
    following = "nothing"
    for place in reversed(range(len(found))):  # a heading is worth what follows it, by-lines and adverts apart
        if verdicts[place] == _UNDECIDED:
            verdicts[place] = "kept" if following == "kept" else "a heading over nothing"
        if found[place].is_heading or verdicts[place] == "kept":
            following = "nothing" if found[place].is_heading else "kept"
    return [(block.text, verdict) for block, verdict in zip(found, verdicts, strict=True)]


_UNDECIDED = "a heading"


def _verdict(block: Block) -> str:
    if block.inside:
        return block.inside
    if block.is_heading and block.link_share <= MAX_LINK_SHARE:
        return _UNDECIDED
    return _looks(block.text, block.link_share)


def _keep_lists(found: list[Block], verdicts: list[str]) -> None:
    """Keep short items of lists, two at least in a row, that follow a text: ingredients, say, or steps."""
    place, follows_text = 0, False
    while place < len(found):
        end = place
        while end < len(found) and found[end].is_item and verdicts[end] == "too short":
            end += 1
        if follows_text and end - place > 1:
            verdicts[place:end] = ["kept"] * (end - place)
        elif end == place:
            follows_text = verdicts[place] == "kept" or (follows_text and verdicts[place] == _UNDECIDED)
            end += 1
        place = end


def _looks(text: str, link_share: float) -> str:
    """What a block of text looks like, wherever it lies: "kept", or why it is no content."""
    if link_share > MAX_LINK_SHARE:
        return "mostly links"
    if _POLICY.search(text):
        return "a line on policies or scripts"
    if len(text.split()) < MIN_WORDS and not _SENTENCE_END.search(text):
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
    last = html.rfind(">") + 1  # a < behind it begins no tag; to look for its end each time would take long
    lines = unescape(re.sub(r"<[^>]*>", "\n", html[:last]) + html[last:]).split("\n")
    return "\n".join(" ".join(line.split()) for line in lines if line.strip())
