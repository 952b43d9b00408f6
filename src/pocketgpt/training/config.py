"""What a training run does, as plain values; free of torch, so that `--help` may read it."""

from dataclasses import dataclass, fields

from pocketgpt.bounds import SEED, SHARE, bounded, check_fields

VOCAB_SIZE = 1024  # of a tokenizer, unless another one is asked for
RATE = {"at_least": 0, "at_most": 1_000}  # of learning; 0 leaves a part of the model as it is


@dataclass(frozen=True)
class TrainConfig:
    """What a run does. Learning rates are peaks; `warmup` and `decay` are shares of the steps.

    `precision` is "auto" (a short trial picks the fastest on this machine, once), or one of precision.PRECISIONS.
    """

    steps: int = bounded(at_least=1)
    matrix_lr: float = bounded(0.02, **RATE)
    embed_lr: float = bounded(0.1, **RATE)
    head_lr: float = bounded(0.01, **RATE)
    weight_decay: float = bounded(0.0, **RATE)
    warmup: float = bounded(0.02, **SHARE)
    decay: float = bounded(0.5, **SHARE)
    precision: str = "auto"

    def __post_init__(self) -> None:
        check_fields(self)


@dataclass(frozen=True)
class Recipe:
    """How to pretrain. The length of the run: `steps`, or `minutes`, or `epochs` over the corpus; the first
    one given counts.
    """

    depth: int = bounded(4, at_least=1, at_most=64)
    context: int = bounded(256, at_least=1, at_most=65_536)
    batch_size: int = bounded(16, at_least=1, at_most=65_536)
    epochs: float = bounded(1.0, above=0, at_most=1_000_000)
    minutes: float | None = bounded(None, above=0, at_most=1_000_000)
    steps: int | None = bounded(None, at_least=1)
    matrix_lr: float = bounded(0.03, **RATE)
    embed_lr: float = bounded(0.2, **RATE)
    head_lr: float = bounded(0.01, **RATE)
    decay: float = bounded(0.5, **SHARE)
    seed: int = bounded(0, **SEED)
    precision: str = "auto"

    def __post_init__(self) -> None:
        check_fields(self)


def settings_for(config: type, source: object) -> dict:
    """The attributes of `source`, such as a recipe or a command's options, that are fields of a dataclass.

    >>> settings_for(TrainConfig, Recipe(steps=3))["matrix_lr"]
    0.03
    """
    return {field.name: getattr(source, field.name) for field in fields(config) if hasattr(source, field.name)}
