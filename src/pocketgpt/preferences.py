"""Pairs of answers of which people chose one, as data to learn from, and two losses that fit them.

    pairs = crowd.judge(sample_pairs(model, tokenizer, Request.draw, 2_000))
    data = PairData(pairs, tokenizer)
    for metrics in train(DirectPreference(model, reference), data, config): ...

`rlhf` has the other way: a reward model, and reinforcement learning to please it.
"""

import random
from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .crowd import Pair
from .errors import PocketError
from .model import GPT, IGNORE
from .practice import Practice, try_tasks
from .rollouts import written_logits, written_logprobs
from .tasks import Question
from .template import Message, render


def bradley_terry_loss(better: Tensor, worse: Tensor) -> Tensor:
    """Mean of −ln p(the better one wins) from scores (B,), in nats: p = sigmoid(better − worse).

    The model of Bradley & Terry (1952): only differences count, so scores have no zero of their own.

    >>> bradley_terry_loss(torch.tensor([1.0]), torch.tensor([1.0]))  # ln 2: a coin
    tensor(0.6931)
    """
    return -F.logsigmoid(better - worse).mean()


def dpo_loss(
    better: Tensor, worse: Tensor, reference_better: Tensor, reference_worse: Tensor, beta: float = 0.1
) -> Tensor:
    """Direct preference optimisation (Rafailov et al. 2023), a Bradley–Terry loss without a reward model.

    All are log-probabilities (B,) of whole answers, under the model and under the reference. The score of an
    answer is beta × how much likelier the model makes it than the reference does.

    >>> half, quarter = torch.tensor([0.5]).log(), torch.tensor([0.25]).log()
    >>> dpo_loss(half, quarter, quarter, quarter, beta=1.0)  # −ln sigmoid(ln 2) = ln 1.5
    tensor(0.4055)
    """
    return bradley_terry_loss(beta * (better - reference_better), beta * (worse - reference_worse))


def conversation_row(question: str, answer: str, tokenizer) -> Tensor:
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

    def __init__(self, pairs: Sequence[Pair], tokenizer, batch_size: int = 32, seed: int = 0):
        if not pairs:
            raise PocketError("There are no pairs to learn from; give at least one that is judged.")
        self.rows = [
            [conversation_row(pair.question, text, tokenizer) for text in (pair.better, pair.worse)]
            for pair in pairs
        ]
        self.batch_size, self.seed = min(batch_size, len(pairs)), seed
        self.steps_per_epoch = len(pairs) // self.batch_size

    def batch(self, step: int) -> tuple[Tensor, Tensor]:
        epoch, part = divmod(step, self.steps_per_epoch)
        order = torch.randperm(
            len(self.rows), generator=torch.Generator().manual_seed(1_000 * self.seed + epoch)
        )
        chosen = order[part * self.batch_size : (part + 1) * self.batch_size].tolist()
        ids, targets = stacked([row for i in chosen for row in self.rows[i]])
        shape = (len(chosen), 2, ids.size(1))
        return ids.view(shape), targets.view(shape)


def sample_pairs(
    model: GPT,
    tokenizer,
    draw: Callable[[random.Random], Question],
    n: int,
    max_tokens: int = 112,
    seed: int = 0,
) -> list[Pair]:
    """`n` pairs of different, finished answers of a model to requests, not judged yet."""
    practice = Practice(draw, lambda tasks, answers, rng: [0.0] * len(tasks))
    pairs: list[Pair] = []
    for attempt in range(10 + 10 * n // 128):
        rng = random.Random(f"pairs {seed}/{attempt}")
        asked = [draw(rng) for _ in range(128)]
        batch = try_tasks(model, tokenizer, practice, asked, 2, max_tokens, seed=rng.getrandbits(60))
        finished = batch.finished.view(-1, 2).all(1).tolist()
        for task, first, second, whole in zip(
            asked, batch.answers[::2], batch.answers[1::2], finished, strict=True
        ):
            if whole and first != second and len(pairs) < n:
                pairs.append(Pair(task.question, first, second))
        if len(pairs) == n:
            return pairs
    raise PocketError(
        "This model hardly ever writes two different answers that it ends: fine-tune it on some first."
    )


def answer_logprobs(model: GPT, ids: Tensor, written: Tensor) -> Tensor:
    """Log-probability (N,) of all written tokens of each conversation (N, T)."""
    return written_logprobs(written_logits(model, ids, written), ids, written).sum(1)


class DirectPreference(GPT):
    """A GPT that train() lets learn from PairData without a reward model; `model` itself is what changes."""

    def __init__(self, model: GPT, reference: GPT, beta: float = 0.1):
        nn.Module.__init__(self)
        self.config, self.embed, self.blocks, self.head = model.config, model.embed, model.blocks, model.head
        self.register_buffer("cos", model.cos, persistent=False)
        self.register_buffer("sin", model.sin, persistent=False)
        self.beta, self._reference = (
            beta,
            (reference,),
        )  # in a tuple, torch doesn't take it for a part of this

    def loss(self, ids: Tensor, targets: Tensor) -> Tensor:
        """DPO loss of pairs (B, 2, T), in nats."""
        flat, written = ids.flatten(0, 1), targets.flatten(0, 1) != IGNORE
        with torch.no_grad():
            reference = answer_logprobs(self._reference[0], flat, written).view(-1, 2)
        mine = answer_logprobs(self, flat, written).view(-1, 2)
        return dpo_loss(mine[:, 0], mine[:, 1], reference[:, 0], reference[:, 1], self.beta)
