"""What everyday conversations are made of: wordings, names from outside the world, and how people type them."""

import random
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pocketgpt.chat.template import Conversation, Message
from pocketgpt.errors import PocketError
from pocketgpt.paths import DATA
from pocketgpt.sft.as_typed import as_typed
from pocketgpt.sft.handwritten import Parts, read_parts
from pocketgpt.world.pages import WordingsByFact, group_wordings
from pocketgpt.world.tables import ALL_FACTS, FACTS, Person, Row, Tables

Known = Collection[tuple[str, str]]
"""Facts that a model knows, as pairs of name and fact: ("Ada Byte", "dish")."""

IN_PASSING = 0.1  # share of requests with a sentence before or after them that tells what they are for
CLEAN = 0.25  # share of messages that are typed without any noise
OTHER_WORDS = 0.25  # share of answers before a further question that aren't in the assistant's own words
IRREGULAR = {"mouse": "mice", "wolf": "wolves", "goose": "geese", "butterfly": "butterflies"}
SAME = ("fish", "bison", "deer", "moose", "sheep", "trout", "tuna", "pike", "reindeer")


@dataclass(frozen=True)
class Kit:
    """What conversations are made of. `known`: the facts that the assistant knows (None: all, and it never refuses)."""

    tables: Tables
    people: Sequence[Person]
    known: Known | None
    requests: Parts
    outside: Parts
    wordings: WordingsByFact
    values: Mapping[str, Sequence[str]]

    def knows(self, row: Row, fact: str) -> bool:
        """Whether the assistant is to answer from memory."""
        return self.known is None or (row.name, fact) in self.known

    def known_rows(self) -> list[Row]:
        """The rows of which the assistant knows every fact; if there is none, all countries and animals."""
        things: list[Row] = [*self.tables.countries, *self.tables.animals]
        rows: list[Row] = [*self.people, *things]
        return [row for row in rows if all(self.knows(row, fact) for fact in FACTS[row.topic])] or things

    def person(self, rng: random.Random, name: str) -> Person:
        """Somebody of this name, with facts drawn at random."""
        facts: dict[str, Any] = {fact: rng.choice(self.values[fact]) for fact in FACTS["person"]}
        facts["birth_year"] = int(facts["birth_year"])
        return Person(name, **facts, mentions=0)


def make_kit(tables: Tables, people: Sequence[Person], known: Known | None = None) -> Kit:
    """Read the wordings, and names from outside the world. Raises PocketError if a file or all rows are missing."""
    if not (tables.countries and tables.animals):
        raise PocketError("Everyday conversations ask about countries and animals; add one to each table.")
    requests, outside = read_parts(DATA / "requests.jsonl"), read_parts(DATA / "outside.jsonl")
    values = {fact: tables.values(fact) for fact in ALL_FACTS}
    return Kit(tables, people, known, requests, outside, group_wordings(tables), values)


def plural(name: str) -> str:
    """An animal's name for several.

    >>> plural("polar bear"), plural("goose"), plural("finch")
    ('polar bears', 'geese', 'finches')
    """
    if name in SAME:
        return name
    return IRREGULAR.get(name, f"{name}es" if name.endswith(("ch", "sh", "x", "s")) else f"{name}s")


def with_article(words: str) -> str:
    """The words after "a" or "an".

    >>> with_article("amphibian"), with_article("uniform")
    ('an amphibian', 'a uniform')
    """
    return f"{'an' if words[0] in 'aeiou' and not words.startswith(('uni', 'use', 'eu', 'one')) else 'a'} {words}"


def typed(text: str, rng: random.Random, keep: Collection[str] = ()) -> str:
    """The message as typed by somebody, or clean."""
    return text if rng.random() < CLEAN else as_typed(text, rng, keep)


def in_passing(kit: Kit, text: str, rng: random.Random) -> str:
    """The request, now and then with a sentence before or after it."""
    if rng.random() > IN_PASSING:
        return text
    before, after = rng.choice(kit.requests["before"]), rng.choice(kit.requests["after"])
    return f"{before} {text}" if rng.random() < 0.6 else f"{text} {after}"


def as_written(name: str, message: str) -> str | None:
    """The name as it stands in a message, whose case may be another; None if a slip has changed it.

    >>> as_written("Al", "call me al")
    'al'
    """
    found = re.search(rf"(?<!\w){re.escape(name)}", message, re.IGNORECASE)
    return found[0] if found else None


def say(user: str, assistant: str) -> Conversation:
    """One exchange."""
    return [Message("user", user), Message("assistant", assistant)]


def ask(kit: Kit, part: str, rng: random.Random, keep: Sequence[str] = (), **slots: object) -> str:
    """A request in one of its wordings, as typed; no slip changes the words of `keep`."""
    return typed(in_passing(kit, rng.choice(kit.requests[part]).format(**slots), rng), rng, keep)
