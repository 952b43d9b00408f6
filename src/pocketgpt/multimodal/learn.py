"""Learning pictures: rows of all kinds beside old pages, so that what was read isn't forgotten.

for metrics in learn_pictures(model, vocabulary, load_album(), old_pages, Recipe()):
print(metrics.step, metrics.loss)
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import torch
from torch import Tensor

from pocketgpt.errors import PocketError
from pocketgpt.model import GPT, IGNORE
from pocketgpt.multimodal.recipe import Recipe
from pocketgpt.multimodal.rows import Album, pair, row
from pocketgpt.multimodal.vocabulary import Vocabulary, relate_blocks, with_rows
from pocketgpt.pictures.tokens import PictureTokens
from pocketgpt.sft.fine_tune import conversation_loss
from pocketgpt.tokenizer import Tokenizer
from pocketgpt.training.config import TrainConfig
from pocketgpt.training.data import Data, TokenStream, digest, fingerprint_of, pack
from pocketgpt.training.loop import Metrics, train
from pocketgpt.world import Tables, documents

OLD_PAGES = 8_000
TURNS = ("draw", "tell", "draw", "finish", "draw", "tell", "draw", "tell")  # the ways of a batch's rows, in turn


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


def old_pages(tables: Tables, tokenizer: Tokenizer, n: int = OLD_PAGES, rows: int = 8, seed: int = 0) -> TokenStream:
    """Some of the pages that the base model has read, to be read again beside the pictures, `rows` of 256 a step."""
    texts = (page.text for page in islice(documents(tables, seed=seed), n))
    return TokenStream(pack(texts, tokenizer), rows, 256, seed)


def with_pictures(base: GPT, tokenizer: Tokenizer, pictures: PictureTokens, seed: int = 0) -> tuple[GPT, Vocabulary]:
    """A copy of the base model with rows for a picture's tokens, which it hasn't learned yet, and the vocabulary."""
    vocabulary = Vocabulary.extending(tokenizer, pictures)
    model = with_rows(base, vocabulary.tokenizer.vocab_size, seed)
    relate_blocks(model, vocabulary, seed)
    return model, vocabulary


@dataclass
class PictureRun:
    """A run that is planned: iterate over it to train `model` in place; `last` then holds the last Metrics."""

    model: GPT
    data: PictureData
    config: TrainConfig
    state: Path | str | None = None
    resume: bool = False
    last: Metrics | None = None

    def __iter__(self) -> Iterator[Metrics]:
        for metrics in train(self.model, self.data, self.config, self.state, self.resume, conversation_loss):
            self.last = metrics
            yield metrics


def learn_pictures(
    model: GPT,
    vocabulary: Vocabulary,
    album: Album,
    pages: Data | None,
    recipe: Recipe,
    state: Path | str | None = None,
    resume: bool = False,
) -> PictureRun:
    """Plan a run on rows of text and pictures; `state` and `resume` as in train()."""
    if model.config.vocab_size != vocabulary.tokenizer.vocab_size:
        raise PocketError("The model has other tokens than the vocabulary: extend it with with_rows() first.")
    return PictureRun(model, PictureData(vocabulary, album, pages, recipe), recipe.config, state, resume)
