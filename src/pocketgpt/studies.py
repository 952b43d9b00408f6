"""The experiments behind a notebook's reference bands: what the notebook runs once, here over several seeds.

    python -m pocketgpt.studies 02        # about 15 minutes on two cores; writes data/evidence/02.json

Notebook and study call the same functions with the same settings, so a learner's run is one more draw from
the same urn.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from . import exam
from .errors import PocketError
from .files import write_text
from .paths import DATA
from .pretrain import Corpus, Pretraining, Recipe, prepare, world_corpus
from .world import Tables, WorldConfig, sample_people

EVIDENCE = DATA / "evidence"
LIVE_PEOPLE = 100
LIVE_WORLD = WorldConfig(stories=400, sums=500, spellings=150, forums=300)
LIVE = Recipe(depth=3, batch_size=8, engine="fp32")
SIZES = (1, 2, 3)  # depths of the scaling study; the last one is the live run


def small_tables(tables: Tables) -> Tables:
    """The part of the world that a model can read in a minute: 100 people with the same long tail, 30
    countries, 20 animals.
    """
    some = sample_people(tables, LIVE_PEOPLE, seed=0)
    return replace(some, countries=tables.countries[:30], animals=tables.animals[:20])


def live_corpus(tables: Tables) -> Corpus:
    """The small world's pages as tokens, the same for every run."""
    return world_corpus(small_tables(tables), LIVE_WORLD, seed=0, vocab_size=1024, test_pages=200)


def live_run(corpus: Corpus, seed: int, depth: int = LIVE.depth) -> Pretraining:
    """The run that notebook 02 shows: iterate over it to train."""
    return prepare(corpus, replace(LIVE, seed=seed, depth=depth))


def smooth(losses: Sequence[float], window: int = 20) -> list[float]:
    """Running mean over up to `window` steps back, as a curve is read by eye.

    >>> smooth([4.0, 2.0, 0.0], window=2)
    [4.0, 3.0, 1.0]
    """
    sums = np.cumsum([0.0, *losses])
    return [float((sums[i] - sums[max(0, i - window)]) / min(i, window)) for i in range(1, len(sums))]


def predict_loss(sizes: Sequence[int], losses: Sequence[float], size: int) -> float:
    """Loss of a model with `size` parameters, from the straight line through two smaller ones on log-log
    paper.

    >>> round(predict_loss([100, 1000], [4.0, 2.0], 10_000), 6)
    1.0
    """
    slope, offset = np.polyfit(np.log(sizes), np.log(losses), 1)
    return float(np.exp(offset + slope * np.log(size)))


def study_02(tables: Tables, seeds: Sequence[int] = (1, 2, 3)) -> dict:
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
            runs.append(result)
            print(
                f"seed {seed}, depth {depth}: loss {result['val_loss']:.4f} in {result['seconds']:.0f} s",
                flush=True,
            )
    return {"command": "python -m pocketgpt.studies 02", "data_hash": corpus.hash, "runs": runs}


STUDIES = {"02": study_02}


def evidence(number: str) -> dict:
    """The saved results of a notebook's study."""
    try:
        return json.loads((EVIDENCE / f"{number}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise PocketError(
            f"The evidence of notebook {number} is missing: run python -m pocketgpt.studies {number}."
        ) from None


def main(numbers: list[str]) -> int:
    """Run the studies named, all of them by default, and write their evidence files."""
    from .world import load_tables

    tables = load_tables()
    for number in numbers or STUDIES:
        if number not in STUDIES:
            print(f"There is no study {number!r}; there are: {', '.join(STUDIES)}.", file=sys.stderr)
            return 2
        path = Path(EVIDENCE / f"{number}.json")
        write_text(path, json.dumps(STUDIES[number](tables), indent=1) + "\n")
        print(f"Saved {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
