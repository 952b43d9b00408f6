"""A learner's own functions at work in a real model: theirs where they are right, ours where they aren't yet."""

from collections.abc import Callable
from time import thread_time

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from pocketgpt.training.pretrain import Corpus
from pocketgpt_lessons.classroom import sandbox
from pocketgpt_lessons.classroom.exercises import Exercise, judge
from pocketgpt_lessons.classroom.verdicts import NOT_ATTEMPTED
from pocketgpt_lessons.pretraining.exercises import ATTENTION, BIGRAM_COUNTS
from pocketgpt_lessons.pretraining.rungs import SIZES, Mix, build, loss_on_new_pages, train_rung

PATIENCE = 20.0  # seconds for counting a million pairs
SLOW = 0.02  # seconds of computing for one head of one text: a batch has 16, and there are hundreds of batches


def counts_of(bigram_counts: Callable, ids: list[int], vocab_size: int) -> tuple[np.ndarray, str]:
    """The table of pairs (vocab_size, vocab_size) by the learner's function or by ours, and a sentence on which."""
    problem = _verdict(BIGRAM_COUNTS, bigram_counts)
    if not problem:
        ran = sandbox.run(lambda: np.asarray(bigram_counts(ids, vocab_size), dtype=float), PATIENCE)
        if ran.value is not None:
            return ran.value, f"Counted by your own `bigram_counts`: {len(ids) - 1:,} pairs."
        problem = f"Your `bigram_counts` is right, but it didn't finish {len(ids) - 1:,} pairs"
    pairs = np.zeros((vocab_size, vocab_size))
    np.add.at(pairs, (ids[:-1], ids[1:]), 1)
    return pairs, f"{problem}: ours counts."


def attention_of(attention: Callable) -> tuple[Mix, str]:
    """The learner's attention, or ours, for use in a model; and a sentence on which it is."""
    problem = _verdict(ATTENTION, attention)
    if not problem:
        mix = as_mix(attention)
        problem = problem_of(mix)
        if not problem:
            return mix, "Your own `attention` is at work in this model."
        problem = f"Your `attention` is right, but can't be trained ({problem})"
    return our_attention, f"{problem}: ours is at work in this model."


def our_attention(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Causal attention of one head, (T, d)."""
    return F.scaled_dot_product_attention(q[None], k[None], v[None], is_causal=True)[0]


def as_mix(answer: Callable) -> Mix:
    """The learner's function with its result as one tensor, whether it returns that or a list of rows."""

    def mix(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        mixed = answer(q, k, v)
        return (torch.stack(list(mixed)) if isinstance(mixed, (list, tuple)) else mixed).to(v.dtype)

    return mix


def problem_of(mix: Mix) -> str:
    """What keeps a way to look back from being trained, in a few words; "" if nothing does."""
    generator = torch.Generator().manual_seed(0)
    whole = torch.randn(3, 7, 4, generator=generator, requires_grad=True)
    ran = sandbox.run(lambda: mix(*whole))
    mixed = ran.value
    if ran.error is not None or ran.timed_out:
        return _stopped(ran)
    if not isinstance(mixed, Tensor) or mixed.shape != whole[2].shape:
        return "it must return a tensor of the shape of v, (T, d)"
    if not mixed.requires_grad:
        return "no gradient can flow through it: use PyTorch's operations only, not NumPy's, and no `.item()`"
    if not mixed.isfinite().all():
        return "some of its numbers are infinite or nan"
    other = whole.detach().clone()
    other[:, -1] += 1  # a change of the last token mustn't change what the earlier ones gather
    long = torch.randn(3, SIZES.context, SIZES.head_dim, generator=generator)

    @torch.no_grad()
    def again() -> tuple[bool, float]:
        ahead = not torch.allclose(mix(*other)[:-1], mixed[:-1], atol=1e-5)
        start = thread_time()
        mix(*long)
        return ahead, thread_time() - start

    ran = sandbox.run(again)
    if ran.error is not None or ran.timed_out:
        return _stopped(ran)
    ahead, seconds = ran.value
    if ahead:
        return "it looks ahead: what a token gathers changes with the tokens after it"
    return "it is too slow: work on all rows at once" if seconds > SLOW else ""


def _stopped(ran: sandbox.Ran) -> str:
    return ran.failure or "it doesn't come to an end"


def trial(mix: Callable, corpus: Corpus, seed: int = 6) -> tuple[float | None, str]:
    """The loss on new pages of a rung that looks back in the learner's way, None if it can't; and a sentence on it."""
    ran = sandbox.run(lambda: mix(*torch.zeros(3, 2, 2)))
    if ran.nothing:
        return None, "Not attempted yet: `my_mix` returns nothing."
    problem = problem_of(as_mix(mix))
    if problem:
        return None, f"Not trained: {problem}."
    model = build("attention", seed, as_mix(mix))
    for _ in train_rung(model, corpus, seed):
        pass
    loss = loss_on_new_pages(model, corpus)
    return loss, f"Trained with your way to look back: {loss:.2f} nats per token on new pages."


def _verdict(exercise: Exercise, answer: Callable) -> str:
    """Why an answer can't be used, "" if it is right."""
    verdict = judge(exercise, answer)
    if verdict.passed:
        return ""
    if verdict.status == NOT_ATTEMPTED:
        return f"`{exercise.name}` isn't written yet"
    return f"Your `{exercise.name}` isn't right yet"
