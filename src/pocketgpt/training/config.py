"""What a training run does, as plain values; free of torch, so that `--help` may read it."""

from dataclasses import dataclass, fields

from pocketgpt.errors import PocketError

VOCAB_SIZE = 1024  # of a tokenizer, unless another one is asked for


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


@dataclass(frozen=True)
class Recipe:
    """How to pretrain. The length of the run: `steps`, or `minutes`, or `epochs` over the corpus; the first
    one given counts.
    """

    depth: int = 4
    context: int = 256
    batch_size: int = 16
    epochs: float = 1.0
    minutes: float | None = None
    steps: int | None = None
    matrix_lr: float = 0.03
    embed_lr: float = 0.2
    head_lr: float = 0.01
    decay: float = 0.5
    seed: int = 0
    precision: str = "auto"


def settings_for(config: type, source: object) -> dict:
    """The attributes of `source`, such as a recipe or a command's options, that are fields of a dataclass.

    >>> settings_for(TrainConfig, Recipe(steps=3))["matrix_lr"]
    0.03
    """
    return {field.name: getattr(source, field.name) for field in fields(config) if hasattr(source, field.name)}
