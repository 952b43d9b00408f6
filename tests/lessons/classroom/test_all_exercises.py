"""Of every exercise the truth passes its check as a learner's answer would, and each known mistake is recognised."""

import random

import pytest
from exercise_cases import verdict_without_fence

from pocketgpt_lessons import all_exercises
from pocketgpt_lessons.classroom.exercises import judge
from pocketgpt_lessons.classroom.verdicts import FAILED, PASSED

EXERCISES = all_exercises()


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_each_known_mistake_is_told_apart_from_all_others(exercise):
    assert exercise.mistakes
    for mistake in exercise.mistakes:
        verdict = verdict_without_fence(exercise, mistake.answer)
        assert (verdict.status, verdict.likely) == (FAILED, mistake.message)


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_the_truth_passes_and_is_deterministic(exercise):
    random.seed(0)
    assert judge(exercise, exercise.truth).status == PASSED
