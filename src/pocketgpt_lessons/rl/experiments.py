"""Sums at once and in steps, practice by trial and error, and what it can't do.

What goes past the teachers, and the game, stand in `beyond_teachers`.
"""

from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from dataclasses import replace
from functools import partial
from random import Random
from statistics import fmean

from pocketgpt.chat import Conversation, Message, encode_text, prompt
from pocketgpt.chat.template import turn_stops
from pocketgpt.evaluation.metrics import pass_at_k
from pocketgpt.model import GPT
from pocketgpt.rl.config import RLConfig
from pocketgpt.rl.environment import Environment, rewards_of, try_tasks
from pocketgpt.rl.grpo import Step, grpo
from pocketgpt.rl.rollouts import roll_out
from pocketgpt.rl.tasks import Sum, demonstrations, shows_steps
from pocketgpt.sft.fine_tune import FineTuning, fine_tune
from pocketgpt.sft.recipe import Recipe

SIZES = (1, 2, 3, 4)  # digits of the sums in the exam; nobody taught four
TAUGHT = (1, 2, 2, 2, 2, 2, 3, 3)  # of those in the lesson
DIGITS = 2  # of those practised
IN_STEPS = 0.7  # share of the lesson's answers
BEGINNINGS = {"at once": " =", "in steps": ":", "with dots": " ."}  # what tells a kind of answer, after the sum
LESSON = Recipe(steps=400, batch_size=16)
LIVE = RLConfig(steps=48, prompts=32, rollouts=8, max_tokens=96)
SUMS = Environment(partial(Sum.draw, digits=DIGITS), kind=shows_steps)
EXAM = 256  # sums
TRIES, TRIED = 256, 32  # answers to each of so many sums, for pass@k
KS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
STARVED = (0.0, 0.02, 0.1)  # shares of answers in steps


def lesson(
    base: GPT, tokenizer, seed: int, in_steps: float = IN_STEPS, wrong: float = 0.0, edit: Callable | None = None
) -> FineTuning:
    """Worked solutions for a copy of a model: iterate over it to train. `edit` changes the conversations."""
    talks = demonstrations(LESSON.steps * LESSON.batch_size, TAUGHT, in_steps, wrong, seed)
    if edit:
        talks = [edit(talk) for talk in talks]
    return fine_tune(deepcopy(base), talks, tokenizer, replace(LESSON, seed=seed))


def dotted(talk: Conversation, tokenizer) -> Conversation:
    """The conversation with dots in place of the working: as many tokens, and nothing on them.

    >>> from pocketgpt.tokenizer import Tokenizer
    >>> steps = Sum(7, "+", 5).in_steps()
    >>> steps, dotted([Message("user", "What is 7 + 5?"), Message("assistant", steps)], Tokenizer([]))[1].content
    ('7 + 5: 7 + 5 = 12, write 12. So 7 + 5 = 12.', '7 + 5 ............................. = 12.')
    """
    question, answer = talk
    if not shows_steps(answer.content):
        return talk
    ask, working = answer.content.split(": ", 1)
    at_once = working.rsplit(" So ", 1)[1]
    spare = len(encode_text(answer.content, tokenizer)) - len(encode_text(at_once, tokenizer))
    return [question, Message("assistant", f"{ask} {'.' * (spare - 1)}{at_once.removeprefix(ask)}")]


def practised(model: GPT, tokenizer, seed: int, environment: Environment = SUMS, config: RLConfig = LIVE) -> list:
    """Practise to the end, in place; returns curve()."""
    return curve(grpo(model, tokenizer, environment, replace(config, seed=seed)))


def curve(steps: Iterable[Step]) -> list[dict]:
    """What a run tells about each step: `x`, its number, and `right`, `length` and `kind`."""
    return [{"x": s.step, "right": s.reward, "length": s.length, "kind": s.kind} for s in steps]


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


def begun(model: GPT, tokenizer, kind: str, digits: int, n: int = EXAM) -> dict:
    """The same, where the first words of the answer are given, so that it is of one of the kinds of BEGINNINGS."""
    tasks = exam_sums(digits, n)
    prompts = [
        prompt([Message("user", task.question)], tokenizer, model.config.context // 2)
        + encode_text(f"{task.a} {task.sign} {task.b}{BEGINNINGS[kind]}", tokenizer)
        for task in tasks
    ]
    texts = roll_out(model, prompts, 128, turn_stops(tokenizer)).texts(tokenizer)
    right = sum(task.reward(text) for task, text in zip(tasks, texts, strict=True))
    return {"x": digits, "right": int(right), "n": n}


def by_size(model: GPT, tokenizer, kind: str, n: int = EXAM) -> list[dict]:
    """Right answers of one kind, by size of sum."""
    return [begun(model, tokenizer, kind, digits, n) for digits in SIZES]


def solved(model: GPT, tokenizer, tasks: Sequence[Sum], tries: int = TRIES) -> list[int]:
    """For each task, how many of so many answers are right."""
    rewards = rewards_of(model, tokenizer, SUMS, tasks, tries, max_tokens=LIVE.max_tokens)
    return [int(right) for right in rewards.sum(1)]


def pass_curve(right: Sequence[int], tries: int = TRIES) -> list[dict]:
    """pass@k in percent, from solved().

    >>> pass_curve([1, 4], 4)
    [{'x': 1, 'y': 62.5}, {'x': 2, 'y': 75.0}, {'x': 4, 'y': 100.0}]
    """
    return [{"x": k, "y": 100 * fmean(pass_at_k(r, tries, k) for r in right)} for k in KS if k <= tries]
