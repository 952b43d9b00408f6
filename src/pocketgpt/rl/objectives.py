"""What reinforcement learning minimises, as pure functions of tensors; `grpo` has the loop that uses them.

Shapes: P prompts with G rollouts each; N = P × G rows of T tokens. A mask (N, T) is true on the tokens that the
model chose itself: only they count.
"""

import torch
from torch import Tensor

from pocketgpt.errors import PocketError


def token_logprobs(logits: Tensor, ids: Tensor, mask: Tensor) -> Tensor:
    """Log-probabilities (N, T) of the tokens of ids (N, T) where the mask is true, 0 elsewhere, from GPT.logits_of."""
    found = logits.log_softmax(-1).gather(1, ids[mask][:, None])[:, 0]
    return torch.zeros(ids.shape, device=ids.device).masked_scatter(mask, found)


def masked_mean(values: Tensor, mask: Tensor, normalise: str = "tokens") -> Tensor:
    """Mean of values (N, T) where the mask is true.

    "tokens": every token counts alike, so a long rollout counts more than a short one. "sequence": every rollout
    counts alike, so each token of a long one counts less: long wrong answers are blamed less for each token
    than short ones, one reason why answers may grow longer than they need to (Liu et al. 2025).

    >>> values, mask = torch.tensor([[1.0, 1.0, 1.0], [5.0, 0.0, 0.0]]), torch.tensor([[1, 1, 1], [1, 0, 0]])
    >>> masked_mean(values, mask == 1).item(), masked_mean(values, mask == 1, "sequence").item()
    (2.0, 3.0)
    """
    if normalise not in ("tokens", "sequence"):
        raise PocketError(f"normalise is 'tokens' or 'sequence', not {normalise!r}.")
    kept = values.masked_fill(~mask, 0.0)
    if normalise == "tokens":
        return kept.sum() / mask.sum().clamp(min=1)
    return (kept.sum(-1) / mask.sum(-1).clamp(min=1)).mean()


def policy_gradient_loss(
    logprobs: Tensor,
    old_logprobs: Tensor,
    advantages: Tensor,
    mask: Tensor,
    clip: float | None = None,
    normalise: str = "tokens",
    kl: Tensor | None = None,
    kl_weight: float = 0.0,
) -> Tensor:
    """A scalar to minimise: tokens of rollouts with a positive advantage (N,) become likelier, others less likely.

    `logprobs` (N, T) are the model's now and carry the gradient; `old_logprobs` (N, T) are those with which the
    rollouts were drawn. Their ratio corrects for a model that has moved since: on the first update it is 1,
    and the gradient is that of REINFORCE (Williams 1992). With `clip`, a token whose ratio has left 1 ± clip in
    the direction of its advantage no longer counts (PPO, Schulman et al. 2017). `kl` (N, T), the divergence from
    a reference at each token, is a leash of weight `kl_weight`.

    >>> logprobs = torch.tensor([[0.5, 0.25]]).log().requires_grad_()
    >>> mask = torch.tensor([[True, True]])
    >>> loss = policy_gradient_loss(logprobs, logprobs.detach(), torch.tensor([2.0]), mask)
    >>> loss.backward(); logprobs.grad  # one step down makes both tokens likelier, alike
    tensor([[-1., -1.]])
    """
    ratio = (logprobs - old_logprobs.detach()).masked_fill(~mask, 0.0).exp()
    gain = ratio * advantages[:, None]
    if clip is not None:
        gain = torch.minimum(gain, ratio.clamp(1 - clip, 1 + clip) * advantages[:, None])
    loss = -masked_mean(gain, mask, normalise)
    if kl is not None:
        loss = loss + kl_weight * masked_mean(kl, mask, normalise)
    return loss


def kl_exact(logits: Tensor, reference_logits: Tensor) -> Tensor:
    """KL(model ‖ reference) in nats between two next-token distributions, from logits (…, V) → (…).

    Where the vocabulary is small, this needs no estimate, and its gradient is the divergence's own.

    >>> kl_exact(torch.tensor([0.5, 0.5]).log(), torch.tensor([0.25, 0.75]).log())  # ½ ln 2 + ½ ln ⅔
    tensor(0.1438)
    """
    model, reference = logits.log_softmax(-1), reference_logits.log_softmax(-1)
    return (model.exp() * (model - reference)).sum(-1)
