"""The lesson's experiments over several seeds, for the reference bands of its figures.

To write data/evidence/00.json, in about 10 minutes on two cores:

    python -m pocketgpt_lessons 00
"""

import hashlib
from collections.abc import Sequence

from pocketgpt.evaluation import exam
from pocketgpt.internet import Results, run_pipeline
from pocketgpt.world import Tables
from pocketgpt_lessons import evidence
from pocketgpt_lessons.internet import experiments

FINGERPRINT_PAGES = 500  # enough to notice a change of tables, crawl or pipeline


def fingerprint(results: Results) -> str:
    """What the evidence file remembers of its data: a hash of what cleaning made of the first pages."""
    texts = [fate.masked for fate in results.fates[:FINGERPRINT_PAGES]]
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]


def study(tables: Tables, seeds: Sequence[int] = (0, 1, 2)) -> dict:
    """Every way to read the crawl at equal tokens, and the whole crawl with its tags stripped, per seed."""
    results = run_pipeline(experiments.live_crawl(tables))
    tokenizer, met = experiments.live_tokenizer(results), experiments.met_people(tables, results)
    whole = {way: experiments.corpus(results, way, tokenizer, tables) for way in experiments.WAYS}
    n = len(whole[experiments.CLEANED].train)
    data = {way: experiments.first_tokens(whole[way], n) for way in experiments.WAYS}
    data[experiments.WHOLE] = whole[experiments.STRIPPED]
    runs = []
    for seed in seeds:
        for way in data:
            run = experiments.live_run(data[way], seed)
            losses = [round(metrics.loss, 4) for metrics in run]
            result = {"seed": seed, "way": way, **run.results()}
            result["recall"] = exam.recall_by_mentions(run.model, tokenizer, met)
            if way in (experiments.STRIPPED, experiments.CLEANED):
                result["losses"] = losses
                result["raw_bits_per_byte"] = experiments.bits_on_raw_pages(run, tables)
            runs.append(result)
            known, asked = experiments.facts_known(result["recall"])
            print(
                f"seed {seed}, {way}: {result['val_bits_per_byte']:.3f} bits per byte, {known} of {asked} "
                f"facts in {result['seconds']:.0f} s",
                flush=True,
            )
    return {
        "command": "python -m pocketgpt_lessons 00",
        "data_hash": fingerprint(results),
        "tokens": {way: len(whole[way].train) for way in experiments.WAYS},
        "runs": runs,
    }


def runs_of(found: dict, way: str) -> list[dict]:
    """The evidence's runs that read the crawl in one way, one a seed."""
    return [run for run in found["runs"] if run["way"] == way]


def loss_band(found: dict, way: str) -> list[dict]:
    """The reference band of a live loss curve, x in tokens."""
    tokens = experiments.LIVE.batch_size * experiments.LIVE.context
    return evidence.loss_band([run["losses"] for run in runs_of(found, way)], tokens)


def pooled_recall(found: dict, way: str) -> list[dict]:
    """Recall by mentions with the seeds' questions added up."""
    return exam.pooled(run["recall"] for run in runs_of(found, way))
