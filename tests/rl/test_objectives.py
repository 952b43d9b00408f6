"""Advantages, losses and divergences: by hand, and against finite differences on a bandit with two actions."""

import math

import pytest
import torch
from torch.testing import assert_close

from pocketgpt.errors import PocketError
from pocketgpt.rl.grpo import group_relative_advantages
from pocketgpt.rl.objectives import kl_exact, masked_mean, policy_gradient_loss

# --- Advantages ---------------------------------------------------------------------------------------------


def test_advantages_by_hand():
    rewards = torch.tensor([[1.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0]])
    plain = group_relative_advantages(rewards)
    assert_close(plain, torch.tensor([[0.75, -0.25, -0.25, -0.25], [0.0, 0.0, 0.0, 0.0]]))
    # The first group's variance is (0.75² + 3 · 0.25²) / 4 = 3/16.
    scaled = group_relative_advantages(rewards, std=True)
    assert_close(scaled[0], plain[0] / math.sqrt(3 / 16), atol=1e-4, rtol=0)
    assert scaled[1].tolist() == [0.0, 0.0, 0.0, 0.0]


# --- The loss, by hand --------------------------------------------------------------------------------------


def one_token(new: float, old: float, advantage: float, **options) -> float:
    """The loss of one token whose probability was `old` and is `new`."""
    logprobs = torch.tensor([[new, old]]).log().chunk(2, dim=1)
    return policy_gradient_loss(*logprobs, torch.tensor([advantage]), torch.tensor([[True]]), **options).item()


@pytest.mark.parametrize(
    ("new", "old", "advantage", "clip", "loss"),
    [
        (0.5, 0.5, 2.0, None, -2.0),
        (0.5, 0.4, 2.0, None, -2.5),  # ratio 1.25
        (0.5, 0.4, 2.0, 0.2, -2.4),  # praised enough: counts as 1.2
        (0.5, 0.4, -2.0, 0.2, 2.5),  # moved the wrong way: counts in full
        (0.2, 0.4, -2.0, 0.2, 1.6),  # ratio 0.5, blamed enough: counts as 0.8
        (0.2, 0.4, 2.0, 0.2, -1.0),
    ],
)
def test_one_token_by_hand(new, old, advantage, clip, loss):
    assert one_token(new, old, advantage, clip=clip) == pytest.approx(loss)


@pytest.mark.parametrize(("new", "advantage", "moves"), [(0.5, 2.0, False), (0.2, -2.0, False), (0.2, 2.0, True)])
def test_a_token_that_was_clipped_has_no_gradient(new, advantage, moves):
    logprobs = torch.tensor([[new]]).log().requires_grad_()
    old = torch.tensor([[0.4]]).log()
    policy_gradient_loss(logprobs, old, torch.tensor([advantage]), torch.tensor([[True]]), clip=0.2).backward()
    assert (logprobs.grad.item() != 0) == moves


def test_normalising_by_tokens_or_by_sequences():
    # Two rollouts of 3 tokens and of 1, with advantages 1 and −1, on policy: each token's gain is its advantage.
    logprobs = torch.full((2, 3), -1.0)
    mask = torch.tensor([[True, True, True], [True, False, False]])
    advantages = torch.tensor([1.0, -1.0])
    by_tokens = policy_gradient_loss(logprobs, logprobs, advantages, mask)
    by_sequence = policy_gradient_loss(logprobs, logprobs, advantages, mask, normalise="sequence")
    assert by_tokens.item() == pytest.approx(-(3 - 1) / 4)
    assert by_sequence.item() == pytest.approx(-(1 - 1) / 2)


def test_what_the_mask_leaves_out_changes_nothing():
    mask = torch.tensor([[True, False], [True, True]])
    advantages = torch.tensor([1.0, -0.5])
    values = []
    for hidden in (-1.0, -50.0, 80.0):
        logprobs = torch.tensor([[-1.0, hidden], [-2.0, -3.0]], requires_grad=True)
        old, kl = torch.tensor([[-1.5, 0.0], [-2.0, -2.5]]), torch.tensor([[0.1, hidden], [0.2, 0.3]])
        loss = policy_gradient_loss(logprobs, old, advantages, mask, 0.2, kl=kl, kl_weight=0.5)
        loss.backward()
        assert logprobs.grad[0, 1] == 0
        values.append(loss.item())
    assert len(set(values)) == 1


def test_an_empty_mask_is_a_loss_of_nothing():
    assert masked_mean(torch.ones(2, 3), torch.zeros(2, 3, dtype=torch.bool)) == 0
    assert masked_mean(torch.ones(2, 3), torch.zeros(2, 3, dtype=torch.bool), "sequence") == 0


def test_an_unknown_normalisation():
    with pytest.raises(PocketError, match="'tokens' or 'sequence', not 'words'"):
        masked_mean(torch.ones(1, 1), torch.ones(1, 1) > 0, "words")


# --- A bandit with two actions ------------------------------------------------------------------------------

REWARDS = torch.tensor([0.3, 1.0], dtype=torch.float64)
START = torch.tensor([0.4, -0.2], dtype=torch.float64)  # logits of the policy
OTHER = torch.tensor([-0.5, 0.7], dtype=torch.float64)  # of a reference, or of an older policy


def finite_differences(function, at: torch.Tensor, step: float = 1e-5) -> torch.Tensor:
    slopes = []
    for i in range(len(at)):
        up, down = at.clone(), at.clone()
        up[i] += step
        down[i] -= step
        slopes.append((function(up) - function(down)) / (2 * step))
    return torch.stack(slopes)


def expected_reward(logits: torch.Tensor) -> torch.Tensor:
    return logits.softmax(-1) @ REWARDS


def divergence(logits: torch.Tensor, reference: torch.Tensor) -> torch.Tensor:
    p, q = logits.softmax(-1), reference.softmax(-1)
    return (p * (p / q).log()).sum()


def mean_gradient(drawn_from: torch.Tensor, advantages: torch.Tensor = REWARDS, leash=None, **options):
    """Gradient at START of the loss, averaged over the action that the policy `drawn_from` draws."""
    logits = START.clone().requires_grad_()
    total = torch.zeros((), dtype=torch.float64)
    for action, chance in enumerate(drawn_from.softmax(-1)):
        logprob = logits.log_softmax(-1)[action].view(1, 1)
        old = drawn_from.log_softmax(-1)[action].view(1, 1)
        kl = leash(logits).view(1, 1) if leash else None
        mask = torch.tensor([[True]])
        loss = policy_gradient_loss(logprob, old, advantages[action].view(1), mask, kl=kl, **options)
        total = total + chance * loss
    total.backward()
    return logits.grad


@pytest.mark.parametrize("normalise", ["tokens", "sequence"])
@pytest.mark.parametrize("clip", [None, 0.2])
def test_on_policy_the_gradient_is_that_of_the_expected_reward(clip, normalise):
    truth = finite_differences(expected_reward, START)
    assert_close(mean_gradient(START, clip=clip, normalise=normalise), -truth, atol=1e-8, rtol=0)


def test_a_baseline_changes_nothing_on_average():
    truth = finite_differences(expected_reward, START)
    assert_close(mean_gradient(START, REWARDS - 5.0), -truth, atol=1e-8, rtol=0)


def test_the_ratio_makes_up_for_an_older_policy():
    truth = finite_differences(expected_reward, START)
    assert_close(mean_gradient(OTHER), -truth, atol=1e-8, rtol=0)


def test_the_leash_is_a_price_on_the_divergence():
    truth = finite_differences(lambda x: expected_reward(x) - 0.3 * divergence(x, OTHER), START)
    found = mean_gradient(START, leash=lambda logits: kl_exact(logits, OTHER), kl_weight=0.3)
    assert_close(found, -truth, atol=1e-8, rtol=0)


# --- Divergence ---------------------------------------------------------------------------------------------


def test_the_divergence_of_two_coins():
    p, q = START.softmax(-1), OTHER.softmax(-1)
    by_hand = p[0] * (p[0] / q[0]).log() + p[1] * (p[1] / q[1]).log()
    assert_close(kl_exact(START, OTHER), by_hand)
    assert kl_exact(START, START + 3.0).item() == pytest.approx(0.0, abs=1e-12)  # logits have no zero
