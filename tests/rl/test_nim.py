"""Nim: its rules, its theory against a search through all games, and players."""

import random
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny import tiny_model

from pocketgpt.rl.nim import Move, Nim, flawed, games_of, model_player, parse_move, perfect, play, self_play
from pocketgpt.tokenizer import Tokenizer

heaps = st.tuples(*3 * [st.integers(0, 6)]).filter(any)


@cache
def can_win(position: tuple[int, ...]) -> bool:
    """By trying everything: can the player to move win?"""
    for i, heap in enumerate(position):
        for left in range(heap):
            if not can_win(tuple(sorted((*position[:i], left, *position[i + 1 :])))):
                return True
    return False


@given(heaps)
def test_winning_moves_are_those_that_a_full_search_finds(position):
    game = Nim(position)
    found = [move for move in game.moves() if not can_win(game.after(move).heaps)]
    assert game.winning_moves() == found
    assert bool(found) == can_win(game.heaps)


@given(heaps)
def test_moves_are_read_as_they_are_written(position):
    game = Nim(position)
    assert len(game.moves()) == len(set(game.moves())) == sum(set(position))
    for move in game.moves():
        assert parse_move(str(move)) == move
        assert sum(game.after(move).heaps) == sum(position) - move.take
        assert game.reward(str(move)) == (move in game.winning_moves())


@pytest.mark.parametrize(
    "answer",
    ["", "Take 0 from 6.", "Take 7 from 6.", "Take 1 from 5.", "Take -1 from 6.", "Take 1 from 6. Take 1 from 4.",
     "take 1 from 6", "Take 999 from 999.", "6"],
)  # fmt: skip
def test_answers_that_win_nothing(answer):
    assert Nim((1, 4, 6)).reward(answer) == 0


def test_the_perfect_player_never_loses_a_game_that_can_be_won():
    rng = random.Random(0)
    games = [Nim.draw(rng) for _ in range(200)]
    for opponent in (perfect, flawed):
        assert play(games, [perfect, opponent], rng) == [0] * 200


def test_who_breaks_the_rules_loses():
    def cheat(games, rng):
        return [Move(9, 9)] * len(games)

    def silent(games, rng):
        return [None] * len(games)

    games = [Nim((1, 2, 3)), Nim((0, 0, 1))]
    assert play(games, [cheat, perfect], random.Random(0)) == [1, 1]
    assert play(games, [perfect, silent], random.Random(0)) == [0, 0]


def test_the_flawed_expert_knows_two_heaps_and_not_three():
    rng = random.Random(0)
    two = [Nim((0, 3, 5)), Nim((2, 2, 4)), Nim((0, 0, 6))]
    assert all(move in game.winning_moves() for game in two for move in flawed([game] * 20, rng))
    three = [Nim((1, 4, 6)), Nim((3, 5, 5)), Nim((2, 3, 4))]
    wins = [move in game.winning_moves() for game in three for move in flawed([game] * 100, rng)]
    assert 0 < sum(wins) < 0.6 * len(wins)
    assert all(move in game.moves() for game in three for move in flawed([game] * 20, rng))


def test_games_as_conversations():
    talks = games_of(flawed, 20)
    assert talks == games_of(flawed, 20) != games_of(flawed, 20, seed=1)
    for question, answer in talks:
        position = question.content.removeprefix("Nim: ").removesuffix(". Your move?")
        assert parse_move(answer.content) in Nim(tuple(map(int, position.split()))).moves()


# --- Models that play ---------------------------------------------------------------------------------------


def test_a_model_that_babbles_loses():
    model, tokenizer = tiny_model(vocab_size=264, context=64), Tokenizer([])
    games = [Nim((1, 2, 4)), Nim((1, 1, 1))]
    assert play(games, [model_player(model, tokenizer), perfect], random.Random(0)) == [1, 1]


def test_self_play_is_won_by_moves_after_which_the_mover_wins(monkeypatch):
    monkeypatch.setattr("pocketgpt.rl.nim.model_player", lambda *_: perfect)
    reward = self_play(None, None)
    games = [Nim((1, 4, 6)), Nim((1, 4, 6)), Nim((0, 0, 2)), Nim((0, 0, 2)), Nim((0, 0, 2))]
    answers = ["Take 1 from 6.", "Take 2 from 6.", "Take 2 from 2.", "Take 1 from 2.", "Take 3 from 2."]
    assert reward(games, answers, random.Random(0)) == [1.0, 0.0, 1.0, 0.0, 0.0]
