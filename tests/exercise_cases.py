"""Answers to exercises, collected by decorators, and what the checks must say of them; for all lessons' tests."""

import functools
from collections.abc import Callable, Sequence
from time import process_time

import pytest

from pocketgpt_lessons import check
from pocketgpt_lessons.classroom.exercises import Exercise, judge
from pocketgpt_lessons.classroom.verdicts import FAILED, PASSED, verdict_html, verdict_text


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
        """Decorates a wrong answer; the words are part of the message that it must get."""
        return lambda answer: self._wrong.append((self._exercises[name], words, answer)) or answer

    def tests(self) -> tuple[Callable, Callable, Callable]:
        """Three tests on the answers collected so far: the right ones, the wrong ones, and each exercise's messages."""

        @pytest.mark.parametrize(("exercise", "answer"), self._right, ids=[each.name for each, _ in self._right])
        def passes(exercise, answer):
            verdict = judge(exercise, answer)
            assert verdict.status == PASSED, verdict_text(verdict)

        @functools.cache  # two tests look at each verdict
        def verdict_on(name, answer):
            return judge(self._exercises[name], answer, limit=1.0, clock=process_time)  # a busy machine fails no test

        ids = [f"{exercise.name}: {words}" for exercise, words, _ in self._wrong]

        @pytest.mark.parametrize(("exercise", "words", "answer"), self._wrong, ids=ids)
        def gets_message(exercise, words, answer):
            verdict = verdict_on(exercise.name, answer)
            assert verdict.status == FAILED
            assert words in verdict.likely, verdict_text(verdict)
            assert verdict.seen != verdict.expected or "changes its input" in verdict.likely
            assert "Traceback" not in verdict_html(verdict)

        @pytest.mark.parametrize("exercise", self._exercises.values(), ids=self._exercises)
        def has_four_messages(exercise):
            wrong = [answer for other, _, answer in self._wrong if other is exercise]
            assert len({verdict_on(exercise.name, answer).likely for answer in wrong}) >= 4
            assert exercise.name in dir(check)

        return passes, gets_message, has_four_messages
