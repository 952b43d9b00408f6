"""Environments and the loop that learns from it: gradients in parts, a rising reward, runs that go on after a stop."""

import random
import sys
from contextlib import suppress
from dataclasses import dataclass, replace

import pytest
import torch
from safetensors.torch import load_file
from tiny import tiny_model
from torch.testing import assert_close
from two_processes import run_in_two

from pocketgpt.chat.tools import calculate
from pocketgpt.errors import PocketError
from pocketgpt.evaluation.metrics import pass_at_k
from pocketgpt.rl.config import RLConfig
from pocketgpt.rl.environment import Environment, rewards_of, try_tasks
from pocketgpt.rl.grpo import compute_gradients, group_relative_advantages, grpo
from pocketgpt.rl.objectives import kl_exact, policy_gradient_loss, token_logprobs
from pocketgpt.tokenizer import Tokenizer

TOKENIZER = Tokenizer([])


@dataclass(frozen=True)
class Early:
    """An answer should have letters from the first half of the alphabet."""

    question: str

    @classmethod
    def draw(cls, rng: random.Random) -> "Early":
        return cls(rng.choice(["a", "bcd"]))

    def reward(self, answer: str) -> float:
        return sum("a" <= letter <= "m" for letter in answer) / max(1, len(answer))


ENVIRONMENT = Environment(Early.draw, unfinished=None, kind=lambda answer: "e" in answer)
CONFIG = RLConfig(steps=4, prompts=4, rollouts=8, max_tokens=6, rows=8)


def model_of(seed: int = 0):
    return tiny_model(seed, vocab_size=264, context=32)


def weights(model) -> dict[str, torch.Tensor]:
    return {name: p.detach().clone() for name, p in model.named_parameters()}


def same(a: dict, b: dict) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


# --- Trying -------------------------------------------------------------------------------------------------


def test_answers_stand_with_their_tasks_and_rewards():
    tasks = [Early("a"), Early("bcd"), Early("a")]
    batch = try_tasks(model_of(), TOKENIZER, ENVIRONMENT, tasks, each=4, max_tokens=6)
    assert batch.rewards.shape == (3, 4) and len(batch.answers) == 12
    for i, answer in enumerate(batch.answers):
        assert batch.rewards[i // 4, i % 4].item() == pytest.approx(tasks[i // 4].reward(answer))
        asked = TOKENIZER.decode(batch.rollouts.ids[i, : batch.rollouts.starts[i]].tolist())
        assert asked == f"<|endoftext|><|user|> {tasks[i // 4].question}<|end|><|assistant|>"
    assert_close(group_relative_advantages(batch.rewards).sum(-1), torch.zeros(3), atol=1e-6, rtol=0)


def test_an_unfinished_answer_is_worth_what_the_environment_says():
    options = {"each": 256, "max_tokens": 20}
    generous = replace(ENVIRONMENT, reward=lambda tasks, answers, rng: [3.0] * len(tasks), unfinished=-1.0)
    batch = try_tasks(model_of(), TOKENIZER, generous, [Early("a")], **options)
    end = TOKENIZER.special_tokens["<|end|>"]
    finished = torch.tensor([batch.rollouts.new_ids(row)[-1] == end for row in range(256)])
    assert 0 < finished.sum() < batch.rollouts.ended.sum() < 256  # other special tokens end it, but not well
    assert torch.equal(batch.finished, finished)
    assert torch.equal(batch.rewards[0] == 3.0, finished) and torch.equal(batch.rewards[0] == -1.0, ~finished)


def test_tools_are_named_in_the_prompt():
    environment = replace(ENVIRONMENT, tools={"calculate": calculate})
    asked = TOKENIZER.decode(environment.prompt(Early("a"), TOKENIZER, 100))
    assert asked == "<|endoftext|><|system|> Tools: calculate.<|end|><|user|> a<|end|><|assistant|>"


@pytest.mark.parametrize("reward", [0.7, 3.3, 30.3, -0.1])
def test_equal_rewards_teach_nothing_whatever_they_are(reward):
    for std in (False, True):
        assert not group_relative_advantages(torch.full((3, 8), reward), std).any()


def test_measuring_in_small_groups_changes_nothing():
    tasks = [Early("a"), Early("bcd"), Early("a")]
    options = {"samples": 4, "max_tokens": 6}
    whole = rewards_of(model_of(), TOKENIZER, ENVIRONMENT, tasks, **options)
    parts = rewards_of(model_of(), TOKENIZER, ENVIRONMENT, tasks, rows=4, **options)
    assert whole.shape == (3, 4) and torch.equal(whole, parts)


@pytest.mark.parametrize(
    ("right", "n", "k", "chance"), [(0, 9, 9, 0), (9, 9, 1, 1), (3, 10, 1, 0.3), (2, 4, 2, 5 / 6), (1, 8, 8, 1)]
)
def test_pass_at_k_by_hand(right, n, k, chance):
    assert pass_at_k(right, n, k) == pytest.approx(chance)


@pytest.mark.parametrize(("right", "n", "k"), [(1, 4, 5), (1, 4, 0), (5, 4, 1), (-1, 4, 1)])
def test_pass_at_k_needs_enough_answers(right, n, k):
    with pytest.raises(PocketError, match="1 ≤ k ≤ n"):
        pass_at_k(right, n, k)


# --- Gradients ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("normalise", ["tokens", "sequence"])
@pytest.mark.parametrize("leash", [False, True])
def test_gradients_in_parts_are_those_of_the_whole_batch(normalise, leash):
    model, reference = model_of(), model_of(1) if leash else None
    config = replace(CONFIG, normalise=normalise, kl_weight=0.3 if leash else 0.0, clip=0.2, rows=5)
    tasks = [Early("a"), Early("bcd")]
    batch = try_tasks(model, TOKENIZER, ENVIRONMENT, tasks, each=8, max_tokens=6)
    batch.rewards[1] = 1.0  # a group without advantages
    advantages = group_relative_advantages(batch.rewards).flatten()
    diverged = compute_gradients(model, batch.rollouts, advantages, config, reference)
    found = {name: p.grad.clone() for name, p in model.named_parameters()}

    model.zero_grad()
    ids, written = batch.rollouts.ids, batch.rollouts.written
    logits = model.logits_of(ids, written)
    kl = None
    if leash:
        divergence = kl_exact(logits, reference.logits_of(ids, written))
        kl = torch.zeros(ids.shape).masked_scatter(written, divergence)
        assert diverged == pytest.approx(divergence.sum().item(), rel=1e-4)
    logprobs = token_logprobs(logits, ids, written)
    options = 0.2, normalise, kl, config.kl_weight
    policy_gradient_loss(logprobs, batch.rollouts.logprobs, advantages, written, *options).backward()
    for name, p in model.named_parameters():
        assert_close(found[name], p.grad, atol=1e-5, rtol=1e-3)


# --- The loop -----------------------------------------------------------------------------------------------


PRACTICE = replace(CONFIG, steps=16, lr=5e-3)


@pytest.fixture(scope="module")
def free():
    """Steps without a leash, which measure how far the model goes from its reference."""
    return list(grpo(model_of(), TOKENIZER, ENVIRONMENT, PRACTICE, reference=model_of()))


def test_practice_raises_the_reward(free):
    rewards = [step.reward for step in free]
    assert sum(rewards[:3]) / 3 < 0.3 and sum(rewards[-3:]) / 3 > 0.6


def test_a_leash_holds_the_model_near_its_reference(free):
    *_, held = grpo(model_of(), TOKENIZER, ENVIRONMENT, replace(PRACTICE, kl_weight=0.3))
    assert free[-1].kl > 3 * held.kl > 0 and free[-1].reward > held.reward


def test_steps_report_what_their_batches_hold():
    steps = list(grpo(model_of(), TOKENIZER, ENVIRONMENT, CONFIG))
    assert [(s.step, s.steps) for s in steps] == [(i, 4) for i in range(1, 5)]
    for step in steps:
        rollouts = step.batch.rollouts
        assert step.reward == pytest.approx(step.batch.rewards.mean().item())
        assert step.length == pytest.approx(rollouts.lengths.float().mean().item())
        assert step.finished == pytest.approx(step.batch.finished.float().mean().item())
        assert step.kind == pytest.approx(sum("e" in a for a in step.batch.answers) / 32)
        assert step.entropy == pytest.approx(rollouts.entropies[rollouts.written].mean().item(), rel=1e-4)
        assert step.kl == 0 and step.seconds > 0


def test_same_seed_same_run():
    def run(seed):
        model = model_of()
        rewards = [step.reward for step in grpo(model, TOKENIZER, ENVIRONMENT, replace(CONFIG, seed=seed))]
        return rewards, weights(model)

    first, again, other = run(0), run(0), run(1)
    assert first[0] == again[0] != other[0]
    assert same(first[1], again[1]) and not same(first[1], other[1])


def test_updates_reuse_a_batch():
    once, twice = model_of(), model_of()
    one = replace(CONFIG, steps=1)
    list(grpo(once, TOKENIZER, ENVIRONMENT, one))
    list(grpo(twice, TOKENIZER, ENVIRONMENT, replace(one, updates=2, clip=0.2)))
    moved = [sum((p - q).norm() for p, q in zip(m.parameters(), model_of().parameters(), strict=True))
             for m in (once, twice)]  # fmt: skip
    assert moved[1] > 1.2 * moved[0]


@pytest.mark.parametrize("name", ["steps", "prompts", "rollouts", "max_tokens", "updates", "rows"])
def test_sizes_must_be_positive(name):
    with pytest.raises(PocketError, match=f"RLConfig.{name} must be at least 1, not 0"):
        RLConfig(**({"steps": 1} | {name: 0}))


def test_one_rollout_has_nothing_to_be_compared_with():
    with pytest.raises(PocketError, match="at least 2 rollouts"):
        next(grpo(model_of(), TOKENIZER, ENVIRONMENT, replace(CONFIG, rollouts=1)))


# --- Stopped and resumed ------------------------------------------------------------------------------------


def stop_after(steps: int, model, state, config=CONFIG):
    with suppress(KeyboardInterrupt):
        for step in grpo(model, TOKENIZER, ENVIRONMENT, config, state):
            if step.step == steps:
                raise KeyboardInterrupt


@pytest.mark.parametrize("kl_weight", [0.0, 0.1])
def test_a_stopped_run_goes_on_to_the_same_weights(kl_weight, tmp_path):
    config, state = replace(CONFIG, kl_weight=kl_weight), tmp_path / "run.stopped"
    whole = model_of()
    rewards = [step.reward for step in grpo(whole, TOKENIZER, ENVIRONMENT, config)]
    stop_after(2, model_of(), state, config)
    resumed = model_of()
    rest = [step.reward for step in grpo(resumed, TOKENIZER, ENVIRONMENT, config, state, resume=True)]
    assert rest == rewards[2:] and same(weights(resumed), weights(whole))
    assert list(tmp_path.iterdir()) == []  # nothing is left to resume


def test_a_run_with_other_settings_is_not_resumed(tmp_path):
    state = tmp_path / "run.stopped"
    stop_after(2, model_of(), state)
    with pytest.raises(PocketError, match="other settings"):
        next(grpo(model_of(), TOKENIZER, ENVIRONMENT, replace(CONFIG, lr=0.1), state, resume=True))
    assert state.exists()


SCRIPT = """
import sys

sys.path[:0] = [sys.argv[1], f"{sys.argv[1]}/.."]  # this file, and tiny.py
from safetensors.torch import save_file
from test_grpo import CONFIG, ENVIRONMENT, TOKENIZER, grpo, model_of, torch, weights

from pocketgpt.training.distributed import process_group

with process_group():
    model = model_of()
    steps = list(grpo(model, TOKENIZER, ENVIRONMENT, CONFIG))
    rewards = torch.tensor([[step.reward, step.length, step.entropy] for step in steps])
    rank = torch.distributed.get_rank()
    save_file({"rewards": rewards} | weights(model), f"{sys.argv[2]}/{rank}.safetensors")
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="torchrun on Windows needs settings of its own")
def test_two_processes_practise_as_one_does(tmp_path):
    run_in_two(SCRIPT, __file__, tmp_path)
    model = model_of()
    steps = list(grpo(model, TOKENIZER, ENVIRONMENT, CONFIG))
    both = [load_file(tmp_path / f"{rank}.safetensors") for rank in (0, 1)]
    assert same(*both)
    rewards = torch.tensor([[step.reward, step.length, step.entropy] for step in steps])
    assert_close(both[0].pop("rewards"), rewards, atol=1e-4, rtol=1e-4)
    for name, value in weights(model).items():
        assert (both[0][name] - value).norm() < 1e-3 * value.norm(), name


# --- What rewards may be ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rewards", "told"),
    [
        ([1.0, float("nan")] * 16, "is nan: return a finite number"),
        ([0, None] * 16, "is None: return a finite number"),
        ([float("inf")] * 32, "is inf"),
        (["1"] * 32, "is 1"),
        ([1.0], "gives 1 values for 32 answers"),
        (None, "gives None for 32 answers"),
        (torch.full((32,), torch.nan), "is nan"),
    ],
    ids=str,
)
def test_a_reward_that_is_no_number_leaves_the_model_as_it_was(rewards, told):
    model = model_of()
    before = weights(model)
    environment = replace(ENVIRONMENT, reward=lambda *_: rewards)
    with pytest.raises(PocketError, match=told):
        next(grpo(model, TOKENIZER, environment, CONFIG))
    assert same(weights(model), before)


@pytest.mark.parametrize("rewards", [[1, 0] * 16, torch.tensor([1, 0] * 16), [True, False] * 16])
def test_rewards_may_be_whole_numbers_and_tensors(rewards):
    environment = replace(ENVIRONMENT, reward=lambda *_: rewards)
    assert next(grpo(model_of(), TOKENIZER, environment, CONFIG)).reward == 0.5


def test_a_stopped_run_remembers_its_tasks(tmp_path):
    steps = grpo(model_of(), TOKENIZER, ENVIRONMENT, CONFIG, tmp_path / "run", data="a")
    next(steps)
    steps.close()
    other = replace(ENVIRONMENT, draw=lambda rng: Early(rng.choice(["a", "bcde"])))
    for environment, data in ((other, "a"), (ENVIRONMENT, "b")):
        with pytest.raises(PocketError, match="other data"):
            next(grpo(model_of(), TOKENIZER, environment, CONFIG, tmp_path / "run", resume=True, data=data))
    assert len(list(grpo(model_of(), TOKENIZER, ENVIRONMENT, CONFIG, tmp_path / "run", resume=True, data="a"))) == 3
