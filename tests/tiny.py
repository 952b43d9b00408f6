"""A model small enough for tests. Its weights are all random: in a fresh GPT nothing reaches the output."""

import torch

from pocketgpt.model import GPT, GPTConfig

SIZES = {"vocab_size": 300, "n_layer": 2, "n_head": 2, "n_embd": 32, "context": 16}


@torch.no_grad()
def tiny_model(seed: int = 0, **sizes: int) -> GPT:
    model = GPT(GPTConfig(**(SIZES | sizes)), seed).eval()
    generator = torch.Generator().manual_seed(seed)
    for p in (model.head.weight, model.embed.weight, *model.blocks.parameters()):
        p.normal_(std=0.3, generator=generator)
    return model


def random_ids(*shape: int, vocab_size: int = 300, seed: int = 0) -> torch.Tensor:
    return torch.randint(vocab_size, shape, generator=torch.Generator().manual_seed(seed))
