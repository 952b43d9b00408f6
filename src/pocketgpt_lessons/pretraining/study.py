"""The lesson's experiments over several seeds, for the reference bands of its figures.

To write data/evidence/02.json, in about 15 minutes on two cores:

    python -m pocketgpt_lessons 02
"""

from collections.abc import Sequence

import numpy as np

from pocketgpt.evaluation import exam
from pocketgpt.world import Tables
from pocketgpt_lessons.evidence import band, by_setting, curve, spread
from pocketgpt_lessons.pretraining.experiments import NEWCOMER, SIZES, meet
from pocketgpt_lessons.small_world import LIVE, live_corpus, live_run, small_tables


def smooth(losses: Sequence[float], window: int = 20) -> list[float]:
    """Running mean over up to `window` steps back, as a curve is read by eye.

    >>> smooth([4.0, 2.0, 0.0], window=2)
    [4.0, 3.0, 1.0]
    """
    sums = np.cumsum([0.0, *losses])
    return [float((sums[i] - sums[max(0, i - window)]) / min(i, window)) for i in range(1, len(sums))]


def predict_loss(sizes: Sequence[int], losses: Sequence[float], size: int) -> float:
    """Loss of a model with `size` parameters, from the straight line through two smaller ones on log-log paper.

    >>> round(predict_loss([100, 1000], [4.0, 2.0], 10_000), 6)
    1.0
    """
    slope, offset = np.polyfit(np.log(sizes), np.log(losses), 1)
    return float(np.exp(offset + slope * np.log(size)))


def study(tables: Tables, seeds: Sequence[int] = (0, 1, 2, 3, 4, 5)) -> dict:
    """Live runs of notebook 02 over several seeds: loss curves, recall by mentions, loss by size."""
    corpus, few = live_corpus(tables), small_tables(tables)
    runs = []
    for seed in seeds:
        for depth in SIZES:
            run = live_run(corpus, seed, depth)
            losses = [metrics.loss for metrics in run]
            result = {"seed": seed, "depth": depth, **run.results()}
            if depth == LIVE.depth:
                result["losses"] = [round(x, 4) for x in losses]
                for split in ("train", "held-out"):
                    recall = exam.recall_by_mentions(run.model, corpus.tokenizer, few, split)
                    result[f"recall {split}"] = recall
                result["known_or_not"] = exam.known_or_not(run.model, corpus.tokenizer, few)
                result["newcomer"] = meet(run, few, NEWCOMER, seed)
            runs.append(result)
            print(f"seed {seed}, depth {depth}: loss {result['val_loss']:.4f} in {result['seconds']:.0f} s", flush=True)
    return {"command": "python -m pocketgpt_lessons 02", "data_hash": corpus.hash, "runs": runs}


def live_runs(found: dict) -> list[dict]:
    """The runs of notebook 02's evidence that equal the live one but for the seed."""
    return [run for run in found["runs"] if run["depth"] == LIVE.depth]


def loss_band(found: dict) -> list[dict]:
    """The reference band of the live loss curve: x in tokens, and the spread of the seeds' running means."""
    curves = [smooth(run["losses"]) for run in live_runs(found)]
    tokens = [step * LIVE.batch_size * LIVE.context for step in range(1, len(curves[0]) + 1)]
    return band([curve(tokens, each) for each in curves])


def pooled_recall(found: dict, split: str) -> list[dict]:
    """Recall by mentions with the seeds' questions added up."""
    return exam.pooled(run[f"recall {split}"] for run in live_runs(found))


def scaling(found: dict, parameters: int) -> tuple[list[dict], dict]:
    """The measured points of the two smaller sizes, and what each pair of their runs predicts for `parameters`."""
    small, middle = ([run for run in found["runs"] if run["depth"] == depth] for depth in SIZES[:2])
    points = by_setting([*small, *middle], "parameters", lambda run: run["val_loss"])
    sizes = [point["x"] for point in points]
    guesses = [predict_loss(sizes, [a["val_loss"], b["val_loss"]], parameters) for a in small for b in middle]
    return points, {"x": parameters} | spread(guesses)


def newcomer_mean(found: dict) -> dict[int, float]:
    """Mean number of right answers about a newcomer, by pages read about them."""
    curves = [run["newcomer"] for run in live_runs(found)]
    return {same[0][0]: float(np.mean([right for _, right, _ in same])) for same in zip(*curves, strict=True)}
