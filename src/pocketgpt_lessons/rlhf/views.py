"""Figures and tables of notebook 07, each with the sentence that tells what it shows: (picture, alt), as `show` wants.

What is called recorded comes from the study's runs, several seeds in data/evidence/07.json; the rest from the notebook.
"""

from collections.abc import Callable, Mapping, Sequence
from statistics import fmean

import numpy as np
from matplotlib.figure import Figure

from pocketgpt.evaluation.metrics import Score
from pocketgpt.rlhf.best_of_n import best_of_n_kl
from pocketgpt.rlhf.pairs import Pair
from pocketgpt.rlhf.raters import FEATURES, WEIGHTS, Crowd
from pocketgpt_lessons.display.charts import bars_with_intervals, lines_with_intervals
from pocketgpt_lessons.display.html import named_table
from pocketgpt_lessons.evidence import spread
from pocketgpt_lessons.rlhf import experiments
from pocketgpt_lessons.rlhf.own_judge import LOOKS_AT, OwnJudge


def signed(value: float, digits: int = 1) -> str:
    """A number with a true minus sign.

    >>> signed(-0.25, 2), signed(3)
    ('−0.25', '3.0')
    """
    return f"{value:.{digits}f}".replace("-", "−")


def _between(values: Sequence[float]) -> str:
    return f"{signed(min(values))} to {signed(max(values))}"


# --- A judge of one's own -----------------------------------------------------------------------------------


def own_taste(own: OwnJudge, crowd: Crowd, pairs: Sequence[Pair]) -> tuple[str, str]:
    """What the learner's judge pays for, beside judges from as many of the crowd's comparisons each."""
    n = experiments.CLICKS
    sets = [pairs[start : start + n] for start in range(0, n * experiments.SETS, n)]
    others = np.array([experiments.own_judge(each, crowd).weights for each in sets if len(each) == n])
    low, high = np.quantile(others, (0.05, 0.95), axis=0)
    rows = [
        (name, signed(weight), f"{signed(a)} to {signed(b)}")
        for name, weight, a, b in zip(LOOKS_AT, own.weights, low, high, strict=True)
    ]
    head = ("it pays for", "your judge", f"9 of 10 judges of the crowd, {n} comparisons each")
    return named_table(head, rows, "Points of score: what your judge has learned to pay for")


def favourites(score: Callable[[str], float], stories: Sequence[str], n: int = 2) -> list[str]:
    """The `n` best-scored of the stories, no two alike, and the worst one; an empty story is said to be one.

    >>> favourites(len, ["", "ccc", "bb", "ccc"])
    ['ccc', 'bb', '(an empty story)']
    """
    ordered = sorted(dict.fromkeys(stories), key=score, reverse=True)
    return [story or "(an empty story)" for story in (*ordered[:n], ordered[-1])]


# --- The reward model ---------------------------------------------------------------------------------------


def accuracies(runs: Sequence[Mapping], mine: Score, ceiling: float) -> tuple[Figure, str]:
    """How often judges of three kinds name the story that was chosen: recorded, and the notebook's own."""
    clicks, many = experiments.CLICKS, experiments.MANY
    kinds = {
        f"five numbers from {clicks} (mean of {experiments.SETS} judges)": "right own",
        f"GPT from {clicks}": f"right {clicks}",
        f"GPT from {many:,}": f"right {many}",
    }
    bars = {
        f"{name}: recorded": spread((run["judge"][key] / run["judge"]["n"] for run in runs), 100)
        for name, key in kinds.items()
    }
    bars[f"GPT from {many:,}: yours"] = {"y": 100 * mine.share, "low": 100 * mine.low, "high": 100 * mine.high}
    bars["what the crowd's noise allows"] = dict.fromkeys(("y", "low", "high"), 100 * ceiling)
    values, lows, highs = ([bar[part] for bar in bars.values()] for part in ("y", "low", "high"))
    own, few, all_of_it = (f"{bar['y']:.0f}%" for bar in list(bars.values())[:3])
    title = f"From {clicks} comparisons: five numbers {own}, a GPT {few}; from {many:,}: a GPT {all_of_it}"
    unit = f"right (% of unseen choices; recorded: range of {len(runs)} seeds)"
    alt = "; ".join(f"{name}: {bar['y']:.0f}%" for name, bar in bars.items())
    return bars_with_intervals(list(bars), values, lows, highs, title, unit), f"Right about unseen choices: {alt}"


def gains(
    found: Mapping[str, Sequence[float]], rule: Mapping[str, Sequence[float]], runs: Sequence[Mapping]
) -> tuple[Figure, str]:
    """What the notebook's reward model pays for other sentences than one about a thing, and what the rule would."""
    means, halves = [fmean(each) for each in found.values()], [experiments.half_width(each) for each in found.values()]
    lows, highs = ([m + sign * h for m, h in zip(means, halves, strict=True)] for sign in (-1, 1))
    names = [f"{name} (rule: {signed(fmean(each))})" for name, each in rule.items()]
    last = list(found)[-1]
    title = f"Against a sentence about a thing, {last} get {signed(means[-1])} points of score, by the rule "
    title += signed(fmean(rule[last]))
    unit = f"change of the score (points; bars: 95% intervals over {len(found[last])} stories)"
    told = [
        f"{name}: {signed(mean, 2)}, recorded {_between([run['gains'][key] for run in runs])}"
        for name, key, mean in zip(names, found, means, strict=True)
    ]
    return bars_with_intervals(names, means, lows, highs, title, unit), "; ".join(told)


# --- Pleasing it --------------------------------------------------------------------------------------------


def chosen(points: Sequence[Mapping], stories: int) -> tuple[Figure, str]:
    """Score and true score of the best of n of the notebook's stories, by √KL."""
    series = {
        name: [{"x": best_of_n_kl(point["n"]) ** 0.5, "y": point[key]} for point in points]
        for name, key in (("score", "score"), ("true score", "truth"))
    }
    title = f"The best of n out of {stories} stories, as your reward model sees it and as the rule does"
    labels = ("√KL from the usual stories, at most (√nats)", "points, mean of many draws")
    told = [f"best of {p['n']}: score {p['score']:.2f}, true {p['truth']:.2f}" for p in (points[0], points[-1])]
    return lines_with_intervals(series, title, *labels), "; ".join(told)


def fallen(runs: Sequence[Mapping], key: str) -> int:
    """In how many runs the true score ends below its peak by more than the 95% interval of the difference."""
    falls = [experiments.fall(run[key]) for run in runs]
    return sum(fall["lost"] > fall["half"] for fall in falls)


def both_ways(runs: Sequence[Mapping]) -> tuple[Figure, str]:
    """Score and true score against √KL, of practice without a leash and of best-of-n: recorded."""
    series, ends = {}, {}
    for name, key in (("score", "score"), ("true score", "truth")):
        for way, kept, square in (("practice", "leash 0", "kl"), ("best-of-n", "best", None)):
            columns = list(zip(*(run[kept] for run in runs), strict=True))
            series[f"{way}: {name}"] = [
                {"x": fmean(max(p[square], 0) ** 0.5 if square else p["x"] for p in column)}
                | spread(p[key] for p in column)
                for column in columns
            ]
            ends[f"{way}: {name}"] = _between([p[key] for p in columns[-1]])
    practice, best = (ends[f"{way}: true score"] for way in ("practice", "best-of-n"))
    title = f"Recorded: practice without a leash ends at a true score of {practice}, best-of-n at {best}"
    labels = ("√KL from the usual stories (√nats; best-of-n: at most)", f"points (bars: range of {len(runs)} seeds)")
    alt = "; ".join(f"{name} ends at {between}" for name, between in ends.items())
    return lines_with_intervals(series, title, *labels), alt


def leashes(runs: Sequence[Mapping], mine: Mapping[float, Sequence[Mapping]]) -> tuple[Figure, str]:
    """The true score over the steps of practice, for each KL weight: recorded, and the learner's own runs on them."""
    series = {}
    for weight in (0.0, *experiments.LEASHES):
        columns = zip(*(run[f"leash {weight:g}"] for run in runs), strict=True)
        series[f"KL weight {weight:g}"] = [{"x": c[0]["x"]} | spread(p["truth"] for p in c) for c in columns]
    for weight, points in mine.items():
        series[f"yours, KL weight {weight:g}"] = [{"x": p["x"], "y": p["truth"]} for p in points]
    free, held = (fallen(runs, f"leash {weight:g}") for weight in (0, experiments.LIVE_LEASH))
    title = f"The true score ends clearly below its peak in {free} of {len(runs)} runs without a leash, "
    title += f"in {held} with KL weight {experiments.LIVE_LEASH} (recorded)"
    labels = ("step", f"true score (points; bars: range of {len(runs)} seeds)")
    ends = "; ".join(f"{name}: {signed(points[-1]['y'])} at the end" for name, points in series.items())
    return lines_with_intervals(series, title, *labels), ends


def methods(runs: Sequence[Mapping]) -> tuple[str, str]:
    """All ways to please, with their distance, score and true score: recorded."""

    def ends(key: str) -> list[dict]:
        return [experiments.ending(run[key]) for run in runs]

    found = {"usual stories": [run["start"] for run in runs]}
    for n in (4, 16, 256):
        bests = [next(p for p in run["best"] if p["n"] == n) for run in runs]
        found[f"best of {n}"] = [best | {"kl": best_of_n_kl(n)} for best in bests]
    for weight in (0.0, *experiments.LEASHES):
        found[f"practice, KL weight {weight:g}"] = ends(f"leash {weight:g}")
    found["practice, KL weight 0, patched reward model"] = ends("patched")
    found["DPO"] = [run["direct"] for run in runs]
    rows = []
    for name, each in found.items():
        truths = [one["truth"] for one in each]
        kl = signed(abs(fmean(one["kl"] for one in each)))
        score = "–" if "patched" in name else signed(fmean(one["score"] for one in each))
        at_most = "at most " if name.startswith("best") else ""
        rows.append((name, f"{at_most}{kl}", score, f"{signed(fmean(truths))} ({_between(truths)})"))
    head = ("way", "KL (nats)", "score", f"true score: mean (lowest to highest) of {len(runs)} seeds")
    return named_table(head, rows, "All ways in one table, recorded")


# --- Whose taste --------------------------------------------------------------------------------------------


def tastes(crowd: Crowd, raters: int = 3) -> tuple[str, str]:
    """The hidden rule's weights, and beside them those of the first raters."""
    rows = [
        (name, signed(WEIGHTS[i]), *(signed(crowd.raters[rater, i]) for rater in range(raters)))
        for i, name in enumerate(FEATURES)
    ]
    head = ("points for", "hidden rule", *(f"rater {rater}" for rater in range(1, raters + 1)))
    return named_table(head, rows, f"The hidden rule, and {raters} of {len(crowd.raters)} raters")
