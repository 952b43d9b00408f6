"""Figures for many answers: a share with its interval, pass@k, the area under the ROC curve."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb
from statistics import NormalDist

import torch

from pocketgpt.bounds import check_number
from pocketgpt.errors import PocketError


@dataclass(frozen=True)
class Score:
    """One row of the table: how many of n questions were right, with a 95% Wilson interval of the share."""

    name: str
    right: int
    n: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """Share of the questions that were right, from 0 to 1."""
        return self.right / self.n


def wilson(right: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson's (1927) interval for a share: unlike ± two standard errors, it stays sensible near 0 and 1.

    >>> [round(x, 3) for x in wilson(10, 10)]
    [0.722, 1.0]
    >>> wilson(0, 10)[0]
    0.0
    """
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    share, scale = right / n, 1 + z * z / n
    middle = (share + z * z / (2 * n)) / scale
    half = z / scale * (share * (1 - share) / n + z * z / (4 * n * n)) ** 0.5
    return (middle - half if right else 0.0), (middle + half if right < n else 1.0)  # exact where it is known


def score(name: str, marks: Sequence[bool]) -> Score:
    """Count marks into a Score.

    >>> score("sums", [True, True, False, True]).right
    3
    """
    return Score(name, sum(marks), len(marks), *wilson(sum(marks), len(marks)))


def auroc(positives: Sequence[float], negatives: Sequence[float]) -> float:
    """Chance that a positive's score is above a negative's, ties counting half: 0.5 is a coin, 1 is perfect.

    >>> auroc([0.9, 0.8, 0.4], [0.5, 0.1])
    0.8333333333333334
    """
    high, low = torch.tensor(positives)[:, None], torch.tensor(negatives)[None, :]
    return ((high > low).double() + 0.5 * (high == low).double()).mean().item()


def pass_at_k(right: int, n: int, k: int) -> float:
    """Chance that at least one of k answers is right, estimated from n ≥ k of which `right` are (Chen et al. 2021).

    >>> pass_at_k(1, 4, 2)  # of the 6 pairs of answers, 3 hold the right one
    0.5
    """
    for name, count in (("right", right), ("n", n), ("k", k)):
        check_number(name, count, whole=True)
    if not 1 <= k <= n or not 0 <= right <= n:
        raise PocketError(f"pass@k needs 1 ≤ k ≤ n and 0 ≤ right ≤ n, not k={k}, n={n}, right={right}.")
    return 1 - comb(n - right, k) / comb(n, k)
