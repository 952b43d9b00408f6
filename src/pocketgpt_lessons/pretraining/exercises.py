"""Exercises of notebook 02, pretraining: targets, bigrams, and the parts of attention and its loss."""

import torch
from torch.nn import functional as F

from pocketgpt_lessons.classroom import answer_values
from pocketgpt_lessons.classroom.exercises import Exercise, Mistake

NEXT_TOKEN_TARGETS = Exercise(
    name="next_token_targets",
    signature="next_token_targets(ids)",
    task="From a list of ids make two lists of equal length: the inputs, and for each the id that follows it.",
    truth=lambda ids: ([ids[i] for i in range(len(ids) - 1)], [ids[i + 1] for i in range(len(ids) - 1)]),
    cases=(([5, 6, 7, 8],), ([3, 3, 1, 4, 1, 5],), ([9, 2],)),
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
            "there is one input too many: nothing follows the last id, so it can't be an input.",
            lambda ids: (ids, ids[1:]),
        ),
        Mistake(
            "there is one target too many: the first id follows nothing, so it can't be a target.",
            lambda ids: (ids[:-1], ids),
        ),
        Mistake(
            "the two are swapped: the targets are the ids before, not the ones after.", lambda ids: (ids[1:], ids[:-1])
        ),
        Mistake("the shift is two places: each target skips an id.", lambda ids: (ids[:-2], ids[2:])),
        Mistake(
            "the last target wraps round to the first id, which doesn't follow it.",
            lambda ids: (ids, ids[1:] + ids[:1]),
        ),
        Mistake(
            "the pairs are right, but listed pair by pair: return all inputs, then all targets.",
            lambda ids: list(zip(ids, ids[1:], strict=False)),
        ),
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


BIGRAM_COUNTS = Exercise(
    name="bigram_counts",
    signature="bigram_counts(ids, vocab_size)",
    task="Count neighbours: row i, column j says how often id j comes directly after id i.",
    truth=_bigram_counts,
    cases=(([0, 1, 2, 1, 2], 4), ([2, 2, 2, 0, 1, 0], 3), ([1], 2)),
    read=answer_values.matrix,
    mistakes=(
        Mistake(
            "rows and columns are swapped: the first id of a pair chooses the row.",
            lambda ids, v: _bigram_counts(ids, v).T,
        ),
        Mistake(
            "the last pair is missing: the loop stops one step too early.", lambda ids, v: _bigram_counts(ids[:-1], v)
        ),
        Mistake(
            "each id is paired with itself: the second of a pair is `ids[i + 1]`.",
            lambda ids, v: _counts(zip(ids, ids, strict=True), v, v),
        ),
        Mistake(
            "each pair is marked once, not counted: add 1 each time (`counts[ids[:-1], ids[1:]] += 1` "
            "adds only "
            "once for equal pairs).",
            lambda ids, v: _bigram_counts(ids, v).clamp(max=1),
        ),
        Mistake(
            "the last id is paired with the first: a text isn't a circle.",
            lambda ids, v: _bigram_counts(ids + ids[:1], v),
        ),
        Mistake(
            "every second pair is left out: neighbouring pairs overlap, so go on by one, not two.",
            lambda ids, v: _counts(zip(ids[::2], ids[1::2], strict=False), v, v),
        ),
        Mistake(
            "these are shares, not counts: don't divide yet.",
            lambda ids, v: _bigram_counts(ids, v) / _bigram_counts(ids, v).sum(1)[:, None].clamp(min=1),
        ),
        Mistake(
            "the table is as large as the largest id seen: give it `vocab_size` rows and columns.",
            lambda ids, v: _bigram_counts(ids, max(ids) + 1),
        ),
    ),
    hint="Start with vocab_size × vocab_size zeros, and walk over `zip(ids, ids[1:])`.",
    praise="Divide each row by its sum, and you have a language model.",
)

CAUSAL_MASK = Exercise(
    name="causal_mask",
    signature="causal_mask(T)",
    task="Make a (T, T) table that is True where the query of that row may look at the key of that column: "
    "at itself "
    "and at what came before.",
    truth=lambda T: [[key <= query for key in range(T)] for query in range(T)],
    cases=((3,), (1,), (5,)),
    read=answer_values.matrix,
    mistakes=(
        Mistake(
            "it is turned round: every position looks at itself and the future, so it would copy the "
            "answer. "
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
        Mistake("everything may look at everything: nothing is masked.", lambda T: torch.ones(T, T)),
        Mistake(
            "every position may also look one step ahead, which is the token that it has to predict.",
            lambda T: torch.ones(T, T).tril(1),
        ),
        Mistake(
            "every position looks only at itself, so nothing is learned from what came before.", lambda T: torch.eye(T)
        ),
        Mistake(
            "this is the form that is added to the scores, 0 and −∞: return True and False.",
            lambda T: torch.zeros(T, T).masked_fill(torch.ones(T, T).triu(1) > 0, -torch.inf),
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


CROSS_ENTROPY = Exercise(
    name="cross_entropy",
    signature="cross_entropy(logits, target)",
    task="Return the loss in nats, −ln of the softmax probability of the target, also for logits as large as 1000.",
    truth=lambda logits, target: F.cross_entropy(_in_float64(logits), torch.tensor(target)),
    cases=(
        (torch.tensor([1.0, 3.0, 2.0]), 2),
        (torch.tensor([0.0, 0.0, 0.0, 0.0]), 1),
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
        Mistake("this is the probability itself: the loss is minus its logarithm.", lambda x, t: x.softmax(0)[t]),
        Mistake("this is the error in probability, 1 − p: the loss is −ln p.", lambda x, t: 1 - x.softmax(0)[t]),
        Mistake(
            "these are bits: take the natural logarithm for nats.",
            lambda x, t: -_in_float64(x).log_softmax(0)[t] / torch.log(torch.tensor(2.0)),
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
            "large logits overflow in `exp`: subtract the largest logit from all of them first, which "
            "changes no "
            "probability.",
            lambda x, t: -torch.log(x.exp()[t] / x.exp().sum()),
        ),
        Mistake(
            "large logits overflow in `exp`: subtract the largest logit from all of them first, which "
            "changes no "
            "probability.",
            lambda x, t: x.exp().sum().log() - x[t],
        ),
        Mistake(
            "the probability is rounded to 0 before its logarithm is taken: use ln Σ exp − logit, and "
            "never "
            "the probability itself.",
            lambda x, t: -x.softmax(0)[t].log(),
        ),
        Mistake(
            "the largest logit is subtracted and not given back: it must go from the target's logit too.",
            lambda x, t: (x - x.max()).exp().sum().log() - x[t],
        ),
    ),
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


def _qkv(T: int, d: int, seed: int) -> tuple[torch.Tensor, ...]:
    draw = torch.Generator().manual_seed(seed)
    return tuple((2 * torch.randn(T, d, generator=draw)).round(decimals=1) for _ in range(3))


ATTENTION = Exercise(
    name="attention",
    signature="attention(q, k, v)",
    task="Causal attention of one head: q, k, v are (T, d); return (T, d), for each position a mix of the v so far.",
    truth=lambda q, k, v: F.scaled_dot_product_attention(q[None], k[None], v[None], is_causal=True)[0],
    cases=(_qkv(3, 2, 0), _qkv(5, 4, 1), _qkv(1, 3, 2)),
    read=answer_values.matrix,
    mistakes=(
        Mistake(
            "the mask is missing: early positions see later ones.",
            lambda q, k, v: _attention(q, k, v, mask=torch.ones(len(q), len(q))),
        ),
        Mistake(
            "the scores aren't scaled: divide them by the square root of d.",
            lambda q, k, v: _attention(q, k, v, scale=1),
        ),
        Mistake(
            "the scores are divided by d: it is the square root of d.",
            lambda q, k, v: _attention(q, k, v, scale=1 / q.shape[1]),
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
            "softmax runs down the columns: each query's row must add up to 1, so use `dim=-1`.",
            lambda q, k, v: _attention(q, k, v, axis=0),
        ),
        Mistake(
            "masked scores are set to 0, and exp(0) is 1, not 0: set them to minus infinity before softmax.",
            lambda q, k, v: (q @ k.T / q.shape[1] ** 0.5 * _causal(q)).softmax(-1) @ v,
        ),
        Mistake(
            "the mask comes after softmax, so the rows no longer add up to 1: mask the scores before it.",
            lambda q, k, v: (q @ k.T / q.shape[1] ** 0.5).softmax(-1) * _causal(q) @ v,
        ),
        Mistake(
            "the mask is turned round: positions look into the future.",
            lambda q, k, v: _attention(q, k, v, mask=_causal(q).T),
        ),
        Mistake(
            "a position may not look at itself here, and the first has nothing to look at (nan): keep the diagonal.",
            lambda q, k, v: _attention(q, k, v, mask=torch.ones(len(q), len(q)).tril(-1)),
        ),
        Mistake(
            "q and k are swapped: the rows of the scores are queries, `q @ k.T`.", lambda q, k, v: _attention(k, q, v)
        ),
        Mistake(
            "these are the attention weights: use them to mix the rows of v.",
            lambda q, k, v: _attention(q, k, torch.eye(len(q))),
        ),
        Mistake(
            "softmax is missing: the scores themselves are no weights.",
            lambda q, k, v: q @ k.T / q.shape[1] ** 0.5 * _causal(q) @ v,
        ),
        Mistake(
            "this is the plain average of what came before: the weights come from q and k.",
            lambda q, k, v: _causal(q) / _causal(q).sum(1, keepdim=True) @ v,
        ),
    ),
    hint="Scores `q @ k.T / d**0.5`, minus infinity where the mask forbids, softmax along the last axis, times v.",
    praise="Many of these, side by side and stacked, are most of a GPT.",
)

EXERCISES = (NEXT_TOKEN_TARGETS, BIGRAM_COUNTS, CAUSAL_MASK, CROSS_ENTROPY, ATTENTION)
