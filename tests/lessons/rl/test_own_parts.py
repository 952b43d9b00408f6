"""A learner's functions in a real run: which are used, and that a loss that passes also trains."""

import math
import random

import pytest
import torch
from tiny import tiny_model

from pocketgpt.rl.environment import try_tasks
from pocketgpt.tokenizer import Tokenizer
from pocketgpt_lessons.rl import experiments
from pocketgpt_lessons.rl.own_parts import chosen, keeps_gradients, try_winners

BYTES = Tokenizer([])


def own_loss(logprobs, advantages):
    weighed = [a * x for row, a in zip(logprobs, advantages, strict=True) for x in row]
    return -sum(weighed) / len(weighed)


def loss_without_gradients(logprobs, advantages):
    return torch.as_tensor(own_loss(logprobs, advantages)).item()


def own_advantages(rewards):
    mean = sum(rewards) / len(rewards)
    return [r - mean for r in rewards]


def test_functions_that_pass_are_used_and_others_replaced():
    used = chosen(advantages=own_advantages, reward=lambda answer, result: 1.0, policy_loss=own_loss)
    assert used.advantages is own_advantages and used.policy_loss is own_loss
    assert used.reward("So 1 + 1 = 3.", 2) == 0.0
    assert used.told == "Yours: advantages, policy_loss. Ours, until yours pass: reward."


def test_a_right_loss_through_which_nothing_flows_is_named():
    used = chosen(policy_loss=loss_without_gradients)
    assert "makes plain numbers" in used.told and keeps_gradients(used.policy_loss)
    assert not keeps_gradients(loss_without_gradients) and not keeps_gradients(lambda logprobs, advantages: 1 / 0)


def test_own_functions_and_ours_make_the_same_loss_and_gradients():
    model = tiny_model(vocab_size=BYTES.vocab_size, context=64)
    batch = try_tasks(model, BYTES, experiments.SUMS, experiments.exam_sums(1, 1), each=3, max_tokens=4)
    found = []
    for used in (chosen(policy_loss=own_loss), chosen(policy_loss=lambda logprobs, advantages: ...)):
        model.zero_grad()
        loss = used.policy_loss(experiments.answer_logprobs(model, batch), [0.5, -0.25, -0.25])
        loss.backward()
        found.append((loss.item(), model.head.weight.grad.clone()))
    assert math.isclose(found[0][0], found[1][0], rel_tol=1e-5)
    assert torch.allclose(found[0][1], found[1][1], atol=1e-6) and found[0][1].abs().sum() > 0


@pytest.mark.parametrize(("kept", "told"), [(None, "not attempted yet"), (5, "5 answers kept. Right: ")])
def test_training_on_winners_is_tried_on_a_copy(kept, told, monkeypatch):
    monkeypatch.setattr(experiments, "EXAM", 4)
    model = tiny_model(vocab_size=BYTES.vocab_size, context=256)
    before = [p.clone() for p in model.parameters()]

    def learn(student, sums):
        for p in student.parameters():
            p.data.mul_(random.random())
        return kept

    assert told in try_winners(learn, model, BYTES, experiments.exam_sums(1, 2))
    assert all(torch.equal(p, old) for p, old in zip(model.parameters(), before, strict=True))
