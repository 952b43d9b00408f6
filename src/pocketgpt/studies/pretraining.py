"""Notebook 02: live runs over several seeds, loss by size, and a newcomer to the world.

python -m pocketgpt.studies 02        # about 15 minutes on two cores; writes data/evidence/02.json
"""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace

import numpy as np
import torch

from .. import exam
from ..model import IGNORE
from ..pretrain import Corpus, Pretraining, Recipe, prepare, world_corpus
from ..tokenizer import Tokenizer
from ..train import TokenStream, TrainConfig, train
from ..world import Person, Tables, WorldConfig, add_person, documents, sample_people

NEWCOMER = Person("Ada Newcomer", 1987, "Keldamora", "gardener", "cello", "onion soup")
LIVE_PEOPLE = 100
LIVE_WORLD = WorldConfig(stories=400, sums=500, spellings=150, forums=300)
LIVE = Recipe(depth=3, batch_size=8, engine="fp32")
SIZES = (1, 2, 3)  # depths of the scaling study; the last one is the live run
MEETINGS = 48  # pages about a newcomer that a trained model reads on


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


class Newcomer:
    """Batches for a model that goes on reading: the old pages, and one new page about one person in each batch."""

    def __init__(self, old: TokenStream, pages: Sequence[str], tokenizer: Tokenizer):
        self.old, self.rows = (
            old,
            [[tokenizer.eot_id, *tokenizer.encode(page), tokenizer.eot_id] for page in pages],
        )

    def batch(self, step: int) -> tuple[torch.Tensor, torch.Tensor]:
        """The old batch with page number `step` as its first row, filled up with targets that don't count."""
        ids, targets = (t.clone() for t in self.old.batch(step))
        row = torch.tensor(self.rows[step % len(self.rows)][: ids.size(1) + 1])
        ids[0], targets[0] = row[0], IGNORE
        ids[0, : len(row) - 1], targets[0, : len(row) - 1] = row[:-1], row[1:]
        return ids, targets


def pages_about(tables: Tables, person: Person, n: int, seed: int = 0) -> list[str]:
    """`n` biographies of one person, each in other words and another order."""
    alone = replace(tables, people=(replace(person, mentions=n, faq_pages=0),), countries=(), animals=())
    nothing_else = WorldConfig(one_off_share=0, one_off_faq_share=0, stories=0, sums=0, spellings=0, forums=0)
    return [page.text for page in documents(alone, nothing_else, seed)]


def meet(run: Pretraining, tables: Tables, person: Person, seed: int = 0) -> list[tuple[int, int, int]]:
    """Let a copy of a trained model read on, meeting a new person on one page a step.

    Returns (pages read, facts recalled, facts asked), asked in two wordings each, after 0, 1, 2, 4, 8 … pages.
    """
    model, tokenizer = deepcopy(run.model), run.corpus.tokenizer
    tables = add_person(tables, person)
    questions = [q for s in (0, 1) for q in exam.fact_questions(tables, [person], seed=s)]

    def recalled(pages: int) -> tuple[int, int, int]:
        return pages, sum(exam.mark(model, tokenizer, questions)), len(questions)

    found = [recalled(0)]
    data = Newcomer(run.data, pages_about(tables, person, MEETINGS, seed), tokenizer)
    for metrics in train(model, data, TrainConfig(MEETINGS, matrix_lr=0.01, embed_lr=0.1, engine="fp32")):
        if metrics.step in (1, 2, 4, 8, 16, 24, 32, MEETINGS):
            found.append(recalled(metrics.step))
    return found


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
            print(
                f"seed {seed}, depth {depth}: loss {result['val_loss']:.4f} in {result['seconds']:.0f} s",
                flush=True,
            )
    return {"command": "python -m pocketgpt.studies 02", "data_hash": corpus.hash, "runs": runs}


def live_runs(found: dict) -> list[dict]:
    """The runs of notebook 02's evidence that equal the live one but for the seed."""
    return [run for run in found["runs"] if run["depth"] == LIVE.depth]


def loss_band(found: dict) -> dict:
    """The reference band of the live loss curve: x in tokens, mean, low and high of the seeds' running means."""
    curves = np.array([smooth(run["losses"]) for run in live_runs(found)])
    x = np.arange(1, curves.shape[1] + 1) * LIVE.batch_size * LIVE.context
    return {"x": x, "mean": curves.mean(0), "low": curves.min(0), "high": curves.max(0)}


def pooled_recall(found: dict, split: str) -> list[dict]:
    """Recall by mentions with the seeds' questions added up."""
    return exam.pooled(run[f"recall {split}"] for run in live_runs(found))


def _point(parameters: int, losses: Sequence[float]) -> dict:
    return {"parameters": parameters, "loss": float(np.mean(losses)), "low": min(losses), "high": max(losses)}


def scaling(found: dict, parameters: int) -> tuple[list[dict], dict]:
    """The measured points of the two smaller sizes, and what each pair of their runs predicts for `parameters`."""
    small, middle = ([run for run in found["runs"] if run["depth"] == depth] for depth in SIZES[:2])
    points = [_point(runs[0]["parameters"], [run["val_loss"] for run in runs]) for runs in (small, middle)]
    sizes = [point["parameters"] for point in points]
    guesses = [predict_loss(sizes, [a["val_loss"], b["val_loss"]], parameters) for a in small for b in middle]
    return points, _point(parameters, guesses)


def newcomer_mean(found: dict) -> dict[int, float]:
    """Mean number of right answers about a newcomer, by pages read about them."""
    curves = [run["newcomer"] for run in live_runs(found)]
    return {same[0][0]: float(np.mean([right for _, right, _ in same])) for same in zip(*curves, strict=True)}
