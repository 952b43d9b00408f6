"""The one training loop: pretraining and fine-tuning differ only in the data that they hand to it.

    for metrics in train(model, data, TrainConfig(steps=500)):
        print(metrics.step, metrics.loss)

`data` is any object with `batch(step) -> (ids, targets)`, both (B, T): as each batch follows from the step
alone, a run that was stopped goes on exactly where it was. Under `torchrun --nproc-per-node 2` each process
computes its share of every batch.
"""

import math
import signal
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor

from .engine import Engine, pick_engine
from .errors import PocketError
from .model import GPT, IGNORE
from .optim import make_optimizers, schedule, set_learning_rates
from .resume import load_state, save_state

SAVE_EVERY = 60.0  # seconds between saved states of a long run: what a crash can cost


@dataclass(frozen=True)
class TrainConfig:
    """What a run does. Learning rates are peaks; `warmup` and `decay` are shares of the steps.

    `engine` is "auto" (a short trial picks the fastest on this machine, once), or one of engine.ENGINES.
    """

    steps: int
    matrix_lr: float = 0.02
    embed_lr: float = 0.1
    head_lr: float = 0.01
    weight_decay: float = 0.0
    warmup: float = 0.02
    decay: float = 0.5
    engine: str = "auto"

    def __post_init__(self) -> None:
        if self.steps < 1:
            raise PocketError(f"TrainConfig.steps must be at least 1, not {self.steps}.")


@dataclass(frozen=True)
class Metrics:
    """What one step tells: its loss (nats per token, before the update), tokens and seconds so far."""

    step: int  # steps done, from 1
    steps: int  # steps planned
    loss: float
    tokens: int
    seconds: float
    tokens_per_second: float  # over this run, without the first step, which warms up
    learning_rate: float  # of the matrices


class Data(Protocol):
    def batch(self, step: int) -> tuple[Tensor, Tensor]: ...


class TokenStream:
    """A long row of tokens, cut into windows of `context` tokens; each epoch visits every window once,
    shuffled by seed.

    >>> data = TokenStream(np.arange(9), batch_size=1, context=4)
    >>> ids, targets = data.batch(0)
    >>> bool((targets == ids + 1).all()), data.steps_per_epoch
    (True, 2)
    """

    def __init__(self, tokens: np.ndarray, batch_size: int, context: int, seed: int = 0):
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


def pack(texts: Iterable[str], tokenizer, group: int = 2_000) -> np.ndarray:
    """All texts as one row of tokens (uint16, or uint32 for a large vocabulary), each followed by
    <|endoftext|>.

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


@contextmanager
def deferred_interrupt() -> Iterator[None]:
    """Let Ctrl-C (Jupyter's stop button) wait until the block is through: half an update is no model."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    asked = []
    before = signal.signal(signal.SIGINT, lambda *_: asked.append(True))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if asked:
        raise KeyboardInterrupt


def _share_of(ids: Tensor, targets: Tensor) -> tuple[Tensor, Tensor, float]:
    """This process's rows of a batch, and which share of the batch's counted targets they hold."""
    if not dist.is_initialized():
        return ids, targets, 1.0
    rank, world = dist.get_rank(), dist.get_world_size()
    if len(ids) < world:
        raise PocketError(
            f"A batch of {len(ids)} rows can't be shared by {world} processes: raise the batch size."
        )
    mine = targets[rank::world]
    counted = (targets != IGNORE).sum()
    return ids[rank::world], mine, ((mine != IGNORE).sum() / counted.clamp(min=1)).item()


def compute_gradients(model: GPT, engine: Engine, ids: Tensor, targets: Tensor) -> float:
    """Forward and backward on a batch: leaves the gradients in the parameters, returns the loss."""
    ids, targets, share = _share_of(ids.to(model.head.device), targets.to(model.head.device))
    loss = engine.loss(model, ids, targets) * share
    loss.backward()
    total = loss.detach()
    if dist.is_initialized():
        for tensor in [p.grad for p in model.parameters()] + [total]:
            dist.all_reduce(tensor)
    return total.item()


def train(
    model: GPT, data: Data, config: TrainConfig, state: Path | str | None = None, resume: bool = False
) -> Iterator[Metrics]:
    """Train `model` in place, yielding Metrics after each step.

    With `state` (a file name), the run is saved there every minute and whenever it is stopped, by an
    interrupt or because the caller stops asking for more; `resume=True` then goes on from it, to the same
    weights as an uninterrupted run.
    """
    optimizers = make_optimizers(
        model, config.matrix_lr, config.embed_lr, config.head_lr, config.weight_decay
    )
    done = load_state(state, model, optimizers, config) if resume else 0
    keep = state if state and is_first() else None  # one process saves for all
    engine = pick_engine(model, data, config.engine, steps=config.steps)
    start = saved = time.perf_counter()
    tokens, warm_tokens, warm_time = 0, 0, start
    model.train()
    model.zero_grad()  # what the caller tried before must not count in the first step
    try:
        for step in range(done, config.steps):
            share = schedule(step, config.steps, config.warmup, config.decay)
            set_learning_rates(optimizers, share)
            ids, targets = data.batch(step)
            loss = compute_gradients(model, engine, ids, targets)
            with deferred_interrupt():
                for optimizer in optimizers:
                    optimizer.step()
                    optimizer.zero_grad()
                done = step + 1
            now = time.perf_counter()
            tokens += ids.numel()
            if not warm_tokens:
                warm_tokens, warm_time = tokens, now
            speed = (
                (tokens - warm_tokens) / (now - warm_time) if tokens > warm_tokens else tokens / (now - start)
            )
            yield Metrics(done, config.steps, loss, tokens, now - start, speed, config.matrix_lr * share)
            if keep and now - saved > SAVE_EVERY:
                save_state(keep, model, optimizers, config, done)
                saved = now
    except BaseException:  # an interrupt, an error, or a caller who stops asking
        if keep:
            save_state(keep, model, optimizers, config, done)
        raise
    finally:
        model.zero_grad()
        model.eval()
    if keep:
        Path(keep).unlink(missing_ok=True)  # the run is complete: nothing is left to resume


@torch.no_grad()
def evaluate_loss(model: GPT, data: Data, batches: int) -> float:
    """Mean loss in nats over all counted targets of the first `batches` batches."""
    total, counted = 0.0, 0
    for step in range(batches):
        ids, targets = data.batch(step)
        n = int((targets != IGNORE).sum())
        total += n * model.loss(ids.to(model.head.device), targets.to(model.head.device)).item()
        counted += n
    return total / max(1, counted)


def bits_per_byte(loss: float, tokens: int, n_bytes: int) -> float:
    """Loss in nats per token → bits per byte of text, which models with different vocabularies can be
    compared by.

    >>> round(bits_per_byte(1.386294, tokens=100, n_bytes=400), 3)  # 2 bits a token, 4 bytes a token
    0.5
    """
    return loss / math.log(2) * tokens / n_bytes


def is_first() -> bool:
    """Is this the only process, or the one that speaks and saves for all that torchrun started?"""
    return not dist.is_initialized() or dist.get_rank() == 0


def agreed(value):
    """The first process's value, in every process."""
    values = [value]
    if dist.is_initialized():
        dist.broadcast_object_list(values)
    return values[0]


@contextmanager
def process_group() -> Iterator[None]:
    """Join the other processes when started by torchrun; do nothing otherwise."""
    if not dist.is_torchelastic_launched():
        yield
        return
    dist.init_process_group("gloo")
    try:
        yield
    finally:
        dist.destroy_process_group()
