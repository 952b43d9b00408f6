"""Learning from what people like: a reward model guesses their taste, and the model is trained to please it.

    judge = RewardModel(model)
    for metrics in fit(judge, pairs, tokenizer): ...
    practice = Practice(Request.draw, judge.reward(tokenizer), unfinished=None)
    for step in grpo(model, tokenizer, practice, RLConfig(steps=60, kl_weight=0.05)): ...

Best-of-n needs no training: it lets the reward model choose among n answers.
"""

import random
from collections.abc import Iterator, Sequence
from math import comb, log
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from . import checkpoints
from .crowd import Pair
from .errors import PocketError
from .model import GPT, IGNORE
from .practice import Reward
from .preferences import PairData, bradley_terry_loss, conversation_row, stacked
from .tasks import Question
from .train import Metrics, TrainConfig, train


class RewardModel(GPT):
    """A copy of a GPT whose output layer has one row: a score where there were logits.

    The score of an answer is the one at its last token, when all of it has been read. train() makes its scores
    fit judged pairs; see PairData.
    """

    def __init__(self, trunk: GPT):
        super().__init__(trunk.config)
        self.load_state_dict(trunk.state_dict())
        self.head = nn.Parameter(torch.zeros(1, trunk.config.n_embd))
        self.to(trunk.head.device)

    def scores(self, ids: Tensor, targets: Tensor) -> Tensor:
        """Scores (N,) of N conversations: ids and targets (N, T) as in PairData."""
        last = ((targets != IGNORE) * torch.arange(ids.size(1), device=ids.device)).amax(1, keepdim=True)
        return self(ids)[..., 0].gather(1, last)[:, 0]

    def loss(self, ids: Tensor, targets: Tensor) -> Tensor:
        """Bradley–Terry loss of pairs (B, 2, T), in nats."""
        better, worse = self.scores(ids.flatten(0, 1), targets.flatten(0, 1)).view(-1, 2).unbind(1)
        return bradley_terry_loss(better, worse)

    @torch.no_grad()
    def rate(
        self, tokenizer, questions: Sequence[str], answers: Sequence[str], batch: int = 128
    ) -> list[float]:
        """The score of each answer to its question; it may be above 0 or below."""
        rows = [conversation_row(q, a, tokenizer) for q, a in zip(questions, answers, strict=True)]
        found = [0.0] * len(rows)
        order = sorted(range(len(rows)), key=lambda i: rows[i].size(1))  # alike lengths need little padding
        for start in range(0, len(order), batch):
            part = order[start : start + batch]
            ids, targets = stacked([rows[i] for i in part])
            scores = self.scores(ids.to(self.head.device), targets.to(self.head.device))
            for i, score in zip(part, scores.tolist(), strict=True):
                found[i] = score
        return found

    def reward(self, tokenizer) -> Reward:
        """The scores as a reward for a Practice."""

        def reward(tasks: Sequence[Question], answers: Sequence[str], rng: random.Random) -> list[float]:
            return self.rate(tokenizer, [task.question for task in tasks], answers)

        return reward


def fit(
    judge: RewardModel,
    pairs: Sequence[Pair],
    tokenizer,
    epochs: int = 2,
    batch_size: int = 32,
    seed: int = 0,
    state: Path | str | None = None,
    resume: bool = False,
) -> Iterator[Metrics]:
    """Train a reward model in place on judged pairs; the loss starts at ln 2, a coin's. Options as in train()."""
    data = PairData(pairs, tokenizer, batch_size, seed)
    config = TrainConfig(
        epochs * data.steps_per_epoch,
        matrix_lr=0.005,
        embed_lr=0.02,
        head_lr=0.005,
        decay=1.0,
        engine="fp32",
    )
    return train(judge, data, config, state, resume)


KIND = "reward model"


def save_judge(path: Path | str, judge: RewardModel, tokenizer, card: dict) -> Path:
    """Write a reward model as a checkpoint; see checkpoints.save. Its one row is the first of an output layer."""
    whole = GPT(judge.config)
    rows = F.pad(judge.head.detach().cpu(), (0, 0, 0, whole.head.size(0) - 1))
    whole.load_state_dict({**judge.state_dict(), "head": rows})
    return checkpoints.save(path, whole, tokenizer, {**card, "kind": KIND})


def load_judge(name: Path | str) -> tuple[RewardModel, object, dict]:
    """Reward model, tokenizer and card of a checkpoint that save_judge wrote."""
    whole, tokenizer, card = checkpoints.load(name)
    if card.get("kind") != KIND:
        raise PocketError(f"{name} is a language model: give a checkpoint that save_judge wrote.")
    judge = RewardModel(whole)
    with torch.no_grad():
        judge.head.copy_(whole.head[:1])
    return judge.eval(), tokenizer, card


def chances(judge: RewardModel, tokenizer, pairs: Sequence[Pair]) -> list[float]:
    """How likely the reward model thinks it that the first answer of each pair wins."""
    questions = [pair.question for pair in pairs]
    first = judge.rate(tokenizer, questions, [pair.first for pair in pairs])
    second = judge.rate(tokenizer, questions, [pair.second for pair in pairs])
    return torch.sigmoid(torch.tensor(first) - torch.tensor(second)).tolist()


def marks(judge: RewardModel, tokenizer, pairs: Sequence[Pair]) -> list[bool]:
    """In which judged pairs the reward model's favourite is the one that was chosen."""
    likely = chances(judge, tokenizer, pairs)
    return [(p > 0.5) == pair.first_wins for p, pair in zip(likely, pairs, strict=True)]


def best_of_n_kl(n: int) -> float:
    """KL divergence in nats of the best of n answers from one answer: ln n − (n − 1) / n.

    Exact where no two answers have the same score (for instance Stiennon et al. 2020, appendix G).

    >>> round(best_of_n_kl(1), 3), round(best_of_n_kl(16), 3)
    (0.0, 1.835)
    """
    if n < 1:
        raise PocketError(f"The best of how many? n must be at least 1, not {n}.")
    return log(n) - (n - 1) / n


def best_of_n(scores: Tensor, values: Tensor, n: int) -> Tensor:
    """The value that the best-scored of n answers has on average: scores and values (…, N) → (…).

    All ways to draw n of the N answers are averaged over, so one set of N gives the whole curve up to n = N.

    >>> scores, values = torch.tensor([1.0, 2.0, 3.0]), torch.tensor([0.0, 6.0, 3.0])
    >>> [best_of_n(scores, values, n).item() for n in (1, 2, 3)]  # of 3 pairs, one has 6 as its best, two have 3
    [3.0, 4.0, 3.0]
    """
    total = scores.size(-1)
    if not 1 <= n <= total:
        raise PocketError(f"Choose n between 1 and the number of answers, {total}, not {n}.")
    # The answer with i worse ones is the best of n in C(i, n − 1) of the C(N, n) draws.
    weights = torch.tensor([comb(i, n - 1) / comb(total, n) for i in range(total)], dtype=torch.float64)
    ordered = values.gather(-1, scores.argsort(-1)).double()
    return (ordered * weights).sum(-1).to(values.dtype)
