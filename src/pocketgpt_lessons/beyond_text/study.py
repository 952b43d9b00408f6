"""The lesson's recorded runs over seeds: the live run, one model for all or one for each, four ways to write pictures.

To write data/evidence/08.json, about a quarter of an hour for each seed on one core, and 08_tunes.json (`tunes_study`):

    python -m pocketgpt_lessons 08

Each part of each seed is saved once it is done, so a run that was stopped goes on where it was.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial

from pocketgpt import checkpoints
from pocketgpt.model import GPT
from pocketgpt.multimodal import exam
from pocketgpt.multimodal.learn import old_pages, with_pictures
from pocketgpt.multimodal.rows import REWRITTEN, Album, load_album, painted, sample_pictures
from pocketgpt.pictures.digits import load_digits, train_judge
from pocketgpt.world import Tables
from pocketgpt_lessons.beyond_text import experiments, one_model, tunes_study
from pocketgpt_lessons.evidence import fingerprint, kept, save

SEEDS = (0, 1, 2, 3, 4)


def live(base: GPT, tokenizer, tables: Tables, album: Album, seed: int) -> dict:
    """The live run with one seed: its loss, and the exam in pictures after it."""
    model, vocabulary = with_pictures(base, tokenizer, painted(sample_pictures(album)), seed)
    run = experiments.live(model, vocabulary, album, old_pages(tables, tokenizer), seed)
    losses = [metrics.loss for metrics in run]
    judge = train_judge(load_digits())
    return {"losses": losses, "marks": exam.sit(model, vocabulary, tables, album, judge, seed=seed)}


def study(tables: Tables, seeds: Sequence[int] = SEEDS) -> dict:
    """Everything over the seeds, from the shipped base, and tunes; parts that the evidence files hold are kept."""
    tunes_study.study()
    base, tokenizer, _ = checkpoints.load("base", own=False)
    album = load_album()
    about = {"base": fingerprint(base), "tokens": experiments.TOKENS, "rewritten": REWRITTEN}
    about |= {name: asdict(getattr(experiments, name.upper())) for name in ("compared", "live")}
    about |= {"one model": {name: getattr(one_model, name.upper()) for name in ("steps", "more", "heard", "tunes")}}
    runs = {run["seed"]: run for run in kept("08", **about)}
    found = {"command": "python -m pocketgpt_lessons 08"} | about
    found["runs"] = [runs.get(seed, {"seed": seed}) for seed in seeds]

    def keep(seed: int, parts: dict, name: str, make: Callable[[], dict]) -> None:
        if name not in parts:
            parts[name] = make()
            print(f"seed {seed}: {name} done", flush=True)
            save("08", found)

    for run in found["runs"]:
        seed = run["seed"]
        keep(seed, run, "live", partial(live, base, tokenizer, tables, album, seed))
        keep(seed, run, "one model", partial(one_model.one_or_each, base, tokenizer, tables, album, seed))
        keep(seed, run, one_model.BETWEEN, partial(one_model.pages_between, base, tokenizer, tables, album, seed))
        keep(seed, run, one_model.ON, partial(one_model.gone_on, base, tokenizer, tables, album, seed))
    ways = experiments.ways(sample_pictures(album))
    for run in found["runs"]:
        for name, way in ways.items():
            make = partial(experiments.compared, base, tokenizer, way, album, run["seed"])
            keep(run["seed"], run.setdefault("ways", {}), name, make)
    return found
