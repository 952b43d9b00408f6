"""Text as rows of tokens: what training reads, a batch a step."""

from collections.abc import Callable, Iterable
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from pocketgpt.errors import PocketError
from pocketgpt.tokenizer import Tokenizer

Loss = Callable[[Any, Tensor, Tensor], Tensor]
"""What training minimises: model (a GPT, or a kind of one), ids and targets of a batch → a scalar."""


class Data(Protocol):
    """What training reads: the batch of each step, ids and targets, follows from the step alone."""

    def batch(self, step: int) -> tuple[Tensor, Tensor]:
        """Ids and targets (B, T) of step number `step`, counted from 0."""


class TokenStream:
    """A long row of tokens, cut into windows of `context`; each epoch visits every window once, shuffled by seed.

    >>> data = TokenStream(np.arange(9), batch_size=1, context=4)
    >>> ids, targets = data.batch(0)
    >>> bool((targets == ids + 1).all()), data.steps_per_epoch
    (True, 2)
    """

    def __init__(self, tokens: np.ndarray, batch_size: int, context: int, seed: int = 0) -> None:
        self.windows = (len(tokens) - 1) // context
        if self.windows < 1:
            raise PocketError(
                f"The text has only {len(tokens)} tokens, and one training window needs {context + 1}: "
                "take a longer text or a smaller context."
            )
        self.tokens, self.batch_size, self.context, self.seed = tokens, batch_size, context, seed
        self.steps_per_epoch = max(1, self.windows // batch_size)
        self._order = (-1, np.empty(0, dtype=np.int64))  # (epoch, its shuffled windows)

    def _shuffled(self, epoch: int) -> np.ndarray:
        if self._order[0] != epoch:
            self._order = (epoch, np.random.default_rng((self.seed, epoch)).permutation(self.windows))
        return self._order[1]

    def batch(self, step: int) -> tuple[Tensor, Tensor]:
        """Inputs and targets (batch_size, context): the same tokens, one place apart."""
        epoch, part = divmod(step, self.steps_per_epoch)
        rows = self._shuffled(epoch)[part * self.batch_size : (part + 1) * self.batch_size]
        places = rows[:, None] * self.context + np.arange(self.context + 1)[None, :]
        window = torch.from_numpy(self.tokens[places].astype(np.int64))
        return window[:, :-1], window[:, 1:]


def pack(texts: Iterable[str], tokenizer: Tokenizer, group: int = 2_000) -> np.ndarray:
    """All texts as one row of tokens (uint16; uint32 for a large vocabulary), each followed by <|endoftext|>.

    Texts are read `group` at a time, so a stream of them never stands in memory as a whole.
    """
    dtype = np.uint16 if tokenizer.vocab_size <= 2**16 else np.uint32
    parts, waiting = [], []

    def flush() -> None:
        for ids in tokenizer.encode_many(waiting):
            parts.append(np.array([*ids, tokenizer.eot_id], dtype=dtype))
        waiting.clear()

    for text in texts:
        waiting.append(text)
        if len(waiting) == group:
            flush()
    flush()
    if not parts:
        raise PocketError("There is no text to learn from: give at least one document.")
    return np.concatenate(parts)
