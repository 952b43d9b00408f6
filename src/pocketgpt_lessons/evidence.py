"""What the notebooks' experiments give over several seeds: kept in files, and put together for reference bands.

Notebook and study call the same functions with the same settings, so a learner's run is one more draw from
the same urn. A lesson's `experiments` has what both call, and its `study(tables)` all of it over the seeds.

A point of a figure is a dict: `x`, `y` and, where known, the ends of an interval around y, `low` and `high`.
"""

import hashlib
import json
import math
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from statistics import fmean, mean, stdev

from pocketgpt.errors import PocketError
from pocketgpt.evaluation import exam
from pocketgpt.evaluation.metrics import wilson
from pocketgpt.files import write_text
from pocketgpt.model import GPT
from pocketgpt.paths import DATA

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


def kept_study(number: str, **same: object) -> dict:
    """All that a stopped study left, if what it says of itself is the `same`; else nothing."""
    try:
        found = evidence_of(number)
    except PocketError:
        return {}
    return found if all(found.get(key) == value for key, value in same.items()) else {}


def kept(number: str, **same: object) -> list[dict]:
    """The runs of `kept_study`."""
    return kept_study(number, **same).get("runs", [])


def parts(runs: Iterable[dict], name: str) -> list:
    """What the runs recorded of a part; some parts have fewer seeds than others.

    >>> parts([{"seed": 0, "sums": 4}, {"seed": 1}], "sums")
    [4]
    """
    return [run[name] for run in runs if name in run]


def fingerprint(model: GPT) -> str:
    """Sixteen characters that change with any of the weights."""
    digest = hashlib.sha256()
    for parameter in (model.head.weight, model.embed.weight, *model.blocks.parameters()):
        digest.update(parameter.detach().numpy().tobytes())
    return digest.hexdigest()[:16]


def spread(values: Iterable[float], scale: float = 1.0) -> dict[str, float]:
    """Mean, lowest and highest, each times `scale`: what was seen, not where a fresh run should lie, as `band` says.

    >>> spread([0.5, 1.0], scale=100)
    {'y': 75.0, 'low': 50.0, 'high': 100.0}
    """
    values = [scale * value for value in values]
    return {"y": fmean(values), "low": min(values), "high": max(values)}


def band(
    curves: Sequence[Sequence[dict]], key: str = "y", scale: float = 1.0, limits: tuple[float, float] | None = None
) -> list[dict]:
    """The mean of several runs' curves at each point, and the ends of a 90% prediction interval, both times `scale`.

    Of fresh runs, 9 in 10 should lie between `low` and `high` at a given x: the lowest and highest of n runs would
    hold (n - 1) in (n + 1) of them, 2 in 3 for five. It is Student's interval, mean ± t·s·√(1 + 1/n), which takes
    runs to be normally distributed. `limits` are the ends of the scale, where the interval is cut off; for
    `scale=100`, which makes percentages of shares, they are 0 and 100. A single run has no interval: both ends are
    its value. x is the mean of the curves' own.

    Source: https://en.wikipedia.org/wiki/Prediction_interval.

    >>> [point] = band([[{"x": 1, "truth": 2.0}], [{"x": 1, "truth": 4.0}], [{"x": 1, "truth": 6.0}]], "truth")
    >>> point["x"], point["y"], round(point["low"], 2), round(point["high"], 2)
    (1, 4.0, -2.74, 10.74)
    """
    least, most = limits or ((0.0, 100.0) if scale == 100 else (-math.inf, math.inf))
    points = []
    for same in zip(*curves, strict=True):
        values = [scale * point[key] for point in same]
        middle, half = fmean(values), half_width(values)
        low, high = max(least, middle - half), min(most, middle + half)
        points.append({"x": mean(point["x"] for point in same), "y": middle, "low": low, "high": high})
    return points


def half_width(values: Sequence[float]) -> float:
    """How far from the mean of the values a new one lies at most in 9 of 10 cases; 0 for a single value.

    >>> round(half_width([2.0, 4.0]), 2)
    10.94
    """
    n = len(values)
    return _T95[min(n - 1, len(_T95)) - 1] * stdev(values) * math.sqrt(1 + 1 / n) if n > 1 else 0.0


# Student's t that 95% lie below, for 1, 2, 3, … degrees of freedom; for more than these the last is a little wide.
_T95 = (6.314, 2.920, 2.353, 2.132, 2.015, 1.943, 1.895, 1.860, 1.833, 1.812, 1.796, 1.782, 1.771, 1.761, 1.753)


def curve(x: Iterable[float], y: Iterable[float]) -> list[dict]:
    """Points of two columns.

    >>> curve([1, 2], [4.0, 3.0])
    [{'x': 1, 'y': 4.0}, {'x': 2, 'y': 3.0}]
    """
    return [{"x": at, "y": value} for at, value in zip(x, y, strict=True)]


def by_setting(runs: Iterable[dict], key: str, value: Callable[[dict], float], scale: float = 1.0) -> list[dict]:
    """The spread of a value of the runs by one of their settings, in the order of that setting.

    >>> runs = [{"size": 9, "loss": 2.0}, {"size": 3, "loss": 4.0}, {"size": 9, "loss": 3.0}]
    >>> by_setting(runs, "size", lambda run: run["loss"])[1]
    {'x': 9, 'y': 2.5, 'low': 2.0, 'high': 3.0}
    """
    groups: dict[float, list[float]] = {}
    for run in runs:
        groups.setdefault(run[key], []).append(value(run))
    return [{"x": x} | spread(values, scale) for x, values in sorted(groups.items())]


def percentages(counted: Sequence[dict]) -> list[dict]:
    """Counts of right answers as points: percent, with their 95% Wilson interval.

    >>> [point] = percentages([{"x": 4, "right": 9, "n": 10}])
    >>> point["y"], round(point["low"]), round(point["high"])
    (90.0, 60, 98)
    """
    points = []
    for each in counted:
        low, high = wilson(each["right"], each["n"])
        points.append({"x": each["x"], "y": 100 * each["right"] / each["n"], "low": 100 * low, "high": 100 * high})
    return points


def pooled(counted: Sequence[Sequence[dict]]) -> list[dict]:
    """Right answers of several seeds added up at each x, in percent with their 95% Wilson interval."""
    return percentages(exam.pooled(counted))
