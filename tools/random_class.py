"""Invents a class: exported progress files of learners who answer at random, at three levels.

    python tools/random_class.py --out class_files             # thirty files
    python -m pocketgpt_lessons report class_files --out report

Use it to see what the class report looks like, or to test it. Names and outcomes are invented.
"""

import argparse
import os
import random
import sys
import tempfile
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from pocketgpt.bounds import check_number
from pocketgpt.errors import PocketError
from pocketgpt.paths import DATA
from pocketgpt_lessons import LESSONS, progress
from pocketgpt_lessons.classroom.assignments import notebooks
from pocketgpt_lessons.classroom.exercises import Exercise
from pocketgpt_lessons.classroom.prediction_questions import questions_in
from pocketgpt_lessons.classroom.predictions import Prediction, commit
from pocketgpt_lessons.classroom.quizzes import Question, record_choices

MOST_LEARNERS = 1_000  # so many have a first name of their own
# The chance of a right first answer, of a right guess, and of going on to the next notebook.
LEVELS = ((0.4, 0.2, 0.7), (0.65, 0.4, 0.85), (0.9, 0.6, 0.97))


def answer_exercise(exercise: Exercise, chance: float, rng: random.Random) -> None:
    """Try it up to five times; each failure is one of its known mistakes."""
    for _ in range(5):
        passed = rng.random() < chance
        progress.record_check(exercise.name, passed, "" if passed else rng.choice(exercise.mistakes).message)
        if passed:
            break


def answer_quiz(key: str, questions: Sequence[Question], chance: float, rng: random.Random) -> None:
    """Choose the right option with that chance, else any other one."""
    first = {}
    for number, question in enumerate(questions):
        wrong = [i for i in range(len(question.options)) if i != question.right]
        first[number] = question.right if rng.random() < chance else rng.choice(wrong)
    record_choices(key, questions, first)


def guess(asked: Prediction, chance: float, rng: random.Random) -> None:
    """Guess what comes out with that chance, else anything; the outcome is the same for the whole class."""
    outcome = _anything(asked, random.Random(asked.key))
    commit(asked.key, outcome if rng.random() < chance else _anything(asked, rng))
    progress.record("predictions", asked.key, {**progress.recall("predictions", asked.key), "outcome": outcome})


def _anything(asked: Prediction, rng: random.Random) -> str | float:
    if asked.options:
        return rng.choice(asked.options)
    low, high, *_ = asked.slider or (1, 10)
    return round(rng.uniform(low, high), 1)


def answer_everything(level: int, rng: random.Random) -> None:
    """Go through the notebooks until the learner stops."""
    right, guessed, goes_on = LEVELS[level]
    for number, folder in LESSONS.items():
        quizzes = import_module(f"pocketgpt_lessons.{folder}.quiz")
        answer_quiz(f"{number}.start", quizzes.START, right, rng)
        for exercise in import_module(f"pocketgpt_lessons.{folder}.exercises").EXERCISES:
            answer_exercise(exercise, right, rng)
        for asked in questions_in(notebooks(number)).values():
            guess(asked, guessed, rng)
        answer_quiz(f"{number}.end", quizzes.END, right, rng)
        if rng.random() > goes_on:
            return


def names(n: int, rng: random.Random) -> list[str]:
    """Invented names, no two alike."""
    first, last = ((DATA / file).read_text(encoding="utf-8").split() for file in ("first_names.txt", "last_names.txt"))
    return [" ".join(pair) for pair in zip(rng.sample(first, n), rng.sample(last, n), strict=True)]


def make_class(out: Path, n: int = 30, seed: int = 0) -> list[Path]:
    """Write n files into a new or empty folder, a third of the learners at each level, and return their paths."""
    check_number("the number of learners", n, at_least=1, at_most=MOST_LEARNERS, whole=True)
    if out.exists() and any(out.iterdir()):
        raise PocketError(f"There is something in {out} already: name a new folder, and nothing is lost.")
    rng = random.Random(f"class {seed}")
    out.mkdir(parents=True, exist_ok=True)
    before, made = os.environ.get("POCKETGPT_OWN"), []
    try:
        for i, name in enumerate(names(n, rng)):
            with tempfile.TemporaryDirectory() as own:
                os.environ["POCKETGPT_OWN"] = own
                progress.reset()  # forgets the learner before
                answer_everything(i % len(LEVELS), rng)
                made.append(progress.export(out / f"{name}.json"))
                progress.reset()
    finally:
        os.environ.pop("POCKETGPT_OWN", None)
        os.environ.update({} if before is None else {"POCKETGPT_OWN": before})
    return made


def main() -> int:
    """Write the files of a class."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for the files")
    parser.add_argument("--learners", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    try:
        made = make_class(arguments.out, arguments.learners, arguments.seed)
    except PocketError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"Wrote {len(made)} files into {arguments.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
