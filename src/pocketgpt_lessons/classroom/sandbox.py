"""Runs a learner's function so that nothing it does can stop the notebook.

Endless loops are given up after a few seconds, prints are collected, and any exception is handed back as a
value. On Linux, a function that asks for far too much memory gets a MemoryError.

The function runs in a thread of this process, since it may use whatever the notebook has defined: a new process would
have to be sent all of that, models included, and would cost seconds and another copy of PyTorch in memory. So a single
step without end, such as `sum(itertools.count())`, can't be stopped: it holds all other threads, the stop button
too. In a notebook the kernel then ends itself after a while and starts anew, and the next check says why. What learners
hand in, which must stop nobody else's grading, runs in a process of its own: see `isolation`.

It is no protection from malice: learners run their own code.
"""

import builtins
import contextlib
import ctypes
import dataclasses
import dis
import faulthandler
import io
import linecache
import random
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic
from types import CodeType, FrameType

from pocketgpt import paths
from pocketgpt_lessons.classroom import limits

LIMIT = 5.0  # seconds for all calls of one check together
MEMORY_LIMIT = 2048  # megabytes by which the process may grow
PRINT_LIMIT = 500  # characters kept of what was printed
_GRACE = 2.0  # seconds in which a thread past its limit must have stopped
_TICK = 0.05  # seconds between two looks at the thread
_PATIENCE = 25.0  # seconds past the limit after which a kernel that nothing can reach ends itself
ENDED = (
    "The last time, a single call in a function never came back, such as `sum` over something without end. Nothing can "
    "stop that, so the kernel ended itself. Look for that call before you check again."
)


class _Stop(BaseException):
    """Thrown into a thread past its limit; not an Exception, so that `except Exception` lets it through."""


@dataclasses.dataclass(frozen=True)
class Ran:
    """What came of one call: a value, or an error, or neither because time ran out."""

    value: object = None
    error: BaseException | None = None
    words: str = ""  # of the error
    timed_out: bool = False
    stopped: bool = True  # False: past its limit, and it couldn't be ended
    steps: tuple[tuple[CodeType, int], ...] = ()  # code and line where it went wrong, outermost first
    printed: str = ""
    characters: int = 0  # that were printed in all
    seconds: float = 0.0
    drew: bool = False  # whether it used the random numbers of Python, numpy or torch

    @property
    def nothing(self) -> bool:
        """Whether it came to its end and gave nothing, as a stub does."""
        return self.error is None and not self.timed_out and (self.value is None or self.value is Ellipsis)

    @property
    def failure(self) -> str:
        """The error in a few words; "" if there was none."""
        return f"it stops with {type(self.error).__name__}: {self.words}" if self.error is not None else ""


class _Collector(io.TextIOBase):
    """A text stream that keeps the first PRINT_LIMIT characters: an endless loop may print gigabytes."""

    def __init__(self) -> None:
        self.text, self.characters = "", 0

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        room = PRINT_LIMIT - len(self.text)
        if room > 0:
            self.text += text[:room]
        self.characters += len(text)
        return len(text)


# Learners try things out, and an answer may put something of its own in the place of `math.exp` or `sum`.
_MODULES = ("builtins", "math", "random", "re", "itertools", "functools", "collections", "copy", "operator", "string")
_MODULES += ("statistics", "urllib.parse", "threading", "linecache", "torch", "torch.nn.functional", "numpy")


@contextlib.contextmanager
def _untouched() -> Iterator[list[bool]]:
    """Undo afterwards what the block changes in modules, in the default dtype and in the random states.

    Afterwards the list holds whether random numbers were drawn.
    """
    saved = [(vars(sys.modules[name]), dict(vars(sys.modules[name]))) for name in _MODULES if name in sys.modules]
    numpy, torch = sys.modules.get("numpy"), sys.modules.get("torch")
    depth, states = sys.getrecursionlimit(), _random_states()
    torch_kept = (torch.get_default_dtype(), dict(vars(torch.Tensor))) if torch else ()
    drew: list[bool] = []
    try:
        yield drew
    finally:
        for space, before in saved:  # builtins first; until then no function of theirs may be called
            space.update(before)
        now = _random_states()
        random.setstate(states[0])
        sys.setrecursionlimit(depth)
        if numpy:
            numpy.random.set_state(states[1])
        if torch:
            torch.set_rng_state(states[2])
            torch.set_default_dtype(torch_kept[0])
            _restore_class(torch.Tensor, torch_kept[1])
        drew.append(_moved(states, now))


def _random_states() -> tuple:
    """Of Python, numpy and torch, the last two None where they aren't loaded."""
    numpy, torch = sys.modules.get("numpy"), sys.modules.get("torch")
    numpy_state = numpy.random.get_state() if numpy else None
    return random.getstate(), numpy_state, torch.get_rng_state() if torch else None


def _moved(before: tuple, now: tuple) -> bool:
    """Whether one of the random states of `_random_states` is another now."""
    numpy_before, numpy_now = ((state[1].tolist(), state[2:]) if state else None for state in (before[1], now[1]))
    drew_torch = before[2] is not None and not before[2].equal(now[2])
    return before[0] != now[0] or (before[1] is not None and numpy_before != numpy_now) or drew_torch


def _restore_class(changed: type, before: dict) -> None:
    for name, value in dict(vars(changed)).items():
        if name not in before:
            delattr(changed, name)
        elif value is not before[name]:
            setattr(changed, name, before[name])


def _leave(*_, **__) -> None:
    raise SystemExit("exit")


def _ask(*_, **__) -> None:
    raise EOFError("nobody is there to type")


@contextlib.contextmanager
def _alone() -> Iterator[list[bool]]:
    """Within it nobody can be asked by `input()`, `exit()` can't end the kernel, and memory is limited.

    What comes of it is `_untouched`'s list.
    """
    shell = _shell()  # whose own exit() raises nothing, but stops the kernel
    stdin = sys.stdin
    with _untouched() as drew, limits.little_memory(MEMORY_LIMIT):
        builtins.input, sys.stdin = _ask, io.StringIO()
        for name in {"exit", "quit"} & vars(builtins).keys():
            setattr(builtins, name, _leave)
        if shell:
            shell.ask_exit = _leave
        try:
            yield drew
        finally:
            sys.stdin = stdin
            if shell:
                vars(shell).pop("ask_exit", None)


def _shell():
    """IPython's shell, if it is loaded and has one."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython else None


def _ended_file() -> Path:
    return paths.own_folder() / "ended-check.txt"


def _in_kernel() -> bool:
    """Whether this process is a notebook's kernel, which starts anew when it ends."""
    return hasattr(_shell(), "kernel")


@contextlib.contextmanager
def _last_resort(seconds: float) -> Iterator[None]:
    """End a kernel that is in here for longer, even if a call holds all threads; what it did then is kept in a file."""
    with contextlib.ExitStack() as stack:
        try:
            if _in_kernel():
                _ended_file().parent.mkdir(parents=True, exist_ok=True)
                stack.callback(_ended_file().unlink, missing_ok=True)  # the last thing done, where all went well
                file = stack.enter_context(_ended_file().open("w", encoding="utf-8"))
                faulthandler.dump_traceback_later(seconds, exit=True, file=file)
                stack.callback(faulthandler.cancel_dump_traceback_later)
        except (OSError, RuntimeError):  # a folder that can't be written to, or no threads to watch with
            pass
        yield


def ended_before() -> str:
    """A sentence if a check ended the kernel the last time, told once; else ""."""
    try:
        told = _ended_file().read_text(encoding="utf-8", errors="replace").strip()
        _ended_file().unlink()
    except OSError:
        return ""
    return ENDED if told else ""


def run(call: Callable[[], object], limit: float = LIMIT, clock: Callable[[], float] = monotonic) -> Ran:
    """Run `call()` for at most `limit` seconds of `clock` and say what came of it; raises nothing of the call's own.

    With `time.process_time` as clock, only the seconds count in which this process computes.

    >>> run(lambda: 6 * 7).value
    42
    >>> type(run(lambda: 1 / 0).error).__name__
    'ZeroDivisionError'
    """
    box: dict[str, object] = {}

    def work() -> None:
        try:
            box["value"] = call()
        except _Stop:
            pass
        except BaseException as error:  # also SystemExit: exit() in an exercise must not end the kernel
            box["error"] = error
            box["words"] = _words(error)  # here, since it runs code of the learner's if the error's class is theirs
            traceback.clear_frames(error.__traceback__)  # which hold what the call had made, perhaps all memory

    thread = threading.Thread(target=work, name="pocketgpt-check", daemon=True)
    printed = _Collector()
    start = clock()
    steps, timed_out = (), False
    with (
        _last_resort(limit + _GRACE + _PATIENCE),
        _alone() as drew,
        contextlib.redirect_stdout(printed),
        contextlib.redirect_stderr(_Collector()),
    ):
        thread.start()
        try:
            while thread.is_alive() and clock() - start < limit:
                thread.join(_TICK)  # short waits, so that Ctrl-C gets through on Windows
            timed_out = thread.is_alive()
            steps = _frame_steps(sys._current_frames().get(thread.ident)) if timed_out else ()
        finally:
            stopped = _stop(thread)
    seconds = clock() - start
    text = _writable(printed.text)
    if timed_out:
        return Ran(None, None, "", True, stopped, steps, text, printed.characters, seconds)
    error = box.get("error")
    came = (box.get("value"), error, box.get("words", ""), False, True, _error_steps(error))
    return Ran(*came, text, printed.characters, seconds, any(drew))


def _words(error: BaseException) -> str:
    try:
        return _writable(" ".join(str(error).split()))[:200]
    except BaseException:
        return ""


def _writable(text: str) -> str:
    """The text without halves of characters, which no page and no file can hold."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _stop(thread: threading.Thread) -> bool:
    """End a thread by an exception thrown into it, again and again: a bare `except:` may catch the first."""
    deadline = monotonic() + _GRACE
    while thread.is_alive() and monotonic() < deadline:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(_Stop))
        thread.join(_TICK)
    return not thread.is_alive()


def _frame_steps(frame: FrameType | None) -> tuple[tuple[CodeType, int], ...]:
    steps = []
    while frame is not None:
        steps.insert(0, (frame.f_code, frame.f_lineno))
        frame = frame.f_back
    return tuple(steps)


def _error_steps(error: BaseException | None) -> tuple[tuple[CodeType, int], ...]:
    steps, trace = [], error.__traceback__ if error is not None else None
    while trace is not None:
        steps.append((trace.tb_frame.f_code, trace.tb_lineno))
        trace = trace.tb_next
    return tuple(steps)


def place(ran: Ran, code: CodeType | None) -> str:
    """Where in the learner's own code it went wrong, such as "line 3 of merge: i += 1"; "" when unknown.

    Lines count from the function's `def`, which is line 1. Library code below the learner's is passed over.
    """
    own = [step for step in ran.steps if code is not None and step[0].co_filename == code.co_filename]
    if not own:
        return ""
    where, line = own[-1]
    source = linecache.getline(where.co_filename, line).strip()
    return f"line {line - where.co_firstlineno + 1} of {where.co_name}" + (f": {source}" if source else "")


def loops(ran: Ran, code: CodeType | None) -> bool:
    """Whether a step in the learner's own code, where it stood when time ran out, has a loop in it."""
    own = [where for where, _ in ran.steps if code is not None and where.co_filename == code.co_filename]
    return any("JUMP_BACKWARD" in step.opname for where in own for step in dis.get_instructions(where))
