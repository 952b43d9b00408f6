"""A learner's own loop at work on a real model: theirs where it is right, ours where it isn't yet."""

import random
from collections.abc import Callable

import torch

from pocketgpt.model import GPT
from pocketgpt.sampling.distribution import next_token_distribution, token_at
from pocketgpt.sampling.generate import prompt_ids
from pocketgpt.tokenizer import Tokenizer
from pocketgpt_lessons.classroom.exercises import judge
from pocketgpt_lessons.classroom.verdicts import NOT_ATTEMPTED
from pocketgpt_lessons.sampling.exercises import WRITE


def writer_of(write: Callable) -> tuple[Callable, str]:
    """The learner's `write`, or ours if theirs can't be used yet; and a sentence on which it is."""
    verdict = judge(WRITE, write)
    if verdict.passed:
        return write, "Written by your own `write`, with your own temperature, top-p and draw."
    why = "`write` isn't written yet" if verdict.status == NOT_ATTEMPTED else "Your `write` isn't right yet"
    return our_write, f"{why}: ours writes here."


def our_write(ask: Callable, ids: list[int], luck: list[float], temperature: float, p: float, end: int) -> list[int]:
    """The ids with a token for each number of luck behind them, up to `end`: what the exercise asks for."""
    for u in luck:
        probs = next_token_distribution(ask(ids), temperature, top_p=p)
        ids = [*ids, int(token_at(probs, torch.tensor([u])))]
        if ids[-1] == end:
            break
    return ids


class Asking:
    """A model as `write` asks it: a list of ids → the logits (V,) of what comes next."""

    def __init__(self, model: GPT) -> None:
        self.model = model

    @torch.inference_mode()
    def __call__(self, ids: list[int]) -> torch.Tensor:
        """Logits from the whole text, computed anew for each token."""
        return self.model(torch.tensor([[int(i) for i in ids]]))[0, -1]


def text_by(
    write: Callable, model: GPT, tokenizer: Tokenizer, start: str, n: int, temperature: float, p: float, seed: int
) -> str:
    """A text that goes on from `start`, by a loop such as the learner's, with up to n tokens more."""
    rng = random.Random(f"luck {seed}")
    luck = [rng.random() for _ in range(n)]
    ids = write(Asking(model), prompt_ids(tokenizer, start), luck, temperature, p, tokenizer.eot_id)
    return tokenizer.decode([int(i) for i in ids if int(i) != tokenizer.eot_id])
