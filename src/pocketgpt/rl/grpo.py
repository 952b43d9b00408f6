"""Reinforcement learning where answers can be checked: try, compare, and do more of what went well.

    environment = Environment(partial(Sum.draw, digits=3))
    for step in grpo(model, tokenizer, environment, RLConfig(steps=30)):
        print(step.step, step.reward, step.length)

Each step draws some tasks, lets the model answer each several times, and makes the answers that did better than
the others of their task likelier (GRPO, Shao et al. 2024). As in `train`, a step follows from its number and the
seed, so a run that was stopped goes on exactly where it was, and under torchrun each process takes its share.
"""

import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path

import torch
import torch.distributed as dist
from torch import Tensor

from pocketgpt.errors import PocketError
from pocketgpt.model import GPT
from pocketgpt.rl.config import RLConfig
from pocketgpt.rl.environment import Batch, Environment, try_tasks
from pocketgpt.rl.objectives import kl_exact, policy_gradient_loss, token_logprobs
from pocketgpt.rl.rollouts import Rollouts
from pocketgpt.threads import CREW
from pocketgpt.tokenizer import AnyTokenizer
from pocketgpt.training.data import digest
from pocketgpt.training.resume import stoppable

PROBES = range(500)  # tasks by which a stopped run knows its environment again


@dataclass(frozen=True)
class Step:
    """What one step tells, before its update: means over its answers, over all processes."""

    step: int  # steps done, from 1
    steps: int
    reward: float
    length: float  # tokens that the model wrote
    finished: float  # share of answers that the model ended itself
    kind: float  # share of the answers of Environment.kind
    entropy: float  # nats per token
    kl: float  # nats per answer from the reference, 0 without one
    seconds: float
    batch: Batch = field(repr=False)  # of this process


def group_relative_advantages(rewards: Tensor, std: bool = False) -> Tensor:
    """How much better each rollout did than the others of its prompt: reward − mean of the group; (P, G) → (P, G).

    `std` also divides by the group's standard deviation, as GRPO does (Shao et al. 2024). Liu et al. 2025
    ("Dr. GRPO") leave it out: it lets prompts that are nearly always or nearly never solved count most. A group
    whose rewards are all alike teaches nothing either way.

    >>> group_relative_advantages(torch.tensor([[1.0, 0.0, 0.0, 1.0], [1.0, 1.0, 1.0, 1.0]]))
    tensor([[ 0.5000, -0.5000, -0.5000,  0.5000],
            [ 0.0000,  0.0000,  0.0000,  0.0000]])
    """
    alike = rewards.amax(-1, keepdim=True) == rewards.amin(-1, keepdim=True)
    # Of equal rewards the mean may be off by a rounding, which the optimizer would make a whole step of.
    advantages = (rewards - rewards.mean(-1, keepdim=True)).masked_fill(alike, 0.0)
    if std:
        advantages = advantages / (rewards.std(-1, keepdim=True, unbiased=False) + 1e-6)
    return advantages


def grpo(
    model: GPT,
    tokenizer: AnyTokenizer,
    environment: Environment,
    config: RLConfig,
    state: Path | str | None = None,
    resume: bool = False,
    reference: GPT | None = None,
    keep: Callable[[GPT, int], Tensor] | None = None,
    data: str = "",
) -> Iterator[Step]:
    """Practise: train `model` in place, yielding a Step after each update.

    `reference`, by default the model as it comes, is what the leash `config.kl_weight` ties it to. `keep` is a loss
    of what the model must not forget meanwhile, which each update makes small as well (PPO-ptx in Ouyang et al.
    2022): it is given the model and the number of the step. `state` and `resume` work as in train(); give the same
    model, reference and `keep` as at first, the file holds what was learned. A run with other tasks isn't resumed,
    nor one with another `data`, which may name whatever else the run depends on.
    """
    if config.rollouts < 2:
        raise PocketError("Answers are compared with others to the same task: give at least 2 rollouts.")
    if reference is None and config.kl_weight:
        reference = deepcopy(model)
    optimizer = torch.optim.AdamW(model.parameters(), lr=config.lr, weight_decay=0.0, fused=True)
    start = time.perf_counter()
    drawn = digest(data, *(task.question for task in draw_tasks(environment, config, 0, PROBES))) if state else ""
    with stoppable(model, [optimizer], config, state, resume, drawn) as run:
        for step in run.steps():
            numbers = _own_prompts(config.prompts)
            tasks = draw_tasks(environment, config, step, numbers)
            seed = random.Random(f"rollouts {config.seed}/{step}").getrandbits(60)
            sizes = config.rollouts, config.max_tokens, config.temperature
            batch = try_tasks(model, tokenizer, environment, tasks, *sizes, seed, numbers)  # with rewards
            advantages = group_relative_advantages(batch.rewards, config.std).flatten()
            divergences = []  # from the reference, before each update
            with run.update():
                for _ in range(config.updates):
                    kl = compute_gradients(model, batch.rollouts, advantages, config, reference)
                    divergences.append(kl)
                    if keep is not None:
                        keep(model, step).backward()
                    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                    optimizer.step()
            yield _report(run.done, config, environment, batch, divergences[0], start)


def draw_tasks(environment: Environment, config: RLConfig, step: int, numbers: Iterable[int]) -> list:
    """The tasks of a step that have these numbers."""
    return [environment.draw(random.Random(f"task {config.seed}/{step}/{i}")) for i in numbers]


def compute_gradients(
    model: GPT, rollouts: Rollouts, advantages: Tensor, config: RLConfig, reference: GPT | None = None
) -> float:
    """Leave the gradients of N rollouts with advantages (N,) in the parameters; return their divergence from the
    reference, summed over tokens.

    They go through in parts: each part's loss is a mean, and counts as its share of what is averaged. What has no
    advantage has no gradient and can be left out, unless a leash pulls at it.
    """
    counts = rollouts.lengths if config.normalise == "tokens" else torch.ones(len(rollouts))
    [counted] = _summed([float(counts.sum())])
    rows = rollouts.ends.argsort(stable=True)  # alike lengths need little padding
    if reference is None:
        rows = rows[advantages[rows] != 0]
    for p in model.parameters():
        p.grad = torch.zeros_like(p)
    diverged = 0.0
    with CREW.working():
        for part in rows.split(config.rows) if len(rows) else ():
            loss, more = _loss(model, rollouts, advantages, part, config, reference)
            (loss * (counts[part].sum() / counted)).backward()
            diverged += more
    if dist.is_initialized():
        for p in model.parameters():
            dist.all_reduce(p.grad)
    return diverged


def _loss(
    model: GPT, rollouts: Rollouts, advantages: Tensor, part: Tensor, config: RLConfig, reference: GPT | None
) -> tuple[Tensor, float]:
    """The loss of some of the rollouts, and their divergence from the reference, summed over tokens."""
    device, longest = model.device, int(rollouts.ends[part].max())
    ids, written, old = (x[part, :longest].to(device) for x in (rollouts.ids, rollouts.written, rollouts.logprobs))
    logits = model.logits_of(ids, written) / config.temperature
    logprobs = token_logprobs(logits, ids, written)
    kl, diverged = None, 0.0
    if reference is not None:
        with torch.no_grad():
            others = reference.logits_of(ids, written) / config.temperature
        divergence = kl_exact(logits, others)
        diverged = divergence.sum().item()
        kl = torch.zeros(ids.shape, device=device).masked_scatter(written, divergence)
    options = config.clip, config.normalise, kl, config.kl_weight
    return policy_gradient_loss(logprobs, old, advantages[part].to(device), written, *options), diverged


def _own_prompts(prompts: int) -> range:
    """Which of a step's prompts are this process's."""
    rank, world = (dist.get_rank(), dist.get_world_size()) if dist.is_initialized() else (0, 1)
    if prompts < world:
        raise PocketError(f"{prompts} prompts can't be shared by {world} processes: raise RLConfig.prompts.")
    return range(rank, prompts, world)


def _summed(values: Sequence[float]) -> list[float]:
    """Values added up over all processes."""
    total = torch.tensor(values, dtype=torch.float64)
    if dist.is_initialized():
        dist.all_reduce(total)
    return total.tolist()


def _report(step: int, config: RLConfig, environment: Environment, batch: Batch, diverged: float, start: float) -> Step:
    rollouts = batch.rollouts
    sums = (
        batch.rewards.sum(),
        rollouts.lengths.sum(),
        batch.finished.sum(),
        sum(map(environment.kind, batch.answers)) if environment.kind else 0,
        diverged,
        rollouts.entropies.sum(),
        len(rollouts),
    )
    *totals, undecided, n = _summed([float(x) for x in sums])
    reward, length, finished, kind, kl = (total / n for total in totals)
    seconds = time.perf_counter() - start
    return Step(step, config.steps, reward, length, finished, kind, undecided / n / length, kl, seconds, batch)
