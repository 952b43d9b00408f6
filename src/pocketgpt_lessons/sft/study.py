"""The lesson's experiments over several seeds: what the notebook's figures show as recorded.

To write data/evidence/04.json, in about fifty minutes on one core:

    python -m pocketgpt_lessons 04

A study that was stopped goes on where it was.
"""

from collections.abc import Sequence
from dataclasses import asdict, replace
from itertools import product

from pocketgpt import checkpoints
from pocketgpt.chat.template import hash_of
from pocketgpt.model import GPT
from pocketgpt.sft.conversations import questions_about
from pocketgpt.world import Tables
from pocketgpt_lessons.evidence import band, by_setting, curve, kept, save
from pocketgpt_lessons.sft import breadth, experiments
from pocketgpt_lessons.sft.faq_pages import faq_part


def live_part(base: GPT, tokenizer, tables: Tables, seed: int) -> dict:
    """The live run: its losses, marks on held-out people, the strangers' exam, and what became of the base's pages."""
    run = experiments.live_run(base, tokenizer, tables, seed)
    losses = [round(metrics.loss, 4) for metrics in run]
    found = {"tokens": run.planned_tokens, "losses": losses}
    found["marks"] = experiments.marks(run.model, tokenizer, experiments.held_out(tables))
    found["strangers"] = breadth.by_kind(run.model, tokenizer, tables)
    return found | pages_part(run.model, tokenizer, tables)


def pages_part(model: GPT, tokenizer, tables: Tables) -> dict:
    """What a model makes of pages."""
    return {
        "pages": experiments.page_losses(model, tokenizer, tables),
        "skills": experiments.page_skills(model, tokenizer, tables),
    }


def size_part(base: GPT, tokenizer, tables: Tables, conversations: int, mask: bool, seed: int) -> dict:
    """Marks after training on some conversations, over and over, with the loss mask or without."""
    recipe = replace(experiments.SIZED, mask=mask, seed=seed)
    different = experiments.live_talks(tables, seed, conversations)
    talks = experiments.repeated(different, recipe.steps * recipe.batch_size)
    model = experiments.trained(base, talks, tokenizer, recipe)
    return {"marks": experiments.marks(model, tokenizer, experiments.held_out(tables, experiments.FEW))}


def identity_part(base: GPT, tokenizer, tables: Tables, conversations: int, seed: int) -> dict:
    """How often a model gives its name that has met it in some conversations."""
    talks = experiments.named_talks(tables, conversations, seed)
    model = experiments.trained(base, talks, tokenizer, replace(experiments.SHORT, seed=seed))
    return experiments.name_marks(model, tokenizer, tables)


def new_facts_part(base: GPT, tokenizer, tables: Tables, taught: bool, seed: int) -> dict:
    """Marks on known and absent people, and on newcomers whose facts the conversations told if `taught`."""
    new = experiments.newcomers(tables, seed)
    talks = experiments.fact_talks(tables, new if taught else [], seed)
    model = experiments.trained(base, talks, tokenizer, replace(experiments.INVENT, seed=seed))
    asked = experiments.held_out(tables)
    asked = {"known": asked["with FAQ pages"][: experiments.FEW], "absent": asked["absent"]}
    asked["newcomers"] = questions_about(tables, new)
    return {"marks": experiments.marks(model, tokenizer, asked)}


SOME = 200  # conversations of each kind, from which one sees whether those of a recorded run were the same
PARTS = {
    "base": pages_part,
    "live": live_part,
    "new facts": new_facts_part,
    "sizes": size_part,
    "identity": identity_part,
    "faq": faq_part,
    "breadth": breadth.breadth_part,
}


def plan(seeds: Sequence[int]) -> list[dict]:
    """The parts of the study with their arguments: the live run and new facts with every seed, the rest with three."""
    found: list[dict] = [{"part": "base"}, *({"part": "live", "seed": seed} for seed in seeds)]
    for seed in seeds:
        found += [{"part": "new facts", "taught": taught, "seed": seed} for taught in (False, True)]
    for seed in seeds[:3]:
        # The live runs are the narrow ones of the short training.
        for broad, read in ((True, breadth.SHORT_READ), (False, breadth.LONG_READ), (True, breadth.LONG_READ)):
            found.append({"part": "breadth", "broad": broad, "read": read, "seed": seed})
        found += [{"part": "faq", "faq": faq, "seed": seed} for faq in (True, False)]
        found += [{"part": "identity", "conversations": n, "seed": seed} for n in experiments.IDENTITY_SIZES]
        found += [
            {"part": "sizes", "conversations": n, "mask": mask, "seed": seed}
            for n, mask in product(experiments.SIZES, (True, False))
        ]
    return found


def study(tables: Tables, seeds: Sequence[int] = (0, 1, 2, 3, 4)) -> dict:
    """All parts, each from the shipped base; those that the evidence file holds already are kept."""
    base, tokenizer, card = checkpoints.load("base", own=False)
    recipes = {
        "live": experiments.LIVE,
        "sizes": experiments.SIZED,
        "breadth": breadth.LONG,
        "identity": experiments.SHORT,
        "new facts": experiments.INVENT,
    }
    about = {name: asdict(recipe) for name, recipe in recipes.items()} | {"data_hash": card["data_hash"]}
    about["conversations"] = hash_of(
        [talk for broad in (False, True) for talk in breadth.talks(tables, broad, SOME, 0)]
    )
    found = {"command": "python -m pocketgpt_lessons 04"} | about | {"runs": []}
    before = kept("04", **about)
    for asked in plan(seeds):
        run = next((run for run in before if asked.items() <= run.items()), None)
        if run is None:
            settings = {key: value for key, value in asked.items() if key != "part"}
            run = asked | PARTS[asked["part"]](base, tokenizer, tables, **settings)
            print(asked, run.get("marks", ""), flush=True)
        found["runs"].append(run)
        rest = [other for other in before if other not in found["runs"]]
        save("04", found | {"runs": found["runs"] + rest})
    return found


def by_part(found: dict) -> dict[str, list[dict]]:
    """The runs of the evidence by the part that they belong to: "live", "sizes" and so on."""
    return {part: [run for run in found["runs"] if run["part"] == part] for part in PARTS}


def loss_band(found: dict[str, list[dict]]) -> list[dict]:
    """The reference band of the live loss curve, x in tokens."""
    curves = []
    for run in found["live"]:
        n = len(run["losses"])
        curves.append(curve([run["tokens"] * step / n for step in range(1, n + 1)], run["losses"]))
    return band(curves)


def by_size(found: dict[str, list[dict]], mask: bool, group: str, mark: str = "right") -> list[dict]:
    """A mark by number of conversations: its spread over the seeds in per cent."""
    runs = [run for run in found["sizes"] if run["mask"] == mask]
    return by_setting(runs, "conversations", lambda run: run["marks"][group][mark], 100)


def by_names(found: dict[str, list[dict]], which: str) -> list[dict]:
    """How often (%) the model gives a name, by conversations about names; `which` as in `name_marks`."""
    return by_setting(found["identity"], "conversations", lambda run: run[which], 100)
