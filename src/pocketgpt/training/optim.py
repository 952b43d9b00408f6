"""How weights move: Muon for the matrices, AdamW for the rest, and one schedule for both.

A gradient says which way each weight should move. AdamW scales each number of it on its own. Muon (Jordan et al. 2024)
treats a matrix as a whole: it keeps the directions of the smoothed gradient but makes all of them equally strong, so
that rare directions get a say. Liu et al. 2025 ("Moonlight") needed about half of AdamW's compute with it.

PyTorch has a Muon of its own (torch.optim.Muon). Ours exists because the lesson explains it, and because
PyTorch's works in bfloat16, which on CPUs without fast bfloat16 took more than five times as long (187
against 35 ms for our 2 M parameters). Ours does so too where the model is computed in bfloat16.
"""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from pocketgpt.model import GPT
from pocketgpt.training.distributed import as_held, whole

A, B, C = 3.4445, -4.7750, 2.0315  # the polynomial of Jordan et al. 2024: a x + b x³ + c x⁵


def orthogonalize(matrix: Tensor, steps: int = 5) -> Tensor:
    """The nearest matrix (roughly) whose singular values are all 1: a gradient's directions, equally strong.

    Newton–Schulz iteration with the coefficients of Jordan et al. 2024: it only multiplies matrices, and
    brings each singular value into about 0.7 … 1.2, which is near enough. A step is x ← polynomial(x xᵀ) x.
    The factors are collected in a square matrix of the shorter side, `gain`, so the long matrix is needed only
    before and after: half the time for 192 × 768. In bfloat16 it is needed at each step: the squares of weak
    directions drown in its rounding, and factors made from them alone grow without end.

    >>> orthogonalize(torch.diag(torch.tensor([5.0, 0.5]))).diag().round(decimals=1).abs() > 0.6
    tensor([True, True])
    """
    tall = matrix.size(0) > matrix.size(1)
    x = matrix.T if tall else matrix
    x = x / (x.norm() + 1e-7)
    if x.dtype == torch.bfloat16:
        for _ in range(steps):
            x = _polynomial(x @ x.T) @ x
        return x.T if tall else x
    gram, gain = x @ x.T, torch.eye(len(x), dtype=x.dtype, device=x.device)
    for step in range(steps):
        polynomial = _polynomial(gram)
        gain = polynomial @ gain
        if step < steps - 1:
            gram = polynomial @ gram @ polynomial  # what x xᵀ is after this step
    x = gain @ x
    return x.T if tall else x


def _polynomial(gram: Tensor) -> Tensor:
    """What a step multiplies x with, from x xᵀ."""
    polynomial = torch.addmm(gram, gram, gram, beta=B, alpha=C)
    polynomial.diagonal().add_(A)
    return polynomial


class Muon(Optimizer):
    """Momentum, orthogonalised in `dtype`. In a group with `stacked` = n, each parameter is n matrices, one above the
    other.

    `lr` is roughly how much, in units of a matrix's largest gain, one step may change it. Weight decay is decoupled.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 0.02,
        momentum: float = 0.95,
        weight_decay: float = 0.0,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        self.dtype = dtype
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay, "stacked": 1})

    @torch.no_grad()
    def step(self) -> None:
        """Move every parameter that has a gradient."""
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    self._update(p, group["lr"], group["momentum"], group["weight_decay"], group["stacked"])

    def _update(self, p: Tensor, lr: float, momentum: float, weight_decay: float, stacked: int) -> None:
        state = self.state[p]
        if not state:
            state["momentum"] = torch.zeros_like(p)
        average = state["momentum"].lerp_(p.grad, 1 - momentum)
        ahead = p.grad.lerp(average, momentum)  # Nesterov: look one step further along the average
        p.mul_(1 - lr * weight_decay)
        rows, columns = p.size(0) // stacked, p.size(1)
        scale = lr * max(1, rows / columns) ** 0.5  # a tall matrix adds up more: let its outputs move as much
        moves = [orthogonalize(direction) for direction in whole(ahead).to(self.dtype).split(rows)]
        p.sub_(as_held(torch.cat(moves).to(p.dtype), p), alpha=scale)


def make_optimizers(
    model: GPT,
    matrix_lr: float,
    embed_lr: float,
    head_lr: float,
    weight_decay: float,
    dtype: torch.dtype = torch.float32,
) -> list[Optimizer]:
    """Muon, in `dtype`, for the blocks' matrices; AdamW for the two tables looked up by token: embedding and output."""
    qkv = [block.attention.qkv.weight for block in model.blocks]
    others = [p for p in model.blocks.parameters() if not any(p is q for q in qkv)]
    groups = [{"params": qkv, "stacked": 3}, {"params": others}]  # queries, keys and values are a matrix each
    muon = Muon(groups, lr=matrix_lr, weight_decay=weight_decay, dtype=dtype)
    tables = [{"params": [model.embed.weight], "lr": embed_lr}, {"params": [model.head.weight], "lr": head_lr}]
    adamw = torch.optim.AdamW(tables, betas=(0.8, 0.95), eps=1e-10, weight_decay=0.0, fused=True)
    optimizers: list[Optimizer] = [muon, adamw]
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["peak_lr"] = group["lr"]
    return optimizers


def schedule(step: int, steps: int, warmup: float, decay: float) -> float:
    """Share of the peak learning rate at `step`: up for a `warmup` share of steps, flat, down for a `decay` share.

    >>> [round(schedule(s, 10, warmup=0.2, decay=0.5), 1) for s in range(10)]
    [0.5, 1.0, 1.0, 1.0, 1.0, 1.0, 0.8, 0.6, 0.4, 0.2]
    """
    up = (step + 1) / max(1.0, warmup * steps)
    down = (steps - step) / max(1.0, decay * steps)
    return min(1.0, up, down)


def set_learning_rates(optimizers: list[Optimizer], share: float) -> None:
    """Set every group's learning rate to `share` of its peak."""
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = group["peak_lr"] * share
