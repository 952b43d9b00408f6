"""A small GPT that learns tunes from scratch, for as much arithmetic as it is given, and what it then writes.

    run = TuneRun(Events(), load_tunes(), Recipe())
    for metrics in run:
        print(metrics.step, metrics.loss)
    [tune] = write(run.model, run.tokens, [("jig", "6/8", "G")])

A row is one tune. Its beginning, what the tune is, is given; only its notes, bars and end mark count in the loss.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from pocketgpt.bounds import SEED, bounded, check_fields, check_number
from pocketgpt.errors import PocketError
from pocketgpt.model import GPT, IGNORE, GPTConfig
from pocketgpt.sampling.generate import continue_all
from pocketgpt.training.config import RATE, TrainConfig, settings_for
from pocketgpt.training.data import digest
from pocketgpt.training.loop import Metrics, train
from pocketgpt.training.scale import flop_per_token
from pocketgpt.tunes.tokens import TuneTokens
from pocketgpt.tunes.tune import Tune

Asked = tuple[str, str, str]  # kind, metre and key of a tune that is to be written
ROWS = 64  # tunes that are marked at once


@dataclass(frozen=True)
class Recipe:
    """How to learn tunes. `compute` is the arithmetic of the whole run, in additions and multiplications: a tokenizer
    whose tunes are shorter, or whose vocabulary is smaller, pays for more tunes with it.
    """

    compute: float = bounded(2e12, above=0)
    n_layer: int = bounded(3, at_least=1, at_most=64)
    n_head: int = bounded(4, at_least=1, at_most=64)
    n_embd: int = bounded(128, at_least=8, at_most=4096)
    context: int = bounded(384, at_least=8, at_most=65_536)
    batch_size: int = bounded(8, at_least=1, at_most=65_536)
    matrix_lr: float = bounded(0.02, **RATE)
    embed_lr: float = bounded(0.2, **RATE)
    head_lr: float = bounded(0.01, **RATE)
    weight_decay: float = bounded(0.0, **RATE)
    decay: float = bounded(0.6, at_least=0, at_most=1)
    seed: int = bounded(0, **SEED)
    precision: str = "fp32"

    def __post_init__(self) -> None:
        check_fields(self)


def padded(rows: Sequence[Sequence[int]], begins: Sequence[int]) -> tuple[Tensor, Tensor]:
    """Inputs and targets (B, T) of whole tunes as numbers; the first `begins` numbers of each are given.

    >>> padded([[7, 8, 9], [7, 9]], [1, 1])
    (tensor([[7, 8],
            [7, 0]]), tensor([[   8,    9],
            [   9, -100]]))
    """
    longest = max(map(len, rows)) - 1
    ids = torch.zeros(len(rows), longest, dtype=torch.long)
    targets = torch.full_like(ids, IGNORE)
    for i, (row, begin) in enumerate(zip(rows, begins, strict=True)):
        tokens = torch.tensor(row)
        ids[i, : len(row) - 1] = tokens[:-1]
        targets[i, begin - 1 : len(row) - 1] = tokens[begin:]
    return ids, targets


class TuneData:
    """Batches of tunes for train(): each epoch has every tune once, in an order of its own."""

    def __init__(self, tokens: TuneTokens, tunes: Sequence[Tune], batch_size: int, context: int, seed: int) -> None:
        self.rows = [tokens.encode(tune) for tune in tunes]
        self.begins = [len(tokens.begin(tune.kind, tune.metre, tune.key)) for tune in tunes]
        if not self.rows:
            raise PocketError("There are no tunes to learn from: give at least one.")
        if max(map(len, self.rows)) > context:
            raise PocketError(f"A tune has {max(map(len, self.rows))} tokens: raise the context to as many.")
        self.batch_size, self.seed = min(batch_size, len(self.rows)), seed
        self.steps_per_epoch = len(self.rows) // self.batch_size

    def fingerprint(self) -> str:
        """A hash of the tunes' numbers and of all that decides in which order they come."""
        return digest(self.rows, self.batch_size, self.seed)

    def chosen(self, step: int) -> np.ndarray:
        """The numbers (batch_size,) of the tunes of a step."""
        epoch, part = divmod(step, self.steps_per_epoch)
        order = np.random.default_rng((self.seed, epoch)).permutation(len(self.rows))
        return order[part * self.batch_size : (part + 1) * self.batch_size]

    def batch(self, step: int) -> tuple[Tensor, Tensor]:
        """Inputs and targets (batch_size, T), T as the longest tune of the batch; -100 doesn't count."""
        chosen = self.chosen(step)
        return padded([self.rows[i] for i in chosen], [self.begins[i] for i in chosen])


@dataclass
class TuneRun:
    """A model, fresh from its seed, and the run that trains it: iterate over it once."""

    tokens: TuneTokens
    tunes: Sequence[Tune]
    recipe: Recipe = field(default_factory=Recipe)

    def __post_init__(self) -> None:
        r = self.recipe
        config = GPTConfig(self.tokens.size, r.n_layer, r.n_head, r.n_embd, r.context)
        self.model = GPT(config, r.seed)
        self.data = TuneData(self.tokens, self.tunes, r.batch_size, r.context, r.seed)
        self.steps, self.planned_tokens = self._plan()

    def _plan(self) -> tuple[int, int]:
        """As many steps as `compute` pays for, and their tokens, padding included; masked attention isn't counted."""
        left, steps, tokens = self.recipe.compute, 0, 0
        while True:
            longest = max(len(self.data.rows[i]) for i in self.data.chosen(steps)) - 1
            batch = longest * self.data.batch_size
            left -= flop_per_token(self.model.config, longest // 2) * batch
            if left < 0 and steps:
                return steps, tokens
            steps, tokens = steps + 1, tokens + batch

    @property
    def epochs(self) -> float:
        """How often every tune is read."""
        return self.steps / self.data.steps_per_epoch

    def __iter__(self) -> Iterator[Metrics]:
        config = TrainConfig(steps=self.steps, **settings_for(TrainConfig, self.recipe))
        return train(self.model, self.data, config)


@torch.inference_mode()
def bits_per_note(model: GPT, tokens: TuneTokens, tunes: Sequence[Tune]) -> float:
    """How many bits the model needs for a note on average: −log₂ of the probability that it gives to all that
    follows a tune's beginning, over the number of notes. Bar marks and end marks count with the notes, so tokenizers
    can be compared: all say the same tunes.
    """
    if not tunes:
        raise PocketError("There are no tunes to be marked: give at least one.")
    order = sorted(tunes, key=lambda tune: len(tune.notes))
    total = 0.0
    for start in range(0, len(order), ROWS):
        some = order[start : start + ROWS]
        begins = [len(tokens.begin(tune.kind, tune.metre, tune.key)) for tune in some]
        ids, targets = padded([tokens.encode(tune) for tune in some], begins)
        logits = model(ids.to(model.device)).flatten(0, 1)
        total += float(F.cross_entropy(logits, targets.to(model.device).flatten(), reduction="sum"))
    return total / math.log(2) / sum(len(tune.notes) for tune in tunes)


def written(
    model: GPT, tokens: TuneTokens, asked: Sequence[Asked], temperature: float = 1.0, seed: int = 0, **options
) -> list[list[int]]:
    """The numbers of a tune for each of `asked`, its beginning included; it may be none (see `tokens.decode`)."""
    check_number("temperature", temperature, at_least=0)
    begins = [tokens.begin(*each) for each in asked]
    room = model.config.context - max(map(len, begins))
    found = continue_all(model, begins, room, seed=seed, temperature=temperature, stop_ids=[tokens.end], **options)
    return [[*begin, *rest] for begin, rest in zip(begins, found, strict=True)]


def write(
    model: GPT, tokens: TuneTokens, asked: Sequence[Asked], temperature: float = 1.0, seed: int = 0, **options
) -> list[Tune | None]:
    """A tune for each of `asked`; None where the model writes what is no tune. Options as in sampling's `stream`."""
    return [tokens.decode(row) for row in written(model, tokens, asked, temperature, seed, **options)]
