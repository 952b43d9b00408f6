"""Exercises on reinforcement learning: right answers of any design pass, typical wrong ones get their own message."""

import itertools
import math
import re
import statistics

import numpy as np
import pytest
import torch
from exercise_cases import Cases

from pocketgpt_lessons.rl.exercises import EXERCISES

CASES = Cases(EXERCISES)
right, wrong = CASES.right, CASES.wrong
pytestmark = pytest.mark.filterwarnings("ignore:.*(empty slice|scalar divide|degrees of freedom)")


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


@right("reward")
def _(answer, result):  # from the end, digit by digit
    digits = ""
    for letter in reversed(answer):
        if letter in "0123456789":
            digits = letter + digits
        elif digits:
            break
    return np.float64(digits == str(result))


@right("reward")
def _(answer, result):
    found = re.search(r"(\d+)\D*$", answer)
    return torch.tensor(1.0 if found and int(found.group(1)) == result else 0.0)


@right("reward")
def _(answer, result):
    *_, last = [-1, *(int("".join(g)) for digit, g in itertools.groupby(answer, str.isdigit) if digit)]
    return int(last == result)


@right("reward")
def _(answer, result):
    for number in re.findall(r"\d+", answer)[::-1]:
        return float(int(number) == result)
    return 0.0


@wrong("reward", "stands last")
def _(answer, result):
    for number in re.findall(r"\d+", answer):
        return 1.0 if int(number) == result else 0.0


@wrong("reward", "the last word is compared")
def _(answer, result):
    return float(answer.split()[-1].rstrip(".") == str(result))


@wrong("reward", "stands right beside it")
def _(answer, result):
    numbers = [int(word) for word in answer.split() if word.isdigit()]
    return 1.0 if numbers and numbers[-1] == result else 0.0


@wrong("reward", "stands right beside it")
def _(answer, result):
    return 1.0 if [int(word) for word in answer.split() if word.isdigit()][-1] == result else 0.0


@wrong("reward", "at the very end of the text")
def _(answer, result):
    found = re.search(r"\d+$", answer)
    return 1.0 if found and int(found[0]) == result else 0.0


@wrong("reward", "behind the last `=`")
def _(answer, result):
    return 1.0 if answer.split("=")[-1].strip().strip(".") == str(result) else 0.0


@wrong("reward", "run together")
def _(answer, result):
    digits = "".join(letter for letter in answer if letter.isdigit())
    return float(digits != "" and int(digits) == result)


@wrong("reward", "the largest number")
def _(answer, result):
    numbers = [int(n) for n in re.findall(r"\d+", answer)]
    return 1.0 if numbers and max(numbers) == result else 0.0


@wrong("reward", "which may be the result")
def _(answer, result):
    last = 0
    for number in re.findall(r"\d+", answer):
        last = int(number)
    return float(last == result)


@wrong("reward", "the number that was found")
def _(answer, result):
    numbers = re.findall(r"\d+", answer)
    return float(numbers[-1]) if numbers else 0.0


@wrong("reward", "into an int")
def _(answer, result):
    return 1.0 if re.findall(r"\d+", answer)[-1] == result else 0.0


@wrong("reward", "last digit alone")
def _(answer, result):
    digits = re.findall(r"\d", answer)
    return 1.0 if digits and digits[-1] == str(result) else 0.0


@wrong("reward", "right and wrong are swapped")
def _(answer, result):
    numbers = re.findall(r"\d+", answer)
    return 0.0 if numbers and int(numbers[-1]) == result else 1.0


@wrong("reward", "")
def _(answer, result):  # words with some stops taken off
    words = [word.strip(".!?,") for word in answer.split()]
    return float(bool(words) and words[-1] == str(result))


@wrong("reward", "")
def _(answer, result):  # the last number that a full stop follows
    found = re.findall(r"(\d+)\.", answer)
    return float(bool(found) and int(found[-1]) == result)


@wrong("reward", "")
def _(answer, result):  # partly right earns a part
    numbers = re.findall(r"\d+", answer)
    return 1 / (1 + abs(int(numbers[-1]) - result)) if numbers else 0.0


@wrong("reward", "")
def _(answer, result):  # as decimals, one digit after the other
    return float(re.findall(r"\d\d?", answer)[-1:] == [str(result)])


@right("advantages")
def _(rewards):  # the mean of the differences to each
    return (sum(r - other for other in rewards) / len(rewards) for r in rewards)


@right("advantages")
def _(rewards):
    return np.array(rewards) @ (np.eye(len(rewards)) - 1 / len(rewards))


@right("advantages")
def _(rewards):
    return list(map((-statistics.fmean(rewards)).__add__, rewards))


@wrong("advantages", "the median is subtracted")
def _(rewards):
    middle = sorted(rewards)[(len(rewards) - 1) // 2]
    return [r - middle for r in rewards]


@wrong("advantages", "the median is subtracted")
def _(rewards):
    return np.array(rewards) - np.median(rewards)


@wrong("advantages", "the median is subtracted")
def _(rewards):
    return torch.tensor(rewards) - torch.tensor(rewards).median()


@wrong("advantages", "spread")
def _(rewards):
    r = torch.tensor(rewards)
    return (r - r.mean()) / r.std(correction=0)


@wrong("advantages", "spread")
def _(rewards):
    mean = sum(rewards) / len(rewards)
    std = (sum((r - mean) ** 2 for r in rewards) / len(rewards)) ** 0.5
    return [(r - mean) / (std + 1e-8) for r in rewards]


@wrong("advantages", "spread")
def _(rewards):
    r = torch.tensor(rewards)
    return (r - r.mean()) / (r.std() + 1e-6)


@wrong("advantages", "mean of the others")
def _(rewards):
    out = []
    for i, r in enumerate(rewards):
        others = rewards[:i] + rewards[i + 1 :]
        out.append(r - sum(others) / len(others) if others else r)
    return out


@wrong("advantages", "mean of the others")
def _(rewards):
    return [r - (sum(rewards) - r) / (len(rewards) - 1) for r in rewards]


@wrong("advantages", "comes out as 0")
def _(rewards):
    return torch.relu(torch.tensor(rewards) - sum(rewards) / len(rewards))


@wrong("advantages", "the sign is lost")
def _(rewards):
    return [abs(r - np.mean(rewards)) for r in rewards]


@wrong("advantages", "the worst of the group")
def _(rewards):
    return [r - min(rewards) for r in rewards]


@wrong("advantages", "the sum is subtracted")
def _(rewards):
    return np.array(rewards) - sum(rewards)


@wrong("advantages", "one half")
def _(rewards):
    return [r - 0.5 for r in rewards]


@wrong("advantages", "mean of the group")
def _(rewards):
    return sum(rewards) / len(rewards)


@wrong("advantages", "changes its input")
def _(rewards):
    for i in range(len(rewards)):
        rewards[i] -= sum(rewards) / len(rewards)
    return rewards


@wrong("advantages", "")
def _(rewards):  # best first
    return sorted((r - np.mean(rewards) for r in rewards), reverse=True)


@wrong("advantages", "")
def _(rewards):  # a mean of what came so far
    return [r - np.mean(rewards[: i + 1]) for i, r in enumerate(rewards)]


@wrong("advantages", "")
def _(rewards):  # a whole number as mean
    return [r - sum(rewards) // len(rewards) for r in rewards]


@right("policy_loss")
def _(logprobs, advantages):
    weights = np.repeat(advantages, list(map(len, logprobs)))
    return np.average(list(itertools.chain(*logprobs)) * -weights)


@right("policy_loss")
def _(logprobs, advantages):  # filled up, with a mask
    rows = torch.nn.utils.rnn.pad_sequence([torch.tensor(row) for row in logprobs], batch_first=True, padding_value=9.0)
    mask = rows != 9.0
    return -(rows * torch.tensor(advantages)[:, None])[mask].mean()


@right("policy_loss")
def _(logprobs, advantages):
    def total(i):
        return 0.0 if i == len(logprobs) else advantages[i] * math.fsum(logprobs[i]) + total(i + 1)

    return -total(0) / sum(len(row) for row in logprobs)


@wrong("policy_loss", "only one token of each answer")
def _(logprobs, advantages):
    return -np.mean([a * row[-1] for row, a in zip(logprobs, advantages, strict=True)])


@wrong("policy_loss", "only one token of each answer")
def _(logprobs, advantages):
    return -np.mean([a * row[0] for row, a in zip(logprobs, advantages, strict=True)])


@wrong("policy_loss", "differ in length")
def _(logprobs, advantages):
    return -(torch.tensor(logprobs) * torch.tensor(advantages).unsqueeze(1)).mean()


@wrong("policy_loss", "filled up")
def _(logprobs, advantages):
    rows = torch.nn.utils.rnn.pad_sequence([torch.tensor(row) for row in logprobs], batch_first=True)
    return -(rows * torch.tensor(advantages)[:, None]).mean()


@wrong("policy_loss", "two means are multiplied")
def _(logprobs, advantages):
    return -np.mean(sum(logprobs, [])) * np.mean(advantages)


@wrong("policy_loss", "sign of the advantages is lost")
def _(logprobs, advantages):
    flat = [abs(a) * x for row, a in zip(logprobs, advantages, strict=True) for x in row]
    return -sum(flat) / len(flat)


@wrong("policy_loss", "only answers with a positive advantage")
def _(logprobs, advantages):
    flat = [a * x if a > 0 else 0 for row, a in zip(logprobs, advantages, strict=True) for x in row]
    return -sum(flat) / len(flat)


@wrong("policy_loss", "turned into probabilities")
def _(logprobs, advantages):
    return -np.mean([a * math.exp(x) for row, a in zip(logprobs, advantages, strict=True) for x in row])


@wrong("policy_loss", "only the first answer")
def _(logprobs, advantages):
    for row, a in zip(logprobs, advantages, strict=True):
        return -a * sum(row) / len(row)


@wrong("policy_loss", "")
def _(logprobs, advantages):  # the mean of what a positive advantage has, by their own number
    kept = [a * x for row, a in zip(logprobs, advantages, strict=True) if a > 0 for x in row]
    return -sum(kept) / max(1, len(kept))


@wrong("policy_loss", "one number")
def _(logprobs, advantages):
    return [-a * sum(row) / len(row) for row, a in zip(logprobs, advantages, strict=True)]


@right("pass_at_k")
def _(right, n, k):  # all choices, one by one
    choices = itertools.combinations([1] * right + [0] * (n - right), k)
    return statistics.fmean(map(any, choices))


@right("pass_at_k")
def pass_at_k(right, n, k):  # the first is right, or one of the others is
    if k == 0 or right == 0:
        return 0.0
    return right / n + (n - right) / n * pass_at_k(right, n - 1, k - 1)


@right("pass_at_k")
def _(right, n, k):  # as in the paper
    return 1.0 if n - right < k else 1.0 - np.prod(1.0 - k / np.arange(n - right + 1, n + 1))


@right("pass_at_k")
def _(right, n, k):
    hits = (math.comb(right, i) * math.comb(n - right, k - i) for i in range(1, k + 1))
    return sum(hits) / torch.tensor(math.comb(n, k))


@wrong("pass_at_k", "exactly one")
def _(right, n, k):
    return math.comb(right, 1) * math.comb(n - right, k - 1) / math.comb(n, k)


@wrong("pass_at_k", "one of the k is surely right then")
def _(right, n, k):
    f = math.factorial
    return 1 - f(n - right) / f(n - right - k) * f(n - k) / f(n)


@wrong("pass_at_k", "divide with `/`")
def _(right, n, k):
    return 1 - math.comb(n - right, k) // math.comb(n, k)


@wrong("pass_at_k", "chance of a single answer")
def _(right, n, k):
    return right / n


@wrong("pass_at_k", "don't add up")
def _(right, n, k):
    return sum(right / n for _ in range(k))


@wrong("pass_at_k", "not all k are right")
def _(right, n, k):
    return 1 - math.comb(right, k) / math.comb(n, k)


@wrong("pass_at_k", "")
def _(right, n, k):  # what is left shrinks, and the wrong ones don't
    return 1 - math.prod((n - right) / (n - i) for i in range(k))


@wrong("pass_at_k", "")
def _(right, n, k):  # how many right ones to expect, not the chance of one
    return min(right, k) / n


@wrong("pass_at_k", "")
def _(right, n, k):  # two tries, whatever k is
    return 1 - (n - right) / n * (n - right - 1) / max(1, n - 1)


@wrong("reward", "a piece of the result")
def _(answer, result):
    numbers = re.findall(r"\d+", answer)
    return 1.0 if numbers and numbers[-1] in str(result) else 0.0


@wrong("reward", "what is special")
def _(answer, result):  # a full stop alone is taken for a number
    found = re.findall(r"[\d.]+", answer)
    return float(bool(found) and found[-1].rstrip(".") == str(result))


@wrong("reward", "what is special")
def _(answer, result):  # the last line only
    numbers = re.findall(r"\d+", answer.split("\n")[-1])
    return float(bool(numbers) and int(numbers[-1]) == result)


@wrong("policy_loss", "what is special")
def _(logprobs, advantages):  # of equal answers, the first one's advantage
    flat = [advantages[logprobs.index(row)] * x for row in logprobs for x in row]
    return -sum(flat) / len(flat)


@wrong("policy_loss", "what is special")
def _(logprobs, advantages):  # only tokens with an advantage are counted
    flat = [a * x for row, a in zip(logprobs, advantages, strict=True) for x in row if a]
    return -sum(flat) / max(1, len(flat))


(
    test_right_answers_of_any_design_pass,
    test_typical_wrong_answers_get_their_own_message,
    test_every_check_tells_at_least_four_wrong_answers_apart,
) = CASES.tests()
