"""Supervised fine-tuning: the shared training loop on conversations, with a loss on what the assistant says.

    for metrics in fine_tune(model, talks, tokenizer, Recipe(steps=100)):
        print(metrics.step, metrics.loss)

Conversations aren't packed into full windows: each is a row of its own, filled up on the right with targets that
don't count. So none attends to another, and the model needs no mask. A batch holds rows of all lengths, as they come,
and each of its tokens counts alike. In batches sorted by length, each with a mean of its own, a token of a short answer
would count four to five times as much as one of a long answer. The places filled up cost little nonetheless:
`conversation_loss` lets rows of similar lengths through the model together.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from pocketgpt.bounds import SEED, check_number
from pocketgpt.chat.template import Message, render, shorten, special_id
from pocketgpt.errors import PocketError
from pocketgpt.model import GPT, IGNORE, cross_entropy
from pocketgpt.sft.recipe import Recipe
from pocketgpt.tokenizer import AnyTokenizer
from pocketgpt.training.data import Data, Loss, digest, fingerprint_of
from pocketgpt.training.loop import Metrics, PlannedRun

TOGETHER = 8  # rows of similar lengths that go through the model at once


class SFTData:
    """Conversations as batches for train().

    `mask=False` makes every token count, the user's too. `pages` (such as a TokenStream) with `pages_share` mixes
    pretraining in: that share of the batches comes from there. Each epoch visits every conversation once,
    shuffled by seed, but for those that fill no whole batch.
    """

    def __init__(
        self,
        talks: Sequence[Sequence[Message]],
        tokenizer: AnyTokenizer,
        batch_size: int = 32,
        length: int = 256,
        seed: int = 0,
        mask: bool = True,
        pages: Data | None = None,
        pages_share: float = 0.0,
    ) -> None:
        if not talks:
            raise PocketError("There are no conversations to learn from; give at least one.")
        check_number("batch_size", batch_size, at_least=1, whole=True)
        check_number("seed", seed, **SEED, whole=True)
        check_number("pages_share", pages_share, at_least=0, below=1)
        if pages_share and pages is None:
            raise PocketError("A pages_share above 0 needs pages to take from: give some.")
        self.rows = [self._row(i, talk, tokenizer, length, mask) for i, talk in enumerate(talks, start=1)]
        self.batch_size, self.seed = min(batch_size, len(self.rows)), seed
        self.steps_per_epoch = len(self.rows) // self.batch_size
        self.pad_id = special_id(tokenizer, "pad")
        self.pages, self.pages_share = pages, pages_share
        self._batches: tuple[int, list[np.ndarray]] = (-1, [])  # (epoch, its batches as row numbers)

    @staticmethod
    def _row(n: int, talk: Sequence[Message], tokenizer: AnyTokenizer, length: int, mask: bool) -> Tensor:
        """Ids and targets (2, T) of a conversation; a long one loses its oldest exchanges, as in a chat."""
        try:
            ids, counts = render(shorten(talk, tokenizer, length + 1, length), tokenizer)
        except PocketError as error:
            raise PocketError(f"Conversation {n}: {error}") from None
        targets = [token if count or not mask else IGNORE for token, count in zip(ids, counts, strict=True)]
        return torch.tensor([ids[:-1], targets[1:]])

    @property
    def targets(self) -> set[int]:
        """The tokens that count somewhere."""
        return {int(token) for row in self.rows for token in row[1]} - {IGNORE}

    def fingerprint(self) -> str:
        """A hash of the conversations, the pages among them, and all that decides in which order they come."""
        pages = fingerprint_of(self.pages) if self.pages is not None and self.pages_share else ""
        return digest(*self.rows, self.batch_size, self.seed, pages, self.pages_share)

    def _epoch(self, epoch: int) -> list[np.ndarray]:
        if self._batches[0] != epoch:
            rng = np.random.default_rng((self.seed, epoch))
            order = rng.permutation(len(self.rows))[: self.steps_per_epoch * self.batch_size]
            self._batches = (epoch, np.split(order, self.steps_per_epoch))
        return self._batches[1]

    def batch(self, step: int) -> tuple[Tensor, Tensor]:
        """Inputs and targets (B, T), T as the longest conversation of the batch; -100 doesn't count."""
        before = int(step * self.pages_share)  # batches of pages so far
        if int((step + 1) * self.pages_share) > before:
            return self.pages.batch(before)
        epoch, part = divmod(step - before, self.steps_per_epoch)
        rows = [self.rows[i] for i in self._epoch(epoch)[part]]
        ids = torch.full((len(rows), max(row.size(1) for row in rows)), self.pad_id)
        targets = torch.full_like(ids, IGNORE)
        for i, row in enumerate(rows):
            ids[i, : row.size(1)], targets[i, : row.size(1)] = row
        return ids, targets


def conversation_loss(model: GPT, ids: Tensor, targets: Tensor) -> Tensor:
    """Mean cross-entropy in nats per token that counts, of all rows (B, T) alike, whatever their lengths.

    The same as `next_token_loss`, at less work: a row needs no places behind its last target.
    """
    lengths = (targets != IGNORE).flip(1).long().argmax(1).neg() + targets.size(1)
    total = ids.new_zeros((), dtype=torch.float32)
    for rows in lengths.argsort(descending=True).split(TOGETHER):
        longest = int(lengths[rows[0]])
        ours = targets[rows, :longest]
        total = total + cross_entropy(model(ids[rows, :longest]), ours) * (ours != IGNORE).sum()
    return total / (targets != IGNORE).sum().clamp(min=1)


@torch.no_grad()
def wake(model: GPT, wanted: Iterable[int], pad_id: int) -> list[int]:
    """Make tokens that the model never met possible; returns those of `wanted` that were woken.

    Pre-training pushes down what never comes, all of it alike: the base gives <|end|> a logit near −28, and after
    30 steps of fine-tuning it still stood at −11. So a token with the output row of <|pad|>, which never comes
    either, starts again from zeros, as in a fresh model.
    """
    rows = model.head.weight
    asleep = torch.isclose(rows, rows[pad_id], rtol=1e-3, atol=1e-5).all(1)
    woken = [token for token in sorted(set(wanted)) if asleep[token]]
    rows[woken] = 0
    return woken


@dataclass
class FineTuning(PlannedRun):
    """A planned run on conversations, whose tokens are woken before the first step."""

    data: SFTData
    loss: Loss = conversation_loss

    def __iter__(self) -> Iterator[Metrics]:
        if not self.resume:
            wake(self.model, self.data.targets, self.data.pad_id)
        yield from super().__iter__()


def fine_tune(
    model: GPT,
    talks: Sequence[Sequence[Message]],
    tokenizer: AnyTokenizer,
    recipe: Recipe | None = None,
    pages: Data | None = None,
    state: Path | str | None = None,
    resume: bool = False,
) -> FineTuning:
    """Plan a run on conversations, and on `pages` if the recipe mixes them in; `state` and `resume` as in train()."""
    recipe = recipe or Recipe()
    context = model.config.context
    data = SFTData(talks, tokenizer, recipe.batch_size, context, recipe.seed, recipe.mask, pages, recipe.pages_share)
    return FineTuning(model, data, recipe.config, state, resume)
