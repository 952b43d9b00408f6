"""Filters against transformers' and definitions; generation against a plain loop; sampled frequencies."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tiny import random_ids, tiny_model
from torch.testing import assert_close

from pocketgpt.errors import PocketError
from pocketgpt.model import next_token_loss
from pocketgpt.sampling.distribution import (
    apply_temperature,
    draw,
    keep_min_p,
    keep_top_k,
    keep_top_p,
    next_token_distribution,
)
from pocketgpt.sampling.generate import continuations, generate, prompt_ids, stream
from pocketgpt.tokenizer import Tokenizer

TOKENIZER = Tokenizer([])  # bytes and special tokens: 264 ids


def random_logits(seed: int, size: int = 50) -> torch.Tensor:
    return 3 * torch.randn(2, size, generator=torch.Generator().manual_seed(seed))


# --- Filters ------------------------------------------------------------------------------------------------


@given(st.integers(0, 1000), st.integers(1, 60), st.floats(0.05, 0.95), st.floats(0.1, 5))
def test_filters_are_those_of_transformers(seed, k, p, temperature):
    from transformers.generation import logits_process as theirs

    logits = random_logits(seed)
    assert torch.equal(keep_top_k(logits, k), theirs.TopKLogitsWarper(k)(None, logits))
    assert torch.equal(keep_top_p(logits, p), theirs.TopPLogitsWarper(p)(None, logits))
    assert torch.equal(keep_min_p(logits, p), theirs.MinPLogitsWarper(p)(None, logits))
    assert_close(apply_temperature(logits, temperature), theirs.TemperatureLogitsWarper(temperature)(None, logits))


@given(
    st.integers(0, 1000),
    st.integers(1, 12),
    st.floats(0.1, 10),
    st.none() | st.integers(1, 20),
    st.none() | st.floats(0.01, 1),
    st.none() | st.floats(0, 1),
)
def test_whatever_is_filtered_probabilities_add_up_to_one(seed, size, temperature, top_k, top_p, min_p):
    logits = random_logits(seed, size)
    probs = next_token_distribution(logits, temperature, top_k, top_p, min_p)
    assert (probs >= 0).all()
    assert_close(probs.sum(-1), torch.ones(2))
    assert torch.equal(probs.argmax(-1), logits.argmax(-1))  # the likeliest is always kept
    kept = probs > 0
    assert top_k is None or (kept.sum(-1) <= top_k).all()
    # What is kept keeps its proportions.
    full = (logits / temperature).softmax(-1)
    assert_close(probs, (full * kept) / (full * kept).sum(-1, keepdim=True), atol=1e-5, rtol=1e-3)


@given(st.integers(0, 1000), st.floats(0.01, 0.999))
def test_kept_sets_are_as_defined(seed, p):
    logits = random_logits(seed).double()
    probs = logits.softmax(-1)
    for row, top, least in zip(probs, keep_top_p(logits, p).isfinite(), keep_min_p(logits, p).isfinite(), strict=True):
        # top_p: enough, and without the least of them not enough.
        assert row[top].sum() >= p - 1e-9 and row[top].sum() - row[top].min() < p + 1e-9
        assert not (~top).any() or row[~top].max() <= row[top].min()
        assert torch.equal(least, row >= p * row.max())


def test_no_filter_changes_nothing():
    logits = random_logits(0)
    assert_close(next_token_distribution(logits, 1.0, top_k=50, top_p=1.0, min_p=0.0), logits.softmax(-1))


def test_filters_work_in_order_each_on_what_the_one_before_left():
    probs = torch.tensor([0.4, 0.3, 0.2, 0.1])
    # Of two tokens left by top_k the first has 4/7, which is enough for 0.5 but wasn't when it had 0.4.
    assert next_token_distribution(probs.log(), top_k=2, top_p=0.5).tolist() == [1, 0, 0, 0]
    assert (next_token_distribution(probs.log(), top_p=0.5) > 0).tolist() == [True, True, False, False]


def test_tokens_that_tie_with_the_last_are_kept():
    assert keep_top_k(torch.tensor([1.0, 2.0, 2.0, 0.0]), 1).isfinite().tolist() == [False, True, True, False]


@pytest.mark.parametrize(
    ("option", "complaint"),
    [
        ({"temperature": -1.0}, "temperature must be at least 0.001 and at most 1,000, not -1"),
        ({"top_k": 0}, "top_k must be at least 1, not 0"),
        ({"top_p": 0.0}, "top_p must be above 0 and at most 1, not 0.0"),
        ({"top_p": 1.5}, "top_p must be above 0 and at most 1, not 1.5"),
        ({"min_p": -0.1}, "min_p must be at least 0 and at most 1, not -0.1"),
        ({"min_p": 2.0}, "min_p must be at least 0 and at most 1, not 2.0"),
        ({"temperature": 1e-39}, "temperature must be at least 0.001"),
        ({"temperature": math.nan}, "temperature must be a number"),
        ({"temperature": math.inf}, "temperature must be a number"),
        ({"top_k": 2.5}, "top_k must be a whole number"),
        ({"top_p": math.nan}, "top_p must be a number"),
        ({"min_p": "1"}, "min_p must be a number"),
    ],
)
def test_options_that_make_no_sense(option, complaint):
    with pytest.raises(PocketError, match=complaint):
        next_token_distribution(torch.zeros(3), **option)
    with pytest.raises(PocketError, match=complaint):
        generate(tiny_model(vocab_size=264), TOKENIZER, "a", **option)


# --- Generating ---------------------------------------------------------------------------------------------


@torch.no_grad()
def plain_loop(model, prompt: list[int], n: int) -> list[int]:
    """The likeliest token n times, without a cache."""
    ids = list(prompt)
    for _ in range(n):
        ids.append(int(model(torch.tensor([ids]))[0, -1].argmax()))
    return ids[len(prompt) :]


def test_greedy_text_is_that_of_a_plain_loop():
    model = tiny_model(vocab_size=264)
    prompt = [TOKENIZER.eot_id, *b"Ada"]
    assert prompt_ids(TOKENIZER, "Ada") == prompt
    text = generate(model, TOKENIZER, "Ada", max_tokens=8, temperature=0)
    assert text == TOKENIZER.decode(plain_loop(model, prompt, 8)) and text != ""


PROMPTS = [random_ids(n, seed=n).tolist() for n in (3, 7, 1, 7)]


def test_prompts_of_unequal_length_go_on_as_if_each_were_alone():
    model = tiny_model()
    alone = [plain_loop(model, prompt, 6) for prompt in PROMPTS]
    assert continuations(model, PROMPTS, 6, temperature=0) == alone
    assert [continuations(model, [prompt], 6, temperature=0)[0] for prompt in PROMPTS] == alone


def test_a_prompt_ends_at_its_stop_token_while_others_go_on():
    model = tiny_model()
    alone = [plain_loop(model, prompt, 6) for prompt in PROMPTS]
    stops = [alone[0][1], alone[2][3]]

    def cut(ids):
        ends = [i + 1 for i, token in enumerate(ids) if token in stops]
        return ids[: min(ends, default=len(ids))]

    assert continuations(model, PROMPTS, 6, temperature=0, stop_ids=stops) == [cut(ids) for ids in alone]
    assert len({len(cut(ids)) for ids in alone}) > 1  # else this would have tested nothing


def test_the_stream_says_none_for_prompts_that_ended():
    model = tiny_model()
    first = plain_loop(model, PROMPTS[0], 1)
    steps = list(stream(model, PROMPTS[:2], 3, temperature=0, stop_ids=first))
    assert steps[0][0] == first[0] and [step[0] for step in steps[1:]] == [None, None]
    assert [step[1] for step in steps] == plain_loop(model, PROMPTS[1], 3)


def test_the_text_ends_before_the_end_of_text():
    model = tiny_model(vocab_size=264)
    prompt = prompt_ids(TOKENIZER, "Ada")
    with torch.no_grad():  # an output layer that recognises where the prompt ends, and calls for the end
        last = model.residuals(torch.tensor([prompt]))[-1][0, -1]
        model.head.weight.zero_()
        model.head.weight[TOKENIZER.eot_id] = last
    assert continuations(model, [prompt], 5, temperature=0, stop_ids=[TOKENIZER.eot_id]) == [[TOKENIZER.eot_id]]
    assert generate(model, TOKENIZER, "Ada", max_tokens=5, temperature=0) == ""


def test_the_same_seed_draws_the_same_tokens():
    model = tiny_model()

    def draw(seed):
        return continuations(model, PROMPTS, 6, temperature=2.0, seed=seed)

    assert draw(1) == draw(1) and draw(1) != draw(2)
    assert draw(1)[1] != draw(1)[3]  # each prompt has coins of its own


def test_no_text_outgrows_the_context():
    [ids] = continuations(tiny_model(context=16), [PROMPTS[1]], 1000)
    assert len(ids) == 16 - 7


def test_an_empty_text_can_be_continued():
    assert generate(tiny_model(vocab_size=264), TOKENIZER, "", max_tokens=5) != ""


@pytest.mark.parametrize(
    ("prompts", "max_tokens", "complaint"),
    [
        ([], 5, "prompt is empty"),
        ([[1, 2], []], 5, "prompt is empty"),
        ([[1, 2]], 0, "max_tokens must be at least 1, not 0"),
        ([[1] * 15, [1] * 16], 5, "prompt has 16 tokens.*shorten the prompt to 15"),
    ],
)
def test_prompts_that_cannot_be_continued(prompts, max_tokens, complaint):
    with pytest.raises(PocketError, match=complaint):
        continuations(tiny_model(context=16), prompts, max_tokens)


def test_sampling_leaves_the_model_trainable():
    model = tiny_model()
    continuations(model, PROMPTS, 3)
    next_token_loss(model, random_ids(1, 8), random_ids(1, 8)).backward()


def test_tokens_come_as_often_as_the_distribution_says():
    model, n = tiny_model(), 4000
    options = {"temperature": 1.5, "top_k": 8}
    with torch.no_grad():
        probs = next_token_distribution(model(torch.tensor([[5]]))[0, -1], **options)
    drawn = torch.tensor(continuations(model, [[5]] * n, 1, **options)).flatten()
    found = torch.bincount(drawn, minlength=300)
    kept = probs > 0
    assert kept.sum() == 8 and found[~kept].sum() == 0
    expected = n * probs[kept]
    assert expected.min() > 5  # what chi-square asks for
    chi_square = ((found[kept] - expected) ** 2 / expected).sum()
    assert chi_square < 24.3  # 7 degrees of freedom: a fair sampler fails with one seed in a thousand


def test_draws_are_as_frequent_as_their_probabilities():
    """A chi-squared test on 20,000 draws; what has no probability is never drawn."""
    probs = torch.tensor([0.0, 0.5, 0.0, 0.3, 0.2, 0.0])
    drawn = draw(probs.expand(20_000, 6), torch.Generator().manual_seed(0))[:, 0]
    counts = drawn.bincount(minlength=6).double()
    assert counts[probs == 0].sum() == 0
    expected = 20_000 * probs[probs > 0].double()
    assert ((counts[probs > 0] - expected) ** 2 / expected).sum() < 13.8  # p = 0.001 with 2 degrees of freedom


def test_a_point_at_the_very_end_still_is_a_token(monkeypatch):
    monkeypatch.setattr(torch, "rand", lambda *size, **options: torch.ones(*size))
    assert draw(torch.tensor([[0.5, 0.5]])).tolist() == [[1]]


@pytest.mark.parametrize("bad", [[-torch.inf] * 3, [0.0, torch.nan, 0.0], [0.0, torch.inf, 0.0]], ids=str)
def test_logits_that_allow_no_token_get_a_sentence(bad):
    with pytest.raises(PocketError, match="no distribution"):
        next_token_distribution(torch.tensor([[0.0, 1.0, 2.0], bad]))
    assert next_token_distribution(torch.tensor([-torch.inf, 0.0])).tolist() == [0.0, 1.0]


@pytest.mark.parametrize("temperature", [0, 1])
def test_a_model_with_broken_weights_is_named_as_such(temperature):
    model = tiny_model(vocab_size=264)
    model.head.weight.data[5] = torch.nan
    with pytest.raises(PocketError, match="no longer finite"):
        generate(model, TOKENIZER, "a", temperature=temperature)
