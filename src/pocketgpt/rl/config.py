"""How a model practises, as plain values; free of torch, so that `--help` may read it."""

from dataclasses import dataclass

from pocketgpt.bounds import SEED, TEMPERATURE, bounded, check_fields

ANSWER_TOKENS = 112  # at most, unless told otherwise: room for a worked sum or a little story


@dataclass(frozen=True)
class RLConfig:
    """How to practise: each step has `prompts` × `rollouts` answers of up to `max_tokens` tokens.

    `std`, `normalise`, `clip` and `kl_weight` are those of `objectives`. `updates` is how often each step's
    answers are learned from: more than once needs `clip`. `rows` answers at a time go through the model.
    """

    steps: int = bounded(at_least=1)
    prompts: int = bounded(16, at_least=1)
    rollouts: int = bounded(16, at_least=1)
    max_tokens: int = bounded(ANSWER_TOKENS, at_least=1)
    temperature: float = bounded(1.0, **TEMPERATURE)
    lr: float = bounded(3e-4, at_least=0, at_most=1_000)
    std: bool = False
    normalise: str = "tokens"
    clip: float | None = bounded(None, above=0)
    kl_weight: float = bounded(0.0, at_least=0)
    updates: int = bounded(1, at_least=1)
    rows: int = bounded(64, at_least=1)
    seed: int = bounded(0, **SEED)

    def __post_init__(self) -> None:
        check_fields(self)
