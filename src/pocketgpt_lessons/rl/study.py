"""The lesson's experiments over several seeds, for what its figures call recorded.

To write data/evidence/06.json:

    python -m pocketgpt_lessons 06

Each part of each seed is saved once it is done, so a run that was stopped goes on where it was.
"""

from collections.abc import Sequence
from dataclasses import asdict, replace

from pocketgpt import checkpoints
from pocketgpt.model import GPT
from pocketgpt.sft.fine_tune import train_all
from pocketgpt.world import Tables
from pocketgpt_lessons.evidence import fingerprint, kept, save
from pocketgpt_lessons.rl import beyond_teachers, experiments

EVERY_SEED = ("sums",)  # the other parts with three of them


def taught_and_practised(base: GPT, tokenizer, seed: int) -> dict:
    """The notebook's two runs, and all that is measured on them."""
    model = train_all(experiments.lesson(base, tokenizer, seed))
    tasks = experiments.exam_sums(experiments.DIGITS, experiments.TRIED, seed + 1)
    found: dict = {}
    for when in ("before", "after"):
        if when == "after":
            found["curve"] = experiments.practised(model, tokenizer, seed)
        found[when] = experiments.marks(model, tokenizer)
        found[f"in steps {when}"] = experiments.by_size(model, tokenizer)
        found[f"greedy {when}"] = experiments.by_size(model, tokenizer, experiments.GREEDY)
        found[f"solved {when}"] = experiments.solved(model, tokenizer, tasks)
    return found


def taught_ways(base: GPT, tokenizer, seed: int) -> dict:
    """Right answers by size of sum, of one copy for each way to answer."""
    return {way: experiments.taught_one_way(base, tokenizer, seed, way) for way in experiments.ways(tokenizer)}


def on_winners(base: GPT, tokenizer, seed: int) -> dict:
    """Practice without a baseline, from where the notebook's practice begins."""
    model = train_all(experiments.lesson(base, tokenizer, seed))
    return {"curve": experiments.without_baseline(model, tokenizer, seed)}


def starved(base: GPT, tokenizer, seed: int) -> dict:
    """Practice after a lesson without a single worked step."""
    model = train_all(experiments.lesson(base, tokenizer, seed, in_steps=0.0, recipe=experiments.LONGER))
    before = experiments.marks(model, tokenizer)
    experiments.practised(model, tokenizer, seed, config=replace(experiments.SHORT, steps=10))
    return {"before": before, "after": experiments.marks(model, tokenizer)}


def study(tables: Tables, seeds: Sequence[int] = (0, 1, 2, 3, 4)) -> dict:
    """All parts over the seeds, each from the shipped base; parts that the evidence file holds are kept."""
    base, tokenizer, _ = checkpoints.load("base", own=False)
    parts = {
        "sums": taught_and_practised,
        "flawed": beyond_teachers.flawed_teachers,
        "nim": beyond_teachers.self_taught,
        "ways": taught_ways,
        "winners": on_winners,
        "starved": starved,
        "weighted": experiments.weighted_lesson,
    }
    settings = {name: asdict(getattr(experiments, name.upper())) for name in ("lesson", "longer", "live")}
    about = {"base": fingerprint(base)} | settings
    runs = {run["seed"]: run for run in kept("06", **about)}
    found = {"command": "python -m pocketgpt_lessons 06"} | about
    found["runs"] = [runs.get(seed, {"seed": seed}) for seed in seeds]
    for name, part in parts.items():
        for run in found["runs"] if name in EVERY_SEED else found["runs"][:3]:
            if name not in run:
                run[name] = part(base, tokenizer, run["seed"])
                print(f"seed {run['seed']}: {name} done", flush=True)
                save("06", found)
    return found
