"""Learning pictures: rows of all kinds beside old pages, so that what was read isn't forgotten.

for metrics in learn_pictures(model, vocabulary, load_album(), old_pages, Recipe()):
print(metrics.step, metrics.loss)
"""

import random
from itertools import islice
from pathlib import Path

import torch
from torch import Tensor

from pocketgpt.errors import PocketError
from pocketgpt.model import GPT, IGNORE
from pocketgpt.multimodal.recipe import Recipe
from pocketgpt.multimodal.rows import Album, Row, pair, row, veiled
from pocketgpt.multimodal.vocabulary import Vocabulary, relate_blocks, with_rows
from pocketgpt.pictures.tokens import PictureTokens
from pocketgpt.sft.fine_tune import conversation_loss
from pocketgpt.tokenizer import Tokenizer
from pocketgpt.training.data import Data, Loss, TokenStream, digest, fingerprint_of, pack
from pocketgpt.training.loop import PlannedRun
from pocketgpt.world import Tables, documents

OLD_PAGES = 8_000
TURNS = ("draw", "tell", "draw", "finish", "draw", "tell", "draw", "tell")  # the ways of a batch's rows, in turn
TURNS_OF_DIGITS = ("tell", "tell", "draw", "finish", "tell", "tell", "draw", "tell")  # handwriting is harder to read


def way_of(kind: str, number: int) -> str:
    """The way of row `number` of a batch.

    >>> way_of("scene", 0), way_of("digit", 0), way_of("digit", 11)
    ('draw', 'tell', 'finish')
    """
    turns = TURNS_OF_DIGITS if kind == "digit" else TURNS
    return turns[number % len(turns)]


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
        rng = random.Random(f"pictures {self.recipe.seed}/{step}")
        if self.pages is not None and int((step + 1) * share) > before:
            return self._pages_behind_pictures(before, rng)
        kinds = self._kinds(rng, self.recipe.batch_size)
        ways = [way_of(kind, number) for number, kind in enumerate(kinds)]
        rows = [self._row(kind, way, rng) for kind, way in zip(kinds, ways, strict=True)]
        longest = max(len(each.given) + len(each.follows) for each in rows) - 1
        ids = torch.full((len(rows), longest), self.vocabulary.tokenizer.eot_id)
        targets = torch.full_like(ids, IGNORE)
        for i, each in enumerate(rows):
            given = veiled(self.vocabulary, each.given, rng) if ways[i] == "tell" else each.given
            tokens, start = torch.tensor([*given, *each.follows]), len(given) - 1
            ids[i, : len(tokens) - 1] = tokens[:-1]
            targets[i, start : len(tokens) - 1] = tokens[start + 1 :]
        return ids, targets

    def _kinds(self, rng: random.Random, n: int) -> list[str]:
        return rng.choices(list(self.recipe.shares), list(self.recipe.shares.values()), k=n)

    def _row(self, kind: str, way: str, rng: random.Random) -> Row:
        return row(self.vocabulary, *pair(kind, self.album, rng, way), way)

    def _pages_behind_pictures(self, n: int, rng: random.Random) -> tuple[Tensor, Tensor]:
        """A batch of old pages; in every second row a picture and its text take the place of the first ones.

        Else the model recalls what it has read only where no picture is in sight.
        """
        ids, targets = (part.clone() for part in self.pages.batch(n))
        for i in range(0, len(ids), 2):
            [kind] = self._kinds(rng, 1)
            shown = self._row(kind, "tell", rng)
            tokens = torch.tensor(shown.given + shown.follows)[: ids.size(1)]
            ids[i, : len(tokens)] = tokens
            targets[i, : len(tokens)] = IGNORE
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


def learn_pictures(
    model: GPT,
    vocabulary: Vocabulary,
    album: Album,
    pages: Data | None,
    recipe: Recipe,
    state: Path | str | None = None,
    resume: bool = False,
    loss: Loss = conversation_loss,
) -> PlannedRun:
    """Plan a run on rows of text and pictures; `state`, `resume` and `loss` as in train()."""
    if model.config.vocab_size != vocabulary.tokenizer.vocab_size:
        raise PocketError("The model has other tokens than the vocabulary: extend it with with_rows() first.")
    data = PictureData(vocabulary, album, pages, recipe)
    return PlannedRun(model, data, recipe.config, state, resume, loss)
