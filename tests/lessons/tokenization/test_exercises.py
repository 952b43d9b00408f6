"""Exercises on tokenization: right answers of any design pass, typical wrong ones get their own message."""

import collections

import torch
from exercise_cases import Cases

from pocketgpt_lessons.tokenization.exercises import EXERCISES

CASES = Cases(EXERCISES)
right, wrong = CASES.right, CASES.wrong


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


(
    test_right_answers_of_any_design_pass,
    test_typical_wrong_answers_get_their_own_message,
    test_every_check_tells_at_least_four_wrong_answers_apart,
) = CASES.tests()
