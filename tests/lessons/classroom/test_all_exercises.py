"""Of every exercise the truth passes its check, and each known mistake is recognised by it."""

import random

import pytest

from pocketgpt_lessons import all_exercises
from pocketgpt_lessons.classroom.exercises import judge
from pocketgpt_lessons.classroom.verdicts import FAILED, PASSED

EXERCISES = all_exercises()
MISTAKES = [(exercise, mistake) for exercise in EXERCISES for mistake in exercise.mistakes]
MISTAKE_IDS = [f"{exercise.name}: {mistake.message[:30]}" for exercise, mistake in MISTAKES]


@pytest.mark.parametrize(("exercise", "mistake"), MISTAKES, ids=MISTAKE_IDS)
def test_each_known_mistake_is_told_apart_from_all_others(exercise, mistake):
    verdict = judge(exercise, mistake.answer)
    assert verdict.status == FAILED
    assert verdict.likely == mistake.message


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_the_truth_passes_and_is_deterministic(exercise):
    random.seed(0)
    assert judge(exercise, exercise.truth).status == PASSED
