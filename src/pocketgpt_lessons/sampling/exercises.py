"""Exercises of notebook 03, sampling: temperature, three filters, a draw, and the loop that makes a text of them."""

import itertools
import math
from dataclasses import dataclass

import torch

from pocketgpt_lessons.classroom import answer_values
from pocketgpt_lessons.classroom.exercises import Exercise, Mistake


def _float64(values) -> torch.Tensor:
    return torch.as_tensor(values, dtype=torch.float64)


def _softmax(logits) -> torch.Tensor:
    return torch.log_softmax(_float64(logits), 0).exp()


def _shares_by_math(logits, temperature) -> list[float]:
    """With `math.exp`, which raises an error where torch gives infinity."""
    powers = [math.exp(float(x) / temperature) for x in logits]
    return [power / sum(powers) for power in powers]


SOFTMAX_WITH_TEMPERATURE = Exercise(
    name="softmax_with_temperature",
    signature="softmax_with_temperature(logits, temperature)",
    task="Divide the logits (a 1-D tensor) by the temperature, and turn them into probabilities that add up to 1.",
    truth=lambda logits, temperature: _softmax(_float64(logits) / temperature),
    cases=(
        (torch.tensor([2.0, 1.0, 0.0]), 0.5),
        (torch.tensor([2.0, 1.0, 0.0]), 2.0),
        (torch.tensor([0.0, -1.0, 3.0, 1.0]), 1.0),
        (torch.tensor([-0.5, 4.0]), 10),
        (torch.tensor([-3.0]), 0.25),
        (torch.tensor([1000.0, 999.0, 0.0]), 0.5),
        (torch.tensor([-1000.0, -1001.0]), 1.5),
    ),
    read=answer_values.vector,
    mistakes=(
        Mistake(
            "the logits are multiplied by the temperature: divide, so that a low temperature makes the model surer.",
            lambda x, t: _softmax(_float64(x) * t),
        ),
        Mistake(
            "the temperature has no effect: divide the logits by it before softmax, with brackets round "
            "`(logits − m)` if you subtract their largest.",
            lambda x, t: _softmax(x),
        ),
        Mistake(
            "the probabilities are divided, and no longer add up to 1: divide the logits, before softmax.",
            lambda x, t: _softmax(x) / t,
        ),
        Mistake(
            "the probabilities are multiplied, and no longer add up to 1: divide the logits, before softmax.",
            lambda x, t: _softmax(x) * t,
        ),
        Mistake(
            "softmax is applied twice: divide the logits, not the probabilities.",
            lambda x, t: _softmax(_softmax(x) / t),
        ),
        Mistake(
            "softmax is applied twice: once is enough, to the divided logits.",
            lambda x, t: _softmax(_softmax(_float64(x) / t)),
        ),
        *(
            Mistake("the exponentials aren't divided by their sum, so they don't add up to 1.", exponentials)
            for exponentials in (lambda x, t: (x / t).exp(), lambda x, t: ((_float64(x) - x.max()) / t).exp())
        ),
        Mistake(
            "the probabilities are raised to a power, and no longer add up to 1: divide them by their sum.",
            lambda x, t: _softmax(x) ** (1 / t),
        ),
        *(
            Mistake(
                "the exponentials are divided by something else than their own sum: divide the logits by the "
                "temperature in both places, above and below.",
                mixed,
            )
            for mixed in (
                lambda x, t: (x / t).exp() / x.exp().sum(),
                lambda x, t: x.exp() / (x / t).exp().sum(),
                lambda x, t: ((_float64(x) - x.max()) / t).exp() / (_float64(x) - x.max()).exp().sum(),
                lambda x, t: (_float64(x) - x.max()).exp() / ((_float64(x) - x.max()) / t).exp().sum(),
            )
        ),
        Mistake(
            "the exponentials are divided by their number: divide them by their sum.",
            lambda x, t: (x / t).exp() / len(x),
        ),
        Mistake(
            "the scaled logits are divided by their sum: take `exp` of them first.",
            lambda x, t: _float64(x) / _float64(x).sum(),
        ),
        Mistake("these are the divided logits: softmax is missing.", lambda x, t: _float64(x) / t),
        Mistake(
            "each logit is squashed by itself, as by `sigmoid`: softmax divides by the sum over all of them.",
            lambda x, t: (_float64(x) / t).sigmoid(),
        ),
        Mistake(
            "these are logarithms of the probabilities: take `exp` of them.",
            lambda x, t: (_float64(x) / t).log_softmax(0),
        ),
        Mistake(
            "the probabilities come back in falling order: every token must keep its place.",
            lambda x, t: _softmax(_float64(x) / t).sort(descending=True).values,
        ),
        *(
            Mistake(
                "the exponentials go out of range: large logits overflow, and those far below 0 all become 0. Subtract "
                "the largest logit from all of them first, which changes no probability.",
                shares,
            )
            for shares in (lambda x, t: (x / t).exp() / (x / t).exp().sum(), _shares_by_math)
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
    return torch.argsort(_order(probs))


def _order(probs) -> torch.Tensor:
    """The tokens by falling probability; of equals the first comes first."""
    return torch.argsort(_float64(probs), descending=True, stable=True)


_PROBS = torch.tensor([0.125, 0.5, 0.03125, 0.25, 0.09375])
_FLAT = torch.tensor([0.1, 0.2, 0.4, 0.3])
_FALLING = torch.tensor([0.75, 0.15, 0.1, 0.0])
_EQUALS = torch.tensor([0.2, 0.04, 0.2, 0.5, 0.06])
_ONE = torch.tensor([1.0])

_RENORMALISE = "the kept probabilities don't add up to 1: divide them by their sum."
_ONLY_KEPT = "only the kept probabilities come back: return one for every token, 0 for the removed ones."
_POSITIONS = "the kept probabilities are moved: each token must keep its place, with 0 where one was removed."
_SECOND_SOFTMAX = "softmax is applied to probabilities, and flattens them: divide the kept ones by their sum."
_IDS = "these are the ids of the kept tokens: return probabilities, one for every token."
_REMOVED = "the removed tokens are kept, and the others removed."
_ONE_OF_EQUALS = (
    "of equally probable tokens only one is kept: `index` finds the first only, so go by places, not by values."
)
_SORTED_MASK = (
    "the choice is made in falling order, and applied to the tokens as they stand: carry it back to their places, as "
    "by `kept[order[…]] = probs[order[…]]`."
)
_ENDINGS = (  # after the right tokens were chosen: what goes wrong, and how
    (_RENORMALISE, lambda q, keep: q * keep),
    (_RENORMALISE, lambda q, keep: q * keep / keep.sum()),
    (_RENORMALISE, lambda q, keep: q * keep / len(q)),
    (_RENORMALISE, lambda q, keep: q * keep / (q * keep).max()),
    (_POSITIONS, lambda q, keep: _kept(q, keep).sort(descending=True).values),
    (_POSITIONS, lambda q, keep: (q * keep).sort(descending=True).values),
    (_ONLY_KEPT, lambda q, keep: _kept(q, keep)[keep]),
    (_ONLY_KEPT, lambda q, keep: q[keep]),
    (_ONLY_KEPT, lambda q, keep: _kept(q, keep)[keep].sort(descending=True).values),
    (_ONLY_KEPT, lambda q, keep: q[keep].sort(descending=True).values),
    (_SECOND_SOFTMAX, lambda q, keep: _softmax(_float64(q).masked_fill(~keep, -torch.inf))),
    (_SECOND_SOFTMAX, lambda q, keep: _softmax(q * keep)),
    ("this is the mask: multiply the probabilities by it, then divide by their sum.", lambda q, keep: keep),
    ("the kept tokens all get the same share: keep their proportions.", lambda q, keep: keep / keep.sum()),
    (_IDS, lambda q, keep: _order(q)[: int(keep.sum())]),
    (_IDS, lambda q, keep: q.topk(int(keep.sum())).indices),  # which may give equals in another order
    (_IDS, lambda q, keep: keep.nonzero().flatten()),
    (
        "the removed tokens' share is given out equally: divide by the sum, which keeps the proportions.",
        lambda q, keep: keep * (q + (1 - q[keep].sum()) / keep.sum()),
    ),
    (_REMOVED, lambda q, keep: _kept(q, ~keep)),
    (_ONE_OF_EQUALS, lambda q, keep: _kept(q, keep & _first_of_equals(q))),
    (_ONE_OF_EQUALS, lambda q, keep: _kept(q, keep) * _first_of_equals(q)),
    *(
        (
            "what was sorted is sorted once more, as by `s[order]`: carry it back to its places, `q[order] = s`.",
            lambda q, keep, share=share: share(q, keep)[_order(q)][_order(q)],
        )
        for share in (_kept, lambda q, keep: q * keep)
    ),
    ("nothing is removed.", lambda q, keep: q),
)


def _first_of_equals(probs) -> torch.Tensor:
    values = probs.tolist()
    return torch.tensor([values.index(value) == i for i, value in enumerate(values)])


def _filter_mistakes(chosen, wrong_choices):
    """Mistakes of a filter: those after the choice that `chosen` makes, and each wrong choice, with a message."""
    yield from (
        Mistake(message, lambda q, limit, end=end: end(q, torch.as_tensor(chosen(q, limit))))
        for message, end in _ENDINGS
    )
    for message, choose in wrong_choices:
        yield Mistake(message, lambda q, limit, choose=choose: _kept(q, choose(q, limit)))
        yield Mistake(message, lambda q, limit, choose=choose: _float64(q) * torch.as_tensor(choose(q, limit)))


TOP_K = Exercise(
    name="top_k",
    signature="top_k(probs, k)",
    task="Keep the k most probable tokens, set the others to 0, and let the rest add up to 1 again; places stay.",
    truth=lambda probs, k: _kept(probs, _ranks(probs) < k),
    cases=((_FLAT, 2), (_PROBS, 3), (_FLAT, 1), (_FLAT, 4), (_FALLING, 2), (_EQUALS, 4), (_ONE, 1)),
    read=answer_values.vector,
    mistakes=tuple(
        _filter_mistakes(
            lambda q, k: _ranks(q) < k,
            (
                (
                    "the first k tokens are kept, not the k most probable. (A choice that was made in falling order "
                    "must be carried back to the tokens' places.)",
                    lambda q, k: torch.arange(len(q)) < k,
                ),
                (
                    "`argsort` is taken for the ranks: it says which token is on which rank. Set the places "
                    "`order[:k]`, or apply `argsort` twice.",
                    lambda q, k: _order(q) < k,
                ),
                ("the k least probable are kept: sort in falling order.", lambda q, k: _ranks(q) >= len(q) - k),
                ("one token too many is kept.", lambda q, k: _ranks(q) < k + 1),
                ("one token too few is kept: the k-th itself stays (`>=`, not `>`).", lambda q, k: _ranks(q) < k - 1),
                (_REMOVED, lambda q, k: _ranks(q) >= k - 1),
                ("only the most probable token is kept: k of them stay.", lambda q, k: _ranks(q) < 1),
            ),
        )
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


def _running(probs, test, order=None, least=0) -> torch.Tensor:
    """Which tokens pass a test of the running totals after and before them, in falling or the given order.

    The first `least` tokens in that order stay whatever the test says.
    """
    order = _order(probs) if order is None else order
    ordered = _float64(probs)[order]
    keep = torch.zeros(len(order), dtype=torch.bool)
    keep[order] = test(ordered.cumsum(0), ordered.cumsum(0) - ordered) | (torch.arange(len(order)) < least)
    return keep


_SHORT_OF_P = (
    "the token that reaches p is removed: it belongs to the set, which else falls short of p (and may even be empty)."
)
_AS_THEY_STAND = "the running total goes through the tokens as they stand: sort them by falling probability first."
_ROUNDING = 1e-9  # float rounding must not decide what exactly reaches p


def _totals(probs, p):
    falling = sorted((float(q) for q in probs), reverse=True)[:6]
    return "from the likeliest on, the totals are " + ", ".join(
        f"{total:.4g}" for total in itertools.accumulate(falling)
    )


TOP_P = Exercise(
    name="top_p",
    signature="top_p(probs, p)",
    task="Keep the smallest set of most probable tokens whose probabilities reach p together, set the others to 0, "
    "and let the rest add up to 1 again; places stay.",
    truth=lambda probs, p: _kept(probs, _nucleus(probs, p)),
    cases=(
        (_FLAT, 0.6),
        (_PROBS, 0.75),
        (_PROBS, 0.8),
        (_FLAT, 0.05),
        (_PROBS, 1.0),
        (_FALLING, 0.85),
        (_EQUALS, 0.93),
        (_ONE, 0.3),
    ),
    read=answer_values.vector,
    mistakes=tuple(
        _filter_mistakes(
            _nucleus,
            (
                *(
                    (
                        _SHORT_OF_P,
                        lambda q, p, test=test, least=least: _running(
                            q, lambda after, before: test(after, p), least=least
                        ),
                    )
                    for test in (lambda after, p: after <= p + _ROUNDING, lambda after, p: after < p - _ROUNDING)
                    for least in (0, 1)
                ),
                (
                    "one token too many is kept: stop as soon as the total reaches p.",
                    lambda q, p: _nucleus(q, p, extra=1),
                ),
                (
                    "a token is added although the total has reached p exactly: keep it if the total before it is "
                    "below p (`<`, not `<=`).",
                    lambda q, p: _running(q, lambda after, before: before <= p + _ROUNDING),
                ),
                ("each probability is compared with p by itself: compare the running total.", lambda q, p: q >= p),
                (
                    "this is min-p, which compares each token with the largest: compare the running total with p.",
                    lambda q, p: q >= p * q.max(),
                ),
                *(
                    (
                        _AS_THEY_STAND,
                        lambda q, p, test=test: _running(
                            q, lambda after, before: test(after, before, p), torch.arange(len(q))
                        ),
                    )
                    for test in (
                        lambda after, before, p: before < p - _ROUNDING,
                        lambda after, before, p: after <= p + _ROUNDING,
                        lambda after, before, p: after < p - _ROUNDING,
                    )
                ),
                (_SORTED_MASK, lambda q, p: _nucleus(q, p)[_order(q)]),
                (
                    "the least probable tokens are kept: sort in falling order.",
                    lambda q, p: _running(q, lambda after, before: before < p - _ROUNDING, _order(q).flip(0)),
                ),
                (_REMOVED, lambda q, p: _running(q, lambda after, before: before > p + _ROUNDING)),
                ("only the most probable token is kept: go on until the total reaches p.", lambda q, p: _ranks(q) < 1),
            ),
        )
    ),
    on_the_way=_totals,
    hint="Sort in falling order, take the running total, and keep a token if the total before it is below p.",
    praise="Few tokens stay where the model is sure, many where it isn't.",
)


MIN_P = Exercise(
    name="min_p",
    signature="min_p(probs, p)",
    task="Keep the tokens whose probability is at least p times that of the most probable one, set the others to 0, "
    "and let the rest add up to 1 again; places stay.",
    truth=lambda probs, p: _kept(probs, [float(q) >= p * float(max(probs)) for q in probs]),
    cases=(
        (_FLAT, 0.6),
        (_PROBS, 0.25),
        (_PROBS, 0.2),
        (_FLAT, 0.0),
        (_FLAT, 1.0),
        (_FALLING, 0.15),
        (_EQUALS, 0.1),
        (_ONE, 0.5),
    ),
    read=answer_values.vector,
    mistakes=tuple(
        _filter_mistakes(
            lambda q, p: q >= p * q.max(),
            (
                (_REMOVED, lambda q, p: q <= p * q.max()),
                ("the threshold is p itself: it is p times the largest probability.", lambda q, p: q >= p),
                ("the threshold is p itself: it is p times the largest probability.", lambda q, p: q > p),
                ("a token exactly at the threshold is removed: keep it (`>=`, not `>`).", lambda q, p: q > p * q.max()),
                (
                    "the threshold is p times the average: it is p times the largest probability.",
                    lambda q, p: q >= p * q.mean(),
                ),
                (
                    "the first token is taken for the most probable one: use the largest of all, `probs.max()`.",
                    lambda q, p: q >= p * q[0],
                ),
                (
                    "the threshold lies p below the largest probability: multiply, don't subtract.",
                    lambda q, p: q >= q.max() - p,
                ),
                ("the largest probability is divided by p: multiply.", lambda q, p: q >= q.max() / p),
                (
                    "the threshold is (1 − p) times the largest probability: it is p times.",
                    lambda q, p: q >= (1 - p) * q.max(),
                ),
                ("this is top-p, with a running total: compare each token with p times the largest.", _nucleus),
                (
                    "only the most probable token is kept: p times its probability is enough.",
                    lambda q, p: _ranks(q) < 1,
                ),
            ),
        )
    ),
    hint="threshold = p × the largest; set what is below it to 0; divide by the sum.",
    praise="Its threshold follows how sure the model is, with one multiplication.",
)


def _sample(probs, u) -> int:
    return int(torch.searchsorted(_float64(probs).cumsum(0), _float64(u), right=True))


_INDEX_HIGH = "the index is one too high: add the token's own probability before you compare, and count from 0."
_INDEX_LOW = "the index is one too low: the token at which the total passes u is the one drawn."
_SORTED_FIRST = "the tokens are sorted first: add up the probabilities in the order in which the tokens stand."

SAMPLE = Exercise(
    name="sample",
    signature="sample(probs, u)",
    task="Turn a random number u, 0 ≤ u < 1, into a token: the first index at which the running total of the "
    "probabilities is above u.",
    truth=_sample,
    cases=(
        (torch.tensor([0.25, 0.25, 0.5]), 0.3),
        (torch.tensor([0.5, 0.25, 0.25]), 0.6),
        (torch.tensor([0.5, 0.25, 0.25]), 0.1),
        (torch.tensor([0.5, 0.25, 0.25]), 0.5),
        (torch.tensor([0.0, 0.5, 0.5]), 0.0),
        (torch.tensor([0.1, 0.2, 0.7]), 0.4),
        (torch.tensor([0.125, 0.25, 0.625]), 0.2),
        (torch.tensor([0.125, 0.125, 0.25, 0.5]), 0.9),
        (torch.tensor([0.25, 0.0, 0.0, 0.75]), 0.25),
        (torch.tensor([0.125, 0.5, 0.125, 0.25]), 0.7),
        (torch.tensor([1.0]), 0.99),
    ),
    read=answer_values.scalar,
    mistakes=(
        Mistake(
            "the most probable token is returned whatever u is: that is greedy choice, not sampling.",
            lambda q, u: q.argmax(),
        ),
        Mistake(
            "a total that just equals u counts as above it, so that a token of probability 0 can be drawn: use "
            "`total > u`.",
            lambda q, u: torch.searchsorted(_float64(q).cumsum(0), _float64(u)),
        ),
        Mistake(
            "each probability is compared with u by itself: compare the running total.",
            lambda q, u: (_float64(q) > u).int().argmax(),
        ),
        Mistake(
            "each probability is compared with u by itself: compare the running total.",
            lambda q, u: (_float64(q) >= u).int().argmax(),
        ),
        Mistake(
            "this is the token whose probability is nearest to u: add the probabilities up, and compare the total.",
            lambda q, u: (_float64(q) - u).abs().argmin(),
        ),
        Mistake(
            "the running total that is nearest to u is taken: the first one above u counts.",
            lambda q, u: (_float64(q).cumsum(0) - u).abs().argmin(),
        ),
        Mistake(_INDEX_HIGH, lambda q, u: _sample(q, u) + 1),
        Mistake(_INDEX_HIGH, lambda q, u: min(_sample(q, u) + 1, len(q) - 1)),
        Mistake(_INDEX_LOW, lambda q, u: _sample(q, u) - 1),
        Mistake(_INDEX_LOW, lambda q, u: max(_sample(q, u) - 1, 0)),
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
            "this counts the totals above u: return the index of the first one.", lambda q, u: len(q) - _sample(q, u)
        ),
        Mistake(
            "this is the last index at which the total is above u, which is always the last: return the first.",
            lambda q, u: len(q) - 1,
        ),
        Mistake(
            "the running total starts from the last token: start from the first.",
            lambda q, u: len(q) - 1 - _sample(q.flip(0), u),
        ),
        Mistake(_SORTED_FIRST, lambda q, u: _sample(q.sort(descending=True).values, u)),
        Mistake(_SORTED_FIRST, lambda q, u: _order(q)[_sample(q.sort(descending=True).values, u)]),
        Mistake(
            "the first index at which the total is below u is taken: wait until it is above u.",
            lambda q, u: (_float64(q).cumsum(0) < u).int().argmax(),
        ),
        Mistake(
            "equally probable tokens are mixed up: `index` finds the first of them; count the places, as "
            "`enumerate` does.",
            lambda q, u: q.tolist().index(q[_sample(q, u)]),
        ),
        *(
            Mistake("all indices at which the total is above u come back: return the first one.", every)
            for every in (
                lambda q, u: (_float64(q).cumsum(0) > u).nonzero(),
                lambda q, u: (_float64(q).cumsum(0) > u).nonzero().flatten(),
            )
        ),
    ),
    hint="Add up the probabilities one after the other; the first token at which the total is above u is drawn.",
    praise="That is all the chance there is in a chatbot: one number u for each token.",
)


@dataclass(frozen=True)
class Toy:
    """A model of a few tokens: ids → logits (V,), the sum of their rows in a table; earlier ones count less."""

    rows: tuple[tuple[float, ...], ...]

    def __call__(self, ids) -> torch.Tensor:
        logits = torch.zeros(len(self.rows))
        for token in ids:
            logits = 0.5 * logits + torch.tensor(self.rows[int(token)])
        return logits

    def __repr__(self) -> str:
        return f"a toy model of {len(self.rows)} tokens"


def write_on(ask, ids, luck, temperature, p, end, draw=_sample) -> list[int]:
    """The ids with a token for each number of luck behind them, drawn after temperature and top-p, up to `end`."""
    ids = list(ids)
    for u in luck:
        probs = _softmax(_float64(ask(ids)) / temperature)
        ids.append(draw(_kept(probs, _nucleus(probs, p)), u))
        if ids[-1] == end:
            break
    return ids


def _unlucky(ask, ids, luck, temperature, p, end, first=False) -> list[int]:
    """As write_on, without the end: it goes on after it, or stops before it is written."""
    whole = write_on(ask, ids, luck, temperature, p, None)
    if not first or end not in whole[len(ids) :]:
        return whole
    return whole[: whole.index(end, len(ids))]


def _stubborn(ask, ids, luck, temperature, p, end) -> list[int]:
    return write_on(lambda _: ask(ids), ids, luck, temperature, p, end)


def _forgetful(ask, ids, luck, temperature, p, end) -> list[int]:
    return write_on(lambda so_far: ask(so_far[-1:]), ids, luck, temperature, p, end)


def _new_alone(ask, ids, luck, temperature, p, end) -> list[int]:
    """Asks about all that was given first, and then about each new token alone."""
    return write_on(lambda so_far: ask(so_far if so_far == ids else so_far[-1:]), ids, luck, temperature, p, end)


def _old_end(ask, ids, luck, temperature, p, end) -> list[int]:
    """Takes an end among the ids that were given for one that was drawn."""
    return write_on(ask, ids, luck[:1] if end in ids else luck, temperature, p, end)


def _ended(ask, ids, luck, temperature, p, end) -> list[int]:
    return list(ids) if ids[-1] == end else write_on(ask, ids, luck, temperature, p, end)


def _filtered_first(ask, ids, luck, temperature, p, end) -> list[int]:
    def cut(ids):
        probs = _softmax(ask(ids))
        return _kept(probs, _nucleus(probs, p)).log()

    return write_on(cut, ids, luck, temperature, 1.0, end)


_CHAIN = Toy(((0.0, 2.0, 1.0, -1.0), (1.5, 0.0, 1.0, 0.5), (0.5, 1.0, 0.0, 1.5), (2.0, 1.0, 0.5, 0.0)))
_PAIR = Toy(((0.0, 0.5), (0.5, 0.0)))

WRITE = Exercise(
    name="write",
    signature="write(ask, ids, luck, temperature, p, end)",
    task="Continue a list of ids: for each number in luck ask for the logits, apply temperature and top-p, draw a "
    "token and append it; stop once `end` is drawn, and return all ids.",
    truth=write_on,
    cases=(
        (_CHAIN, [0], [0.16, 0.83, 0.75], 1.0, 1.0, 9),
        (_CHAIN, [0], [0.12, 0.06, 0.82, 0.44, 0.75], 1.0, 1.0, 2),
        (_CHAIN, [3, 1], [0.03, 0.45, 0.71, 0.25, 0.92], 1.0, 0.6, 9),
        (_CHAIN, [2, 0], [0.1, 0.63, 0.3, 0.77], 3.0, 0.8, 9),
        (_PAIR, [0, 1, 0], [0.49, 0.84, 0.17, 0.5], 0.5, 1.0, 7),
        (_CHAIN, [1, 1], [], 1.0, 0.9, 0),
        (_CHAIN, [2], [0.09, 0.95, 0.48, 0.89, 0.9, 0.94], 0.7, 0.9, 3),
        (_CHAIN, [3, 0], [0.49, 0.74, 0.24, 0.8], 1.5, 0.88, 3),
        (_CHAIN, [1, 2, 0], [0.35, 0.62, 0.43, 0.91], 2.0, 0.97, 0),
    ),
    read=answer_values.vector,
    mistakes=(
        Mistake(
            "luck plays no part: each token is the likeliest one. Draw with `sample(probs, u)`.",
            lambda *args: write_on(*args, draw=lambda probs, u: int(probs.argmax())),
        ),
        Mistake(
            "the model is always asked about the same ids: ask again about all ids so far, the new ones included.",
            _stubborn,
        ),
        *(
            Mistake("the model is asked about the last token alone: give it all ids so far.", asked)
            for asked in (_forgetful, _new_alone)
        ),
        *(
            Mistake(
                "an `end` among the ids that were given stops it: real prompts begin with one, so only a new token may "
                "stop it.",
                stopped,
            )
            for stopped in (
                _old_end,
                _ended,
                lambda ask, ids, *rest: [*ids] if rest[-1] in ids else write_on(ask, ids, *rest),
            )
        ),
        Mistake(
            "only the new tokens came back: return the ids that were given, too.",
            lambda ask, ids, *rest: write_on(ask, ids, *rest)[len(ids) :],
        ),
        Mistake("only the last token came back: collect all of them in one list.", lambda *args: write_on(*args)[-1:]),
        Mistake("it goes on after the end: stop as soon as `end` is drawn.", _unlucky),
        Mistake("the end itself is missing: append it, then stop.", lambda *args: _unlucky(*args, first=True)),
        Mistake(
            "temperature has no effect: divide the logits by it, with `softmax_with_temperature`.",
            lambda ask, ids, luck, temperature, p, end: write_on(ask, ids, luck, 1.0, p, end),
        ),
        Mistake(
            "top-p has no effect: filter the probabilities before the draw.",
            lambda ask, ids, luck, temperature, p, end: write_on(ask, ids, luck, temperature, 1.0, end),
        ),
        Mistake(
            "top-p comes before temperature: first bend the probabilities, then cut off their tail.", _filtered_first
        ),
        Mistake(
            "every token is drawn with the first number of luck: take the next one each time.",
            lambda ask, ids, luck, *rest: write_on(ask, ids, luck[:1] * len(luck), *rest),
        ),
        Mistake(
            "one token is written, and no more: the loop goes on for each number in luck.",
            lambda ask, ids, luck, *rest: write_on(ask, ids, luck[:1], *rest),
        ),
    ),
    hint="`for u in luck:` logits → softmax_with_temperature → top_p → sample, append, and `break` at the end token.",
    praise="This loop is what runs when a chatbot types.",
    builds_on=("softmax_with_temperature", "top_p", "sample", "top_k", "min_p"),
)

EXERCISES = (SOFTMAX_WITH_TEMPERATURE, TOP_K, TOP_P, MIN_P, SAMPLE, WRITE)
