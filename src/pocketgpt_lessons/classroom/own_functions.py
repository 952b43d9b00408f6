"""A learner's own functions in a real run: those that pass their checks, and ours in place of the others."""

from collections.abc import Callable, Iterable, Mapping
from types import SimpleNamespace

from pocketgpt.errors import PocketError
from pocketgpt_lessons.classroom.exercises import Exercise, judge


def passing(
    exercises: Iterable[Exercise], *functions: Callable, ours: Mapping[str, Callable] | None = None, **named: Callable
) -> SimpleNamespace:
    """The functions by name, each the learner's if it passes its check, else ours; `told` says which.

    A function's name is its own, or the keyword that it is given by. Ours is the exercise's truth, or what `ours`
    holds under its name, such as one that takes tensors. PocketError for a function whose name is that of no exercise.
    """
    known = {exercise.name: exercise for exercise in exercises}
    used: dict[str, Callable] = {}
    right, wrong = [], []
    for name, function in [*((getattr(function, "__name__", ""), function) for function in functions), *named.items()]:
        if name not in known:
            raise PocketError(f"Give functions with the names of exercises ({', '.join(known)}), not {name!r}.")
        passed = judge(known[name], function).passed
        used[name] = function if passed else (ours or {}).get(name, known[name].truth)
        (right if passed else wrong).append(name)
    told = f"Yours: {', '.join(right) or 'none yet'}."
    told += f" Ours, until yours pass: {', '.join(wrong)}." if wrong else ""
    return SimpleNamespace(**used, told=told)
