"""What a learner's own functions need to work on real models: samples, votes in turn, claims as texts."""

import random
from collections.abc import Callable, Sequence

from pocketgpt.evaluation.arena import SCALE, Vote


def draws_of(n: int, times: int = 200, seed: int = 0) -> list[list[int]]:
    """`times` lists of n places from 0 to n − 1, drawn with replacement."""
    rng = random.Random(f"draws {seed}")
    return [rng.choices(range(n), k=n) for _ in range(times)]


def rate_one_by_one(
    votes: Sequence[Vote], names: Sequence[str], update: Callable, step: float = 0.1, seed: int = 0
) -> dict[str, float]:
    """Ratings on the scale of chess, if each vote in turn changes two of them by an update such as the learner's."""
    found = dict.fromkeys(names, 0.0)
    for winner, loser in random.Random(f"turns {seed}").sample(list(votes), len(votes)):
        found[winner], found[loser] = map(float, update(found[winner], found[loser], step))
    return {name: 1000 + SCALE * value for name, value in found.items()}


def of_texts(vote: Callable[[list[str]], str]) -> Callable[[Sequence[str | None]], str | None]:
    """A majority vote over texts, "" for no answer, as one over claims, None for no claim; None if there is none.

    >>> of_texts(max)([None, "7"]), of_texts(max)([None])
    ('7', None)
    """

    def of_claims(claims: Sequence[str | None]) -> str | None:
        texts = [claim or "" for claim in claims]
        return str(vote(texts)) if any(texts) else None

    return of_claims
