"""Runs a piece of work in a process of its own, so that nothing it does can stop or harm the process that asks.

The process has a time limit, on Linux a memory limit, an empty folder to work in, and nowhere to print to. The time
that counts is that in which it computes, so that a busy machine costs no learner a point; on Windows, and for work that
only waits, it is the time on the clock, of which there is six times as much.
What comes back is JSON in a file, never an object that could run code here. It is a fence, not a prison: the work may
still use the network, read what you may read, and delete what you may delete.
"""

import contextlib
import dataclasses
import json
import multiprocessing
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from pocketgpt_lessons.classroom import limits

SECONDS, MEGABYTES = 10.0, 1024
_PATIENCE = 6  # seconds on the clock for each second of computing
_START_LIMIT = 300.0  # seconds for starting a process and importing PyTorch on a busy machine
_LARGEST = 10**6  # bytes of a result
_SIGXCPU = getattr(signal, "SIGXCPU", None) or 10**6  # Windows has none
_FORKSERVER = "forkserver" in multiprocessing.get_all_start_methods()


@dataclasses.dataclass(frozen=True)
class Came:
    """What came of the work: a result, or one sentence on why there is none."""

    result: Any = None
    trouble: str = ""


def run(
    work: Callable[[Any], Any],
    argument: Any,
    modules: Sequence[str] = (),
    seconds: float = SECONDS,
    megabytes: int = MEGABYTES,
) -> Came:
    """Call `work(argument)` in a new process, and return its result (plain JSON) or why there is none.

    It may compute for so many seconds, and its memory grow by so many megabytes. `work` is a function of a module;
    `modules` are imported before the clock starts.
    """
    context = multiprocessing.get_context("forkserver" if _FORKSERVER else "spawn")
    if _FORKSERVER:  # imported once, by the server whose copies the processes are
        context.set_forkserver_preload([work.__module__, *modules])
    listen, ready = context.Pipe(duplex=False)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        answer = Path(folder) / "answer.json"
        told = (ready, str(answer), work, argument, tuple(modules), seconds, megabytes)
        process = context.Process(target=_child, args=told, daemon=True)
        process.start()
        ready.close()
        try:
            if not _is_ready(listen):
                return Came(trouble="The process for it couldn't be started.")
            process.join(_PATIENCE * seconds)
            if process.is_alive():
                return Came(trouble=f"It was still running after {_PATIENCE * seconds:.0f} seconds, and was stopped.")
            return _read(answer, process.exitcode, seconds)
        finally:
            _end(process)
            listen.close()


def _is_ready(listen) -> bool:
    try:
        return listen.poll(_START_LIMIT) and listen.recv_bytes(8) == b"ready"
    except (EOFError, OSError):
        return False


def _read(answer: Path, exitcode: int | None, seconds: float) -> Came:
    try:
        with open(answer, "rb") as file:
            content = file.read(_LARGEST + 1)
        if len(content) > _LARGEST:
            return Came(trouble="Its result is far too large.")
        return Came(json.loads(content))
    except (OSError, ValueError, RecursionError):
        return Came(trouble=_ending(exitcode, seconds))


def _ending(exitcode: int | None, seconds: float) -> str:
    """Why a process ended without a result, as far as its exit code tells."""
    if exitcode == -_SIGXCPU:
        return f"It was still running after {seconds:.0f} seconds of computing, and was stopped."
    if exitcode is not None and exitcode < 0:
        return "Its process broke down: out of memory, or an error deep inside."
    return "It ended its process without a result, as `os._exit()` does."


def _end(process) -> None:
    """End the process and those that it has started."""
    if _FORKSERVER:
        with contextlib.suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.join(10)


def _child(
    ready, answer: str, work: Callable, argument: Any, modules: tuple[str, ...], seconds: float, megabytes: int
) -> None:
    """The new process."""
    if _FORKSERVER:
        os.setsid()  # so that all that it starts can be ended with it
    _say_nothing()
    folder = Path(answer).parent / "work"
    folder.mkdir()
    os.chdir(folder)
    os.environ["POCKETGPT_OWN"] = str(folder)
    for module in modules:
        import_module(module)
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)
    limits.limit_for_good(seconds, megabytes)
    ready.send_bytes(b"ready")
    ready.close()
    result = json.dumps(work(argument))
    Path(answer).write_text(result, encoding="utf-8")
    os._exit(0)  # whatever threads are left


def _say_nothing() -> None:
    """Nothing is printed, and nothing can be asked for."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
