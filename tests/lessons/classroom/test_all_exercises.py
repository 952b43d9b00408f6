"""Of every exercise the truth passes its check, and each known mistake is recognised by it."""

import random

import pytest

from pocketgpt_lessons import all_exercises
from pocketgpt_lessons.classroom import sandbox
from pocketgpt_lessons.classroom.exercises import judge
from pocketgpt_lessons.classroom.verdicts import FAILED, PASSED

EXERCISES = all_exercises()


def unfenced(call, *_):
    """What came of the call, without a thread or limits: our own mistakes end, and change nothing but their inputs."""
    try:
        return sandbox.Ran(call())
    except Exception as error:
        return sandbox.Ran(error=error, words=str(error))


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_each_known_mistake_is_told_apart_from_all_others(exercise, monkeypatch):
    monkeypatch.setattr(sandbox, "run", unfenced)
    assert exercise.mistakes
    for mistake in exercise.mistakes:
        verdict = judge(exercise, mistake.answer)
        assert (verdict.status, verdict.likely) == (FAILED, mistake.message)


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_the_truth_passes_and_is_deterministic(exercise):
    random.seed(0)
    assert judge(exercise, exercise.truth).status == PASSED
