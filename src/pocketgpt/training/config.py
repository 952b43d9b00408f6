"""What a training run does, as plain values; free of torch, so that `--help` may read it."""

from dataclasses import dataclass

from pocketgpt.errors import PocketError


@dataclass(frozen=True)
class TrainConfig:
    """What a run does. Learning rates are peaks; `warmup` and `decay` are shares of the steps.

    `precision` is "auto" (a short trial picks the fastest on this machine, once), or one of precision.PRECISIONS.
    """

    steps: int
    matrix_lr: float = 0.02
    embed_lr: float = 0.1
    head_lr: float = 0.01
    weight_decay: float = 0.0
    warmup: float = 0.02
    decay: float = 0.5
    precision: str = "auto"

    def __post_init__(self) -> None:
        if self.steps < 1:
            raise PocketError(f"TrainConfig.steps must be at least 1, not {self.steps}.")
