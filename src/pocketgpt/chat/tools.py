"""What an assistant can use: a search over the world's pages, and a calculator.

A tool takes a text and gives a text. What goes wrong comes back as a sentence that begins with "error:": the
model reads it like any result. Nothing that a model writes is ever evaluated as code.
"""

import math
import random
import re
from collections.abc import Callable, Mapping
from fractions import Fraction

from pocketgpt.errors import PocketError
from pocketgpt.world.pages import article, group_wordings
from pocketgpt.world.tables import Tables

LONGEST_INPUT = 100  # characters
MOST_DIGITS = 15  # of a number that goes in or comes out


def pages(tables: Tables, absent: bool = False) -> dict[str, str]:
    """One page for each person, country and animal: title → text. With `absent`, also for absent people,
    whom no page of the training data mentions: the search knows a newer internet than the model.

    The tables decide, so a person whom a learner added has a page as well.
    """
    wordings = group_wordings(tables)
    found = {}
    for row in (*tables.people, *(tables.absent if absent else ()), *tables.countries, *tables.animals):
        title, text = article(random.Random(f"page {row.name}"), row, wordings).split("\n\n", 1)
        found[title] = text
    return found


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


class Search:
    """Find the page that fits a query best: the one with exactly this title, else the one that shares most
    words with it, where rare words count more and words of the title twice.

    >>> search = Search({"Peru": "The capital of Peru is Lima.", "Chad": "The capital of Chad is N'Djamena."})
    >>> search("peru"), search("the capital Lima")
    ('The capital of Peru is Lima.', 'The capital of Peru is Lima.')
    >>> search("the moon")
    'error: no page fits this query.'
    """

    def __init__(self, pages: Mapping[str, str], longest: int = 500):
        self.pages, self.longest = dict(pages), longest
        self._titles = {" ".join(_words(title)): title for title in self.pages}
        self._places: dict[str, dict[str, int]] = {}  # word → title → 2 if the word is in the title, else 1
        for title, text in self.pages.items():
            for word in _words(text):
                self._places.setdefault(word, {})[title] = 1
            for word in _words(title):
                self._places.setdefault(word, {})[title] = 2

    def find(self, query: str) -> str | None:
        """The title of the best page; None if there is none, or if the words are on every page."""
        words = _words(query[: 10 * LONGEST_INPUT])
        if (title := self._titles.get(" ".join(words))) is not None:
            return title
        scores: dict[str, float] = {}
        for word in set(words):
            there = self._places.get(word, {})
            # ln of (pages / pages with the word): how much the word tells (Spärck Jones 1972)
            weight = math.log(len(self.pages) / len(there)) if there else 0.0
            for title, place in there.items():
                scores[title] = scores.get(title, 0.0) + weight * place
        best = max(scores, key=lambda title: (scores[title], title), default=None)
        return best if best is not None and scores[best] > 0 else None

    def __call__(self, query: str) -> str:
        """The beginning of the best page's text."""
        title = self.find(query)
        return "error: no page fits this query." if title is None else self.pages[title][: self.longest]


class _Calculation:
    """A recursive-descent parser: sum = product (± product)*, product = factor (×÷ factor)*, factor = number,
    (sum) or −factor. Fractions keep every digit.
    """

    def __init__(self, text: str):
        self.tokens = re.findall(r"\d+(?:\.\d+)?|\S", text)
        self.place = 0

    def next(self) -> str:
        return self.tokens[self.place] if self.place < len(self.tokens) else ""

    def take(self) -> str:
        token = self.next()
        self.place += 1
        return token

    def total(self) -> Fraction:
        value = self.product()
        while self.next() in ("+", "-"):
            value = value + self.product() if self.take() == "+" else value - self.product()
        return value

    def product(self) -> Fraction:
        value = self.factor()
        while self.next() in ("*", "/"):
            if self.take() == "*":
                value *= self.factor()
            elif (divisor := self.factor()) == 0:
                raise PocketError("division by 0 has no result.")
            else:
                value /= divisor
        return value

    def factor(self) -> Fraction:
        token = self.take()
        if token == "-":
            return -self.factor()
        if token == "(":
            value = self.total()
            if self.take() != ")":
                raise PocketError("a bracket is missing.")
            return value
        if not token or not (token[0].isascii() and token[0].isdigit()):
            raise PocketError(f"{token or 'the end'} stands where a number should be.")
        if len(token) > MOST_DIGITS:
            raise PocketError(f"numbers may have up to {MOST_DIGITS} digits.")
        return Fraction(token)


def _written(value: Fraction) -> str:
    """A number as one writes it: 12, 0.125, 0.333333."""
    if abs(value) >= 10**MOST_DIGITS:
        raise PocketError(f"the result has more than {MOST_DIGITS} digits.")
    if value.denominator == 1:
        return str(value.numerator)
    millionths = round(value * 10**6)
    whole, part = divmod(abs(millionths), 10**6)
    sign = "-" if millionths < 0 else ""
    return f"{sign}{whole}.{part:06}".rstrip("0").rstrip(".")


def calculate(text: str) -> str:
    """The value of an expression in numbers, + - × ÷ (or * /) and brackets, to six decimals.

    >>> calculate("(47 + 35) × 2"), calculate("9.11 - 9.9"), calculate("1 ÷ 3")
    ('164', '-0.79', '0.333333')
    >>> calculate("7 / 0"), calculate("2 ** 9")
    ('error: division by 0 has no result.', 'error: * stands where a number should be.')
    """
    if len(text) > LONGEST_INPUT:
        return f"error: the calculator takes up to {LONGEST_INPUT} characters."
    calculation = _Calculation(text.translate(str.maketrans("×·÷:−–", "**//--")))
    try:
        value = calculation.total()
        if calculation.next():
            raise PocketError(f"{calculation.next()} stands where the expression should go on or end.")
        return _written(value)
    except PocketError as error:
        return f"error: {error}"


def standard_tools(tables: Tables, absent: bool = True) -> dict[str, Callable[[str], str]]:
    """Search (over `pages(tables, absent)`) and calculator, by the names that a model calls them."""
    return {"search": Search(pages(tables, absent)), "calculate": calculate}


def run_call(tools: Mapping[str, Callable[[str], str]], call: str) -> str:
    """Run what a model called, such as "calculate 47 + 35": a tool's name, a space, the tool's input.

    >>> run_call({"calculate": calculate}, "calculate 47 + 35"), run_call({}, "dance")
    ('82', 'error: there is no tool dance.')
    """
    name, _, given = call.strip().partition(" ")
    if name not in tools:
        return f"error: there is no tool {name[:20]}."
    try:
        return tools[name](given.strip())
    except PocketError as error:
        return f"error: {error}"
