"""The experiments behind the notebooks' reference bands: what a notebook runs once, here over several seeds.

    python -m pocketgpt.studies 02 03     # writes data/evidence/02.json and 03.json; no number: all of them

Notebook and study call the same functions with the same settings, so a learner's run is one more draw from
the same urn. Each module here holds one notebook's experiments, and in `study(tables)` all of them over the
seeds.
"""

import json
import sys
from importlib import import_module
from pathlib import Path

from ..errors import PocketError
from ..files import write_text
from ..paths import DATA

EVIDENCE = DATA / "evidence"
MODULES = {
    "00": "internet",
    "01": "tokenization",
    "02": "pretraining",
    "03": "sampling",
    "04": "assistant",
    "05": "honesty",
    "06": "trial_and_error",
    "07": "taste",
}


def evidence(number: str) -> dict:
    """The saved results of a notebook's study."""
    try:
        return json.loads((EVIDENCE / f"{number}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise PocketError(
            f"The evidence of notebook {number} is missing: run python -m pocketgpt.studies {number}."
        ) from None


def save(number: str, found: dict) -> Path:
    """Write a study's results, or what there is of them so far; returns the file."""
    path = EVIDENCE / f"{number}.json"
    write_text(path, json.dumps(found, indent=1) + "\n")
    return path


def kept(number: str, **same: object) -> list[dict]:
    """The runs that a stopped study left, if what it says of itself is the `same`; else none."""
    try:
        found = evidence(number)
    except PocketError:
        return []
    return found.get("runs", []) if all(found.get(key) == value for key, value in same.items()) else []


def main(numbers: list[str]) -> int:
    """Run the studies named, all of them by default, and write their evidence files."""
    from ..world import load_tables

    if unknown := [number for number in numbers if number not in MODULES]:
        print(f"There is no study {unknown[0]!r}; there are: {', '.join(MODULES)}.", file=sys.stderr)
        return 2
    tables = load_tables()
    for number in numbers or MODULES:
        found = import_module(f".{MODULES[number]}", __name__).study(tables)
        print(f"Saved {save(number, found)}")
    return 0
