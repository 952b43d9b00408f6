"""Exercises on sampling: right answers of any design pass, typical wrong ones get their own message."""

import math

import numpy as np
import torch
from exercise_cases import Cases

from pocketgpt_lessons.sampling.exercises import EXERCISES

CASES = Cases(EXERCISES)
right, wrong = CASES.right, CASES.wrong


@right("softmax_with_temperature")
def _(logits, temperature):
    return torch.softmax(logits / temperature, 0)


@right("softmax_with_temperature")
def _(logits, temperature):
    m = max(logits)
    scaled = [math.exp((x - m) / temperature) for x in logits]
    return [x / sum(scaled) for x in scaled]


@wrong("softmax_with_temperature", "multiplied")
def _(logits, temperature):
    return (logits * temperature).softmax(0)


@wrong("softmax_with_temperature", "no effect")
def _(logits, temperature):
    logits / temperature  # noqa: B018
    return logits.softmax(0)


@wrong("softmax_with_temperature", "probabilities are divided")
def _(logits, temperature):
    return logits.softmax(0) / temperature


@wrong("softmax_with_temperature", "divided by their sum, so")
def _(logits, temperature):
    return (logits / temperature).exp()


@wrong("softmax_with_temperature", "overflow")
def _(logits, temperature):
    e = np.exp(logits.numpy() / temperature)
    return e / e.sum()


@wrong("softmax_with_temperature", "changes its input")
def _(logits, temperature):
    logits /= temperature
    return logits.softmax(0)


@right("top_k")
def _(probs, k):
    threshold = torch.topk(probs, k).values[-1]
    kept = torch.where(probs >= threshold, probs, 0)
    return kept / kept.sum()


@right("top_k")
def _(probs, k):
    best = sorted(range(len(probs)), key=lambda i: probs[i], reverse=True)[:k]
    total = sum(probs[i] for i in best)
    return [probs[i] / total if i in best else 0 for i in range(len(probs))]


@wrong("top_k", "don't add up to 1")
def _(probs, k):
    return torch.where(probs >= torch.topk(probs, k).values[-1], probs, 0)


@wrong("top_k", "only the kept")
def _(probs, k):
    values = torch.topk(probs, k).values
    return values / values.sum()


@wrong("top_k", "first k tokens")
def _(probs, k):
    kept = probs.clone()
    kept[k:] = 0
    return kept / kept.sum()


@wrong("top_k", "too few")
def _(probs, k):
    kept = torch.where(probs > torch.topk(probs, k).values[-1], probs, 0)
    return kept / kept.sum()


@wrong("top_k", "keep its place")
def _(probs, k):
    kept = probs.sort(descending=True).values
    kept[k:] = 0
    return kept / kept.sum()


@wrong("top_k", "changes its input")
def _(probs, k):
    probs[probs < torch.topk(probs, k).values[-1]] = 0
    return probs / probs.sum()


@right("top_p")
def _(probs, p):
    values, order = probs.sort(descending=True)
    values[values.cumsum(0) - values >= p] = 0
    kept = torch.zeros_like(probs).scatter(0, order, values)
    return kept / kept.sum()


@right("top_p")
def _(probs, p):
    kept, total = [0.0] * len(probs), 0
    for i in sorted(range(len(probs)), key=lambda i: -probs[i]):
        if total >= p:
            break
        kept[i] = float(probs[i])
        total += kept[i]
    return [x / total for x in kept]


@wrong("top_p", "reaches p is removed")
def _(probs, p):
    values, order = probs.sort(descending=True)
    values[values.cumsum(0) > p] = 0
    kept = torch.zeros_like(probs).scatter(0, order, values)
    return kept / kept.sum()


@wrong("top_p", "don't add up to 1")
def _(probs, p):
    values, order = probs.sort(descending=True)
    values[values.cumsum(0) - values >= p] = 0
    return torch.zeros_like(probs).scatter(0, order, values)


@wrong("top_p", "by itself")
def _(probs, p):
    kept = torch.where(probs >= p, probs, 0)
    return kept / kept.sum()


@wrong("top_p", "as they stand")
def _(probs, p):
    kept = torch.where(probs.cumsum(0) - probs < p, probs, 0)
    return kept / kept.sum()


@wrong("top_p", "keep its place")
def _(probs, p):
    values = probs.sort(descending=True).values
    values[values.cumsum(0) - values >= p] = 0
    return values / values.sum()


@right("min_p")
def _(probs, p):
    kept = torch.where(probs >= p * probs.max(), probs, 0)
    return kept / kept.sum()


@wrong("min_p", "threshold is p itself")
def _(probs, p):
    kept = torch.where(probs >= p, probs, 0)
    return kept / kept.sum()


@wrong("min_p", "don't add up to 1")
def _(probs, p):
    return [q if q >= p * max(probs) else 0 for q in probs]


@wrong("min_p", "exactly at the threshold")
def _(probs, p):
    kept = torch.where(probs > p * probs.max(), probs, 0)
    return kept / kept.sum()


@wrong("min_p", "and the others removed")
def _(probs, p):
    kept = torch.where(probs < p * probs.max(), probs, 0)
    return kept / kept.sum()


@wrong("min_p", "only the kept")
def _(probs, p):
    kept = probs[probs >= p * probs.max()]
    return kept / kept.sum()


@right("sample")
def _(probs, u):
    total = 0
    for i, p in enumerate(probs):
        total += p
        if total > u:
            return i


@right("sample")
def _(probs, u):
    return (probs.cumsum(0) > u).int().argmax()


@wrong("sample", "greedy")
def _(probs, u):
    return torch.argmax(probs)


@wrong("sample", "probability 0 can be drawn")
def _(probs, u):
    total = 0
    for i, p in enumerate(probs):
        total += p
        if total >= u:
            return i


@wrong("sample", "one too high")
def _(probs, u):
    total = 0
    for i, p in enumerate(probs, 1):
        total += p
        if total > u:
            return i


@wrong("sample", "token's probability")
def _(probs, u):
    total = 0
    for p in probs:
        total += p
        if total > u:
            return p


@wrong("sample", "equally probable")
def _(probs, u):
    return int(u * len(probs))


(
    test_right_answers_of_any_design_pass,
    test_typical_wrong_answers_get_their_own_message,
    test_every_check_tells_at_least_four_wrong_answers_apart,
) = CASES.tests()
