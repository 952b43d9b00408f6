"""What a picture's token is: a pixel, or a block of 2 × 2 pixels from a codebook.

Both turn a picture (8, 8) into numbers and back: 64 pixels of twelve colours, without loss and without learning; or 16
blocks, each the nearest entry of a codebook, which loses what the codebook lacks. The entries are the most frequent
blocks (`frequent_blocks`), or a small network learns them (`codebook`).
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from pocketgpt.bounds import check_number
from pocketgpt.errors import PocketError
from pocketgpt.pictures.palette import COLOURS, SIDE, rgb

BLOCK = 2  # pixels: a block's side
BLOCKS = (SIDE // BLOCK) ** 2  # of a picture


class PictureTokens(Protocol):
    """A way to write a picture as `length` numbers below `size`."""

    @property
    def size(self) -> int:
        """How many different tokens there are."""

    @property
    def cells(self) -> int:
        """Pixels or blocks of a picture."""

    @property
    def length(self) -> int:
        """The most tokens that a picture may take."""

    def encode(self, picture: np.ndarray, whole: bool = False) -> list[int]:
        """The numbers of a picture (8, 8), row by row; with `whole`, of all its cells, `length` numbers in all."""

    def decode(self, numbers: Sequence[int]) -> np.ndarray:
        """The picture (8, 8) that the numbers stand for; PocketError if they stand for none."""


def check_picture(picture: np.ndarray) -> np.ndarray:
    """The picture as an array (8, 8) of colours' numbers; PocketError if it is none."""
    found = np.asarray(picture)
    if found.shape != (SIDE, SIDE) or found.min() < 0 or found.max() >= len(COLOURS):
        raise PocketError(f"Give a picture of {SIDE} × {SIDE} numbers from 0 to {len(COLOURS) - 1}.")
    return found


def _check_numbers(numbers: Sequence[int], tokens: PictureTokens) -> np.ndarray:
    found = np.asarray(numbers, int)
    if found.shape != (tokens.length,) or found.min() < 0 or found.max() >= tokens.size:
        raise PocketError(f"A picture is {tokens.length} numbers from 0 to {tokens.size - 1}: give as many.")
    return found


def blocks(picture: np.ndarray) -> np.ndarray:
    """The blocks (16, 4) of a picture (8, 8): 2 × 2 pixels each, from the top left, row by row.

    >>> blocks(np.arange(64).reshape(8, 8))[:2].tolist()
    [[0, 1, 8, 9], [2, 3, 10, 11]]
    """
    n = SIDE // BLOCK
    return picture.reshape(n, BLOCK, n, BLOCK).transpose(0, 2, 1, 3).reshape(BLOCKS, BLOCK * BLOCK)


def joined(parts: np.ndarray) -> np.ndarray:
    """The picture (8, 8) whose `blocks` (16, 4) these are.

    >>> bool((joined(blocks(np.arange(64).reshape(8, 8))) == np.arange(64).reshape(8, 8)).all())
    True
    """
    n = SIDE // BLOCK
    return np.asarray(parts).reshape(n, n, BLOCK, BLOCK).transpose(0, 2, 1, 3).reshape(SIDE, SIDE)


@dataclass(frozen=True)
class Pixels:
    """Every pixel is a token: its colour.

    >>> pixels = Pixels()
    >>> pixels.size, pixels.length, pixels.encode(np.eye(8, dtype=int))[:9]
    (12, 64, [1, 0, 0, 0, 0, 0, 0, 0, 0])
    """

    size: int = len(COLOURS)
    cells: int = SIDE * SIDE
    length: int = SIDE * SIDE

    def encode(self, picture: np.ndarray, whole: bool = False) -> list[int]:
        """The colours of a picture (8, 8), row by row; always of all pixels."""
        return check_picture(picture).reshape(-1).tolist()

    def decode(self, numbers: Sequence[int]) -> np.ndarray:
        """The picture (8, 8) of 64 colours; PocketError unless there are as many."""
        return _check_numbers(numbers, self).astype(np.uint8).reshape(SIDE, SIDE)


@dataclass(frozen=True)
class Blocks:
    """Every block of 2 × 2 pixels is a token: the nearest entry of a codebook, by the distance of their colours.

    >>> two = Blocks(((0, 0, 0, 0), (1, 0, 0, 1)))
    >>> two.encode(np.eye(8, dtype=int))
    [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]
    """

    entries: tuple[tuple[int, ...], ...]  # the four pixels of each

    @property
    def size(self) -> int:
        """How many entries the codebook has."""
        return len(self.entries)

    @property
    def cells(self) -> int:
        """Blocks of a picture."""
        return BLOCKS

    @property
    def length(self) -> int:
        """Blocks of a picture."""
        return BLOCKS

    def encode(self, picture: np.ndarray, whole: bool = False) -> list[int]:
        """The nearest entry for each block of a picture (8, 8), the first of equals; always of all blocks."""
        wanted = rgb(blocks(check_picture(picture))).astype(float)[:, None]  # (16, 1, 4, 3)
        known = rgb(np.array(self.entries)).astype(float)[None]  # (1, size, 4, 3)
        return ((wanted - known) ** 2).sum((2, 3)).argmin(1).tolist()

    def decode(self, numbers: Sequence[int]) -> np.ndarray:
        """The picture (8, 8) of 16 entries; PocketError unless there are as many."""
        return joined(np.array(self.entries, np.uint8)[_check_numbers(numbers, self)])


def frequent_blocks(groups: Sequence[Sequence[np.ndarray]], size: int) -> Blocks:
    """A codebook of the `size` most frequent blocks, or fewer if there are fewer; each group of pictures counts alike.

    >>> frequent_blocks([[np.eye(8, dtype=int)]], 1).entries
    ((0, 0, 0, 0),)
    """
    check_number("size", size, at_least=1, at_most=4096, whole=True)
    weights: dict[tuple[int, ...], float] = defaultdict(float)
    for pictures in groups:
        for picture in pictures:
            for block in blocks(check_picture(picture)):
                weights[tuple(map(int, block))] += 1 / len(pictures)
    if not weights:
        raise PocketError("There are no pictures to take blocks from: give at least one.")
    return Blocks(tuple(sorted(weights, key=lambda block: (-weights[block], block))[:size]))


def lost(tokens: PictureTokens, pictures: Sequence[np.ndarray]) -> float:
    """Share of the pixels that aren't the same after encoding and decoding.

    >>> lost(Pixels(), [np.eye(8, dtype=int)])
    0.0
    """
    return float(np.mean([tokens.decode(tokens.encode(picture)) != picture for picture in pictures]))
