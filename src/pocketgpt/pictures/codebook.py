"""A codebook for blocks of 2 × 2 pixels, learned by a small VQ-VAE (van den Oord et al. 2017, arXiv:1711.00937).

An encoder turns a block into a few numbers, the nearest of a fixed list of vectors takes their place, and a decoder has
to draw the block again from that vector alone. So the list comes to hold what the pictures are made of. The rounding
has no slope; the gradient of the decoder's input is handed to the encoder as if nothing had been rounded.
"""

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pocketgpt.bounds import SEED, check_number
from pocketgpt.errors import PocketError
from pocketgpt.pictures.palette import COLOURS
from pocketgpt.pictures.tokens import BLOCK, Blocks, blocks

PIXELS = BLOCK * BLOCK
CODE = 16  # numbers of a vector
HIDDEN = 64
LOYALTY = 0.25  # weight of the term that keeps the encoder near its vectors; the paper's β
BATCH = 1024  # blocks
STALE = 20  # steps after which a vector that no block chose starts again where a block is


def nearest(vectors: Tensor, entries: Tensor) -> Tensor:
    """For each vector (N, D), the number (N,) of the nearest entry (K, D).

    >>> nearest(torch.tensor([[0.9, 0.1]]), torch.tensor([[0.0, 0.0], [1.0, 0.0]]))
    tensor([1])
    """
    return torch.cdist(vectors, entries).argmin(1)


class VQVAE(nn.Module):
    """Blocks (N, 4) of colours' numbers → logits (N, 4, colours) of the same blocks, through `size` vectors."""

    def __init__(self, size: int) -> None:
        super().__init__()
        inputs = PIXELS * len(COLOURS)
        self.encoder = nn.Sequential(nn.Linear(inputs, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, CODE))
        self.decoder = nn.Sequential(nn.Linear(CODE, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, inputs))
        self.entries = nn.Parameter(torch.randn(size, CODE))

    def encode(self, pixels: Tensor) -> Tensor:
        """What the encoder makes of blocks (N, 4): vectors (N, 16), not yet rounded."""
        return self.encoder(F.one_hot(pixels, len(COLOURS)).float().flatten(1))

    def decode(self, vectors: Tensor) -> Tensor:
        """Logits (N, 4, colours) of the blocks that vectors (N, 16) stand for."""
        return self.decoder(vectors).unflatten(1, (PIXELS, len(COLOURS)))

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """The loss on blocks (N, 4), and the numbers (N,) of the entries that they chose."""
        vectors = self.encode(pixels)
        chosen = nearest(vectors.detach(), self.entries.detach())
        rounded = self.entries[chosen]
        through = vectors + (rounded - vectors).detach()  # forwards the entry, backwards as if it were the vector
        drawn = F.cross_entropy(self.decode(through).flatten(0, 1), pixels.flatten())
        follow, stay = F.mse_loss(rounded, vectors.detach()), F.mse_loss(vectors, rounded.detach())
        return drawn + follow + LOYALTY * stay, chosen

    @torch.no_grad()
    def drawings(self) -> np.ndarray:
        """The block (size, 4) that each entry stands for."""
        return self.decode(self.entries).argmax(-1).numpy().astype(np.uint8)


def learn_codebook(pictures: Sequence[np.ndarray], size: int, steps: int = 600, seed: int = 0) -> Blocks:
    """A codebook of at most `size` blocks, learned from pictures (8, 8); entries that stand for the same block are one.

    Raises PocketError without pictures.
    """
    check_number("size", size, at_least=2, at_most=4096, whole=True)
    check_number("steps", steps, at_least=1, whole=True)
    check_number("seed", seed, **SEED, whole=True)
    if not len(pictures):
        raise PocketError("There are no pictures to learn a codebook from: give at least one.")
    data = torch.from_numpy(np.concatenate([blocks(np.asarray(picture)) for picture in pictures]).astype(np.int64))
    kinds, counts = data.unique(dim=0, return_counts=True)
    generator = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = VQVAE(size)
    frequent = kinds[counts.argsort(descending=True, stable=True)[:size]]
    with torch.no_grad():
        model.entries[: len(frequent)] = model.encode(frequent)
    _train(model, kinds, counts.double().sqrt(), steps, generator)
    return Blocks(tuple(dict.fromkeys(tuple(map(int, entry)) for entry in model.drawings())))


def _train(model: VQVAE, kinds: Tensor, weights: Tensor, steps: int, generator: torch.Generator) -> None:
    """Each batch draws from the different blocks, frequent ones less often than they come: or all would be black."""
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    unused = torch.zeros(len(model.entries), dtype=torch.long)
    for step in range(steps):
        batch = kinds[torch.multinomial(weights, BATCH, replacement=True, generator=generator)]
        loss, chosen = model(batch)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        unused += 1
        unused[chosen] = 0
        if step < 0.8 * steps and (stale := (unused >= STALE).nonzero()[:, 0]).numel():
            with torch.no_grad():  # back into the crowd
                model.entries[stale] = model.encode(batch[torch.arange(len(stale)) % BATCH])
            unused[stale] = 0
