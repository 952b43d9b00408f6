"""The lesson's experiments over several seeds: what the notebook's figures show as recorded.

To write data/evidence/05.json, in about forty minutes on one core:

    python -m pocketgpt_lessons 05

A study that was stopped goes on where it was.
"""

from collections.abc import Sequence
from dataclasses import asdict

from pocketgpt import checkpoints
from pocketgpt.chat.template import hash_of
from pocketgpt.model import GPT
from pocketgpt.world import FACTS, Tables
from pocketgpt_lessons.evidence import band, curve, kept, save
from pocketgpt_lessons.hallucination import confidence_signals, experiments, fixed_exam, own_parts
from pocketgpt_lessons.hallucination.looking_up import tool_figures

RECIPES = {"plain": experiments.PLAIN, "live": experiments.LIVE, "searching": experiments.SEARCHING}
TRICK_SHARES = (0.05, 0.1, 0.2, 0.3, 0.5)  # of a test's questions, those about absent people
SOME = 400  # conversations, from which one sees whether those of a recorded run were the same
DEAREST = 3.0  # points that a wrong answer costs at most, where it is asked from when honesty pays


def study(tables: Tables, seeds: Sequence[int] = (0, 1, 2, 3, 4)) -> dict:
    """For each seed a plain assistant and the live run, from the base, and one that searches, from the reader."""
    base, tokenizer, card = checkpoints.load("base", own=False)
    reader, _, _ = checkpoints.load("reader", own=False)
    about = {name: asdict(recipe) for name, recipe in RECIPES.items()} | {"data_hash": card["data_hash"]}
    about["conversations"] = hash_of(experiments.searching_talks(tables, set(), SOME, seed=0))
    found = {"command": "python -m pocketgpt_lessons 05"} | about | {"runs": kept("05", **about)}
    done = {run["seed"] for run in found["runs"]}
    for seed in seeds:
        if seed not in done:
            found["runs"].append(one_run(base, reader, tokenizer, tables, seed))
            print(f"seed {seed}: {found['runs'][-1]}", flush=True)
            save("05", found)
    return found


def one_run(base: GPT, reader: GPT, tokenizer, tables: Tables, seed: int) -> dict:
    """All that is measured with one seed."""
    plain, measured = _plain(base, tokenizer, tables, seed)
    honest, facts = _taught(base, tokenizer, tables, seed)
    searching = experiments.searching_run(reader, tokenizer, tables, seed).train_all()
    return {
        "seed": seed,
        "assistant": fixed_exam.counts(plain),
        "honest": fixed_exam.counts(honest),
        "refused instead": fixed_exam.refused_instead(plain, honest),
        "facts found": facts,
        **measured,
        "tools": tool_figures(searching, tokenizer, tables),
    }


def _plain(base: GPT, tokenizer, tables: Tables, seed: int) -> tuple[fixed_exam.Grades, dict]:
    """A plain assistant's grades, and how well its signals work."""
    asked = fixed_exam.exam_questions(tables)
    model = experiments.assistant_run(base, tokenizer, tables, seed).train_all()
    answered = fixed_exam.ask(model, tokenizer, asked)
    grades = fixed_exam.grades(asked, answered)
    states, labels = confidence_signals.training_states(model, tokenizer, tables, seed)
    scores = confidence_signals.signals(model, tokenizer, tables, asked, seed)
    probe = own_parts.probe_by(own_parts.fit_probe, states[-1], labels)
    scores[confidence_signals.PROBE] = confidence_signals.probe_scores(model, tokenizer, tables, asked, probe)
    sure = confidence_signals.fact_confidences(model, tokenizer, tables, asked, answered)
    confidences = [of_fact for group in asked for _, of_fact in sure[group]]
    right = [grade == "right" for group in asked for grade in grades[group]]
    return grades, {
        "compared": {name: confidence_signals.comparisons(each, grades) for name, each in scores.items()},
        "calibration": confidence_signals.calibration(confidences, right),
    }


def _taught(base: GPT, tokenizer, tables: Tables, seed: int) -> tuple[fixed_exam.Grades, float]:
    """The live run's grades, and the share of facts that the base was found to have."""
    asked, people = fixed_exam.exam_questions(tables), experiments.live_people(tables, seed)
    known = experiments.facts_found(base, tokenizer, tables, people, seed)
    model = experiments.live_run(base, tokenizer, experiments.lessons(tables, people, known, seed), seed).train_all()
    grades = fixed_exam.grades(asked, fixed_exam.ask(model, tokenizer, asked))
    return grades, len(known) / (len(people) * len(FACTS["person"]))


def graded(runs: Sequence[dict], model: str) -> list[fixed_exam.Grades]:
    """Each run's grades of its "assistant" or "honest"."""
    return [fixed_exam.unfold(run[model]) for run in runs]


def compared(runs: Sequence[dict]) -> dict[str, list[list[float]]]:
    """For each signal the runs' AUROC in each of COMPARED."""
    return {name: [run["compared"][name] for run in runs] for name in runs[0]["compared"]}


def break_evens(bold: fixed_exam.Grades, honest: fixed_exam.Grades) -> list[dict[str, float]]:
    """What a wrong answer must cost for the honest model to be ahead, at most DEAREST, by TRICK_SHARES (%)."""
    costs = [min(DEAREST, fixed_exam.break_even(bold, honest, share)) for share in TRICK_SHARES]
    return curve([round(100 * share) for share in TRICK_SHARES], costs)


def break_even_band(runs: Sequence[dict]) -> list[dict[str, float]]:
    """Where 9 of 10 fresh runs should lie in that."""
    return band([break_evens(bold, honest) for bold, honest in _pairs(runs)], limits=(0.0, DEAREST))


def right_answers_lost(runs: Sequence[dict]) -> list[int]:
    """How many right answers about well-known people each run's honest model has fewer than its assistant."""
    return [
        bold[fixed_exam.KNOWN].count("right") - honest[fixed_exam.KNOWN].count("right") for bold, honest in _pairs(runs)
    ]


def _pairs(runs: Sequence[dict]) -> list[tuple[fixed_exam.Grades, fixed_exam.Grades]]:
    return list(zip(graded(runs, "assistant"), graded(runs, "honest"), strict=True))


def pooled_calibration(runs: Sequence[dict]) -> list[dict[str, float]]:
    """The runs' calibration with their answers added up, bin by bin; a run's empty bins count nothing."""
    edges = [100 * edge for edge in confidence_signals.EDGES[1:-1]]
    bins: list[list[dict]] = [[] for _ in confidence_signals.EDGES[1:]]
    for point in (point for run in runs for point in run["calibration"]):
        bins[sum(point["x"] >= edge for edge in edges)].append(point)
    totals = []
    for same in (each for each in bins if each):
        right, n = (sum(point[key] for point in same) for key in ("right", "n"))
        totals.append({"x": sum(point["x"] * point["n"] for point in same) / n, "right": right, "n": n})
    return totals
