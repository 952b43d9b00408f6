"""Pixel drawings of a dozen animals that the pocket world's pages tell of.

The drawings say nothing of what an animal eats: a model that sees one has to name it, and to use what it has read.
"""

import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pocketgpt.paths import DATA
from pocketgpt.pictures.digits import shifted
from pocketgpt.pictures.palette import COLOURS, LETTERS, SIDE, from_text
from pocketgpt.world.table_files import fault, read_rows

SPOTS = 3  # pixels of another colour that a drawing has at most


@dataclass(frozen=True)
class _Row:
    name: str
    pixels: str


def load_drawings(path: Path = DATA / "drawings.csv") -> dict[str, np.ndarray]:
    """The drawings (8, 8) by the animals' names. Raises PocketError, naming file and line, for a damaged one.

    >>> list(load_drawings())[:3]
    ['butterfly', 'cow', 'dragonfly']
    """
    return {row.name: _drawing(path, line, row) for line, row in read_rows(path, _Row).items()}


def _drawing(path: Path, line: int, row: _Row) -> np.ndarray:
    rows = row.pixels.split("/")
    if [len(each) for each in rows] != [SIDE] * SIDE or not set("".join(rows)) <= set(LETTERS):
        told = f"pixels must be {SIDE} times {SIDE} of the letters {''.join(LETTERS)}, with / between; mend the drawing"
        raise fault(path, line, told)
    return from_text(row.pixels)


def redrawn(drawing: np.ndarray, rng: random.Random) -> np.ndarray:
    """The drawing as another hand might make it: mirrored or not, moved by up to a pixel, with a few spots on it.

    >>> drawing = load_drawings()["fox"]
    >>> int((redrawn(drawing, random.Random(1)) != drawing).sum()) > 0
    True
    """
    drawing = drawing[:, ::-1] if rng.random() < 0.5 else drawing
    drawing = shifted(drawing, rng.choice((-1, 0, 0, 1)), rng.choice((-1, 0, 0, 1)))
    for _ in range(rng.randint(0, SPOTS)):
        drawing[rng.randrange(SIDE), rng.randrange(SIDE)] = rng.randrange(len(COLOURS))
    return drawing
