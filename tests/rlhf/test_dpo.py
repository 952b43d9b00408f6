"""Pairs as data, and the losses that fit them: by hand, and on a taste that is easily learned."""

import math

import pytest
import torch
from tastes import vowel_pairs
from tiny import tiny_model
from torch.testing import assert_close

from pocketgpt.chat import Message, render
from pocketgpt.errors import PocketError
from pocketgpt.model import IGNORE
from pocketgpt.rlhf.collect_pairs import sample_pairs
from pocketgpt.rlhf.dpo import answer_logprobs, direct_preference
from pocketgpt.rlhf.little_stories import Request
from pocketgpt.rlhf.objectives import bradley_terry_loss, dpo_loss
from pocketgpt.rlhf.pairs import PairData
from pocketgpt.tokenizer import Tokenizer
from pocketgpt.training.config import TrainConfig
from pocketgpt.training.loop import train

TOKENIZER = Tokenizer([])


def model_of(seed: int = 0):
    return tiny_model(seed, vocab_size=264, context=64)


# --- Losses -------------------------------------------------------------------------------------------------


def test_bradley_terry_by_hand():
    # ln(1 + e^-2) and ln(1 + e^1)
    loss = bradley_terry_loss(torch.tensor([3.0, 0.0]), torch.tensor([1.0, 1.0]))
    assert loss.item() == pytest.approx((math.log1p(math.exp(-2)) + math.log1p(math.exp(1))) / 2)


def test_dpo_by_hand_and_where_it_pulls():
    numbers = [torch.tensor([x], requires_grad=True) for x in (-2.0, -1.0)]
    loss = dpo_loss(*numbers, torch.tensor([-3.0]), torch.tensor([-1.5]), beta=0.5)
    # scores: 0.5 · (−2 + 3) and 0.5 · (−1 + 1.5)
    assert loss.item() == pytest.approx(math.log1p(math.exp(-(0.5 - 0.25))))
    loss.backward()
    pull = 0.5 / (1 + math.exp(0.25))  # beta × how wrong it still is
    assert numbers[0].grad.item() == pytest.approx(-pull) and numbers[1].grad.item() == pytest.approx(pull)


# --- Pairs --------------------------------------------------------------------------------------------------


def test_pairs_as_batches():
    pairs = vowel_pairs(10)
    data = PairData(pairs, TOKENIZER, batch_size=4)
    ids, targets = data.batch(0)
    assert ids.shape == targets.shape and ids.shape[:2] == (4, 2) and data.steps_per_epoch == 2
    rendered = {}
    for pair in pairs:
        for place, text in enumerate((pair.better, pair.worse)):
            ids_of, mask = render([Message("user", "Go"), Message("assistant", text)], TOKENIZER)
            rendered[tuple(ids_of)] = (place, [i if own else IGNORE for i, own in zip(ids_of, mask, strict=True)])
    for row in range(4):
        for place in range(2):
            length = int((targets[row, place] != IGNORE).nonzero().max()) + 1
            found = tuple(ids[row, place, :length].tolist())
            assert rendered[found] == (place, targets[row, place, :length].tolist())
            assert not ids[row, place, length:].any()
    assert torch.equal(data.batch(3)[0], PairData(pairs, TOKENIZER, batch_size=4).batch(3)[0])


def test_pairs_are_needed():
    with pytest.raises(PocketError, match="no pairs"):
        PairData([], TOKENIZER)


# --- Pairs from a model, and DPO ----------------------------------------------------------------------------


def test_sampled_pairs_are_finished_and_differ():
    pairs = sample_pairs(model_of(), TOKENIZER, lambda rng: Request("Go"), 20, max_tokens=20)
    assert len(pairs) == 20 and all(p.first != p.second and p.first_wins is None for p in pairs)
    assert pairs == sample_pairs(model_of(), TOKENIZER, lambda rng: Request("Go"), 20, max_tokens=20)


def test_a_model_that_never_ends_gives_no_pairs():
    with pytest.raises(PocketError, match="hardly ever writes two different answers"):
        model = model_of()
        with torch.no_grad():
            model.head.weight[256:].fill_(0.0)
            model.head.weight[256:] -= 100 * model.head.weight[:256].abs().sum(0)
        sample_pairs(model, TOKENIZER, lambda rng: Request("Go"), 5, max_tokens=1)


def test_direct_preference_starts_as_a_coin_and_learns():
    model, reference = model_of(), model_of()
    data = PairData(vowel_pairs(400), TOKENIZER)
    config = TrainConfig(steps=30, matrix_lr=0.01, embed_lr=0.02, head_lr=0.01, precision="fp32")
    losses = [m.loss for m in train(model, data, config, loss=direct_preference(reference, beta=0.5))]
    assert losses[0] == pytest.approx(math.log(2), abs=1e-4)
    assert sum(losses[-5:]) / 5 < 0.55
    ids, targets = PairData(vowel_pairs(100, seed=1), TOKENIZER, batch_size=100).batch(0)
    flat, written = ids.flatten(0, 1), targets.flatten(0, 1) != IGNORE
    with torch.no_grad():
        gained = (answer_logprobs(model, flat, written) - answer_logprobs(reference, flat, written)).view(-1, 2)
    assert (gained[:, 0] > gained[:, 1]).float().mean() > 0.7


def test_the_log_probability_of_an_answer():
    model = model_of()
    ids, mask = render([Message("user", "Go"), Message("assistant", "ab")], TOKENIZER)
    logprobs = model(torch.tensor([ids]))[0].log_softmax(-1)
    by_hand = sum(logprobs[i - 1, ids[i]] for i, own in enumerate(mask) if own)
    found = answer_logprobs(model, torch.tensor([ids]), torch.tensor([mask], dtype=torch.bool))
    assert_close(found[0], by_hand)
