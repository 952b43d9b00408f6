"""Trying: a model answers tasks, each several times, and finds out what its answers are worth.

environment = Environment(partial(Sum.draw, digits=3)) batch = try_tasks(model, tokenizer, environment, tasks, each=16)
batch.rewards.mean()
"""

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import torch
from torch import Tensor

from pocketgpt.chat.template import Message, prompt, special_id, turn_stops, with_tools
from pocketgpt.chat.turn import Tools
from pocketgpt.errors import PocketError
from pocketgpt.model import GPT
from pocketgpt.rl.config import ANSWER_TOKENS
from pocketgpt.rl.rollouts import Rollouts, roll_out, tool_results
from pocketgpt.rl.tasks import Question, Task
from pocketgpt.tokenizer import AnyTokenizer

Reward = Callable[[Sequence[Any], Sequence[str], random.Random], Sequence[float]]
"""What each answer to each task (of its kind) is worth; the random numbers are for rewards that need luck: games."""


def checked(tasks: Sequence[Task], answers: Sequence[str], rng: random.Random) -> list[float]:
    """The reward of tasks that check their answers themselves."""
    return [task.reward(answer) for task, answer in zip(tasks, answers, strict=True)]


def checked_rewards(rewards: Any, answers: Sequence[str]) -> Tensor:
    """Rewards (N,) as a tensor of floats. Raises PocketError unless there is a finite number for each answer.

    A single NaN would spoil every weight of the model, long before anybody saw it.
    """
    found = rewards.tolist() if hasattr(rewards, "tolist") else rewards
    if not isinstance(found, Sequence) or isinstance(found, str) or len(found) != len(answers):
        many = f"{len(found)} values" if isinstance(found, Sequence) else f"{found!r}"
        raise PocketError(f"The reward gives {many[:60]} for {len(answers)} answers: return a list of a number each.")
    for reward, answer in zip(found, answers, strict=True):
        if not isinstance(reward, Real) or not math.isfinite(reward):
            raise PocketError(
                f"The reward of the answer {answer[:60]!r} is {str(reward)[:40]}: return a finite number for each."
            )
    return torch.tensor(found, dtype=torch.float32)


@dataclass(frozen=True)
class Environment:
    """Where a model learns by trying: how tasks are drawn, what answers are worth, which tools there are.

    An answer that the model doesn't end is worth `unfinished`; None leaves that to the reward. `kind` tells
    answers of one kind, such as those in steps, whose share each step reports.
    """

    draw: Callable[[random.Random], Question]
    reward: Reward = checked
    unfinished: float | None = 0.0
    tools: Tools | None = None
    kind: Callable[[str], bool] | None = None

    def prompt(self, task: Question, tokenizer: AnyTokenizer, room: int, context: int | None = None) -> list[int]:
        """The task as a conversation, up to where the assistant begins."""
        return prompt(with_tools([Message("user", task.question)], self.tools), tokenizer, room, context)


@dataclass(frozen=True)
class Batch:
    """One step's tasks, and the rollouts for them with what they say and are worth; P tasks, G answers each."""

    tasks: list[Question]
    rollouts: Rollouts  # of P × G rows
    answers: list[str]
    finished: Tensor  # (P × G,), whether the model ended its answer with <|end|>
    rewards: Tensor  # (P, G)


def try_tasks(
    model: GPT,
    tokenizer: AnyTokenizer,
    environment: Environment,
    tasks: Sequence[Question],
    each: int = 16,
    max_tokens: int = ANSWER_TOKENS,
    temperature: float = 1.0,
    seed: int = 0,
    numbers: Sequence[int] | None = None,
) -> Batch:
    """Let the model answer each task `each` times, and find out what that is worth; options as in roll_out()."""
    context = model.config.context
    room = context - min(max_tokens, context // 2)
    prompts = [environment.prompt(task, tokenizer, room, context) for task in tasks]
    respond = tool_results(tokenizer, environment.tools) if environment.tools else None
    rollouts = roll_out(model, prompts, max_tokens, turn_stops(tokenizer), each, temperature, seed, numbers, respond)
    answers = rollouts.texts(tokenizer)
    of_task = [task for task in tasks for _ in range(each)]
    rewards = checked_rewards(environment.reward(of_task, answers, random.Random(f"reward {seed}")), answers)
    finished = rollouts.last_ids == special_id(tokenizer, "end")
    if environment.unfinished is not None:
        rewards = torch.where(finished, rewards, environment.unfinished)
    return Batch(list(tasks), rollouts, answers, finished, rewards.view(len(tasks), each))


def rewards_of(
    model: GPT,
    tokenizer: AnyTokenizer,
    environment: Environment,
    tasks: Sequence[Question],
    samples: int = 1,
    seed: int = 0,
    max_tokens: int = ANSWER_TOKENS,
    rows: int = 512,
) -> Tensor:
    """What `samples` answers to each task are worth at temperature 1, (tasks, samples); about `rows` at a time."""
    together = max(1, rows // samples)
    parts = []
    for start in range(0, len(tasks), together):
        part = tasks[start : start + together]
        numbers = range(start, start + len(part))
        tried = try_tasks(model, tokenizer, environment, part, samples, max_tokens, 1.0, seed, numbers)
        parts.append(tried.rewards)
    return torch.cat(parts)
