"""How a model practises, as plain values; free of torch, so that `--help` may read it."""

from dataclasses import dataclass

from pocketgpt.errors import PocketError

ANSWER_TOKENS = 112  # at most, unless told otherwise: room for a worked sum or a little story


@dataclass(frozen=True)
class RLConfig:
    """How to practise: each step has `prompts` × `rollouts` answers of up to `max_tokens` tokens.

    `std`, `normalise`, `clip` and `kl_weight` are those of `objectives`. `updates` is how often each step's
    answers are learned from: more than once needs `clip`. `rows` answers at a time go through the model.
    """

    steps: int
    prompts: int = 16
    rollouts: int = 16
    max_tokens: int = ANSWER_TOKENS
    temperature: float = 1.0
    lr: float = 3e-4
    std: bool = False
    normalise: str = "tokens"
    clip: float | None = None
    kl_weight: float = 0.0
    updates: int = 1
    rows: int = 64
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("steps", "prompts", "rollouts", "max_tokens", "updates", "rows"):
            if getattr(self, name) < 1:
                raise PocketError(f"RLConfig.{name} must be at least 1, not {getattr(self, name)}.")
