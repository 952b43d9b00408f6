"""Learning from what people like: a reward model guesses their taste, and the model is trained to please it.

    judge = RewardModel(model)
    for metrics in fit(judge, pairs, tokenizer): ...
    environment = Environment(Request.draw, judge.reward(tokenizer), unfinished=None)
    for step in grpo(model, tokenizer, environment, RLConfig(steps=60, kl_weight=0.05)): ...

Best-of-n needs no training: it lets the reward model choose among n answers.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from pocketgpt import checkpoints
from pocketgpt.model import GPT, IGNORE
from pocketgpt.rl.environment import Reward
from pocketgpt.rl.tasks import Question
from pocketgpt.rlhf.objectives import bradley_terry_loss
from pocketgpt.rlhf.pairs import Pair, PairData, conversation_row, stacked
from pocketgpt.sampling.generate import by_length
from pocketgpt.tokenizer import AnyTokenizer, Tokenizer
from pocketgpt.training.config import TrainConfig
from pocketgpt.training.loop import Metrics, train

KIND = "reward model"  # on the card of its checkpoint
TOGETHER = 16  # rows of similar lengths that go through the model at once


class RewardModel(GPT):
    """A copy of a GPT whose output layer has one row: a score where there were logits.

    The score of an answer is the one at its last token, when all of it has been read. train() makes its scores
    fit judged pairs; see PairData.
    """

    def __init__(self, trunk: GPT) -> None:
        super().__init__(trunk.config)
        self.head = nn.Linear(trunk.config.n_embd, 1, bias=False)
        self.load_state_dict(trunk.state_dict())
        nn.init.zeros_(self.head.weight)
        self.to(trunk.device)

    def load_state_dict(self, state_dict: Mapping[str, Any], *options: Any, **more: Any) -> Any:
        """As of every module; of an output layer with more rows, which a GPT and older files have, only the first."""
        first = {"head.weight": state_dict["head.weight"][:1]}
        return super().load_state_dict({**state_dict, **first}, *options, **more)

    def scores(self, ids: Tensor, targets: Tensor) -> Tensor:
        """Scores (N,) of N conversations: ids and targets (N, T) as in PairData."""
        last = ((targets != IGNORE) * torch.arange(ids.size(1), device=ids.device)).amax(1)
        order = last.argsort()
        found = [self._at(ids[rows], last[rows]) for rows in order.split(TOGETHER)]
        return torch.cat(found)[order.argsort()]

    def _at(self, ids: Tensor, last: Tensor) -> Tensor:
        """Scores (N,) of ids (N, T), each at its own place `last` (N,); what stands behind all of them isn't read."""
        return self(ids[:, : int(last.max()) + 1])[..., 0].gather(1, last[:, None])[:, 0]

    @torch.no_grad()
    def rate(
        self, tokenizer: AnyTokenizer, questions: Sequence[str], answers: Sequence[str], batch: int = 128
    ) -> list[float]:
        """The score of each answer to its question; it may be above 0 or below."""
        rows = [conversation_row(q, a, tokenizer) for q, a in zip(questions, answers, strict=True)]
        found = [0.0] * len(rows)
        for part in by_length((row.size(1) for row in rows), batch):
            ids, targets = stacked([rows[i] for i in part])
            scores = self.scores(ids.to(self.device), targets.to(self.device))
            for i, score in zip(part, scores.tolist(), strict=True):
                found[i] = score
        return found

    def reward(self, tokenizer: AnyTokenizer) -> Reward:
        """The scores as a reward for an Environment."""

        def reward(tasks: Sequence[Question], answers: Sequence[str], rng: random.Random) -> list[float]:
            return self.rate(tokenizer, [task.question for task in tasks], answers)

        return reward


def preference_loss(judge: RewardModel, ids: Tensor, targets: Tensor) -> Tensor:
    """Bradley–Terry loss of pairs (B, 2, T) as in PairData, in nats."""
    better, worse = judge.scores(ids.flatten(0, 1), targets.flatten(0, 1)).view(-1, 2).unbind(1)
    return bradley_terry_loss(better, worse)


def fit(
    judge: RewardModel,
    pairs: Sequence[Pair],
    tokenizer: AnyTokenizer,
    epochs: int = 2,
    batch_size: int = 32,
    seed: int = 0,
    state: Path | str | None = None,
    resume: bool = False,
) -> Iterator[Metrics]:
    """Train a reward model in place on judged pairs; the loss starts at ln 2, a coin's. Options as in train()."""
    data = PairData(pairs, tokenizer, batch_size, seed)
    steps = epochs * data.steps_per_epoch
    config = TrainConfig(steps, matrix_lr=0.005, embed_lr=0.02, head_lr=0.005, decay=1.0, precision="fp32")
    return train(judge, data, config, state, resume, loss=preference_loss)


def save_judge(path: Path | str, judge: RewardModel, tokenizer: Tokenizer, card: dict) -> Path:
    """Write a reward model as a checkpoint; see checkpoints.save."""
    return checkpoints.save(path, judge, tokenizer, {**card, "kind": KIND})


def load_judge(name: Path | str) -> tuple[RewardModel, Tokenizer, dict]:
    """Reward model, tokenizer and card of a checkpoint that save_judge wrote."""
    return checkpoints.load_as(KIND, lambda config: RewardModel(GPT(config)), checkpoints.find(name))


def chances(judge: RewardModel, tokenizer: AnyTokenizer, pairs: Sequence[Pair]) -> list[float]:
    """How likely the reward model thinks it that the first answer of each pair wins."""
    questions = [pair.question for pair in pairs]
    first = judge.rate(tokenizer, questions, [pair.first for pair in pairs])
    second = judge.rate(tokenizer, questions, [pair.second for pair in pairs])
    return torch.sigmoid(torch.tensor(first) - torch.tensor(second)).tolist()


def marks(judge: RewardModel, tokenizer: AnyTokenizer, pairs: Sequence[Pair]) -> list[bool]:
    """In which judged pairs the reward model's favourite is the one that was chosen."""
    likely = chances(judge, tokenizer, pairs)
    return [(p > 0.5) == pair.first_wins for p, pair in zip(likely, pairs, strict=True)]
