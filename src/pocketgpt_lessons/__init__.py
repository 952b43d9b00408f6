"""The lessons: a folder per notebook, the classroom that they share, and what they show.

The system that they teach is `pocketgpt`, which knows nothing of them.
"""

from importlib import import_module

from pocketgpt_lessons.classroom import progress
from pocketgpt_lessons.classroom.exercises import Checks, Exercise
from pocketgpt_lessons.classroom.predictions import outcome, predict
from pocketgpt_lessons.classroom.quizzes import quiz

__all__ = ["LESSONS", "all_exercises", "check", "outcome", "predict", "progress", "quiz"]

LESSONS = {  # a notebook's number → its folder here
    "00": "internet",
    "01": "tokenization",
    "02": "pretraining",
    "03": "sampling",
    "04": "sft",
    "05": "hallucination",
    "06": "rl",
    "07": "rlhf",
    "08": "beyond_text",
    "09": "trust",
}


def all_exercises() -> tuple[Exercise, ...]:
    """The exercises of all lessons, in the order of the notebooks."""
    modules = (import_module(f"pocketgpt_lessons.{lesson}.exercises") for lesson in LESSONS.values())
    return sum((module.EXERCISES for module in modules), ())


check = Checks(all_exercises)
