"""Ratings: what two competitors' votes must give, strengths that are found again, and how a board is toppled."""

import math
import random

import pytest

from pocketgpt.errors import PocketError
from pocketgpt.evaluation import arena

NAMES = ["weak", "fair", "good", "best"]
TRUE = dict(zip(NAMES, (800, 950, 1050, 1200), strict=True))


def drawn(n: int, seed: int = 0) -> list[arena.Vote]:
    rng = random.Random(seed)
    votes = []
    for _ in range(n):
        a, b = rng.sample(NAMES, 2)
        votes.append((a, b) if rng.random() < arena.chance_to_win(TRUE[a], TRUE[b]) else (b, a))
    return votes


def test_two_competitors_have_a_known_answer():
    board = arena.ratings([("a", "b")] * 8 + [("b", "a")] * 2, ["a", "b"])
    odds = (8 + arena.PRIOR) / (2 + arena.PRIOR)
    assert board["a"] - board["b"] == pytest.approx(400 * math.log10(odds), abs=0.01)


def test_strengths_are_found_again_and_their_mean_is_1000():
    board = arena.ratings(drawn(4000), NAMES)
    assert all(board[name] == pytest.approx(TRUE[name], abs=25) for name in NAMES)
    assert sum(board.values()) == pytest.approx(4000)


def test_who_never_won_has_a_finite_rating():
    board = arena.ratings([("a", "b")] * 50, ["a", "b", "c"])
    assert all(math.isfinite(rating) for rating in board.values()) and board["a"] > board["c"] > board["b"]


def test_intervals_hold_the_truth_and_shrink_with_more_votes():
    few, many = (arena.rating_intervals(drawn(n), NAMES, draws=60) for n in (150, 3000))
    assert all(low < TRUE[name] < high for name, (low, high) in few.items())
    assert all(many[name][1] - many[name][0] < few[name][1] - few[name][0] for name in NAMES)


def test_a_vote_needs_two_known_competitors():
    for vote in (("a", "x"), ("a", "a")):
        with pytest.raises(PocketError, match="no vote between two"):
            arena.ratings([vote], ["a", "b"])


def test_a_narrow_lead_is_toppled_by_few_votes_and_a_wide_one_by_many():
    narrow = [("a", "b")] * 11 + [("b", "a")] * 10
    wide = [("a", "b")] * 30 + [("b", "a")] * 10
    assert arena.votes_to_topple(narrow, ["a", "b"]) == 2  # 9 against 10: the first that is no tie
    assert arena.votes_to_topple(wide, ["a", "b"]) == 21


def test_a_toppled_board_has_another_first():
    votes = drawn(120, seed=3)
    removed = arena.votes_to_topple(votes, NAMES)
    assert 0 < removed <= len(votes)
