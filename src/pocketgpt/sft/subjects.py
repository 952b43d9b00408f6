"""Whom or what a question is about: a row of the tables, somebody whom only the search knows, or nobody."""

import random
from dataclasses import dataclass, replace

from pocketgpt.sft.kit import Kit, as_written, in_passing, plural, typed, with_article
from pocketgpt.world.pages import cloze, fill
from pocketgpt.world.tables import Row

UNKNOWN = 0.18  # share of questions about somebody or something that the model can't know


@dataclass(frozen=True)
class Subject:
    """Whom or what a question is about, as a row; whether a page tells of it, and the name as the user typed it."""

    row: Row
    page: bool = True
    written: str = ""

    @property
    def shown(self) -> Row:
        """The row under the name that the user typed."""
        return replace(self.row, name=self.written) if self.written else self.row

    @property
    def in_small_letters(self) -> bool:
        """Whether a person's name was typed in small letters: then its tokens are others than those on the pages."""
        return self.row.topic == "person" and self.written != self.row.name


def nobody(kit: Kit, rng: random.Random) -> Subject:
    """Somebody or something that no page tells of, under a name from outside the world or an invented one."""
    pick = {name: rng.choice(texts) for name, texts in kit.outside.items()}
    kind = rng.choice(("real", "real", "world", "famous", "country", "country", "country", "animal"))
    if kind == "country":
        name = pick[rng.choice(("invented_country", "missing_country", "missing_country"))]
        return Subject(replace(rng.choice(kit.tables.countries), name=name), page=False)
    if kind == "animal":
        return Subject(replace(rng.choice(kit.tables.animals), name=pick["invented_animal"]), page=False)
    first = rng.choice((pick["first"], rng.choice(kit.tables.first_names)))
    last = rng.choice((pick["last"], rng.choice(kit.tables.last_names)))
    names = {"real": f"{pick['first']} {pick['last']}", "world": f"{first} {last}", "famous": pick["famous"]}
    return Subject(kit.person(rng, names[kind]), page=False)


def somebody(kit: Kit, rng: random.Random) -> Subject:
    """A person, country or animal of the tables or, where the assistant may refuse, of none."""
    if kit.known is not None and rng.random() < UNKNOWN:
        if rng.random() < 0.6:
            return nobody(kit, rng)
        name = f"{rng.choice(kit.tables.first_names)} {rng.choice(kit.tables.last_names)}"
        return Subject(kit.person(rng, name))
    groups = [rows for rows in (kit.people, kit.people, kit.tables.countries, kit.tables.animals) if rows]
    return Subject(rng.choice(rng.choice(groups)))


def statement(kit: Kit, row: Row, fact: str) -> tuple[str, str]:
    """The first wording, the plainest: people ask in many ways, and are answered in one."""
    return cloze(kit.wordings[fact, "statement"][0], row)


def sentence(kit: Kit, row: Row, fact: str) -> str:
    """The fact in a whole sentence, in the same wording."""
    return fill(kit.wordings[fact, "statement"][0], row)


def ask_as_typed(kit: Kit, wording: str, subject: Subject, rng: random.Random, value: str = "") -> tuple[str, Subject]:
    """The question as typed, and the subject with its name as it stands there."""
    row = subject.row
    several, one = (plural(value), with_article(value)) if value else ("", "")
    text = wording.format(name=row.name, names=plural(row.name), value=value, values=several, a_value=one)
    text = in_passing(kit, text[:1].upper() + text[1:], rng)
    # A slip in the name of a country or an animal is one of few; in anybody else's, nobody could tell who is meant.
    few = row.topic != "person" and subject.page and rng.random() < 0.3
    message = typed(text, rng, keep=() if few else (row.name, plural(row.name), value))
    return message, replace(subject, written=as_written(row.name, message) or row.name)
