"""Best-of-n: choose among n answers the one that a reward model likes best; no training needed."""

from math import comb, log

import torch
from torch import Tensor

from pocketgpt.bounds import check_number
from pocketgpt.errors import PocketError


def best_of_n_kl(n: int) -> float:
    """The most that the best of n answers can diverge from one answer, as KL in nats: ln n − (n − 1) / n.

    It would be exact if no two answers ever had the same score. A model that may write the same answer twice diverges
    less (Beirami et al. 2024, https://arxiv.org/abs/2401.01879).

    >>> round(best_of_n_kl(1), 3), round(best_of_n_kl(16), 3)
    (0.0, 1.835)
    """
    check_number("n", n, at_least=1, whole=True)
    return log(n) - (n - 1) / n


def best_of_n(scores: Tensor, values: Tensor, n: int) -> Tensor:
    """The value that the best-scored of n answers has on average: scores and values (…, N) → (…).

    All ways to draw n of the N answers are averaged over, so one set of N gives the whole curve up to n = N.

    >>> scores, values = torch.tensor([1.0, 2.0, 3.0]), torch.tensor([0.0, 6.0, 3.0])
    >>> [best_of_n(scores, values, n).item() for n in (1, 2, 3)]  # of 3 pairs, one has 6 as its best, two have 3
    [3.0, 4.0, 3.0]
    """
    total = scores.size(-1)
    check_number("n", n, whole=True)
    if not 1 <= n <= total:
        raise PocketError(f"Choose n between 1 and the number of answers, {total}, not {n}.")
    # The answer with i worse ones is the best of n in C(i, n − 1) of the C(N, n) draws.
    weights = torch.tensor([comb(i, n - 1) / comb(total, n) for i in range(total)], dtype=torch.float64)
    ordered = values.gather(-1, scores.argsort(-1)).double()
    return (ordered * weights).sum(-1).to(values.dtype)
