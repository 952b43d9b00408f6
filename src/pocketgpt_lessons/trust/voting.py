"""The arena's votes: stories of all stages, in blind pairs, judged by the crowd of notebook 07; and how to game it."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from pocketgpt.evaluation.arena import Vote, rating_intervals, ratings, votes_to_topple
from pocketgpt.evaluation.calibration import bootstrap
from pocketgpt.rlhf.little_stories import REQUESTS
from pocketgpt.rlhf.raters import Crowd
from pocketgpt_lessons.speakers import Speaker, say

STORY_TOKENS = 64
STORIES = 24  # of each stage
VOTES = 400
VARIANTS = (1, 2, 5, 10, 20)
VOTES_EACH = 40  # for a variant, before its makers choose
TIMES = 40  # that the choosing is repeated
DRAWS = 200  # samples for an interval
CROWDS = (20, 21, 22, 23, 24)  # seeds of other votes of the crowd


def tell(stage: Speaker, n: int = STORIES, seed: int = 0) -> list[str]:
    """`n` stories of a stage at temperature 1, asked for in one of four wordings; base goes on with the request."""
    asked = [REQUESTS[i % len(REQUESTS)] for i in range(n)]
    return say(stage, asked, STORY_TOKENS, temperature=1.0, seed=seed)


@dataclass(frozen=True, eq=False)  # arrays have no plain equality
class Gallery:
    """Stories by whom they are, and the chance (N, N) that somebody of the crowd prefers one (row) to another."""

    owners: tuple[str, ...]
    texts: tuple[str, ...]
    chances: np.ndarray

    @property
    def names(self) -> list[str]:
        """The competitors, each once."""
        return list(dict.fromkeys(self.owners))

    def places(self, owner: str) -> list[int]:
        """Where a competitor's stories are."""
        return [i for i, name in enumerate(self.owners) if name == owner]


def gallery(crowd: Crowd, stories: Mapping[str, Sequence[str]]) -> Gallery:
    """Look at every story once, so that any number of votes can be drawn."""
    pairs = [(owner, text) for owner, texts in stories.items() for text in texts]
    features = np.array([crowd.reader.features(text) for _, text in pairs])
    points = features @ crowd.raters.T  # (N, raters)
    differences = points[:, None] - points[None]  # (N, N, raters)
    chances = crowd.preference(differences).mean(-1)
    return Gallery(tuple(owner for owner, _ in pairs), tuple(text for _, text in pairs), chances)


def pairs_of(shown: Gallery, n: int, seed: int = 0, one: str = "") -> list[tuple[int, int]]:
    """`n` pairs of different competitors' stories, drawn at random; with `one`, all of them with that competitor."""
    rng = random.Random(f"pairs {seed}")
    places = {name: shown.places(name) for name in shown.names}
    found = []
    for _ in range(n):
        first = one or rng.choice(shown.names)
        second = rng.choice([name for name in shown.names if name != first])
        pair = [rng.choice(places[first]), rng.choice(places[second])]
        rng.shuffle(pair)
        found.append((pair[0], pair[1]))
    return found


def votes_on(shown: Gallery, pairs: Sequence[tuple[int, int]], seed: int = 0) -> list[Vote]:
    """Each pair decided by somebody of the crowd."""
    rng = random.Random(f"votes {seed}")
    found = []
    for a, b in pairs:
        winner, loser = (a, b) if rng.random() < shown.chances[a, b] else (b, a)
        found.append((shown.owners[winner], shown.owners[loser]))
    return found


def crowd_votes(shown: Gallery, n: int = VOTES, seed: int = 0) -> list[Vote]:
    """`n` votes of the crowd on random pairs."""
    return votes_on(shown, pairs_of(shown, n, seed), seed)


def lead(votes: Sequence[Vote], names: Sequence[str], one: str, other: str) -> tuple[float, float, float]:
    """How many points one competitor is above another, and the ends of the 95% interval over the votes."""

    def points(votes: Sequence[Vote]) -> float:
        rated = ratings(votes, names)
        return rated[one] - rated[other]

    return points(votes), *bootstrap(votes, points, DRAWS)


def board(votes: Sequence[Vote], names: Sequence[str]) -> tuple[dict[str, float], dict[str, tuple[float, float]]]:
    """The ratings, and the ends of their 95% intervals."""
    return ratings(votes, names), rating_intervals(votes, names)


def truths(crowd: Crowd, shown: Gallery) -> dict[str, float]:
    """What the hidden rule gives each competitor's stories, on average: the board can only guess it."""
    return {name: fmean(crowd.truth(shown.texts[i]) for i in shown.places(name)) for name in shown.names}


# --- Gaming ---------------------------------------------------------------------------------------------------


def variant_ratings(
    shown: Gallery, entrant: str, n: int = max(VARIANTS), each: int = VOTES_EACH, seed: int = 0
) -> list[float]:
    """Enter the very same model `n` times under other names, each time alone on the board, with `each` votes: how many
    points each entry has more than the model under its own name. All are equally good: the rest is luck.
    """
    public = crowd_votes(shown, VOTES, seed)
    found, hidden = [], f"{entrant}, hidden"
    for number in range(n):
        drawn = pairs_of(shown, each, 1000 * seed + number, one=entrant)
        votes = list(public)
        for winner, loser in votes_on(shown, drawn, 1000 * seed + number):
            votes.append((hidden, loser) if winner == entrant else (winner, hidden))
        rated = ratings(votes, [*shown.names, hidden])
        found.append(rated[hidden] - rated[entrant])
    return found


def best_of_variants(tries: Sequence[Sequence[float]]) -> list[dict]:
    """For each number of VARIANTS, how far ahead the `best` of the first so many entries is, and their `mean`, both
    averaged over several tries.

    >>> best_of_variants([[10.0, 30.0], [-10.0, -20.0]])[1]
    {'n': 2, 'best': 10.0, 'mean': 2.5}
    """
    return [
        {"n": n, "best": fmean(max(each[:n]) for each in tries), "mean": fmean(fmean(each[:n]) for each in tries)}
        for n in VARIANTS
    ]


def few_votes(shown: Gallery, votes: Sequence[Vote]) -> list[tuple[str, int, int, tuple[int, int]]]:
    """How many votes have to go until another one is first: on the whole board, and on one without its first.

    For each its first competitor, that number, the number of votes, and the fewest and the most that it takes with
    other votes of the crowd.
    """
    rated = ratings(votes, shown.names)
    best = max(rated, key=lambda name: rated[name])
    found = []
    for names in (shown.names, [name for name in shown.names if name != best]):
        mine = [vote for vote in votes if {*vote} <= {*names}]
        rated = ratings(mine, names)
        others = []
        for seed in CROWDS:
            theirs = [vote for vote in crowd_votes(shown, len(votes), seed) if {*vote} <= {*names}]
            others.append(votes_to_topple(theirs, names))
        first = max(rated, key=lambda name: rated[name])
        found.append((first, votes_to_topple(mine, names), len(mine), (min(others), max(others))))
    return found


def twice(stories: Sequence[str]) -> list[str]:
    """Each story with the next one behind it: an answer twice as long."""
    return [f"{a} {b}" for a, b in zip(stories, [*stories[1:], *stories[:1]], strict=True)]
