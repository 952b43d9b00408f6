"""How a command meets the terminal: any character can be written, and what a user can mend is told in one sentence."""

import os
import sys
from collections.abc import Callable
from contextlib import suppress

from pocketgpt.errors import PocketError

MISTAKE, STOPPED = 2, 130  # exit codes; the second is what shells give after Ctrl-C


def accept_any_character() -> None:
    """Let a character that the terminal's or the pipe's encoding lacks become "?", rather than end the program.

    A Windows pipe may be in code page 1252, which has no →; an argument that isn't UTF-8 can't be written as UTF-8.
    """
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # Jupyter's streams take everything as they are
            with suppress(OSError, ValueError):
                stream.reconfigure(errors="replace")


def run(command: Callable[[], int]) -> int:
    """The exit code of a command; a mistake that its user can mend is one sentence on stderr and exit code 2."""
    accept_any_character()
    try:
        code = command()
        sys.stdout.flush()
        return code
    except BrokenPipeError:  # whoever read our output, such as `head`, has gone
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return _tell("Stopped.", STOPPED)
    except PocketError as error:
        return _tell(str(error))
    except OSError as error:
        return _tell(f"{error}: check the name, your permissions and the space that is left.")
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and "alloc" not in str(error):  # what PyTorch says of too little memory
            raise
        return _tell("There is too little memory for this: choose a smaller model, context, batch or vocabulary.")


def _tell(sentence: str, code: int = MISTAKE) -> int:
    print(sentence, file=sys.stderr)
    return code
