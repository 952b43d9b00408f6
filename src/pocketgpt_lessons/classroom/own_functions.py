"""A learner's own functions in a real run: those that pass their checks, and ours in place of the others."""

from collections.abc import Callable, Iterable
from types import SimpleNamespace

from pocketgpt.errors import PocketError
from pocketgpt_lessons.classroom.exercises import Exercise, judge


def passing(exercises: Iterable[Exercise], *functions: Callable) -> SimpleNamespace:
    """The functions by name, each the learner's if it passes its check, else the exercise's truth; `told` says which.

    PocketError for a function whose name is that of no exercise.
    """
    known = {exercise.name: exercise for exercise in exercises}
    used, yours, ours = {}, [], []
    for function in functions:
        name = getattr(function, "__name__", "")
        if name not in known:
            raise PocketError(f"Give functions with the names of exercises ({', '.join(known)}), not {name!r}.")
        passed = judge(known[name], function).passed
        used[name] = function if passed else known[name].truth
        (yours if passed else ours).append(name)
    told = f"Yours: {', '.join(yours) or 'none yet'}."
    told += f" Ours, until yours pass: {', '.join(ours)}." if ours else ""
    return SimpleNamespace(**used, told=told)
