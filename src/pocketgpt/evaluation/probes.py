"""Linear probes: what can be read off a model's inside by one weighted sum.

    states = last_states(model, prompts)[layer]         # (N, n_embd), from `confidence`
    probe = fit(states, knows)                          # knows: N times True or False
    probe(other_states)                                 # probabilities, (N,)

A probe is logistic regression on the residual stream, which stays as it is. That a probe finds something shows
that it is there to be found, not that the model makes use of it (Alain & Bengio 2016, arXiv:1610.01644).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from pocketgpt.errors import PocketError
from pocketgpt.model import rms_norm


@dataclass(frozen=True, eq=False)  # tensors have no plain equality
class Probe:
    """P(yes) = sigmoid(rms_norm(state) · weights + bias); weights are (n_embd,), bias is one number."""

    weights: Tensor
    bias: Tensor

    def __call__(self, states: Tensor) -> Tensor:
        """Probabilities (N,) for states (N, n_embd)."""
        return (rms_norm(states) @ self.weights + self.bias).sigmoid()


def fit(states: Tensor, labels: Sequence[bool], penalty: float = 1e-3) -> Probe:
    """Logistic regression of labels (N) on states (N, n_embd), each scaled as the model's own parts see it.

    It minimises the mean loss plus `penalty` · |weights|², which keeps the weights finite where a plane parts
    the two groups without a mistake. Raises PocketError if all labels are the same.

    >>> states = torch.tensor([[1.0, 0.0], [1.0, 0.1], [0.0, 1.0], [0.1, 1.0]])
    >>> fit(states, [True, True, False, False])(states).round().tolist()
    [1.0, 1.0, 0.0, 0.0]
    """
    truth = torch.tensor(labels, dtype=torch.float32)
    if len(states) != len(truth) or len(truth.unique()) < 2:
        raise PocketError("A probe needs one label for each state, and both kinds of label.")
    x = rms_norm(states.detach().float())
    weights = torch.zeros(x.size(1), requires_grad=True)
    bias = torch.zeros((), requires_grad=True)
    optimizer = torch.optim.LBFGS([weights, bias], max_iter=200, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = F.binary_cross_entropy_with_logits(x @ weights + bias, truth) + penalty * weights.square().sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    return Probe(weights.detach(), bias.detach())
