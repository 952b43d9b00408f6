"""The lesson's recorded runs: three ways to write pictures, equally many tokens each, and the live run, over seeds.

To write data/evidence/08.json, about ten minutes for each seed on one core, and 08_tunes.json, as `tunes_study` tells:

    python -m pocketgpt_lessons 08

Each part of each seed is saved once it is done, so a run that was stopped goes on where it was.
"""

from collections.abc import Sequence
from dataclasses import asdict

from pocketgpt import checkpoints
from pocketgpt.model import GPT
from pocketgpt.multimodal import exam
from pocketgpt.multimodal.learn import old_pages, with_pictures
from pocketgpt.multimodal.rows import Album, load_album, painted, sample_pictures
from pocketgpt.pictures.digits import load_digits, train_judge
from pocketgpt.world import Tables
from pocketgpt_lessons.beyond_text import experiments, tunes_study
from pocketgpt_lessons.evidence import fingerprint, kept, save

SEEDS = (0, 1, 2)


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
    about = {"base": fingerprint(base), "tokens": experiments.TOKENS}
    about |= {name: asdict(getattr(experiments, name.upper())) for name in ("compared", "live")}
    runs = {run["seed"]: run for run in kept("08", **about)}
    found = {"command": "python -m pocketgpt_lessons 08"} | about
    found["runs"] = [runs.get(seed, {"seed": seed}) for seed in seeds]
    for run in found["runs"]:
        seed = run["seed"]
        for name, way in experiments.ways(sample_pictures(album)).items():
            if name not in run.setdefault("ways", {}):
                run["ways"][name] = experiments.compared(base, tokenizer, way, album, seed)
                print(f"seed {seed}: {name} done", flush=True)
                save("08", found)
        if "live" not in run:
            run["live"] = live(base, tokenizer, tables, album, seed)
            print(f"seed {seed}: live run done", flush=True)
            save("08", found)
    return found
