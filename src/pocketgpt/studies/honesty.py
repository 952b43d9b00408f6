"""Notebook 05: teaching "I don't know" to a base model, and its study over five seeds.

python -m pocketgpt.studies 05        # writes data/evidence/05.json

Its parts stand in modules of their own: the exam in `honesty_exam`, what gives an invention away in `tells`, search,
calculator and spelling in `lookups`.
"""

import random
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace
from statistics import fmean

from .. import checkpoints
from ..conversations import Mix, make_conversations, split_people
from ..model import GPT
from ..probes import fit_by_layer
from ..sft import FineTuning, Recipe, fine_tune, train_all
from ..stages import STAGES, WELL_READ, known_facts, old_pages, probe, stage_conversations
from ..tables import FACTS, Person, Tables
from ..template import Conversation
from ..train import TokenStream
from . import tells
from .honesty_exam import Grades, ask, counts, exam_questions, grades, points, unfold
from .lookups import tool_figures

READ_ABOUT = 300  # people whom the live run asks and teaches about, each on LEAST pages or more
LEAST = 10
ASKS, ENOUGH = 3, 0.6  # samples of each fact, and the share of right ones from which the model has it
STRANGERS = 0.2
LIVE = Recipe(steps=110)
PLAIN = Recipe(steps=60)


def live_people(tables: Tables, seed: int) -> list[Person]:
    """People of whom the live run's conversations tell: drawn along the tail of mentions."""
    ranked = sorted(
        (person for person in split_people(tables)[0] if person.mentions >= LEAST),
        key=lambda person: (-person.mentions, person.name),
    )
    n = min(READ_ABOUT, len(ranked))
    rng = random.Random(f"live people {seed}")
    return [ranked[rng.randrange(i * len(ranked) // n, (i + 1) * len(ranked) // n)] for i in range(n)]


def facts_found(model: GPT, tokenizer, tables: Tables, people: Sequence[Person], seed: int) -> set:
    """Which of their facts the model has, found out by asking it; as pairs of name and fact."""
    return known_facts(probe(model, tokenizer, tables, people, ASKS, seed), ENOUGH)


def lessons(tables: Tables, people: Sequence[Person], known: set, seed: int) -> list[Conversation]:
    """The live run's conversations: answers to what the model has, "… I don't know" to the rest."""
    things = {(row.name, fact) for row in (*tables.countries, *tables.animals) for fact in FACTS[row.topic]}
    mix = Mix(facts=0.85, strangers=STRANGERS, more=0.0)
    return make_conversations(tables, people, LIVE.steps * LIVE.batch_size, mix, known | things, seed=seed)


def live_run(base: GPT, tokenizer, talks: Sequence[Conversation], seed: int) -> FineTuning:
    """The run that notebook 05 shows, on a copy of the base model: iterate over it to train."""
    return fine_tune(deepcopy(base), talks, tokenizer, replace(LIVE, seed=seed))


def assistant_run(base: GPT, tokenizer, tables: Tables, seed: int) -> FineTuning:
    """A plain assistant of another seed than the shipped one, in fewer steps."""
    people = [person for person in split_people(tables)[0] if person.mentions >= WELL_READ]
    mix = Mix(facts=0.85, more=0.0)
    talks = make_conversations(tables, people, PLAIN.steps * PLAIN.batch_size, mix, seed=seed)
    return fine_tune(deepcopy(base), talks, tokenizer, replace(PLAIN, seed=seed))


def study(tables: Tables, seeds: Sequence[int] = (0, 1, 2, 3, 4)) -> dict:
    """For each seed a plain assistant and the live run, from the shipped base, and one with tools, from the reader."""
    base, tokenizer, card = checkpoints.load("base", own=False)
    reader, _, _ = checkpoints.load("reader", own=False)
    pages = old_pages(tables, tokenizer, STAGES["honest"].recipe)
    runs = []
    for seed in seeds:
        found = _plain(base, tokenizer, tables, seed) | _taught(base, tokenizer, tables, seed)
        runs.append({"seed": seed} | found | _with_tools(reader, tokenizer, tables, pages, seed))
        print(f"seed {seed}: {runs[-1]}", flush=True)
    return {"command": "python -m pocketgpt.studies 05", "data_hash": card["data_hash"], "runs": runs}


def graded(runs: Sequence[dict], model: str) -> list[Grades]:
    """Each run's grades of its "assistant" or "honest"."""
    return [unfold(run[model]) for run in runs]


def layer_band(runs: Sequence[dict]) -> list[dict[str, float]]:
    """The probes' AUROC by layer: mean, lowest and highest of the runs."""
    columns = zip(*(run["layers"] for run in runs), strict=True)
    return [{"x": i, "y": fmean(each), "low": min(each), "high": max(each)} for i, each in enumerate(columns)]


def flips(runs: Sequence[dict]) -> list[bool]:
    """For each run, whether the assistant has more points if wrong answers cost nothing, and the honest model if
    they cost 1.
    """
    pairs = zip(graded(runs, "assistant"), graded(runs, "honest"), strict=True)
    return [points(a, 0) > points(h, 0) and points(a, 1) < points(h, 1) for a, h in pairs]


def _plain(base: GPT, tokenizer, tables: Tables, seed: int) -> dict:
    asked = exam_questions(tables)
    model = train_all(assistant_run(base, tokenizer, tables, seed))
    answered = ask(model, tokenizer, asked)
    probes = fit_by_layer(*tells.training_states(model, tokenizer, tables, seed))
    scores = tells.signals(model, tokenizer, tables, asked, answered, seed)
    return {
        "assistant": counts(grades(asked, answered)),
        "aurocs": tells.signal_aurocs(scores),
        "layers": tells.probe_aurocs(model, tokenizer, tables, asked, probes),
    }


def _taught(base: GPT, tokenizer, tables: Tables, seed: int) -> dict:
    asked, people = exam_questions(tables), live_people(tables, seed)
    known = facts_found(base, tokenizer, tables, people, seed)
    model = train_all(live_run(base, tokenizer, lessons(tables, people, known, seed), seed))
    return {
        "facts found": len(known) / (len(people) * len(FACTS["person"])),
        "honest": counts(grades(asked, ask(model, tokenizer, asked))),
    }


def _with_tools(reader: GPT, tokenizer, tables: Tables, pages: TokenStream, seed: int) -> dict:
    """The shipped `honest` with another seed: the base learned to read a page, then when to look one up."""
    stage, talks = stage_conversations("honest", tables, reader, tokenizer, seed)
    run = fine_tune(deepcopy(reader), talks, tokenizer, replace(stage.recipe, seed=seed), pages)
    return {"tools": tool_figures(train_all(run), tokenizer, tables)}
