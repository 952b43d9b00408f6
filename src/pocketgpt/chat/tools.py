"""What an assistant can use: a search over the world's pages, and a calculator.

A tool takes a text and gives a text. What goes wrong comes back as a sentence that begins with "error:": the
model reads it like any result. Nothing that a model writes is ever evaluated as code.
"""

import ast
import math
import operator
import random
import re
from collections.abc import Callable, Mapping
from fractions import Fraction

from pocketgpt.errors import PocketError
from pocketgpt.world.pages import article, group_wordings
from pocketgpt.world.tables import Tables

NOTHING_FOUND = "error: no page fits this query."
LONGEST_INPUT = 100  # characters
LONGEST_RESULT = 500  # characters of a page
MOST_DIGITS = 15  # of a number that goes in or comes out
LARGEST_EXPONENT = 100
LONGEST_POWER = 1_000  # bits

SIGNS = {sign: sign for sign in ("+", "-", "*", "/", "**", "(", ")")}
SIGNS |= {"×": "*", "·": "*", "÷": "/", ":": "/", "−": "-", "–": "-", "^": "**"}
_TOKEN = re.compile(r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?(?![\d,])|\d+(?:\.\d+)?|\*\*|\S")


def pages(tables: Tables, absent: bool = False) -> dict[str, str]:
    """One page for each person, country and animal: title → text. With `absent`, also for absent people,
    whom no page of the training data mentions: the search knows a newer internet than the model.

    The tables decide, so a person whom a learner added has a page as well.
    """
    wordings = group_wordings(tables)
    found = {}
    for row in (*tables.people, *(tables.absent if absent else ()), *tables.countries, *tables.animals):
        title, text = article(random.Random(f"page {row.name}"), row, wordings).split("\n\n", 1)
        found[title] = f"{found[title]} {text}" if title in found else text  # somebody may be called Jordan
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

    def __init__(self, pages: Mapping[str, str], longest: int = LONGEST_RESULT) -> None:
        self.pages, self.longest = dict(pages), longest
        self._titles = {" ".join(_words(title)): title for title in self.pages}
        self._places: dict[str, dict[str, int]] = {}  # word → title → 2 if the word is in the title, else 1
        for title, text in self.pages.items():
            for word in _words(text):
                self._places.setdefault(word, {})[title] = 1
            for word in _words(title):
                self._places.setdefault(word, {})[title] = 2

    def find(self, query: str) -> str | None:
        """The title of the best page that fits: one that has all words of its title, or half of all that the words
        tell, in the query. So "New York" doesn't find a page about New Zealand. None if there is none.
        """
        # A word that no page has may be the plural of one: "tigers" finds the tiger.
        words = [w if w in self._places else w.removesuffix("s") for w in _words(query[: 10 * LONGEST_INPUT])]
        if (title := self._titles.get(" ".join(words))) is not None:
            return title
        scores: dict[str, float] = {}
        found: dict[str, float] = {}
        told = 0.0
        for word in set(words):
            there = self._places.get(word, {})
            # ln of (pages / pages with the word): how much the word tells (Spärck Jones 1972)
            weight = math.log(len(self.pages) / max(1, len(there)))
            told += weight
            for title, place in there.items():
                scores[title] = scores.get(title, 0.0) + weight * place
                found[title] = found.get(title, 0.0) + weight
        asked = set(words)
        fitting = [t for t in scores if scores[t] > 0 and (2 * found[t] >= told or asked.issuperset(_words(t)))]
        return max(fitting, key=lambda title: (scores[title], title), default=None)

    def __call__(self, query: str) -> str:
        """The beginning of the best page's text."""
        title = self.find(query)
        return NOTHING_FOUND if title is None else self.pages[title][: self.longest]


def _as_python(token: str) -> str:
    """A token as Python writes it: a number without leading zeros and thousands separators, or a sign."""
    if token in SIGNS:
        return SIGNS[token]
    if not (token[0].isascii() and token[0].isdigit()):
        raise PocketError(f"{token} is no number, no sign + - × ÷ ^ and no bracket.")
    number = token.replace(",", "")
    if len(number) > MOST_DIGITS:
        raise PocketError(f"numbers may have up to {MOST_DIGITS} digits.")
    return number.lstrip("0") or "0"


def _value(node: ast.AST) -> Fraction:
    """The value of a syntax tree of numbers and operations; Fractions keep every digit."""
    match node:
        case ast.Constant(value=number):
            return Fraction(str(number))  # as it was written: so few digits survive a float
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATIONS:
            return OPERATIONS[type(op)](_value(left), _value(right))
    raise SyntaxError


def _power(base: Fraction, exponent: Fraction) -> Fraction:
    if exponent.denominator != 1 or abs(exponent) > LARGEST_EXPONENT:
        raise PocketError(f"exponents are whole numbers up to {LARGEST_EXPONENT}.")
    bits = max(base.numerator.bit_length(), base.denominator.bit_length()) * abs(exponent)
    if bits > LONGEST_POWER:  # before it is worked out: powers of powers grow without end
        raise PocketError("this power is too large.")
    return base ** int(exponent)


OPERATIONS: dict[type[ast.operator], Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv, ast.Pow: _power,
}  # fmt: skip


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
    """The value of an expression in numbers, + - × ÷ ^ (or * / **) and brackets, to six decimals.

    >>> calculate("(47 + 35) × 2"), calculate("9.11 - 9.9"), calculate("1 ÷ 3"), calculate("1,000 + 2^10")
    ('164', '-0.79', '0.333333', '2024')
    >>> calculate("7 / 0"), calculate("2 +")
    ('error: division by 0 has no result.', 'error: this is no whole expression, such as (47 + 35) × 2.')
    """
    if len(text) > LONGEST_INPUT:
        return f"error: the calculator takes up to {LONGEST_INPUT} characters."
    try:
        expression = " ".join(_as_python(token) for token in _TOKEN.findall(text))
        return _written(_value(ast.parse(expression, mode="eval").body))
    except ZeroDivisionError:
        return "error: division by 0 has no result."
    except SyntaxError:
        return "error: this is no whole expression, such as (47 + 35) × 2."
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
