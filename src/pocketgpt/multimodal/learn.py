"""Learning pictures: rows of all kinds beside old pages, so that what was read isn't forgotten.

for metrics in learn_pictures(model, vocabulary, load_album(), old_pages, Recipe()):
print(metrics.step, metrics.loss)
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor

from pocketgpt.bounds import SEED, bounded, check_fields
from pocketgpt.errors import PocketError
from pocketgpt.model import GPT, IGNORE
from pocketgpt.multimodal.rows import KINDS, Album, pair, row
from pocketgpt.multimodal.vocabulary import Vocabulary
from pocketgpt.sft.fine_tune import conversation_loss
from pocketgpt.training.config import RATE, TrainConfig, settings_for
from pocketgpt.training.data import Data, digest, fingerprint_of
from pocketgpt.training.loop import train

TURNS = ("draw", "tell", "draw", "finish", "draw", "tell", "draw", "tell")  # the ways of a batch's rows, in turn


@dataclass(frozen=True)
class Recipe:
    """How to learn pictures. `shares` says how often each kind comes, `pages_share` which share of the batches are old
    pages; in the other batches the rows go the ways of TURNS.
    """

    steps: int = bounded(400, at_least=1)
    batch_size: int = bounded(32, at_least=2, at_most=65_536)
    matrix_lr: float = bounded(0.02, **RATE)
    embed_lr: float = bounded(0.2, **RATE)
    head_lr: float = bounded(0.015, **RATE)
    decay: float = bounded(0.6, at_least=0, at_most=1)
    pages_share: float = bounded(0.15, at_least=0, below=1)
    seed: int = bounded(0, **SEED)
    precision: str = "fp32"
    shares: Mapping[str, float] = field(default_factory=lambda: {"scene": 0.6, "digit": 0.25, "animal": 0.15})

    def __post_init__(self) -> None:
        check_fields(self)
        if not self.shares or not set(self.shares) <= set(KINDS) or min(self.shares.values()) <= 0:
            raise PocketError(f"shares must give each kind a number above 0; the kinds are {', '.join(KINDS)}.")


class PictureData:
    """Batches for train(): rows of the kinds that the recipe names, and old pages."""

    def __init__(self, vocabulary: Vocabulary, album: Album, pages: Data | None, recipe: Recipe) -> None:
        if recipe.pages_share and pages is None:
            raise PocketError("A pages_share above 0 needs pages to take from: give some.")
        self.vocabulary, self.album, self.pages, self.recipe = vocabulary, album, pages, recipe

    def fingerprint(self) -> str:
        """A hash of the tokens, the pages and the recipe."""
        pages = fingerprint_of(self.pages) if self.pages is not None else ""
        return digest(self.vocabulary.tokenizer.special_tokens, self.vocabulary.pictures, pages, self.recipe)

    def batch(self, step: int) -> tuple[Tensor, Tensor]:
        """Inputs and targets (B, T), T as the longest row of the batch; -100 doesn't count."""
        share = self.recipe.pages_share
        before = int(step * share)  # batches of pages so far
        if self.pages is not None and int((step + 1) * share) > before:
            return self.pages.batch(before)
        rng = random.Random(f"pictures {self.recipe.seed}/{step}")
        kinds = rng.choices(list(self.recipe.shares), list(self.recipe.shares.values()), k=self.recipe.batch_size)
        ways = [TURNS[number % len(TURNS)] for number in range(len(kinds))]
        rows = [row(self.vocabulary, *pair(kind, self.album, rng), way) for kind, way in zip(kinds, ways, strict=True)]
        longest = max(len(each.given) + len(each.follows) for each in rows) - 1
        ids = torch.full((len(rows), longest), self.vocabulary.tokenizer.eot_id)
        targets = torch.full_like(ids, IGNORE)
        for i, each in enumerate(rows):
            tokens, start = torch.tensor(each.given + each.follows), len(each.given) - 1
            ids[i, : len(tokens) - 1] = tokens[:-1]
            targets[i, start : len(tokens) - 1] = tokens[start + 1 :]
        return ids, targets


def learn_pictures(
    model: GPT,
    vocabulary: Vocabulary,
    album: Album,
    pages: Data | None,
    recipe: Recipe,
    state: Path | str | None = None,
    resume: bool = False,
):
    """Train the model in place, and yield Metrics; `state` and `resume` as in train()."""
    if model.config.vocab_size != vocabulary.tokenizer.vocab_size:
        raise PocketError("The model has other tokens than the vocabulary: extend it with with_rows() first.")
    data = PictureData(vocabulary, album, pages, recipe)
    config = TrainConfig(**settings_for(TrainConfig, recipe))
    return train(model, data, config, state, resume, conversation_loss)
