"""The rows and tables of the pocket world, and how an experiment changes them.

`table_files` reads them from files. Nothing here writes one: an experiment changes a copy in memory.
"""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from pocketgpt.bounds import check_number
from pocketgpt.errors import PocketError

FACTS: dict[str, tuple[str, ...]] = {
    "person": ("birth_year", "birthplace", "profession", "instrument", "dish"),
    "country": ("capital", "continent", "language"),
    "animal": ("kind", "food", "home", "legs"),
}
ALL_FACTS = tuple(fact for facts in FACTS.values() for fact in facts)
KINDS = ("statement", "question")
SPLITS = ("train", "held-out")


@dataclass(frozen=True)
class Country:
    """A real country; `mentions` is the number of pages about it."""

    topic: ClassVar[str] = "country"
    name: str
    capital: str
    continent: str
    language: str
    mentions: int = 0


@dataclass(frozen=True)
class Animal:
    """A kind of animal; `mentions` is the number of pages about it."""

    topic: ClassVar[str] = "animal"
    name: str
    kind: str
    food: str
    home: str
    legs: int
    mentions: int = 0


@dataclass(frozen=True)
class Person:
    """A fictional person; of the `mentions` pages about them, `faq_pages` are FAQ pages."""

    topic: ClassVar[str] = "person"
    name: str
    birth_year: int
    birthplace: str
    profession: str
    instrument: str
    dish: str
    mentions: int = 0
    faq_pages: int = 0


Row = Country | Animal | Person


@dataclass(frozen=True)
class Wording:
    """One way to state a fact or to ask for it; `text` holds {name}, and a statement ends with "{value}."."""

    topic: str
    fact: str
    kind: str
    split: str
    text: str


@dataclass(frozen=True)
class Plot:
    """A story or a chat as a row of beats; each beat is a choice of sentences with slots such as {place}."""

    name: str
    beats: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Script:
    """Plots, and the parts that fill their slots: `parts["place"]` holds what may stand for {place}."""

    plots: tuple[Plot, ...]
    parts: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Tables:
    """Everything that the documents of the pocket world are made of."""

    countries: tuple[Country, ...]
    animals: tuple[Animal, ...]
    people: tuple[Person, ...]
    absent: tuple[Person, ...]
    first_names: tuple[str, ...]
    last_names: tuple[str, ...]
    wordings: tuple[Wording, ...]
    stories: Script
    forum: Script

    def values(self, fact: str) -> list[str]:
        """Return the sorted distinct values of a fact, as strings, among all rows that have it.

        For a fact of people these are the values of known and absent people, so a learner's own row brings
        its values along.
        """
        for topic, rows in (
            ("person", self.people + self.absent),
            ("country", self.countries),
            ("animal", self.animals),
        ):
            if fact in FACTS[topic]:
                return sorted({str(getattr(row, fact)) for row in rows})
        raise PocketError(f"There is no fact {fact!r}; use one of {', '.join(ALL_FACTS)}.")

    def select(self, fact: str, kind: str, split: str = "train") -> list[Wording]:
        """Return the wordings of a fact: kind "statement" or "question", split "train" or "held-out"."""
        return [w for w in self.wordings if (w.fact, w.kind, w.split) == (fact, kind, split)]


def with_people(tables: Tables, people: Iterable[Person]) -> Tables:
    """Return the same world with other people; raise PocketError for a doubled name or an absent person's."""
    people = tuple(people)
    _check_people(people, tables.absent)
    return replace(tables, people=people)


def add_person(tables: Tables, person: Person) -> Tables:
    """Return the same world with one more person; the pages of everybody else stay as they were."""
    return with_people(tables, (*tables.people, person))


def sample_people(tables: Tables, n: int, seed: int = 0) -> Tables:
    """Return the world with n of its people, drawn so that the long tail of mentions keeps its shape.

    The people are sorted by mentions and cut into n equal stretches; one person is drawn from each.
    """
    check_number("n", n, at_least=0, at_most=len(tables.people), whole=True)
    rng = random.Random(f"sample people {seed}")
    ranked = sorted(tables.people, key=lambda person: (-person.mentions, person.name))
    chosen = {ranked[rng.randrange(i * len(ranked) // n, (i + 1) * len(ranked) // n)].name for i in range(n)}
    return with_people(tables, (person for person in tables.people if person.name in chosen))


def _check_people(people: tuple[Person, ...], absent: tuple[Person, ...]) -> None:
    seen: set[str] = set()
    absent_names = {person.name.casefold() for person in absent}
    for person in people:
        if not all(str(getattr(person, field)).strip() for field in ("name", *FACTS["person"])):
            raise PocketError(f"Something about {person.name!r} is empty; fill in every fact.")
        name = person.name.casefold()
        if name in seen:
            raise PocketError(f"The name {person.name!r} is taken; give every person a name of their own.")
        if name in absent_names:
            raise PocketError(f"{person.name!r} is one of the absent people; choose another name.")
        if person.faq_pages > person.mentions or min(person.faq_pages, person.mentions) < 0:
            raise PocketError(f"Give {person.name!r} mentions ≥ faq_pages ≥ 0.")
        seen.add(name)
