"""`python -m pocketgpt_lessons`: the studies behind the notebooks' reference bands, and what teachers need."""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from pocketgpt import console
from pocketgpt.errors import PocketError
from pocketgpt_lessons import LESSONS, progress

_STUDIES = "run a notebook's experiments over several seeds, and write data/evidence/NUMBER.json"


def make_parser() -> argparse.ArgumentParser:
    """The parser of the commands for a class; making it loads no torch."""
    parser = argparse.ArgumentParser(
        prog="python -m pocketgpt_lessons",
        description="Commands for a class. With numbers of notebooks instead, or without anything: "
        f"{_STUDIES}: the notebooks' reference bands. Each takes minutes, some an hour.",
        epilog=f"Numbers: {', '.join(LESSONS)}. Without any: all of them.",
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    export = commands.add_parser("export", help="write your progress to one file, for your teacher")
    export.add_argument("file", metavar="FILE", help="such as ada.json; its name is your name in the report")
    report = commands.add_parser("report", help="a page and a table from a class's exported files")
    report.add_argument("folder", metavar="FOLDER", help="where the learners' files are")
    report.add_argument("--out", type=Path, default=Path(), help="folder to write to (default: this one)")
    assign = commands.add_parser("assign", help="a notebook without solutions, and one that grades it")
    assign.add_argument("number", metavar="NUMBER", choices=LESSONS, help=f"one of {', '.join(LESSONS)}")
    assign.add_argument("--out", type=Path, required=True, help="folder to write to")
    assign.add_argument("--nbgrader", action="store_true", help="mark the answers for nbgrader generate_assignment")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command, or the studies named; a mistake that the user can mend is one sentence and exit code 2."""
    return console.run(lambda: _run(sys.argv[1:] if arguments is None else list(arguments)))


def _run(words: list[str]) -> int:
    if not words or words[0][:1].isdigit():
        return _study(words)
    told = make_parser().parse_args(words)
    for line in _COMMANDS[told.command](told):
        print(line)
    return 0


def _study(numbers: Sequence[str]) -> int:
    if unknown := [number for number in numbers if number not in LESSONS]:
        raise PocketError(f"There is no study {unknown[0]!r}; there are: {', '.join(LESSONS)}.")
    from pocketgpt.world import load_tables  # PyTorch takes seconds, which --help need not wait for
    from pocketgpt_lessons.evidence import save

    tables = load_tables()
    for number in numbers or LESSONS:
        found = import_module(f"pocketgpt_lessons.{LESSONS[number]}.study").study(tables)
        print(f"Saved {save(number, found)}")
    return 0


def _module(number: str) -> str:
    return f"pocketgpt_lessons.{LESSONS[number]}.exercises"


def _export(told: argparse.Namespace) -> list[str]:
    return [f"Your progress: {progress.export(told.file)}"]


def _report(told: argparse.Namespace) -> list[str]:
    from pocketgpt_lessons.classroom.assignments import notebooks
    from pocketgpt_lessons.classroom.prediction_questions import questions_in
    from pocketgpt_lessons.classroom.report import Course, write_report

    exercises = {n: [each.name for each in import_module(_module(n)).EXERCISES] for n in LESSONS}
    return write_report(told.folder, told.out, Course(exercises, questions_in(notebooks())))


def _assign(told: argparse.Namespace) -> list[str]:
    from pocketgpt_lessons.classroom.assignments import assign

    module = _module(told.number)
    made = assign(told.number, module, import_module(module).EXERCISES, told.out, told.nbgrader)
    return [f"{who}: {path}" for who, path in zip(("For learners", "For you, to grade"), made, strict=False)]


_COMMANDS = {"export": _export, "report": _report, "assign": _assign}

if __name__ == "__main__":
    sys.exit(main())
