"""The lesson's experiments over several seeds, for the reference bands of its figures.

To write data/evidence/05.json:

    python -m pocketgpt_lessons 05
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
from pocketgpt_lessons.hallucination import confidence_signals, experiments, fixed_exam
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


def graded(runs: Sequence[dict], model: str) -> list[fixed_exam.Grades]:
    """Each run's grades of its "assistant" or "honest"."""
    return [fixed_exam.unfold(run[model]) for run in runs]


def layer_band(runs: Sequence[dict]) -> list[dict[str, float]]:
    """The probes' AUROC by layer: its spread over the runs."""
    return band([curve(range(len(run["layers"])), run["layers"]) for run in runs])


def flips(runs: Sequence[dict]) -> list[bool]:
    """For each run, whether the assistant has more points if wrong answers cost nothing, and the honest model if
    they cost 1.
    """
    pairs = zip(graded(runs, "assistant"), graded(runs, "honest"), strict=True)
    points = fixed_exam.points
    return [points(a, 0) > points(h, 0) and points(a, 1) < points(h, 1) for a, h in pairs]


def _plain(base: GPT, tokenizer, tables: Tables, seed: int) -> dict:
    asked = fixed_exam.exam_questions(tables)
    model = train_all(experiments.assistant_run(base, tokenizer, tables, seed))
    answered = fixed_exam.ask(model, tokenizer, asked)
    probes = fit_by_layer(*confidence_signals.training_states(model, tokenizer, tables, seed))
    scores = confidence_signals.signals(model, tokenizer, tables, asked, answered, seed)
    return {
        "assistant": fixed_exam.counts(fixed_exam.grades(asked, answered)),
        "aurocs": confidence_signals.signal_aurocs(scores),
        "layers": confidence_signals.probe_aurocs(model, tokenizer, tables, asked, probes),
    }


def _taught(base: GPT, tokenizer, tables: Tables, seed: int) -> dict:
    asked, people = fixed_exam.exam_questions(tables), experiments.live_people(tables, seed)
    known = experiments.facts_found(base, tokenizer, tables, people, seed)
    talks = experiments.lessons(tables, people, known, seed)
    model = train_all(experiments.live_run(base, tokenizer, talks, seed))
    return {
        "facts found": len(known) / (len(people) * len(FACTS["person"])),
        "honest": fixed_exam.counts(fixed_exam.grades(asked, fixed_exam.ask(model, tokenizer, asked))),
    }


def _with_tools(reader: GPT, tokenizer, tables: Tables, pages: TokenStream, seed: int) -> dict:
    """The shipped `honest` with another seed: the base learned to read a page, then when to look one up."""
    stage, talks = stage_conversations("honest", tables, reader, tokenizer, seed)
    run = fine_tune(deepcopy(reader), talks, tokenizer, replace(stage.recipe, seed=seed), pages)
    return {"tools": tool_figures(train_all(run), tokenizer, tables)}
