"""Exercises on sampling: right answers of any design pass, typical wrong ones get their own message."""

import bisect
import itertools
import math

import numpy as np
import torch
from exercise_cases import Cases

from pocketgpt.sampling.distribution import next_token_distribution, token_at
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


@right("softmax_with_temperature")
def _(logits, temperature):
    x = logits.numpy() / np.float32(temperature)
    return np.exp(x - np.logaddexp.reduce(x))


@right("softmax_with_temperature")
def _(logits, temperature):
    powers = torch.softmax(logits.double(), 0) ** (1 / temperature)
    return (powers / powers.sum()).tolist()


@right("softmax_with_temperature")
def _(logits, temperature):
    return (1 / sum(math.exp(min((y - x) / temperature, 500)) for y in logits.tolist()) for x in logits.tolist())


@wrong("softmax_with_temperature", "multiplied")
def _(logits, temperature):
    e = torch.exp(logits * temperature)
    return e / e.sum()


@wrong("softmax_with_temperature", "no effect")
def _(logits, temperature):
    e = torch.exp(logits)
    return e / e.sum()


@wrong("softmax_with_temperature", "no effect")
def _(logits, temperature):
    p = logits.softmax(0) / temperature
    return p / p.sum()


@wrong("softmax_with_temperature", "softmax is applied twice: divide")
def _(logits, temperature):
    return (logits.softmax(0) / temperature).softmax(0)


@wrong("softmax_with_temperature", "softmax is applied twice: once")
def _(logits, temperature):
    return torch.softmax(torch.softmax(logits / temperature, 0), 0)


@wrong("softmax_with_temperature", "something else than their own sum")
def _(logits, temperature):
    return torch.exp(logits / temperature) / torch.exp(logits).sum()


@wrong("softmax_with_temperature", "something else than their own sum")
def _(logits, temperature):
    z = logits - logits.max()
    return torch.exp(z / temperature) / torch.exp(z).sum()


@wrong("softmax_with_temperature", "raised to a power")
def _(logits, temperature):
    return logits.softmax(0) ** (1 / temperature)


@wrong("softmax_with_temperature", "take `exp` of them first")
def _(logits, temperature):
    scaled = logits / temperature
    return scaled / scaled.sum()


@wrong("softmax_with_temperature", "softmax is missing")
def _(logits, temperature):
    return [x / temperature for x in logits.tolist()]


@wrong("softmax_with_temperature", "take `exp` of them.")
def _(logits, temperature):
    return torch.log_softmax(logits / temperature, 0)


@wrong("softmax_with_temperature", "squashed by itself")
def _(logits, temperature):
    return torch.sigmoid(logits / temperature)


@wrong("softmax_with_temperature", "divided by their sum, so")
def _(logits, temperature):
    z = (logits - logits.max()) / temperature
    return torch.exp(z)


@wrong("softmax_with_temperature", "large logits overflow")
def _(logits, temperature):
    scaled = [math.exp(x / temperature) for x in logits.tolist()]
    return [x / sum(scaled) for x in scaled]


@right("top_k")
def _(probs, k):
    p = probs.numpy().copy()
    p[np.argsort(-p)[k:]] = 0
    return p / p.sum()


@right("top_k")
def _(probs, k):
    ranks = probs.argsort(descending=True).argsort()
    return torch.where(ranks < k, probs.log(), float("-inf")).softmax(0)


@right("top_k")
def _(probs, k):
    values, places = probs.topk(k)
    return torch.zeros(len(probs)).scatter(0, places, values / values.sum()).unbind()


@wrong("top_k", "carried back to the tokens' places")
def _(probs, k):
    order = probs.argsort(descending=True)
    keep = torch.arange(len(probs)) < k  # in the order of `order`
    kept = torch.where(keep, probs, 0)
    return kept / kept.sum() if len(order) else kept


@wrong("top_k", "taken for the ranks")
def _(probs, k):
    kept = torch.where(probs.argsort(descending=True) < k, probs, 0)
    return kept / kept.sum()


@wrong("top_k", "least probable")
def _(probs, k):
    kept = torch.zeros_like(probs)
    places = probs.argsort()[:k]
    kept[places] = probs[places]
    return kept / kept.sum()


@wrong("top_k", "one token too many")
def _(probs, k):
    kept = probs.clone()
    kept[probs.argsort(descending=True)[k + 1 :]] = 0
    return kept / kept.sum()


@wrong("top_k", "one token too many")
def _(probs, k):
    kept = torch.where(probs >= probs.sort(descending=True).values[k], probs, 0)
    return kept / kept.sum()


@wrong("top_k", "only the kept")
def _(probs, k):
    return probs[probs >= probs.topk(k).values[-1]]


@wrong("top_k", "ids of the kept")
def _(probs, k):
    return probs.topk(k).indices


@wrong("top_k", "this is the mask")
def _(probs, k):
    return probs >= probs.topk(k).values[-1]


@wrong("top_k", "flattens them")
def _(probs, k):
    return torch.where(probs >= probs.topk(k).values[-1], probs, float("-inf")).softmax(0)


@wrong("top_k", "flattens them")
def _(probs, k):
    return torch.where(probs >= probs.topk(k).values[-1], probs, 0).softmax(0)


@wrong("top_k", "the same share")
def _(probs, k):
    return (probs >= probs.topk(k).values[-1]) / k


@wrong("top_k", "don't add up to 1")
def _(probs, k):
    return torch.where(probs >= probs.topk(k).values[-1], probs, 0) / k


@wrong("top_k", "and the others removed")
def _(probs, k):
    kept = probs.clone()
    kept[probs.topk(k).indices] = 0
    return kept / kept.sum()


@wrong("top_k", "nothing is removed")
def _(probs, k):
    kept = probs.clone()
    kept[probs < probs.min()] = 0
    return kept / kept.sum()


@right("top_p")
def _(probs, p):
    x = probs.numpy().astype(float)
    order = np.argsort(-x)
    size = np.searchsorted(np.cumsum(x[order]), p - 1e-6) + 1
    kept = np.where(np.isin(np.arange(len(x)), order[:size]), x, 0)
    return kept / kept.sum()


@right("top_p")
def _(probs, p):
    more = (probs[None] > probs[:, None]) | (
        (probs[None] == probs[:, None]) & torch.ones(len(probs), len(probs)).tril(-1).bool()
    )
    kept = probs * (more.float() @ probs < p - 1e-6)
    return kept / kept.sum()


@right("top_p")
def _(probs, p):
    for k in range(1, len(probs) + 1):
        values, places = probs.topk(k)
        if values.sum() > p - 1e-6:
            return [x / sum(values) if i in places else 0 for i, x in enumerate(probs)]


@wrong("top_p", "carry it back")
def _(probs, p):
    values = probs.sort(descending=True).values
    mask = values.cumsum(0) - values < p
    kept = probs * mask
    return kept / kept.sum()


@wrong("top_p", "reaches p is removed")
def _(probs, p):
    values, order = probs.sort(descending=True)
    mask = values.cumsum(0) < p
    mask[0] = True
    kept = torch.zeros_like(probs).scatter(0, order, values * mask)
    return kept / kept.sum()


@wrong("top_p", "reaches p is removed")
def _(probs, p):
    kept, total = torch.zeros_like(probs), 0.0
    for i in probs.argsort(descending=True):
        if total + probs[i] >= p:
            break
        kept[i] = probs[i]
        total += probs[i]
    return kept / kept.sum()


@wrong("top_p", "reached p exactly")
def _(probs, p):
    values, order = probs.sort(descending=True)
    remove = values.cumsum(0) > p + 1e-6
    remove[1:] = remove[:-1].clone()
    remove[0] = False
    kept = probs.clone()
    kept[order[remove]] = 0
    return kept / kept.sum()


@wrong("top_p", "one token too many")
def _(probs, p):
    values, order = probs.sort(descending=True)
    size = int((values.cumsum(0) < p - 1e-6).sum()) + 2
    kept = torch.zeros_like(probs)
    kept[order[:size]] = values[:size]
    return kept / kept.sum()


@wrong("top_p", "this is min-p")
def _(probs, p):
    kept = torch.where(probs >= p * probs.max(), probs, 0)
    return kept / kept.sum()


@wrong("top_p", "as they stand")
def _(probs, p):
    kept = torch.where(probs.cumsum(0) <= p + 1e-6, probs, 0)
    return kept / kept.sum()


@wrong("top_p", "least probable")
def _(probs, p):
    values, order = probs.sort()
    values[values.cumsum(0) - values >= p] = 0
    kept = torch.zeros_like(probs).scatter(0, order, values)
    return kept / kept.sum()


@wrong("top_p", "only the kept")
def _(probs, p):
    values = probs.sort(descending=True).values
    kept = values[values.cumsum(0) - values < p]
    return kept / kept.sum()


@wrong("top_p", "only the most probable token")
def _(probs, p):
    kept, total = torch.zeros_like(probs), 0.0
    for i in probs.argsort(descending=True):
        kept[i] = probs[i]
        total += probs[i]
        return kept / kept.sum()


@wrong("top_p", "flattens them")
def _(probs, p):
    values, order = probs.sort(descending=True)
    values[values.cumsum(0) - values >= p] = float("-inf")
    return torch.zeros_like(probs).scatter(0, order, values.softmax(0))


@right("min_p")
def _(probs, p):
    kept = [float(q) * (q / max(probs) >= p) for q in probs]
    return [q / sum(kept) for q in kept]


@right("min_p")
def _(probs, p):
    x = probs.numpy()
    return np.ma.masked_less(x, np.float32(p) * x.max()).filled(0) / x[x >= np.float32(p) * x.max()].sum()


@right("min_p")
def _(probs, p):
    kept = probs.bfloat16().masked_fill(probs < p * probs.max(), 0)
    return kept / kept.sum()


@wrong("min_p", "taken for the most probable")
def _(probs, p):
    kept = torch.where(probs >= p * probs[0], probs, 0)
    return kept / kept.sum()


@wrong("min_p", "times the average")
def _(probs, p):
    kept = torch.where(probs >= p * probs.mean(), probs, 0)
    return kept / kept.sum()


@wrong("min_p", "multiply, don't subtract")
def _(probs, p):
    kept = torch.where(probs >= probs.max() - p, probs, 0)
    return kept / kept.sum()


@wrong("min_p", "(1 − p)")
def _(probs, p):
    kept = torch.where(probs >= (1 - p) * probs.max(), probs, 0)
    return kept / kept.sum()


@wrong("min_p", "divided by p")
def _(probs, p):
    kept = torch.where(probs >= probs.max() / p, probs, 0)
    return kept / kept.sum()


@wrong("min_p", "this is top-p")
def _(probs, p):
    values, order = probs.sort(descending=True)
    values[values.cumsum(0) - values >= p] = 0
    kept = torch.zeros_like(probs).scatter(0, order, values)
    return kept / kept.sum()


@wrong("min_p", "threshold is p itself")
def _(probs, p):
    return [float(q) if q > p else 0 for q in probs]


@wrong("min_p", "nothing is removed")
def _(probs, p):
    kept = torch.where(probs >= p * probs.min(), probs, 0)
    return kept / kept.sum()


@wrong("min_p", "keep its place")
def _(probs, p):
    values = probs.sort(descending=True).values
    values[values < p * values[0]] = 0
    return values / values.sum()


@wrong("min_p", "this is the mask")
def _(probs, p):
    return probs >= p * probs.max()


@wrong("min_p", "only the most probable token")
def _(probs, p):
    kept = torch.where(probs >= probs.max(), probs, 0)
    return kept / kept.sum()


@right("sample")
def _(probs, u):
    return bisect.bisect_right(list(itertools.accumulate(probs.tolist())), u)


@right("sample")
def _(probs, u):
    return [int(np.sum(np.cumsum(probs.numpy()) <= u))]


@right("sample")
def sample(probs, u):
    return 0 if u < probs[0] else 1 + sample(probs[1:], u - probs[0])


@right("sample")
def _(probs, u):
    return np.float32(torch.searchsorted(probs.cumsum(0), u, right=True).item())


@wrong("sample", "by itself")
def _(probs, u):
    for i, p in enumerate(probs):
        if u < p:
            return i


@wrong("sample", "before you compare")
def _(probs, u):
    total = 0
    for i, p in enumerate(probs):
        if total > u:
            return i
        total += p
    return len(probs) - 1


@wrong("sample", "one too low")
def _(probs, u):
    return int((probs.cumsum(0) <= u).sum()) - 1


@wrong("sample", "one too low")
def _(probs, u):
    total = last = 0
    for i, p in enumerate(probs):
        total += p
        if total > u:
            return last
        last = i
    return last


@wrong("sample", "probability 0 can be drawn")
def _(probs, u):
    return int((probs.cumsum(0) < u).sum())


@wrong("sample", "this is the running total")
def _(probs, u):
    total = 0
    for p in probs:
        total += p
        if total > u:
            return total


@wrong("sample", "counts the totals above u")
def _(probs, u):
    return (probs.cumsum(0) > u).sum()


@wrong("sample", "the last index")
def _(probs, u):
    total = 0
    for i, p in enumerate(probs):
        total += p
        if total > u:
            found = i
    return found


@wrong("sample", "sorted first")
def _(probs, u):
    values, order = probs.sort(descending=True)
    return order[(values.cumsum(0) > u).int().argmax()]


@wrong("sample", "sorted first")
def _(probs, u):
    return (probs.sort(descending=True).values.cumsum(0) > u).int().argmax()


@wrong("sample", "all indices")
def _(probs, u):
    return (probs.cumsum(0) > u).nonzero()


@wrong("sample", "nearest to u is taken")
def _(probs, u):
    return (probs.cumsum(0) - u).abs().argmin()


@wrong("sample", "from the last token")
def _(probs, u):
    total = 0
    for i in reversed(range(len(probs))):
        total += probs[i]
        if total > u:
            return i


@wrong("softmax_with_temperature", "with brackets round")
def _(logits, temperature):
    z = torch.exp(logits - logits.max() / temperature)
    return z / z.sum()


@wrong("top_k", "go by places, not by values")
def _(probs, k):
    p = probs.tolist()
    kept = [0.0] * len(p)
    for value in sorted(p, reverse=True)[:k]:
        kept[p.index(value)] = value
    return [value / sum(kept) for value in kept]


@wrong("top_p", "go by places, not by values")
def _(probs, p):
    values, kept, total = probs.tolist(), [0.0] * len(probs), 0.0
    for value in sorted(values, reverse=True):
        if total > p - 1e-6:
            break
        kept[values.index(value)] = value
        total += value
    return [value / total for value in kept]


@wrong("top_p", "and the others removed")
def _(probs, p):
    values, order = probs.sort(descending=True)
    before = values.cumsum(0) - values
    kept = torch.zeros_like(probs).scatter(0, order, values * (before > p))
    return kept / kept.sum()


@wrong("min_p", "and the others removed")
def _(probs, p):
    kept = torch.where(probs <= p * probs.max(), probs, 0)
    return kept / kept.sum()


@wrong("sample", "wait until it is above u")
def _(probs, u):
    total = 0
    for i, p in enumerate(probs):
        total += p
        if total < u:
            return i


@wrong("sample", "`index` finds the first")
def _(probs, u):
    total = 0
    for p in probs.tolist():
        total += p
        if total > u:
            return probs.tolist().index(p)


def _bent(logits, temperature, p):
    """The distribution that `write` draws from, by the system's own filters."""
    return next_token_distribution(torch.as_tensor(logits, dtype=torch.float64), temperature, top_p=p)


@right("write")
def _(ask, ids, luck, temperature, p, end):
    ids = list(ids)
    for u in luck:
        ids.append(int(token_at(_bent(ask(ids), temperature, p), torch.tensor([u], dtype=torch.float64))))
        if ids[-1] == end:
            break
    return ids


@right("write")
def write(ask, ids, luck, temperature, p, end):
    if not luck:
        return torch.tensor(ids)
    probs = _bent(ask(ids), temperature, p).tolist()
    token = next(i for i, total in enumerate(itertools.accumulate(probs)) if total > luck[0])
    return write(ask, [*ids, token], luck[1:] if token != end else [], temperature, p, end)


@wrong("write", "real prompts begin with one")
def write_unless_ended(ask, ids, luck, temperature, p, end):
    if not luck or (ids and ids[-1] == end):
        return torch.tensor(ids)
    return write_unless_ended(
        ask, write(ask, ids, luck[:1], temperature, p, end).tolist(), luck[1:], temperature, p, end
    )


@wrong("write", "real prompts begin with one")
def _(ask, ids, luck, temperature, p, end):
    ids = list(ids)
    for u in luck:
        ids = write(ask, [*ids], [u], temperature, p, None).tolist()
        if end in ids:
            break
    return ids


@wrong("write", "the last token alone")
def _(ask, ids, luck, temperature, p, end):
    ids, asked = list(ids), ids
    for u in luck:
        ids.append(int(token_at(_bent(ask(asked), temperature, p), torch.tensor([u], dtype=torch.float64))))
        asked = ids[-1:]
        if ids[-1] == end:
            break
    return ids


@wrong("write", "luck plays no part")
def _(ask, ids, luck, temperature, p, end):
    ids = list(ids)
    for _ in luck:
        ids.append(int(ask(ids).argmax()))
        if ids[-1] == end:
            break
    return ids


@wrong("write", "changes its input")
def _(ask, ids, luck, temperature, p, end):
    for u in luck:
        ids.append(int(token_at(_bent(ask(ids), temperature, p), torch.tensor([u], dtype=torch.float64))))
        if ids[-1] == end:
            break
    return ids


@wrong("write", "asked about the same ids")
def _(ask, ids, luck, temperature, p, end):
    probs, new = _bent(ask(ids), temperature, p), []
    for u in luck:
        new.append(int(token_at(probs, torch.tensor([u], dtype=torch.float64))))
        if new[-1] == end:
            break
    return ids + new


@wrong("write", "goes on after the end")
def _(ask, ids, luck, temperature, p, end):
    for u in luck:
        ids = [*ids, int(token_at(_bent(ask(ids), temperature, p), torch.tensor([u], dtype=torch.float64)))]
    return ids


@wrong("write", "the end itself is missing")
def _(ask, ids, luck, temperature, p, end):
    for u in luck:
        token = int(token_at(_bent(ask(ids), temperature, p), torch.tensor([u], dtype=torch.float64)))
        if token == end:
            break
        ids = [*ids, token]
    return ids


@wrong("write", "one token is written")
def _(ask, ids, luck, temperature, p, end):
    for u in luck:
        return [*ids, int(token_at(_bent(ask(ids), temperature, p), torch.tensor([u], dtype=torch.float64)))]
    return ids


@wrong("write", "temperature has no effect")
def _(ask, ids, luck, temperature, p, end):
    for u in luck:
        ids = [*ids, int(token_at(_bent(ask(ids), 1.0, p), torch.tensor([u], dtype=torch.float64)))]
        if ids[-1] == end:
            return ids
    return ids


(
    test_right_answers_of_any_design_pass,
    test_typical_wrong_answers_get_their_own_message,
    test_every_check_tells_at_least_four_wrong_answers_apart,
) = CASES.tests()
