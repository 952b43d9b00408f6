"""An arena: ratings of competitors from votes between two answers each, as on the boards that rank chatbots.

    board = ratings(votes, ["base", "assistant"])

A vote is the pair (winner, loser). Ratings are Bradley and Terry's (1952), on the scale of chess: their mean is 1,000,
and 100 points more win 64 votes of 100.
"""

import math
import random
from collections import Counter
from collections.abc import Sequence

import numpy as np

from pocketgpt.errors import PocketError

Vote = tuple[str, str]  # winner, loser
SCALE = 400 / math.log(10)  # points of a factor e in the odds
PRIOR = 0.5  # votes each way that every pair is given beforehand: without them who never lost would be rated infinite


def chance_to_win(rating: float, other: float) -> float:
    """The chance that a competitor with a rating wins a vote against another.

    >>> chance_to_win(1000, 1000), round(chance_to_win(1100, 1000), 2)
    (0.5, 0.64)
    """
    return 1 / (1 + math.exp((other - rating) / SCALE))


def win_counts(votes: Sequence[Vote], names: Sequence[str]) -> np.ndarray:
    """How often each (row) won against each (column), (n, n)."""
    place = {name: i for i, name in enumerate(names)}
    counts = np.zeros((len(names), len(names)))
    for (winner, loser), times in Counter(votes).items():
        if winner not in place or loser not in place or winner == loser:
            raise PocketError(f"The vote for {winner} against {loser} is no vote between two of {', '.join(names)}.")
        counts[place[winner], place[loser]] += times
    return counts


def ratings_of(wins: np.ndarray, steps: int = 200) -> np.ndarray:
    """Bradley–Terry ratings (n,) of win counts (n, n), with PRIOR; the mean is 1,000.

    Each step divides a competitor's wins by what it should have won were its strength 1 (Hunter 2004).
    """
    wins = wins + PRIOR * (1 - np.eye(len(wins)))
    games, strength = wins + wins.T, np.ones(len(wins))
    for _ in range(steps):
        strength = wins.sum(1) / (games / (strength[:, None] + strength)).sum(1)
        strength /= np.exp(np.log(strength).mean())
    return 1000 + SCALE * np.log(strength)


def ratings(votes: Sequence[Vote], names: Sequence[str]) -> dict[str, float]:
    """The competitors' ratings by name.

    >>> board = ratings([("a", "b")] * 3 + [("b", "a")], ["a", "b"])
    >>> board["a"] > 1000 > board["b"], round(sum(board.values()))
    (True, 2000)
    """
    return dict(zip(names, ratings_of(win_counts(votes, names)).tolist(), strict=True))


def rating_intervals(
    votes: Sequence[Vote], names: Sequence[str], draws: int = 200, seed: int = 0
) -> dict[str, tuple[float, float]]:
    """The ends of each rating's 95% interval, over samples of the votes drawn with replacement."""
    rng = random.Random(f"arena {seed}")
    boards = [ratings_of(win_counts(rng.choices(votes, k=len(votes)), names)) for _ in range(draws)]
    low, high = np.quantile(boards, (0.025, 0.975), axis=0)
    return dict(zip(names, zip(low.tolist(), high.tolist(), strict=True), strict=True))


def votes_to_topple(votes: Sequence[Vote], names: Sequence[str]) -> int:
    """How many votes for the first of the board need to go, at most, until another one is first.

    Votes are taken away one by one, of its wins against whoever is second by then; none is taken from anybody else. So
    it is an upper bound: a cleverer choice might need fewer.
    """
    wins = win_counts(votes, names)
    leader = int(ratings_of(wins).argmax())
    most = int(wins[leader].sum())
    for removed in range(most + 1):
        board = ratings_of(wins)
        if board.argmax() != leader:
            return removed
        others = [i for i in np.argsort(-board) if i != leader and wins[leader, i] > 0]
        if not others:
            break
        wins[leader, others[0]] -= 1
    return most
