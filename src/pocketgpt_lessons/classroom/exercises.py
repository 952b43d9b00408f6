"""The machinery of exercise checks: an `Exercise` as data, and `judge`, which tries a function on it.

A learner is compared with `truth`, which is computed apart from their code. To name the likely mistake, each exercise
brings wrong answers that are known to be common; a learner whose results equal those of one gets its message.
"""

import copy
import dataclasses
import difflib
import dis
import functools
import inspect
import itertools
import numbers
import re
import sys
from collections.abc import Callable, Iterable
from time import monotonic
from types import CodeType

from pocketgpt_lessons.classroom import progress, sandbox
from pocketgpt_lessons.classroom.answer_values import (
    TOLERANCE,
    Items,
    Misread,
    finite,
    matrix,
    named,
    pair_list,
    plain,
    same,
    settled,
    show,
    tolerance_of,
    vector,
)
from pocketgpt_lessons.classroom.markup import show as display
from pocketgpt_lessons.classroom.verdicts import (
    FAILED,
    NOT_ATTEMPTED,
    PASSED,
    Verdict,
    error_advice,
    verdict_html,
    verdict_text,
)

_CHANGED = "your function changes its input"
CANT_STOP = " It couldn't be stopped: restart the kernel before you go on."


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
    builds_on: tuple[str, ...] = ()  # names of the learner's earlier functions that an answer may call
    on_the_way: Callable[..., str] | None = None  # what a step in between gives for such arguments, in a few words
    aftermath: Callable[[tuple, tuple], str] | None = None
    """What is wrong with the arguments after a call with the right result, given those before and after; "" if all is
    well: for functions that must change what they are given."""


@dataclasses.dataclass(frozen=True, eq=False)  # tensors have no plain equality
class _Attempt:
    args: tuple
    expected: object
    kind: str  # "value", "nothing", "misread", "error" or "timeout"
    value: object = None  # the plain value
    seen: str = ""
    advice: str = ""  # of a misread: which form is asked for
    tolerance: float = TOLERANCE
    ran: sandbox.Ran = sandbox.Ran()
    copy: str = ""  # how to copy the input that was changed; "" if none was
    aftermath: str = ""  # what is wrong with the arguments after the call; "" unless the result is right

    @property
    def right(self) -> bool:
        return self.kind == "value" and same(self.value, self.expected, self.tolerance)


def judge(
    exercise: Exercise, fn: object, limit: float = sandbox.LIMIT, clock: Callable[[], float] = monotonic
) -> Verdict:
    """Try `fn` on all cases, for at most `limit` seconds of `clock` together, and say what is wrong; raises nothing."""
    problem = _call_problem(exercise, fn)
    if problem:
        return Verdict(exercise.name, FAILED, likely=problem, hint=exercise.task)
    _load_optimizers(fn)
    # The truths come first: an answer may change what they are computed with.
    truths = [exercise.read(exercise.truth(*copy.deepcopy(args))) for args in exercise.cases]
    attempts = []
    for args, truth in zip(exercise.cases, truths, strict=True):
        left = limit - sum(done.ran.seconds for done in attempts)
        attempts.append(_attempt(exercise, fn, args, truth, left, clock))
        if attempts[-1].kind == "timeout":
            break
    if _is_stub(fn, attempts[0]):
        return Verdict(exercise.name, NOT_ATTEMPTED, likely=exercise.task)
    bad = next((tried for tried in attempts if not tried.right), None)
    bad = bad or next((tried for tried in attempts if tried.copy or tried.aftermath), None)
    if bad is None:
        likely = f"All {len(attempts)} cases agree. {exercise.praise}"
        return Verdict(exercise.name, PASSED, likely=likely, printed=attempts[0].ran.printed)
    likely = _likely(exercise, attempts, bad, fn)
    if not likely:
        bad, likely = _vague(exercise, attempts)
    if bad.copy and _CHANGED not in likely:
        likely += f" Besides, {_CHANGED}: it should leave that as it is (`{bad.copy}` makes a copy)."
    expected, seen = show(bad.expected), _seen(bad, fn)
    if expected == seen and not bad.right:
        expected, seen = show(bad.expected, digits=9), show(bad.value, digits=9)
    return Verdict(
        exercise.name,
        FAILED,
        case=_call_text(exercise, bad.args),
        expected=expected,
        seen=seen,
        likely=likely,
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
    except Exception:  # some built-in functions have no signature
        pass
    return ""


def _attempt(
    exercise: Exercise,
    fn: Callable,
    args: tuple,
    expected: object,
    limit: float,
    clock: Callable[[], float] = monotonic,
) -> _Attempt:
    given = copy.deepcopy(args)

    ran = sandbox.run(lambda: settled(fn(*given)), max(limit, 0.1), clock)
    if isinstance(ran.error, Misread):
        return _Attempt(args, expected, "misread", seen="a list within itself", advice=str(ran.error), ran=ran)
    if ran.timed_out:
        return _Attempt(args, expected, "timeout", ran=ran)
    if ran.error is not None:
        changed = sandbox.run(lambda: _changed(exercise, given, args)).value
        return _Attempt(args, expected, "error", ran=ran, copy=changed if isinstance(changed, str) else "")
    # In a sandbox of its own: the value may be of a class of the learner's, and `sum` is `sum` again.
    advice = "Return plain numbers, texts, lists or tensors."
    unread = _Attempt(args, expected, "misread", seen=named(ran.value), advice=advice, ran=ran)
    read = sandbox.run(lambda: _read(exercise, unread, given)).value
    return read if isinstance(read, _Attempt) else unread


def _read(exercise: Exercise, unread: _Attempt, given: tuple) -> _Attempt:
    """The attempt, with what can be said of the value that came back, and of the arguments that were given."""
    copied = _changed(exercise, given, unread.args)
    value, fill = unread.ran.value, functools.partial(dataclasses.replace, unread, copy=copied)
    if value is None or value is Ellipsis:
        return fill(kind="nothing", value=value, seen="nothing (None)" if value is None else "...")
    seen = f"{named(value)}, which gives " if isinstance(value, Items) else ""
    try:
        read = exercise.read(value)
    except Misread as problem:
        advice, bare = str(problem), plain(value)
        if isinstance(value, Items) and exercise.read in (vector, matrix, pair_list):
            advice += f" Make a list of it, `list(…)`: {named(value)} can be read only once."
        return fill(value=bare, seen=seen + show(value if isinstance(value, bytes) else bare), advice=advice)
    done = fill(kind="value", value=read, seen=seen + show(read), tolerance=tolerance_of(value))
    if exercise.aftermath is None or not done.right:
        return done
    return dataclasses.replace(done, aftermath=exercise.aftermath(unread.args, given))


def _changed(exercise: Exercise, given: tuple, args: tuple) -> str:
    """How to copy the first input that differs from what it was; "" if none does."""
    names = re.findall(r"\w+", exercise.signature)[1:]
    for name, now, before in zip(names, given, args, strict=True):
        try:
            kept = same(plain(settled(now)), plain(before), 0.0)
        except Misread:  # it contains itself now
            kept = False
        if not kept and hasattr(before, "clone"):
            return f"{name}.clone()"
        if not kept:
            return f"copy.deepcopy({name})" if _nested(before) else f"{type(before).__name__}({name})"
    return ""


def _nested(value: Iterable) -> bool:
    """Whether it holds something that could be changed itself, be it in a tuple in it."""
    items = value.values() if isinstance(value, dict) else value
    return any(isinstance(item, (list, dict, set)) or (isinstance(item, tuple) and _nested(item)) for item in items)


def _load_optimizers(fn: object) -> None:
    """The first optimizer takes seconds to load, which are none of the answer's: let it be made before."""
    names = getattr(_code(fn), "co_names", ())
    if "torch" in sys.modules and _OPTIMIZERS.intersection(names):
        torch = sys.modules["torch"]
        torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0).step()


_OPTIMIZERS = {"optim", "SGD", "Adam", "AdamW"}
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
        return named and isinstance(first.ran.error, NotImplementedError)
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
        what = ": ".join(filter(None, [type(bad.ran.error).__name__, bad.ran.words]))
        return ", in ".join(filter(None, [what, where]))
    return bad.seen


def _likely(exercise: Exercise, attempts: list[_Attempt], bad: _Attempt, fn: Callable) -> str:
    """The sentence on the likely mistake, from the surest sign to the vaguest; "" if there is none."""
    if bad.kind == "timeout":
        return _too_long(bad.ran, _code(fn))
    if bad.aftermath:
        return bad.aftermath
    if bad.right:
        return f"the result is right, but {_CHANGED}: work on a copy (`{bad.copy}`)."
    mistake = _recognised(exercise, attempts, bad)
    if mistake:
        return mistake.message
    if bad.kind == "misread":
        return _one_for_several(attempts, bad) or bad.advice
    if bad.kind == "error":
        return error_advice(bad.ran.error, bad.ran.words, {*exercise.builds_on, "mine"})
    if bad.copy:
        return f"{_CHANGED} while it works: use a copy (`{bad.copy}`), and return the result."
    if bad.kind == "nothing":
        return _no_result(attempts, bad, _code(fn))
    if bad.ran.drew:
        return "your function draws random numbers of its own: the result must follow from what it is given."
    first = attempts[0]
    again = _attempt(exercise, fn, first.args, first.expected, sandbox.LIMIT) if first.kind == "value" else first
    if again is not first and not (again.kind == "value" and same(again.value, first.value)):
        return (
            "your function gives another result when it is called again: a list or dictionary is kept from call to "
            "call (make it inside the function, not outside and not as a parameter's default), or chance plays a part."
        )
    return ""


def _too_long(ran: sandbox.Ran, code: CodeType | None) -> str:
    advice = "one step takes far too long: is something in it without end, or far too large?"
    if sandbox.loops(ran, code):
        advice = "an endless loop: does something in the loop make its condition false, in every case?"
    return advice if ran.stopped else advice + CANT_STOP


def _no_result(attempts: list[_Attempt], bad: _Attempt, code: CodeType | None) -> str:
    """What to say of an answer that came to its end and gave nothing."""
    if bad.value is Ellipsis:
        return "this part isn't written yet: `...` stands for it."
    steps = list(dis.get_instructions(code)) if code else []
    hands_back = any(b.opname == "RETURN_VALUE" and a.opname != "LOAD_CONST" for a, b in itertools.pairwise(steps))
    never = all(tried.kind == "nothing" for tried in attempts)
    if never and bad.ran.printed:
        return "the result is printed, but not handed back: end with `return …`."
    if hands_back or not never:
        return (
            "no value came back in this case: does every path through your function end with `return …`? "
            "(`return x.append(…)` and `return x.sort()` give None, too.)"
        )
    return "the result is worked out but not handed back: end with `return …`."


def _vague(exercise: Exercise, attempts: list[_Attempt]) -> tuple[_Attempt, str]:
    """The case to be shown of an answer with no known mistake, and a sentence that helps to look for it."""
    wrong = [tried for tried in attempts if not tried.right]
    right = len(attempts) - len(wrong)
    constant = all(tried.kind == "value" and same(tried.value, attempts[0].value) for tried in attempts)
    if constant and len(attempts) > 1:
        likely = "your function gives the same result for every input, here at least: does it use its arguments?"
        return wrong[0], likely
    score = f"it is right in {right} of {len(attempts)} cases"
    if right > len(wrong):
        counted = _counted(wrong[0])
        special = f"{score}: what is special about the case above?" + (f" There {counted}" if counted else "")
        return wrong[0], special + _on_the_way(exercise, wrong[0])
    shown = min(
        (tried for tried in wrong if tried.kind == "value"), key=lambda tried: len(_call_text(exercise, tried.args))
    )
    opening = ": ".join(filter(None, [score if right else "", _counted(shown).rstrip(".")])) or "no common one"
    return shown, (
        f"{opening}. The case above is the smallest that fails: work it out by hand, until what is expected comes out, "
        "and compare with your code step by step." + _on_the_way(exercise, shown)
    )


def _on_the_way(exercise: Exercise, tried: _Attempt) -> str:
    """A sentence on what a step in between gives in a case; "" if the exercise has none."""
    return f" On the way: {exercise.on_the_way(*copy.deepcopy(tried.args))}." if exercise.on_the_way else ""


def _one_for_several(attempts: list[_Attempt], bad: _Attempt) -> str:
    """What to say of a single number where always the same number of them is asked for; else ""."""
    asked = [tried.expected for tried in attempts]
    always = all(isinstance(each, tuple) and len(each) == len(asked[0]) for each in asked)
    return _counted(bad) if always and isinstance(bad.value, numbers.Real) else ""


def _counted(tried: _Attempt) -> str:
    """How many numbers came back, where others are asked for; "" if their number is right, or no list is asked for."""
    came, asked = tried.value, tried.expected
    if not isinstance(asked, tuple) or (isinstance(came, tuple) and len(came) == len(asked)):
        return ""
    word = "number" if all(isinstance(item, numbers.Real) for item in asked) else "item"
    size = len(came) if isinstance(came, tuple) else 1
    many = f"{size or 'no'} {word}{'s' * (size > 1)} came back"
    return f"{many}, and {len(asked) or 'none'} {'is' if len(asked) == 1 else 'are'} asked for."


def _recognised(exercise: Exercise, attempts: list[_Attempt], bad: _Attempt) -> Mistake | None:
    """The known mistake that gives the learner's results in all cases, those that are right included.

    Second best is one that does so wherever the learner's function gives a proper result: where it breaks down
    (an exception, no result, an infinity), it may make another mistake on top. Those must be the fewest cases.
    """
    scored = []
    for mistake in exercise.mistakes:
        if not _reproduces(exercise, mistake, bad):  # true of most: the other cases needn't be tried
            continue
        agree = [_reproduces(exercise, mistake, tried) for tried in attempts]
        proper = all(hit or _breaks_down(tried) for hit, tried in zip(agree, attempts, strict=True))
        if proper and 2 * sum(agree) > len(agree):
            scored.append((sum(agree), mistake))
    return max(scored, key=lambda entry: entry[0])[1] if scored else None


def _breaks_down(tried: _Attempt) -> bool:
    if tried.kind == "value":
        return finite(tried.expected) and not finite(tried.value)
    return tried.kind in ("error", "nothing")


def _reproduces(exercise: Exercise, mistake: Mistake, tried: _Attempt) -> bool:
    """Whether the mistake gives what the learner's function gave; of another form than asked for, all of it counts."""
    try:
        value = settled(mistake.answer(*copy.deepcopy(tried.args)))
        read = exercise.read(value)
    except Misread:
        return tried.kind == "misread" and same(tried.value, plain(value), tried.tolerance)
    except Exception as error:
        return tried.kind == "error" and isinstance(tried.ran.error, type(error))
    return tried.kind == "value" and same(tried.value, read, tried.tolerance)


class Checks:
    """`check.NAME(fn)` for every exercise: shows the verdict, and keeps it in the learner's progress.

    The exercises are loaded when the first of them is asked for.
    """

    def __init__(self, load: Callable[[], Iterable[Exercise]]) -> None:
        self._load = load

    @functools.cached_property
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

        def check(*answers: object) -> None:
            notes = [sandbox.ended_before()]
            if len(answers) == 1:
                verdict = judge(exercise, answers[0])
            else:
                advice = f"Give the check your function: `check.{name}({name})`."
                verdict = Verdict(name, NOT_ATTEMPTED, likely=advice)
            if verdict.status != NOT_ATTEMPTED:
                mistake = "" if verdict.passed else verdict.likely
                notes.append(progress.record_check(name, verdict.passed, mistake))
            verdict = dataclasses.replace(verdict, note=" ".join(filter(None, notes)))
            display(verdict_html(verdict), verdict_text(verdict))

        check.__name__, check.__doc__ = name, f"{exercise.signature}: {exercise.task}"
        return check
