"""Practice after demonstrations that are often wrong, and a game learned against oneself."""

import random
from copy import deepcopy
from dataclasses import replace
from functools import partial

from pocketgpt.model import GPT
from pocketgpt.rl.config import RLConfig
from pocketgpt.rl.environment import Environment, try_tasks
from pocketgpt.rl.nim import Nim, flawed, games_of, model_player, perfect, play, self_play
from pocketgpt.sft.fine_tune import fine_tune, train_all
from pocketgpt.sft.recipe import Recipe
from pocketgpt_lessons.rl import experiments

WRONG = 0.4  # share of the demonstrations
LARGEST = 5  # stones in a heap
DRAW = partial(Nim.draw, largest=LARGEST)
CLONE = Recipe(steps=300, batch_size=32)  # self-play needs a clone that hardly errs where two heaps decide
SELF_PLAY = RLConfig(steps=60, prompts=64, rollouts=8, max_tokens=16)
GAMES = 200
TRIES = 32  # moves in each position


def flawed_teachers(base: GPT, tokenizer, seed: int) -> dict:
    """All demonstrations in steps, many of them wrong; what imitation makes of that, and then practice."""
    model = train_all(experiments.lesson(base, tokenizer, seed, in_steps=1.0, wrong=WRONG))
    found = {
        "imitated": experiments.marks(model, tokenizer),
        "greedy": experiments.marks(model, tokenizer, temperature=0.01),  # all but greedy
    }
    experiments.practised(model, tokenizer, seed)
    return found | {"practised": experiments.marks(model, tokenizer)}


def positions() -> list[Nim]:
    """All positions of three heaps of up to LARGEST stones in which the player to move can win."""
    heaps = range(LARGEST + 1)
    games = {Nim((a, b, c)) for a in heaps for b in heaps for c in heaps}
    return sorted((game for game in games if game.winning_moves()), key=lambda game: game.heaps)


def hard(game: Nim) -> bool:
    """Whether the flawed expert has no plan here: no winning move leaves two equal heaps, or nothing.

    >>> hard(Nim((1, 4, 6))), hard(Nim((1, 4, 4)))
    (True, False)
    """
    return all(min(game.after(move).heaps) > 0 for move in game.winning_moves())


def expert_share(games: list[Nim], tries: int = 200) -> float:
    """How often the flawed expert plays a winning move in these positions."""
    rng = random.Random("expert")
    moves = [(game, move) for _ in range(tries) for game, move in zip(games, flawed(games, rng), strict=True)]
    return sum(move in game.winning_moves() for game, move in moves) / len(moves)


def game_marks(model: GPT, tokenizer, seed: int) -> dict:
    """Games won against the perfect player, moving first where one can win, and winning moves by kind of position."""
    rng = random.Random(f"matches {seed}")
    games = [DRAW(rng) for _ in range(GAMES)]
    winners = play(games, [model_player(model, tokenizer), perfect], rng)
    shares = {}
    for name, wanted in (("easy", False), ("hard", True)):
        asked = [game for game in positions() if hard(game) == wanted]
        tried = try_tasks(model, tokenizer, Environment(DRAW), asked, TRIES, max_tokens=16, seed=seed)
        shares[name] = float(tried.rewards.mean())
    return {"won": winners.count(0), "n": GAMES} | shares


def self_taught(base: GPT, tokenizer, seed: int) -> dict:
    """Clone the flawed expert, then let the clone play against itself."""
    talks = games_of(flawed, CLONE.steps * CLONE.batch_size, seed, largest=LARGEST)
    model = train_all(fine_tune(deepcopy(base), talks, tokenizer, replace(CLONE, seed=seed)))
    found = {"expert": {"hard": expert_share([game for game in positions() if hard(game)])}}
    found["clone"] = game_marks(model, tokenizer, seed)
    environment = Environment(DRAW, self_play(model, tokenizer))
    found["curve"] = experiments.practised(model, tokenizer, seed, environment, SELF_PLAY)
    return found | {"self-taught": game_marks(model, tokenizer, seed)}
