"""Reading: how a model learns to take facts from its context rather than from memory.

On the world's pages every fact stands once, so copying never paid, and the base model can't do it: shown "Ada
plays the banjo. Ada plays the", it guesses an instrument. These rows make copying the only way to be right, and
only what can be copied counts in the loss. Some are lists that repeat, which grow the habit of looking
up what came next the last time (an "induction head", Olsson et al. 2022); others are pages about people who
exist nowhere else, followed by questions on the page.
"""

import random
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from pocketgpt.model import GPT, IGNORE
from pocketgpt.sft.conversations import strangers
from pocketgpt.tokenizer import AnyTokenizer
from pocketgpt.training.config import TrainConfig
from pocketgpt.training.data import TokenStream, digest
from pocketgpt.training.pretrain import Corpus, Pretraining
from pocketgpt.world.pages import cloze, fill
from pocketgpt.world.tables import FACTS, Person, Tables

Row = tuple[list[int], list[int]]  # token ids, and the targets of equal length: what counts, or IGNORE


def list_row(rng: random.Random, items: Sequence[str], tokenizer: AnyTokenizer, length: int) -> Row:
    """A short list of items, again and again; its first time doesn't count."""
    once = [i for item in rng.sample(items, rng.randint(3, 12)) for i in tokenizer.encode(f" {item},")]
    ids = [tokenizer.eot_id, *(once * (1 + length // len(once)))][:length]
    return ids, ([IGNORE] * (1 + len(once)) + ids[1 + len(once) :])[:length]


def page_row(rng: random.Random, tables: Tables, person: Person, tokenizer: AnyTokenizer, length: int) -> Row:
    """Some facts about a person, then a question on each; only the facts in the answers count."""
    facts = rng.sample(FACTS["person"], rng.randint(2, len(FACTS["person"])))
    told = {fact: rng.choice(tables.select(fact, "statement")) for fact in facts}
    page = " ".join(fill(wording, person) for wording in told.values())
    ids = [tokenizer.eot_id, *tokenizer.encode(f"{person.name}\n\n{page}")]
    targets = [IGNORE] * len(ids)
    for fact in rng.sample(facts, len(facts)):
        again = told[fact] if rng.random() < 0.5 else rng.choice(tables.select(fact, "statement"))
        start, value = cloze(again, person)
        question = fill(rng.choice(tables.select(fact, "question")), person)
        asked = tokenizer.encode(f"\n\nQuestion: {question}\nAnswer: {start}")
        answer = tokenizer.encode(f"{value}.")
        ids += asked + answer
        targets += [IGNORE] * len(asked) + answer
    return ids[:length], targets[:length]


class ReadingData:
    """Batches for train(): rows to read from, and old pages beside them, so that what is known isn't forgotten.

    In the first third of the run two rows in three are for reading, half of them lists; in the second third all
    of those are pages; in the last, pages are a quarter, and the rest is old.
    """

    def __init__(self, tables: Tables, tokenizer: AnyTokenizer, old: TokenStream, steps: int, seed: int = 0) -> None:
        self.tables, self.tokenizer, self.old, self.steps, self.seed = tables, tokenizer, old, steps, seed
        self.context = old.context
        self.people = list(strangers(tables, steps * self._rows(0), seed))
        self.items = [value for fact in FACTS["person"] for value in tables.values(fact)]
        self.items += [person.name for person in self.people[:1000]]

    def fingerprint(self) -> str:
        """A hash of the old pages, the tables and the seed."""
        return digest(self.old.fingerprint(), self.tables, self.steps, self.seed)

    def _rows(self, step: int) -> int:
        """How many rows of a batch are for reading."""
        return self.old.batch_size * 2 // 3 if 3 * step < 2 * self.steps else self.old.batch_size // 4

    def _row(self, step: int, number: int) -> Row:
        rng = random.Random(f"reading {self.seed}/{step}/{number}")
        if 3 * step < self.steps and number % 2:
            return list_row(rng, self.items, self.tokenizer, self.context + 1)
        person = self.people[(step * self._rows(0) + number) % len(self.people)]
        return page_row(rng, self.tables, person, self.tokenizer, self.context + 1)

    def batch(self, step: int) -> tuple[Tensor, Tensor]:
        """Inputs and targets (B, context): old pages, whose first rows make room for reading."""
        ids, targets = (t.clone() for t in self.old.batch(step))
        for number in range(self._rows(step)):
            read, counted = self._row(step, number)
            n = len(read) - 1
            ids[number], targets[number] = self.tokenizer.eot_id, IGNORE
            ids[number, :n], targets[number, :n] = torch.tensor(read[:-1]), torch.tensor(counted[1:])
        return ids, targets


def learn_to_read(
    model: GPT,
    tables: Tables,
    corpus: Corpus,
    steps: int = 700,
    seed: int = 0,
    state: Path | None = None,
    resume: bool = False,
) -> Pretraining:
    """Plan a run that teaches `model` to read; `corpus` holds the pages that it knows. Iterate over it to train."""
    old = TokenStream(corpus.train, 24, model.config.context, seed)
    data = ReadingData(tables, corpus.tokenizer, old, steps, seed)
    config = TrainConfig(steps, matrix_lr=0.015, embed_lr=0.075, head_lr=0.005, decay=0.5, precision="fp32")
    return Pretraining(model, data, config, state, resume, corpus=corpus)  # type: ignore  # context, batch() are enough
