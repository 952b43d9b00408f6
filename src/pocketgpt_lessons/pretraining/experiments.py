"""One step more; and a newcomer to the world: how many pages a trained model must read about somebody."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from math import exp

import torch

from pocketgpt.evaluation import exam
from pocketgpt.model import IGNORE
from pocketgpt.tokenizer import Tokenizer
from pocketgpt.training.config import TrainConfig
from pocketgpt.training.data import TokenStream
from pocketgpt.training.evaluate import evaluate_loss
from pocketgpt.training.loop import train
from pocketgpt.training.pretrain import Pretraining
from pocketgpt.world import Person, Tables, WorldConfig, add_person, documents

NEWCOMER = Person("Ada Newcomer", 1987, "Keldamora", "gardener", "cello", "onion soup")
SIZES = (1, 2, 3)  # depths of the scaling study; the last one is the live run
MEETINGS = 48  # pages about a newcomer that a trained model reads on


@dataclass(frozen=True)
class OneRow:
    """The same row of ids in every batch, of which only the last `counted` targets count."""

    ids: Sequence[int]
    counted: int

    def batch(self, step: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Ids and targets (1, T), whatever the step."""
        row = torch.tensor([list(self.ids)])
        targets = row[:, 1:].clone()
        targets[:, : -self.counted] = IGNORE
        return row[:, :-1], targets


def town_row(run: Pretraining, person: Person) -> OneRow:
    """The sentence that names a person's town, below the person's name as a title; only the town counts."""
    tokenizer = run.corpus.tokenizer
    start = [tokenizer.eot_id, *tokenizer.encode(f"{person.name}\n\n{person.name} was born in the town of")]
    town = tokenizer.encode(f" {person.birthplace}")
    return OneRow([*start, *town], len(town))


def one_step(run: Pretraining, person: Person, people: Sequence[Person]) -> tuple[list[float], list[float]]:
    """How probable a trained model finds each of the people's towns, before and after a copy of it has taken one step
    on the sentence that names the town of `person`.
    """
    model = deepcopy(run.model)

    def probabilities() -> list[float]:
        rows = [town_row(run, each) for each in people]
        return [exp(-row.counted * evaluate_loss(model, row, 1)) for row in rows]

    before = probabilities()
    for _ in train(model, town_row(run, person), TrainConfig(1, matrix_lr=0.01, embed_lr=0.1, precision="fp32")):
        pass
    return before, probabilities()


class Newcomer:
    """Batches for a model that goes on reading: the old pages, and one new page about one person in each batch."""

    def __init__(self, old: TokenStream, pages: Sequence[str], tokenizer: Tokenizer):
        self.old, self.rows = (old, [[tokenizer.eot_id, *tokenizer.encode(page), tokenizer.eot_id] for page in pages])

    def batch(self, step: int) -> tuple[torch.Tensor, torch.Tensor]:
        """The old batch with page number `step` as its first row, filled up with targets that don't count."""
        ids, targets = (t.clone() for t in self.old.batch(step))
        row = torch.tensor(self.rows[step % len(self.rows)][: ids.size(1) + 1])
        ids[0], targets[0] = row[0], IGNORE
        ids[0, : len(row) - 1], targets[0, : len(row) - 1] = row[:-1], row[1:]
        return ids, targets


def pages_about(tables: Tables, person: Person, n: int, seed: int = 0) -> list[str]:
    """`n` biographies of one person, each in other words and another order."""
    alone = replace(tables, people=(replace(person, mentions=n, faq_pages=0),), countries=(), animals=())
    nothing_else = WorldConfig(one_off_share=0, one_off_faq_share=0, stories=0, sums=0, spellings=0, forums=0)
    return [page.text for page in documents(alone, nothing_else, seed)]


def meet(run: Pretraining, tables: Tables, person: Person, seed: int = 0) -> list[tuple[int, int, int]]:
    """Let a copy of a trained model read on, meeting a new person on one page a step.

    Returns (pages read, facts recalled, facts asked), asked in two wordings each, after 0, 1, 2, 4, 8 … pages.
    """
    model, tokenizer = deepcopy(run.model), run.corpus.tokenizer
    tables = add_person(tables, person)
    questions = [q for s in (0, 1) for q in exam.fact_questions(tables, [person], seed=s)]

    def recalled(pages: int) -> tuple[int, int, int]:
        return pages, sum(exam.mark(model, tokenizer, questions)), len(questions)

    found = [recalled(0)]
    data = Newcomer(run.data, pages_about(tables, person, MEETINGS, seed), tokenizer)
    for metrics in train(model, data, TrainConfig(MEETINGS, matrix_lr=0.01, embed_lr=0.1, precision="fp32")):
        if metrics.step in (1, 2, 4, 8, 16, 24, 32, MEETINGS):
            found.append(recalled(metrics.step))
    return found
