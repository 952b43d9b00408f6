"""Pairs of answers of which people chose one, as data to learn from."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from pocketgpt.bounds import SEED, check_number
from pocketgpt.chat.template import Message, render
from pocketgpt.errors import PocketError
from pocketgpt.model import IGNORE
from pocketgpt.tokenizer import AnyTokenizer
from pocketgpt.training.data import digest


@dataclass(frozen=True)
class Pair:
    """Two answers to one request, and whether the first is the better one; None if nobody has judged yet."""

    question: str
    first: str
    second: str
    first_wins: bool | None = None

    def judged(self, first_wins: bool) -> "Pair":
        """The pair after somebody has chosen, such as a learner with a click.

        >>> Pair("Tell me a little story.", "Mia slept.", "Mia met a frog.").judged(False).better
        'Mia met a frog.'
        """
        return replace(self, first_wins=first_wins)

    def _ordered(self) -> tuple[str, str]:
        if self.first_wins is None:
            raise PocketError("This pair isn't judged yet: choose with pair.judged, or let a crowd judge it.")
        return (self.first, self.second) if self.first_wins else (self.second, self.first)

    @property
    def better(self) -> str:
        """The answer that was chosen; PocketError if nobody has judged yet."""
        return self._ordered()[0]

    @property
    def worse(self) -> str:
        """The answer that wasn't chosen; PocketError if nobody has judged yet."""
        return self._ordered()[1]


def conversation_row(question: str, answer: str, tokenizer: AnyTokenizer) -> Tensor:
    """Ids and targets (2, T) of a question with an answer; targets are the ids that the assistant wrote, else -100."""
    ids, mask = render([Message("user", question), Message("assistant", answer)], tokenizer)
    return torch.tensor([ids, [i if own else IGNORE for i, own in zip(ids, mask, strict=True)]])


def stacked(rows: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """Ids and targets (N, T) of conversations (2, T) of unequal length, filled up on the right."""
    longest = max(row.size(1) for row in rows)
    ids = torch.stack([F.pad(row[0], (0, longest - row.size(1))) for row in rows])
    targets = torch.stack([F.pad(row[1], (0, longest - row.size(1)), value=IGNORE) for row in rows])
    return ids, targets


class PairData:
    """Judged pairs as batches for train(); each epoch visits every pair once, shuffled by seed.

    batch(step) gives ids (B, 2, T), the better answer's conversation first, and targets of that shape: the id where
    the assistant wrote it, -100 elsewhere. Other than a GPT's, targets stand at their own place, not one before it.
    """

    def __init__(self, pairs: Sequence[Pair], tokenizer: AnyTokenizer, batch_size: int = 32, seed: int = 0) -> None:
        check_number("batch_size", batch_size, at_least=1, whole=True)
        check_number("seed", seed, **SEED, whole=True)
        if not pairs:
            raise PocketError("There are no pairs to learn from; give at least one that is judged.")
        self.rows = [
            [conversation_row(pair.question, text, tokenizer) for text in (pair.better, pair.worse)] for pair in pairs
        ]
        self.batch_size, self.seed = min(batch_size, len(pairs)), seed
        self.steps_per_epoch = len(pairs) // self.batch_size

    def fingerprint(self) -> str:
        """A hash of the pairs and of all that decides in which order they come."""
        return digest(*(row for rows in self.rows for row in rows), self.batch_size, self.seed)

    def batch(self, step: int) -> tuple[Tensor, Tensor]:
        """Ids and targets (B, 2, T) of step number `step`, counted from 0."""
        epoch, part = divmod(step, self.steps_per_epoch)
        generator = torch.Generator().manual_seed(1_000 * self.seed + epoch)
        order = torch.randperm(len(self.rows), generator=generator)
        chosen = order[part * self.batch_size : (part + 1) * self.batch_size].tolist()
        ids, targets = stacked([row for i in chosen for row in self.rows[i]])
        shape = (len(chosen), 2, ids.size(1))
        return ids.view(shape), targets.view(shape)
