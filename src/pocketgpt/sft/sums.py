"""Sums as people ask for them: typed, told as a little story, in words, and what goes on from one."""

import random
from collections.abc import Sequence

from pocketgpt.chat.template import Conversation, Message
from pocketgpt.chat.tools import calculate
from pocketgpt.sft.kit import OTHER_WORDS, Kit, ask
from pocketgpt.world.arithmetic import draw_sign, draw_sum, in_words, sum_in_steps, work_out

SMALL = 0.5  # share of small numbers in sums without a calculator: the others are too hard for the head
IN_WORDS = 0.2  # share of sums of small numbers in words
SPELLED_OUT = ((True, True), (True, True), (True, False), (False, True))  # which of the two numbers then is


class Sums:
    """Makes conversations about sums. `in_steps`: whether they are worked in steps where there is no calculator."""

    def __init__(self, kit: Kit, in_steps: bool = False) -> None:
        self.kit, self.in_steps = kit, in_steps
        self.things = [things for things in kit.outside["plural"] if " " not in things]

    def make(self, rng: random.Random, tools: Sequence[str]) -> Conversation:
        """A sum in one of many wordings, and perhaps one that goes on from it."""
        if tools and rng.random() < 0.25:
            return self._for_the_calculator(rng)
        a, sign, b = self._numbers(rng, tools)
        between = rng.choice("- ")
        spelled = rng.choice(SPELLED_OUT) if max(a, b) < 100 and rng.random() < IN_WORDS else (False, False)
        first, second = (in_words(n, between) if out else n for n, out in zip((a, b), spelled, strict=True))
        luck = rng.random()
        if luck < 0.42:
            things = rng.choice(self.things)
            message = ask(self.kit, f"told sum {sign}", rng, a=first, b=second, things=things)
        elif sign in "+-" and luck < 0.64:
            message = ask(self.kit, f"own sum {sign}", rng, a=first, b=second)
        else:
            wording = rng.choice(self.kit.requests[f"sum {sign}"]).format(a=first, b=second)
            message = ask(self.kit, "sum", rng, sum=wording)
        talk = [Message("user", message), *self._worked(a, sign, b, tools)]
        if rng.random() < 0.2 and sign in "+-":
            if tools and rng.random() < OTHER_WORDS:
                told = rng.choice(("{}", "{}.", "It is {}.", "That makes {}.", "The answer is {}."))
                talk[-1] = Message("assistant", told.format(work_out(a, sign, b)))
            total, next_sign = work_out(a, sign, b), draw_sign(rng)
            if total and rng.random() < 0.5:
                c = rng.randint(1, min(50, total))
                message = ask(self.kit, f"and sum {next_sign}", rng, b=c)
                return [*talk, Message("user", message), *self._worked(total, next_sign, c, tools)]
            c, next_sign, d = draw_sum(rng)
            message = ask(self.kit, "and sum", rng, sum=f"{c} {next_sign} {d}")
            return [*talk, Message("user", message), *self._worked(c, next_sign, d, tools)]
        return talk

    def _for_the_calculator(self, rng: random.Random) -> Conversation:
        """What is too hard for the head: large numbers, decimals, several at once, shares."""
        a, b, c = (rng.randrange(1, 10 ** rng.randint(1, 3)) for _ in range(3))
        kind = rng.choice((
            "large", "large", "decimals", "several", "brackets", "minus", "share", "half", "double", "together",
            "thousands", "together", "years",
        ))  # fmt: skip
        if kind == "years":
            before, after = sorted(rng.sample(range(1900, 2061), 2))
            expression, message = f"{after} - {before}", ask(self.kit, "own sum years", rng, a=before, b=after)
        elif kind in ("share", "half", "double"):
            share = rng.choice((5, 10, 20, 25, 30, 50, 75, rng.randint(1, 99)))
            expression = {"share": f"{a} * {share} / 100", "half": f"{a} / 2", "double": f"2 * {a}"}[kind]
            message = ask(self.kit, f"own sum {kind}", rng, n=a, share=share)
        elif kind == "together":
            things = rng.choice(self.things)
            expression = f"{a} + {b} + {c}"
            message = ask(self.kit, "own sum several", rng, a=a, b=b, c=c, things=things)
        else:
            first, second = rng.sample("+-*" if kind in ("several", "brackets") else "+-", 2)
            expression = {
                "large": f"{a * rng.randint(100, 999)} {first} {b}",
                "decimals": f"{a / 10} {first} {b / rng.choice((1, 10, 100))}",
                "several": f"{a} {first} {b} {second} {c}",
                "brackets": f"({a} {first} {b}) {second} {c}",
                "minus": f"{min(a, b)} - {max(a, b)}",
                "thousands": f"{1000 + a * b:,} {first} {a:,}",
            }[kind]
            shown = expression.replace(" ", "") if rng.random() < 0.4 else expression
            message = ask(self.kit, "sum", rng, keep=(shown,), sum=shown)
        result = calculate(expression)
        called = [Message("call", f"calculate {expression}"), Message("result", result)]
        return [Message("user", message), *called, Message("assistant", f"{expression} = {result}.")]

    def _worked(self, a: int, sign: str, b: int, tools: Sequence[str]) -> Conversation:
        """The assistant's turn on a sum: with the calculator, in steps, or at once."""
        if self.in_steps and not tools:
            return [Message("assistant", sum_in_steps(a, sign, b))]
        return worked(a, sign, b, tools)

    def _numbers(self, rng: random.Random, tools: Sequence[str]) -> tuple[int, str, int]:
        if not tools and rng.random() < SMALL:
            a, b = (rng.randint(0, 20) if rng.random() < 0.7 else 10 * rng.randint(1, 9) for _ in range(2))
            sign = draw_sign(rng)
            return (a, sign, b) if sign == "+" else (max(a, b), sign, min(a, b))
        if not tools or rng.random() < 0.7:
            return draw_sum(rng)
        if rng.random() < 0.6:
            return rng.randint(0, 99), "*", rng.randint(0, 99)
        b = rng.randint(1, 30)
        return (b * rng.randint(1, 30) if rng.random() < 0.7 else rng.randint(1, 300)), "/", b


def worked(a: int, sign: str, b: int, tools: Sequence[str]) -> Conversation:
    """The assistant's turn on a sum: with the calculator if it has one, else at once.

    >>> [message.content for message in worked(47, "+", 35, ["calculate"])]
    ['calculate 47 + 35', '82', '47 + 35 = 82.']
    """
    result = calculate(f"{a} {sign} {b}")
    answer = Message("assistant", f"{a} {sign} {b} = {result}.")
    if not tools:
        return [answer]
    return [Message("call", f"calculate {a} {sign} {b}"), Message("result", result), answer]
