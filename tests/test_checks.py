"""The exercises: right answers of several designs pass, and each typical wrong one gets a message of its own.

Solutions in the notebooks are run through their checks too. An exercise there is a code cell with the line
`# Exercise: NAME` and a call `check.NAME(function)`; below it one `<details>` holds a hint, and another the
solution in a ```python fence.
"""

import ast
import collections
import json
import math
import random
import re
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from pocketgpt_lessons import all_exercises, check
from pocketgpt_lessons.classroom.exercises import judge
from pocketgpt_lessons.classroom.verdicts import FAILED, NOT_ATTEMPTED, PASSED, verdict_html, verdict_text

EXERCISES = all_exercises()
BY_NAME = {exercise.name: exercise for exercise in EXERCISES}
NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("[0-9]*.ipynb"))

RIGHT = []  # (exercise, answer)
WRONG = []  # (exercise, words of the message, answer)


def right(name):
    return lambda answer: RIGHT.append((name, answer)) or answer


def wrong(name, words):
    return lambda answer: WRONG.append((name, words, answer)) or answer


# 00, the internet in miniature


@right("domain_allowed")
def _(url, blocked):
    host = urlsplit(url).hostname
    return not any(host == name or host.endswith("." + name) for name in blocked)


@wrong("domain_allowed", "turned round")
def _(url, blocked):
    host = urlsplit(url).hostname
    return any(host == name or host.endswith("." + name) for name in blocked)


@wrong("domain_allowed", "subdomains slip through")
def _(url, blocked):
    return urlsplit(url).hostname not in blocked


@wrong("domain_allowed", "look-alikes")
def _(url, blocked):
    return not any(urlsplit(url).hostname.endswith(name) for name in blocked)


@wrong("domain_allowed", "anywhere in the URL")
def _(url, blocked):
    return not any(name in url for name in blocked)


@wrong("domain_allowed", "capital letters and ports")
def _(url, blocked):
    host = url.split("/")[2]
    return not any(host == name or host.endswith("." + name) for name in blocked)


@wrong("domain_allowed", "after the loop")
def _(url, blocked):
    host = urlsplit(url).hostname
    for name in sorted(blocked):
        return not (host == name or host.endswith("." + name))


@wrong("domain_allowed", "changes its input")
def _(url, blocked):
    host = urlsplit(url).hostname
    bad = any(host == name or host.endswith("." + name) for name in blocked)
    blocked.add(host)
    return not bad


@right("shingles")
def _(text, n):
    words = text.split()
    return {tuple(words[i : i + n]) for i in range(len(words) - n + 1)}


@right("shingles")
def _(text, n):
    words = text.split()
    return {" ".join(run) for run in zip(*(words[i:] for i in range(n)))}  # noqa: B905


@wrong("shingles", "runs of characters")
def _(text, n):
    return {text[i : i + n] for i in range(len(text) - n + 1)}


@wrong("shingles", "last run is missing")
def _(text, n):
    words = text.split()
    return {tuple(words[i : i + n]) for i in range(len(words) - n)}


@wrong("shingles", "shorter than n")
def _(text, n):
    words = text.split()
    return {tuple(words[i : i + n]) for i in range(len(words))}


@wrong("shingles", "overlap")
def _(text, n):
    words = text.split()
    return {tuple(words[i : i + n]) for i in range(0, len(words) - n + 1, n)}


@wrong("shingles", "Return a set")
def _(text, n):
    words = text.split()
    return [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]


@right("jaccard")
def _(a, b):
    return len(a & b) / len(a | b) if a | b else 0.0


@wrong("jaccard", "empty union")
def _(a, b):
    return len(a.intersection(b)) / len(a.union(b))


@wrong("jaccard", "counted twice")
def _(a, b):
    if not a and not b:
        return 0
    return len(a & b) / (len(a) + len(b))


@wrong("jaccard", "counted twice")
def _(a, b):
    return len(a & b) / (len(a) + len(b))  # also divides by zero, but that isn't its first mistake


@wrong("jaccard", "smaller set")
def _(a, b):
    return len(a & b) / min(len(a), len(b)) if a and b else 0


@wrong("jaccard", "distance")
def _(a, b):
    return 1 - len(a & b) / len(a | b) if a | b else 1


@wrong("jaccard", "counts the shared")
def _(a, b):
    return len([x for x in a if x in b])


@wrong("jaccard", "changes its input")
def _(a, b):
    size = len(a | b)
    a &= b
    return len(a) / size if size else 0


@right("mask_email")
def _(text):
    return re.sub(r"[\w.+-]+@\w[\w-]*(\.\w[\w-]*)+", "<email>", text)


@wrong("mask_email", "only the first")
def _(text):
    found = re.search(r"[\w.+-]+@[\w-]+(\.[\w-]+)+", text)
    return text.replace(found.group(), "<email>") if found else text


@wrong("mask_email", "nothing stands in its place")
def _(text):
    return re.sub(r"[\w.+-]+@[\w-]+(\.[\w-]+)+", "", text)


@wrong("mask_email", "full stop")
def _(text):
    return re.sub(r"[\w.+-]+@[\w.-]+", "<email>", text)


@wrong("mask_email", "before the @")
def _(text):
    return re.sub(r"\w+@\w+(\.\w+)+", "<email>", text)


@wrong("mask_email", "unchanged")
def _(text):
    re.sub(r"[\w.+-]+@[\w-]+(\.[\w-]+)+", "<email>", text)
    return text


@wrong("mask_email", "handles")
def _(text):
    return " ".join("<email>" if "@" in word else word for word in text.split(" "))


# 01, tokenization


@right("count_pairs")
def count_pairs(ids):
    counts = {}
    for pair in zip(ids, ids[1:]):  # noqa: B905
        counts[pair] = counts.get(pair, 0) + 1
    return counts


@right("count_pairs")
def _(ids):
    return collections.Counter((ids[i], ids[i + 1]) for i in range(len(ids) - 1))


@wrong("count_pairs", "last pair is missing")
def _(ids):
    return collections.Counter((ids[i], ids[i + 1]) for i in range(len(ids) - 2))


@wrong("count_pairs", "past the end")
def _(ids):
    return collections.Counter((ids[i], ids[i + 1]) for i in range(len(ids)))


@wrong("count_pairs", "counts 1")
def _(ids):
    counts = {}
    for i in range(len(ids) - 1):
        counts[ids[i], ids[i + 1]] = 1
    return counts


@wrong("count_pairs", "every second pair")
def _(ids):
    return collections.Counter((ids[i], ids[i + 1]) for i in range(0, len(ids) - 1, 2))


@wrong("count_pairs", "hasn't got yet")
def _(ids):
    counts = {}
    for i in range(len(ids) - 1):
        counts[ids[i], ids[i + 1]] += 1
    return counts


@wrong("count_pairs", "single ids")
def _(ids):
    return collections.Counter(ids)


@right("merge")
def merge(ids, pair, new_id):
    merged, i = [], 0
    while i < len(ids):
        if i + 1 < len(ids) and (ids[i], ids[i + 1]) == pair:
            merged.append(new_id)
            i += 2
        else:
            merged.append(ids[i])
            i += 1
    return merged


@wrong("merge", "second id of the pair stays")
def _(ids, pair, new_id):
    merged = []
    for i in range(len(ids)):
        if tuple(ids[i : i + 2]) == pair:
            merged.append(new_id)
        else:
            merged.append(ids[i])
    return merged


@wrong("merge", "last id is lost")
def _(ids, pair, new_id):
    merged, i = [], 0
    while i < len(ids) - 1:
        if (ids[i], ids[i + 1]) == pair:
            merged.append(new_id)
            i += 2
        else:
            merged.append(ids[i])
            i += 1
    return merged


@wrong("merge", "endless loop")
def _(ids, pair, new_id):
    merged, i = [], 0
    while i < len(ids):
        if tuple(ids[i : i + 2]) == pair:
            merged = [*merged[-5:], new_id]
            i += 2
    return merged


@wrong("merge", "changes its input")
def _(ids, pair, new_id):
    i = 0
    while i < len(ids) - 1:
        if (ids[i], ids[i + 1]) == pair:
            ids[i : i + 2] = [new_id]
        i += 1
    return ids


@wrong("merge", "single id of the pair")
def _(ids, pair, new_id):
    return [new_id if i in pair else i for i in ids]


@wrong("merge", "only the first occurrence")
def _(ids, pair, new_id):
    for i in range(len(ids) - 1):
        if (ids[i], ids[i + 1]) == pair:
            return ids[:i] + [new_id] + ids[i + 2 :]
    return ids


@wrong("merge", "past the end")
def _(ids, pair, new_id):
    merged, i = [], 0
    while i < len(ids):
        if (ids[i], ids[i + 1]) == pair:
            merged.append(new_id)
            i += 2
        else:
            merged.append(ids[i])
            i += 1
    return merged


@right("train_bpe")
def _(text, n_merges):
    ids, merges = list(text.encode("utf-8")), {}
    for i in range(n_merges):
        counts = count_pairs(ids)
        pair = max(counts, key=counts.get)
        ids = merge(ids, pair, 256 + i)
        merges[pair] = 256 + i
    return merges


@wrong("train_bpe", "again and again")
def _(text, n_merges):
    ids, merges = list(text.encode("utf-8")), []
    for i in range(n_merges):
        counts = count_pairs(ids)
        pair = max(counts, key=counts.get)
        merge(ids, pair, 256 + i)
        merges.append(pair)
    return merges


@wrong("train_bpe", "count anew")
def _(text, n_merges):
    counts = count_pairs(list(text.encode("utf-8")))
    return sorted(counts, key=counts.get, reverse=True)[:n_merges]


def _trained(text, n_merges, ids=None, choose=None, first=256):
    ids, merges = ids or list(text.encode("utf-8")), []
    for i in range(n_merges):
        counts = count_pairs(ids)
        pair = choose(counts) if choose else max(counts, key=counts.get)
        ids = merge(ids, pair, first + i)
        merges.append(pair)
    return merges


@wrong("train_bpe", "257")
def _(text, n_merges):
    return _trained(text, n_merges, first=257)


@wrong("train_bpe", "compares the keys")
def _(text, n_merges):
    return _trained(text, n_merges, choose=max)


@wrong("train_bpe", "code points")
def _(text, n_merges):
    return _trained(text, n_merges, ids=[ord(c) for c in text])


@wrong("train_bpe", "largest ids is taken: take the one seen first")
def _(text, n_merges):
    return _trained(text, n_merges, choose=lambda c: max(c.items(), key=lambda item: (item[1], item[0]))[0])


@wrong("train_bpe", "too many")
def _(text, n_merges):
    return _trained(text, n_merges + 1)


@right("encode")
def encode(text, merges):
    ids = list(text.encode("utf-8"))
    for i, pair in enumerate(merges):
        ids = merge(ids, pair, 256 + i)
    return ids


@right("encode")
def _(text, merges):
    ranks = {pair: i for i, pair in enumerate(merges)}
    ids = torch.tensor(list(text.encode("utf-8")), dtype=torch.long).tolist()
    while True:
        known = [pair for pair in count_pairs(ids) if pair in ranks]
        if not known:
            return torch.tensor(ids)
        pair = min(known, key=ranks.get)
        ids = merge(ids, pair, 256 + ranks[pair])


@wrong("encode", "bare bytes")
def _(text, merges):
    ids = list(text.encode("utf-8"))
    for i, pair in enumerate(merges):
        merge(ids, pair, 256 + i)
    return ids


@wrong("encode", "last to first")
def _(text, merges):
    ids = list(text.encode("utf-8"))
    for i in range(len(merges) - 1, -1, -1):
        ids = merge(ids, merges[i], 256 + i)
    return ids


@wrong("encode", "code points")
def _(text, merges):
    ids = [ord(c) for c in text]
    for i, pair in enumerate(merges):
        ids = merge(ids, pair, 256 + i)
    return ids


@wrong("encode", "only the first merge")
def _(text, merges):
    ids = list(text.encode("utf-8"))
    for i, pair in enumerate(merges):
        return merge(ids, pair, 256 + i)


@wrong("encode", "must make 256 + i")
def _(text, merges):
    ids = list(text.encode("utf-8"))
    for i, pair in enumerate(merges):
        ids = merge(ids, pair, i)
    return ids


@wrong("encode", "changes its input")
def _(text, merges):
    ids, i = list(text.encode("utf-8")), 0
    while merges:
        ids = merge(ids, merges.pop(0), 256 + i)
        i += 1
    return ids


# 02, pretraining


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


# 03, sampling


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


# 04, fine-tuning


@right("render_turns")
def _(messages, special):
    ids = []
    for role, text in messages:
        ids.append(special[role])
        ids.extend(text)
        ids.append(special["end"])
    return ids


@right("render_turns")
def _(messages, special):
    return torch.tensor([t for role, text in messages for t in (special[role], *text, special["end"])])


@wrong("render_turns", "no message is closed")
def _(messages, special):
    ids = []
    for role, text in messages:
        ids += [special[role], *text]
    return ids


@wrong("render_turns", "only the last message is closed")
def _(messages, special):
    ids = []
    for role, text in messages:
        ids += [special[role], *text]
    ids.append(special["end"])
    return ids


@wrong("render_turns", "who speaks")
def _(messages, special):
    return sum(([*text, special["end"]] for _, text in messages), [])


@wrong("render_turns", "use `+=`")
def _(messages, special):
    ids = []
    for role, text in messages:
        ids.append(special[role])
        ids.append(text)
        ids.append(special["end"])
    return ids


@wrong("render_turns", "its id should be")
def _(messages, special):
    return sum(([role, *text, special["end"]] for role, text in messages), [])


@wrong("render_turns", "inside the loop")
def _(messages, special):
    for role, text in messages:
        return [special[role], *text, special["end"]]


@wrong("render_turns", "begin the list once")
def _(messages, special):
    for role, text in messages:
        ids = [special[role]]
        ids += [*text, special["end"]]
    return ids


@right("loss_mask")
def _(ids, special):
    mask, on = [], False
    for token in ids:
        mask.append(int(on))
        if token in special.values():
            on = token == special["assistant"]
    return mask


@right("loss_mask")
def _(ids, special):
    role, mask = None, torch.zeros(len(ids), dtype=torch.bool)
    for i, token in enumerate(ids):
        mask[i] = role == special["assistant"]
        role = token if token in (100, 101, 102) else None if token == special["end"] else role
    return mask


@wrong("loss_mask", "the program writes it")
def _(ids, special):
    mask, on = [], False
    for token in ids:
        on = on or token == special["assistant"]
        mask.append(int(on))
        on = on and token != special["end"]
    return mask


@wrong("loss_mask", "never learns to stop")
def _(ids, special):
    mask, on = [], False
    for token in ids:
        if token in special.values():
            on = token == special["assistant"]
            mask.append(0)
        else:
            mask.append(int(on))
    return mask


@wrong("loss_mask", "switch off again")
def _(ids, special):
    mask, on = [], 0
    for token in ids:
        mask.append(on)
        on = on or int(token == special["assistant"])
    return mask


@wrong("loss_mask", "turned round")
def _(ids, special):
    mask, on = [], False
    for token in ids:
        mask.append(int(not on))
        if token in special.values():
            on = token == special["assistant"]
    return mask


@wrong("loss_mask", "one place too early")
def _(ids, special):
    mask, on = [], False
    for token in ids:
        on = on or token == special["assistant"]
        on = on and token != special["end"]
        mask.append(int(on))
    return mask


@wrong("loss_mask", "everything counts")
def _(ids, special):
    return torch.ones(len(ids))


@right("masked_loss")
def _(losses, mask):
    return (losses * mask).sum() / mask.sum().clamp(min=1)


@right("masked_loss")
def _(losses, mask):
    kept = [x for x, count in zip(losses.tolist(), mask.tolist(), strict=True) if count]
    return sum(kept) / len(kept) if kept else 0.0


@wrong("masked_loss", "the number of all tokens")
def _(losses, mask):
    return (losses * mask).sum() / len(losses)


@wrong("masked_loss", "no effect")
def _(losses, mask):
    return losses.sum() / len(mask)


@wrong("masked_loss", "this is the sum")
def _(losses, mask):
    return losses[mask == 1].sum()


@wrong("masked_loss", "divided by 0")
def _(losses, mask):
    return losses[mask.bool()].mean()


@wrong("masked_loss", "one number")
def _(losses, mask):
    return [x * m for x, m in zip(losses, mask, strict=True)]


@right("strip_roles")
def _(text, names):
    before = None
    while text != before:
        before = text
        for name in names:
            text = text.replace(name, "")
    return text


@right("strip_roles")
def _(text, names):
    pattern = re.compile("|".join(map(re.escape, names)))
    while pattern.search(text):
        text = pattern.sub("", text)
    return text


@wrong("strip_roles", "put another together")
def _(text, names):
    return re.sub("|".join(map(re.escape, names)), "", text)


@wrong("strip_roles", "two rounds")
def _(text, names):
    for _ in range(2):
        for name in names:
            text = text.replace(name, "")
    return text


@wrong("strip_roles", "angle brackets")
def _(text, names):
    return re.sub("<.*?>", "", text)


@wrong("strip_roles", "spaces at the ends")
def _(text, names):
    while any(name in text for name in names):
        for name in names:
            text = text.replace(name, "").strip()
    return text


@wrong("strip_roles", "stands behind it stays")
def _(text, names):
    for name in names:
        text = text.partition(name)[0]
    return text


@right("truncate_turns")
def _(system, exchanges, room):
    kept = list(exchanges)
    while kept and len(system) + sum(map(len, kept)) > room:
        kept.pop(0)
    return system + sum(kept, [])


@right("truncate_turns")
def _(system, exchanges, room):
    ids = []
    for exchange in reversed(exchanges):
        if len(system) + len(exchange) + len(ids) > room:
            break
        ids = exchange + ids
    return system + ids


@wrong("truncate_turns", "system message is cut off")
def _(system, exchanges, room):
    return (system + sum(exchanges, []))[-room:]


@wrong("truncate_turns", "cut in two")
def _(system, exchanges, room):
    return system + sum(exchanges, [])[-(room - len(system)) :]


@wrong("truncate_turns", "needs room, too")
def _(system, exchanges, room):
    kept = list(exchanges)
    while sum(map(len, kept)) > room:
        kept.pop(0)
    return system + sum(kept, [])


@wrong("truncate_turns", "oldest exchanges are kept")
def _(system, exchanges, room):
    ids = list(system)
    for exchange in exchanges:
        if len(ids) + len(exchange) > room:
            break
        ids += exchange
    return ids


@wrong("truncate_turns", "reverse order")
def _(system, exchanges, room):
    ids = list(system)
    for exchange in reversed(exchanges):
        if len(ids) + len(exchange) > room:
            break
        ids += exchange
    return ids


@wrong("truncate_turns", "there is a gap")
def _(system, exchanges, room):
    ids, free = [], room - len(system)
    for exchange in reversed(exchanges):
        if len(exchange) <= free:
            ids, free = exchange + ids, free - len(exchange)
    return system + ids


@wrong("truncate_turns", "`<=`, not `<`")
def _(system, exchanges, room):
    kept = list(exchanges)
    while kept and len(system) + sum(map(len, kept)) >= room:
        kept.pop(0)
    return system + sum(kept, [])


# 05, hallucination


@right("entropy")
def _(answers):
    shares = [answers.count(answer) / len(answers) for answer in set(answers)]
    return sum(share * math.log2(1 / share) for share in shares)


@right("entropy")
def _(answers):  # the mean surprise
    return np.mean([-math.log2(answers.count(answer) / len(answers)) for answer in answers])


@wrong("entropy", "minus sign")
def _(answers):
    return sum(c / len(answers) * math.log2(c / len(answers)) for c in collections.Counter(answers).values())


@wrong("entropy", "nat")
def _(answers):
    return -sum(c / len(answers) * math.log(c / len(answers)) for c in collections.Counter(answers).values())


@wrong("entropy", "added twice")
def _(answers):
    total = 0
    for answer in answers:
        share = answers.count(answer) / len(answers)
        total -= share * math.log2(share)
    return total


@wrong("entropy", "aren't weighted")
def _(answers):
    return sum(-math.log2(answers.count(answer) / len(answers)) for answer in set(answers))


@wrong("entropy", "counts the different answers")
def _(answers):
    return len(set(answers))


@wrong("entropy", "work with shares")
def _(answers):
    return -sum(count * math.log2(count) for count in collections.Counter(answers).values())


@right("auroc")
def _(known, absent):
    wins = 0
    for a in known:
        for b in absent:
            wins += 1 if a > b else 0.5 if a == b else 0
    return wins / len(known) / len(absent)


@right("auroc")
def _(known, absent):
    difference = np.sign(np.subtract.outer(known, absent))
    return (difference.mean() + 1) / 2


@wrong("auroc", "swapped")
def _(known, absent):
    return np.mean([(a < b) + 0.5 * (a == b) for a in known for b in absent])


@wrong("auroc", "as nothing")
def _(known, absent):
    return np.mean([a > b for a in known for b in absent])


@wrong("auroc", "as a whole pair")
def _(known, absent):
    return np.mean([a >= b for a in known for b in absent])


@wrong("auroc", "number of pairs")
def _(known, absent):
    return sum((a > b) + 0.5 * (a == b) for a in known for b in absent)


@wrong("auroc", "one partner only")
def _(known, absent):
    return np.mean([(a > b) + 0.5 * (a == b) for a, b in zip(known, absent)])  # noqa: B905


@wrong("auroc", "two means")
def _(known, absent):
    return np.mean(known) - np.mean(absent)


@right("three_rates")
def three_rates(grades, known):
    of_known = [g for g, k in zip(grades, known) if k]  # noqa: B905
    of_absent = [g for g, k in zip(grades, known) if not k]  # noqa: B905
    return (
        of_known.count("right") / len(of_known),
        of_absent.count("refused") / len(of_absent),
        of_known.count("refused") / len(of_known),
    )


@right("three_rates")
def _(grades, known):
    grades, known = np.array(grades), np.array(known)
    return torch.tensor(
        [
            (grades[known] == "right").mean(),
            (grades[~known] == "refused").mean(),
            (grades[known] == "refused").mean(),
        ]
    )


@wrong("three_rates", "divided by all questions")
def _(grades, known):
    pairs, n = list(zip(grades, known)), len(grades)  # noqa: B905
    return (
        pairs.count(("right", True)) / n,
        pairs.count(("refused", False)) / n,
        pairs.count(("refused", True)) / n,
    )


@wrong("three_rates", "these are counts")
def _(grades, known):
    pairs = list(zip(grades, known))  # noqa: B905
    return pairs.count(("right", True)), pairs.count(("refused", False)), pairs.count(("refused", True))


@wrong("three_rates", "swapped")
def _(grades, known):
    right, refused, wrongly = three_rates(grades, known)
    return right, wrongly, refused


@wrong("three_rates", "among the refusals")
def _(grades, known):
    refused = [k for g, k in zip(grades, known) if g == "refused"]  # noqa: B905
    return *three_rates(grades, known)[:2], sum(refused) / len(refused) if refused else 0


@wrong("three_rates", "over all questions: the first")
def _(grades, known):
    return grades.count("right") / len(grades), *three_rates(grades, known)[1:]


@wrong("three_rates", "flat list")
def _(grades, known):
    return [three_rates(grades, known)]


@right("refusal_rates")
def refusal_rates(known, absent, threshold):
    return [sum(score < threshold for score in group) / len(group) for group in (known, absent)]


@right("refusal_rates")
def _(known, absent, threshold):
    return (np.array(known) < threshold).mean(), (np.array(absent) < threshold).mean()


@wrong("refusal_rates", "exactly the threshold")
def _(known, absent, threshold):
    return (np.array(known) <= threshold).mean(), (np.array(absent) <= threshold).mean()


@wrong("refusal_rates", "shares that are answered")
def _(known, absent, threshold):
    return (np.array(known) >= threshold).mean(), (np.array(absent) >= threshold).mean()


@wrong("refusal_rates", "swapped")
def _(known, absent, threshold):
    return refusal_rates(absent, known, threshold)


@wrong("refusal_rates", "these are counts")
def _(known, absent, threshold):
    return sum(s < threshold for s in known), sum(s < threshold for s in absent)


@wrong("refusal_rates", "first is the share of the known that is answered")
def _(known, absent, threshold):
    return (np.array(known) >= threshold).mean(), (np.array(absent) < threshold).mean()


@right("expected_score")
def _(p, penalty):
    return p * 1 + (1 - p) * -penalty


@wrong("expected_score", "whatever happens")
def _(p, penalty):
    return p - penalty


@wrong("expected_score", "is added")
def _(p, penalty):
    return p + (1 - p) * penalty


@wrong("expected_score", "weighted with p")
def _(p, penalty):
    return p - p * penalty


@wrong("expected_score", "right and wrong are swapped")
def _(p, penalty):
    return -p * penalty + (1 - p)


@wrong("expected_score", "no effect")
def _(p, penalty):
    return p


# 06, reinforcement learning


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


# 07, RLHF


@right("chance_to_win")
def _(score, other):
    return torch.sigmoid(torch.tensor(score - other))


@right("chance_to_win")
def _(score, other):
    return math.exp(score) / (math.exp(score) + math.exp(other))


@wrong("chance_to_win", "sides are swapped")
def _(score, other):
    return math.exp(other) / (math.exp(score) + math.exp(other))


@wrong("chance_to_win", "plays no part")
def _(score, other):
    return 1 / (1 + math.exp(-score))


@wrong("chance_to_win", "between 0 and 1")
def _(score, other):
    return 1.0 if score > other else 0.0


@wrong("chance_to_win", "minus the logarithm")
def _(score, other):
    return -F.logsigmoid(torch.tensor(score - other))


@wrong("chance_to_win", "share of the two scores")
def _(score, other):
    return score / (score + other)


@right("best_of")
def _(scores, truths):
    return truths[int(np.argmax(scores))]


@right("best_of")
def _(scores, truths):
    return max(zip(scores, truths, strict=True))[1]


@wrong("best_of", "this is the best score")
def _(scores, truths):
    return sorted(scores)[-1]


@wrong("best_of", "only the reward model may choose")
def _(scores, truths):
    return sorted(truths)[-1]


@wrong("best_of", "worst-scored")
def _(scores, truths):
    return min(zip(scores, truths, strict=True))[1]


@wrong("best_of", "the place of the best answer")
def _(scores, truths):
    return int(np.argmax(scores))


@wrong("best_of", "only one answer is chosen")
def _(scores, truths):
    return np.mean(truths)


@right("leashed_reward")
def _(score, logprobs, reference, weight):
    return score - weight * sum(a - b for a, b in zip(logprobs, reference, strict=True))


@right("leashed_reward")
def _(score, logprobs, reference, weight):
    return torch.tensor(score) - weight * (torch.tensor(logprobs) - torch.tensor(reference)).sum()


@wrong("leashed_reward", "wrong way")
def _(score, logprobs, reference, weight):
    return score + weight * (sum(logprobs) - sum(reference))


@wrong("leashed_reward", "multiply the gap")
def _(score, logprobs, reference, weight):
    return score + sum(reference) - sum(logprobs)


@wrong("leashed_reward", "mean over the tokens")
def _(score, logprobs, reference, weight):
    return score - weight * (np.mean(logprobs) - np.mean(reference))


@wrong("leashed_reward", "absolute gap")
def _(score, logprobs, reference, weight):
    return score - weight * abs(sum(logprobs) - sum(reference))


@wrong("leashed_reward", "score alone")
def _(score, logprobs, reference, weight):
    return score


@right("dpo_chance")
def _(better, worse, reference_better, reference_worse, beta):
    scores = beta * (better - reference_better), beta * (worse - reference_worse)
    return 1 / (1 + math.exp(scores[1] - scores[0]))


@wrong("dpo_chance", "reference plays no part")
def _(better, worse, reference_better, reference_worse, beta):
    return 1 / (1 + math.exp(-beta * (better - worse)))


@wrong("dpo_chance", "beta plays no part")
def _(better, worse, reference_better, reference_worse, beta):
    return 1 / (1 + math.exp(-(better - worse - reference_better + reference_worse)))


@wrong("dpo_chance", "swapped")
def _(better, worse, reference_better, reference_worse, beta):
    return 1 / (1 + math.exp(beta * (better - worse - reference_better + reference_worse)))


@wrong("dpo_chance", "minus the logarithm")
def _(better, worse, reference_better, reference_worse, beta):
    return math.log(1 + math.exp(-beta * (better - worse - reference_better + reference_worse)))


@pytest.mark.parametrize(("name", "answer"), RIGHT, ids=[name for name, _ in RIGHT])
def test_right_answers_of_any_design_pass(name, answer):
    verdict = judge(BY_NAME[name], answer)
    assert verdict.status == PASSED, verdict_text(verdict)


@pytest.mark.parametrize(("name", "words", "answer"), WRONG, ids=[f"{case[0]}: {case[1]}" for case in WRONG])
def test_typical_wrong_answers_get_their_own_message(name, words, answer):
    verdict = judge(BY_NAME[name], answer, limit=1.0)
    assert verdict.status == FAILED
    assert words in verdict.likely, verdict_text(verdict)
    assert verdict.seen != verdict.expected or "changes its input" in verdict.likely
    assert "Traceback" not in verdict_html(verdict)


@pytest.mark.parametrize("name", BY_NAME)
def test_every_check_tells_at_least_four_wrong_answers_apart(name):
    messages = {judge(BY_NAME[name], answer, limit=1.0).likely for other, _, answer in WRONG if other == name}
    assert len(messages) >= 4
    assert name in dir(check)


MISTAKES = [(exercise, mistake) for exercise in EXERCISES for mistake in exercise.mistakes]
MISTAKE_IDS = [f"{exercise.name}: {mistake.message[:30]}" for exercise, mistake in MISTAKES]


@pytest.mark.parametrize(("exercise", "mistake"), MISTAKES, ids=MISTAKE_IDS)
def test_each_known_mistake_is_told_apart_from_all_others(exercise, mistake):
    verdict = judge(exercise, mistake.answer)
    assert verdict.status == FAILED
    assert verdict.likely == mistake.message


@pytest.mark.parametrize("exercise", EXERCISES, ids=BY_NAME)
def test_the_truth_passes_and_is_deterministic(exercise):
    random.seed(0)
    assert judge(exercise, exercise.truth).status == PASSED


# Exercises in the notebooks


def _exercises(notebook):
    """(name, source of the stub's cell, the text below it up to the next code cell, import lines so far)."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    found, imports = [], []
    for i, cell in enumerate(cells):
        source = "".join(cell["source"])
        if cell["cell_type"] != "code":
            continue
        imports += _imports(source)
        for name in re.findall(r"^# Exercise: (\w+)", source, re.MULTILINE):
            below = []
            for later in cells[i + 1 :]:
                if later["cell_type"] != "markdown":
                    break
                below.append("".join(later["source"]))
            found.append((name, source, "\n".join(below), "\n".join(imports)))
    return found


def _imports(source):
    try:
        body = ast.parse(source).body
    except SyntaxError:  # a cell with a line for the shell
        return []
    return [ast.unparse(node) for node in body if isinstance(node, ast.Import | ast.ImportFrom)]


def _solution(below):
    block = re.search(r"<summary>Solution</summary>(.*?)</details>", below, re.DOTALL)
    fence = re.search(r"```python\n(.*?)```", block.group(1), re.DOTALL) if block else None
    return fence.group(1) if fence else None


class _Recorder:
    """Stands for `check` while a cell runs: notes which function was given to which check."""

    def __init__(self):
        self.given = {}

    def __getattr__(self, name):
        return lambda function: self.given.update({name: function})


def _assert_exercises_work(notebook):
    space = {}
    for name, source, below, imports in _exercises(notebook):
        assert name in BY_NAME, f"{notebook.name} has an exercise {name}, which no check knows"
        exec(imports, space)
        recorder = space["check"] = _Recorder()
        exec(source, space)
        assert name in recorder.given, f"the cell of exercise {name} doesn't call check.{name}(…)"
        stub = recorder.given[name]
        assert judge(BY_NAME[name], stub).status == NOT_ATTEMPTED
        assert "<summary>Hint</summary>" in below, f"no hint below exercise {name}"
        solution = _solution(below)
        assert solution, f"no solution below exercise {name}"
        exec(solution, space)
        verdict = judge(BY_NAME[name], space[stub.__name__])
        assert verdict.passed, verdict_text(verdict)


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_stubs_are_not_attempted_and_solutions_pass(notebook):
    _assert_exercises_work(notebook)


@pytest.mark.parametrize(("body", "passes"), [("torch.ones(T, T).tril()", True), ("torch.ones(T, T)", False)])
def test_a_solution_is_found_and_run(tmp_path, body, passes):
    stub = "# Exercise: causal_mask\ndef my_mask(T):\n    ...  # your code\n\ncheck.causal_mask(my_mask)"
    below = (
        "<details><summary>Hint</summary>\n\nTry.\n</details>\n\n<details><summary>Solution</summary>\n\n"
        f"```python\ndef my_mask(T):\n    return {body}\n```\n</details>"
    )
    cells = [("code", "import torch"), ("code", stub), ("markdown", below), ("code", "my_mask(3)")]
    content = {"cells": [{"cell_type": kind, "source": [source]} for kind, source in cells]}
    notebook = tmp_path / "99_trial.ipynb"
    notebook.write_text(json.dumps(content), encoding="utf-8")
    assert len(_exercises(notebook)) == 1
    if passes:
        _assert_exercises_work(notebook)
    else:
        with pytest.raises(AssertionError, match="Not yet"):
            _assert_exercises_work(notebook)
