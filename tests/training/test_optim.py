"""Muon against SVD, torch's Muon and arithmetic by hand; the schedule against known answers."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tiny import random_ids, tiny_model
from torch.testing import assert_close

from pocketgpt.model import next_token_loss
from pocketgpt.training.optim import Muon, make_optimizers, orthogonalize, schedule, set_learning_rates


def random_matrix(rows: int, columns: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(rows, columns, generator=torch.Generator().manual_seed(seed))


@given(st.integers(1, 24), st.integers(1, 24), st.integers(0, 1000), st.sampled_from([1e-3, 1.0, 1e3]))
def test_orthogonalize_keeps_directions_and_makes_strengths_equal(rows, columns, seed, scale):
    u, s, vt = torch.linalg.svd(random_matrix(rows, columns, seed), full_matrices=False)
    matrix = u @ torch.diag(0.1 + s / s.max()) @ vt  # no direction is so weak that five steps can't lift it
    found = u.T @ orthogonalize(matrix * scale) @ vt.T  # in the matrix's own directions: nearly the unit matrix
    assert ((found.diag() > 0.6) & (found.diag() < 1.3)).all()
    assert_close(found, torch.diag(found.diag()), atol=1e-3, rtol=0)


def five_steps(strengths: torch.Tensor) -> torch.Tensor:
    """What five Newton–Schulz steps make of singular values: a polynomial of each, five times."""
    for _ in range(5):
        strengths = 3.4445 * strengths - 4.7750 * strengths**3 + 2.0315 * strengths**5
    return strengths


@pytest.mark.parametrize("rows, columns", [(192, 192), (192, 768), (768, 192)])
def test_strengths_over_five_orders_of_magnitude_follow_the_polynomial(rows, columns):
    u, s, vt = torch.linalg.svd(random_matrix(rows, columns), full_matrices=False)
    s = torch.logspace(0, -5, len(s))
    assert_close(orthogonalize(u * s @ vt), u * five_steps(s / s.norm()) @ vt, atol=1e-3, rtol=0)


@pytest.mark.parametrize("rows, columns", [(192, 192), (192, 768), (768, 192)])
def test_bfloat16_makes_strengths_equal_but_for_rounding_and_lets_weak_directions_be_weak(rows, columns):
    u, s, vt = torch.linalg.svd(random_matrix(rows, columns), full_matrices=False)
    s = torch.logspace(0, -5, len(s))
    found = orthogonalize((u * s @ vt).bfloat16()).float()
    assert torch.linalg.matrix_norm(found, 2) < 1.3
    strong = len(s) // 5  # down to a tenth of the strongest
    diagonal = (u.T @ found @ vt.T).diag()[:strong]
    assert ((diagonal > 0.5) & (diagonal < 1.3)).all()


def test_orthogonalize_leaves_nothing_of_nothing():
    assert (orthogonalize(torch.zeros(3, 4)) == 0).all()


def one_muon_step(p: torch.Tensor, grad: torch.Tensor, **options) -> torch.Tensor:
    p = p.clone().requires_grad_()
    p.grad = grad
    stacked = options.pop("stacked", 1)
    Muon([{"params": [p], "stacked": stacked}], **options).step()
    return p.detach()


def test_a_step_by_hand():
    # A diagonal gradient stays diagonal: each of five Newton–Schulz steps is a polynomial of one number.
    strengths = torch.tensor([3.0, 4.0])
    changes = five_steps(strengths / 5)  # 5 is the norm of (3, 4)
    p = torch.full((2, 2), 10.0)
    after = one_muon_step(p, torch.diag(strengths), lr=0.5, momentum=0.0, weight_decay=0.1)
    assert_close(after, 10 * (1 - 0.5 * 0.1) - 0.5 * torch.diag(changes))


def test_a_stack_of_matrices_counts_as_so_many_matrices():
    weights, grads = random_matrix(24, 8), random_matrix(24, 8, seed=1)
    each = [one_muon_step(p, g) for p, g in zip(weights.chunk(3), grads.chunk(3), strict=True)]
    assert_close(one_muon_step(weights, grads, stacked=3), torch.cat(each))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("shape", [(16, 16), (32, 8), (8, 32)])
def test_muon_walks_as_torchs_muon_does(shape, dtype):
    options = {"lr": 0.02, "momentum": 0.95, "weight_decay": 0.1}
    start = random_matrix(*shape)
    ours, theirs = (torch.nn.Parameter(start.clone()) for _ in range(2))
    optimizers = Muon([ours], **options, dtype=dtype), torch.optim.Muon([theirs], **options)
    for step in range(4):
        ours.grad = random_matrix(*shape, seed=step + 1)
        theirs.grad = ours.grad.clone()
        for optimizer in optimizers:
            optimizer.step()
    way = theirs.detach() - start
    assert (ours.detach() - start - way).norm() < 0.03 * way.norm()  # theirs works in bfloat16


def test_every_parameter_has_one_optimizer_and_its_learning_rate():
    model = tiny_model()
    optimizers = make_optimizers(model, matrix_lr=0.1, embed_lr=0.2, head_lr=0.3, weight_decay=0.0)
    rates = {p: g["lr"] for o in optimizers for g in o.param_groups for p in g["params"]}
    assert sum(len(g["params"]) for o in optimizers for g in o.param_groups) == len(rates)
    wanted = dict.fromkeys(model.blocks.parameters(), 0.1) | {model.embed.weight: 0.2, model.head.weight: 0.3}
    assert rates == wanted and set(rates) == set(model.parameters())
    set_learning_rates(optimizers, 0.5)
    set_learning_rates(optimizers, 0.5)  # a share of the peak, not of what the rate is now
    assert {p: g["lr"] for o in optimizers for g in o.param_groups for p in g["params"]} == {
        p: rate / 2 for p, rate in wanted.items()
    }


def test_a_step_on_a_batch_makes_its_loss_smaller():
    model, ids, targets = tiny_model(), random_ids(2, 8), random_ids(2, 8, seed=1)
    optimizers = make_optimizers(model, matrix_lr=0.01, embed_lr=0.01, head_lr=0.01, weight_decay=0.0)
    before = next_token_loss(model, ids, targets)
    before.backward()
    for optimizer in optimizers:
        optimizer.step()
    assert next_token_loss(model, ids, targets) < before


def test_the_schedule_goes_up_stays_and_goes_down():
    shares = [schedule(step, 100, warmup=0.1, decay=0.4) for step in range(100)]
    assert shares[:10] == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0])
    assert shares[10:61] == 51 * [1.0]
    assert shares[80] == pytest.approx(0.5) and shares[99] == pytest.approx(1 / 40)


@given(st.integers(1, 300), st.floats(0, 1), st.floats(0, 1))
def test_no_step_of_any_schedule_is_lost(steps, warmup, decay):
    shares = [schedule(step, steps, warmup, decay) for step in range(steps)]
    assert all(0 < share <= 1 for share in shares)
    top = shares.index(max(shares))
    assert shares[: top + 1] == sorted(shares[: top + 1])
    assert shares[top:] == sorted(shares[top:], reverse=True)
