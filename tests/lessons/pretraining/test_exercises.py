"""Exercises on pretraining: right answers of any design pass, typical wrong ones get their own message."""

import math

import numpy as np
import torch
from exercise_cases import Cases
from torch.nn import functional as F

from pocketgpt_lessons.pretraining.exercises import EXERCISES

CASES = Cases(EXERCISES)
right, wrong = CASES.right, CASES.wrong


@right("next_token_targets")
def _(ids):
    return ids[:-1], ids[1:]


@right("next_token_targets")
def _(ids):
    return torch.tensor(ids[:-1]), np.array(ids[1:])


@right("next_token_targets")
def _(ids):
    return [list(part) for part in zip(*zip(ids, ids[1:]))]  # noqa: B905


@wrong("next_token_targets", "input itself")
def _(ids):
    return ids, ids


@wrong("next_token_targets", "one input too many")
def _(ids):
    return ids, ids[1:]


@wrong("next_token_targets", "swapped")
def _(ids):
    return ids[1:], ids[:-1]


@wrong("next_token_targets", "two places")
def _(ids):
    return ids[:-2], ids[2:]


@wrong("next_token_targets", "wraps round")
def _(ids):
    return ids, torch.tensor(ids).roll(-1)


@wrong("next_token_targets", "pair by pair")
def _(ids):
    return [(ids[i], ids[i + 1]) for i in range(len(ids) - 1)]


@wrong("next_token_targets", "changes its input")
def _(ids):
    inputs = list(ids[:-1])
    ids.pop(0)
    return inputs, ids


@right("bigram_counts")
def _(ids, vocab_size):
    counts = [[0] * vocab_size for _ in range(vocab_size)]
    for a, b in zip(ids, ids[1:]):  # noqa: B905
        counts[a][b] += 1
    return counts


@right("bigram_counts")
def _(ids, vocab_size):
    counts = np.zeros((vocab_size, vocab_size))
    np.add.at(counts, (ids[:-1], ids[1:]), 1)
    return counts


@wrong("bigram_counts", "rows and columns are swapped")
def _(ids, vocab_size):
    counts = torch.zeros(vocab_size, vocab_size)
    for i in range(len(ids) - 1):
        counts[ids[i + 1], ids[i]] += 1
    return counts


@wrong("bigram_counts", "last pair is missing")
def _(ids, vocab_size):
    counts = torch.zeros(vocab_size, vocab_size)
    for i in range(len(ids) - 2):
        counts[ids[i], ids[i + 1]] += 1
    return counts


@wrong("bigram_counts", "marked once")
def _(ids, vocab_size):
    counts = torch.zeros(vocab_size, vocab_size)
    counts[ids[:-1], ids[1:]] += 1
    return counts


@wrong("bigram_counts", "shares")
def _(ids, vocab_size):
    counts = torch.zeros(vocab_size, vocab_size)
    for i in range(len(ids) - 1):
        counts[ids[i], ids[i + 1]] += 1
    return counts / counts.sum(dim=1, keepdim=True).clamp(min=1)


@wrong("bigram_counts", "as large as the largest id")
def _(ids, vocab_size):
    counts = torch.zeros(max(ids) + 1, max(ids) + 1)
    for i in range(len(ids) - 1):
        counts[ids[i], ids[i + 1]] += 1
    return counts


@wrong("bigram_counts", "past the end")
def _(ids, vocab_size):
    counts = torch.zeros(vocab_size, vocab_size)
    for i in range(len(ids)):
        counts[ids[i], ids[i + 1]] += 1
    return counts


@right("causal_mask")
def _(T):
    return torch.tril(torch.ones(T, T, dtype=torch.bool))


@right("causal_mask")
def _(T):
    return np.arange(T)[:, None] >= np.arange(T)


@wrong("causal_mask", "turned round")
def _(T):
    return torch.ones(T, T).triu()


@wrong("causal_mask", "diagonal is missing")
def _(T):
    return [[key < query for key in range(T)] for query in range(T)]


@wrong("causal_mask", "where looking is forbidden")
def _(T):
    return torch.ones(T, T, dtype=torch.bool).triu(1)


@wrong("causal_mask", "nothing is masked")
def _(T):
    return torch.ones(T, T)


@wrong("causal_mask", "added to the scores")
def _(T):
    return torch.full((T, T), float("-inf")).triu(1)


@wrong("causal_mask", "same result for every input")
def _(T):
    return [[1, 1, 1, 1], [0, 0, 0, 0]]


@wrong("causal_mask", "right in 1 of 3")
def _(T):
    return [[1, 0, 0], [1, 1, 0], [1, 1, 1]][: T + 1 - T % 2]


@right("cross_entropy")
def _(logits, target):
    m = max(logits)
    return m + math.log(sum(math.exp(x - m) for x in logits)) - logits[target]


@right("cross_entropy")
def _(logits, target):
    return -F.log_softmax(logits, dim=0)[target]


@right("cross_entropy")
def _(logits, target):
    return F.cross_entropy(logits[None], torch.tensor([target]))


@wrong("cross_entropy", "overflow")
def _(logits, target):
    p = torch.exp(logits) / torch.exp(logits).sum()
    return -torch.log(p[target])


@wrong("cross_entropy", "beyond what a float can hold")
def _(logits, target):
    total = sum(math.exp(x) for x in logits)
    return -math.log(math.exp(logits[target]) / total)


@wrong("cross_entropy", "rounded to 0")
def _(logits, target):
    return -torch.log(torch.softmax(logits, dim=0)[target])


@wrong("cross_entropy", "sign is missing")
def _(logits, target):
    return torch.log_softmax(logits, dim=0)[target]


@wrong("cross_entropy", "bits")
def _(logits, target):
    return -torch.log2(torch.softmax(logits, dim=0)[target])


@wrong("cross_entropy", "probability itself")
def _(logits, target):
    return torch.softmax(logits, 0)[target].item()


@wrong("cross_entropy", "own logit")
def _(logits, target):
    return -logits[target]


@wrong("cross_entropy", "changes its input")
def _(logits, target):
    logits -= logits.max()
    return logits.exp().sum().log() - logits[target]


@right("attention")
def _(q, k, v):
    T, d = q.shape
    scores = q @ k.T / math.sqrt(d)
    scores = scores.masked_fill(~torch.ones(T, T, dtype=torch.bool).tril(), float("-inf"))
    return scores.softmax(-1) @ v


@right("attention")
def _(q, k, v):
    rows = []
    for t in range(len(q)):
        weights = torch.softmax(k[: t + 1] @ q[t] / q.shape[1] ** 0.5, 0)
        rows.append(weights @ v[: t + 1])
    return rows


def _attended(q, k, v, scale=None, axis=-1, hide=float("-inf")):
    scores = q @ k.T / (scale or math.sqrt(q.shape[1]))
    return scores.masked_fill(torch.ones(len(q), len(q)).tril() == 0, hide).softmax(axis) @ v


@wrong("attention", "mask is missing")
def _(q, k, v):
    return (q @ k.T / math.sqrt(q.shape[1])).softmax(-1) @ v


@wrong("attention", "aren't scaled")
def _(q, k, v):
    return _attended(q, k, v, scale=1)


@wrong("attention", "it is the square root of d")
def _(q, k, v):
    return _attended(q, k, v, scale=q.shape[1])


@wrong("attention", "down the columns")
def _(q, k, v):
    return _attended(q, k, v, axis=0)


@wrong("attention", "exp(0) is 1")
def _(q, k, v):
    return _attended(q, k, v, hide=0.0)


@wrong("attention", "after softmax")
def _(q, k, v):
    weights = (q @ k.T / math.sqrt(q.shape[1])).softmax(-1)
    return weights.tril() @ v


@wrong("attention", "q and k are swapped")
def _(q, k, v):
    return _attended(k, q, v)


@wrong("attention", "shapes or types")
def _(q, k, v):
    return q @ k @ v


@wrong("attention", "changes its input")
def _(q, k, v):
    q /= math.sqrt(q.shape[1])
    return _attended(q, k, v, scale=1)


(
    test_right_answers_of_any_design_pass,
    test_typical_wrong_answers_get_their_own_message,
    test_every_check_tells_at_least_four_wrong_answers_apart,
) = CASES.tests()
