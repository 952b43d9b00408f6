"""One text on a CPU, one token at a time: a step of the GPT in numpy.

A step of a small model is some 150 tiny operations around a few products of a matrix with a vector. Starting
an operation costs PyTorch several microseconds, more than the work itself; numpy starts one in a fraction of
that. So PyTorch keeps the products, where it uses all cores, and numpy does the rest: the same arithmetic,
about twice as many tokens a second.
"""

import math

import numpy as np
import torch
from torch import Tensor, nn

from pocketgpt.model import GPT, KVCache

EPSILON = torch.finfo(torch.float32).eps  # what torch's RMSNorm adds under the root


def fits(model: GPT, rows: int) -> bool:
    """Can OneStream stand in for `model.next_logits`? For one text, on a CPU, in float32, and only for a GPT."""
    return (
        isinstance(model, GPT) and rows == 1 and model.device.type == "cpu" and model.head.weight.dtype == torch.float32
    )


def _norm(x: np.ndarray) -> np.ndarray:
    return x * (1 / math.sqrt(x.dot(x) / len(x) + EPSILON))


class _Product:
    """matrix @ x between numpy arrays; the result is overwritten by the next call."""

    def __init__(self, matrix: Tensor) -> None:
        self.matrix = matrix
        rows, columns = matrix.shape
        self.x, self.y = torch.empty(columns), torch.empty(rows)
        self.x_array, self.y_array = self.x.numpy(), self.y.numpy()

    def __call__(self, x: np.ndarray) -> np.ndarray:
        self.x_array[:] = x
        torch.mv(self.matrix, self.x, out=self.y)
        return self.y_array


def _pairs_side_by_side(halves: Tensor, dim: int) -> Tensor:
    """RoPE turns number i of a head together with number i + head_dim / 2: put the two next to each other, so
    that they are one complex number, and turning is one product. Dot products don't notice.
    """
    return halves.unflatten(dim, (2, -1)).transpose(dim, dim + 1).flatten(dim, dim + 1).contiguous()


class OneStream:
    """What `model.next_logits` does, for a batch of one whose prompt `cache` has already read."""

    def __init__(self, model: GPT, cache: KVCache) -> None:
        config = model.config
        self.shape = (3, config.n_head, config.head_dim)
        self.embed = model.embed.weight.detach().numpy()
        self.head = _Product(model.head.weight.detach())
        self.blocks = [self._weights(block) for block in model.blocks]
        half = config.head_dim // 2
        turns = torch.complex(model.cos[:, :half], model.sin[:, half:])  # (context, head_dim / 2)
        # Attention divides by √head_dim: here the query's turn does it. (context, query or key, 1, head_dim / 2)
        self.turns = torch.stack((turns / config.head_dim**0.5, turns), 1)[:, :, None].numpy()
        self.keys = _pairs_side_by_side(cache.kv[:, 0, 0], 3).numpy()  # (n_layer, n_head, length, head_dim)
        self.values = cache.kv[:, 1, 0].numpy()

    def _weights(self, block: nn.Module) -> tuple[_Product, ...]:
        attention, mlp = block.attention, block.mlp
        qkv = attention.qkv.weight.detach().unflatten(0, self.shape)  # (3, n_head, head_dim, n_embd)
        qkv = torch.cat((_pairs_side_by_side(qkv[:2], 2), qkv[2:])).flatten(0, 2)
        weights = (qkv, attention.out.weight, mlp.up.weight, mlp.down.weight)
        return tuple(_Product(matrix.detach()) for matrix in weights)

    def __call__(self, ids: Tensor, cache: KVCache) -> Tensor:
        """Logits (1, vocab_size) of what follows token `ids` (1, 1), which is added to the texts read."""
        position = cache.length
        cache.length += 1
        x = _norm(self.embed[int(ids)])
        for (qkv, out, up, down), keys, values in zip(self.blocks, self.keys, self.values, strict=True):
            x = x + out(self._attend(qkv(_norm(x)), keys, values, position))
            hidden = np.maximum(up(_norm(x)), 0)
            x = x + down(hidden * hidden)
        return torch.from_numpy(self.head(_norm(x)).copy())[None]

    def _attend(self, qkv: np.ndarray, keys: np.ndarray, values: np.ndarray, position: int) -> np.ndarray:
        """Add a token's key and value (n_head, length, head_dim) to those so far; gather what it looks at."""
        qkv = qkv.reshape(self.shape)
        both = qkv[:2]  # query and key, (2, n_head, head_dim)
        size = np.sqrt(np.einsum("ahd,ahd->ah", both, both) / both.shape[-1] + EPSILON)
        turned = (both.view(np.complex64) * self.turns[position]).view(np.float32)
        query, keys[:, position] = turned / size[..., None]
        values[:, position] = qkv[2]
        end = position + 1
        # A normalised query and key have a product of at most √head_dim: exp can't overflow.
        weights = np.exp(keys[:, :end] @ query[..., None])  # (n_head, end, 1)
        gathered = values[:, :end].transpose(0, 2, 1) @ weights  # (n_head, head_dim, 1)
        return (gathered / weights.sum(1, keepdims=True)).reshape(-1)
