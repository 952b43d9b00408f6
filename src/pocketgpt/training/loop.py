"""The one training loop: pretraining, fine-tuning, reward models and DPO differ in their data and their loss.

    for metrics in train(model, data, TrainConfig(steps=500)):
        print(metrics.step, metrics.loss)

`data` is any object with `batch(step) -> (ids, targets)`, both (B, T): as each batch follows from the step
alone, a run that was stopped goes on exactly where it was. Under `torchrun --nproc-per-node 2` each process
computes its share of every batch; a model that no card holds is spread over them first (`spread`).
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch

from pocketgpt.model import GPT, next_token_loss
from pocketgpt.threads import CREW
from pocketgpt.training.config import TrainConfig
from pocketgpt.training.data import Data, Loss, fingerprint_of_run
from pocketgpt.training.gradients import Gradients
from pocketgpt.training.optim import make_optimizers, schedule, set_learning_rates
from pocketgpt.training.precision import pick_precision
from pocketgpt.training.resume import stoppable


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


def train(
    model: GPT,
    data: Data,
    config: TrainConfig,
    state: Path | str | None = None,
    resume: bool = False,
    loss: Loss = next_token_loss,
) -> Iterator[Metrics]:
    """Train `model` in place to make `loss` small, yielding Metrics after each step.

    With `state` (a file name), the run is saved there every minute and whenever it is stopped, by an
    interrupt or because the caller stops asking for more; `resume=True` then goes on from it, to the same
    weights as an uninterrupted run. Other data than at first, or another loss, are refused.
    """
    rates = config.matrix_lr, config.embed_lr, config.head_lr
    precision = pick_precision(model, data, config.precision, steps=config.steps, objective=loss)
    numbers = torch.bfloat16 if precision.dtype == torch.bfloat16 else torch.float32
    optimizers = make_optimizers(model, *rates, config.weight_decay, numbers)
    gradients, lap = Gradients(model, precision), CREW.laps()
    known_by = fingerprint_of_run(data, loss) if state else ""
    with stoppable(model, optimizers, config, state, resume, known_by) as run:
        start, tokens, first = time.perf_counter(), 0, None
        model.train()
        model.zero_grad()  # what the caller tried before must not count in the first step
        for step in run.steps():
            share = schedule(step, config.steps, config.warmup, config.decay)
            set_learning_rates(optimizers, share)
            ids, targets = data.batch(step)
            with lap():
                value = gradients.compute(ids, targets)
                with run.update():
                    for optimizer in optimizers:
                        optimizer.step()
                        optimizer.zero_grad()
            tokens, seconds = tokens + ids.numel(), time.perf_counter() - start
            first = first or (tokens, seconds)
            speed = (tokens - first[0]) / (seconds - first[1]) if tokens > first[0] else tokens / seconds
            yield Metrics(run.done, config.steps, value, tokens, seconds, speed, config.matrix_lr * share)


@dataclass
class PlannedRun:
    """A run that is planned: iterate over it to train `model` in place; `last` then holds the last Metrics.

    The other fields are the arguments of train(). A kind of run adds what it learns from, or what it does first.

    >>> import numpy as np
    >>> from pocketgpt.model import GPTConfig
    >>> from pocketgpt.training.data import TokenStream
    >>> model, data = GPT(GPTConfig.from_depth(1, vocab_size=9, context=4)), TokenStream(np.arange(9), 2, context=4)
    >>> run = PlannedRun(model, data, TrainConfig(steps=3, precision="fp32"))
    >>> run.planned_tokens, [metrics.step for metrics in run], run.last.tokens
    (24, [1, 2, 3], 24)
    """

    model: GPT
    data: Data
    config: TrainConfig
    state: Path | str | None = None
    resume: bool = False
    loss: Loss = next_token_loss
    last: Metrics | None = None

    def __iter__(self) -> Iterator[Metrics]:
        for metrics in train(self.model, self.data, self.config, self.state, self.resume, self.loss):
            self.last = metrics
            yield metrics

    @property
    def planned_tokens(self) -> int:
        """Tokens that the whole run will see, filled-up places included."""
        return sum(self.data.batch(step)[0].numel() for step in range(self.config.steps))

    def train_all(self) -> GPT:
        """Train to the end, and return the model."""
        for _ in self:
            pass
        return self.model
