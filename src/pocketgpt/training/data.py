"""Text as rows of tokens: what training reads, a batch a step."""

import hashlib
from collections.abc import Callable, Iterable
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from pocketgpt.bounds import SEED, check_number
from pocketgpt.errors import PocketError
from pocketgpt.tokenizer import Tokenizer

Loss = Callable[[Any, Tensor, Tensor], Tensor]
"""What training minimises: model (a GPT, or a kind of one), ids and targets of a batch → a scalar."""


class Data(Protocol):
    """What training reads: the batch of each step, ids and targets, follows from the step alone."""

    def batch(self, step: int) -> tuple[Tensor, Tensor]:
        """Ids and targets (B, T) of step number `step`, counted from 0."""


def digest(*parts: object) -> str:
    """A short hash of tensors, arrays and anything with a telling repr().

    >>> digest(1, "a") == digest(1, "a") != digest(1, "b"), len(digest())
    (True, 16)
    """
    found = hashlib.sha256()
    for part in parts:
        array = part.cpu().numpy() if isinstance(part, Tensor) else part
        found.update(array.tobytes() if isinstance(array, np.ndarray) else repr(array).encode("utf-8", "replace"))
        found.update(b"\0")
    return found.hexdigest()[:16]


def fingerprint_of(data: Data) -> str:
    """A hash by which a stopped run knows its data again: their own fingerprint(), or one of the first batch."""
    own = getattr(data, "fingerprint", None)
    return own() if own else digest(*data.batch(0))


def fingerprint_of_run(data: Data, loss: Loss) -> str:
    """A hash of what is learned from, and of what is made small: the loss by its own fingerprint(), or by its name."""
    own = getattr(loss, "fingerprint", None)
    name = getattr(loss, "__qualname__", type(loss).__qualname__)
    return digest(fingerprint_of(data), name, own() if own else "")


class TokenStream:
    """A long row of tokens, cut into windows of `context`; each epoch visits every window once, shuffled by seed.

    >>> data = TokenStream(np.arange(9), batch_size=1, context=4)
    >>> ids, targets = data.batch(0)
    >>> bool((targets == ids + 1).all()), data.steps_per_epoch
    (True, 2)
    """

    def __init__(self, tokens: np.ndarray, batch_size: int, context: int, seed: int = 0) -> None:
        for name, size in (("batch_size", batch_size), ("context", context)):
            check_number(name, size, at_least=1, whole=True)
        check_number("seed", seed, **SEED, whole=True)
        self.windows = (len(tokens) - 1) // context
        if self.windows < 1:
            raise PocketError(
                f"The text has only {len(tokens)} tokens, and one training window needs {context + 1}: "
                "take a longer text or a smaller context."
            )
        self.tokens, self.batch_size, self.context, self.seed = tokens, batch_size, context, seed
        self.steps_per_epoch = max(1, self.windows // batch_size)
        self._order = (-1, np.empty(0, dtype=np.int64))  # (epoch, its shuffled windows)

    def fingerprint(self) -> str:
        """A hash of the tokens and of all that decides in which order they come."""
        return digest(self.tokens, self.batch_size, self.context, self.seed)

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
