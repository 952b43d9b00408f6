"""The lesson's experiments over several seeds, for the reference bands of its figures.

To write data/evidence/06.json:

    python -m pocketgpt_lessons 06

Each part of each seed is saved once it is done, so a run that was stopped goes on where it was.
"""

from collections.abc import Sequence
from dataclasses import asdict
from functools import partial

from pocketgpt import checkpoints
from pocketgpt.model import GPT
from pocketgpt.sft.fine_tune import train_all
from pocketgpt.world import Tables
from pocketgpt_lessons.evidence import fingerprint, kept, save
from pocketgpt_lessons.rl import beyond_teachers, experiments


def taught_and_practised(base: GPT, tokenizer, seed: int) -> dict:
    """The notebook's two runs, and all that is measured on them."""
    model = train_all(experiments.lesson(base, tokenizer, seed))
    tasks = experiments.exam_sums(experiments.DIGITS, experiments.TRIED, seed + 1)
    kinds = ("at once", "in steps")
    found: dict = {"by size": {kind: experiments.by_size(model, tokenizer, kind) for kind in kinds}}
    found["before"] = [experiments.marks(model, tokenizer, digits) for digits in experiments.SIZES]
    found["solved before"] = experiments.solved(model, tokenizer, tasks)
    found["curve"] = experiments.practised(model, tokenizer, seed)
    found["after"] = [experiments.marks(model, tokenizer, digits) for digits in experiments.SIZES]
    found["solved after"] = experiments.solved(model, tokenizer, tasks)
    return found


def taught_dots(base: GPT, tokenizer, seed: int) -> list[dict]:
    """by_size() of a model that learned from as many tokens, with dots where the steps were."""
    edit = partial(experiments.dotted, tokenizer=tokenizer)
    model = train_all(experiments.lesson(base, tokenizer, seed, edit=edit))
    return experiments.by_size(model, tokenizer, "with dots")


def starved(base: GPT, tokenizer, seed: int) -> list[dict]:
    """Practice after lessons with hardly any worked steps."""
    found = []
    for share in experiments.STARVED:
        model = train_all(experiments.lesson(base, tokenizer, seed, in_steps=share))
        before = experiments.marks(model, tokenizer)
        experiments.practised(model, tokenizer, seed)
        found.append({"share": share, "before": before, "after": experiments.marks(model, tokenizer)})
    return found


def study(tables: Tables, seeds: Sequence[int] = (0, 1, 2, 3, 4)) -> dict:
    """All parts over the seeds, each from the shipped base; parts that the evidence file holds are kept."""
    base, tokenizer, _ = checkpoints.load("base", own=False)
    parts = {
        "sums": taught_and_practised,
        "dots": taught_dots,
        "starved": starved,
        "flawed": beyond_teachers.flawed_teachers,
        "nim": beyond_teachers.self_taught,
    }
    lesson, live = asdict(experiments.LESSON), asdict(experiments.LIVE)
    about = {"base": fingerprint(base), "lesson": lesson, "live": live}
    found = {"command": "python -m pocketgpt_lessons 06"} | about | {"runs": []}
    runs = {run["seed"]: run for run in kept("06", **about)}
    for seed in seeds:
        found["runs"].append(runs.get(seed, {"seed": seed}))
        for name, part in parts.items():
            if name not in found["runs"][-1]:
                found["runs"][-1][name] = part(base, tokenizer, seed)
                print(f"seed {seed}: {name} done", flush=True)
                save("06", found)
    return found
