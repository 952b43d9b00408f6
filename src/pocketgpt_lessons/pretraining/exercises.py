"""Exercises of notebook 02, pretraining: targets, bigrams, and the parts of attention and its loss."""

import itertools
import math

import torch
from torch.nn import functional as F

from pocketgpt_lessons.classroom import answer_values
from pocketgpt_lessons.classroom.exercises import Exercise, Mistake


def _last_id_removed(ids: list[int]) -> tuple[list[int], list[int]]:
    inputs = list(ids)
    inputs.remove(ids[-1])
    return inputs, ids[1:]


NEXT_TOKEN_TARGETS = Exercise(
    name="next_token_targets",
    signature="next_token_targets(ids)",
    task="From a list of ids make two lists of equal length: the inputs, and for each the id that follows it.",
    truth=lambda ids: ([ids[i] for i in range(len(ids) - 1)], [ids[i + 1] for i in range(len(ids) - 1)]),
    cases=(([5, 6, 7, 8],), ([3, 3, 1, 4, 1, 5],), ([9, 2],), ([300, 0, 1023, 0, 300, 300, 7],), ([5, 9, 5, 2, 5],)),
    read=answer_values.two_vectors,
    mistakes=(
        Mistake(
            "each target is the input itself, so a model would learn to copy: shift the targets by one.",
            lambda ids: (ids, ids),
        ),
        Mistake(
            "the same last id is cut from both, but nothing is shifted: targets start one later.",
            lambda ids: (ids[:-1], ids[:-1]),
        ),
        Mistake(
            "both are the targets: inputs start with the first id and leave out the last.",
            lambda ids: (ids[1:], ids[1:]),
        ),
        Mistake(
            "there is one input too many: nothing follows the last id, so it can't be an input.",
            lambda ids: (ids, ids[1:]),
        ),
        Mistake(
            "there is one target too many: the first id follows nothing, so it can't be a target.",
            lambda ids: (ids[:-1], ids),
        ),
        Mistake(
            "there is one target too few: the last id is a target too, `ids[1:]`.", lambda ids: (ids[:-1], ids[1:-1])
        ),
        Mistake(
            "the last lesson is lost: all ids but the last are inputs, and all but the first are targets.",
            lambda ids: (ids[:-2], ids[1:-1]),
        ),
        Mistake(
            "the two are swapped: the targets are the ids before, not the ones after.", lambda ids: (ids[1:], ids[:-1])
        ),
        *(
            Mistake("the shift is two places: each target skips an id.", lambda ids, end=end: (ids[:end], ids[2:]))
            for end in (-2, -1)
        ),
        Mistake(
            "the last target wraps round to the first id, which doesn't follow it.",
            lambda ids: (ids, ids[1:] + ids[:1]),
        ),
        *(
            Mistake(
                f"the last id got a made-up target, {fill}: nothing follows it, so leave it out of the inputs.",
                lambda ids, fill=fill: (ids, [*ids[1:], fill]),
            )
            for fill in (0, -1, -100)
        ),
        Mistake(
            "`ids.index(…)` finds only the first place of an id, and ids repeat: walk over places.",
            lambda ids: (ids[:-1], [ids[ids.index(i) + 1] for i in ids[:-1]]),
        ),
        Mistake(
            "`remove` takes out the first place of that id, and ids repeat: cut by place, `ids[:-1]`.", _last_id_removed
        ),
        Mistake(
            "the list is cut into two halves: the targets are the same row of ids, one place later.",
            lambda ids: (ids[: len(ids) // 2], ids[len(ids) // 2 :]),
        ),
        Mistake("only the last id is a target: every id but the first is one.", lambda ids: (ids[:-1], ids[-1:])),
        Mistake(
            "the pairs are right, but listed pair by pair: return all inputs, then all targets.",
            lambda ids: list(zip(ids, ids[1:], strict=False)),
        ),
        Mistake("only the targets came back: return both, `inputs, targets`.", lambda ids: ids[1:]),
        Mistake("only the inputs came back: return both, `inputs, targets`.", lambda ids: ids[:-1]),
        Mistake("one target came back: every input has a target of its own.", lambda ids: (ids[:-1], ids[-1])),
    ),
    hint="Two slices of the same list, one without its last id and one without its first.",
    praise="One line of text gives as many lessons as it has tokens, less one.",
)


def _bigram_counts(ids: list[int], vocab_size: int) -> torch.Tensor:
    cells = [first * vocab_size + second for first, second in zip(ids, ids[1:], strict=False)]
    return torch.bincount(torch.tensor(cells, dtype=torch.long), minlength=vocab_size**2).view(vocab_size, -1)


def _counts(pairs, rows: int, columns: int) -> list[list[int]]:
    table = [[0] * columns for _ in range(rows)]
    for first, second in pairs:
        table[first][second] += 1
    return table


_CIRCLE = "the last id is paired with the first: a text isn't a circle. (`ids[i - 1]` does it too, where i is 0.)"
_SHARES = "these are shares, not counts: don't divide yet."
_TABLE_SIZE = "the table is as large as the ids seen need: give it `vocab_size` rows and columns."

BIGRAM_COUNTS = Exercise(
    name="bigram_counts",
    signature="bigram_counts(ids, vocab_size)",
    task="Count neighbours: row i, column j says how often id j comes directly after id i.",
    truth=_bigram_counts,
    cases=(([0, 1, 2, 1, 2], 4), ([2, 2, 2, 0, 1, 0], 3), ([4, 0, 4, 0, 4], 6), ([1], 2), ([0, 0], 1)),
    read=answer_values.matrix,
    mistakes=(
        Mistake(
            "rows and columns are swapped: the first id of a pair chooses the row.",
            lambda ids, v: _bigram_counts(ids, v).T,
        ),
        Mistake(
            "the last pair is missing: the loop stops one step too early.", lambda ids, v: _bigram_counts(ids[:-1], v)
        ),
        Mistake("the first pair is missing: begin at place 0.", lambda ids, v: _bigram_counts(ids[1:], v)),
        Mistake(
            "each id is paired with itself: the second of a pair is `ids[i + 1]`.",
            lambda ids, v: _counts(zip(ids, ids, strict=True), v, v),
        ),
        Mistake(
            "each id is paired with the one after the next: neighbours are `ids[i]` and `ids[i + 1]`.",
            lambda ids, v: _counts(zip(ids, ids[2:], strict=False), v, v),
        ),
        Mistake(
            "each id is paired with all later ones: count neighbours only.",
            lambda ids, v: _counts(itertools.combinations(ids, 2), v, v),
        ),
        Mistake(
            "each pair is counted in both directions: only the second id comes after the first.",
            lambda ids, v: _bigram_counts(ids, v) + _bigram_counts(ids, v).T,
        ),
        Mistake(
            "the loop goes over the ids and takes them for places: it needs `for i in range(len(ids) - 1)`.",
            lambda ids, v: _counts([(ids[i], ids[i + 1]) for i in ids], v, v),
        ),
        Mistake(
            "`ids.index(…)` finds only the first place of an id, and ids repeat: walk over `zip(ids, ids[1:])`.",
            lambda ids, v: _counts([(i, ids[ids.index(i) + 1]) for i in ids[:-1]], v, v),
        ),
        Mistake(
            "each pair is marked once, not counted: add 1 each time (`counts[ids[:-1], ids[1:]] += 1` adds only "
            "once for equal pairs).",
            lambda ids, v: _bigram_counts(ids, v).clamp(max=1),
        ),
        Mistake(
            "all rows are one and the same list: `[[0] * n] * n` repeats one row; `[[0] * n for _ in range(n)]` makes "
            "a new one each time.",
            lambda ids, v: _bigram_counts(ids, v).sum(0).expand(v, v),
        ),
        Mistake(_CIRCLE, lambda ids, v: _bigram_counts(ids + ids[:1], v)),
        Mistake(
            "every second pair is left out: neighbouring pairs overlap, so go on by one, not two.",
            lambda ids, v: _counts(zip(ids[::2], ids[1::2], strict=False), v, v),
        ),
        *(
            Mistake(_SHARES, lambda ids, v, share=share: share(_bigram_counts(ids, v)))
            for share in (
                lambda counts: counts / counts.sum(1, keepdim=True).clamp(min=1),
                lambda counts: counts / counts.sum(1, keepdim=True),
                lambda counts: counts / counts.sum().clamp(min=1),
                lambda counts: counts / counts.sum(),
            )
        ),
        Mistake("every count is one too high: begin with zeros, not ones.", lambda ids, v: _bigram_counts(ids, v) + 1),
        Mistake("nothing is counted: the table stays at zero.", lambda ids, v: torch.zeros(v, v)),
        Mistake(_TABLE_SIZE, lambda ids, v: _bigram_counts(ids, max(ids) + 1)),
        Mistake(_TABLE_SIZE, lambda ids, v: _counts(zip(ids, ids[1:], strict=False), len(set(ids)), len(set(ids)))),
    ),
    hint="Start with vocab_size × vocab_size zeros, and walk over `zip(ids, ids[1:])`.",
    praise="Divide each row by its sum, and you have a language model.",
)

_CORNER = "the triangle lies in the wrong corner: row 0 looks at column 0 only, and the last row at all columns."
_FOR_SCORES = "this is the form that is added to the scores, 0 and −∞: return True and False."

CAUSAL_MASK = Exercise(
    name="causal_mask",
    signature="causal_mask(T)",
    task="Make a (T, T) table that is True where the query of that row may look at the key of that column: at itself "
    "and at what came before.",
    truth=lambda T: [[key <= query for key in range(T)] for query in range(T)],
    cases=((3,), (1,), (2,), (5,), (8,)),
    read=answer_values.matrix,
    mistakes=(
        Mistake(
            "it is turned round: every position looks at itself and the future, so it would copy the answer. "
            "Rows are queries, columns are keys.",
            lambda T: torch.ones(T, T).triu(),
        ),
        Mistake(
            "the diagonal is missing: a position may look at itself, and the first one has nothing else.",
            lambda T: torch.ones(T, T).tril(-1),
        ),
        Mistake(
            "it is True where looking is forbidden: turn True and False round.", lambda T: torch.ones(T, T).triu(1)
        ),
        Mistake(
            "everything may look at everything: nothing is masked. (If you set cells of `[[False] * T] * T`: all its "
            "rows are one list.)",
            lambda T: torch.ones(T, T),
        ),
        Mistake("nothing may look at anything: every cell is False.", lambda T: torch.zeros(T, T)),
        Mistake(
            "every position may also look one step ahead, which is the token that it has to predict.",
            lambda T: torch.ones(T, T).tril(1),
        ),
        Mistake(
            "every position looks only at itself, so nothing is learned from what came before.", lambda T: torch.eye(T)
        ),
        Mistake(
            "every position looks back one step only: it may look at all that came before.",
            lambda T: torch.ones(T, T).tril().triu(-1),
        ),
        Mistake(_CORNER, lambda T: torch.ones(T, T).tril().flip(0)),
        Mistake(_CORNER, lambda T: torch.ones(T, T).tril().flip(1)),
        *(
            Mistake(_FOR_SCORES, lambda T, low=low: torch.full((T, T), low).triu(1))
            for low in (-torch.inf, -1e9, -1e10, -1e4)
        ),
        Mistake(
            "these are already averaging weights: return only True and False.",
            lambda T: torch.ones(T, T).tril() / torch.arange(1, T + 1)[:, None],
        ),
    ),
    hint="`torch.tril` keeps the lower triangle of a matrix.",
    praise="With it one pass trains on every position at once, and none sees its own answer.",
)


def _in_float64(logits) -> torch.Tensor:
    return torch.as_tensor(logits, dtype=torch.float64)


def _powers(logits) -> list[float]:
    """By `math.exp`, which raises an error where torch gives infinity."""
    return [math.exp(float(x)) for x in logits]


_OVERFLOW = (
    "large logits overflow in `exp`: subtract the largest logit from all of them first, which changes no probability."
)
_ROUNDED = (
    "the probability is rounded to 0 before its logarithm is taken: use ln Σ exp − logit, and never "
    "the probability itself."
)
_HIDDEN_ZERO = (
    "a small number beside the probability, or a lower limit, hides that it was rounded to 0: use ln Σ exp − logit."
)


def _log_of_sum(logits, target):
    x = _in_float64(logits)
    return f"ln Σ exp is {x.logsumexp(0).item():.6g}, the target's logit {x[target].item():.6g}"


CROSS_ENTROPY = Exercise(
    name="cross_entropy",
    signature="cross_entropy(logits, target)",
    task="Return the loss in nats, −ln of the softmax probability of the target, also for logits as large as 1000.",
    truth=lambda logits, target: F.cross_entropy(_in_float64(logits), torch.tensor(target)),
    cases=(
        (torch.tensor([1.0, 3.0, 2.0]), 2),
        (torch.tensor([0.0, 0.0, 0.0, 0.0]), 1),
        (torch.tensor([-1.5, 0.25, -0.5, 4.0, 0.0]), 0),
        (torch.tensor([2.5]), 0),
        (torch.tensor([1000.0, 998.0, 0.0]), 1),
        (torch.tensor([-1000.0, 0.0, 1000.0]), 1),
        (torch.tensor([-2000.0, -2001.0]), 0),
    ),
    read=answer_values.scalar,
    mistakes=(
        Mistake(
            "the sign is missing: ln of a probability is negative, and a loss is positive.",
            lambda x, t: _in_float64(x).log_softmax(0)[t],
        ),
        Mistake(
            "these are bits: take the natural logarithm for nats.",
            lambda x, t: -_in_float64(x).log_softmax(0)[t] / math.log(2),
        ),
        Mistake(
            "this is the logarithm to base 10: take the natural one.",
            lambda x, t: -_in_float64(x).log_softmax(0)[t] / math.log(10),
        ),
        Mistake("this is the probability itself: the loss is minus its logarithm.", lambda x, t: x.softmax(0)[t]),
        Mistake("this is minus the probability: the logarithm is missing.", lambda x, t: -x.softmax(0)[t]),
        Mistake("this is the error in probability, 1 − p: the loss is −ln p.", lambda x, t: 1 - x.softmax(0)[t]),
        Mistake(_OVERFLOW, lambda x, t: -torch.log(x.exp()[t] / x.exp().sum())),
        Mistake(_OVERFLOW, lambda x, t: x.exp().sum().log() - x[t]),
        Mistake(_OVERFLOW, lambda x, t: -math.log(_powers(x)[t] / sum(_powers(x)))),
        Mistake(_OVERFLOW, lambda x, t: math.log(sum(_powers(x))) - float(x[t])),
        Mistake(_ROUNDED, lambda x, t: -x.softmax(0)[t].log()),
        Mistake(_ROUNDED, lambda x, t: -math.log(x.softmax(0)[t])),
        *(
            Mistake(_HIDDEN_ZERO, lambda x, t, change=change, low=low: -change(x.softmax(0)[t], low).log())
            for change in (lambda p, low: p + low, lambda p, low: p.clamp(min=low))
            for low in (1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-12, 1e-15, 1e-20, 1e-30)
        ),
        Mistake("only the target's own logit is used: the others belong into the sum below it.", lambda x, t: -x[t]),
        Mistake(
            "the logit is compared with the largest one only: every logit belongs into the sum of exponentials.",
            lambda x, t: x.max() - x[t],
        ),
        Mistake(
            "this is the loss of the largest logit, not of the target's.",
            lambda x, t: -_in_float64(x).log_softmax(0).max(),
        ),
        Mistake(
            "this is the mean over all tokens: only the target's logarithm counts.",
            lambda x, t: -_in_float64(x).log_softmax(0).mean(),
        ),
        Mistake(
            "this is the sum over all tokens: only the target's logarithm counts.",
            lambda x, t: -_in_float64(x).log_softmax(0).sum(),
        ),
        Mistake(
            "the brackets are wrong: `.sum()` belongs to the exponentials below, not to the logarithms.",
            lambda x, t: (x - x[t]).sum(),
        ),
        Mistake(
            "softmax is applied twice: PyTorch's `cross_entropy` and `log_softmax` want the logits.",
            lambda x, t: -_in_float64(x).softmax(0).log_softmax(0)[t],
        ),
        Mistake(
            "the exponentials are missing: the logits themselves are divided by their sum.",
            lambda x, t: -torch.log(x[t] / x.sum()),
        ),
        Mistake(
            "the largest logit is subtracted and not given back: it must go from the target's logit too.",
            lambda x, t: (x - x.max()).exp().sum().log() - x[t],
        ),
    ),
    on_the_way=_log_of_sum,
    hint="−ln(exp(x_t) / Σ exp(x)) is ln Σ exp(x) − x_t; with m the largest, ln Σ exp(x) is m + ln Σ exp(x − m).",
    praise="For equal logits it is ln of their number: the first loss of every untrained model.",
)


def _attention(q, k, v, scale=None, mask=None, axis=-1):
    """The parts of attention, of which each mistake leaves out or swaps one."""
    T, d = q.shape
    mask = torch.ones(T, T).tril() if mask is None else mask
    scores = (q @ k.T) * (d**-0.5 if scale is None else scale)
    return scores.masked_fill(mask == 0, -torch.inf).softmax(axis) @ v


def _causal(q):
    return torch.ones(len(q), len(q)).tril()


def _scores(q, k):
    return q @ k.T / q.shape[1] ** 0.5


def _qkv(T: int, d: int, seed: int) -> tuple[torch.Tensor, ...]:
    draw = torch.Generator().manual_seed(seed)
    return tuple((2 * torch.randn(T, d, generator=draw)).round(decimals=1) for _ in range(3))


_UNMASKED = "the mask is missing: early positions see later ones. (Keep what `masked_fill` returns.)"
_NO_SCALE = "the scores aren't scaled: divide them by the square root of d."
_COLUMNS = "softmax runs down the columns: each query's row must add up to 1, so use `dim=-1`."
_ZERO_SCORE = "masked scores are set to 0, and exp(0) is 1, not 0: set them to minus infinity before softmax."
_MASK_LAST = "the mask comes after softmax, so the rows no longer add up to 1: mask the scores before it."
_NO_SOFTMAX = "softmax is missing: the scores themselves are no weights."
_NO_MIX = "these are the scores: softmax makes weights of them, and the weights mix the rows of v."


def _last_row(q, k, v):
    weights = _scores(q, k)[-1].softmax(0)
    return "the last query's weights are " + ", ".join(f"{weight:.4f}" for weight in weights.tolist())


ATTENTION = Exercise(
    name="attention",
    signature="attention(q, k, v)",
    task="Causal attention of one head: q, k, v are (T, d); return (T, d), for each position a mix of the v so far.",
    truth=lambda q, k, v: F.scaled_dot_product_attention(q[None], k[None], v[None], is_causal=True)[0],
    cases=(
        _qkv(3, 2, 0),
        _qkv(5, 4, 1),
        _qkv(1, 3, 2),
        _qkv(2, 5, 3),
        _qkv(4, 1, 4),
        (torch.zeros(3, 2), *_qkv(3, 2, 5)[1:]),
    ),
    read=answer_values.matrix,
    mistakes=(
        Mistake(_UNMASKED, lambda q, k, v: _attention(q, k, v, mask=torch.ones(len(q), len(q)))),
        Mistake(_UNMASKED, lambda q, k, v: _attention(q, k, v, mask=torch.ones(len(q), len(q)), scale=1)),
        Mistake(_NO_SCALE, lambda q, k, v: _attention(q, k, v, scale=1)),
        Mistake(
            "the scores are divided by d: it is the square root of d.",
            lambda q, k, v: _attention(q, k, v, scale=1 / q.shape[1]),
        ),
        *(
            Mistake(
                "`d ** 1/2` is half of d, not its root, since powers come first: write `d ** 0.5`.",
                lambda q, k, v, part=part: _attention(q, k, v, scale=part / q.shape[1]),
            )
            for part in (2, 1 / 2)
        ),
        Mistake(
            "the scores are divided by the square root of T: d, the width of a key, is the other size.",
            lambda q, k, v: _attention(q, k, v, scale=len(q) ** -0.5),
        ),
        Mistake(
            "the scores are multiplied by the square root of d: divide by it.",
            lambda q, k, v: _attention(q, k, v, scale=q.shape[1] ** 0.5),
        ),
        Mistake(
            "the weights are divided by the square root of d: divide the scores, before softmax.",
            lambda q, k, v: _attention(q, k, v, scale=1) / q.shape[1] ** 0.5,
        ),
        Mistake(_COLUMNS, lambda q, k, v: _attention(q, k, v, axis=0)),
        Mistake(_COLUMNS, lambda q, k, v: _attention(q, k, v, axis=0, scale=1)),
        Mistake(_COLUMNS, lambda q, k, v: _attention(q, k, v, axis=0, mask=torch.ones(len(q), len(q)))),
        Mistake(_ZERO_SCORE, lambda q, k, v: (_scores(q, k) * _causal(q)).softmax(-1) @ v),
        Mistake(_ZERO_SCORE, lambda q, k, v: (q @ k.T * _causal(q)).softmax(-1) @ v),
        Mistake(_MASK_LAST, lambda q, k, v: _scores(q, k).softmax(-1) * _causal(q) @ v),
        Mistake(_MASK_LAST, lambda q, k, v: (q @ k.T).softmax(-1) * _causal(q) @ v),
        Mistake(
            "the mask is turned round: positions look into the future.",
            lambda q, k, v: _attention(q, k, v, mask=_causal(q).T),
        ),
        Mistake(
            "the mask is inverted: what came before is hidden, and the future seen; the last position has nothing to "
            "look at (nan). `masked_fill` hides where its mask is True.",
            lambda q, k, v: _attention(q, k, v, mask=1 - _causal(q)),
        ),
        Mistake(
            "a position may not look at itself here, and the first has nothing to look at (nan): keep the diagonal.",
            lambda q, k, v: _attention(q, k, v, mask=_causal(q).tril(-1)),
        ),
        Mistake(
            "everything is nan: 0 × −∞ is nan, so don't multiply a mask by infinity. Use `masked_fill` or "
            "`torch.where`.",
            lambda q, k, v: torch.full_like(v, torch.nan),
        ),
        Mistake(
            "hidden scores are plus infinity, and softmax gives nan: it must be minus infinity.",
            lambda q, k, v: _scores(q, k).masked_fill(_causal(q) == 0, torch.inf).softmax(-1) @ v,
        ),
        Mistake(
            "q and k are swapped: the rows of the scores are queries, `q @ k.T`.", lambda q, k, v: _attention(k, q, v)
        ),
        Mistake(
            "k and v are swapped: the scores come from keys, and values are mixed.", lambda q, k, v: _attention(q, v, k)
        ),
        Mistake(
            "these are the attention weights: use them to mix the rows of v.",
            lambda q, k, v: _attention(q, k, torch.eye(len(q))),
        ),
        *(
            Mistake(_NO_MIX, lambda q, k, v, change=change: change(_scores(q, k)))
            for change in (
                lambda scores: scores,
                torch.tril,
                lambda scores: scores.masked_fill(_causal(scores) == 0, -torch.inf),
            )
        ),
        Mistake(_NO_SOFTMAX, lambda q, k, v: _scores(q, k) * _causal(q) @ v),
        Mistake(_NO_SOFTMAX, lambda q, k, v: _scores(q, k) @ v),
        Mistake(_NO_SOFTMAX, lambda q, k, v: q @ k.T * _causal(q) @ v),
        Mistake(_NO_SOFTMAX, lambda q, k, v: q @ k.T @ v),
        Mistake(
            "the exponentials aren't divided by their sum: each row of weights must add up to 1.",
            lambda q, k, v: _scores(q, k).exp() * _causal(q) @ v,
        ),
        Mistake(
            "this is the plain average of what came before: the weights come from q and k.",
            lambda q, k, v: _causal(q) / _causal(q).sum(1, keepdim=True) @ v,
        ),
        Mistake("these are the values themselves: mix them by the weights.", lambda q, k, v: v),
    ),
    on_the_way=_last_row,
    hint="Scores `q @ k.T / d**0.5`, minus infinity where the mask forbids, softmax along the last axis, times v.",
    praise="Many of these, side by side and stacked, are most of a GPT.",
    builds_on=("causal_mask",),
)

EXERCISES = (NEXT_TOKEN_TARGETS, BIGRAM_COUNTS, CAUSAL_MASK, CROSS_ENTROPY, ATTENTION)
