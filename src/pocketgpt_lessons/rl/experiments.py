"""Sums answered in several ways, practice by trial and error, and what it can't do.

What goes past the teachers, and the game, stand in `beyond_teachers`.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from dataclasses import replace
from functools import partial
from random import Random
from statistics import fmean

import torch
from torch import Tensor

from pocketgpt.chat import Message, answers, encode_text, prompt
from pocketgpt.chat.template import turn_stops
from pocketgpt.evaluation.metrics import pass_at_k
from pocketgpt.model import GPT, IGNORE, cross_entropy
from pocketgpt.rl.config import RLConfig
from pocketgpt.rl.environment import Batch, Environment, rewards_of, try_tasks
from pocketgpt.rl.grpo import Step, compute_gradients, grpo
from pocketgpt.rl.objectives import token_logprobs
from pocketgpt.rl.rollouts import roll_out
from pocketgpt.rl.tasks import Sum, demonstrations, shows_steps
from pocketgpt.sft.fine_tune import FineTuning, conversation_loss, fine_tune
from pocketgpt.sft.recipe import Recipe

SIZES = (1, 2, 3, 4)  # digits of the sums in the exam; nobody taught four
TAUGHT = (1, 2, 2, 2, 2, 2, 3, 3)  # of those in the lesson
DIGITS = 2  # of those practised
IN_STEPS = 0.7  # share of the lesson's answers
LESSON = Recipe(steps=14, batch_size=16)  # short, so that practice has something left to teach
LONGER = replace(LESSON, steps=60)  # for comparing lessons with each other
WEIGHED = replace(LESSON, steps=30)  # for comparing what counts how much
ONE_WAY = Recipe(steps=100, matrix_lr=0.02, embed_lr=0.2, head_lr=0.02)  # for comparing ways to answer
LIVE = RLConfig(steps=30, prompts=24, rollouts=8, max_tokens=80, lr=4e-4)
SHORT = replace(LIVE, steps=20)  # for what is compared with the first steps of LIVE, or is settled sooner
SUMS = Environment(partial(Sum.draw, digits=DIGITS), kind=shows_steps)
EXAM = 256  # sums
GREEDY = 0.01  # a temperature at which nearly always the likeliest token is drawn
TRIES, TRIED = 32, 32  # answers to each of so many sums, for pass@k
KS = (1, 2, 4, 8, 16, 32)


def lesson(
    base: GPT, tokenizer, seed: int, in_steps: float = IN_STEPS, forgetful: float = 0.0, recipe: Recipe = LESSON
) -> FineTuning:
    """Worked solutions for a copy of a model: iterate over it to train."""
    talks = demonstrations(recipe.steps * recipe.batch_size, TAUGHT, in_steps, forgetful, seed)
    return fine_tune(deepcopy(base), talks, tokenizer, replace(recipe, seed=seed))


# --- Ways to answer -----------------------------------------------------------------------------------------


def with_dots(task: Sum, tokenizer) -> tuple[str, str]:
    """A question with dots behind it, and the answer at once: as many tokens before the result as the steps have.

    >>> from pocketgpt.tokenizer import Tokenizer
    >>> with_dots(Sum(7, "+", 5), Tokenizer([]))
    ('What is 7 + 5? ..........................', '7 + 5 = 12.')
    """
    answer = task.at_once()
    dots = len(encode_text(task.in_steps(), tokenizer)) - len(encode_text(answer, tokenizer))
    return f"{task.question} {'.' * dots}", answer


def answer_first(task: Sum) -> str:
    """The same working, behind the result.

    >>> answer_first(Sum(7, "+", 5))
    '7 + 5 = 12: 7 + 5 = 12, write 12.'
    """
    working = task.in_steps().split(": ", 1)[1].rsplit(" So ", 1)[0]
    return f"{task.at_once().rstrip('.')}: {working}"


def ways(tokenizer) -> dict[str, Callable[[Sum], tuple[str, str]]]:
    """Ways to ask for a sum and to answer it, by name."""
    return {
        "in steps": lambda task: (task.question, task.in_steps()),
        "at once": lambda task: (task.question, task.at_once()),
        "dots, then the answer": partial(with_dots, tokenizer=tokenizer),
        "the answer, then steps": lambda task: (task.question, answer_first(task)),
    }


def stated(task: Sum, answer: str) -> float:
    """1 if the answer says, where it first names the whole sum with a result, the right one.

    >>> stated(Sum(47, "+", 35), "47 + 35 = 82: 7 + 5 = 12, write 2."), stated(Sum(47, "+", 35), "47 + 35 = 72.")
    (1.0, 0.0)
    """
    found = re.search(rf"\b{task.a} {re.escape(task.sign)} {task.b} = (\d+)", answer)
    return float(bool(found) and int(found[1]) == task.result)


def taught_one_way(base: GPT, tokenizer, seed: int, way: str, n: int = EXAM // 2) -> list[dict]:
    """Right answers, by size of sum, of a copy of `base` that learned to answer in this way alone."""
    way_of = ways(tokenizer)[way]

    def asked(task: Sum) -> list[Message]:
        question, answer = way_of(task)
        return [Message("user", question), Message("assistant", answer)]

    rngs = [Random(f"demonstration {seed}/{number}") for number in range(ONE_WAY.steps * ONE_WAY.batch_size)]
    talks = [asked(Sum.draw(rng, TAUGHT)) for rng in rngs]  # the same sums for all ways
    model = fine_tune(deepcopy(base), talks, tokenizer, replace(ONE_WAY, seed=seed)).train_all()
    found = []
    for digits in SIZES:
        tasks = exam_sums(digits, n)
        said = answers(model, tokenizer, [asked(task)[:1] for task in tasks], max_tokens=128, temperature=1.0)
        right = sum(map(stated, tasks, said))
        found.append({"x": digits, "right": int(right), "n": n})
    return found


def each_answer_alike(model: GPT, ids: Tensor, targets: Tensor) -> Tensor:
    """A loss in which each row (B, T) counts alike, so that a token of a short answer counts more than of a long one.

    With IGNORE where a target doesn't count, as in `conversation_loss`, in which each token counts alike.
    """
    lengths = [int((row != IGNORE).nonzero().max()) + 1 for row in targets]
    rows = zip(ids, targets, lengths, strict=True)
    return torch.stack([cross_entropy(model(i[None, :n]), t[None, :n]) for i, t, n in rows]).mean()


def weighted_lesson(base: GPT, tokenizer, seed: int) -> dict:
    """Share of answers in steps after a mixed lesson, where each token counts alike, and where each answer does."""
    losses = {"each token": conversation_loss, "each answer": each_answer_alike}
    runs = {name: replace(lesson(base, tokenizer, seed, recipe=WEIGHED), loss=loss) for name, loss in losses.items()}
    return {name: marks(run.train_all(), tokenizer) for name, run in runs.items()}


# --- Practice -----------------------------------------------------------------------------------------------


def answer_logprobs(model: GPT, batch: Batch) -> list[Tensor]:
    """For each answer of a batch, the log-probabilities of its tokens, with gradients."""
    rollouts = batch.rollouts
    found = token_logprobs(model.logits_of(rollouts.ids, rollouts.written), rollouts.ids, rollouts.written)
    return [row[written] for row, written in zip(found, rollouts.written, strict=True)]


def practised(model: GPT, tokenizer, seed: int, environment: Environment = SUMS, config: RLConfig = LIVE) -> list:
    """Practise to the end, in place; returns curve()."""
    return curve(grpo(model, tokenizer, environment, replace(config, seed=seed)))


def without_baseline(model: GPT, tokenizer, seed: int, config: RLConfig = SHORT) -> list[dict]:
    """The same practice, in place, with rewards in place of advantages: it learns from the right answers alone.

    Returns `x`, the step, and `right` for each step.
    """
    optimizer = torch.optim.AdamW(model.parameters(), lr=config.lr, weight_decay=0.0)
    found = []
    for step in range(config.steps):
        tasks = [SUMS.draw(Random(f"task {seed}/{step}/{i}")) for i in range(config.prompts)]
        drawn = Random(f"rollouts {seed}/{step}").getrandbits(60)
        batch = try_tasks(model, tokenizer, SUMS, tasks, config.rollouts, config.max_tokens, seed=drawn)
        compute_gradients(model, batch.rollouts, batch.rewards.flatten(), config)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        found.append({"x": step + 1, "right": float(batch.rewards.mean())})
    return found


def curve(steps: Iterable[Step]) -> list[dict]:
    """What a run tells about each step: `x`, its number, and `right`, `length` and `kind`."""
    return [{"x": s.step, "right": s.reward, "length": s.length, "kind": s.kind} for s in steps]


# --- What is measured ---------------------------------------------------------------------------------------


def exam_sums(digits: int, n: int = EXAM, seed: int = 0) -> list[Sum]:
    """The sums on which models are compared."""
    return [Sum.draw(Random(f"sums {seed}/{digits}/{i}"), digits) for i in range(n)]


def marks(model: GPT, tokenizer, digits: int = DIGITS, n: int = EXAM, temperature: float = 1.0) -> dict:
    """Answers to the exam's sums, one each: how many are right, how many in steps, of how many tokens."""
    tried = try_tasks(model, tokenizer, SUMS, exam_sums(digits, n), 1, 128, temperature)
    return {
        "x": digits,
        "right": int(tried.rewards.sum()),
        "n": n,
        "kind": sum(map(shows_steps, tried.answers)) / n,
        "length": float(tried.rollouts.lengths.float().mean()),
    }


def right_in_steps(model: GPT, tokenizer, digits: int, n: int, temperature: float) -> dict:
    """Right answers to the exam's sums where the beginning is given, up to the colon, so that they are in steps."""
    tasks = exam_sums(digits, n)
    prompts = [
        prompt([Message("user", task.question)], tokenizer, model.config.context // 2)
        + encode_text(f"{task.a} {task.sign} {task.b}:", tokenizer)
        for task in tasks
    ]
    texts = roll_out(model, prompts, 128, turn_stops(tokenizer), 1, temperature).texts(tokenizer)
    right = sum(task.reward(text) for task, text in zip(tasks, texts, strict=True))
    return {"x": digits, "right": int(right), "n": n}


def by_size(model: GPT, tokenizer, temperature: float = 1.0, n: int = EXAM // 2) -> list[dict]:
    """Right answers in steps, by size of sum."""
    return [right_in_steps(model, tokenizer, digits, n, temperature) for digits in SIZES]


def solved(model: GPT, tokenizer, tasks: Sequence[Sum], tries: int = TRIES) -> list[int]:
    """For each task, how many of so many answers are right."""
    rewards = rewards_of(model, tokenizer, SUMS, tasks, tries, max_tokens=LIVE.max_tokens)
    return [int(right) for right in rewards.sum(1)]


def pass_curve(
    right: Sequence[int], tries: int = TRIES, chance: Callable[[int, int, int], float] = pass_at_k
) -> list[dict]:
    """pass@k in percent, from solved(); `chance` may be a learner's pass_at_k.

    >>> pass_curve([1, 4], 4)
    [{'x': 1, 'y': 62.5}, {'x': 2, 'y': 75.0}, {'x': 4, 'y': 100.0}]
    """
    return [{"x": k, "y": 100 * fmean(chance(r, tries, k) for r in right)} for k in KS if k <= tries]
