"""How to learn pictures, as plain values; free of torch, so that a command line may read it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pocketgpt.bounds import SEED, bounded, check_fields
from pocketgpt.errors import PocketError
from pocketgpt.training.config import RATE, TrainConfig, settings_for

KINDS = ("scene", "digit", "animal")


@dataclass(frozen=True)
class Recipe:
    """How to learn pictures. `shares` says how often each kind comes, `pages_share` which share of the batches are old
    pages; in the other batches the rows go the ways of TURNS.
    """

    steps: int = bounded(3_000, at_least=1)
    batch_size: int = bounded(48, at_least=2, at_most=65_536)
    matrix_lr: float = bounded(0.04, **RATE)
    embed_lr: float = bounded(0.2, **RATE)
    head_lr: float = bounded(0.015, **RATE)
    decay: float = bounded(0.6, at_least=0, at_most=1)
    pages_share: float = bounded(0.15, at_least=0, below=1)
    seed: int = bounded(0, **SEED)
    precision: str = "fp32"
    shares: Mapping[str, float] = field(default_factory=lambda: {"scene": 0.6, "digit": 0.25, "animal": 0.15})

    def __post_init__(self) -> None:
        check_fields(self)
        if not self.shares or not set(self.shares) <= set(KINDS) or min(self.shares.values()) <= 0:
            raise PocketError(f"shares must give each kind a number above 0; the kinds are {', '.join(KINDS)}.")

    @property
    def config(self) -> TrainConfig:
        """What of it the training loop has to know."""
        return TrainConfig(**settings_for(TrainConfig, self))


# A second run, in which what was forgotten of the pages comes back: gentler, half of it pages, and more handwriting.
AGAIN = Recipe(
    steps=600, matrix_lr=0.02, embed_lr=0.1, head_lr=0.0075, decay=1.0, pages_share=0.5,
    shares={"scene": 0.45, "digit": 0.4, "animal": 0.15},
)  # fmt: skip
