"""A judge of one's own: a taste in five numbers, learned from the couple of dozen comparisons that one person clicks.

It is told what to look at, and learns only how much each of that is worth. So it needs far fewer comparisons than a
reward model on a GPT, and sees nothing else.

    judge = OwnJudge(crowd.reader, learn_taste(*differences(crowd.reader, pairs), STEPS, RATE))
    judge.score("Mia went to the lake. They laughed.")
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

from pocketgpt.rl.environment import Reward
from pocketgpt.rl.tasks import Question
from pocketgpt.rlhf.pairs import Pair
from pocketgpt.rlhf.raters import Reader, sentences_of

LOOKS_AT = ("each sentence", "an animal", "something said", "something sweet", "a happy end")
STEPS, RATE = 200, 0.3


def noticed(reader: Reader, story: str) -> list[float]:
    """What the judge sees of a story: one number for each of LOOKS_AT, the first of them a count, the others 0 or 1."""
    animal, speech, treat, happy, *_ = reader.features(story).tolist()
    return [float(len(sentences_of(story))), animal, speech, treat, happy]


def differences(reader: Reader, pairs: Sequence[Pair]) -> tuple[list[list[float]], list[bool]]:
    """For each judged pair, what the first story has more of than the second; and whether the first one won."""
    sides = [(noticed(reader, pair.first), noticed(reader, pair.second)) for pair in pairs]
    rows = [[a - b for a, b in zip(first, second, strict=True)] for first, second in sides]
    return rows, [pair.better == pair.first for pair in pairs]


def learn_taste(rows: Sequence[Sequence[float]], won: Sequence[bool], steps: int, rate: float) -> list[float]:
    """Weights that make the choices likely: `steps` steps of gradient descent on the Bradley–Terry loss, from zeros.

    `rows` and `won` are those of `differences`.

    >>> [round(weight, 2) for weight in learn_taste([[1, 0], [0, 2]], [True, False], steps=1, rate=1.0)]
    [0.25, -0.5]
    """
    weights = [0.0] * len(rows[0])
    for _ in range(steps):
        changes = [0.0] * len(weights)
        for row, first_won in zip(rows, won, strict=True):
            score = sum(weight * x for weight, x in zip(weights, row, strict=True))
            surprise = first_won - 1 / (1 + math.exp(-score))
            changes = [change + surprise * x for change, x in zip(changes, row, strict=True)]
        weights = [weight + rate * change / len(rows) for weight, change in zip(weights, changes, strict=True)]
    return weights


@dataclass(frozen=True)
class OwnJudge:
    """Weights for LOOKS_AT; gives scores as a RewardModel does, so practice can please it as well."""

    reader: Reader
    weights: Sequence[float]

    def score(self, story: str) -> float:
        """The sum of the weights of what is there; only differences between stories count."""
        return sum(w * x for w, x in zip(self.weights, noticed(self.reader, story), strict=True))

    def right(self, pairs: Sequence[Pair]) -> int:
        """In how many judged pairs the story with the higher score is the one that was chosen."""
        return sum(self.score(pair.better) > self.score(pair.worse) for pair in pairs)

    def rate(self, tokenizer, questions: Sequence[str], answers: Sequence[str]) -> list[float]:
        """As RewardModel.rate: the score of each answer."""
        return [self.score(answer) for answer in answers]

    def reward(self, tokenizer) -> Reward:
        """As RewardModel.reward: the scores as a reward for an Environment."""

        def reward(tasks: Sequence[Question], answers: Sequence[str], rng: random.Random) -> list[float]:
            return self.rate(tokenizer, [task.question for task in tasks], answers)

        return reward
