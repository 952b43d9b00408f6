"""The shipped models by notebook, and the exam for all of them so far: what each gained, and what it lost.

    score_table(stage_scores(load_tables()), "The exam, stage by stage")

What a stage knows and refuses stands on its checkpoint's card; sums and little stories are tried anew.
"""

import random
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial

from pocketgpt import checkpoints
from pocketgpt.evaluation.metrics import Score, score, wilson
from pocketgpt.model import GPT
from pocketgpt.rl.environment import Environment, rewards_of
from pocketgpt.rl.tasks import Sum
from pocketgpt.rlhf.little_stories import Request
from pocketgpt.rlhf.raters import make_crowd
from pocketgpt.tokenizer import Tokenizer
from pocketgpt.world import Tables

MODELS = {"02": "base", "04": "assistant", "05": "honest", "06": "reasoner", "07": "preferred"}  # by notebook
MAP_ROWS = ("people on 30–99 pages, new wordings", "people on 100+ pages, new wordings")
TRIED = 128  # sums, and little stories
GOOD = 2.0  # true score from which a little story counts as a good one
IN_CHAT = {  # a row of the table: marks on the card, and what of them
    "the same, asked in a chat": ("known", "right"),
    "strangers: “I don't know”": ("absent", "refused"),
    "strangers, with a search": ("absent, with tools", "right"),
}


def load_together(*names: str) -> tuple[list[GPT], Tokenizer]:
    """Models that are compared with each other, and the tokenizer of all of them.

    A learner's own model comes first, as in checkpoints.load(); if its tokens are others than those of the rest, the
    shipped ones are taken, with a sentence that says so.
    """
    found = [checkpoints.load(name) for name in names]
    if any(tokenizer != found[0][1] for _, tokenizer, _ in found):
        print("Your own models have other tokens than the rest, so the shipped ones are used here.")
        found = [checkpoints.load(name, own=False) for name in names]
    return [model for model, _, _ in found], found[0][1]


def stage_scores(tables: Tables, names: Sequence[str] = tuple(MODELS.values())) -> dict[str, list[dict]]:
    """For each shipped model, by its name, the rows of score_table(); some seconds for each."""
    found = {}
    for name in names:
        path = checkpoints.SHIPPED / f"{name}.safetensors"
        if path.exists():
            model, tokenizer, card = checkpoints.load(name, own=False)
            tried = tried_anew(model, tokenizer, tables) if "stage" in card else []
            found[name] = card_rows(card) + tried
    return found


def card_rows(card: dict) -> list[dict]:
    """What a checkpoint's card tells of its facts.

    >>> exam = [{"name": name, "right": right, "n": 100} for name, right in zip(MAP_ROWS, (90, 96))]
    >>> [(row["right"], row["n"]) for row in card_rows({"exam": exam, "metrics": {}})]
    [(186, 200)]
    """
    rows = [row for row in card["exam"] if row["name"] in MAP_ROWS]
    right, n = (sum(row[key] for row in rows) for key in ("right", "n"))
    found = [Score("people on 30 pages or more, new wordings", right, n, *wilson(right, n))]
    marks = card["metrics"].get("marks", {})
    for name, (group, part) in IN_CHAT.items():
        if group in marks:
            n = marks[group]["n"]
            right = round(marks[group][part] * n)
            found.append(Score(name, right, n, *wilson(right, n)))
    typed = [row for row in card.get("strangers", {}).get("held-out", []) if row["name"] == "total"]
    return [*map(asdict, found), *({**row, "name": "what a stranger types"} for row in typed)]


def tried_anew(model: GPT, tokenizer, tables: Tables) -> list[dict]:
    """Two-digit sums that are right, and little stories that are good by the crowd's hidden rule."""
    crowd = make_crowd(tables)
    good = Environment(Request.draw, lambda tasks, texts, rng: [float(crowd.truth(text) >= GOOD) for text in texts])
    kinds = {
        "two-digit sums": Environment(partial(Sum.draw, digits=2)),
        f"little stories worth {GOOD:g} points or more": good,
    }
    rows = []
    for name, environment in kinds.items():
        tasks = [environment.draw(random.Random(f"{name} {i}")) for i in range(TRIED)]
        marks = rewards_of(model, tokenizer, environment, tasks)[:, 0] > 0
        rows.append(asdict(score(name, marks.tolist())))
    return rows


def exam_scores(before: str) -> dict[str, float]:
    """For the map: how the shipped models of the notebooks before this one ("05") did in the exam, as stored in
    their cards; shares right of facts about people with at least WELL_KNOWN mentions, in new wordings.
    """
    found = {}
    for number, name in MODELS.items():
        path = checkpoints.SHIPPED / f"{name}.safetensors"
        if number < before and path.exists():
            known, *_ = card_rows(checkpoints.read_card(path))
            found[number] = known["right"] / known["n"]
    return found
