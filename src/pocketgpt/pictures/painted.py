"""A picture as a painter would give an order for it: the colours first, then the frame, then blocks of these colours.

A block no longer says red or blue: it says first colour or second, as in the palette of a GIF file. So the blocks of a
red ring and of a blue one are the same tokens, and what is learned of one shape serves in all colours.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from pocketgpt.errors import PocketError
from pocketgpt.pictures.framed import FRAME, Framed
from pocketgpt.pictures.palette import BLACK, COLOURS, GREYS, SIDE
from pocketgpt.pictures.tokens import BLOCK, Blocks


def inks_of(picture: np.ndarray) -> list[int]:
    """The colours of a picture but black: greys from dark to light, then the others, row by row as they come first.

    >>> [COLOURS[ink] for ink in inks_of(np.array([[4, 0], [1, 6]]))]
    ['white', 'blue', 'red']
    """
    found = dict.fromkeys(np.asarray(picture).reshape(-1).tolist())
    return [c for c in GREYS if c in found] + [c for c in found if c not in GREYS and c != BLACK]


def in_inks(picture: np.ndarray) -> np.ndarray:
    """The picture with the places of its colours among its inks, from 1, in place of the colours.

    >>> in_inks(np.array([[4, 0], [1, 6]])).tolist()
    [[2, 0], [3, 1]]
    """
    places = np.zeros(len(COLOURS), np.uint8)
    inks = inks_of(picture)
    places[inks] = range(1, len(inks) + 1)
    return places[picture]


@lru_cache(maxsize=1024)  # pictures share their colours: each set of inks dyes the book once
def dyed(book: Blocks, inks: tuple[int, ...]) -> tuple[Framed, tuple[int, ...]]:
    """The blocks that these inks can paint, in their colours, and the number of each in the book."""
    usable = tuple(number for number, entry in enumerate(book.entries) if max(entry) <= len(inks))
    colours = (BLACK, *inks)
    return Framed(Blocks(tuple(tuple(colours[i] for i in book.entries[n]) for n in usable))), usable


@dataclass(frozen=True)
class Painted:
    """Colours, frame, and blocks in which numbers stand for the picture's first, second … colour.

    >>> painted = Painted(Blocks(((0, 0, 0, 0), (1, 0, 0, 1))))
    >>> picture = np.zeros((8, 8), int)
    >>> picture[2, 4] = picture[3, 5] = 3  # a green block in row 1, column 2 of the blocks
    >>> painted.encode(picture)  # green, top 1 (12 + 1), left 2 (16 + 2), height 1 (20), width 1 (24), block 1 (28 + 1)
    [3, 13, 18, 20, 24, 29]
    """

    book: Blocks

    @property
    def size(self) -> int:
        """How many different tokens there are: colours, the frame's, and blocks."""
        return len(COLOURS) + Framed(self.book).size

    @property
    def frame(self) -> range:
        """The numbers of the frame's tokens, which come after those of the colours."""
        return range(len(COLOURS), len(COLOURS) + Framed(self.book).first)

    @property
    def cells(self) -> int:
        """Blocks of a picture."""
        return self.book.cells

    @property
    def length(self) -> int:
        """The most tokens that a picture may take: all colours but black, the frame, all blocks."""
        return len(COLOURS) - 1 + FRAME + self.cells

    def encode(self, picture: np.ndarray, whole: bool = False) -> list[int]:
        """Colours, frame and nearest blocks of a picture (8, 8); `whole` frames all of it, not only what is drawn."""
        inks = inks_of(picture)
        framed, usable = dyed(self.book, tuple(inks))
        numbers = framed.encode(picture, whole)
        cells = [framed.first + usable[number - framed.first] for number in numbers[FRAME:]]
        return [*inks, *(len(COLOURS) + number for number in (*numbers[:FRAME], *cells))]

    def decode(self, numbers: Sequence[int]) -> np.ndarray:
        """The picture (8, 8); PocketError unless there are colours, a frame, and blocks that need no more colours."""
        inks = [number for number in numbers if number < len(COLOURS)]
        rest = [number - len(COLOURS) for number in numbers[len(inks) :]]
        if BLACK in inks or len(set(inks)) < len(inks) or min(rest, default=-1) < 0:
            raise PocketError("A painted picture begins with its colours, each once, and black is none of them.")
        framed, usable = dyed(self.book, tuple(inks))
        places = {number: place for place, number in enumerate(usable)}
        cells = [places.get(number - framed.first, -1) for number in rest[FRAME:]]
        if min(cells, default=-1) < 0:
            raise PocketError("A block of this picture needs a colour that the picture doesn't name.")
        return framed.decode([*rest[:FRAME], *(framed.first + place for place in cells)])

    def begun(self, numbers: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
        """The picture (8, 8) that the first numbers of one make, black so far, and where (8, 8) it is drawn already.

        Nothing is before the frame is complete, and all that lies outside the frame is from then on.
        """
        nothing = np.zeros((SIDE, SIDE), np.uint8), np.zeros((SIDE, SIDE), bool)
        inks = [number for number in numbers if number < len(COLOURS)]
        frame = [number - len(COLOURS) for number in numbers[len(inks) :][:FRAME]]
        if len(frame) < FRAME:
            return nothing
        side = SIDE // BLOCK
        top, left, height, width = (number - part * side for part, number in enumerate(frame))
        cells = len(numbers) - len(inks) - FRAME
        missing = (height + 1) * (width + 1) - cells
        black = self.frame.stop + self.book.entries.index((BLACK,) * BLOCK**2)
        try:
            picture = self.decode([*numbers, *[black] * missing])
        except PocketError:
            return nothing
        drawn = np.ones((side, side), bool)
        drawn[top : top + height + 1, left : left + width + 1] = (np.arange(cells + missing) < cells).reshape(
            height + 1, width + 1
        )
        return picture, drawn.repeat(BLOCK, 0).repeat(BLOCK, 1)
