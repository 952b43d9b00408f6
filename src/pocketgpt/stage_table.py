"""The exam for all stages so far: what each gained, and what it lost.

    score_table(stage_scores(load_tables()), "The exam, stage by stage")

What a stage knows and refuses stands on its checkpoint's card; sums and little stories are tried anew.
"""

import random
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial

from . import checkpoints
from .crowd import make_crowd
from .exam import Score, score, wilson
from .little_stories import Request
from .model import GPT
from .practice import Practice, rewards_of
from .stages import MAP_ROWS, MODELS
from .tables import Tables
from .tasks import Sum

TRIED = 128  # sums, and little stories
GOOD = 2.0  # true score from which a little story counts as a good one
IN_CHAT = {  # a row of the table: marks on the card, and what of them
    "the same, asked in a chat": ("known", "right"),
    "strangers: “I don't know”": ("absent", "refused"),
    "strangers, with a search": ("absent, with tools", "right"),
}


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
    return [asdict(row) for row in found]


def tried_anew(model: GPT, tokenizer, tables: Tables) -> list[dict]:
    """Two-digit sums that are right, and little stories that are good by the crowd's hidden rule."""
    crowd = make_crowd(tables)
    good = Practice(
        Request.draw, lambda tasks, texts, rng: [float(crowd.truth(text) >= GOOD) for text in texts]
    )
    kinds = {
        "two-digit sums": Practice(partial(Sum.draw, digits=2)),
        f"little stories worth {GOOD:g} points or more": good,
    }
    rows = []
    for name, practice in kinds.items():
        tasks = [practice.draw(random.Random(f"{name} {i}")) for i in range(TRIED)]
        marks = rewards_of(model, tokenizer, practice, tasks)[:, 0] > 0
        rows.append(asdict(score(name, marks.tolist())))
    return rows
