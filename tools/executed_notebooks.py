"""Executed notebooks, kept in build/executed, so that no notebook is run twice while nothing has changed.

The notebooks' test leaves its runs here, and the book takes them. A run is valid as long as the notebook, the
code and data that it can read, and the pinned versions are those that it was made with.
"""

import hashlib
import re
from pathlib import Path

import nbformat
from notebook_runner import REPOSITORY, Run, execute, problems

from pocketgpt.files import write_text

EXECUTED = REPOSITORY / "build" / "executed"
NOTE = "pocketgpt_run"  # metadata of a kept notebook: the fingerprint it was made from, seconds and memory


def files_read(text: str, root: Path = REPOSITORY) -> list[Path]:
    """What a notebook with this text can read, in a fixed order.

    All of src and data, less the lessons and the evidence that it doesn't name: they belong to other notebooks,
    and no lesson imports another one.
    """
    files = [*(root / "src").rglob("*.py"), *(root / "data").rglob("*.*"), root / "requirements.lock"]
    return [path for path in sorted(files) if path.is_file() and is_read(path, text, root)]


def is_read(path: Path, text: str, root: Path) -> bool:
    """Whether a notebook with this text can read a file of src or data."""
    if path.is_relative_to(root / "data" / "own"):
        return False
    if path.parent == root / "data" / "evidence":
        number = path.stem.split("_")[0]  # of "08_tunes", too
        return f'"{number}\\"' in text  # a string in a notebook's file, where quotation marks are escaped
    if (path.parent / "study.py").exists():
        return bool(re.search(rf"pocketgpt_lessons(\.| import .*\b){path.parent.name}\b", text))
    return True


def fingerprint(path: Path, root: Path = REPOSITORY) -> str:
    """A hash over a notebook and what it can read; the same on each system."""
    digest = hashlib.sha256(path.read_bytes())
    for file in files_read(path.read_text(encoding="utf-8"), root):
        digest.update(file.relative_to(root).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def keep(path: Path, run: Run, made_from: str, folder: Path = EXECUTED) -> None:
    """Keep the run of a notebook, unless something is wrong with it: then the next one runs it again.

    `made_from` is the notebook's fingerprint when the run began.
    """
    if problems(run.notebook):
        return
    run.notebook.metadata.pop("widgets", None)
    run.notebook.metadata[NOTE] = {"made_from": made_from, "seconds": run.seconds, "peak_mb": run.peak_mb}
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / path.name, nbformat.writes(run.notebook) + "\n")


def kept(path: Path, folder: Path = EXECUTED) -> Run | None:
    """The run that was kept of a notebook; None if there is none, or something has changed since."""
    file = folder / path.name
    if not file.exists():
        return None
    try:
        notebook = nbformat.read(file, as_version=4)
    except (OSError, ValueError):  # half of a file, from an earlier version of this program
        return None
    note = notebook.metadata.pop(NOTE, {})
    if note.get("made_from") != fingerprint(path):
        return None
    return Run(path.stem, notebook, note["seconds"], note["peak_mb"])


def run_and_keep(path: Path, folder: Path = EXECUTED) -> Run:
    """Execute a notebook now."""
    made_from = fingerprint(path)
    run = execute(path)
    keep(path, run, made_from, folder)
    return run
