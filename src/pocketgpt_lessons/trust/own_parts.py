"""A learner's own functions at work on real models: theirs where they pass their checks, ours where they don't yet."""

import random
from collections.abc import Callable, Sequence
from types import SimpleNamespace

from pocketgpt.evaluation.arena import SCALE, Vote
from pocketgpt_lessons.classroom.exercises import judge
from pocketgpt_lessons.trust.exercises import EXERCISES


def chosen(**answers: Callable) -> SimpleNamespace:
    """The functions by their exercises' names, each the learner's if it passes its check, else ours; says which."""
    exercises = {exercise.name: exercise for exercise in EXERCISES}
    passed = {name: judge(exercises[name], answer).passed for name, answer in answers.items()}
    yours = [name for name in answers if passed[name]]
    print("Your own functions at work here:", ", ".join(yours) or "none yet, so ours are")
    return SimpleNamespace(
        **{name: answer if passed[name] else exercises[name].truth for name, answer in answers.items()}
    )


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
