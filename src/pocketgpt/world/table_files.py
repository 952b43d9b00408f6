"""Reading and checking the tables of the pocket world.

Every table is a plain file that a learner may edit. Whatever is wrong with one is told in a single sentence
that names the file and the line and says what to do.
"""

import csv
import io
import json
import string
from collections.abc import Iterable
from dataclasses import fields
from itertools import product
from pathlib import Path
from typing import Any, TypeGuard, TypeVar

from pocketgpt.errors import PocketError
from pocketgpt.files import lines
from pocketgpt.paths import DATA
from pocketgpt.world.tables import (
    ALL_FACTS,
    FACTS,
    KINDS,
    SPLITS,
    Animal,
    Country,
    Person,
    Plot,
    Script,
    Tables,
    Wording,
)

R = TypeVar("R", bound=Any)  # a dataclass whose instances have a name

# The slots that the code fills; every other slot of a story or a chat needs a part of that name in its file.
_STORY_SLOTS = ("hero", "friend", "kind", "he", "him", "his", "He", "His")
_FORUM_SLOTS = ("me", "you", "question", "answer", "sum", "total")


def load_tables(folder: Path | str = DATA) -> Tables:
    """Read and check all tables of a folder; raise PocketError naming file and line of the first mistake."""
    folder = Path(folder)
    people = read_rows(folder / "people.csv", Person)
    absent = read_rows(folder / "absent_people.csv", Person, without=("mentions", "faq_pages"))
    known = {person.name.casefold() for person in people.values()}
    for line, person in people.items():
        if person.faq_pages > person.mentions:
            problem = "faq_pages is larger than mentions, of which they are a part; lower faq_pages"
            raise fault(folder / "people.csv", line, problem)
    for line, person in absent.items():
        if person.name.casefold() in known:
            problem = f"{person.name!r} is also in people.csv; no page may mention the absent: delete one"
            raise fault(folder / "absent_people.csv", line, problem)
    return Tables(
        countries=tuple(read_rows(folder / "countries.csv", Country).values()),
        animals=tuple(read_rows(folder / "animals.csv", Animal).values()),
        people=tuple(people.values()),
        absent=tuple(absent.values()),
        first_names=read_names(folder / "first_names.txt"),
        last_names=read_names(folder / "last_names.txt"),
        wordings=_read_wordings(folder / "wordings.jsonl"),
        stories=_read_script(folder / "stories.jsonl", _STORY_SLOTS, ("boy", "girl", "beast"), ()),
        forum=_read_script(
            folder / "forum.jsonl", _FORUM_SLOTS, ("handle_first", "handle_last"), ("hello", "question", "bye")
        ),
    )


def fault(path: Path, line: int, problem: str) -> PocketError:
    """Return the error that names the file, the line and what is wrong with it."""
    return PocketError(f"{path}, line {line}: {problem}.")


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")  # -sig: Excel puts a byte-order mark first
    except FileNotFoundError:
        raise PocketError(f"The table {path} is missing; put it back or name another folder.") from None
    except (UnicodeDecodeError, OSError) as error:
        problem = f"{path} can't be read ({error}); save it as UTF-8 text, which Excel calls CSV UTF-8."
        raise PocketError(problem) from None


def read_rows(path: Path, row_type: type[R], without: tuple[str, ...] = ()) -> dict[int, R]:
    """Read a CSV table into rows of a dataclass, by line number. Further columns, such as notes, are ignored.

    `without` names fields that have no column. Raises PocketError naming file and line of the first mistake.
    """
    columns = [field for field in fields(row_type) if field.name not in without]
    reader = csv.reader(io.StringIO(_read_text(path), newline=""), strict=True)
    try:
        header = [cell.strip() for cell in next(reader, [])]
        for field in columns:
            if header.count(field.name) != 1:
                state = "missing" if field.name not in header else "there more than once"
                wanted = ",".join(column.name for column in columns)
                raise fault(path, 1, f"the column {field.name!r} is {state}; begin with the line {wanted}")
        rows: dict[int, R] = {}
        names: set[str] = set()
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            row = _parse_row(path, reader.line_num, header, cells, row_type, columns)
            if row.name.casefold() in names:
                raise fault(path, reader.line_num, f"the name {row.name!r} is there twice; change one")
            names.add(row.name.casefold())
            rows[reader.line_num] = row
    except csv.Error as error:
        raise fault(path, reader.line_num, f"this is no CSV row ({error}); check its quotes") from None
    return rows


def _parse_row(path: Path, line: int, header: list[str], cells: list[str], row_type: type[R], columns: list) -> R:
    if len(cells) > len(header):
        raise fault(path, line, "there are more cells than columns; put a value with a comma in quotes")
    texts = dict(zip(header, (" ".join(cell.split()) for cell in cells), strict=False))
    values: dict[str, str | int] = {}
    for field in columns:
        text = texts.get(field.name, "")
        if not text:
            raise fault(path, line, f"the cell under {field.name!r} is empty; fill it or delete the row")
        if field.type is int and not (text.isascii() and text.isdigit()):
            raise fault(path, line, f"{field.name} is {text!r}; write a whole number, 0 or larger")
        values[field.name] = int(text) if field.type is int else text
    return row_type(**values)


def read_names(path: Path) -> tuple[str, ...]:
    """Read a file of one name a line; raise PocketError if one is there twice or there is none."""
    names: dict[str, int] = {}
    for line, text in enumerate(lines(_read_text(path)), start=1):
        name = " ".join(text.split())
        if name in names:
            raise fault(path, line, f"the name {name!r} is also on line {names[name]}; delete one of them")
        if name:
            names[name] = line
    if not names:
        raise PocketError(f"{path} is empty; write one name on each line.")
    return tuple(names)


def read_json_lines(path: Path) -> Iterable[tuple[int, dict]]:
    """Yield line number and object of each line of a JSON Lines file, blank ones apart."""
    for line, text in enumerate(lines(_read_text(path)), start=1):
        if not text.strip():
            continue
        try:
            value = json.loads(text)
        except json.JSONDecodeError as error:
            raise fault(path, line, f"this is no JSON ({error}); check its quotes and commas") from None
        if not isinstance(value, dict):
            raise fault(path, line, "each line must be a JSON object in curly brackets")
        yield line, value


def _slots(path: Path, line: int, text: str) -> list[str]:
    """Return the names of the {slots} of a text."""
    try:
        parsed = list(string.Formatter().parse(text))
    except ValueError as error:
        raise fault(path, line, f"the curly brackets don't match ({error})") from None
    for _, slot, spec, conversion in parsed:
        if slot is not None and (not slot.isidentifier() or spec or conversion):
            raise fault(path, line, f"the placeholder {{{slot}}} is unknown; write one plain word")
    return [slot for _, slot, _, _ in parsed if slot is not None]


def _read_wordings(path: Path) -> tuple[Wording, ...]:
    wordings: dict[str, Wording] = {}
    for line, entry in read_json_lines(path):
        wording = _parse_wording(path, line, entry)
        if wording.text in wordings:
            raise fault(path, line, f"the wording {wording.text!r} is there twice; delete one")
        wordings[wording.text] = wording
    present = {(w.fact, w.kind, w.split) for w in wordings.values()}
    for fact, kind, split in product(ALL_FACTS, KINDS, SPLITS):
        if (fact, kind, split) not in present:
            raise PocketError(f"{path} has no {kind} for {fact!r} in the split {split!r}; add at least one.")
    return tuple(wordings.values())


def _parse_wording(path: Path, line: int, entry: dict) -> Wording:
    facts = FACTS.get(str(entry.get("topic")), ())
    allowed = {"topic": tuple(FACTS), "fact": facts, "kind": KINDS, "split": SPLITS}
    for key, choices in allowed.items():
        if entry.get(key) not in choices:
            raise fault(path, line, f"{key} is {entry.get(key)!r}; it must be one of {', '.join(choices)}")
    text = entry.get("text")
    if set(entry) != {*allowed, "text"} or not isinstance(text, str):
        raise fault(path, line, "a wording has just the keys topic, fact, kind, split and text")
    wording = Wording(**entry)
    slots = _slots(path, line, text)
    if wording.kind == "statement":
        if sorted(slots) != ["name", "value"] or not text.endswith(" {value}."):
            raise fault(path, line, "a statement must hold {name} once and end with ' {value}.'; change it")
    elif slots != ["name"] or not text.endswith("?"):
        raise fault(path, line, "a question must hold {name}, no other {} and end with '?'; change it")
    return wording


def _read_script(path: Path, given: tuple[str, ...], parts: tuple[str, ...], plots: tuple[str, ...]) -> Script:
    """Read parts and plots, of which those named are needed; the lines of one plot are its beats."""
    lines: dict[str, dict[str, list]] = {"part": {}, "plot": {}}
    slots: list[tuple[int, str]] = []
    for line, entry in read_json_lines(path):
        kind = "plot" if "plot" in entry else "part"
        texts = entry.get("beat" if kind == "plot" else "texts")
        if len(entry) != 2 or not isinstance(entry.get(kind), str) or not are_texts(texts):
            raise fault(path, line, 'write {"part": "…", "texts": ["…"]} or {"plot": "…", "beat": ["…"]}')
        slots += [(line, slot) for text in texts for slot in _slots(path, line, text)]
        lines[kind].setdefault(entry[kind], []).append(tuple(texts))
    for line, slot in slots:
        if slot not in given and slot.rstrip("0123456789") not in lines["part"]:
            raise fault(path, line, f"the placeholder {{{slot}}} is unknown; add a part of that name")
    joined = {name: tuple(text for texts in several for text in texts) for name, several in lines["part"].items()}
    for name in parts:
        if len(joined.get(name, ())) < 3:
            raise PocketError(f"{path} has fewer than three texts in the part {name!r}; add some.")
    for name in plots:
        if name not in lines["plot"]:
            raise PocketError(f"{path} has no plot {name!r}; put it back.")
    return Script(tuple(Plot(name, tuple(beats)) for name, beats in lines["plot"].items()), joined)


def are_texts(value: object) -> TypeGuard[list[str]]:
    """Return whether a value is a list of texts, with at least one and none of them blank."""
    return isinstance(value, list) and value != [] and all(isinstance(t, str) and t.strip() for t in value)
