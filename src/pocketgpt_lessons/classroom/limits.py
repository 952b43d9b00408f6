"""Limits that the operating system keeps for us, where it can: memory on Linux, file sizes on Linux and macOS."""

import contextlib
import math
import os
import time
from collections.abc import Iterator
from pathlib import Path

try:
    import resource
except ImportError:  # Windows has none
    resource = None

MEGABYTE = 2**20
_STATM = Path("/proc/self/statm")  # its first number: pages of address space in use


def address_space() -> int | None:
    """Bytes of address space that this process uses; None where the system doesn't say, as on macOS and Windows."""
    try:
        return int(_STATM.read_text(encoding="ascii").split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return None


@contextlib.contextmanager
def little_memory(megabytes: int) -> Iterator[None]:
    """Within it this process may grow by so many megabytes; asking for more is a MemoryError. Linux only.

    Elsewhere nothing is limited. The old limit is back afterwards.
    """
    used = address_space()
    if resource is None or used is None:
        yield
        return
    before = resource.getrlimit(resource.RLIMIT_AS)
    _lower(resource.RLIMIT_AS, used + megabytes * MEGABYTE, before[1])
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def limit_for_good(seconds: float, megabytes: int, file_megabytes: int = 10) -> None:
    """Limit this process until its end: further seconds of computing, growth of memory (Linux), size of its files.

    On Windows nothing is limited.
    """
    if resource is None:
        return
    computed = math.ceil(time.process_time() + seconds)
    _lower(resource.RLIMIT_CPU, computed, computed + 2)  # a signal first, and no mercy for whoever ignores it
    _lower(resource.RLIMIT_FSIZE, file_megabytes * MEGABYTE)
    _lower(resource.RLIMIT_CORE, 0)
    used = address_space()
    if used is not None:
        _lower(resource.RLIMIT_AS, used + megabytes * MEGABYTE)


def _lower(kind: int, value: int, most: int | None = None) -> None:
    """Set a limit, unless a lower one holds already; the process itself may raise it again up to `most`."""
    soft, hard = resource.getrlimit(kind)
    if soft != resource.RLIM_INFINITY:
        value = min(value, soft)
    most = value if most is None else most
    if hard != resource.RLIM_INFINITY:
        most = hard if most == resource.RLIM_INFINITY else min(most, hard)
    with contextlib.suppress(ValueError, OSError):  # a system may refuse
        resource.setrlimit(kind, (value, most))
