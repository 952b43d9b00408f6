"""Grades a folder of notebooks: each exercise's check runs on each learner's answer, in a process of its own."""

import copy
import csv
import html
import linecache
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from time import process_time
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pocketgpt_lessons
from pocketgpt.errors import PocketError
from pocketgpt_lessons.classroom import isolation, sandbox
from pocketgpt_lessons.classroom.answer_values import same, settled, tolerance_of
from pocketgpt_lessons.classroom.exercises import CANT_STOP, Exercise, judge
from pocketgpt_lessons.classroom.markup import prose
from pocketgpt_lessons.classroom.spreadsheet import cell as csv_cell
from pocketgpt_lessons.classroom.submissions import answer_source, code_cells, exercises_in
from pocketgpt_lessons.classroom.verdicts import FAILED, NOT_ATTEMPTED, PASSED
from pocketgpt_lessons.display.html import CELL, card, table_cell, table_row

_FILE = "<answer>"
_NOT_CONFIRMED = (
    "Its own process calls it right, but its results differ from the truth: it changes the checks, or gives other "
    "results when it is called again."
)
_PRINTED = 10**6  # characters that an answer may print
_COARSEST = 2**-5  # the largest tolerance that a type of number has


@dataclass(frozen=True)
class Grade:
    """What one answer is worth, and one line on why."""

    points: float
    remark: str


@dataclass(frozen=True)
class Graded:
    """One notebook that was handed in: a grade for each exercise, or the trouble with the file."""

    name: str
    grades: Mapping[str, Grade]
    trouble: str = ""

    @property
    def total(self) -> float:
        """The sum of the points."""
        return sum(grade.points for grade in self.grades.values())


def grade(
    folder: str | os.PathLike,
    exercises: str,
    points: Mapping[str, float],
    seconds: float = isolation.SECONDS,
    megabytes: int = isolation.MEGABYTES,
    tell: Callable[[str], None] = print,
) -> list[Graded]:
    """Grade every notebook in a folder and its subfolders, in the order of their names.

    `exercises` is the lesson's module, such as "pocketgpt_lessons.tokenization.exercises"; `points` says what each
    exercise is worth. `tell` is called with one line for each notebook. PocketError if the folder holds none.
    """
    files = sorted(path for path in Path(folder).rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts)
    if not files:
        raise PocketError(f"{folder} holds no notebook: put the notebooks that were handed in there.")
    known = {exercise.name for exercise in import_module(exercises).EXERCISES}
    if unknown := sorted(points.keys() - known):
        raise PocketError(f"There is no exercise {unknown[0]!r} in {exercises}; take it out of the points.")
    graded = []
    for path in files:
        graded.append(_grade_file(path, path.relative_to(folder), exercises, points, seconds, megabytes))
        tell(f"{len(graded)} of {len(files)} notebooks graded")
    return graded


def _grade_file(
    path: Path, name: Path, module: str, points: Mapping[str, float], seconds: float, megabytes: int
) -> Graded:
    label = name.with_suffix("").as_posix().encode("utf-8", "replace").decode("utf-8")
    try:
        cells = code_cells(path)
    except PocketError as error:
        return Graded(label, {}, str(error))
    if not points.keys() & set(exercises_in(cells)):
        return Graded(label, {}, "No exercise of this assignment is in it: is it the right notebook?")
    grades = {}
    for exercise, worth in points.items():
        right, remark = grade_answer(answer_source(cells, exercise), module, exercise, seconds, megabytes)
        grades[exercise] = Grade(worth if right else 0, remark)
    return Graded(label, grades)


def grade_answer(
    source: str | None, module: str, name: str, seconds: float = isolation.SECONDS, megabytes: int = isolation.MEGABYTES
) -> tuple[bool, str]:
    """Whether an answer (Python code) passes its exercise's check, and one line on it."""
    if source is None:
        return False, "The exercise's cell is missing."
    came = isolation.run(try_answer, [source, module, name], (module, "torch"), seconds, megabytes)
    if came.trouble:
        return False, came.trouble
    try:
        status, line = str(came.result["status"]), " ".join(str(came.result["line"]).split())[:300]
        if status != PASSED:
            return False, line or "It isn't right."
        right = _confirmed(module, name, came.result["values"])
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        right = False
    return right, line if right else _NOT_CONFIRMED


def _confirmed(module: str, name: str, values: list) -> bool:
    """Whether the results that came back are the true ones: the answer may have changed the check beside it."""
    exercise = _exercise(module, name)
    truths = [exercise.read(exercise.truth(*copy.deepcopy(args))) for args in exercise.cases]
    return len(values) == len(truths) and all(
        same(unpacked(value), truth, min(float(tolerance), _COARSEST))
        for (value, tolerance), truth in zip(values, truths, strict=True)
    )


def try_answer(job: list[str]) -> dict:
    """Run an answer's code and its check, here in this process: `status`, one `line`, and the `values` if it is right.

    `job` holds the code, the lesson's module and the exercise's name.
    """
    source, module, name = job
    exercise = _exercise(module, name)
    try:
        fn, trouble = _function(source, name)
        if trouble:
            return {"status": FAILED, "line": trouble}
        verdict = judge(exercise, fn, clock=process_time)
        if verdict.status == NOT_ATTEMPTED:
            return {"status": NOT_ATTEMPTED, "line": "Not attempted."}
        if not verdict.passed:
            likely = verdict.likely.removesuffix(CANT_STOP)
            seen = f" Tried {verdict.case}: {verdict.seen}." if verdict.case else ""
            return {"status": FAILED, "line": likely[:1].upper() + likely[1:] + seen}
        again = sandbox.run(lambda: [_value(exercise, fn, args) for args in exercise.cases], clock=process_time)
        if again.characters > _PRINTED:
            return {"status": FAILED, "line": "It prints over a million characters: take the prints out."}
        return {"status": PASSED, "line": "Right.", "values": again.value}
    except BaseException as error:
        full = isinstance(error, MemoryError) or "start new thread" in str(error)
        why = (
            "Far too large a list or tensor is asked for."
            if full
            else f"It breaks the checks ({type(error).__name__})."
        )
        return {"status": FAILED, "line": why}


def _exercise(module: str, name: str) -> Exercise:
    return next(exercise for exercise in import_module(module).EXERCISES if exercise.name == name)


def _value(exercise: Exercise, fn: Callable, args: tuple) -> list:
    value = settled(fn(*copy.deepcopy(args)))
    return [packed(exercise.read(value)), tolerance_of(value)]


def _function(source: str, name: str) -> tuple[Any, str]:
    """What the code gives to `check.NAME`, else its function of that name; or one line on why there is none."""
    given: list[object] = []
    check = _Recorder(name, given)
    space = {"__name__": "__main__", "check": check, "display": lambda *_, **__: None}
    linecache.cache[_FILE] = (len(source), None, source.splitlines(keepends=True), _FILE)
    try:
        code = compile(source, _FILE, "exec")
    except SyntaxError as error:
        text = (error.text or "").strip()
        return None, f"It is no Python: {error.msg}" + (f", in `{text}`." if text else ".")
    except (ValueError, RecursionError, MemoryError):
        return None, "It is no Python."
    with patch.object(pocketgpt_lessons, "check", check):  # a notebook imports it
        ran = sandbox.run(lambda: exec(code, space), clock=process_time)
    fn = given[-1] if given else space.get(name)
    if fn is not None:
        return fn, ""
    if ran.timed_out:
        return None, "Its cell runs without end."
    if ran.error is not None:
        return None, f"Its cell stops with {type(ran.error).__name__}: {ran.words}".rstrip(": ") + "."
    return None, f"It has no function called {name}."


class _Recorder(SimpleNamespace):
    """Stands for `check` while the cell runs, and notes what is given to the exercise's check."""

    def __init__(self, name: str, given: list) -> None:
        super().__init__(**{name: given.append})

    def __getattr__(self, _: str) -> Callable[..., None]:
        return lambda *_: None


def packed(value: object) -> object:
    """A plain value as JSON that keeps tuples, sets and dictionaries apart.

    >>> packed((1, {(2, 3): 0.5}))
    ['tuple', [1, ['dict', [[['tuple', [2, 3]], 0.5]]]]]
    """
    if isinstance(value, tuple):
        return ["tuple", [packed(item) for item in value]]
    if isinstance(value, dict):
        return ["dict", [[packed(key), packed(item)] for key, item in value.items()]]
    if isinstance(value, frozenset):
        return ["set", [packed(item) for item in value]]
    return value


def unpacked(value: object) -> object:
    """The plain value that was packed.

    >>> unpacked(packed((1, {(2, 3): frozenset([4])})))
    (1, {(2, 3): frozenset({4})})
    """
    if not isinstance(value, list):
        return value
    kind, items = value
    if kind == "dict":
        return {unpacked(key): unpacked(item) for key, item in items}
    return (frozenset if kind == "set" else tuple)(unpacked(item) for item in items)


def grades_html(graded: list[Graded], points: Mapping[str, float]) -> str:
    """A table of points, and below it what was wrong; all that learners wrote is escaped."""
    most = sum(points.values())
    heads = ["Name", *points, f"of {most:g}"]
    rows = [
        [one.name, *(f"{one.grades[name].points:g}" if one.grades else "–" for name in points), f"{one.total:g}"]
        for one in graded
    ]
    remarks = [f"{one.name}: {one.trouble}" for one in graded if one.trouble]
    remarks += [
        f"{one.name}, {name}: {grade.remark}"
        for one in graded
        for name, grade in one.grades.items()
        if not grade.points
    ]
    head = table_row(*(table_cell(html.escape(text), CELL, "col") for text in heads))
    body = "".join(table_row(*(table_cell(html.escape(text), CELL) for text in row)) for row in rows)
    items = "".join(f"<li>{prose(text)}</li>" for text in remarks)
    return card(f"<table><thead>{head}</thead><tbody>{body}</tbody></table><ul>{items}</ul>", "Points of each learner")


def grades_text(graded: list[Graded]) -> str:
    """One line a notebook: name, points and, if the file couldn't be graded, why."""
    return "\n".join(f"{one.name}: {one.total:g}" + (f" ({one.trouble})" if one.trouble else "") for one in graded)


def write_grades(path: str | os.PathLike, graded: list[Graded], points: Mapping[str, float]) -> Path:
    """Write a CSV file: one row a notebook, with points, total and remarks; never over an existing file."""
    target = Path(path)
    heads = ["name", *points, "total", "remarks"]
    try:
        with open(target, "x", encoding="utf-8-sig", errors="backslashreplace", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(heads)
            for one in graded:
                remarks = "; ".join(f"{name}: {grade.remark}" for name, grade in one.grades.items() if not grade.points)
                marks = [one.grades[name].points if one.grades else 0 for name in points]
                writer.writerow(map(csv_cell, [one.name, *marks, one.total, one.trouble or remarks]))
    except FileExistsError:
        raise PocketError(f"{target} exists already: choose another name, and nothing is lost.") from None
    except OSError as error:
        raise PocketError(f"{target} can't be written ({error.strerror}): choose a folder that is there.") from None
    return target
