"""How to fine-tune, as plain values; free of torch, so that a command line may read it."""

from dataclasses import dataclass

from pocketgpt.bounds import SEED, bounded, check_fields
from pocketgpt.training.config import RATE, TrainConfig, settings_for


@dataclass(frozen=True)
class Recipe:
    """How to fine-tune. The learning rates are lower than in pretraining and fall from the start."""

    steps: int = bounded(100, at_least=1)
    batch_size: int = bounded(32, at_least=1, at_most=65_536)
    matrix_lr: float = bounded(0.01, **RATE)
    embed_lr: float = bounded(0.1, **RATE)
    head_lr: float = bounded(0.01, **RATE)
    mask: bool = True
    pages_share: float = bounded(0.0, at_least=0, below=1)
    seed: int = bounded(0, **SEED)
    precision: str = "fp32"

    def __post_init__(self) -> None:
        check_fields(self)

    @property
    def config(self) -> TrainConfig:
        """What of it the training loop has to know."""
        return TrainConfig(decay=1.0, **settings_for(TrainConfig, self))
