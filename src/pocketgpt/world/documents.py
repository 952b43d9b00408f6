"""The pocket world: tables whose truth is known, turned into the pages of a small internet.

    from pocketgpt.world import documents, load_tables
    for document in documents(load_tables(), seed=0):
        print(document.text)

Pages are streamed: only a shuffled array of page numbers is held, and each page is written when its turn
comes, with a random generator of its own. So one person more leaves the pages about all others as they were.
"""

import random
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from itertools import accumulate, islice
from typing import Any

from pocketgpt.bounds import check_number
from pocketgpt.errors import PocketError
from pocketgpt.world.pages import make_kit, render
from pocketgpt.world.tables import FACTS, Person, Row, Tables


@dataclass(frozen=True)
class Document:
    """One page: genre, text, and subject: the name of the person, country or animal, "" for none."""

    genre: str
    subject: str
    text: str


@dataclass(frozen=True)
class WorldConfig:
    """What the internet is made of, apart from what the tables' columns of mentions say.

    The shares are those of one-off people among all biographies, and among all FAQ pages on people: only such
    pages teach a model that a name can be unknown. The counts are numbers of pages.
    """

    one_off_share: float = 0.4
    one_off_faq_share: float = 0.2
    stories: int = 3000
    sums: int = 4000
    spellings: int = 2000
    forums: int = 2000

    def __post_init__(self) -> None:
        for field in fields(self):
            limits: dict[str, Any] = {"below": 1} if field.type is float else {"whole": True}
            check_number(field.name, getattr(self, field.name), at_least=0, **limits)


@dataclass(frozen=True)
class _Block:
    """Pages of one kind: about one row, or about one-off people, or about nothing in the tables."""

    genre: str
    count: int
    row: Row | None = None
    is_faq: bool = False
    one_off: bool = False


def _blocks(tables: Tables, config: WorldConfig) -> list[_Block]:
    blocks = []
    for person in tables.people:
        blocks.append(_Block("biography", person.mentions - person.faq_pages, person))
        blocks.append(_Block("faq", person.faq_pages, person, is_faq=True))
    for is_faq, share in ((False, config.one_off_share), (True, config.one_off_faq_share)):
        known = sum(block.count for block in blocks if block.is_faq == is_faq and not block.one_off)
        genre = "faq" if is_faq else "biography"
        blocks.append(_Block(genre, round(known * share / (1 - share)), is_faq=is_faq, one_off=True))
    for row in tables.countries + tables.animals:
        blocks.append(_Block(row.topic, row.mentions - row.mentions // 4, row))
        blocks.append(_Block(row.topic, row.mentions // 4, row, is_faq=True))
    blocks += [_Block("story", config.stories), _Block("sum", config.sums)]
    return blocks + [_Block("spelling", config.spellings), _Block("forum", config.forums)]


def documents(tables: Tables, config: WorldConfig | None = None, seed: int = 0) -> Iterator[Document]:
    """Yield all pages in random order; the same tables, config and seed give the same pages anywhere."""
    blocks = _blocks(tables, config or WorldConfig())
    starts = list(accumulate((block.count for block in blocks), initial=0))
    order = array("L", range(starts[-1]))
    random.Random(f"order {seed}").shuffle(order)
    draw = _OneOffs(tables, sum(block.count for block in blocks if block.one_off), seed)
    n_articles = next(block.count for block in blocks if block.one_off)
    kit = make_kit(tables)
    for number in order:
        i = bisect_right(starts, number) - 1
        block, page = blocks[i], number - starts[i]
        row = draw(page + n_articles * block.is_faq) if block.one_off else block.row
        subject = row.name if row else ""
        # A string seeds Python's generator through SHA-512: the same on every machine, unlike hash().
        rng = random.Random(f"{seed}/{block.genre}/{subject}/{block.is_faq}/{page}")
        yield Document(block.genre, subject, render(block.genre, row, block.is_faq, rng, kit))


class _OneOffs:
    """People of one page each; person i is made when asked for, so that a hundred thousand cost no memory."""

    def __init__(self, tables: Tables, n: int, seed: int) -> None:
        self.first, self.last, self.seed = tables.first_names, tables.last_names, seed
        self.values = {fact: tables.values(fact) for fact in FACTS["person"]}
        taken = {person.name.casefold() for person in tables.people + tables.absent}
        pairs = len(self.first) * len(self.last)
        drawn = random.Random(f"one-off names {seed}").sample(range(pairs), min(pairs, n + len(taken)))
        free = (code for code in drawn if self._name(code).casefold() not in taken)
        self.codes = array("L", islice(free, n))
        if len(self.codes) < n:
            raise PocketError(f"For {n} one-off people, add lines to first_names.txt or last_names.txt.")

    def _name(self, code: int) -> str:
        return f"{self.first[code // len(self.last)]} {self.last[code % len(self.last)]}"

    def __call__(self, i: int) -> Person:
        name = self._name(self.codes[i])
        rng = random.Random(f"one-off {self.seed}/{name}")
        facts: dict[str, Any] = {fact: rng.choice(values) for fact, values in self.values.items()}
        facts["birth_year"] = int(facts["birth_year"])
        return Person(name, **facts, mentions=1)


def one_off_people(tables: Tables, n: int, seed: int = 0) -> Iterator[Person]:
    """Yield n made-up people, none with the name of a known or absent one, all names different.

    Their facts are drawn from the values that people in the tables have, so only the name gives them away.
    """
    check_number("n", n, at_least=0, whole=True)
    draw = _OneOffs(tables, n, seed)
    return (draw(i) for i in range(n))


def evened(tables: Tables, at_least: int, at_most: int) -> Tables:
    """The same tables as if no row stood on more than `at_most` pages, and people on fewer than `at_least` on none.

    Its pages are a part of the old ones, but for those about one-off people. In them, what is rarely told is told as
    often as the rest.
    """
    check_number("at_least", at_least, at_least=0, whole=True)
    check_number("at_most", at_most, at_least=1, whole=True)

    def capped(row: Any) -> Any:
        return replace(row, mentions=min(row.mentions, at_most))

    people = [
        replace(capped(p), faq_pages=min(p.faq_pages, max(at_most // 3, at_most - p.mentions + p.faq_pages)))
        for p in tables.people
        if p.mentions >= at_least
    ]
    countries, animals = (tuple(map(capped, rows)) for rows in (tables.countries, tables.animals))
    return replace(tables, people=tuple(people), countries=countries, animals=animals)


def census(tables: Tables, config: WorldConfig | None = None) -> dict[str, int]:
    """Return the number of pages by genre, those about one-off people apart."""
    counts: dict[str, int] = {}
    for block in _blocks(tables, config or WorldConfig()):
        genre = f"one-off {block.genre}" if block.one_off else block.genre
        counts[genre] = counts.get(genre, 0) + block.count
    return counts
