"""Commands on foreign terminals: other code pages, arguments that aren't UTF-8, readers that go away."""

import io
import os
import subprocess
import sys

import pytest

from pocketgpt import console
from pocketgpt.errors import PocketError

FOREIGN = "47 + 35 → 82 ✓ \udcff é"


def streams(monkeypatch, encoding: str, typed: bytes = b"") -> io.BytesIO:
    """Make pipes of this encoding of the program's streams; what is written to it can be read from the result."""
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding=encoding, write_through=True))
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(written, encoding=encoding, write_through=True))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(typed), encoding=encoding))
    return written


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "cp437", "utf-8"])
def test_any_text_can_be_written_to_any_terminal(monkeypatch, encoding):
    written = streams(monkeypatch, encoding)
    assert console.run(lambda: print(FOREIGN) or 0) == 0
    assert written.getvalue().startswith(b"47 + 35 ") and b"82" in written.getvalue()

    def mistaken() -> int:
        raise PocketError(f"{FOREIGN} is no name.")

    assert console.run(mistaken) == 2 and b"is no name." in written.getvalue()


def test_what_is_typed_in_another_encoding_can_be_read(monkeypatch):
    streams(monkeypatch, "utf-8", typed=b"Gr\xfc\xdfe\n")
    assert console.run(lambda: len(input())) == 5


@pytest.mark.parametrize(
    ("error", "told", "code"),
    [
        (PocketError("Give a name."), "Give a name.", 2),
        (PermissionError(13, "Permission denied", "/x"), "Permission denied: '/x': check", 2),
        (OSError(28, "No space left on device"), "space that is left", 2),
        (MemoryError(), "too little memory", 2),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), "too little memory", 2),
        (KeyboardInterrupt(), "Stopped.", 130),
        (BrokenPipeError(), "", 0),
    ],
)
def test_what_a_user_can_mend_is_one_sentence(capsys, error, told, code):
    def failing() -> int:
        raise error

    assert console.run(failing) == code
    said = capsys.readouterr().err
    assert told in said and said.count("\n") == bool(told)


def test_our_own_faults_stay_visible():
    def faulty() -> int:
        raise RuntimeError("shapes don't fit")

    with pytest.raises(RuntimeError):
        console.run(faulty)


@pytest.mark.slow
@pytest.mark.parametrize("command", ["pocketgpt generate Hi --model /nowhere/", "pocketgpt_lessons 9"])
def test_commands_of_both_packages_take_any_argument_on_any_code_page(command):
    """The arrow isn't in the code page; \\udcff stands for a byte that isn't UTF-8, which Windows has none of."""
    words = (command + ("→" if sys.platform == "win32" else "→\udcff")).split()
    environment = os.environ | {"PYTHONIOENCODING": "cp1252"}
    done = subprocess.run([sys.executable, "-m", *words], env=environment, capture_output=True)
    assert done.returncode == 2 and done.stderr.count(b"\n") == 1 and b"Traceback" not in done.stderr
