"""Handwritten digits: real ones, and a classifier that judges drawn ones.

The table `data/digits.csv` holds 1,797 digits of UCI's optical recognition set (Alpaydin and Kaynak 1998, CC BY 4.0):
8 × 8 numbers from 0 to 16 that say how much ink lies there. The first rows are for training, the last ones stay unseen;
the set's description names no writers, so rows that stand together, perhaps by one hand, stay together.
"""

import math
import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pocketgpt.bounds import SEED, check_number
from pocketgpt.paths import DATA
from pocketgpt.pictures.palette import MOST_INK, SIDE, from_ink, rgb
from pocketgpt.world.table_files import fault, read_rows

UNSEEN = 360  # the last rows
LEVELS = "0123456789abcdefg"  # ink from 0 to 16, a letter for each pixel
EPOCHS, BATCH = 20, 64
# What a rewritten digit may differ in: radians, pixels to the side for each row down, size, pixels, ink. Of unseen
# digits that were bent so much, the judge still reads nine in ten.
TURNED, SLANTED, SCALED, MOVED, PRESSED = 0.15, 0.15, (0.85, 1.1), 0.6, (1.0, 1.3)


@dataclass(frozen=True)
class _Row:
    name: str
    digit: int
    pixels: str


@dataclass(frozen=True, eq=False)  # arrays have no plain equality
class Digits:
    """Digits as pictures (N, 8, 8) in the palette's colours, and which each is (N,)."""

    pictures: np.ndarray
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)


def load_digits(path: Path = DATA / "digits.csv", unseen: bool = False) -> Digits:
    """The digits for training, or with `unseen` the last 360 of the table.

    Raises PocketError, naming file and line, where the table is damaged.

    >>> len(load_digits()), len(load_digits(unseen=True))
    (1437, 360)
    """
    part = slice(-UNSEEN, None) if unseen else slice(None, -UNSEEN)
    rows = list(read_rows(path, _Row).items())[part]
    ink = np.array([_ink(path, line, row) for line, row in rows])
    return Digits(from_ink(ink), np.array([row.digit for _, row in rows]))


def _ink(path: Path, line: int, row: _Row) -> np.ndarray:
    if len(row.pixels) != SIDE * SIDE or not set(row.pixels) <= set(LEVELS):
        raise fault(path, line, f"pixels must be {SIDE * SIDE} letters from 0 to g; copy the row again")
    if row.digit > 9:
        raise fault(path, line, f"digit is {row.digit}; write one from 0 to 9")
    return np.array([LEVELS.index(letter) for letter in row.pixels]).reshape(SIDE, SIDE)


def shifted(picture: np.ndarray, down: int, right: int) -> np.ndarray:
    """The picture moved by whole pixels; what leaves it is lost, what comes in is black.

    >>> shifted(np.eye(8, dtype=int), 1, 0)[:2, :2].tolist()
    [[0, 0], [1, 0]]
    """
    moved = np.zeros_like(picture)
    rows, columns = (slice(max(0, n), SIDE + min(0, n)) for n in (down, right))
    old_rows, old_columns = (slice(max(0, -n), SIDE + min(0, -n)) for n in (down, right))
    moved[rows, columns] = picture[old_rows, old_columns]
    return moved


def varied(picture: np.ndarray, rng: random.Random) -> np.ndarray:
    """The picture as it is, or moved by up to a pixel: other handwriting would lie a little differently."""
    return shifted(picture, rng.choice((-1, 0, 0, 1)), rng.choice((-1, 0, 0, 1)))


def rewritten(picture: np.ndarray, rng: random.Random) -> np.ndarray:
    """The digit as another hand might have written it: turned, slanted, narrower or wider and moved, each a little.

    1,400 digits are soon known by heart; of handwriting that was bent anew each time, only what matters can be.
    """
    turn, slant = rng.uniform(-TURNED, TURNED), rng.uniform(-SLANTED, SLANTED)
    wide, high = (1 / rng.uniform(*SCALED) for _ in range(2))
    right, down = (rng.uniform(-MOVED, MOVED) * 2 / SIDE for _ in range(2))
    bent = [
        [wide * math.cos(turn), slant - high * math.sin(turn), right],
        [wide * math.sin(turn), high * math.cos(turn), down],
    ]
    places = F.affine_grid(torch.tensor([bent]), [1, 1, SIDE, SIDE], align_corners=False)
    ink = F.grid_sample(brightness(picture)[None, None], places, align_corners=False)[0, 0]
    return from_ink((MOST_INK * (rng.uniform(*PRESSED) * ink).clamp(0, 1)).numpy())


class Judge(nn.Module):
    """A classifier of digits: pictures (N, 8, 8) → logits (N, 10). It has seen real handwriting only."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.Conv2d(32, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(32 * 16, 64), nn.ReLU(), nn.Dropout(0.3), nn.Linear(64, 10),
        )  # fmt: skip

    def forward(self, brightness: Tensor) -> Tensor:
        """Logits (N, 10) from the pixels' brightness (N, 8, 8), from 0 to 1."""
        return self.layers(brightness[:, None])

    @torch.inference_mode()
    def read(self, pictures: np.ndarray) -> list[int]:
        """The likeliest digit for each picture (N, 8, 8) of the palette's colours."""
        return self(brightness(pictures)).argmax(1).tolist()


def brightness(pictures: np.ndarray) -> Tensor:
    """How bright each pixel is, from 0 to 1, as floats of the same shape."""
    return torch.from_numpy(rgb(np.asarray(pictures)).mean(-1).astype(np.float32) / 255)


def train_judge(digits: Digits, epochs: int = EPOCHS, seed: int = 0) -> Judge:
    """A judge that has learned from real digits, each moved by a pixel now and then."""
    check_number("epochs", epochs, at_least=1, whole=True)
    check_number("seed", seed, **SEED, whole=True)
    rng, order = random.Random(f"judge {seed}"), np.random.default_rng(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        judge, steps = Judge(), epochs * (len(digits) // BATCH)
        optimizer = torch.optim.AdamW(judge.parameters(), lr=3e-3)
        schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.02, max(1, steps))
        for _ in range(epochs):
            for rows in np.array_split(order.permutation(len(digits)), max(1, len(digits) // BATCH)):
                pictures = np.stack([varied(digits.pictures[row], rng) for row in rows])
                loss = F.cross_entropy(judge(brightness(pictures)), torch.from_numpy(digits.labels[rows]).long())
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                schedule.step()
    return judge.eval()


def accuracy(judge: Judge, digits: Digits) -> float:
    """Share of the digits that the judge reads correctly."""
    return float(np.mean(np.array(judge.read(digits.pictures)) == digits.labels))
