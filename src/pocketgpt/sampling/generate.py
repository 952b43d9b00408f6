"""From prompts to text: the loop that asks the model for one token after the other, for many prompts at once."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from pocketgpt.bounds import GENERATOR_SEED, check_number
from pocketgpt.errors import PocketError
from pocketgpt.model import GPT
from pocketgpt.sampling.distribution import draw, next_token_distribution
from pocketgpt.sampling.single_text import OneStream, fits
from pocketgpt.threads import CREW
from pocketgpt.tokenizer import AnyTokenizer

BATCH = 256  # prompts that are continued at once where there are many


def pad_left(prompts: Sequence[Sequence[int]], pad_id: int) -> tuple[Tensor, Tensor]:
    """Prompts of unequal length → ids (B, T) filled up on the left, and how many places were filled in each row (B,).

    >>> pad_left([[1, 2, 3], [4]], pad_id=0)
    (tensor([[1, 2, 3],
            [0, 0, 4]]), tensor([0, 2]))
    """
    longest = max(map(len, prompts))
    pad = torch.tensor([longest - len(p) for p in prompts])
    return torch.tensor([[pad_id] * (longest - len(p)) + list(p) for p in prompts]), pad


def _check(model: GPT, prompts: Sequence[Sequence[int]], max_tokens: int) -> None:
    if not prompts or not all(len(p) for p in prompts):
        raise PocketError("The prompt is empty: give at least one token to go on from, such as <|endoftext|>.")
    check_number("max_tokens", max_tokens, at_least=1, whole=True)
    check_room(max(map(len, prompts)), model.config.context)


def check_room(longest: int, context: int) -> None:
    """Raise PocketError unless a prompt of `longest` tokens leaves room for a new one in the model's context."""
    if longest >= context:
        raise PocketError(
            f"The prompt has {longest} tokens, and this model's context is {context}: "
            f"shorten the prompt to {context - 1}, or take a model with a longer context."
        )


@torch.inference_mode()
def stream(
    model: GPT,
    prompts: Sequence[Sequence[int]],
    max_tokens: int,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    min_p: float | None = None,
    seed: int = 0,
    stop_ids: Sequence[int] = (),
) -> Iterator[list[int | None]]:
    """Continue all prompts (lists of token ids) at once; each step yields one new token per prompt, None if it ended.

    A prompt ends after one of `stop_ids` (which is yielded), after `max_tokens`, or where the longest prompt reaches
    the model's context: prompts of such different lengths belong into calls of their own. Temperature 0 takes the
    likeliest token each time. The same seed gives the same tokens on one machine.
    """
    _check(model, prompts, max_tokens)
    check_number("seed", seed, **GENERATOR_SEED, whole=True)
    device = model.device
    ids, pad = pad_left(prompts, pad_id=0)
    max_tokens = min(max_tokens, model.config.context - ids.size(1))
    uneven = bool(pad.any())
    cache = model.new_cache(len(prompts), ids.size(1) + max_tokens, pad.to(device) if uneven else None)
    generator = torch.Generator(device).manual_seed(seed)
    alive = list(range(len(prompts)))
    stops = frozenset(stop_ids)
    logits = model.next_logits(ids.to(device), cache)  # (B, V)
    if not logits.isfinite().all():
        raise PocketError("The model's numbers are no longer finite: go back to a good one, and learn slower.")
    next_logits = OneStream(model, cache) if fits(model, len(prompts)) else model.next_logits
    for step in range(max_tokens):
        if temperature == 0:
            chosen = logits.argmax(-1, keepdim=True)
        else:
            probs = next_token_distribution(logits, temperature, top_k, top_p, min_p)
            chosen = draw(probs, generator)
        tokens: list[int | None] = [None] * len(prompts)
        new = chosen[:, 0].tolist()
        for row, token in zip(alive, new, strict=True):
            tokens[row] = token
        yield tokens
        going = [i for i, token in enumerate(new) if token not in stops]
        if not going or step == max_tokens - 1:
            return
        if len(going) < len(alive):
            alive = [alive[i] for i in going]
            rows = torch.tensor(going, device=device)
            cache.keep(rows)
            chosen = chosen[rows]
        logits = next_logits(chosen, cache)


def continuations(model: GPT, prompts: Sequence[Sequence[int]], max_tokens: int, **options: Any) -> list[list[int]]:
    """The new tokens of each prompt (options as in stream), a stop token included."""
    rows: list[list[int]] = [[] for _ in prompts]
    lap, written = CREW.laps(), stream(model, prompts, max_tokens, **options)
    while True:
        with lap():
            tokens = next(written, None)
        if tokens is None:
            return rows
        for row, token in zip(rows, tokens, strict=True):
            if token is not None:
                row.append(token)


def by_length(lengths: Iterable[int], batch: int) -> Iterator[list[int]]:
    """Batches of indices of alike lengths, the shortest first: rows of alike lengths need little padding.

    >>> list(by_length([5, 1, 4, 1, 3], batch=2))
    [[1, 3], [4, 2], [0]]
    """
    lengths = list(lengths)
    order = sorted(range(len(lengths)), key=lengths.__getitem__)
    return (order[start : start + batch] for start in range(0, len(order), batch))


def continue_all(
    model: GPT, prompts: Sequence[Sequence[int]], max_tokens: int, seed: int = 0, batch: int = BATCH, **options: Any
) -> list[list[int]]:
    """As `continuations`, for any number of prompts: in batches of alike lengths."""
    found: list[list[int]] = [[] for _ in prompts]
    for number, part in enumerate(by_length(map(len, prompts), batch)):
        chosen = [prompts[i] for i in part]
        rows = continuations(model, chosen, max_tokens, seed=seed + number * batch, **options)
        for i, row in zip(part, rows, strict=True):
            found[i] = row
    return found


def sentence_stops(tokenizer: AnyTokenizer) -> list[int]:
    """The tokens with which a sentence or a line may end: those that hold a full stop or a line break.

    >>> from pocketgpt.tokenizer import Tokenizer
    >>> sentence_stops(Tokenizer([]))
    [10, 46]
    """
    return [i for i in range(tokenizer.vocab_size) if set(tokenizer.token_bytes(i)) & set(b".\n")]


def prompt_ids(tokenizer: AnyTokenizer, text: str) -> list[int]:
    """Token ids of a prompt: <|endoftext|>, which begins every document, then the text."""
    return [tokenizer.eot_id, *tokenizer.encode(text)]


def generate(
    model: GPT,
    tokenizer: AnyTokenizer,
    prompt: str,
    max_tokens: int = 100,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    min_p: float | None = None,
    seed: int = 0,
) -> str:
    """The text with which the model continues `prompt`, up to <|endoftext|> or max_tokens."""
    options = {"temperature": temperature, "top_k": top_k, "top_p": top_p, "min_p": min_p, "seed": seed}
    [ids] = continuations(model, [prompt_ids(tokenizer, prompt)], max_tokens, stop_ids=[tokenizer.eot_id], **options)
    return tokenizer.decode([i for i in ids if i != tokenizer.eot_id])
