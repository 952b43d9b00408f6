"""Where things lie: the shipped data, and the learner's own folder. Nothing is created here."""

import os
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_IN_WHEEL = (_PACKAGE / "data").is_dir()

DATA: Path = _PACKAGE / "data" if _IN_WHEEL else _PACKAGE.parents[1] / "data"
"""The folder of shipped tables and checkpoints: inside an installed wheel, or `data/` of a clone."""


def own_folder() -> Path:
    """Return the folder for the learner's own models, notes and progress; whoever writes there creates it.

    It is the environment variable POCKETGPT_OWN if set; else `data/own` of a clone, which git ignores; else,
    for an installed wheel, `pocketgpt-own` in the current folder, where one sees it, as on Colab.
    """
    chosen = os.environ.get("POCKETGPT_OWN")
    if chosen:
        return Path(chosen).expanduser()
    return Path.cwd() / "pocketgpt-own" if _IN_WHEEL else DATA / "own"
