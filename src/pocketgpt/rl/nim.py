"""Nim: a small game in which a model can find moves that its teacher hardly ever plays.

Three heaps of stones; the players take turns, each takes one stone or more from one heap, and who takes the last
stone wins. Who can leave heaps whose exclusive or is 0 wins for certain (Bouton 1901), which is easy to check and
hard to guess.

    game = Nim((1, 4, 6))
    game.winning_moves()      # [Move(take=1, heap=6)]: leaves 1, 4, 5, and 1 xor 4 xor 5 = 0
"""

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import xor

from pocketgpt.chat.template import Conversation, Message
from pocketgpt.model import GPT
from pocketgpt.rl.environment import Environment, Reward, try_tasks
from pocketgpt.tokenizer import AnyTokenizer

LONGEST_ANSWER = 16  # tokens


@dataclass(frozen=True)
class Move:
    """Take so many stones from a heap, which is named by its size."""

    take: int
    heap: int

    def __str__(self) -> str:
        return f"Take {self.take} from {self.heap}."


def parse_move(answer: str) -> Move | None:
    """The move that an answer names, None if it names none.

    >>> parse_move("Take 1 from 6."), parse_move("I pass.")
    (Move(take=1, heap=6), None)
    """
    found = re.fullmatch(r"\s*Take (\d{1,2}) from (\d{1,2})\.\s*", answer)
    return Move(int(found[1]), int(found[2])) if found else None


@dataclass(frozen=True)
class Nim:
    """A position; heaps are kept in order of size, as their order means nothing.

    >>> game = Nim((6, 1, 4))
    >>> game.question, game.winning_moves(), game.after(Move(1, 6))
    ('Nim: 1 4 6. Your move?', [Move(take=1, heap=6)], Nim(heaps=(1, 4, 5)))
    >>> game.reward("Take 1 from 6."), game.reward("Take 2 from 6."), game.reward("Take 9 from 6.")
    (1.0, 0.0, 0.0)
    """

    heaps: tuple[int, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "heaps", tuple(sorted(self.heaps)))

    @classmethod
    def draw(cls, rng: random.Random, largest: int = 6, n: int = 3) -> "Nim":
        """A position with `n` heaps of 0 to `largest` stones in which the player to move can win."""
        while True:
            game = cls(tuple(rng.randint(0, largest) for _ in range(n)))
            if game.winning_moves():
                return game

    @property
    def question(self) -> str:
        """What a player is told: the heaps, and that it is their move."""
        return f"Nim: {' '.join(map(str, self.heaps))}. Your move?"

    @property
    def over(self) -> bool:
        """Whether no stone is left."""
        return not any(self.heaps)

    def moves(self) -> list[Move]:
        """All moves that the rules allow."""
        return [Move(take, heap) for heap in sorted(set(self.heaps)) for take in range(1, heap + 1)]

    def after(self, move: Move) -> "Nim":
        """The position after one of `moves()`."""
        heaps = list(self.heaps)
        heaps[heaps.index(move.heap)] -= move.take
        return Nim(tuple(heaps))

    def winning_moves(self) -> list[Move]:
        """The moves after which the other player can't win against perfect play."""
        return [move for move in self.moves() if not reduce(xor, self.after(move).heaps)]

    def reward(self, answer: str) -> float:
        """1 for a winning move: what a perfect teacher would say, whom self-play does without."""
        return float(parse_move(answer) in self.winning_moves())


Player = Callable[[Sequence[Nim], random.Random], list[Move | None]]
"""Chooses a move in each of many positions; None, or a move against the rules, gives that game up."""


def perfect(games: Sequence[Nim], rng: random.Random) -> list[Move | None]:
    """Wins whenever it can, and else takes one stone, so that the game stays long and the other can still err."""
    return [rng.choice(g.winning_moves() or [m for m in g.moves() if m.take == 1]) for g in games]


def flawed(games: Sequence[Nim], rng: random.Random) -> list[Move | None]:
    """An expert with one idea: leave two equal heaps, or nothing. Where that can't be, it takes from the largest
    heap, now and then from another one: it wins where two heaps decide, and knows nothing about three.
    """
    return [_flawed_move(game, rng) for game in games]


def _flawed_move(game: Nim, rng: random.Random) -> Move:
    simple = [move for move in game.winning_moves() if 0 in game.after(move).heaps]
    if simple:
        return rng.choice(simple)
    heap = game.heaps[-1] if rng.random() < 0.9 else rng.choice([heap for heap in game.heaps if heap])
    return Move(rng.randint(1, heap), heap)


def play(games: Sequence[Nim], players: Sequence[Player], rng: random.Random) -> list[int]:
    """Play all games to the end, players moving in turn; for each game, the number (0 or 1) of the winner.

    >>> play([Nim((1, 4, 6)), Nim((1, 4, 5))], [perfect, perfect], random.Random(0))
    [0, 1]
    """
    winners = [0] * len(games)
    now = dict(enumerate(games))
    turn = 0
    while now:
        chosen = players[turn % 2](list(now.values()), rng)
        for (number, game), move in zip(list(now.items()), chosen, strict=True):
            legal = move in game.moves()
            if move and legal and not game.after(move).over:
                now[number] = game.after(move)
            else:  # the last stone is taken, or the rules are broken
                winners[number] = turn % 2 if legal else 1 - turn % 2
                del now[number]
        turn += 1
    return winners


def model_player(model: GPT, tokenizer: AnyTokenizer, temperature: float = 1.0) -> Player:
    """A model as a player: asked anew in each position."""
    environment = Environment(Nim.draw)

    def choose(games: Sequence[Nim], rng: random.Random) -> list[Move | None]:
        options = {"max_tokens": LONGEST_ANSWER, "temperature": temperature, "seed": rng.getrandbits(60)}
        return list(map(parse_move, try_tasks(model, tokenizer, environment, games, 1, **options).answers))

    return choose


def self_play(model: GPT, tokenizer: AnyTokenizer) -> Reward:
    """A reward without a teacher: 1 for a move after which the model, playing both sides, wins the game for whom
    it moved. It is `model` as it is at that time, so the opponent grows with it.
    """
    player = model_player(model, tokenizer)

    def reward(tasks: Sequence[Nim], answers: Sequence[str], rng: random.Random) -> list[float]:
        moves = list(map(parse_move, answers))
        legal = [move in game.moves() for game, move in zip(tasks, moves, strict=True)]
        after = [game.after(move) if move and ok else game for game, move, ok in zip(tasks, moves, legal, strict=True)]
        worth = [float(ok and game.over) for game, ok in zip(after, legal, strict=True)]
        going = [i for i, ok in enumerate(legal) if ok and not after[i].over]
        winners = play([after[i] for i in going], [player, player], rng)  # the other side is player 0 now
        for i, winner in zip(going, winners, strict=True):
            worth[i] = float(winner == 1)
        return worth

    return reward


def games_of(player: Player, n: int, seed: int = 0, **sizes: int) -> list[Conversation]:
    """`n` positions and what the player does in them, as conversations to learn from."""
    rng = random.Random(f"games {seed}")
    games = [Nim.draw(rng, **sizes) for _ in range(n)]
    moves = player(games, rng)
    return [
        [Message("user", game.question), Message("assistant", str(move))]
        for game, move in zip(games, moves, strict=True)
    ]
