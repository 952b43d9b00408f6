"""The loss on text that training never saw, in nats per token and in bits per byte."""

import math

import torch

from pocketgpt.model import GPT, IGNORE, next_token_loss
from pocketgpt.training.data import Data, Loss


@torch.no_grad()
def evaluate_loss(model: GPT, data: Data, batches: int, loss: Loss = next_token_loss) -> float:
    """Mean loss in nats over all counted targets of the first `batches` batches."""
    total, counted = 0.0, 0
    for step in range(batches):
        ids, targets = data.batch(step)
        n = int((targets != IGNORE).sum())
        total += n * loss(model, ids.to(model.device), targets.to(model.device)).item()
        counted += n
    return total / max(1, counted)


def bits_per_byte(loss: float, tokens: int, n_bytes: int) -> float:
    """Loss in nats per token → bits per byte of text, by which models of different vocabularies can be compared.

    >>> round(bits_per_byte(1.386294, tokens=100, n_bytes=400), 3)  # 2 bits a token, 4 bytes a token
    0.5
    """
    return loss / math.log(2) * tokens / n_bytes
