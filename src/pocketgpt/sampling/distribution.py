"""From logits to the next token: temperature, top-k, top-p, min-p, and the draw."""

import torch
from torch import Tensor

from pocketgpt.bounds import SHARE, TEMPERATURE, check_number
from pocketgpt.errors import PocketError


def apply_temperature(logits: Tensor, temperature: float) -> Tensor:
    """Logits / temperature: below 1 sharpens the distribution, above 1 flattens it; (…, V) → (…, V).

    Raises PocketError for 0, which only generate() takes, as greedy, and below 0.001, where quotients overflow.
    """
    check_number("temperature", temperature, **TEMPERATURE)
    return logits / temperature


def keep_top_k(logits: Tensor, k: int) -> Tensor:
    """Keep the k likeliest tokens (and any that tie with the last of them).

    >>> keep_top_k(torch.tensor([1.0, 3.0, 2.0]), 2)
    tensor([-inf, 3., 2.])
    """
    check_number("top_k", k, at_least=1, whole=True)
    smallest = logits.topk(min(k, logits.size(-1)), dim=-1).values[..., -1:]
    return logits.masked_fill(logits < smallest, float("-inf"))


def keep_top_p(logits: Tensor, p: float) -> Tensor:
    """Keep the smallest set of likeliest tokens whose probabilities add up to at least p (Holtzman et al. 2020).

    >>> keep_top_p(torch.tensor([0.5, 0.3, 0.2]).log(), 0.6).exp()
    tensor([0.5000, 0.3000, 0.0000])
    """
    check_number("top_p", p, above=0, at_most=1)
    ordered, order = logits.sort(dim=-1, descending=True, stable=True)
    probs = ordered.softmax(-1)
    enough = probs.cumsum(-1) - probs >= p  # what stands before this token is enough already
    return logits.masked_fill(torch.zeros_like(enough).scatter(-1, order, enough), float("-inf"))


def keep_min_p(logits: Tensor, p: float) -> Tensor:
    """Keep tokens that are at least p times as likely as the likeliest (Nguyen et al. 2024).

    >>> keep_min_p(torch.tensor([0.5, 0.3, 0.2]).log(), 0.5).exp()
    tensor([0.5000, 0.3000, 0.0000])
    """
    check_number("min_p", p, **SHARE)
    probs = logits.softmax(-1)
    return logits.masked_fill(probs < p * probs.amax(-1, keepdim=True), float("-inf"))


def next_token_distribution(
    logits: Tensor,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    min_p: float | None = None,
) -> Tensor:
    """Probabilities (…, V) of the next token after temperature and, in this order, the filters that are given.

    Raises PocketError where no token is possible: all logits are −inf, or one is NaN or +inf.
    """
    logits = apply_temperature(logits, temperature)
    if top_k is not None:
        logits = keep_top_k(logits, top_k)
    if top_p is not None:
        logits = keep_top_p(logits, top_p)
    if min_p is not None:
        logits = keep_min_p(logits, min_p)
    probs = logits.softmax(-1)
    if probs.isnan().any():
        raise PocketError("These logits make no distribution: give at least one finite number, and no NaN or +inf.")
    return probs


def token_at(probs: Tensor, luck: Tensor) -> Tensor:
    """The token (…, 1) of each distribution (…, V) on which its luck (…, 1) falls, from 0 up to 1, where the
    probabilities lie end to end. On a CPU much quicker than torch.multinomial.

    >>> token_at(torch.tensor([0.5, 0.3, 0.2]), torch.tensor([0.7]))
    tensor([1])
    """
    ends = probs.cumsum(-1)
    found = torch.searchsorted(ends, luck * ends[..., -1:], right=True)
    return found.clamp_(max=probs.size(-1) - 1)  # rounding, or NaN, may lead past the last


def draw(probs: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """One token (…, 1) from each distribution (…, V).

    >>> draw(torch.tensor([[0.0, 1.0, 0.0]]))
    tensor([[1]])
    """
    return token_at(probs, torch.rand((*probs.shape[:-1], 1), generator=generator, device=probs.device))


def draw_and_score(logits: Tensor, temperature: float, luck: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """From each row of logits (N, V) a token (N,), its log-probability, and the entropy in nats; luck (N,) as in
    token_at.
    """
    logprobs = apply_temperature(logits, temperature).log_softmax(-1)
    probs = logprobs.exp()
    chosen = token_at(probs, luck[:, None])
    return chosen[:, 0], logprobs.gather(1, chosen)[:, 0], -(probs * logprobs).sum(-1)
