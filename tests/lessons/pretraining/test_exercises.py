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


@wrong("bigram_counts", "as large as the ids seen")
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


@wrong("causal_mask", "right in")
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


@wrong("cross_entropy", "large logits overflow")
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


@right("next_token_targets")
def _(ids):
    return torch.tensor(ids).unfold(0, 2, 1).T


@right("next_token_targets")
def _(ids):
    return iter(ids[:-1]), (ids[i] for i in range(1, len(ids)))


@right("next_token_targets")
def _(ids):
    _, *targets = ids
    *inputs, _ = ids
    return {"inputs": inputs, "targets": targets}.values()


@wrong("next_token_targets", "only the targets")
def _(ids):
    return [ids[i + 1] for i in range(len(ids) - 1)]


@wrong("next_token_targets", "only the inputs")
def _(ids):
    return ids[:-1]


@wrong("next_token_targets", "a target of its own")
def _(ids):
    return ids[:-1], ids[-1]


@wrong("next_token_targets", "only the last id is a target")
def _(ids):
    return ids[:-1], [ids[-1]]


@wrong("next_token_targets", "one target too many")
def _(ids):
    return ids[:-1], ids


@wrong("next_token_targets", "one target too few")
def _(ids):
    return ids[:-1], ids[1:-1]


@wrong("next_token_targets", "last lesson is lost")
def _(ids):
    inputs, targets = [], []
    for i in range(len(ids) - 2):
        inputs.append(ids[i])
        targets.append(ids[i + 1])
    return inputs, targets


@wrong("next_token_targets", "both are the targets")
def _(ids):
    return ids[1:], ids[1:]


@wrong("next_token_targets", "nothing is shifted")
def _(ids):
    return ids[:-1], ids[:-1]


@wrong("next_token_targets", "made-up target")
def _(ids):
    return ids, ids[1:] + [0]


@wrong("next_token_targets", "made-up target")
def _(ids):
    return ids, [*ids[1:], -100]


@wrong("next_token_targets", "two halves")
def _(ids):
    middle = len(ids) // 2
    return ids[:middle], ids[middle:]


@wrong("next_token_targets", "wraps round")
def _(ids):
    return ids, [ids[(i + 1) % len(ids)] for i in range(len(ids))]


@wrong("next_token_targets", "two places")
def _(ids):
    return ids[:-1], ids[2:]


@right("bigram_counts")
def _(ids, vocab_size):
    pairs = list(zip(ids, ids[1:]))  # noqa: B905
    return [[pairs.count((a, b)) for b in range(vocab_size)] for a in range(vocab_size)]


@right("bigram_counts")
def _(ids, vocab_size):
    seen = F.one_hot(torch.tensor(ids, dtype=torch.long), vocab_size).to(torch.bfloat16)
    return seen[:-1].T @ seen[1:]


@right("bigram_counts")
def bigram_counts(ids, vocab_size):
    if len(ids) < 2:
        return np.zeros((vocab_size, vocab_size), dtype=np.int16)
    counts = bigram_counts(ids[1:], vocab_size)
    counts[ids[0], ids[1]] += 1
    return counts


@wrong("bigram_counts", "one and the same list")
def _(ids, vocab_size):
    counts = [[0] * vocab_size] * vocab_size
    for a, b in zip(ids, ids[1:]):  # noqa: B905
        counts[a][b] += 1
    return counts


@wrong("bigram_counts", "marked once")
def _(ids, vocab_size):
    counts = [[0] * vocab_size for _ in range(vocab_size)]
    for a, b in zip(ids, ids[1:]):  # noqa: B905
        counts[a][b] =+ 1  # fmt: skip
    return counts


@wrong("bigram_counts", "takes them for places")
def _(ids, vocab_size):
    counts = torch.zeros(vocab_size, vocab_size)
    for i in ids:
        counts[ids[i], ids[i + 1]] += 1
    return counts


@wrong("bigram_counts", "isn't a circle")
def _(ids, vocab_size):
    counts = torch.zeros(vocab_size, vocab_size)
    for i in range(len(ids)):
        counts[ids[i - 1], ids[i]] += 1
    return counts


@wrong("bigram_counts", "first pair is missing")
def _(ids, vocab_size):
    counts = torch.zeros(vocab_size, vocab_size)
    for i in range(1, len(ids) - 1):
        counts[ids[i], ids[i + 1]] += 1
    return counts


@wrong("bigram_counts", "both directions")
def _(ids, vocab_size):
    counts = torch.zeros(vocab_size, vocab_size)
    for a, b in zip(ids, ids[1:]):  # noqa: B905
        counts[a, b] += 1
        counts[b, a] += 1
    return counts


@wrong("bigram_counts", "one too high")
def _(ids, vocab_size):
    counts = torch.ones(vocab_size, vocab_size)
    for a, b in zip(ids, ids[1:]):  # noqa: B905
        counts[a, b] += 1
    return counts


@wrong("bigram_counts", "give it `vocab_size` rows")
def _(ids, vocab_size):
    size = len(set(ids))
    counts = torch.zeros(size, size)
    for a, b in zip(ids, ids[1:]):  # noqa: B905
        counts[a, b] += 1
    return counts


@wrong("bigram_counts", "shares")
def _(ids, vocab_size):
    counts = torch.zeros(vocab_size, vocab_size)
    for a, b in zip(ids, ids[1:]):  # noqa: B905
        counts[a, b] += 1
    return counts / counts.sum(1, keepdim=True)


@wrong("bigram_counts", "every second pair")
def _(ids, vocab_size):
    counts = torch.zeros(vocab_size, vocab_size)
    for i in range(0, len(ids) - 1, 2):
        counts[ids[i], ids[i + 1]] += 1
    return counts


@wrong("bigram_counts", "each id is paired with itself")
def _(ids, vocab_size):
    counts = torch.zeros(vocab_size, vocab_size)
    for a, b in zip(ids, ids):  # noqa: B905
        counts[a, b] += 1
    return counts


@wrong("bigram_counts", "nothing is counted")
def _(ids, vocab_size):
    counts = torch.zeros(vocab_size, vocab_size)
    for a, b in zip(ids, ids[1:]):  # noqa: B905
        counts[a][b] + 1  # noqa: B018
    return counts


@wrong("bigram_counts", "Return a matrix")
def _(ids, vocab_size):
    counts = {}
    for pair in zip(ids, ids[1:]):  # noqa: B905
        counts[pair] = counts.get(pair, 0) + 1
    return counts


@right("causal_mask")
def _(T):
    return ~torch.ones(T, T).triu(1).bool()


@right("causal_mask")
def _(T):
    return [[True] * (row + 1) + [False] * (T - row - 1) for row in range(T)]


@right("causal_mask")
def causal_mask(T):
    if T == 0:
        return []
    return [row + [0] for row in causal_mask(T - 1)] + [[1] * T]


@right("causal_mask")
def _(T):
    return torch.eye(T).cumsum(0).T.flip(0, 1)


@wrong("causal_mask", "wrong corner")
def _(T):
    return [[1] * (T - row) + [0] * row for row in range(T)]


@wrong("causal_mask", "wrong corner")
def _(T):
    return np.fliplr(np.tril(np.ones((T, T))))


@wrong("causal_mask", "looks back one step only")
def _(T):
    return [[key in (query - 1, query) for key in range(T)] for query in range(T)]


@wrong("causal_mask", "one step ahead")
def _(T):
    return [[key <= query + 1 for key in range(T)] for query in range(T)]


@wrong("causal_mask", "all its rows are one list")
def _(T):
    mask = [[False] * T] * T
    for query in range(T):
        for key in range(query + 1):
            mask[query][key] = True
    return mask


@wrong("causal_mask", "only at itself")
def _(T):
    return np.eye(T, dtype=bool)


@wrong("causal_mask", "averaging weights")
def _(T):
    mask = torch.tril(torch.ones(T, T))
    return mask / mask.sum(1, keepdim=True)


@wrong("causal_mask", "every cell is False")
def _(T):
    mask = torch.zeros(T, T, dtype=torch.bool)
    mask.logical_or(torch.ones(T, T).tril().bool())
    return mask


@wrong("causal_mask", "added to the scores")
def _(T):
    return torch.zeros(T, T).masked_fill(torch.ones(T, T).triu(1) == 1, -1e9)


@wrong("causal_mask", "rows of yours differ")
def _(T):
    return [[True] * (row + 1) for row in range(T)]


@right("cross_entropy")
def _(logits, target):
    x = logits.numpy().astype(np.float64)
    return np.log(np.exp(x - x.max()).sum()) + x.max() - x[target]


@right("cross_entropy")
def _(logits, target):
    return [torch.logsumexp(logits, 0, keepdim=True) - logits[target]]


@right("cross_entropy")
def _(logits, target):
    return (
        math.log(sum(math.exp(min(x - logits[target], 700)) for x in logits.tolist()))
        if max(logits - logits[target]) < 700
        else max(logits - logits[target])
    )


@wrong("cross_entropy", "logarithm is missing")
def _(logits, target):
    return F.nll_loss(logits.softmax(0)[None], torch.tensor([target]))


@wrong("cross_entropy", "1 − p")
def _(logits, target):
    return 1 - logits.softmax(0)[target]


@wrong("cross_entropy", "sign is missing")
def _(logits, target):
    return torch.log(logits.softmax(0)[target])


@wrong("cross_entropy", "base 10")
def _(logits, target):
    return -torch.log10(logits.softmax(0)[target])


@wrong("cross_entropy", "hides that it was rounded")
def _(logits, target):
    return -torch.log(torch.softmax(logits, 0)[target] + 1e-9)


@wrong("cross_entropy", "hides that it was rounded")
def _(logits, target):
    return -torch.softmax(logits, 0).clamp(min=1e-12)[target].log()


@wrong("cross_entropy", "rounded to 0")
def _(logits, target):
    return -math.log(torch.softmax(logits, dim=0)[target])


@wrong("cross_entropy", "overflow")
def _(logits, target):
    return torch.log(torch.exp(logits).sum()) - logits[target]


@wrong("cross_entropy", "softmax is applied twice")
def _(logits, target):
    return F.cross_entropy(logits.softmax(0), torch.tensor(target))


@wrong("cross_entropy", "mean over all tokens")
def _(logits, target):
    return -F.log_softmax(logits, 0).mean()


@wrong("cross_entropy", "loss of the largest logit")
def _(logits, target):
    return -F.log_softmax(logits, 0).max()


@wrong("cross_entropy", "not given back")
def _(logits, target):
    return torch.exp(logits - logits.max()).sum().log() - logits[target]


@wrong("cross_entropy", "largest one only")
def _(logits, target):
    return logits.max() - logits[target]


@wrong("cross_entropy", "exponentials are missing")
def _(logits, target):
    return -torch.log(logits[target] / logits.sum())


@right("attention")
def _(q, k, v):
    return F.scaled_dot_product_attention(q[None], k[None], v[None], is_causal=True)[0].double()


@right("attention")
def _(q, k, v):
    q, k, v = q.numpy(), k.numpy(), v.numpy()
    scores = np.einsum("id,jd->ij", q, k) / np.sqrt(q.shape[1])
    weights = np.exp(scores - scores.max()) * np.tri(len(q))
    return weights / weights.sum(1, keepdims=True) @ v


@right("attention")
def _(q, k, v):
    scores = q @ k.T * q.shape[-1] ** -0.5 - 1e9 * torch.ones(len(q), len(q)).triu(1)
    return torch.stack(list(scores.softmax(1) @ v)).tolist()


@wrong("attention", "0 × −∞ is nan")
def _(q, k, v):
    mask = torch.ones(len(q), len(q)).triu(1)
    return (q @ k.T / q.shape[1] ** 0.5 + mask * float("-inf")).softmax(-1) @ v


@wrong("attention", "plus infinity")
def _(q, k, v):
    return _attended(q, k, v, hide=float("inf"))


@wrong("attention", "the mask is inverted")
def _(q, k, v):
    mask = torch.tril(torch.ones(len(q), len(q), dtype=torch.bool))
    return (q @ k.T / q.shape[1] ** 0.5).masked_fill(mask, float("-inf")).softmax(-1) @ v


@wrong("attention", "look into the future")
def _(q, k, v):
    mask = torch.triu(torch.ones(len(q), len(q), dtype=torch.bool))
    return (q @ k.T / q.shape[1] ** 0.5).masked_fill(~mask, float("-inf")).softmax(-1) @ v


@wrong("attention", "keep the diagonal")
def _(q, k, v):
    mask = torch.triu(torch.ones(len(q), len(q), dtype=torch.bool))
    return (q @ k.T / q.shape[1] ** 0.5).masked_fill(mask, float("-inf")).softmax(-1) @ v


@wrong("attention", "exp(0) is 1")
def _(q, k, v):
    return torch.tril(q @ k.T / math.sqrt(q.shape[1])).softmax(-1) @ v


@wrong("attention", "these are the scores")
def _(q, k, v):
    return q @ k.T / q.shape[1] ** 0.5


@wrong("attention", "attention weights")
def _(q, k, v):
    return _attended(q, k, torch.eye(len(q)))


@wrong("attention", "softmax is missing")
def _(q, k, v):
    return torch.tril(q @ k.T / q.shape[1] ** 0.5) @ v


@wrong("attention", "aren't divided by their sum")
def _(q, k, v):
    return torch.exp(q @ k.T / q.shape[1] ** 0.5).tril() @ v


@wrong("attention", "plain average")
def _(q, k, v):
    return torch.stack([v[: i + 1].mean(0) for i in range(len(v))])


@wrong("attention", "k and v are swapped")
def _(q, k, v):
    return _attended(q, v, k)


@wrong("attention", "square root of T")
def _(q, k, v):
    return _attended(q, k, v, scale=math.sqrt(len(q)))


@wrong("attention", "divide the scores, before")
def _(q, k, v):
    return _attended(q, k, v, scale=1) / math.sqrt(q.shape[1])


@wrong("attention", "down the columns")
def _(q, k, v):
    return (q @ k.T / math.sqrt(q.shape[1])).softmax(0) @ v


@wrong("attention", "the mask is missing")
def _(q, k, v):
    return torch.softmax(q @ k.T, dim=-1) @ v


@wrong("attention", "yours was a tuple of 2")
def _(q, k, v):
    weights = _attended(q, k, torch.eye(len(q)))
    return weights @ v, weights


@wrong("next_token_targets", "only the first place of an id")
def _(ids):
    return ids[:-1], [ids[ids.index(i) + 1] for i in ids[:-1]]


@wrong("bigram_counts", "only the first place of an id")
def _(ids, vocab_size):
    counts = torch.zeros(vocab_size, vocab_size)
    for i in ids[:-1]:
        counts[i, ids[ids.index(i) + 1]] += 1
    return counts


@wrong("attention", "powers come first")
def _(q, k, v):
    return _attended(q, k, v, scale=q.shape[1] ** 1 / 2)


@wrong("attention", "powers come first")
def _(q, k, v):
    scores = q @ k.T / q.shape[1] ** 1 / 2
    return scores.masked_fill(torch.ones(len(q), len(q)).tril() == 0, -1e9).softmax(-1) @ v


@wrong("cross_entropy", "belongs to the exponentials")
def _(logits, target):
    return -torch.log(torch.exp(logits[target]) / torch.exp(logits)).sum()


@wrong("next_token_targets", "takes out the first place")
def _(ids):
    inputs = list(ids)
    inputs.remove(ids[-1])
    return inputs, ids[1:]


@wrong("next_token_targets", "what is special about the case")
def _(ids):
    return [i for i in ids if i != ids[-1]], ids[1:]


@wrong("next_token_targets", "what is special about the case")
def _(ids):
    return ids[: ids.index(ids[-1])], ids[1:]


@right("bigram_counts")
def _(ids, vocab_size):
    a, v = torch.tensor(ids), vocab_size
    return torch.bincount(a[:-1] * v + a[1:], minlength=v * v).reshape(v, v)


@right("bigram_counts")
def _(ids, vocab_size):
    a = torch.tensor(ids)
    return F.one_hot(a[:-1], vocab_size).T @ F.one_hot(a[1:], vocab_size)


@right("bigram_counts")
def _(ids, vocab_size):
    a, counts = np.array(ids), np.zeros((vocab_size, vocab_size), dtype=int)
    np.add.at(counts, (a[:-1], a[1:]), 1)
    return counts


@wrong("attention", "what is special about the case")
def _(q, k, v):  # hides every score of 0, be it of the past
    scores = (q @ k.T / math.sqrt(q.shape[1])).tril()
    return scores.masked_fill(scores == 0, float("-inf")).softmax(-1) @ v


(
    test_right_answers_of_any_design_pass,
    test_typical_wrong_answers_get_their_own_message,
    test_every_check_tells_at_least_four_wrong_answers_apart,
) = CASES.tests()
