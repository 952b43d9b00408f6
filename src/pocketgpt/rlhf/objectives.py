"""What learning from comparisons minimises, as pure functions of tensors."""

import torch.nn.functional as F
from torch import Tensor


def bradley_terry_loss(better: Tensor, worse: Tensor) -> Tensor:
    """Mean of −ln p(the better one wins) from scores (B,), in nats: p = sigmoid(better − worse).

    The model of Bradley & Terry (1952): only differences count, so scores have no zero of their own.

    >>> bradley_terry_loss(Tensor([1.0]), Tensor([1.0]))  # ln 2: a coin
    tensor(0.6931)
    """
    return -F.logsigmoid(better - worse).mean()


def dpo_loss(
    better: Tensor, worse: Tensor, reference_better: Tensor, reference_worse: Tensor, beta: float = 0.1
) -> Tensor:
    """Direct preference optimisation (Rafailov et al. 2023), a Bradley–Terry loss without a reward model.

    All are log-probabilities (B,) of whole answers, under the model and under the reference. The score of an
    answer is beta × the logarithm of how many times likelier the model makes it than the reference does.

    >>> half, quarter = Tensor([0.5]).log(), Tensor([0.25]).log()
    >>> dpo_loss(half, quarter, quarter, quarter, beta=1.0)  # −ln sigmoid(ln 2) = ln 1.5
    tensor(0.4055)
    """
    return bradley_terry_loss(beta * (better - reference_better), beta * (worse - reference_worse))
