"""Make a model deeper without changing what it says: new blocks that add nothing at first, and then learn.

Wu and others (2024, https://arxiv.org/abs/2401.02415) let language models grow so, to teach them more without losing
what they knew: a copy of a block whose two output layers are zero leaves the residual stream as it is, yet its
queries, keys and hidden units are of use from the first step of training on.
"""

from dataclasses import replace

import torch

from pocketgpt.errors import PocketError
from pocketgpt.model import GPT


@torch.no_grad()
def grow(model: GPT, n_layer: int) -> GPT:
    """A deeper copy of a model, with the same logits: the new blocks stand evenly among the old ones.

    Raises PocketError if the model has more layers already.

    >>> from pocketgpt.model import GPTConfig
    >>> deeper = grow(GPT(GPTConfig(vocab_size=300, n_layer=2, n_head=2, n_embd=32)), 3)
    >>> deeper.config.n_layer, deeper.blocks[1].mlp.down.weight.abs().sum().item()
    (3, 0.0)
    """
    old = model.config.n_layer
    if n_layer < old:
        raise PocketError(f"The model has {old} layers: give at least as many, it can only grow.")
    deeper = GPT(replace(model.config, n_layer=n_layer)).to(model.device)
    deeper.embed.load_state_dict(model.embed.state_dict())
    deeper.head.load_state_dict(model.head.state_dict())
    ends = [(i + 1) * n_layer // old for i in range(old)]  # each old block begins a stretch; its copies follow
    starts = [0, *ends[:-1]]
    for block, start, end in zip(model.blocks, starts, ends, strict=True):
        for place in range(start, end):
            deeper.blocks[place].load_state_dict(block.state_dict())
            if place > start:
                deeper.blocks[place].attention.out.weight.zero_()
                deeper.blocks[place].mlp.down.weight.zero_()
    return deeper.train(model.training)
