"""Pairs of different answers that a model writes to the same request, not judged yet."""

import random
from collections.abc import Callable

from pocketgpt.errors import PocketError
from pocketgpt.model import GPT
from pocketgpt.rl.config import ANSWER_TOKENS
from pocketgpt.rl.environment import Environment, try_tasks
from pocketgpt.rl.tasks import Question
from pocketgpt.rlhf.pairs import Pair
from pocketgpt.tokenizer import AnyTokenizer

BATCH = 128  # requests at once, each answered twice


def sample_pairs(
    model: GPT,
    tokenizer: AnyTokenizer,
    draw: Callable[[random.Random], Question],
    n: int,
    max_tokens: int = ANSWER_TOKENS,
    seed: int = 0,
) -> list[Pair]:
    """`n` pairs of different, finished answers of a model to requests, not judged yet."""
    environment = Environment(draw, lambda tasks, answers, rng: [0.0] * len(tasks))
    pairs: list[Pair] = []
    for attempt in range(10 + 10 * n // BATCH):
        rng = random.Random(f"pairs {seed}/{attempt}")
        asked = [draw(rng) for _ in range(BATCH)]
        batch = try_tasks(model, tokenizer, environment, asked, 2, max_tokens, seed=rng.getrandbits(60))
        finished = batch.finished.view(-1, 2).all(1).tolist()
        for task, first, second, whole in zip(asked, batch.answers[::2], batch.answers[1::2], finished, strict=True):
            if whole and first != second and len(pairs) < n:
                pairs.append(Pair(task.question, first, second))
        if len(pairs) == n:
            return pairs
    raise PocketError("This model hardly ever writes two different answers that it ends: fine-tune it on some first.")
