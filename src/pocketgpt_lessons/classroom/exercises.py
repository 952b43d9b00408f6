"""The machinery of exercise checks: an `Exercise` as data, and `judge`, which tries a function on it.

A learner is compared with `truth`, which is computed apart from their code. To name the likely mistake, each exercise
brings wrong answers that are known to be common; a learner whose results equal those of one gets its message.
"""

import copy
import dataclasses
import difflib
import dis
import inspect
from collections.abc import Callable, Iterable
from functools import cached_property

from pocketgpt_lessons.classroom import progress, sandbox
from pocketgpt_lessons.classroom.answer_values import Misread, plain, same, show
from pocketgpt_lessons.classroom.markup import show as display
from pocketgpt_lessons.classroom.verdicts import FAILED, NOT_ATTEMPTED, PASSED, Verdict, verdict_html, verdict_text


@dataclasses.dataclass(frozen=True)
class Mistake:
    """A common wrong answer: what to say about it, and a function that makes it."""

    message: str
    answer: Callable


@dataclasses.dataclass(frozen=True)
class Exercise:
    """One exercise: what is asked, the truth, the inputs on which it is tried, and the common mistakes."""

    name: str  # check.<name>, and the name of the learner's function
    signature: str  # such as "merge(ids, pair, new_id)"
    task: str  # one sentence; the notebook's text and the check agree on it
    truth: Callable
    cases: tuple[tuple, ...]  # the arguments of each call, the smallest first
    read: Callable[[object], object]  # from answer_values.py: any correct design → a plain value
    mistakes: tuple[Mistake, ...]
    hint: str
    praise: str  # one sentence once it is right


@dataclasses.dataclass(frozen=True, eq=False)  # tensors have no plain equality
class _Attempt:
    args: tuple
    expected: object
    kind: str  # "value", "nothing", "misread", "error" or "timeout"
    value: object = None  # the plain value; for a misread its sentence; for an error its type
    seen: str = ""
    ran: sandbox.Ran = sandbox.Ran()
    mutated: bool = False

    @property
    def right(self) -> bool:
        return self.kind == "value" and same(self.value, self.expected)


_ERRORS = (  # the first that fits the exception names the likely mistake
    (NameError, "a name is used that doesn't exist there: look for a typing error, or for a variable set elsewhere."),
    (IndexError, "an index goes past the end: mind the last position, and very short input."),
    (KeyError, "a dictionary is asked for a key that it hasn't got yet: `counts.get(key, 0)` has a default."),
    (ZeroDivisionError, "something is divided by a sum or a length that can be zero."),
    (OverflowError, "a number grows beyond what a float can hold."),
    (RecursionError, "the function calls itself without end."),
    (TypeError, "a value has another type than that line expects."),
    (AttributeError, "a value has another type than that line expects."),
    (RuntimeError, "shapes or types of tensors don't fit: print their `.shape` just above that line."),
)


def judge(exercise: Exercise, fn: object, limit: float = sandbox.LIMIT) -> Verdict:
    """Try `fn` on all cases, for at most `limit` seconds together, and say what is wrong; raises nothing."""
    problem = _call_problem(exercise, fn)
    if problem:
        return Verdict(exercise.name, FAILED, likely=problem, hint=exercise.task)
    attempts = []
    for args in exercise.cases:
        attempts.append(_attempt(exercise, fn, args, limit - sum(done.ran.seconds for done in attempts)))
        if attempts[-1].kind == "timeout":
            break
    if _is_stub(fn, attempts[0]):
        return Verdict(exercise.name, NOT_ATTEMPTED, likely=exercise.task)
    bad = next((tried for tried in attempts if not tried.right), None)
    bad = bad or next((tried for tried in attempts if tried.mutated), None)
    if bad is None:
        likely = f"All {len(attempts)} cases agree. {exercise.praise}"
        return Verdict(exercise.name, PASSED, likely=likely, printed=attempts[0].ran.printed)
    return Verdict(
        exercise.name,
        FAILED,
        case=_call_text(exercise, bad.args),
        expected=show(bad.expected),
        seen=_seen(bad, fn),
        likely=_likely(exercise, attempts, bad),
        hint=exercise.hint,
        printed=bad.ran.printed,
    )


def _call_problem(exercise: Exercise, fn: object) -> str:
    """Why the function can't even be called as the exercise calls it; "" if it can."""
    if not callable(fn):
        return f"`check.{exercise.name}` wants the function itself: its name, without brackets after it."
    try:
        inspect.signature(fn).bind(*exercise.cases[0])
    except TypeError:
        return f"the check calls `{exercise.signature}`: give your function those parameters, in that order."
    except ValueError:  # some built-in functions have no signature
        pass
    return ""


def _attempt(exercise: Exercise, fn: Callable, args: tuple, limit: float) -> _Attempt:
    given = copy.deepcopy(args)
    expected = exercise.read(exercise.truth(*copy.deepcopy(args)))

    def call() -> tuple[str, object, str]:
        value = fn(*given)
        if value is None or value is Ellipsis:
            return "nothing", value, "nothing (None)" if value is None else "..."
        try:  # inside the sandbox too: an answer may be an iterator that runs the learner's code
            read = exercise.read(value)
            return "value", read, show(read)
        except Misread as problem:
            return "misread", str(problem), show(plain(value))

    ran = sandbox.run(call, max(limit, 0.1))
    if ran.timed_out:
        kind, value, seen = "timeout", None, ""
    elif ran.error is not None:
        kind, value, seen = "error", type(ran.error), ""
    else:
        kind, value, seen = ran.value
    return _Attempt(args, expected, kind, value, seen, ran, mutated=not same(plain(given), plain(args), 0.0))


_IDLE = {"RESUME", "NOP", "COPY_FREE_VARS", "LOAD_CONST", "POP_TOP", "RETURN_CONST", "RETURN_VALUE"}


def _code(fn: object):
    return getattr(inspect.unwrap(fn), "__code__", None)


def _is_stub(fn: object, first: _Attempt) -> bool:
    """A body of `...`, `pass` or a docstring only, or one that returns `...` or raises NotImplementedError.

    A function that does something and then returns nothing is no stub: its `return` was forgotten.
    """
    code = _code(fn)
    if first.kind == "error":
        named = "NotImplementedError" in getattr(code, "co_names", ())  # torch raises it too, by itself
        return named and issubclass(first.value, NotImplementedError)
    if first.kind != "nothing":
        return False
    if first.value is Ellipsis:
        return True
    return code is not None and {step.opname for step in dis.get_instructions(code)} <= _IDLE


def _call_text(exercise: Exercise, args: tuple) -> str:
    return f"{exercise.name}({', '.join(map(_argument, args))})"


def _argument(value: object) -> str:
    """As a learner would write it; tensors as their numbers, and sets, whose order is chance, sorted."""
    return repr(value) if isinstance(value, (list, tuple, str, int, float)) else show(plain(value))


def _seen(bad: _Attempt, fn: object) -> str:
    where = sandbox.place(bad.ran, _code(fn))
    if bad.kind == "timeout":
        return ", in ".join(filter(None, [f"still running after {bad.ran.seconds:.0f} seconds", where]))
    if bad.kind == "error":
        words = " ".join(str(bad.ran.error).split())[:200]
        return ", in ".join(filter(None, [f"{bad.value.__name__}{': ' if words else ''}{words}", where]))
    return bad.seen


def _likely(exercise: Exercise, attempts: list[_Attempt], bad: _Attempt) -> str:
    """The sentence on the likely mistake, from the surest sign to the vaguest."""
    if bad.kind == "timeout":
        advice = "" if bad.ran.stopped else " It couldn't be stopped: restart the kernel before you go on."
        return "an endless loop: does something in the loop make its condition false, in every case?" + advice
    if bad.right:
        return "the result is right, but your function changes its input: work on a copy (`list(ids)`)."
    mistake = _recognised(exercise, attempts, bad)
    if mistake:
        return mistake.message
    if bad.kind == "misread":
        return bad.value
    if bad.kind == "error":
        advice = (text for kind, text in _ERRORS if issubclass(bad.value, kind))
        return next(advice, "that line can't do what it is asked.")
    if bad.mutated:
        return "your function changes its input while it works: use a copy, and return the result."
    if bad.kind == "nothing":
        return "the result is worked out but not handed back: end with `return …`."
    return _pattern(attempts)


def _pattern(attempts: list[_Attempt]) -> str:
    right = sum(tried.right for tried in attempts)
    constant = all(tried.kind == "value" and same(tried.value, attempts[0].value) for tried in attempts)
    if constant and len(attempts) > 1:
        return "your function gives the same result for every input: does it use its arguments?"
    if right:
        return f"it is right in {right} of {len(attempts)} cases: what is special about the case above?"
    return "no common one: work the small case above out by hand, and compare step by step."


def _recognised(exercise: Exercise, attempts: list[_Attempt], bad: _Attempt) -> Mistake | None:
    """The known mistake with the learner's results in all failing cases, or in the shown one.

    Yes and no are too few answers to recognise anything by one case, so there all failing cases must agree.
    """
    scored = []
    for mistake in exercise.mistakes:
        agree = [_reproduces(exercise, mistake, tried) for tried in attempts]
        all_bad = all(hit for hit, tried in zip(agree, attempts, strict=True) if not tried.right)
        shown = agree[attempts.index(bad)] and not isinstance(bad.value, bool)
        if all_bad or shown:
            scored.append((all_bad, sum(agree), mistake))
    return max(scored, key=lambda entry: entry[:2])[2] if scored else None


def _reproduces(exercise: Exercise, mistake: Mistake, tried: _Attempt) -> bool:
    try:
        value = exercise.read(mistake.answer(*copy.deepcopy(tried.args)))
    except Misread as problem:
        return tried.kind == "misread" and tried.value == str(problem)
    except Exception as error:
        return tried.kind == "error" and issubclass(tried.value, type(error))
    return tried.kind == "value" and same(tried.value, value)


class Checks:
    """`check.NAME(fn)` for every exercise: shows the verdict, and keeps it in the learner's progress.

    The exercises are loaded when the first of them is asked for.
    """

    def __init__(self, load: Callable[[], Iterable[Exercise]]) -> None:
        self._load = load

    @cached_property
    def _exercises(self) -> dict[str, Exercise]:
        return {exercise.name: exercise for exercise in self._load()}

    def __dir__(self) -> list[str]:
        return [*self._exercises]

    def __getattr__(self, name: str) -> Callable[[object], None]:
        exercise = None if name.startswith("_") else self._exercises.get(name)
        if exercise is None:
            near = difflib.get_close_matches(name, dir(self), n=1)
            advice = f": did you mean {near[0]}?" if near else "."
            raise AttributeError(f"There is no check called {name}{advice}")

        def check(fn: object) -> None:
            verdict = judge(exercise, fn)
            if verdict.status != NOT_ATTEMPTED:
                verdict = dataclasses.replace(verdict, note=progress.record_check(name, verdict.passed))
            display(verdict_html(verdict), verdict_text(verdict))

        check.__name__, check.__doc__ = name, f"{exercise.signature}: {exercise.task}"
        return check
