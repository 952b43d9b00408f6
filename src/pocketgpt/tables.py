"""The tables of the pocket world: loading them, checking them, changing them for an experiment.

Every table is a plain file that a learner may edit; whatever is wrong with one is reported as a single sentence that
names the file and the line. Nothing here writes a file: experiments change the loaded `Tables` instead.
"""

import csv
import io
import json
import random
import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import ClassVar

from pocketgpt.errors import PocketError
from pocketgpt.paths import DATA

FACTS: dict[str, tuple[str, ...]] = {
    "person": ("birth_year", "birthplace", "profession", "instrument", "dish"),
    "country": ("capital", "continent", "language"),
    "animal": ("kind", "food", "home", "legs"),
}
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
    """A fictional person; `mentions` is the number of pages about them, `faq_pages` of which are FAQ pages."""

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
    """One way to state a fact or to ask for it; `text` has {name} in it and, in a statement, ends with "{value}."."""

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

        For a fact of people these are the values of known and absent people, so a learner's own row brings its
        values along.
        """
        for topic, rows in (
            ("person", self.people + self.absent),
            ("country", self.countries),
            ("animal", self.animals),
        ):
            if fact in FACTS[topic]:
                return sorted({str(getattr(row, fact)) for row in rows})
        raise PocketError(f"There is no fact called {fact!r}; use one of {', '.join(sum(FACTS.values(), ()))}.")

    def select(self, fact: str, kind: str, split: str = "train") -> list[Wording]:
        """Return the wordings of one fact, one kind ("statement", "question") and one split ("train", "held-out")."""
        return [w for w in self.wordings if (w.fact, w.kind, w.split) == (fact, kind, split)]


# ---------------------------------------------------------------------------------------------- changing the world


def with_people(tables: Tables, people: Iterable[Person]) -> Tables:
    """Return the same world with other people; raise PocketError for a doubled name or one that is to be absent."""
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
    if not 0 <= n <= len(tables.people):
        raise PocketError(f"Choose between 0 and {len(tables.people)} people, not {n}.")
    rng = random.Random(f"sample people {seed}")
    ranked = sorted(tables.people, key=lambda person: (-person.mentions, person.name))
    chosen = {ranked[rng.randrange(i * len(ranked) // n, (i + 1) * len(ranked) // n)].name for i in range(n)}
    return with_people(tables, (person for person in tables.people if person.name in chosen))


def _check_people(people: tuple[Person, ...], absent: tuple[Person, ...]) -> None:
    seen: set[str] = set()
    absent_names = {person.name.casefold() for person in absent}
    for person in people:
        name = person.name.casefold()
        if name in seen:
            raise PocketError(f"The name {person.name!r} is taken; give every person a name of their own.")
        if name in absent_names:
            raise PocketError(f"{person.name!r} is one of the absent people; choose another name.")
        if person.faq_pages > person.mentions or min(person.faq_pages, person.mentions) < 0:
            raise PocketError(f"Give {person.name!r} mentions ≥ faq_pages ≥ 0.")
        seen.add(name)


# -------------------------------------------------------------------------------------------------------- loading


def load_tables(folder: Path | str = DATA) -> Tables:
    """Read and check all tables of a folder; raise PocketError naming file and line of whatever is wrong."""
    folder = Path(folder)
    people = _read_rows(folder / "people.csv", Person)
    absent = _read_rows(folder / "absent_people.csv", Person, without=("mentions", "faq_pages"))
    known = {person.name.casefold() for person in people.values()}
    for line, person in people.items():
        if person.faq_pages > person.mentions:
            raise _error(folder / "people.csv", line, "faq_pages is larger than mentions; FAQ pages count as mentions")
    for line, person in absent.items():
        if person.name.casefold() in known:
            problem = f"{person.name!r} is also in people.csv; absent people must be on no page, so take one out"
            raise _error(folder / "absent_people.csv", line, problem)
    return Tables(
        countries=tuple(_read_rows(folder / "countries.csv", Country).values()),
        animals=tuple(_read_rows(folder / "animals.csv", Animal).values()),
        people=tuple(people.values()),
        absent=tuple(absent.values()),
        first_names=_read_names(folder / "first_names.txt"),
        last_names=_read_names(folder / "last_names.txt"),
        wordings=_read_wordings(folder / "wordings.jsonl"),
        stories=_read_script(folder / "stories.jsonl", "hero friend kind he him his He His"),
        forum=_read_script(folder / "forum.jsonl", "me you question answer sum total"),
    )


def _error(path: Path, line: int, problem: str) -> PocketError:
    return PocketError(f"{path}, line {line}: {problem}.")


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")  # -sig: Excel puts a byte-order mark first
    except FileNotFoundError:
        raise PocketError(f"The table {path} is missing; put it back or name another folder.") from None
    except (UnicodeDecodeError, OSError) as error:
        raise PocketError(f"{path} can't be read ({error}); save it as UTF-8 text (CSV UTF-8 in Excel).") from None


def _read_rows(path: Path, row_type: type, without: tuple[str, ...] = ()) -> dict[int, Row]:
    """Read a CSV table into rows by line number. Further columns, such as notes, are ignored."""
    columns = [field for field in fields(row_type) if field.name not in without]
    reader = csv.reader(io.StringIO(_read_text(path), newline=""), strict=True)
    try:
        header = [cell.strip() for cell in next(reader, [])]
        for field in columns:
            if header.count(field.name) != 1:
                state = "missing" if field.name not in header else "there more than once"
                raise _error(path, 1, f"the column {field.name!r} is {state}; the first line must name each of "
                                      f"{','.join(f.name for f in columns)} once, with commas between")
        rows: dict[int, Row] = {}
        names: set[str] = set()
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            row = _parse_row(path, reader.line_num, header, cells, row_type, columns)
            if row.name.casefold() in names:
                raise _error(path, reader.line_num, f"the name {row.name!r} is there twice; rename or delete one")
            names.add(row.name.casefold())
            rows[reader.line_num] = row
    except csv.Error as error:
        raise _error(path, reader.line_num, f"this isn't a CSV row ({error}); check its quotes and commas") from None
    return rows


def _parse_row(path: Path, line: int, header: list[str], cells: list[str], row_type: type, columns: list) -> Row:
    if len(cells) > len(header):
        raise _error(path, line, "there are more cells than columns; put a value with a comma in double quotes")
    texts = dict(zip(header, (" ".join(cell.split()) for cell in cells), strict=False))
    values: dict[str, str | int] = {}
    for field in columns:
        text = texts.get(field.name, "")
        if not text:
            raise _error(path, line, f"the cell of the column {field.name!r} is empty; fill it in or delete the row")
        if field.type is int and not (text.isascii() and text.isdigit()):
            raise _error(path, line, f"{field.name} is {text!r}; write a whole number, 0 or larger")
        values[field.name] = int(text) if field.type is int else text
    return row_type(**values)


def _read_names(path: Path) -> tuple[str, ...]:
    names: dict[str, int] = {}
    for line, text in enumerate(_read_text(path).splitlines(), start=1):
        name = " ".join(text.split())
        if name in names:
            raise _error(path, line, f"the name {name!r} is also on line {names[name]}; delete one of them")
        if name:
            names[name] = line
    if not names:
        raise PocketError(f"{path} is empty; write one name on each line.")
    return tuple(names)


def _read_json_lines(path: Path) -> Iterable[tuple[int, dict]]:
    for line, text in enumerate(_read_text(path).splitlines(), start=1):
        if not text.strip():
            continue
        try:
            value = json.loads(text)
        except json.JSONDecodeError as error:
            raise _error(path, line, f"this isn't a JSON object ({error}); check its quotes and commas") from None
        if not isinstance(value, dict):
            raise _error(path, line, "each line must be a JSON object in curly brackets")
        yield line, value


def _slots(path: Path, line: int, text: str) -> list[str]:
    """Return the names of the {slots} of a text."""
    try:
        parsed = list(string.Formatter().parse(text))
    except ValueError as error:
        raise _error(path, line, f"the curly brackets don't match ({error})") from None
    for _, slot, spec, conversion in parsed:
        if slot is not None and (not slot.isidentifier() or spec or conversion):
            raise _error(path, line, f"the placeholder {{{slot}}} isn't known; a placeholder is one plain word")
    return [slot for _, slot, _, _ in parsed if slot is not None]


def _read_wordings(path: Path) -> tuple[Wording, ...]:
    wordings: dict[str, Wording] = {}
    for line, entry in _read_json_lines(path):
        wording = _parse_wording(path, line, entry)
        if wording.text in wordings:
            raise _error(path, line, f"the wording {wording.text!r} is there twice; delete one")
        wordings[wording.text] = wording
    present = {(w.fact, w.kind, w.split) for w in wordings.values()}
    for fact in sum(FACTS.values(), ()):
        for kind in KINDS:
            for split in SPLITS:
                if (fact, kind, split) not in present:
                    raise PocketError(f"{path} has no {kind} for {fact!r} in the split {split!r}; add at least one.")
    return tuple(wordings.values())


def _parse_wording(path: Path, line: int, entry: dict) -> Wording:
    allowed = {"topic": tuple(FACTS), "kind": KINDS, "split": SPLITS, "fact": FACTS.get(str(entry.get("topic")), ())}
    for key, choices in allowed.items():
        if entry.get(key) not in choices:
            raise _error(path, line, f"{key} is {entry.get(key)!r}; it must be one of {', '.join(choices)}")
    text = entry.get("text")
    if set(entry) != {*allowed, "text"} or not isinstance(text, str):
        raise _error(path, line, "a wording has just the keys topic, fact, kind, split and text")
    wording = Wording(**entry)
    slots = _slots(path, line, text)
    if wording.kind == "statement":
        if sorted(slots) != ["name", "value"] or not text.endswith(" {value}."):
            raise _error(path, line, f"the statement {text!r} must hold {{name}} once and end with ' {{value}}.'")
    elif slots != ["name"] or not text.endswith("?"):
        raise _error(path, line, f"the question {text!r} must hold {{name}} once, no other placeholder, and end with '?'")
    return wording


def _read_script(path: Path, given: str) -> Script:
    """Read parts and plots. `given` names the slots that the code fills; every other slot needs a part."""
    beats: dict[str, list[tuple[str, ...]]] = {}
    parts: dict[str, tuple[str, ...]] = {}
    slots: list[tuple[int, str]] = []
    for line, entry in _read_json_lines(path):
        keys = tuple(entry)
        texts = entry.get("beat", entry.get("texts"))
        if keys not in (("part", "texts"), ("plot", "beat")) or not _are_texts(texts):
            raise _error(path, line, 'write {"part": "…", "texts": ["…", "…"]} or {"plot": "…", "beat": ["…", "…"]}')
        slots += [(line, slot) for text in texts for slot in _slots(path, line, text)]
        if keys[0] == "part":
            parts[entry["part"]] = tuple(texts)
        else:
            beats.setdefault(entry["plot"], []).append(tuple(texts))
    for line, slot in slots:
        if slot not in given.split() and slot.rstrip("0123456789") not in parts:
            raise _error(path, line, f"the placeholder {{{slot}}} isn't known; add a part of that name")
    return Script(tuple(Plot(name, tuple(lines)) for name, lines in beats.items()), parts)


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(text, str) and text.strip() for text in value)
