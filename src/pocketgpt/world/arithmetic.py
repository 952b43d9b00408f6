"""Sums as pages and conversations write them, at once or in steps, and numbers in words."""

import random
from collections.abc import Iterator

NUMBERS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()


def in_words(n: int, between: str = "-") -> str:
    """A number below 100 in words.

    >>> in_words(7), in_words(42), in_words(90)
    ('seven', 'forty-two', 'ninety')
    """
    if n < len(NUMBERS):
        return NUMBERS[n]
    return TENS[n // 10 - 2] + (between + NUMBERS[n % 10] if n % 10 else "")


def draw_sign(rng: random.Random) -> str:
    """Draw "+" or "-"."""
    return "+" if rng.random() < 0.5 else "-"


def draw_sum(rng: random.Random) -> tuple[int, str, int]:
    """Draw a sum or a difference that isn't negative: mostly of one or two digits, some of three."""
    a, b = (rng.randrange(10 ** rng.choices((1, 2, 3), weights=(40, 42, 18))[0]) for _ in range(2))
    sign = draw_sign(rng)
    return (a, sign, b) if sign == "+" else (max(a, b), sign, min(a, b))


def work_out(a: int, sign: str, b: int) -> int:
    """Return the sum or difference of two whole numbers."""
    return a + b if sign == "+" else a - b


def sum_at_once(a: int, sign: str, b: int) -> str:
    """Write the sum or difference of two whole numbers with its result, a ≥ b for "-".

    >>> sum_at_once(47, "+", 35)
    '47 + 35 = 82'
    """
    return f"{a} {sign} {b} = {work_out(a, sign, b)}"


def sum_in_steps(a: int, sign: str, b: int) -> str:
    """Work a sum or difference (a ≥ b for "-") digit by digit, the ones first, as at school.

    Every step needs one digit of each number and the carry just written, and the answer collects the written
    digits from the last to the first: each token is an easy look-up, where an answer at once is a hard one.

    >>> sum_in_steps(47, "+", 35)
    '47 + 35: 7 + 5 = 12, write 2, carry 1. 4 + 3 + 1 = 8, write 8. So 47 + 35 = 82.'
    >>> sum_in_steps(82, "-", 5)
    '82 - 5: 2 - 5 is too small, 12 - 5 = 7, write 7, borrow 1. 8 - 0 - 1 = 7, write 7. So 82 - 5 = 77.'
    """
    steps, carry = [], 0
    for last, x, y in _columns(a, b):
        ask = f"{x} {sign} {y}" + (f" {sign} 1" if carry else "")
        result = x + y + carry if sign == "+" else x - y - carry
        if sign == "-" and result < 0:
            steps.append(f"{ask} is too small, 1{ask} = {result + 10}, write {result + 10}, borrow 1.")
            carry = 1
        elif result > 9 and not last:
            steps.append(f"{ask} = {result}, write {result - 10}, carry 1.")
            carry = 1
        else:
            steps.append(f"{ask} = {result}, write {result}.")
            carry = 0
    return f"{a} {sign} {b}: {' '.join(steps)} So {sum_at_once(a, sign, b)}."


def _columns(a: int, b: int) -> Iterator[tuple[bool, int, int]]:
    """Yield (is it the last?, digit of a, digit of b), the ones first."""
    n = max(len(str(a)), len(str(b)))
    for i in range(n):
        yield i == n - 1, a // 10**i % 10, b // 10**i % 10
