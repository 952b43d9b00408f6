"""The experiments behind the notebooks' reference bands: what a notebook runs once, here over several seeds.

    python -m pocketgpt_lessons 02 03     # writes data/evidence/02.json and 03.json; no number: all of them

Notebook and study call the same functions with the same settings, so a learner's run is one more draw from
the same urn. A lesson's `experiments` has what both call, and its `study(tables)` all of it over the seeds.
"""

import hashlib
import json
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from statistics import fmean

from pocketgpt.errors import PocketError
from pocketgpt.evaluation.metrics import wilson
from pocketgpt.files import write_text
from pocketgpt.model import GPT
from pocketgpt.paths import DATA
from pocketgpt_lessons import LESSONS

EVIDENCE = DATA / "evidence"


def evidence_of(number: str) -> dict:
    """The saved results of a notebook's study."""
    try:
        return json.loads((EVIDENCE / f"{number}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise PocketError(
            f"The evidence of notebook {number} is missing: run python -m pocketgpt_lessons {number}."
        ) from None


def save(number: str, found: dict) -> Path:
    """Write a study's results, or what there is of them so far; returns the file."""
    path = EVIDENCE / f"{number}.json"
    write_text(path, json.dumps(found, indent=1) + "\n")
    return path


def kept(number: str, **same: object) -> list[dict]:
    """The runs that a stopped study left, if what it says of itself is the `same`; else none."""
    try:
        found = evidence_of(number)
    except PocketError:
        return []
    return found.get("runs", []) if all(found.get(key) == value for key, value in same.items()) else []


def main(numbers: list[str]) -> int:
    """Run the studies named, all of them by default, and write their evidence files."""
    from pocketgpt.world import load_tables

    if unknown := [number for number in numbers if number not in LESSONS]:
        print(f"There is no study {unknown[0]!r}; there are: {', '.join(LESSONS)}.", file=sys.stderr)
        return 2
    tables = load_tables()
    for number in numbers or LESSONS:
        found = import_module(f"pocketgpt_lessons.{LESSONS[number]}.study").study(tables)
        print(f"Saved {save(number, found)}")
    return 0


def percentages(counted: Sequence[dict]) -> list[dict]:
    """Counts of right answers as points of a figure: percent, with their 95% Wilson interval.

    >>> [point] = percentages([{"x": 4, "right": 9, "n": 10}])
    >>> point["y"], round(point["low"]), round(point["high"])
    (90.0, 60, 98)
    """
    return [
        {"x": c["x"], "y": 100 * c["right"] / c["n"]}
        | dict(zip(("low", "high"), (100 * end for end in wilson(c["right"], c["n"])), strict=True))
        for c in counted
    ]


def fingerprint(model: GPT) -> str:
    """Sixteen characters that change with any of the weights."""
    digest = hashlib.sha256()
    for parameter in model.parameters():
        digest.update(parameter.detach().numpy().tobytes())
    return digest.hexdigest()[:16]


# --- Over the seeds -----------------------------------------------------------------------------------------


def band(curves: Sequence[Sequence[dict]], key: str = "y", scale: float = 1.0) -> list[dict]:
    """Mean, lowest and highest of several curves at each x.

    >>> band([[{"x": 1, "y": 2}], [{"x": 1, "y": 4}]])
    [{'x': 1, 'y': 3.0, 'low': 2.0, 'high': 4.0}]
    """
    points = []
    for same in zip(*curves, strict=True):
        values = [scale * point[key] for point in same]
        points.append({"x": same[0]["x"], "y": fmean(values), "low": min(values), "high": max(values)})
    return points


def pooled(counted: Sequence[Sequence[dict]]) -> list[dict]:
    """Right answers of several seeds added up at each x, in percent with their 95% Wilson interval."""
    points = []
    for same in zip(*counted, strict=True):
        right, n = sum(point["right"] for point in same), sum(point["n"] for point in same)
        low, high = wilson(right, n)
        points.append({"x": same[0]["x"], "y": 100 * right / n, "low": 100 * low, "high": 100 * high})
    return points
