"""Runs a learner's function so that nothing it does can stop the notebook.

Endless loops are given up after a few seconds, prints are collected, and any exception is handed back as a
value. The function runs in a thread of this process, not in another process: a function defined in a notebook
cell can't be sent to a new process on Windows. It is no protection from malice: learners run their own code.
"""

import contextlib
import ctypes
import dataclasses
import io
import linecache
import sys
import threading
import time
from collections.abc import Callable
from types import CodeType, FrameType

LIMIT = 5.0  # seconds for all calls of one check together
PRINT_LIMIT = 500  # characters kept of what was printed
_GRACE = 2.0  # seconds in which a thread past its limit must have stopped
_TICK = 0.05  # seconds between two looks at the thread


class _Stop(BaseException):
    """Thrown into a thread past its limit; not an Exception, so that `except Exception` lets it through."""


@dataclasses.dataclass(frozen=True)
class Ran:
    """What came of one call: a value, or an error, or neither because time ran out."""

    value: object = None
    error: BaseException | None = None
    timed_out: bool = False
    stopped: bool = True  # False: past its limit, and it couldn't be ended
    steps: tuple[tuple[CodeType, int], ...] = ()  # code and line where it went wrong, outermost first
    printed: str = ""
    seconds: float = 0.0


class _Collector(io.TextIOBase):
    """A text stream that keeps the first PRINT_LIMIT characters: an endless loop may print gigabytes."""

    def __init__(self) -> None:
        self.text = ""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        room = PRINT_LIMIT - len(self.text)
        if room > 0:
            self.text += text[:room]
        return len(text)


def run(call: Callable[[], object], limit: float = LIMIT) -> Ran:
    """Run `call()` for at most `limit` seconds and say what came of it; raises nothing of the call's own.

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

    thread = threading.Thread(target=work, name="pocketgpt-check", daemon=True)
    printed = _Collector()
    start = time.monotonic()
    steps, timed_out = (), False
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(_Collector()):
        thread.start()
        try:
            while thread.is_alive() and time.monotonic() - start < limit:
                thread.join(_TICK)  # short waits, so that Ctrl-C gets through on Windows
            timed_out = thread.is_alive()
            steps = _frame_steps(sys._current_frames().get(thread.ident)) if timed_out else ()
        finally:
            stopped = _stop(thread)
    seconds = time.monotonic() - start
    if timed_out:
        return Ran(None, None, True, stopped, steps, printed.text, seconds)
    error = box.get("error")
    return Ran(box.get("value"), error, False, True, _error_steps(error), printed.text, seconds)


def _stop(thread: threading.Thread) -> bool:
    """End a thread by an exception thrown into it, again and again: a bare `except:` may catch the first."""
    deadline = time.monotonic() + _GRACE
    while thread.is_alive() and time.monotonic() < deadline:
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
