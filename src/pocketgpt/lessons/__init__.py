"""The parts of a lesson: predictions, quizzes, exercise checks, and the learner's progress."""

from pocketgpt.lessons import (
    checks_00,
    checks_01,
    checks_02,
    checks_03,
    checks_04,
    checks_05,
    checks_06,
    checks_07,
    progress,
)
from pocketgpt.lessons.checking import Checks
from pocketgpt.lessons.predictions import outcome, predict
from pocketgpt.lessons.quizzes import Option, Question, quiz

_MODULES = (checks_00, checks_01, checks_02, checks_03, checks_04, checks_05, checks_06, checks_07)
EXERCISES = sum((module.EXERCISES for module in _MODULES), ())
check = Checks(EXERCISES)

__all__ = ["EXERCISES", "Option", "Question", "check", "outcome", "predict", "progress", "quiz"]
