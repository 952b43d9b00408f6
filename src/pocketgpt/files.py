"""Writing files so that a crash or a full disk never leaves half of one; and their lines."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PATIENCE = (0.05, 0.1, 0.2, 0.4)  # seconds between tries to replace a file that is held


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a temporary path beside `path` to write to; afterwards it takes its place, or vanishes on an error."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        yield temporary
        _put(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _put(temporary: Path, path: Path) -> None:
    """Let one file take the other's place. On Windows, somebody who reads the other may hold it for a moment."""
    for seconds in PATIENCE:
        try:
            os.replace(temporary, path)
            return
        except PermissionError:
            time.sleep(seconds)
    os.replace(temporary, path)


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write a text file (UTF-8, LF) as a whole or not at all; half a character (a surrogate) as JSON escapes it."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")


def lines(text: str) -> list[str]:
    r"""The lines of a text file, which end with LF, CR LF or CR alone.

    str.splitlines() also cuts at characters that may stand within a message or a name, such as U+2028 and U+0085.

    >>> lines("one\u2028and\x85a half\r\ntwo\n")
    ['one\u2028and\x85a half', 'two']
    """
    found = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return found if found[-1] else found[:-1]
