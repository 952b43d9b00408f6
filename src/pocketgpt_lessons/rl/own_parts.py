"""A learner's own functions in a real run: theirs where they pass their checks, ours where they don't yet."""

from collections.abc import Callable, Sequence
from copy import deepcopy
from types import SimpleNamespace

import torch
from torch import Tensor

from pocketgpt.model import GPT
from pocketgpt.rl.tasks import Sum
from pocketgpt_lessons.classroom.own_functions import passing
from pocketgpt_lessons.rl import experiments
from pocketgpt_lessons.rl.exercises import EXERCISES


def chosen(**answers: Callable) -> SimpleNamespace:
    """The functions by their exercises' names, each the learner's if it passes its check and trains, else ours.

    What is used is in `told`, as a sentence.

    >>> chosen(reward=lambda answer, result: ...).told
    'Yours: none yet. Ours, until yours pass: reward.'
    """
    own = passing(EXERCISES, **answers)
    yours = answers.get("policy_loss")
    if yours is not None and own.policy_loss is yours and not keeps_gradients(yours):
        own.policy_loss = next(exercise.truth for exercise in EXERCISES if exercise.name == "policy_loss")
        own.told += (
            " But your policy_loss, right as it is, makes plain numbers of tensors. A model can't learn through those; "
            "so ours is used. Multiply and add what it is given, without float() or torch.tensor()."
        )
    return own


def keeps_gradients(policy_loss: Callable) -> bool:
    """Whether a loss, given tensors in place of lists of numbers, returns a tensor through which gradients flow."""
    logprobs = [torch.full((n,), -1.0, requires_grad=True) for n in (2, 3)]
    try:
        loss = policy_loss(logprobs, [0.5, -0.5])
    except Exception:  # whatever a learner's code may raise
        return False
    return isinstance(loss, Tensor) and loss.requires_grad and loss.numel() == 1


def try_winners(learn: Callable, model: GPT, tokenizer, sums: Sequence[Sum]) -> str:
    """What a learner's function that trains on right answers does to a copy of the model, in one sentence."""
    student = deepcopy(model)
    kept = learn(student, sums)
    if kept is None or kept is ...:
        return "learn_from_winners: not attempted yet."
    before, after = (experiments.marks(each, tokenizer) for each in (model, student))
    rights = [f"{found['right'] / found['n']:.0%}" for found in (before, after)]
    kinds = [f"{found['kind']:.0%}" for found in (before, after)]
    return f"{kept} answers kept. Right: {rights[0]} before, {rights[1]} after; in steps: {kinds[0]}, then {kinds[1]}."
