"""A learner's own functions in a real run: theirs where they pass their checks, ours where they don't yet."""

from collections.abc import Callable, Sequence
from copy import deepcopy
from types import SimpleNamespace

import torch
import torch.nn.functional as F

from pocketgpt.chat import Message, encode_text
from pocketgpt.chat.template import ROLES, special_id
from pocketgpt.model import GPT
from pocketgpt.sft.fine_tune import wake
from pocketgpt_lessons.classroom.own_functions import passing
from pocketgpt_lessons.sft.exercises import EXERCISES

Row = tuple[list[int], list[int]]
"""A conversation's ids, and the mask of those that count."""


def chosen(**answers: Callable) -> SimpleNamespace:
    """The functions by their exercises' names, each the learner's if it passes its check, else ours; says which."""
    own = passing(EXERCISES, ours={"teach": teach}, **answers)
    print(own.told)
    return own


def make_row(talk: Sequence[Message], tokenizer, functions: SimpleNamespace) -> Row:
    """A conversation without tools as the functions render and mask it, after the token that begins every text."""
    special = {name: special_id(tokenizer, name) for name in (*ROLES, "end")}
    messages = [(message.role, encode_text(message.content, tokenizer)) for message in talk]
    ids = list(map(int, functions.render_turns(messages, special)))
    return [tokenizer.eot_id, *ids], [0, *map(int, functions.loss_mask(ids, special))]


def ready(base: GPT, rows: Sequence[Row], tokenizer) -> GPT:
    """A copy of the model that can say what rows want: tokens that it never met, as <|end|>, start from zero."""
    model = deepcopy(base)
    wake(model, {token for ids, _ in rows for token in ids}, special_id(tokenizer, "pad"))
    return model


def teach(model: GPT, rows: Sequence[Row], rate: float) -> list[float]:
    """Fine-tune by plain gradient descent, a row a step; the loss of each row before its step, in nats per token."""
    losses = []
    for row in rows:
        ids, mask = map(torch.tensor, row)
        each = F.cross_entropy(model(ids[None])[0, :-1], ids[1:], reduction="none")
        loss = (each * mask[1:]).sum() / mask[1:].sum()
        loss.backward()
        with torch.no_grad():
            for p in model.parameters():
                p -= rate * p.grad
                p.grad = None
        losses.append(loss.item())
    return losses
