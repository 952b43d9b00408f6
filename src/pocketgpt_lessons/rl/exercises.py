"""Exercises of notebook 06, reinforcement learning: a reward, advantages, the loss, and pass@k."""

import math
import re
from collections.abc import Callable

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
    return [r - (sum(rewards) - r) / (len(rewards) - 1) for r in rewards]


def _spread(rewards) -> float:
    return math.sqrt(_mean([(r - _mean(rewards)) ** 2 for r in rewards])) or 1.0


ADVANTAGES = Exercise(
    name="advantages",
    signature="advantages(rewards)",
    task="For answers to one question, return for each how much better it did than the group: its reward minus the "
    "group's mean reward.",
    truth=lambda rewards: [r - _mean(rewards) for r in rewards],
    cases=(([1.0, 0.0, 0.0, 0.0],), ([1.0, 1.0, 0.0, 1.0],), ([1.0, 1.0, 1.0],), ([0.0, 0.5, 1.0, 0.0, 0.0],)),
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
        Mistake(
            "they are divided by the spread as well: here only the mean is taken off.",
            lambda rewards: [(r - _mean(rewards)) / _spread(rewards) for r in rewards],
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
        ([[-1.0, -2.0], [-1.0, -1.0]], [0.0, 0.0]),
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
        Mistake(
            "only the first token of each answer counts: take all of them.",
            lambda logprobs, advantages: _loss([row[:1] for row in logprobs], advantages),
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
    hint="`zip(logprobs, advantages)` pairs each answer's list with its advantage; count the tokens as you add up.",
    praise="One formula for praise and blame: the advantage's sign says which.",
)


def _pass(right: int, n: int, k: int) -> float:
    return 1 - math.comb(n - right, k) / math.comb(n, k)


PASS_AT_K = Exercise(
    name="pass_at_k",
    signature="pass_at_k(right, n, k)",
    task="Of n answers `right` are right. Somebody takes k of the n at random, without putting any back: return the "
    "chance that at least one of the k is right.",
    truth=_pass,
    cases=((1, 4, 1), (1, 4, 2), (3, 10, 5), (0, 8, 3), (8, 8, 1), (6, 8, 4)),
    read=answer_values.scalar,
    mistakes=(
        Mistake("this is the chance that all k are wrong: take it from 1.", lambda right, n, k: 1 - _pass(right, n, k)),
        Mistake(
            "this puts each answer back before the next is taken: then one wrong answer can come twice.",
            lambda right, n, k: 1 - (1 - right / n) ** k,
        ),
        Mistake("this is the chance of a single answer: use k.", lambda right, n, k: right / n),
        Mistake(
            "chances of several tries don't add up: two tries at 60% are not 120%.", lambda right, n, k: k * right / n
        ),
        Mistake(
            "chances of several tries don't add up: two tries at 60% are not 120%.",
            lambda right, n, k: min(1.0, k * right / n),
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
