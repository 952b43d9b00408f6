"""How to fine-tune, as plain values; free of torch, so that a command line may read it."""

from dataclasses import dataclass

from pocketgpt.training.config import TrainConfig, settings_for


@dataclass(frozen=True)
class Recipe:
    """How to fine-tune. The learning rates are lower than in pre-training and fall from the start."""

    steps: int = 100
    batch_size: int = 32
    matrix_lr: float = 0.01
    embed_lr: float = 0.1
    head_lr: float = 0.01
    mask: bool = True
    pages_share: float = 0.0
    seed: int = 0
    precision: str = "fp32"

    @property
    def config(self) -> TrainConfig:
        """What of it the training loop has to know."""
        return TrainConfig(decay=1.0, **settings_for(TrainConfig, self))
