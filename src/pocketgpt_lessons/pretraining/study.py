"""The lesson's experiments over several seeds, for the reference bands of its figures.

To write data/evidence/02.json, in about 20 minutes on two cores:

    python -m pocketgpt_lessons 02
"""

from collections.abc import Sequence
from functools import partial

import numpy as np

from pocketgpt.evaluation import exam
from pocketgpt.training.pretrain import Corpus
from pocketgpt.world import Tables
from pocketgpt_lessons import evidence
from pocketgpt_lessons.evidence import band, by_setting, curve, kept, save, spread
from pocketgpt_lessons.pretraining.experiments import NEWCOMER, SIZES, meet
from pocketgpt_lessons.pretraining.rungs import RUNGS, build, loss_on_new_pages, train_rung
from pocketgpt_lessons.small_world import LIVE, live_corpus, live_run, small_tables

RUNG_SEEDS = 5


def predict_loss(sizes: Sequence[int], losses: Sequence[float], size: int) -> float:
    """Loss of a model with `size` parameters, from the straight line through two smaller ones on log-log paper.

    >>> round(predict_loss([100, 1000], [4.0, 2.0], 10_000), 6)
    1.0
    """
    slope, offset = np.polyfit(np.log(sizes), np.log(losses), 1)
    return float(np.exp(offset + slope * np.log(size)))


def study(tables: Tables, seeds: Sequence[int] = (0, 1, 2, 3, 4, 5)) -> dict:
    """Live runs of notebook 02 over several seeds: loss curves, recall by mentions, loss by size; and the five rungs.

    What a stopped study left of the same pages is kept, and only what is missing is trained.
    """
    corpus, few = live_corpus(tables), small_tables(tables)
    found = {"command": "python -m pocketgpt_lessons 02", "data_hash": corpus.hash}
    runs = kept("02", **found)
    plan = [(partial(size_run, corpus, few), "depth", depth, seeds) for depth in SIZES]
    plan += [(partial(rung_run, corpus), "rung", rung, seeds[:RUNG_SEEDS]) for rung in RUNGS]
    for measure, key, value, chosen in plan:
        for seed in chosen:
            if not any(run["seed"] == seed and run.get(key) == value for run in runs):
                runs.append(measure(seed, value))
                save("02", found | {"runs": runs})
                print(f"seed {seed}, {key} {value}: loss {runs[-1]['val_loss']:.4f}", flush=True)
    return found | {"runs": runs}


def size_run(corpus: Corpus, few: Tables, seed: int, depth: int) -> dict:
    """A live run with one seed and depth; of the live notebook's own depth also what it learned."""
    run = live_run(corpus, seed, depth)
    losses = [metrics.loss for metrics in run]
    result = {"seed": seed, "depth": depth, **run.results()}
    if depth == LIVE.depth:
        result["losses"] = [round(x, 4) for x in losses]
        for split in ("train", "held-out"):
            result[f"recall {split}"] = exam.recall_by_mentions(run.model, corpus.tokenizer, few, split)
        result["known_or_not"] = exam.known_or_not(run.model, corpus.tokenizer, few)
        result["newcomer"] = meet(run, few, NEWCOMER, seed)
    return result


def rung_run(corpus: Corpus, seed: int, rung: str) -> dict:
    """The loss on new pages of one rung's model."""
    model = build(rung, seed)
    for _ in train_rung(model, corpus, seed):
        pass
    return {"seed": seed, "rung": rung, "val_loss": round(loss_on_new_pages(model, corpus), 4)}


def live_runs(found: dict) -> list[dict]:
    """The runs of notebook 02's evidence that equal the live one but for the seed."""
    return [run for run in found["runs"] if run.get("depth") == LIVE.depth]


def loss_band(found: dict) -> list[dict]:
    """The reference band of the live loss curve, x in tokens."""
    return evidence.loss_band([run["losses"] for run in live_runs(found)], LIVE.batch_size * LIVE.context)


def rung_losses(found: dict) -> dict[str, dict]:
    """Mean, lowest and highest loss of each rung over the seeds, in the order of the rungs."""
    return {rung: spread(run["val_loss"] for run in found["runs"] if run.get("rung") == rung) for rung in RUNGS}


def pooled_recall(found: dict, split: str) -> list[dict]:
    """Recall by mentions with the seeds' questions added up."""
    return exam.pooled(run[f"recall {split}"] for run in live_runs(found))


def scaling(found: dict) -> tuple[list[dict], dict]:
    """The measured points of all three sizes, and what each pair of runs of the two smaller predicts for the third."""
    by_size = [[run for run in found["runs"] if run.get("depth") == depth] for depth in SIZES]
    points = by_setting(sum(by_size, []), "parameters", lambda run: run["val_loss"])
    small, middle, _ = by_size
    *sizes, parameters = [point["x"] for point in points]
    guesses = [predict_loss(sizes, [a["val_loss"], b["val_loss"]], parameters) for a in small for b in middle]
    return points, {"x": parameters} | spread(guesses)


def newcomer_band(found: dict) -> list[dict]:
    """The reference band of right answers about a newcomer, by pages read about them."""
    runs = [run["newcomer"] for run in live_runs(found)]
    return band([curve(*list(zip(*run, strict=True))[:2]) for run in runs], limits=(0, runs[0][0][2]))
