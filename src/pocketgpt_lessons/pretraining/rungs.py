"""Five small models, each with one idea more than the one before: from counting pairs to a GPT.

All of them share the embedding, the output layer, the text, the number of steps and the optimizer, so that a fall
of the loss from one rung to the next is the doing of the new part and of the parameters that it brings.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

import torch
from torch import Tensor, nn

from pocketgpt.model import GPT, Attention, GPTConfig, KVCache
from pocketgpt.training.config import Recipe, TrainConfig, settings_for
from pocketgpt.training.data import TokenStream
from pocketgpt.training.evaluate import evaluate_loss
from pocketgpt.training.loop import Metrics, train
from pocketgpt.training.pretrain import Corpus

Mix = Callable[[Tensor, Tensor, Tensor], Tensor]
"""Queries, keys and values (T, d) of one head → for each place a mix of the values so far (T, d)."""

RUNGS = ("bigram", "average", "attention", "MLP", "layers")
LAYERS = 3  # of the last rung; the others have one, the first none
SIZES = GPTConfig(vocab_size=1024, n_layer=1, n_head=2, n_embd=96, context=256)
RECIPE = Recipe(batch_size=8, steps=200, precision="fp32")


class Mixing(Attention):
    """Attention whose heads mix the values by a function of their own, one head of one text after the other."""

    def __init__(self, config: GPTConfig, mix: Mix) -> None:
        super().__init__(config)
        self.mix = mix

    def forward(
        self, x: Tensor, cos: Tensor, sin: Tensor, cache: KVCache | None, layer: int, mask: Tensor | None
    ) -> Tensor:
        """(B, T, n_embd) → the same shape."""
        q, k, v = (part.flatten(0, 1) for part in self.queries_keys_values(x, cos, sin))  # (B · n_head, T, head_dim)
        mixed = torch.stack([self.mix(*head) for head in zip(q, k, v, strict=True)])
        return self.out(mixed.unflatten(0, (len(x), self.n_head)).transpose(1, 2).flatten(2))


class Nothing(nn.Module):
    """Stands where a rung has no MLP: it adds nothing."""

    def forward(self, x: Tensor) -> Tensor:
        """Zeros of the same shape."""
        return torch.zeros_like(x)


def average(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Equal shares for all tokens so far.

    >>> average(None, None, torch.tensor([[1.0], [3.0]]))
    tensor([[1.],
            [2.]])
    """
    return v.cumsum(0) / torch.arange(1, len(v) + 1)[:, None]


def build(rung: str, seed: int = 0, mix: Mix | None = None) -> GPT:
    """A fresh model of one rung; `mix` stands in the place of the rung's own way to look back."""
    model = GPT(replace(SIZES, n_layer=LAYERS if rung == "layers" else 1), seed)
    if rung == "bigram":
        model.blocks = nn.ModuleList()
    mix = mix or (average if rung == "average" else None)
    for block in model.blocks:
        if mix:
            weights = block.attention.state_dict()
            block.attention = Mixing(model.config, mix)
            block.attention.load_state_dict(weights)
        if rung in ("average", "attention"):
            block.mlp = Nothing()
    return model


def train_rung(model: GPT, corpus: Corpus, seed: int = 0) -> Iterator[Metrics]:
    """Train a rung in place, on a share of the corpus that is the same for all rungs."""
    data = TokenStream(corpus.train, RECIPE.batch_size, SIZES.context, seed)
    return train(model, data, TrainConfig(**settings_for(TrainConfig, RECIPE)))


def loss_on_new_pages(model: GPT, corpus: Corpus) -> float:
    """Loss on the pages kept back, in nats per token."""
    test = TokenStream(corpus.test, 1, SIZES.context)
    return evaluate_loss(model, test, test.windows)
