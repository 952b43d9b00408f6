"""Exercises on reinforcement learning: right answers of any design pass, typical wrong ones get their own message."""

import math
import re

import numpy as np
import torch
from exercise_cases import Cases

from pocketgpt_lessons.rl.exercises import EXERCISES

CASES = Cases(EXERCISES)
right, wrong = CASES.right, CASES.wrong


@right("reward")
def _(answer, result):
    words = "".join(c if c.isdigit() else " " for c in answer).split()
    return 1.0 if words and int(words[-1]) == result else 0.0


@right("reward")
def _(answer, result):  # a bool is a number, too
    found = re.findall(r"\d+", answer)
    return bool(found) and int(found[-1]) == result


@wrong("reward", "stands last")
def _(answer, result):
    found = re.search(r"\d+", answer)
    return float(found is not None and int(found[0]) == result)


@wrong("reward", "piece of text")
def _(answer, result):
    return 1.0 if f"{result}" in answer else 0.0


@wrong("reward", "only the last number")
def _(answer, result):
    return float(any(int(n) == result for n in re.findall(r"\d+", answer)))


@wrong("reward", "without a number fails")
def _(answer, result):
    return float(int(re.findall(r"\d+", answer)[-1]) == result)


@wrong("reward", "182 ends in 82")
def _(answer, result):
    return float(answer.strip(". ").endswith(str(result)))


@wrong("reward", "into an int")
def _(answer, result):
    found = re.findall(r"\d+", answer)
    return float(bool(found) and found[-1] == result)


@right("advantages")
def _(rewards):
    return torch.tensor(rewards) - torch.tensor(rewards).mean()


@right("advantages")
def _(rewards):
    mean = np.mean(rewards)
    return [r - mean for r in rewards]


@wrong("advantages", "turned round")
def _(rewards):
    return [sum(rewards) / len(rewards) - r for r in rewards]


@wrong("advantages", "rewards themselves")
def _(rewards):
    return list(rewards)


@wrong("advantages", "mean of the others")
def _(rewards):
    return [r - np.mean(rewards[:i] + rewards[i + 1 :]) for i, r in enumerate(rewards)]


@wrong("advantages", "spread")
def _(rewards):
    r = np.array(rewards)
    return (r - r.mean()) / (r.std() or 1.0)


@wrong("advantages", "best of the group")
def _(rewards):
    return [r - max(rewards) for r in rewards]


@right("policy_loss")
def _(logprobs, advantages):
    flat = [a * x for row, a in zip(logprobs, advantages, strict=True) for x in row]
    return -sum(flat) / len(flat)


@right("policy_loss")
def _(logprobs, advantages):
    rows = [a * torch.tensor(row) for row, a in zip(logprobs, advantages, strict=True)]
    return -torch.cat(rows).mean()


@wrong("policy_loss", "minus sign")
def _(logprobs, advantages):
    return np.mean([a * x for row, a in zip(logprobs, advantages, strict=True) for x in row])


@wrong("policy_loss", "this is the sum")
def _(logprobs, advantages):
    return -sum(a * x for row, a in zip(logprobs, advantages, strict=True) for x in row)


@wrong("policy_loss", "number of answers")
def _(logprobs, advantages):
    return -sum(a * sum(row) for row, a in zip(logprobs, advantages, strict=True)) / len(logprobs)


@wrong("policy_loss", "each answer's mean")
def _(logprobs, advantages):
    return -np.mean([a * np.mean(row) for row, a in zip(logprobs, advantages, strict=True)])


@wrong("policy_loss", "advantages aren't used")
def _(logprobs, advantages):
    return -np.mean([x for row in logprobs for x in row])


@right("pass_at_k")
def _(right, n, k):
    wrong_so_far = 1.0
    for i in range(k):
        wrong_so_far *= max(n - right - i, 0) / (n - i)
    return 1 - wrong_so_far


@wrong("pass_at_k", "take it from 1")
def _(right, n, k):
    return math.comb(n - right, k) / math.comb(n, k)


@wrong("pass_at_k", "puts each answer back")
def _(right, n, k):
    return 1 - ((n - right) / n) ** k


@wrong("pass_at_k", "don't add up")
def _(right, n, k):
    return min(1, right / n * k)


@wrong("pass_at_k", "all k are right")
def _(right, n, k):
    return math.comb(right, k) / math.comb(n, k)


(
    test_right_answers_of_any_design_pass,
    test_typical_wrong_answers_get_their_own_message,
    test_every_check_tells_at_least_four_wrong_answers_apart,
) = CASES.tests()
