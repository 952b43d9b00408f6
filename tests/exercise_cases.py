"""Answers to exercises, collected by decorators, and what the checks must say of them; for all lessons' tests."""

import functools
import re
from collections.abc import Callable, Sequence
from time import process_time

import pytest

from pocketgpt_lessons import check
from pocketgpt_lessons.classroom import sandbox
from pocketgpt_lessons.classroom.exercises import Exercise, judge
from pocketgpt_lessons.classroom.verdicts import FAILED, PASSED, Verdict, verdict_html, verdict_text


def unfenced(call: Callable, *_) -> sandbox.Ran:
    """What came of the call, without a thread and limits, which cost more than the call: for answers that end."""
    try:
        return sandbox.Ran(call())
    except Exception as error:
        return sandbox.Ran(error=error, words=str(error))


def verdict_without_fence(exercise: Exercise, answer: Callable) -> Verdict:
    """What the check says of an answer that ends and changes nothing but its inputs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sandbox, "run", unfenced)
        return judge(exercise, answer)


class Cases:
    """Right and wrong answers to a lesson's exercises, and the tests that run on them."""

    def __init__(self, exercises: Sequence[Exercise]):
        self._exercises = {exercise.name: exercise for exercise in exercises}
        self._right: list[tuple[Exercise, Callable]] = []
        self._wrong: list[tuple[Exercise, str, Callable]] = []

    def right(self, name: str) -> Callable[[Callable], Callable]:
        """Decorates a right answer to the exercise."""
        return lambda answer: self._right.append((self._exercises[name], answer)) or answer

    def wrong(self, name: str, words: str) -> Callable[[Callable], Callable]:
        """Decorates a wrong answer; the words are part of the message that it must get.

        One that doesn't end must have "endless loop" among them: only such answers run with a limit.
        """
        return lambda answer: self._wrong.append((self._exercises[name], words, answer)) or answer

    def tests(self) -> tuple[Callable, Callable, Callable]:
        """Three tests on the answers collected so far: the right ones, the wrong ones, and each exercise's messages."""

        @pytest.mark.parametrize(("exercise", "answer"), self._right, ids=[each.name for each, _ in self._right])
        def passes(exercise, answer):
            verdict = verdict_without_fence(exercise, answer)
            assert verdict.status == PASSED, verdict_text(verdict)

        @functools.cache  # two tests look at each verdict
        def verdict_on(name, words, answer):
            exercise = self._exercises[name]
            if "endless loop" in words:
                return judge(exercise, answer, limit=0.3, clock=process_time)  # a busy machine fails no test
            return verdict_without_fence(exercise, answer)

        ids = [f"{exercise.name}: {words}" for exercise, words, _ in self._wrong]

        @pytest.mark.parametrize(("exercise", "words", "answer"), self._wrong, ids=ids)
        def gets_message(exercise, words, answer):
            verdict = verdict_on(exercise.name, words, answer)
            assert verdict.status == FAILED
            assert words in verdict.likely, verdict_text(verdict)
            assert verdict.seen != verdict.expected or re.search("changes its input|isn't changed", verdict.likely)
            assert "Traceback" not in verdict_html(verdict)

        @pytest.mark.parametrize("exercise", self._exercises.values(), ids=self._exercises)
        def has_four_messages(exercise):
            wrong = [(words, answer) for other, words, answer in self._wrong if other is exercise]
            assert len({verdict_on(exercise.name, *case).likely for case in wrong}) >= 4
            assert exercise.name in dir(check)

        return passes, gets_message, has_four_messages
