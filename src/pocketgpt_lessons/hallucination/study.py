"""The lesson's experiments over several seeds, for the reference bands of its figures.

python -m pocketgpt_lessons 05        # writes data/evidence/05.json
"""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace

from pocketgpt import checkpoints
from pocketgpt.evaluation.probes import fit_by_layer
from pocketgpt.model import GPT
from pocketgpt.sft.fine_tune import fine_tune, train_all
from pocketgpt.sft.stages import STAGES, old_pages, stage_conversations
from pocketgpt.training.data import TokenStream
from pocketgpt.world import FACTS, Tables
from pocketgpt_lessons.evidence import band, curve
from pocketgpt_lessons.hallucination import confidence_signals
from pocketgpt_lessons.hallucination.experiments import (
    assistant_run,
    facts_found,
    lessons,
    live_people,
    live_run,
)
from pocketgpt_lessons.hallucination.fixed_exam import (
    Grades,
    ask,
    counts,
    exam_questions,
    grades,
    points,
    unfold,
)
from pocketgpt_lessons.hallucination.search_and_calculator import tool_figures


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
    return {"command": "python -m pocketgpt_lessons 05", "data_hash": card["data_hash"], "runs": runs}


def graded(runs: Sequence[dict], model: str) -> list[Grades]:
    """Each run's grades of its "assistant" or "honest"."""
    return [unfold(run[model]) for run in runs]


def layer_band(runs: Sequence[dict]) -> list[dict[str, float]]:
    """The probes' AUROC by layer: its spread over the runs."""
    return band([curve(range(len(run["layers"])), run["layers"]) for run in runs])


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
    probes = fit_by_layer(*confidence_signals.training_states(model, tokenizer, tables, seed))
    scores = confidence_signals.signals(model, tokenizer, tables, asked, answered, seed)
    return {
        "assistant": counts(grades(asked, answered)),
        "aurocs": confidence_signals.signal_aurocs(scores),
        "layers": confidence_signals.probe_aurocs(model, tokenizer, tables, asked, probes),
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
