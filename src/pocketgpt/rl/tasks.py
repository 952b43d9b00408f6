"""Questions whose answers a program can check: sums, letters in words, decimals in order. `games` has a game.

A task has a question and a reward for an answer, from 0 to 1. What a model writes is searched for numbers and
words; it is never evaluated.
"""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from pocketgpt.chat.template import Conversation, Message
from pocketgpt.errors import PocketError
from pocketgpt.world.arithmetic import sum_at_once, sum_in_steps


class Question(Protocol):
    """Something that a user may ask."""

    @property
    def question(self) -> str:
        """The user's message."""


class Task(Question, Protocol):
    """A question, and what an answer to it is worth."""

    def reward(self, answer: str) -> float:
        """From 0 to 1."""


def last_number(text: str) -> int | None:
    """The last whole number in a text: where the result of a sum stands, worked at once or in steps.

    >>> last_number("7 + 5 = 12, write 2, carry 1. So 47 + 35 = 82."), last_number("I don't know.")
    (82, None)
    """
    found = re.findall(r"(?<!\d)\d{1,9}(?!\d)", text)  # longer ones are no answer to anything asked here
    return int(found[-1]) if found else None


@dataclass(frozen=True)
class Sum:
    """A sum or a difference of whole numbers; for "-", a must not be smaller than b.

    >>> task = Sum(47, "+", 35)
    >>> task.question, task.reward(task.at_once()), task.reward("47 + 35 = 72.")
    ('What is 47 + 35?', 1.0, 0.0)
    """

    a: int
    sign: str
    b: int

    @classmethod
    def draw(cls, rng: random.Random, digits: int | Sequence[int] = 3) -> "Sum":
        """A task in which both numbers have `digits` digits, or as many as one drawn from several `digits`."""
        digits = digits if isinstance(digits, int) else rng.choice(digits)
        if digits < 1:
            raise PocketError(f"A number has at least 1 digit, not {digits}.")
        low, high = (10 ** (digits - 1) if digits > 1 else 0), 10**digits - 1
        a, b = sorted((rng.randint(low, high) for _ in range(2)), reverse=True)
        return cls(a, rng.choice("+-"), b)

    @property
    def question(self) -> str:
        """The user's message."""
        return f"What is {self.a} {self.sign} {self.b}?"

    @property
    def result(self) -> int:
        """What a right answer's last number is."""
        return self.a + self.b if self.sign == "+" else self.a - self.b

    def reward(self, answer: str) -> float:
        """1 if the answer's last number is the result."""
        return float(last_number(answer) == self.result)

    def at_once(self) -> str:
        """The answer without any working."""
        return f"{sum_at_once(self.a, self.sign, self.b)}."

    def in_steps(self) -> str:
        """The answer worked digit by digit, as on the world's pages."""
        return sum_in_steps(self.a, self.sign, self.b)


def forgetting_carries(task: Sum, in_steps: bool) -> str:
    """An answer to a sum, a ≥ b, from somebody who never adds what was carried or takes off what was borrowed: wrong
    wherever there is something to carry or borrow, and right elsewhere.

    >>> forgetting_carries(Sum(47, "+", 35), in_steps=True)
    '47 + 35: 7 + 5 = 12, write 2, carry 1. 4 + 3 = 7, write 7. So 47 + 35 = 72.'
    >>> forgetting_carries(Sum(47, "+", 31), in_steps=False)
    '47 + 31 = 78.'
    """
    steps, result, first = [], 0, len(str(task.a)) - 1
    for place in range(first + 1):
        x, y = (number // 10**place % 10 for number in (task.a, task.b))
        if place < first:
            x += 10  # a digit on the left, so that there is somewhere to carry to
        step = sum_in_steps(x, task.sign, y).split(": ", 1)[1].split(". ")[0]
        steps.append(f"{step}.")
        result += int(re.findall(r"write (\d+)", step)[0]) * 10**place
    ask = f"{task.a} {task.sign} {task.b}"
    answer = f"{ask} = {result}."
    return f"{ask}: {' '.join(steps)} So {answer}" if in_steps else answer


def shows_steps(answer: str) -> bool:
    """Whether an answer to a sum works in steps rather than answering at once."""
    return ", write " in answer


def last_count(text: str) -> int | None:
    """The last number of times in a text.

    >>> last_count("Spelled a-n-n-a, the letter a comes twice."), last_count("It comes 3 times."), last_count("Often.")
    (2, 3, None)
    """
    words = {"never": 0, "once": 1, "twice": 2}
    found = re.findall(r"\b(never|once|twice|\d{1,3})\b", text.lower())
    if not found:
        return None
    return words[found[-1]] if found[-1] in words else int(found[-1])


@dataclass(frozen=True)
class Letters:
    """How often a letter comes in a word.

    >>> task = Letters("strawberry", "r")
    >>> task.question
    'How often does the letter r come in strawberry?'
    >>> task.reward("Spelled s-t-r-a-w-b-e-r-r-y, so it comes 3 times."), task.reward("It comes twice.")
    (1.0, 0.0)
    """

    word: str
    letter: str

    @classmethod
    def draw(cls, rng: random.Random, words: Sequence[str]) -> "Letters":
        """A task about one of these words, and a letter that is in it."""
        word = rng.choice(words)
        return cls(word, rng.choice(word))

    @property
    def question(self) -> str:
        """The user's message."""
        return f"How often does the letter {self.letter} come in {self.word}?"

    def reward(self, answer: str) -> float:
        """1 if the last number of times in the answer is right."""
        return float(last_count(answer) == self.word.count(self.letter))


@dataclass(frozen=True)
class Decimals:
    """Decimals to be put in order, the smallest first: 9.11 comes before 9.9.

    >>> task = Decimals(("9.9", "9.11"))
    >>> task.question, task.answer()
    ('Put in order, the smallest first: 9.9, 9.11.', '9.11, 9.9.')
    >>> task.reward("9.11, 9.9."), task.reward("9.9, 9.11."), task.reward("9.11.")
    (1.0, 0.0, 0.0)
    """

    numbers: tuple[str, ...]

    @classmethod
    def draw(cls, rng: random.Random, n: int = 2) -> "Decimals":
        """A task with n different numbers that begin alike and have one or two decimals."""
        whole = rng.randint(0, 20)
        values: dict[Decimal, str] = {}
        while len(values) < n:
            places = rng.choice((1, 2))
            text = f"{whole}.{rng.randint(1, 10**places - 1):0{places}}"
            values.setdefault(Decimal(text), text)
        return cls(tuple(rng.sample(list(values.values()), n)))

    @property
    def question(self) -> str:
        """The user's message."""
        return f"Put in order, the smallest first: {', '.join(self.numbers)}."

    def answer(self) -> str:
        """The numbers in order, as a right answer."""
        return f"{', '.join(sorted(self.numbers, key=Decimal))}."

    def reward(self, answer: str) -> float:
        """1 if the answer ends with all the numbers in order."""
        found = re.findall(r"\d+\.\d+", answer)[-len(self.numbers) :]
        return float(found == sorted(self.numbers, key=Decimal))


def demonstrations(
    n: int, digits: int | Sequence[int] = 3, in_steps: float = 0.5, forgetful: float = 0.0, seed: int = 0
) -> list[Conversation]:
    """`n` conversations about sums for fine-tuning: a share answered in steps, the rest at once; a share by somebody
    who forgets what is carried.

    Of several `digits`, each sum draws its own: (1, 2, 2) makes two thirds of them two-digit sums.

    >>> demonstrations(1, digits=1, in_steps=0)[0][1].content
    '2 - 0 = 2.'
    """
    talks = []
    for number in range(n):
        rng = random.Random(f"demonstration {seed}/{number}")
        task, steps, forgets = Sum.draw(rng, digits), rng.random() < in_steps, rng.random() < forgetful
        right = task.in_steps() if steps else task.at_once()
        answer = forgetting_carries(task, steps) if forgets else right
        talks.append([Message("user", task.question), Message("assistant", answer)])
    return talks
