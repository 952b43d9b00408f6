"""Exercises of notebook 03, sampling: temperature, three filters of a distribution, and drawing from one."""

import torch

from pocketgpt_lessons.classroom import answer_values
from pocketgpt_lessons.classroom.exercises import Exercise, Mistake


def _float64(values) -> torch.Tensor:
    return torch.as_tensor(values, dtype=torch.float64)


def _softmax(logits) -> torch.Tensor:
    return torch.log_softmax(_float64(logits), 0).exp()


SOFTMAX_WITH_TEMPERATURE = Exercise(
    name="softmax_with_temperature",
    signature="softmax_with_temperature(logits, temperature)",
    task="Divide the logits (a 1-D tensor) by the temperature, and turn them into probabilities that add up to 1.",
    truth=lambda logits, temperature: _softmax(_float64(logits) / temperature),
    cases=(
        (torch.tensor([2.0, 1.0, 0.0]), 0.5),
        (torch.tensor([2.0, 1.0, 0.0]), 2.0),
        (torch.tensor([0.0, -1.0, 3.0, 1.0]), 1.0),
        (torch.tensor([1000.0, 999.0, 0.0]), 0.5),
    ),
    read=answer_values.vector,
    mistakes=(
        Mistake(
            "the logits are multiplied by the temperature: divide, so that a low temperature makes the model surer.",
            lambda x, t: _softmax(_float64(x) * t),
        ),
        Mistake("the temperature has no effect: divide the logits by it before softmax.", lambda x, t: _softmax(x)),
        Mistake(
            "the probabilities are divided, and no longer add up to 1: divide the logits, before softmax.",
            lambda x, t: _softmax(x) / t,
        ),
        Mistake(
            "softmax is applied twice: divide the logits, not the probabilities.",
            lambda x, t: _softmax(_softmax(x) / t),
        ),
        Mistake(
            "the exponentials aren't divided by their sum, so they don't add up to 1.",
            lambda x, t: (_float64(x) / t).exp(),
        ),
        Mistake(
            "the exponentials aren't divided by their sum, so they don't add up to 1.",
            lambda x, t: ((_float64(x) - x.max()) / t).exp(),
        ),
        Mistake(
            "the scaled logits are divided by their sum: take `exp` of them first.",
            lambda x, t: _float64(x) / _float64(x).sum(),
        ),
        Mistake(
            "these are logarithms of the probabilities: take `exp` of them.",
            lambda x, t: (_float64(x) / t).log_softmax(0),
        ),
        Mistake(
            "large logits overflow in `exp`: subtract the largest logit from all of them first, which "
            "changes no "
            "probability.",
            lambda x, t: (x / t).exp() / (x / t).exp().sum(),
        ),
    ),
    hint="Let z = (logits − their largest) / temperature; then exp(z) / Σ exp(z).",
    praise="Near 0 the likeliest token takes all; far above 1 all tokens become alike.",
)


def _kept(probs, keep) -> torch.Tensor:
    """The probabilities where `keep` is true, made to add up to 1 again."""
    kept = _float64(probs) * torch.as_tensor(keep)
    return kept / kept.sum()


def _ranks(probs) -> torch.Tensor:
    """The place of each token by falling probability, from 0; of equals the first comes first."""
    return torch.argsort(torch.argsort(_float64(probs), descending=True, stable=True))


_RENORMALISE = "the kept probabilities don't add up to 1: divide them by their sum."
_POSITIONS = "the kept probabilities are moved: each token must keep its place, with 0 where one was removed."
_SECOND_SOFTMAX = "softmax is applied to probabilities, and flattens them: divide the kept ones by their sum."
_PROBS = torch.tensor([0.125, 0.5, 0.0625, 0.25, 0.0625])
_FLAT = torch.tensor([0.1, 0.2, 0.4, 0.3])


def _resoftmaxed(probs, keep) -> torch.Tensor:
    return _softmax(_float64(probs).masked_fill(~torch.as_tensor(keep), -torch.inf))


TOP_K = Exercise(
    name="top_k",
    signature="top_k(probs, k)",
    task="Keep the k most probable tokens, set the others to 0, and let the rest add up to 1 again; places stay.",
    truth=lambda probs, k: _kept(probs, _ranks(probs) < k),
    cases=((_FLAT, 2), (_PROBS, 3), (_FLAT, 1), (_FLAT, 4)),
    read=answer_values.vector,
    mistakes=(
        Mistake(_RENORMALISE, lambda p, k: _float64(p) * (_ranks(p) < k)),
        Mistake(_POSITIONS, lambda p, k: _kept(p, _ranks(p) < k).sort(descending=True).values),
        Mistake(
            "only the kept probabilities come back: return one for every token, 0 for the removed ones.",
            lambda p, k: _kept(p, _ranks(p) < k).sort(descending=True).values[:k],
        ),
        Mistake(
            "the first k tokens are kept, not the k most probable.", lambda p, k: _kept(p, torch.arange(len(p)) < k)
        ),
        Mistake(
            "the k least probable are kept: sort in falling order.", lambda p, k: _kept(p, _ranks(p) >= len(p) - k)
        ),
        Mistake("one token too many is kept.", lambda p, k: _kept(p, _ranks(p) < k + 1)),
        Mistake(
            "one token too few is kept: the k-th itself stays (`>=`, not `>`).",
            lambda p, k: _kept(p, _ranks(p) < k - 1),
        ),
        Mistake(_SECOND_SOFTMAX, lambda p, k: _resoftmaxed(p, _ranks(p) < k)),
        Mistake("nothing is removed.", lambda p, k: p),
        Mistake(
            "the removed tokens' share is given out equally: divide by the sum, which keeps the proportions.",
            lambda p, k: (_ranks(p) < k) * (p + (1 - p[_ranks(p) < k].sum()) / k),
        ),
    ),
    hint="The k-th largest value is a threshold: keep what is at least as large, then divide by the sum.",
    praise="It cuts the long tail, but always at the same number, sure or unsure.",
)


def _nucleus(probs, p, extra=0) -> torch.Tensor:
    """Which tokens belong to the smallest set that reaches p, found by walking down the ranking."""
    order = sorted(range(len(probs)), key=lambda i: -float(probs[i]))
    total, size = 0.0, 0
    while size < len(order) and total < p - 1e-9:
        total += float(probs[order[size]])
        size += 1
    return torch.tensor([i in order[: size + extra] for i in range(len(order))])


def _above(probs, p) -> torch.Tensor:
    """Which tokens are reached before the running total, in falling order, goes above p: the usual slip."""
    order = torch.argsort(_float64(probs), descending=True, stable=True)
    keep = torch.zeros(len(order), dtype=torch.bool)
    keep[order] = _float64(probs)[order].cumsum(0) <= p + 1e-9
    return keep


def _rising(probs, p) -> torch.Tensor:
    order = torch.argsort(_float64(probs), stable=True)
    keep = torch.zeros(len(order), dtype=torch.bool)
    sorted_probs = _float64(probs)[order]
    keep[order] = sorted_probs.cumsum(0) - sorted_probs < p - 1e-9
    return keep


TOP_P = Exercise(
    name="top_p",
    signature="top_p(probs, p)",
    task="Keep the smallest set of most probable tokens whose probabilities reach p together, set the "
    "others to 0, and "
    "let the rest add up to 1 again; places stay.",
    truth=lambda probs, p: _kept(probs, _nucleus(probs, p)),
    cases=((_FLAT, 0.6), (_PROBS, 0.75), (_PROBS, 0.8), (_FLAT, 0.05), (_PROBS, 1.0)),
    read=answer_values.vector,
    mistakes=(
        Mistake(_RENORMALISE, lambda q, p: _float64(q) * _nucleus(q, p)),
        Mistake(_POSITIONS, lambda q, p: _kept(q, _nucleus(q, p)).sort(descending=True).values),
        Mistake(
            "only the kept probabilities come back: return one for every token, 0 for the removed ones.",
            lambda q, p: _kept(q, _nucleus(q, p))[_ranks(q).argsort()][: int(_nucleus(q, p).sum())],
        ),
        Mistake(
            "the token that reaches p is removed: it belongs to the set, which else falls short of p "
            "(and may even "
            "be empty).",
            lambda q, p: _kept(q, _above(q, p)),
        ),
        Mistake(
            "one token too many is kept: stop as soon as the total reaches p.",
            lambda q, p: _kept(q, _nucleus(q, p, extra=1)),
        ),
        Mistake(
            "each probability is compared with p by itself: compare the running total.", lambda q, p: _kept(q, q >= p)
        ),
        Mistake(
            "the running total goes through the tokens as they stand: sort them by falling probability first.",
            lambda q, p: _kept(q, _float64(q).cumsum(0) - _float64(q) < p),
        ),
        Mistake("the least probable tokens are kept: sort in falling order.", lambda q, p: _kept(q, _rising(q, p))),
        Mistake(_SECOND_SOFTMAX, lambda q, p: _resoftmaxed(q, _nucleus(q, p))),
        Mistake("nothing is removed.", lambda q, p: q),
    ),
    hint="Sort in falling order, take the running total, and keep a token if the total *before* it is below p.",
    praise="Few tokens stay where the model is sure, many where it isn't.",
)


MIN_P = Exercise(
    name="min_p",
    signature="min_p(probs, p)",
    task="Keep the tokens whose probability is at least p times that of the most probable one, set the "
    "others to 0, and "
    "let the rest add up to 1 again; places stay.",
    truth=lambda probs, p: _kept(probs, [float(q) >= p * float(max(probs)) for q in probs]),
    cases=((_FLAT, 0.6), (_PROBS, 0.25), (_PROBS, 0.2), (_FLAT, 0.0), (_FLAT, 1.0)),
    read=answer_values.vector,
    mistakes=(
        Mistake(_RENORMALISE, lambda q, p: _float64(q) * (q >= p * q.max())),
        Mistake("the threshold is p itself: it is p times the largest probability.", lambda q, p: _kept(q, q >= p)),
        Mistake(
            "a token exactly at the threshold is removed: keep it (`>=`, not `>`).",
            lambda q, p: _kept(q, q > p * q.max()),
        ),
        Mistake(
            "the tokens below the threshold are kept, and the others removed.", lambda q, p: _kept(q, q < p * q.max())
        ),
        Mistake(
            "the threshold is p times the average: it is p times the largest probability.",
            lambda q, p: _kept(q, q >= p * q.mean()),
        ),
        Mistake(
            "the threshold lies p below the largest probability: multiply, don't subtract.",
            lambda q, p: _kept(q, q >= q.max() - p),
        ),
        Mistake(
            "only the kept probabilities come back: return one for every token, 0 for the removed ones.",
            lambda q, p: _kept(q, q >= p * q.max())[q >= p * q.max()],
        ),
        Mistake(_POSITIONS, lambda q, p: _kept(q, q >= p * q.max()).sort(descending=True).values),
        Mistake(_SECOND_SOFTMAX, lambda q, p: _resoftmaxed(q, q >= p * q.max())),
        Mistake("nothing is removed.", lambda q, p: q),
    ),
    hint="threshold = p × the largest; set what is below it to 0; divide by the sum.",
    praise="Its threshold follows how sure the model is, with one multiplication.",
)


def _sample(probs, u) -> int:
    return int(torch.searchsorted(_float64(probs).cumsum(0), _float64(u), right=True))


SAMPLE = Exercise(
    name="sample",
    signature="sample(probs, u)",
    task="Turn a random number u, 0 ≤ u < 1, into a token: the first index at which the running total of the "
    "probabilities is above u.",
    truth=_sample,
    cases=(
        (torch.tensor([0.5, 0.25, 0.25]), 0.6),
        (torch.tensor([0.5, 0.25, 0.25]), 0.1),
        (torch.tensor([0.25, 0.25, 0.5]), 0.3),
        (torch.tensor([0.5, 0.25, 0.25]), 0.5),
        (torch.tensor([0.0, 0.5, 0.5]), 0.0),
        (torch.tensor([0.125, 0.125, 0.25, 0.5]), 0.9),
    ),
    read=answer_values.scalar,
    mistakes=(
        Mistake(
            "the most probable token is returned whatever u is: that is greedy choice, not sampling.",
            lambda q, u: q.argmax(),
        ),
        Mistake(
            "a total that just equals u counts as above it, so that a token of probability 0 can be "
            "drawn: use "
            "`total > u`.",
            lambda q, u: torch.searchsorted(_float64(q).cumsum(0), _float64(u)),
        ),
        Mistake(
            "each probability is compared with u by itself: compare the running total.",
            lambda q, u: (_float64(q) > u).int().argmax(),
        ),
        Mistake("the index is one too high: count from 0.", lambda q, u: _sample(q, u) + 1),
        Mistake(
            "the index is one too low: the token at which the total passes u is the one drawn.",
            lambda q, u: _sample(q, u) - 1,
        ),
        Mistake(
            "the index is one too low: the token at which the total passes u is the one drawn.",
            lambda q, u: max(_sample(q, u) - 1, 0),
        ),
        Mistake("this is the token's probability: return its index.", lambda q, u: q[_sample(q, u)]),
        Mistake(
            "this is the running total: return the index at which it passes u.",
            lambda q, u: _float64(q).cumsum(0)[_sample(q, u)],
        ),
        Mistake(
            "u chooses a place as if all tokens were equally probable: use the running total.",
            lambda q, u: int(u * len(q)),
        ),
        Mistake(
            "the running total starts from the last token: start from the first.",
            lambda q, u: len(q) - 1 - _sample(q.flip(0), u),
        ),
    ),
    hint="Add up the probabilities one after the other; the first token at which the total is above u is drawn.",
    praise="That is all the chance there is in a chatbot: one number u for each token.",
)

EXERCISES = (SOFTMAX_WITH_TEMPERATURE, TOP_K, TOP_P, MIN_P, SAMPLE)
