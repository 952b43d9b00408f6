"""HTML as texts and tags, however broken: one pass from left to right, as a browser's reader makes it.

Python's own html.parser reads well-formed pages just so. Broken ones it reads otherwise in one version of Python than
in another, and up to 3.13 thousands of tags that never end cost it time that grows with the square of their number.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_NAME = re.compile(r"[a-zA-Z][^\s/>]*")
_STOP = re.compile(r"[\"'>]")
_ATTRIBUTE = re.compile(r"""([^\s=/>"'][^\s=/>]*)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s>]*))?""")
# What stands in them is no HTML.
_RAW = {name: re.compile(rf"</{name}(?=[\s/>]|$)", re.I) for name in ("script", "style")}
_ENORMOUS = re.compile(r"&#(?:[0-9]{8,}|[xX][0-9a-fA-F]{8,});?")


@dataclass(frozen=True)
class Tag:
    """A start or an end tag; names are in small letters. Of an attribute that is there twice, the first counts."""

    name: str
    is_end: bool = False
    attributes: dict[str, str] = field(default_factory=dict)


def unescape(text: str) -> str:
    """Text with its character references resolved; html.unescape() fails on numbers of thousands of digits.

    >>> unescape("mice &amp; owls &#x41; &#99999999999999;")
    'mice & owls A \ufffd'
    """
    return html.unescape(_ENORMOUS.sub("\ufffd", text)) if "&" in text else text


def read_tags(page: str) -> Iterator[str | Tag]:
    """The texts and tags of a page in order; comments and declarations are left out.

    >>> list(read_tags("<P>An <b class=x>owl</b> &lt; 1 m<br"))
    ... # doctest: +NORMALIZE_WHITESPACE
    [Tag(name='p', is_end=False, attributes={}), 'An ', Tag(name='b', is_end=False, attributes={'class': 'x'}), 'owl',
     Tag(name='b', is_end=True, attributes={}), ' < 1 m']
    """
    ends = _Ends(page)
    place = text_from = 0
    while (place := page.find("<", place)) >= 0:
        sign = page[place + 1 : place + 2]
        name = _NAME.match(page, place + (2 if sign == "/" else 1))
        if name is None and (not sign or sign not in "!?/"):
            place += 1  # a plain <
            continue
        if text_from < place:
            yield unescape(page[text_from:place])
        if name is None:
            mark = "-->" if page.startswith("<!--", place) else ">"
            end = page.find(mark, place + 2)
            if end < 0:
                return  # a comment or a declaration that never ends
            place = text_from = end + len(mark)
            continue
        end = ends.of_tag(name.end())
        if end < 0:
            return  # a tag that never ends
        is_end = sign == "/"
        tag = Tag(name[0].lower(), is_end, {} if is_end else _attributes(page[name.end() : end]))
        yield tag
        place = text_from = end + 1
        if not is_end and tag.name in _RAW:
            found = _RAW[tag.name].search(page, place)
            place = found.start() if found else len(page)
    if text_from < len(page):
        yield unescape(page[text_from:])


class _Ends:
    """Finds where tags end: at the first > that isn't within quotes. No part of the page is searched twice."""

    def __init__(self, page: str) -> None:
        self.page = page
        self.missing: set[str] = set()  # quotes that don't come any more

    def of_tag(self, place: int) -> int:
        """Where the tag ends whose name ends at `place`; −1 if it never does."""
        while found := _STOP.search(self.page, place):
            sign, place = found[0], found.end()
            if sign == ">":
                return found.start()
            # Only the value of an attribute is quoted: elsewhere a quote is a slip, as in <p">.
            if sign not in self.missing and self.page[max(0, found.start() - 8) : found.start()].rstrip().endswith("="):
                end = self.page.find(sign, place)
                if end < 0:
                    self.missing.add(sign)
                else:
                    place = end + 1
        return -1


def _attributes(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for match in _ATTRIBUTE.finditer(text):
        value = match[2] or ""
        found.setdefault(match[1].lower(), unescape(value[1:-1] if value[:1] in "\"'" and value[1:] else value))
    return found
