"""A picture in a frame: where its drawn part begins and how large it is, and then only the cells inside.

Most of a scene is background. So a frame of four numbers, top row, left column, height and width, goes first, and what
lies outside is black. A thing's cells are then the same wherever it stands, and where it stands is said in two tokens.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pocketgpt.errors import PocketError
from pocketgpt.pictures.palette import SIDE
from pocketgpt.pictures.tokens import Blocks, Pixels

FRAME = 4  # numbers: top, left, height, width


@dataclass(frozen=True)
class Framed:
    """Pixels or blocks, written within a frame.

    >>> picture = np.zeros((8, 8), int)
    >>> picture[3, 5:7] = 1
    >>> Framed(Pixels()).encode(picture)  # top 3, left 5 (8 + 5), 1 high (16), 2 wide (24 + 1), red twice (32 + 1)
    [3, 13, 16, 25, 33, 33]
    """

    inner: Pixels | Blocks

    @property
    def side(self) -> int:
        """Cells in a row of the picture."""
        return int(self.inner.cells**0.5)

    @property
    def first(self) -> int:
        """The number of the first cell's kind; those before belong to the frame."""
        return FRAME * self.side

    @property
    def size(self) -> int:
        """How many different tokens there are."""
        return self.first + self.inner.size

    @property
    def cells(self) -> int:
        """Pixels or blocks of a picture."""
        return self.inner.cells

    @property
    def length(self) -> int:
        """The most tokens that a picture may take: the frame and all cells."""
        return FRAME + self.cells

    @cached_property
    def background(self) -> int:
        """The inner number of a black cell; found once, since it takes as long as to encode a picture."""
        return self.inner.encode(np.zeros((SIDE, SIDE), np.uint8))[0]

    def encode(self, picture: np.ndarray, whole: bool = False) -> list[int]:
        """The frame and the cells inside it; `whole` frames the whole picture, and not only what is drawn."""
        n = self.side
        grid = np.array(self.inner.encode(picture)).reshape(n, n)
        rows, columns = np.nonzero(np.ones_like(grid) if whole else grid != self.background)
        top, left, bottom, right = (min(rows), min(columns), max(rows), max(columns)) if len(rows) else (0, 0, 0, 0)
        frame = (top, n + left, 2 * n + bottom - top, 3 * n + right - left)
        inside = grid[top : bottom + 1, left : right + 1].reshape(-1)
        return [*map(int, frame), *(self.first + int(number) for number in inside)]

    def decode(self, numbers: Sequence[int]) -> np.ndarray:
        """The picture (8, 8); PocketError unless the frame lies within it and holds as many cells as follow."""
        n = self.side
        frame = [number - part * n for part, number in enumerate(numbers[:FRAME])]
        if len(frame) < FRAME or any(not 0 <= place < n for place in frame):
            raise PocketError("A picture begins with its frame: top, left, height and width.")
        top, left, height, width = frame[0], frame[1], frame[2] + 1, frame[3] + 1
        if top + height > n or left + width > n or len(numbers) != FRAME + height * width:
            raise PocketError("A frame lies within the picture, and holds as many cells as it is high and wide.")
        grid = np.full((n, n), self.background)
        inside = np.array(numbers[FRAME:], int).reshape(height, width) - self.first
        grid[top : top + height, left : left + width] = inside
        return self.inner.decode(grid.reshape(-1).tolist())
