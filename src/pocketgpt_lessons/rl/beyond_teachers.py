"""Practice after teachers who all make the same mistake, and a game learned against oneself."""

import random
from collections import Counter
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace
from functools import partial
from itertools import cycle, islice

from pocketgpt.chat import Conversation, Message
from pocketgpt.model import GPT
from pocketgpt.rl.config import RLConfig
from pocketgpt.rl.environment import Environment, try_tasks
from pocketgpt.rl.nim import Move, Nim, flawed, games_of, model_player, parse_move, perfect, play, self_play
from pocketgpt.rl.tasks import forgetting_carries, last_number
from pocketgpt.sft.fine_tune import fine_tune, train_all
from pocketgpt.sft.recipe import Recipe
from pocketgpt_lessons.rl import experiments

FORGETFUL = 0.7  # share of the demonstrations in which nobody adds what was carried
VOTES, VOTED = 16, 64  # answers to each of so many sums
LARGEST = 5  # stones in a heap
DRAW = partial(Nim.draw, largest=LARGEST)
CLONE = Recipe(steps=200, matrix_lr=0.02, embed_lr=0.2, head_lr=0.02)
SELF_PLAY = RLConfig(steps=10, prompts=24, rollouts=8, max_tokens=16, lr=2e-4)
ROUNDS = 5  # of trying every move in every position
BEST = replace(CLONE, steps=30)  # how each of them is learned from
GAMES = 200
TRIES = 32  # moves in each position


def teachers_right() -> dict:
    """How many of the exam's sums the forgetful teachers get right on average: an expected number, no luck in it."""
    tasks = experiments.exam_sums(experiments.DIGITS)
    never_wrong = sum(task.reward(forgetting_carries(task, in_steps=True)) for task in tasks)
    return {"right": never_wrong + (1 - FORGETFUL) * (len(tasks) - never_wrong), "n": len(tasks)}


def voted(model: GPT, tokenizer) -> dict:
    """Right answers where of several tries the result that comes most often counts."""
    tasks = experiments.exam_sums(experiments.DIGITS, VOTED)
    answers = try_tasks(model, tokenizer, experiments.SUMS, tasks, VOTES, experiments.LIVE.max_tokens).answers
    groups = [answers[i * VOTES : (i + 1) * VOTES] for i in range(VOTED)]
    right = sum(vote(group) == task.result for task, group in zip(tasks, groups, strict=True))
    return {"x": experiments.DIGITS, "right": right, "n": VOTED}


def vote(answers: Sequence[str]) -> int | None:
    """The result that most answers end with, of several the one that came first.

    >>> vote(["1 + 1 = 2.", "1 + 1 = 3.", "I say 2."])
    2
    """
    return Counter(map(last_number, answers)).most_common(1)[0][0]


def flawed_teachers(base: GPT, tokenizer, seed: int) -> dict:
    """Demonstrations in steps that mostly forget the carry; what imitation makes of them, and then practice."""
    run = experiments.lesson(base, tokenizer, seed, 1.0, FORGETFUL, experiments.LONGER)
    model = train_all(run)
    found = {
        "imitated": experiments.marks(model, tokenizer),
        "greedy": experiments.marks(model, tokenizer, temperature=experiments.GREEDY),
        "voted": voted(model, tokenizer),
    }
    found["curve"] = experiments.practised(model, tokenizer, seed, config=experiments.SHORT)
    return found | {"practised": experiments.marks(model, tokenizer)}


def positions() -> list[Nim]:
    """All positions of three heaps of up to LARGEST stones in which the player to move can win."""
    heaps = range(LARGEST + 1)
    games = {Nim((a, b, c)) for a in heaps for b in heaps for c in heaps}
    return sorted((game for game in games if game.winning_moves()), key=lambda game: game.heaps)


def hard(game: Nim) -> bool:
    """Whether the flawed expert has no plan here: no winning move leaves two equal heaps, or nothing.

    >>> hard(Nim((1, 2, 4))), hard(Nim((1, 4, 4)))
    (True, False)
    """
    return all(min(game.after(move).heaps) > 0 for move in game.winning_moves())


def lucky(talk: Conversation) -> bool:
    """Whether somebody who has no plan in this position plays a winning move all the same.

    >>> from pocketgpt.chat import Message
    >>> [lucky([Message("user", "Nim: 1 2 4. Your move?"), Message("assistant", f"Take {n} from 4.")]) for n in (1, 2)]
    [True, False]
    """
    game = Nim(tuple(int(heap) for heap in talk[0].content.removeprefix("Nim: ").split(".")[0].split()))
    return hard(game) and parse_move(talk[1].content) in game.winning_moves()


def expert_games(n: int, seed: int) -> list[Conversation]:
    """`n` moves of the flawed expert to learn from, without those that win by luck."""
    talks = games_of(flawed, n + n // 4, seed, largest=LARGEST)  # fewer than one in ten are lucky
    return [talk for talk in talks if not lucky(talk)][:n]


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


def best_moves(model: GPT, tokenizer, seed: int) -> list[Conversation]:
    """In each position a move after which the model, playing both sides at its surest, wins the game: its own if that
    wins, else any other that does. All moves are tried, also those that it would never choose; nobody tells which are
    good.
    """
    rng = random.Random(f"best moves {seed}")
    player = model_player(model, tokenizer, experiments.GREEDY)
    games = positions()
    tried = [(game, move) for game in games for move in game.moves()]
    going = [game.after(move) for game, move in tried if not game.after(move).over]
    winners = iter(play(going, [player, player], rng))  # the other side moves next: it is player 0
    won: dict[Nim, list[Move]] = {game: [] for game in games}
    for game, move in tried:
        if game.after(move).over or next(winners) == 1:
            won[game].append(move)
    own = dict(zip(games, player(games, rng), strict=True))
    best = [(game, own[game] if own[game] in moves else rng.choice(moves)) for game, moves in won.items() if moves]
    return [[Message("user", game.question), Message("assistant", str(move))] for game, move in best]


def learn_best_moves(model: GPT, tokenizer, seed: int) -> GPT:
    """Try every move and learn the best, some rounds, in place."""
    for number in range(ROUNDS):
        best = best_moves(model, tokenizer, seed + 1000 * number)
        talks = list(islice(cycle(best), BEST.steps * BEST.batch_size))
        train_all(fine_tune(model, talks, tokenizer, replace(BEST, seed=seed)))
    return model


def self_taught(base: GPT, tokenizer, seed: int) -> dict:
    """Clone the flawed expert. Let one copy of the clone play against itself; let another try every move."""
    talks = expert_games(CLONE.steps * CLONE.batch_size, seed)
    clone = train_all(fine_tune(deepcopy(base), talks, tokenizer, replace(CLONE, seed=seed)))
    found = {"clone": game_marks(clone, tokenizer, seed)}
    model = deepcopy(clone)
    environment = Environment(DRAW, self_play(model, tokenizer))
    found["curve"] = experiments.practised(model, tokenizer, seed, environment, SELF_PLAY)
    found["self-taught"] = game_marks(model, tokenizer, seed)
    return found | {"every move": game_marks(learn_best_moves(clone, tokenizer, seed), tokenizer, seed)}
