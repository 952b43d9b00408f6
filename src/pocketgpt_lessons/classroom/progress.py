"""What a learner has done, in one readable file of their own folder; export and reset.

Nothing here ever stops a lesson: a folder that can't be written to, or a damaged file, gives one sentence.
"""

import datetime
import json
import os
import pathlib
import threading

from pocketgpt import paths
from pocketgpt.errors import PocketError
from pocketgpt.files import write_text

KINDS = ("exercises", "predictions", "quizzes", "choices")
_VERSION = 1
_MOST_MISTAKES = 30  # kinds kept of one exercise
_lock = threading.Lock()  # widget callbacks run in a second thread while a cell runs
_memory: dict[str, dict] = {}  # this session's entries, for when the file can't be written
_told: set[str] = set()  # sentences already given in this session


def file() -> pathlib.Path:
    """The progress file; it need not exist."""
    return pathlib.Path(paths.own_folder()) / "progress.json"


def load() -> dict[str, dict]:
    """All entries kept so far: `{"exercises": {name: entry}, "predictions": …, "quizzes": …, "choices": …}`."""
    with _lock:
        return _load()[0]


def recall(kind: str, key: str) -> dict:
    """The entry kept under a key, or an empty one."""
    return load()[kind].get(key, {})


def record(kind: str, key: str, entry: dict) -> str:
    """Keep an entry; returns "" or, once for each trouble, one sentence on why it wasn't kept."""
    with _lock:
        entries, trouble = _load()
        _memory.setdefault(kind, {})[key] = entry
        entries[kind][key] = entry
        try:
            file().parent.mkdir(parents=True, exist_ok=True)
            _write(file(), {"pocketgpt_progress": _VERSION, **entries})
        except OSError:
            trouble = f"Your progress can't be kept: {file().parent} can't be written to. The lesson goes on."
    return _once(trouble)


def record_check(name: str, passed: bool, mistake: str = "") -> str:
    """Keep the result of a check, and how often each mistake was made; an exercise once passed stays passed."""
    before = recall("exercises", name)
    entry = {"passed": passed or before.get("passed", False), "tries": before.get("tries", 0) + 1, "last": _now()}
    mistakes = dict(before.get("mistakes", {}))
    if mistake and (mistake in mistakes or len(mistakes) < _MOST_MISTAKES):
        mistakes[mistake] = mistakes.get(mistake, 0) + 1
    return record("exercises", name, {**entry, "mistakes": mistakes} if mistakes else entry)


def export(path: str | os.PathLike) -> pathlib.Path:
    """Write everything to one JSON file, for a teacher; never over an existing file. Returns its path.

    The file's name is the learner's name in the class report: `progress.export("ada.json")`.
    """
    target = pathlib.Path(path)
    entries = load()
    checks = entries["exercises"].values()
    content = {
        "pocketgpt_progress": _VERSION,
        "exported": _now(),
        "exercises_passed": sum(bool(entry.get("passed")) for entry in checks),
        "quiz_questions_right_at_first": sum(entry.get("right", 0) for entry in entries["quizzes"].values()),
        "predictions_made": sum("guess" in entry for entry in entries["predictions"].values()),
        **entries,
    }
    if target.exists():
        raise PocketError(f"{target} exists already: choose another name, and nothing is lost.")
    if target.suffix.lower() != ".json":
        raise PocketError(f"{target} doesn't end in .json: give a name such as {target.stem or 'ada'}.json.")
    try:
        target.parent.stat()  # a mistyped folder is an error, not to be made
        _write(target, content)
    except OSError as error:
        raise PocketError(f"{target} can't be written: choose a folder that is there and open.") from error
    return target


def reset() -> pathlib.Path | None:
    """Begin anew; the old file is kept beside it. Returns the backup's path, or None if there was nothing."""
    with _lock:
        _memory.clear()
        try:
            return _set_aside("backup") if file().exists() else None
        except OSError as error:
            raise PocketError("Your progress can't be reset: your own folder can't be written to.") from error


def _load() -> tuple[dict[str, dict], str]:
    """Entries, and a sentence if the file was damaged and has been set aside."""
    entries, trouble = {}, ""
    try:
        entries = parse(file().read_text(encoding="utf-8"))
    except FileNotFoundError:
        pass
    except ValueError:
        trouble = _rescue()
    except OSError:
        pass  # record() will say so
    return {kind: {**entries.get(kind, {}), **_memory.get(kind, {})} for kind in KINDS}, trouble


def parse(text: str) -> dict:
    """The content of a progress file; ValueError if it is none of this version."""
    content = json.loads(text)
    if not isinstance(content, dict) or content.get("pocketgpt_progress") != _VERSION:
        raise ValueError("no progress file of this version")
    for kind in KINDS:
        entries = content.get(kind, {})
        if not isinstance(entries, dict) or not all(isinstance(entry, dict) for entry in entries.values()):
            raise ValueError(f"{kind} is no table of entries")
    return content


def _rescue() -> str:
    try:
        kept = _set_aside("damaged")
    except OSError:
        return ""  # the file stays where it is, and record() says that the folder can't be written to
    return f"Your progress file couldn't be read; it is kept as {kept.name}, and a new one is begun."


def _set_aside(word: str) -> pathlib.Path:
    """Rename the progress file to a name not taken, such as progress-backup-2.json."""
    number = 1
    while (target := file().with_name(f"progress-{word}-{number}.json")).exists():
        number += 1
    file().rename(target)
    return target


def _write(path: pathlib.Path, content: dict) -> None:
    """All or nothing: a new file in the same folder takes the place of the old one."""
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def _once(sentence: str) -> str:
    if sentence in _told:
        return ""
    _told.add(sentence)
    return sentence


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
