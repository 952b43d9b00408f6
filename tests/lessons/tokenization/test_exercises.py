"""Exercises on tokenization: right answers of any design pass, typical wrong ones get their own message."""

import collections
import functools
import itertools

import numpy as np
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
        if not counts:
            break
        pair = max(counts, key=counts.get)
        ids = merge(ids, pair, 256 + i)
        merges[pair] = 256 + i
    return merges


@wrong("train_bpe", "no pair is left")
def _(text, n_merges):
    ids, merges = list(text.encode("utf-8")), []
    for i in range(n_merges):
        merges.append(collections.Counter(itertools.pairwise(ids)).most_common(1)[0][0])
        ids = merge(ids, merges[-1], 256 + i)
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


@right("count_pairs")
def _(ids):
    pairs = np.lib.stride_tricks.sliding_window_view(np.array(ids), 2).tolist() if len(ids) > 1 else []
    return {pair: pairs.count(list(pair)) for pair in map(tuple, pairs)}


@right("count_pairs")
def _(ids):
    if len(ids) < 2:
        return collections.Counter()
    return count_pairs(ids[1:]) | {(ids[0], ids[1]): count_pairs(ids[1:]).get((ids[0], ids[1]), 0) + 1}


@right("count_pairs")
def _(ids):
    counts = collections.defaultdict(float)
    for first, second in zip(torch.tensor(ids, dtype=torch.long)[:-1], ids[1:]):  # noqa: B905
        counts[first.item(), second] += 1
    return counts


@wrong("count_pairs", "first pair is missing")
def _(ids):
    return collections.Counter((ids[i], ids[i + 1]) for i in range(1, len(ids) - 1))


@wrong("count_pairs", "overlap, so there are two")
def _(ids):
    counts, i = {}, 0
    for pair in set(zip(ids, ids[1:])):  # noqa: B905
        i = 0
        while i < len(ids) - 1:
            if (ids[i], ids[i + 1]) == pair:
                counts[pair] = counts.get(pair, 0) + 1
                i += 2
            else:
                i += 1
    return counts


@wrong("count_pairs", "one too low")
def _(ids):
    counts = {}
    for pair in zip(ids, ids[1:]):  # noqa: B905
        if pair in counts:
            counts[pair] += 1
        else:
            counts[pair] = 0
    return counts


@wrong("count_pairs", "one too high")
def _(ids):
    counts = {}
    for pair in zip(ids, ids[1:]):  # noqa: B905
        counts[pair] = counts.get(pair, 1) + 1
    return counts


@wrong("count_pairs", "counted as one")
def _(ids):
    return collections.Counter((min(pair), max(pair)) for pair in zip(ids, ids[1:]))  # noqa: B905


@wrong("count_pairs", "swapped")
def _(ids):
    return collections.Counter(zip(ids[1:], ids))  # noqa: B905


@wrong("count_pairs", "isn't a circle")
def _(ids):
    return collections.Counter((ids[i - 1], ids[i]) for i in range(len(ids)))


@wrong("count_pairs", "takes them for places")
def _(ids):
    counts = {}
    for i in ids:
        pair = (ids[i], ids[i + 1])
        counts[pair] = counts.get(pair, 0) + 1
    return counts


@wrong("count_pairs", "after the next")
def _(ids):
    return collections.Counter(zip(ids, ids[2:]))  # noqa: B905


@wrong("count_pairs", "all later ones")
def _(ids):
    return collections.Counter((ids[i], ids[j]) for i in range(len(ids)) for j in range(i + 1, len(ids)))


@wrong("count_pairs", "no pair is counted")
def _(ids):
    return {pair: ids.count(pair) for pair in zip(ids, ids[1:])}  # noqa: B905


@wrong("count_pairs", "kept from call to call")
def _(ids, counts={}):  # noqa: B006
    for pair in zip(ids, ids[1:]):  # noqa: B905
        counts[pair] = counts.get(pair, 0) + 1
    return counts


@wrong("count_pairs", "make a tuple of it")
def _(ids):
    counts = {}
    for i in range(len(ids) - 1):
        pair = ids[i : i + 2]
        counts[pair] = counts.get(pair, 0) + 1
    return counts


@wrong("count_pairs", "a dictionary from pair to count")
def _(ids):
    return collections.Counter(zip(ids, ids[1:])).most_common()  # noqa: B905


@wrong("count_pairs", "Use the pair itself")
def _(ids):
    return collections.Counter(f"{a} {b}" for a, b in zip(ids, ids[1:]))  # noqa: B905


@right("merge")
def _(ids, pair, new_id):
    if len(ids) < 2:
        return ids[:]
    hit = (ids[0], ids[1]) == pair
    return [new_id if hit else ids[0], *merge(ids[1 + hit :], pair, new_id)]


@right("merge")
def _(ids, pair, new_id):
    return map(ord, "".join(map(chr, ids)).replace("".join(map(chr, pair)), chr(new_id)))


@right("merge")
def _(ids, pair, new_id):
    merged = []
    for item in np.array(ids, dtype=int):
        if merged and (merged[-1], int(item)) == tuple(pair):
            merged[-1] = new_id
        else:
            merged.append(int(item))
    return torch.tensor(merged)


@wrong("merge", "is a list, and equals a tuple only")
def _(ids, pair, new_id):
    merged, i = [], 0
    while i < len(ids):
        if ids[i : i + 2] == pair:
            merged.append(new_id)
            i += 2
        else:
            merged.append(ids[i])
            i += 1
    return merged


@wrong("merge", "isn't the one that is returned")
def _(ids, pair, new_id):
    merged = []
    for i in range(len(ids)):
        if tuple(ids[i : i + 2]) == pair:
            merged.append(new_id)
    return ids


@wrong("merge", "does nothing in a `for` loop")
def _(ids, pair, new_id):
    merged = []
    for i in range(len(ids)):
        if i + 1 < len(ids) and (ids[i], ids[i + 1]) == pair:
            merged.append(new_id)
            i += 2
        else:
            merged.append(ids[i])
    return merged


@wrong("merge", "second id of the pair stays")
def _(ids, pair, new_id):
    merged = []
    for a, b in zip(ids, ids[1:]):  # noqa: B905
        merged.append(new_id if (a, b) == pair else a)
    return merged


@wrong("merge", "at the very end")
def _(ids, pair, new_id):
    merged, i = [], 0
    while i < len(ids):
        if i < len(ids) - 2 and (ids[i], ids[i + 1]) == pair:
            merged.append(new_id)
            i += 2
        else:
            merged.append(ids[i])
            i += 1
    return merged


@wrong("merge", "even places")
def _(ids, pair, new_id):
    merged = []
    for i in range(0, len(ids), 2):
        if tuple(ids[i : i + 2]) == pair:
            merged.append(new_id)
        else:
            merged += ids[i : i + 2]
    return merged


@wrong("merge", "only look like the pair")
def _(ids, pair, new_id):
    merged, i = [], 0
    while i < len(ids):
        if i + 1 < len(ids) and ids[i] in pair and ids[i + 1] in pair:
            merged.append(new_id)
            i += 2
        else:
            merged.append(ids[i])
            i += 1
    return merged


@wrong("merge", "only look like the pair")
def _(ids, pair, new_id):
    merged, i = [], 0
    while i < len(ids):
        if sorted(ids[i : i + 2]) == sorted(pair):
            merged.append(new_id)
            i += 2
        else:
            merged.append(ids[i])
            i += 1
    return merged


@wrong("merge", "both must fit")
def _(ids, pair, new_id):
    merged, i = [], 0
    while i < len(ids):
        if i + 1 < len(ids) and ids[i] == pair[0]:
            merged.append(new_id)
            i += 2
        else:
            merged.append(ids[i])
            i += 1
    return merged


@wrong("merge", "searched as text")
def _(ids, pair, new_id):
    text = "".join(str(i) for i in ids).replace("".join(str(i) for i in pair), str(new_id))
    return [int(digit) for digit in text]


@wrong("merge", "searched as text")
def _(ids, pair, new_id):
    text = " ".join(map(str, ids)).replace(f"{pair[0]} {pair[1]}", str(new_id))
    return [int(part) for part in text.split()]


@wrong("merge", "searched as text")
def _(ids, pair, new_id):
    text = str(ids).replace(str(pair)[1:-1], str(new_id))
    return [int(part) for part in text.strip("[]").split(", ") if part]


@wrong("merge", "numbers up to 255 only")
def _(ids, pair, new_id):
    return list(bytes(ids).replace(bytes(pair), bytes([new_id])))


@wrong("merge", "put in its place")
def _(ids, pair, new_id):
    merged, i = [], 0
    while i < len(ids):
        if tuple(ids[i : i + 2]) == pair:
            i += 2
        else:
            merged.append(ids[i])
            i += 1
    return merged


@wrong("merge", "the pair stays too")
def _(ids, pair, new_id):
    merged, i = [], 0
    while i < len(ids):
        if tuple(ids[i : i + 2]) == pair:
            merged += [*pair, new_id]
            i += 2
        else:
            merged.append(ids[i])
            i += 1
    return merged


@wrong("merge", "kept from call to call")
def _(ids, pair, new_id, merged=[]):  # noqa: B006
    i = 0
    while i < len(ids):
        hit = tuple(ids[i : i + 2]) == pair
        merged.append(new_id if hit else ids[i])
        i += 1 + hit
    return merged


@wrong("merge", "from left to right")
def _(ids, pair, new_id):
    merged, i = [], len(ids) - 1
    while i >= 0:
        if i > 0 and (ids[i - 1], ids[i]) == pair:
            merged.insert(0, new_id)
            i -= 2
        else:
            merged.insert(0, ids[i])
            i -= 1
    return merged


@right("train_bpe")
def _(text, n_merges):
    ids, merges = [*bytes(text, "utf-8")], []
    while len(merges) < n_merges and len(ids) > 1:
        pairs = list(zip(ids, ids[1:]))  # noqa: B905
        merges.append(np.array(max(pairs, key=pairs.count)))
        ids = merge(ids, tuple(merges[-1].tolist()), 255 + len(merges))
    return merges


@right("train_bpe")
def _(text, n_merges):
    def merged(ids, left, new_id=256):
        if left == 0 or len(ids) < 2:
            return []
        (pair, _), *_ = collections.Counter(itertools.pairwise(ids)).most_common()
        return [list(pair), *merged(merge(ids, pair, new_id), left - 1, new_id + 1)]

    return torch.tensor(merged(list(text.encode()), n_merges))


@right("train_bpe")
def _(text, n_merges):
    ids, merges = bytearray(text.encode()), {}
    ids = list(ids)
    for new_id in range(256, 256 + n_merges):
        if len(ids) == 1 or not ids:
            return [*merges]
        pair, _ = sorted(count_pairs(ids).items(), key=lambda item: -item[1])[0]
        ids, merges[pair] = merge(ids, pair, new_id), new_id
    return (pair for pair in merges)


@wrong("train_bpe", "characters or their code points")
def _(text, n_merges):
    return _trained(text, n_merges, ids=list(text))


@wrong("train_bpe", "makes the same id")
def _(text, n_merges):
    ids, merges = list(text.encode("utf-8")), []
    for _ in range(n_merges):
        counts = count_pairs(ids)
        merges.append(max(counts, key=counts.get))
        ids = merge(ids, merges[-1], 256)
    return merges


@wrong("train_bpe", "one more than the largest")
def _(text, n_merges):
    ids, merges = list(text.encode("utf-8")), []
    for _ in range(n_merges):
        counts = count_pairs(ids)
        merges.append(max(counts, key=counts.get))
        ids = merge(ids, merges[-1], max(ids) + 1)
    return merges


@wrong("train_bpe", "is a byte already")
def _(text, n_merges):
    return _trained(text, n_merges, first=0)


@wrong("train_bpe", "last seen")
def _(text, n_merges):
    return _trained(text, n_merges, choose=lambda c: sorted(c, key=c.get)[-1])


@wrong("train_bpe", "rarest")
def _(text, n_merges):
    return _trained(text, n_merges, choose=lambda c: min(c, key=c.get))


@wrong("train_bpe", "seen first is merged")
def _(text, n_merges):
    return _trained(text, n_merges, choose=lambda c: list(c)[0])


@wrong("train_bpe", "occur only once are left out")
def _(text, n_merges):
    ids, merges = list(text.encode("utf-8")), []
    for i in range(n_merges):
        counts = count_pairs(ids)
        pair = max(counts, key=counts.get)
        if counts[pair] < 2:
            break
        ids = merge(ids, pair, 256 + i)
        merges.append(pair)
    return merges


@wrong("train_bpe", "only the first pair comes back")
def _(text, n_merges):
    ids, merges = list(text.encode("utf-8")), []
    for _ in range(n_merges):
        counts = count_pairs(ids)
        merges.append(max(counts, key=counts.get))
        return merges


@wrong("train_bpe", "too few")
def _(text, n_merges):
    return _trained(text, n_merges - 1)


@wrong("train_bpe", "new id or its count")
def _(text, n_merges):
    return [(pair, 256 + i) for i, pair in enumerate(_trained(text, n_merges))]


@wrong("train_bpe", "list of the merged pairs")
def _(text, n_merges):
    ids = list(text.encode("utf-8"))
    for i, pair in enumerate(_trained(text, n_merges)):
        ids = merge(ids, pair, 256 + i)
    return ids


@right("encode")
def _(text, merges):
    if not merges:
        return list(text.encode())
    *earlier, pair = merges
    return merge(encode(text, earlier), pair, 256 + len(earlier))


@right("encode")
def _(text, merges):
    return functools.reduce(
        lambda ids, step: merge(ids, tuple(step[1]), step[0]), enumerate(merges, 256), [*text.encode()]
    )


@right("encode")
def _(text, merges):
    symbols = text.encode().decode("latin-1")
    for i, (a, b) in enumerate(merges):
        symbols = symbols.replace(chr(a) + chr(b), chr(256 + i))
    return np.array([ord(symbol) for symbol in symbols])


@wrong("encode", "a merge that doesn't occur ends")
def _(text, merges):
    ids = list(text.encode("utf-8"))
    for i, pair in enumerate(merges):
        if pair not in count_pairs(ids):
            break
        ids = merge(ids, pair, 256 + i)
    return ids


@wrong("encode", "a merge that doesn't occur ends")
def _(text, merges):
    ids = list(text.encode("utf-8"))
    for i, pair in enumerate(merges):
        if pair not in count_pairs(ids):
            return ids
        ids = merge(ids, pair, 256 + i)
    return ids


@wrong("encode", "only merges that occur get an id")
def _(text, merges):
    ids, new_id = list(text.encode("utf-8")), 256
    for pair in merges:
        if pair in count_pairs(ids):
            ids = merge(ids, pair, new_id)
            new_id += 1
    return ids


@wrong("encode", "the order in which merges were learned")
def _(text, merges):
    ids = list(text.encode("utf-8"))
    while True:
        known = [pair for pair in zip(ids, ids[1:]) if pair in merges]  # noqa: B905
        if not known:
            return ids
        ids = merge(ids, known[0], 256 + merges.index(known[0]))


@wrong("encode", "makes the id 256")
def _(text, merges):
    ids = list(text.encode("utf-8"))
    for pair in merges:
        ids = merge(ids, pair, 256)
    return ids


@wrong("encode", "257 + i")
def _(text, merges):
    ids = list(text.encode("utf-8"))
    for i, pair in enumerate(merges, 1):
        ids = merge(ids, pair, 256 + i)
    return ids


@wrong("encode", "only the last merge")
def _(text, merges):
    ids = merged = list(text.encode("utf-8"))
    for i, pair in enumerate(merges):
        merged = merge(ids, pair, 256 + i)
    return merged


@wrong("encode", "last merge is left out")
def _(text, merges):
    ids = list(text.encode("utf-8"))
    for i in range(len(merges) - 1):
        ids = merge(ids, merges[i], 256 + i)
    return ids


@wrong("encode", "pairs aren't found")
def _(text, merges):
    ids = list(text.encode("utf-8"))
    for i, pair in enumerate(merges):
        ids = merge(ids, list(pair), 256 + i)
    return ids


@wrong("encode", "only once")
def _(text, merges):
    ids = list(text.encode("utf-8"))
    for i, pair in enumerate(merges):
        for j in range(len(ids) - 1):
            if (ids[j], ids[j + 1]) == pair:
                ids[j : j + 2] = [256 + i]
                break
    return ids


@wrong("count_pairs", "only the first place of an id")
def _(ids):
    counts = {}
    for i in ids[:-1]:
        pair = (i, ids[ids.index(i) + 1])
        counts[pair] = counts.get(pair, 0) + 1
    return counts


@wrong("train_bpe", "pairs overlap: there are two")
def _(text, n_merges):
    def often(ids, pair):
        return len(ids) - len(merge(ids, pair, 256))

    ids, merges = list(text.encode("utf-8")), []
    for i in range(n_merges):
        merges.append(max(count_pairs(ids), key=lambda pair: often(ids, pair)))  # noqa: B023
        ids = merge(ids, merges[-1], 256 + i)
    return merges


@right("decode")
def _(ids, merges):
    pieces = [bytes([i]) for i in range(256)]
    for a, b in merges:
        pieces.append(pieces[a] + pieces[b])
    return b"".join(pieces[i] for i in ids).decode("utf-8", errors="replace")


@right("decode")
def _(ids, merges):
    ids = list(ids)
    for new_id, pair in reversed(list(enumerate(merges, 256))):
        ids = [part for i in ids for part in (pair if i == new_id else (i,))]
    return bytes(ids).decode("utf-8", "replace")


@wrong("decode", "merges build on earlier merges")
def _(ids, merges):
    for i, pair in enumerate(merges):  # first to last: what a merge brings back is not looked at again
        ids = [part for one in ids for part in (pair if one == 256 + i else (one,))]
    return bytes(ids).decode("utf-8", errors="replace")


@wrong("decode", "collect all bytes first")
def _(ids, merges):
    pieces = [chr(i) for i in range(256)]
    for a, b in merges:
        pieces.append(pieces[a] + pieces[b])
    return "".join(pieces[i] for i in ids)


@wrong("decode", 'errors="replace"')
def _(ids, merges):
    pieces = [bytes([i]) for i in range(256)]
    for a, b in merges:
        pieces.append(pieces[a] + pieces[b])
    return b"".join(pieces[i] for i in ids).decode("utf-8")


@wrong("decode", "several: join all bytes first")
def _(ids, merges):
    pieces = [bytes([i]) for i in range(256)]
    for a, b in merges:
        pieces.append(pieces[a] + pieces[b])
    return "".join(pieces[i].decode("utf-8", errors="replace") for i in ids)


@wrong("decode", "swapped")
def _(ids, merges):
    pieces = [bytes([i]) for i in range(256)]
    for a, b in merges:
        pieces.append(pieces[b] + pieces[a])
    return b"".join(pieces[i] for i in ids).decode("utf-8", errors="replace")


def _count(states):
    counts = {}
    for ids in states:
        for pair in zip(ids, ids[1:], strict=False):
            counts[pair] = counts.get(pair, 0) + 1
    return counts


def _merged(ids, pair, new_id):
    done, i = [], 0
    while i < len(ids):
        if tuple(ids[i : i + 2]) == pair:
            done.append(new_id)
            i += 2
        else:
            done.append(ids[i])
            i += 1
    return done


@right("train_on_chunks")
def _(chunks, n_merges):
    states, merges = [list(chunk.encode("utf-8")) for chunk in chunks], []
    while len(merges) < n_merges and (counts := _count(states)):
        pair = min(counts, key=lambda pair: (-counts[pair], pair))
        states = [_merged(ids, pair, 256 + len(merges)) for ids in states]
        merges.append(pair)
    return merges


@right("train_on_chunks")
def _(chunks, n_merges):
    weights = collections.Counter(chunks)  # equal chunks are counted together
    states = {chunk: list(chunk.encode("utf-8")) for chunk in weights}
    merges = {}
    for new_id in range(256, 256 + n_merges):
        counts = collections.Counter()
        for chunk, ids in states.items():
            for pair, n in _count([ids]).items():
                counts[pair] += n * weights[chunk]
        if counts:
            best = sorted(counts, key=lambda pair: (-counts[pair], pair))[0]
            states = {chunk: _merged(ids, best, new_id) for chunk, ids in states.items()}
            merges[best] = new_id
    return merges


@wrong("train_on_chunks", "cross from one chunk into the next")
def _(chunks, n_merges):
    ids, merges = list("".join(chunks).encode("utf-8")), []
    while len(merges) < n_merges and (counts := _count([ids])):
        pair = min(counts, key=lambda pair: (-counts[pair], pair))
        ids = _merged(ids, pair, 256 + len(merges))
        merges.append(pair)
    return merges


@wrong("train_on_chunks", "take the lowest ids")
def _(chunks, n_merges):
    states, merges = [list(chunk.encode("utf-8")) for chunk in chunks], []
    while len(merges) < n_merges and (counts := _count(states)):
        pair = max(counts, key=counts.get)
        states = [_merged(ids, pair, 256 + len(merges)) for ids in states]
        merges.append(pair)
    return merges


@wrong("train_on_chunks", "each occurrence counts")
def _(chunks, n_merges):
    states, merges = [list(chunk.encode("utf-8")) for chunk in dict.fromkeys(chunks)], []
    while len(merges) < n_merges and (counts := _count(states)):
        pair = min(counts, key=lambda pair: (-counts[pair], pair))
        states = [_merged(ids, pair, 256 + len(merges)) for ids in states]
        merges.append(pair)
    return merges


@wrong("train_on_chunks", "put the merged ids back")
def _(chunks, n_merges):
    states, merges = [list(chunk.encode("utf-8")) for chunk in chunks], []
    while len(merges) < n_merges and (counts := _count(states)):
        pair = min(counts, key=lambda pair: (-counts[pair], pair))
        for ids in states:
            ids = _merged(ids, pair, 256 + len(merges))  # noqa: PLW2901
        merges.append(pair)
    return merges


@wrong("merge", "one and the same object")
def _(ids, pair, new_id):
    merged, i = [], 0
    while i < len(ids):
        if i + 1 < len(ids) and ids[i] is pair[0] and ids[i + 1] is pair[1]:
            merged.append(new_id)
            i += 2
        else:
            merged.append(ids[i])
            i += 1
    return merged


@wrong("train_on_chunks", "take the lowest ids")
def _(chunks, n_merges):
    states, merges = [list(chunk.encode()) for chunk in chunks], []
    while len(merges) < n_merges:
        counts = collections.Counter(pair for ids in states for pair in itertools.pairwise(ids))
        if not counts:
            break
        merges.append(min(counts, key=lambda pair: (-counts[pair], pair[0])))
        states = [merge(ids, merges[-1], 255 + len(merges)) for ids in states]
    return merges


@wrong("encode", "gone through only once")
def _(text, merges):
    ids, out, i = list(text.encode("utf-8")), [], 0
    while i < len(ids):
        pair = tuple(ids[i : i + 2])
        if pair in merges:
            out.append(256 + merges.index(pair))
            i += 2
        else:
            out.append(ids[i])
            i += 1
    return out


def _opened(passes):
    """An answer that takes merged ids apart a fixed number of times."""

    def answer(ids, merges):
        for _ in range(passes):
            ids = [part for i in ids for part in (merges[i - 256] if i > 255 else (i,))]
        return bytes(ids).decode("utf-8", errors="replace")

    return answer


wrong("decode", "take larger ids apart")(_opened(3))
wrong("decode", "take larger ids apart")(_opened(10))


def _counting(count):
    """An answer that counts the pairs of each chunk's ids in its own way."""

    def answer(chunks, n_merges):
        states, merges = [list(chunk.encode()) for chunk in chunks], []
        while len(merges) < n_merges:
            counts = collections.Counter(pair for ids in states for pair in count(ids))
            if not counts:
                break
            merges.append(min(counts, key=lambda pair: (-counts[pair], pair)))
            states = [merge(ids, merges[-1], 255 + len(merges)) for ids in states]
        return merges

    return answer


def _pairs_apart(ids):
    """The pairs of which none overlaps the one before it, if both are alike."""
    pairs, i = [], 0
    while i < len(ids) - 1:
        pairs.append((ids[i], ids[i + 1]))
        i += 2 if ids[i : i + 3] == ids[i : i + 1] * 3 else 1
    return pairs


right("train_on_chunks")(_counting(itertools.pairwise))
wrong("train_on_chunks", "what is special about the case")(_counting(lambda ids: set(itertools.pairwise(ids))))
wrong("train_on_chunks", "what is special about the case")(_counting(_pairs_apart))


(
    test_right_answers_of_any_design_pass,
    test_typical_wrong_answers_get_their_own_message,
    test_every_check_tells_at_least_four_wrong_answers_apart,
) = CASES.tests()
