"""The GPT: a stack of blocks, each of which looks back (attention) and then thinks (MLP).

What is here: the configuration, the model, its key-value cache, and a look inside for pictures and probes
(attention weights, residual stream). What is not here: `training`, `sampling`, files (`checkpoints`).

The parts are today's usual ones: rotary positions (RoPE, Su et al. 2021), RMSNorm without weights (Zhang &
Sennrich 2019), normalised queries and keys (Henry et al. 2020), squared ReLU (So et al. 2021), no biases, and
an output layer that starts at zero, so that an untrained model gives every token the same probability and its
loss is exactly ln(vocab_size).
"""

from dataclasses import asdict, dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pocketgpt.bounds import check_number
from pocketgpt.errors import PocketError

IGNORE = -100  # a target that doesn't count in the loss: PyTorch's own default
ROTARY_BASE = 10_000.0  # RoPE's slowest pair of numbers turns once in about 2π × this many positions


@dataclass(frozen=True)
class GPTConfig:
    """The sizes of a GPT.

    >>> GPTConfig.from_depth(4, vocab_size=1024)
    GPTConfig(vocab_size=1024, n_layer=4, n_head=4, n_embd=192, context=256)
    """

    vocab_size: int
    n_layer: int = 4
    n_head: int = 4
    n_embd: int = 192
    context: int = 256  # the longest text, in tokens, that the model is trained to look back on

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            check_number(f"GPTConfig.{name}", value, at_least=1, at_most=10**9, whole=True)
        if self.n_embd % (2 * self.n_head):
            raise PocketError(
                f"n_embd={self.n_embd} must be a multiple of 2 × n_head={2 * self.n_head}: "
                "each head gets an equal share of it, and rotary positions turn pairs of numbers."
            )

    @classmethod
    def from_depth(cls, depth: int, vocab_size: int, context: int = 256) -> "GPTConfig":
        """One dial for size: `depth` layers, `depth` heads, width 48 × depth."""
        return cls(vocab_size=vocab_size, n_layer=depth, n_head=depth, n_embd=48 * depth, context=context)

    @property
    def head_dim(self) -> int:
        """How many numbers a query, key or value has in one head."""
        return self.n_embd // self.n_head


def rms_norm(x: Tensor) -> Tensor:
    """Scale each vector (last axis) to a root mean square of 1.

    >>> rms_norm(torch.tensor([3.0, -3.0]))
    tensor([ 1., -1.])
    """
    return F.rms_norm(x, (x.size(-1),))


def rotary_table(length: int, head_dim: int, base: float = ROTARY_BASE) -> tuple[Tensor, Tensor]:
    """Cosines and sines (length, head_dim) of the angles by which RoPE turns each pair of numbers, by position."""
    speeds = base ** (-torch.arange(0, head_dim, 2, dtype=torch.float32) / head_dim)
    angles = torch.arange(length, dtype=torch.float32)[:, None] * speeds  # (length, head_dim / 2)
    cos, sin = angles.cos(), angles.sin()
    # Laid out so that rotate() is x * cos + swapped(x) * sin, without a minus sign to apply at each call.
    return torch.cat((cos, cos), -1), torch.cat((-sin, sin), -1)


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turn x (..., head_dim) by its position: dot products of turned vectors depend only on how far apart they are."""
    first, second = x.chunk(2, -1)
    return x * cos + torch.cat((second, first), -1) * sin


class KVCache:
    """Keys and values of the tokens that a batch has seen, so that the next step computes only the new ones.

    Rows of unequal length are padded on the *left*; `pad` (B,) says how many places of each row to ignore.
    """

    def __init__(
        self,
        config: GPTConfig,
        batch: int,
        length: int,
        pad: Tensor | None = None,
        device: torch.device | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        shape = (config.n_layer, 2, batch, config.n_head, length, config.head_dim)
        self.kv = torch.zeros(shape, device=device, dtype=dtype)
        self.pad = pad
        self.length = 0  # places filled so far

    def extend(self, layer: int, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """Write k, v (B, n_head, T, head_dim) behind what is there; return all keys and values so far."""
        end = self.length + k.size(2)
        keys, values = self.kv[layer, 0, :, :, :end], self.kv[layer, 1, :, :, :end]
        keys[:, :, self.length :] = k
        values[:, :, self.length :] = v
        return keys, values

    def mask(self, new: int) -> Tensor | None:
        """Which keys each of `new` queries may see, (1 or B, 1, new, length + new); None if all of them."""
        end = self.length + new
        if new == 1 and self.pad is None:
            return None
        key = torch.arange(end, device=self.kv.device)
        query = torch.arange(self.length, end, device=self.kv.device)
        allowed = (key[None, :] <= query[:, None])[None, None]
        if self.pad is None:
            return allowed
        real = (key[None, :] >= self.pad[:, None])[:, None, None]
        # A padding query may look at itself: a row without any key would turn into NaN.
        return (allowed & real) | (key[None, :] == query[:, None])[None, None]

    def keep(self, rows: Tensor) -> None:
        """Drop all rows but these: answers that have ended need no more work."""
        self.kv = self.kv[:, :, rows]
        self.pad = None if self.pad is None else self.pad[rows]


class Attention(nn.Module):
    """Each token asks (query), offers (key) and tells (value), and gathers the values of those before it."""

    def __init__(self, config: GPTConfig) -> None:
        super().__init__()
        self.n_head = config.n_head
        n = config.n_embd
        self.qkv = nn.Linear(n, 3 * n, bias=False)  # three square matrices in one: one product, not three
        self.out = nn.Linear(n, n, bias=False)

    def queries_keys_values(self, x: Tensor, cos: Tensor, sin: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(B, T, n_embd) → three times (B, n_head, T, head_dim), queries and keys normalised and rotated."""
        B, T, n = x.shape
        qkv = self.qkv(x).view(B, T, 3, self.n_head, n // self.n_head)
        qkv = qkv.permute(2, 0, 3, 1, 4)  # (3, B, n_head, T, head_dim)
        q, k = rotate(rms_norm(qkv[:2]), cos, sin).to(qkv.dtype).unbind()
        return q, k, qkv[2]

    def forward(
        self, x: Tensor, cos: Tensor, sin: Tensor, cache: KVCache | None, layer: int, mask: Tensor | None
    ) -> Tensor:
        """(B, T, n_embd) → the same shape; causal, with or without a cache, which grows at `layer`."""
        B, T, n = x.shape
        q, k, v = self.queries_keys_values(x, cos, sin)
        if cache is not None:
            k, v = cache.extend(layer, k, v)
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=cache is None)
        return self.out(y.transpose(1, 2).reshape(B, T, n))


class MLP(nn.Module):
    """Each token on its own: widen fourfold, keep the square of what is positive, narrow again."""

    def __init__(self, config: GPTConfig) -> None:
        super().__init__()
        self.up = nn.Linear(config.n_embd, 4 * config.n_embd, bias=False)
        self.down = nn.Linear(4 * config.n_embd, config.n_embd, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(…, n_embd) → the same shape."""
        return self.down(F.relu(self.up(x)).square())


class Block(nn.Module):
    """Attention, then MLP; each reads a normalised copy of the residual stream and adds what it found."""

    def __init__(self, config: GPTConfig) -> None:
        super().__init__()
        self.attention = Attention(config)
        self.mlp = MLP(config)

    def forward(
        self, x: Tensor, cos: Tensor, sin: Tensor, cache: KVCache | None, layer: int, mask: Tensor | None
    ) -> Tensor:
        """The residual stream (B, T, n_embd) after this block; arguments as in Attention."""
        x = x + self.attention(rms_norm(x), cos, sin, cache, layer, mask)
        return x + self.mlp(rms_norm(x))


class GPT(nn.Module):
    """Token ids (B, T) → logits (B, T, vocab_size): for each place, a score for each token that could come next.

    >>> model = GPT(GPTConfig(vocab_size=300, n_layer=2, n_head=2, n_embd=32, context=16))
    >>> model(torch.tensor([[5, 6, 7]])).shape
    torch.Size([1, 3, 300])
    """

    def __init__(self, config: GPTConfig, seed: int = 0) -> None:
        super().__init__()
        self.config = config
        self.embed = nn.Embedding(config.vocab_size, config.n_embd)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.n_layer))
        self.head = nn.Linear(config.n_embd, config.vocab_size, bias=False)
        cos, sin = rotary_table(config.context, config.head_dim)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)
        self.reset(seed)

    @torch.no_grad()
    def reset(self, seed: int) -> None:
        """Fresh weights. What writes into the residual stream, and the output layer, start at zero."""
        generator = torch.Generator().manual_seed(seed)
        bound = (3 / self.config.n_embd) ** 0.5  # uniform with standard deviation 1/√n_embd
        self.embed.weight.normal_(generator=generator)
        self.head.weight.zero_()
        for block in self.blocks:
            block.attention.qkv.weight.uniform_(-bound, bound, generator=generator)
            block.attention.out.weight.zero_()
            block.mlp.up.weight.uniform_(-bound, bound, generator=generator)
            block.mlp.down.weight.zero_()

    @property
    def device(self) -> torch.device:
        """Where the weights are, and where ids must be."""
        return self.embed.weight.device

    @property
    def parameters_count(self) -> int:
        """How many numbers the model learns."""
        return sum(p.numel() for p in self.parameters())

    def _positions(self, T: int, cache: KVCache | None) -> tuple[Tensor, Tensor]:
        start = cache.length if cache is not None else 0
        if start + T > self.cos.size(0):  # longer than in training: allowed, though the model never saw it
            # A table made in inference mode would be of no use for training.
            with torch.inference_mode(False):
                cos, sin = rotary_table(2 * (start + T), self.config.head_dim)
                self.cos, self.sin = cos.to(self.cos.device), sin.to(self.sin.device)
        return self.cos[start : start + T], self.sin[start : start + T]

    def residuals(self, ids: Tensor, cache: KVCache | None = None) -> list[Tensor]:
        """The residual stream (B, T, n_embd) after the embedding and each block: n_layer + 1 tensors."""
        cos, sin = self._positions(ids.size(1), cache)
        mask = cache.mask(ids.size(1)) if cache is not None else None
        x = rms_norm(self.embed(ids))
        stream = [x]
        for layer, block in enumerate(self.blocks):
            x = block(x, cos, sin, cache, layer, mask)
            stream.append(x)
        if cache is not None:
            cache.length += ids.size(1)
        return stream

    def logits(self, x: Tensor) -> Tensor:
        """Logits (…, vocab_size) from the end of the residual stream (…, n_embd)."""
        return self.head(rms_norm(x)).float()

    def forward(self, ids: Tensor, cache: KVCache | None = None) -> Tensor:
        """Logits (B, T, vocab_size). With a cache, which grows by them, `ids` are only the new tokens."""
        return self.logits(self.residuals(ids, cache)[-1])

    def logits_of(self, ids: Tensor, chosen: Tensor) -> Tensor:
        """Logits (M, vocab_size) from which the M chosen (B, T) tokens of ids (B, T) come, row after row."""
        return self.logits(self.residuals(ids[:, :-1])[-1][chosen[:, 1:]])

    def next_logits(self, ids: Tensor, cache: KVCache) -> Tensor:
        """Logits (B, vocab_size) of what follows the last of the new tokens: all that generating needs."""
        return self.logits(self.residuals(ids, cache)[-1][:, -1])

    def attention(self, ids: Tensor) -> list[Tensor]:
        """For each layer, the weights (B, n_head, T, T) with which each token (row) looks at each other (column)."""
        cos, sin = self._positions(ids.size(1), None)
        T = ids.size(1)
        future = torch.ones(T, T, dtype=torch.bool, device=ids.device).triu(1)
        weights = []
        for block, x in zip(self.blocks, self.residuals(ids), strict=False):
            q, k, _ = block.attention.queries_keys_values(rms_norm(x), cos, sin)
            scores = q @ k.transpose(-1, -2) / self.config.head_dim**0.5
            weights.append(scores.masked_fill(future, float("-inf")).softmax(-1))
        return weights

    def new_cache(self, batch: int, length: int, pad: Tensor | None = None) -> KVCache:
        """An empty cache for `batch` rows of up to `length` tokens; `pad` (B,) as KVCache explains."""
        return KVCache(self.config, batch, length, pad, device=self.device, dtype=self.head.weight.dtype)


def cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """Mean −ln p(target) in nats of logits (B, T, vocab_size); targets (B, T) of -100 don't count; 0 if all are.

    >>> cross_entropy(torch.zeros(1, 2, 4), torch.tensor([[3, -100]]))  # ln 4: all four equally likely
    tensor(1.3863)
    """
    total = F.cross_entropy(logits.flatten(0, -2), targets.flatten(), ignore_index=IGNORE, reduction="sum")
    return total / (targets != IGNORE).sum().clamp(min=1)  # torch's own mean of nothing would be NaN


def next_token_loss(model: GPT, ids: Tensor, targets: Tensor) -> Tensor:
    """The loss of a language model: mean cross-entropy in nats per token; targets (B, T) of -100 don't count."""
    return cross_entropy(model(ids), targets)
