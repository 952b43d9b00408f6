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
    pages; in the other batches the rows go the ways of TURNS. Steps twice as large, with pages in every seventh batch,
    cost the base a third of what it had read.
    """

    steps: int = bounded(4_500, at_least=1)
    batch_size: int = bounded(48, at_least=2, at_most=65_536)
    matrix_lr: float = bounded(0.02, **RATE)
    embed_lr: float = bounded(0.15, **RATE)
    head_lr: float = bounded(0.01, **RATE)
    decay: float = bounded(0.8, at_least=0, at_most=1)
    pages_share: float = bounded(0.4, at_least=0, below=1)
    seed: int = bounded(0, **SEED)
    precision: str = "fp32"
    shares: Mapping[str, float] = field(default_factory=lambda: {"scene": 0.4, "digit": 0.45, "animal": 0.15})

    def __post_init__(self) -> None:
        check_fields(self)
        if not self.shares or not set(self.shares) <= set(KINDS) or min(self.shares.values()) <= 0:
            raise PocketError(f"shares must give each kind a number above 0; the kinds are {', '.join(KINDS)}.")

    @property
    def config(self) -> TrainConfig:
        """What of it the training loop has to know."""
        return TrainConfig(**settings_for(TrainConfig, self))


# A second run, in which what was forgotten of the pages comes back: gentler, and most of it pages.
AGAIN = Recipe(
    steps=800, matrix_lr=0.012, embed_lr=0.09, head_lr=0.006, decay=1.0, pages_share=0.6,
    shares={"scene": 0.4, "digit": 0.5, "animal": 0.1},
)  # fmt: skip
