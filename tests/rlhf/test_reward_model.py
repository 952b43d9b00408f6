"""The reward model on a taste that is easily learned, and best-of-n against brute force."""

import math
from itertools import combinations

import numpy as np
import pytest
import torch
from tastes import vowel_pairs
from tiny import tiny_model
from torch.testing import assert_close

from pocketgpt import checkpoints
from pocketgpt.chat import Message, render
from pocketgpt.errors import PocketError
from pocketgpt.rl.config import RLConfig
from pocketgpt.rl.environment import Environment
from pocketgpt.rl.grpo import grpo
from pocketgpt.rlhf.best_of_n import best_of_n, best_of_n_kl
from pocketgpt.rlhf.little_stories import Request
from pocketgpt.rlhf.pairs import PairData
from pocketgpt.rlhf.reward_model import RewardModel, chances, fit, load_judge, marks, preference_loss, save_judge
from pocketgpt.tokenizer import Tokenizer
from pocketgpt.training.evaluate import evaluate_loss

TOKENIZER = Tokenizer([])


def model_of(seed: int = 0):
    return tiny_model(seed, vocab_size=264, context=64)


# --- Best of n ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_best_of_n_is_the_mean_over_all_draws(n):
    generator = torch.Generator().manual_seed(0)
    scores, values = torch.rand(2, 5, generator=generator)
    draws = [values[max(draw, key=lambda i: scores[i])] for draw in combinations(range(5), n)]
    assert_close(best_of_n(scores, values, n), torch.stack(draws).mean())
    rows = best_of_n(torch.stack([scores, -scores]), torch.stack([values, values]), n)
    assert_close(rows[0], best_of_n(scores, values, n))


@pytest.mark.parametrize("n", [2, 4, 16])
def test_the_divergence_of_best_of_n(n):
    # Answers uniform in [0, 1]: the best of n has the density n x^(n-1), whose KL from 1 is an integral.
    x = (np.arange(200_000) + 0.5) / 200_000
    density = n * x ** (n - 1)
    assert best_of_n_kl(n) == pytest.approx((density * np.log(density)).mean(), abs=1e-4)


def test_best_of_none():
    with pytest.raises(PocketError, match="n must be at least 1"):
        best_of_n_kl(0)
    with pytest.raises(PocketError, match="between 1 and the number of answers, 3, not 4"):
        best_of_n(torch.zeros(3), torch.zeros(3), 4)


# --- Reward model -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def judge():
    judge = RewardModel(model_of())
    losses = [m.loss for m in fit(judge, vowel_pairs(600), TOKENIZER, epochs=3)]
    assert losses[0] == pytest.approx(math.log(2))  # it knows nothing yet
    return judge


def test_a_reward_model_learns_a_taste(judge):
    fresh = vowel_pairs(200, seed=1)
    assert sum(marks(judge, TOKENIZER, fresh)) > 160
    likely = chances(judge, TOKENIZER, fresh)
    assert all((p > 0.5) == (pair.first_wins == right) for p, pair, right in
               zip(likely, fresh, marks(judge, TOKENIZER, fresh), strict=True))  # fmt: skip
    assert evaluate_loss(judge, PairData(fresh, TOKENIZER), 4, preference_loss) < 0.5


def test_a_score_is_that_of_the_last_token_whatever_stands_beside_it(judge):
    answers = ["eee", "abcabcabc", "e"]
    together = judge.rate(TOKENIZER, ["Go"] * 3, answers)
    alone = [judge.rate(TOKENIZER, ["Go"], [answer])[0] for answer in answers]
    assert together == pytest.approx(alone, abs=1e-4)
    ids = torch.tensor([render([Message("user", "Go"), Message("assistant", "eee")], TOKENIZER)[0]])
    assert judge(ids)[0, -1, 0].item() == pytest.approx(alone[0], abs=1e-4)


def test_a_reward_model_survives_its_file(judge, tmp_path):
    path = save_judge(tmp_path / "judge.safetensors", judge, TOKENIZER, {"seed": 1})
    loaded, tokenizer, card = load_judge(path)
    assert card["seed"] == 1 and tokenizer == TOKENIZER
    answers = ["eee", "abc"]
    assert loaded.rate(TOKENIZER, ["Go"] * 2, answers) == judge.rate(TOKENIZER, ["Go"] * 2, answers)
    checkpoints.save(path, model_of(), TOKENIZER, {})
    with pytest.raises(PocketError, match="holds a language model: give the file of a reward model"):
        load_judge(path)


def test_making_a_reward_model_leaves_its_trunk_alone():
    trunk = model_of()
    judge = RewardModel(trunk)
    assert judge.head.weight.shape == (1, 32) and not judge.head.weight.any()
    assert all(p.data_ptr() != q.data_ptr() for p, q in zip(judge.parameters(), trunk.parameters(), strict=True))
    assert torch.equal(judge.blocks[0].mlp.up.weight, trunk.blocks[0].mlp.up.weight)


def test_practice_pleases_the_reward_model(judge):
    environment = Environment(lambda rng: Request("Go"), judge.reward(TOKENIZER), unfinished=None)
    config = RLConfig(steps=15, prompts=4, rollouts=16, max_tokens=6, lr=3e-3)
    rewards = [step.reward for step in grpo(model_of(), TOKENIZER, environment, config)]
    assert sum(rewards[-3:]) / 3 > sum(rewards[:3]) / 3 + 0.5
