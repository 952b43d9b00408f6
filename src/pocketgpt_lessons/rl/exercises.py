"""Exercises of notebook 06, reinforcement learning: a reward, advantages, the loss, and pass@k."""

import math
import re
import statistics
from collections.abc import Callable
from functools import partial

from pocketgpt_lessons.classroom import answer_values
from pocketgpt_lessons.classroom.exercises import Exercise, Mistake


def _numbers(text: str) -> list[int]:
    return [int(found) for found in re.findall(r"\d+", text)]


def _reward(answer: str, result: int) -> float:
    return float(_numbers(answer)[-1:] == [result])


_STEPS = "47 + 35: 7 + 5 = 12, write 2, carry 1. 4 + 3 + 1 = 8, write 8. So 47 + 35 = 82."

REWARD = Exercise(
    name="reward",
    signature="reward(answer, result)",
    task="Return 1.0 if the last whole number in the answer is the result (an int), else 0.0; without any number, 0.0.",
    truth=_reward,
    cases=(
        ("47 + 35 = 82.", 82),
        (_STEPS, 82),
        ("47 + 35 = 72.", 82),
        ("82 is not it: 47 + 35 = 83.", 82),
        ("47 + 35 = 182.", 82),
        ("47 + 35 = 82.", 2),
        ("I don't know.", 82),
        ("35 - 35 = 0.", 0),
        ("So it is 1007, isn't it?", 1007),
        ("640+360=1000", 1000),
        ("The result is 7", 7),
        ("82, or rather\n83!", 83),
        ("", 0),
        ("47 + 35 = 8.", 82),
        ("It is 82, I think.", 82),
        ("82.\nThat is all.", 82),
    ),
    read=answer_values.scalar,
    mistakes=(
        Mistake(
            "the first number counts: the result stands last, the question's numbers come before it.",
            lambda answer, result: float(_numbers(answer)[:1] == [result]),
        ),
        Mistake(
            "an answer counts as right if the result stands anywhere in it: only the last number is the answer.",
            lambda answer, result: float(result in _numbers(answer)),
        ),
        Mistake(
            "it is looked for as a piece of text: 82 stands in 182, too, and anywhere in the working.",
            lambda answer, result: float(str(result) in answer),
        ),
        Mistake(
            "a piece of the result is enough: 8 stands in 82, so compare whole numbers with `==`.",
            lambda answer, result: float(any(n in str(result) for n in re.findall(r"\d+", answer)[-1:])),
        ),
        Mistake(
            "the end of the text is compared: 182 ends in 82, too, so compare whole numbers.",
            lambda answer, result: float(answer.rstrip(" .").endswith(str(result))),
        ),
        Mistake(
            "an answer without a number fails: look whether there is one before you take the last.",
            lambda answer, result: float(_numbers(answer)[-1] == result),
        ),
        Mistake(
            "the last digit alone is compared: take whole numbers, `\\d+`.",
            lambda answer, result: float(re.findall(r"\d", answer)[-1:] == [str(result)]),
        ),
        Mistake(
            "a text is compared with a number: turn what you found into an int first.",
            lambda answer, result: float(re.findall(r"\d+", answer)[-1:] == [result]),
        ),
        Mistake(
            "the last word is compared: the last number need not stand there, and not every text ends in a full stop.",
            lambda answer, result: float([word.rstrip(".") for word in answer.split()[-1:]] == [str(result)]),
        ),
        Mistake(
            "a number isn't found if a full stop, or anything else, stands right beside it: `split()` leaves it on, so "
            "use `re.findall`.",
            lambda answer, result: float([int(word) for word in answer.split() if word.isdigit()][-1:] == [result]),
        ),
        Mistake(
            "a number is found only at the very end of the text: something may stand behind it.",
            lambda answer, result: float(re.findall(r"\d+$", answer) == [str(result)]),
        ),
        Mistake(
            "what stands behind the last `=` is taken: not every answer has one, and a text may go on behind it.",
            lambda answer, result: float(answer.split("=")[-1].strip(" .") == str(result)),
        ),
        Mistake(
            "all digits are run together into one number: `\\d+` finds each whole number.",
            lambda answer, result: float("".join(re.findall(r"\d", answer)) == str(result)),
        ),
        Mistake(
            "the largest number counts: take the last one, `[-1]`.",
            lambda answer, result: float(max(_numbers(answer), default=None) == result),
        ),
        Mistake(
            "a text without a number counts as 0, which may be the result: without a number, the reward is 0.0.",
            lambda answer, result: float((_numbers(answer) or [0])[-1] == result),
        ),
        Mistake(
            "this is the number that was found: compare it with the result.",
            lambda answer, result: float((_numbers(answer) or [0])[-1]),
        ),
        Mistake(
            "right and wrong are swapped: 1.0 is for the right answer.",
            lambda answer, result: 1 - _reward(answer, result),
        ),
    ),
    hint='`re.findall(r"\\d+", answer)` lists the whole numbers of a text, as texts.',
    praise="A program can check this in a microsecond, a billion times, and can't be flattered.",
)


def _mean(values) -> float:
    return sum(values) / len(values)


def _others(rewards) -> list[float]:
    return [r - (sum(rewards) - r) / max(1, len(rewards) - 1) for r in rewards]


def _scaled(rewards, fewer) -> list[float]:
    """Divided by the spread, whose own mean is over all (0 fewer) or over one fewer, as in torch."""
    spread = math.sqrt(sum((r - _mean(rewards)) ** 2 for r in rewards) / max(1, len(rewards) - fewer))
    return [(r - _mean(rewards)) / (spread or 1.0) for r in rewards]


ADVANTAGES = Exercise(
    name="advantages",
    signature="advantages(rewards)",
    task="For answers to one question, return for each how much better it did than the group: its reward minus the "
    "group's mean reward.",
    truth=lambda rewards: [r - _mean(rewards) for r in rewards],
    cases=(
        ([1.0, 0.0, 0.0, 0.0],),
        ([1.0, 1.0, 0.0, 1.0],),
        ([1.0, 1.0, 1.0],),
        ([0.0, 0.5, 1.0, 0.0, 0.0],),
        ([-2.0, 7.5, 300.0, -2.0],),
        ([0.5],),
    ),
    read=answer_values.vector,
    mistakes=(
        Mistake(
            "the signs are turned round: a right answer must come out positive.",
            lambda rewards: [_mean(rewards) - r for r in rewards],
        ),
        Mistake("these are the rewards themselves: subtract the group's mean.", lambda rewards: rewards),
        Mistake(
            "the sum is subtracted: it is the mean that tells how the group did.",
            lambda rewards: [r - sum(rewards) for r in rewards],
        ),
        Mistake(
            "each is compared with the mean of the others: here the mean is over the whole group, itself included.",
            _others,
        ),
        Mistake(
            "one half is subtracted, whatever the group did: use the group's own mean.",
            lambda rewards: [r - 0.5 for r in rewards],
        ),
        *(
            Mistake(
                "they are divided by the spread as well: here only the mean is taken off.",
                partial(_scaled, fewer=fewer),
            )
            for fewer in (0, 1)
        ),
        *(
            Mistake(
                "the median is subtracted, the one in the middle: the mean is the sum divided by the number.",
                lambda rewards, middle=middle: [r - middle(rewards) for r in rewards],
            )
            for middle in (statistics.median, statistics.median_low, statistics.median_high)
        ),
        Mistake(
            "what did worse than the mean comes out as 0: it is to be negative, since that teaches, too.",
            lambda rewards: [max(0.0, r - _mean(rewards)) for r in rewards],
        ),
        Mistake(
            "the sign is lost: keep it, since it tells better from worse.",
            lambda rewards: [abs(r - _mean(rewards)) for r in rewards],
        ),
        Mistake(
            "the worst of the group is subtracted: use the mean, or no answer is ever worse than expected.",
            lambda rewards: [r - min(rewards) for r in rewards],
        ),
        Mistake("this is the mean of the group: give each answer its own number.", _mean),
        Mistake(
            "the best of the group is subtracted: use the mean, or no answer is ever better than expected.",
            lambda rewards: [r - max(rewards) for r in rewards],
        ),
    ),
    hint="One mean for the group, then one subtraction for each reward.",
    praise="They add up to 0. If all answers are right, or all wrong, nothing is learned from them.",
)


def _loss(logprobs, advantages, sign=-1.0, weigh: Callable = lambda total, n: total / n) -> float:
    total = sum(a * sum(row) for row, a in zip(logprobs, advantages, strict=True))
    return sign * weigh(total, sum(map(len, logprobs)))


_LOGPROBS = [[-0.5, -1.0], [-2.0, -0.25, -0.25, -1.5]]

POLICY_LOSS = Exercise(
    name="policy_loss",
    signature="policy_loss(logprobs, advantages)",
    task="`logprobs` holds for each answer a list of its tokens' log-probabilities. Multiply each by its answer's "
    "advantage, take the mean over all tokens of all answers, and return minus that.",
    truth=_loss,
    cases=(
        (_LOGPROBS, [0.5, -0.5]),
        ([[-1.0], [-1.0], [-3.0, -1.0]], [0.25, 0.25, -0.5]),
        ([[-0.1, -0.2, -0.3]], [1.0]),
        ([[-300.5]], [-2.0]),
        ([[-1.0, -2.0], [-1.0, -1.0]], [0.0, 0.0]),
        ([[-1.0], [-1.0], [-2.0, -3.0]], [0.75, -0.5, 0.0]),
    ),
    read=answer_values.scalar,
    mistakes=(
        Mistake(
            "the minus sign is missing: a loss is made small, so what went well must make it smaller.",
            lambda logprobs, advantages: _loss(logprobs, advantages, sign=1.0),
        ),
        Mistake(
            "this is the sum: divide by the number of all tokens.",
            lambda logprobs, advantages: _loss(logprobs, advantages, weigh=lambda total, n: total),
        ),
        Mistake(
            "the sum is divided by the number of answers: divide by the number of tokens.",
            lambda logprobs, advantages: _loss(logprobs, advantages, weigh=lambda total, n: total / len(advantages)),
        ),
        Mistake(
            "each answer's mean counts alike: here every token counts alike, so long answers count more.",
            lambda logprobs, advantages: -_mean([a * _mean(row) for row, a in zip(logprobs, advantages, strict=True)]),
        ),
        Mistake(
            "the advantages aren't used: this makes every answer likelier, right or wrong.",
            lambda logprobs, advantages: _loss(logprobs, [1.0] * len(advantages)),
        ),
        *(
            Mistake(
                "only one token of each answer counts: take all of them.",
                lambda logprobs, advantages, part=part: _loss([row[part] for row in logprobs], advantages),
            )
            for part in (slice(1), slice(-1, None))
        ),
        Mistake(
            "the answers differ in length, so their lists make no tensor or array: go through them one by one.",
            lambda logprobs, advantages: _loss([*zip(*zip(*logprobs, strict=True), strict=True)], advantages),
        ),
        Mistake(
            "the shorter answers are filled up, and what fills them is counted: divide by the number of real tokens.",
            lambda logprobs, advantages: _loss(
                logprobs, advantages, weigh=lambda total, n: total / len(logprobs) / max(map(len, logprobs))
            ),
        ),
        Mistake(
            "only the first answer counts: add up over all of them, and return behind the loop.",
            lambda logprobs, advantages: _loss(logprobs[:1], advantages[:1]),
        ),
        Mistake(
            "two means are multiplied: multiply each log-probability by its answer's advantage first.",
            lambda logprobs, advantages: -_mean([x for row in logprobs for x in row]) * _mean(advantages),
        ),
        Mistake(
            "the sign of the advantages is lost: with it, what went badly becomes less likely.",
            lambda logprobs, advantages: _loss(logprobs, [abs(a) for a in advantages]),
        ),
        Mistake(
            "only answers with a positive advantage count: those that did worse teach as well.",
            lambda logprobs, advantages: _loss(logprobs, [max(a, 0.0) for a in advantages]),
        ),
        Mistake(
            "the log-probabilities are turned into probabilities: leave them as they are.",
            lambda logprobs, advantages: _loss([[math.exp(x) for x in row] for row in logprobs], advantages),
        ),
    ),
    on_the_way=lambda logprobs, advantages: (
        "advantage times sum of log-probabilities, for each answer, is "
        + ", ".join(f"{a * sum(row):.4g}" for row, a in zip(logprobs, advantages, strict=True))
    ),
    hint="`zip(logprobs, advantages)` pairs each answer's list with its advantage; count the tokens as you add up.",
    praise="One formula for praise and blame: the advantage's sign says which.",
)


def _pass(right: int, n: int, k: int) -> float:
    return 1 - math.comb(n - right, k) / math.comb(n, k)


def _orders(right: int, n: int, k: int) -> int:
    return math.factorial(n) * math.factorial(n - right - k)


PASS_AT_K = Exercise(
    name="pass_at_k",
    signature="pass_at_k(right, n, k)",
    task="Of n answers `right` are right. Somebody takes k of the n at random, without putting any back: return the "
    "chance that at least one of the k is right.",
    truth=_pass,
    cases=((1, 4, 1), (1, 4, 2), (3, 10, 5), (0, 8, 3), (8, 8, 1), (6, 8, 4), (2, 5, 5), (0, 1, 1), (2, 40, 3)),
    read=answer_values.scalar,
    mistakes=(
        Mistake("this is the chance that all k are wrong: take it from 1.", lambda right, n, k: 1 - _pass(right, n, k)),
        Mistake(
            "this puts each answer back before the next is taken: then one wrong answer can come twice.",
            lambda right, n, k: 1 - (1 - right / n) ** k,
        ),
        Mistake("this is the chance of a single answer: use k.", lambda right, n, k: right / n),
        *(
            Mistake(
                "chances of several tries don't add up: two tries at 60% are not 120%.",
                lambda right, n, k, most=most: min(most, k * right / n),
            )
            for most in (1.0, math.inf)
        ),
        Mistake(
            "this is the chance that exactly one of the k is right: two or more will do as well.",
            lambda right, n, k: right * math.comb(n - right, k - 1) / math.comb(n, k),
        ),
        Mistake(
            "if fewer than k are wrong, `math.factorial` gets a number below 0: one of the k is surely right then.",
            lambda right, n, k: 1 - math.prod(map(math.factorial, (n - right, n - k))) / _orders(right, n, k),
        ),
        Mistake(
            "this is 1 as soon as one of the n is right: a chance is mostly below 1. (`//` does this, too, as it drops "
            "everything behind the point: divide with `/`.)",
            lambda right, n, k: 1 - math.comb(n - right, k) // math.comb(n, k),
        ),
        Mistake(
            "this is the chance that all k are right: one is enough.",
            lambda right, n, k: math.comb(right, k) / math.comb(n, k),
        ),
        Mistake(
            "this is the chance that not all k are right: at least one must be, so start from “all k are wrong”.",
            lambda right, n, k: 1 - math.comb(right, k) / math.comb(n, k),
        ),
    ),
    hint="`math.comb(n, k)` counts all choices of k, and `math.comb(n - right, k)` those that hold no right one.",
    praise="The package's own has the same formula, from Chen et al. 2021.",
)

EXERCISES = (REWARD, ADVANTAGES, POLICY_LOSS, PASS_AT_K)
