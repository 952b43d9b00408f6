"""Reads the progress files that a class has handed in; a damaged or foreign file gives one line and stops no other."""

import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pocketgpt.errors import PocketError
from pocketgpt_lessons.classroom import progress

REPORT = ("class_report.html", "class_report.csv")  # files that a report writes
_LARGEST = 5_000_000  # bytes; a file after the whole course has some 50,000
T = TypeVar("T")


@dataclass(frozen=True)
class Tried:
    """What became of one exercise; `mistakes` says how often each sentence on a mistake was given."""

    passed: bool
    tries: int
    mistakes: Mapping[str, int]


@dataclass(frozen=True)
class Guess:
    """One prediction: the guess, whether it came after the outcome, and the outcome; None where there is none."""

    guess: str | float | None
    late: bool
    outcome: str | float | None


@dataclass(frozen=True)
class Answer:
    """The first choice at one quiz question."""

    question: str
    chosen: str
    right: bool


@dataclass(frozen=True)
class Learner:
    """What one learner has done, by exercise, prediction and quiz; the name is that of the file."""

    name: str
    exercises: Mapping[str, Tried]
    predictions: Mapping[str, Guess]
    quizzes: Mapping[str, tuple[Answer, ...]]


def read_class(folder: str | os.PathLike) -> tuple[list[Learner], list[str]]:
    """The learners whose files lie in a folder and its subfolders, by name, and one line on each unread file.

    PocketError if there is no folder, or no file that ends in .json. Of hidden files, and of the report's own, nothing
    is said.
    """
    root = Path(folder)
    if not root.is_dir():
        raise PocketError(f"There is no folder {root}: name the one that holds the learners' files.")
    own = [root / name for name in REPORT]
    found = sorted(p for p in root.rglob("*") if p.is_file() and not p.name.startswith(".") and p not in own)
    paths = [path for path in found if path.suffix.lower() == ".json"]
    if not paths:
        raise PocketError(f"{root} holds no file that ends in .json: put the learners' files there.")
    others = [clean(path.relative_to(root).as_posix()) for path in found if path not in paths]
    learners, troubles = [], [f"{name}: not read, since its name doesn't end in .json." for name in others]
    for path in paths:
        name = clean(path.relative_to(root).with_suffix("").as_posix())
        try:
            learners.append(read_learner(path, name))
        except PocketError as error:
            troubles.append(str(error))
    return learners, troubles


def read_learner(path: Path, name: str) -> Learner:
    """One learner's file; PocketError with one sentence if it is no progress file, or a damaged one."""
    try:
        if path.stat().st_size > _LARGEST:
            raise ValueError("it is larger than 5 MB")
        content = progress.parse(path.read_text(encoding="utf-8-sig"))
        return Learner(
            name,
            _each(content, "exercises", _tried),
            _each(content, "predictions", _guess),
            _each(content, "quizzes", _answers),
        )
    except OSError as error:
        raise PocketError(f"{name}: the file can't be opened ({error.strerror}).") from None
    except (ValueError, RecursionError) as error:
        why = " ".join(clean(str(error)).split())[:200]
        raise PocketError(f"{name}: this is no progress file of the course, or a damaged one ({why}).") from None


def clean(text: str) -> str:
    """The text without halves of characters, which no file can hold."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _each(content: dict, kind: str, read: Callable[[dict], T]) -> dict[str, T]:
    found = {}
    for key, entry in content.get(kind, {}).items():
        try:
            found[clean(key)] = read(entry)
        except ValueError as error:
            raise ValueError(f"{key} in {kind}: {error}") from None
    return found


def _tried(entry: dict) -> Tried:
    mistakes = _of_type(entry.get("mistakes", {}), dict, "mistakes")
    counted = {clean(sentence): _count(times) for sentence, times in mistakes.items()}
    return Tried(_of_type(entry.get("passed"), bool, "passed"), _count(entry.get("tries", 1)), counted)


def _guess(entry: dict) -> Guess:
    return Guess(_value(entry.get("guess")), bool(entry.get("late")), _value(entry.get("outcome")))


def _answers(entry: dict) -> tuple[Answer, ...]:
    answers = [_of_type(answer, dict, "an answer") for answer in _of_type(entry.get("answers", []), list, "answers")]
    return tuple(
        Answer(_text(a, "question"), _text(a, "chosen"), _of_type(a.get("right"), bool, "right")) for a in answers
    )


def _of_type(value: Any, kind: type[T], what: str) -> T:
    if not isinstance(value, kind):
        raise ValueError(f"{what} is {str(value)[:40]!r}")
    return value


def _text(entry: dict, key: str) -> str:
    return clean(_of_type(entry.get(key), str, key))


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 10**9:
        raise ValueError(f"{str(value)[:40]!r} is no count")
    return value


def _value(value: object) -> str | float | None:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, (bool, type(None))):
        return None if value is None else str(value)
    if isinstance(value, (int, float)) and math.isfinite(value) and abs(value) < 1e15:
        return value
    raise ValueError(f"{str(value)[:40]!r} is neither text nor number")
