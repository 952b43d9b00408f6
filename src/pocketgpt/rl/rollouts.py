"""Rollouts: what a model writes to many prompts at once, with all that learning from it needs.

    rollouts = roll_out(model, prompts, max_tokens=80, stop_ids=turn_stops(tokenizer), each=16)
    texts = rollouts.texts(tokenizer)

Learning needs more than `generate` gives: the log-probability of each token that was drawn, and which tokens the
model chose itself. A tool's result stands in a rollout too, but nobody should be praised or blamed for it.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from pocketgpt.bounds import GENERATOR_SEED, check_number
from pocketgpt.chat.template import encode_text, special_id
from pocketgpt.chat.tools import run_call
from pocketgpt.chat.turn import MOST_CALLS, parse
from pocketgpt.errors import PocketError
from pocketgpt.model import GPT
from pocketgpt.sampling.distribution import draw_and_score
from pocketgpt.sampling.generate import check_room, pad_left
from pocketgpt.threads import CREW
from pocketgpt.tokenizer import AnyTokenizer

Respond = Callable[[list[int]], list[int]]
"""Asked whenever a row stops: its new tokens so far → tokens to put in before it goes on, [] to let it end."""

CROWDED = 0.75  # the batch shrinks when fewer of its rows than this are still going: each time costs a copy


@dataclass(frozen=True)
class Rollouts:
    """N rollouts as rows of T places: the prompt, then what came after it, filled up with 0 on the right."""

    ids: Tensor  # (N, T)
    written: Tensor  # (N, T), true where the model chose the token
    logprobs: Tensor  # (N, T), ln of the probability with which it chose it; 0 elsewhere
    entropies: Tensor  # (N, T), how undecided it was then, in nats; 0 elsewhere
    starts: Tensor  # (N,), tokens of the prompt
    ends: Tensor  # (N,), tokens of prompt and rollout
    ended: Tensor  # (N,), whether a stop token ended it, rather than a limit

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def lengths(self) -> Tensor:
        """How many tokens the model chose in each rollout (N,), a stop token included."""
        return self.written.sum(1)

    @property
    def last_ids(self) -> Tensor:
        """The last token of each rollout (N,)."""
        return self.ids.gather(1, self.ends[:, None] - 1)[:, 0]

    def new_ids(self, row: int) -> list[int]:
        """The tokens after the prompt, tools' results included."""
        return self.ids[row, self.starts[row] : self.ends[row]].tolist()

    def texts(self, tokenizer: AnyTokenizer) -> list[str]:
        """What each rollout says at last, without special tokens: after a tool's result, only what follows."""
        special = frozenset(tokenizer.special_tokens.values())
        turn = tokenizer.special_tokens.get("<|assistant|>")
        found = []
        for row in range(len(self)):
            ids = _since(self.new_ids(row), turn)
            found.append(tokenizer.decode([i for i in ids if i not in special]).strip())
        return found


def _since(ids: list[int], token: int | None) -> list[int]:
    """What follows the last `token`; all of it if there is none."""
    return ids[len(ids) - ids[::-1].index(token) :] if token in ids else ids


def tool_results(tokenizer: AnyTokenizer, tools: Mapping[str, Callable[[str], str]]) -> Respond:
    """For roll_out(respond=…): when a row has written a call, the tool's result and a new assistant's turn."""
    names = ("call", "result", "end", "assistant")
    call, result, end, assistant = (special_id(tokenizer, name) for name in names)

    def respond(new: list[int]) -> list[int]:
        last = parse(_since(new, assistant), tokenizer).messages[-1]
        if last.role != "call" or new.count(call) > MOST_CALLS:
            return []
        return [result, *encode_text(run_call(tools, last.content), tokenizer), end, assistant]

    return respond


class _Writing:
    """N rollouts of up to `longest` new tokens in the making: places to write to, and who is still writing."""

    def __init__(self, n: int, longest: int, stops: frozenset[int], respond: Respond | None) -> None:
        self.ids = torch.zeros(n, longest, dtype=torch.long)
        self.written = torch.zeros(n, longest, dtype=torch.bool)
        self.logprobs, self.entropies = torch.zeros(2, n, longest)
        self.lengths = torch.zeros(n, dtype=torch.long)
        self.ended = torch.zeros(n, dtype=torch.bool)
        self.stops, self.respond = stops, respond
        self.waiting: dict[int, list[int]] = {}  # row → tokens of a tool's result that it still has to read

    def put(self, step: int, rows: Tensor, tokens: Tensor, logprobs: Tensor, entropies: Tensor) -> Tensor:
        """Write a token to each of these rows. Returns them, with those of results where a row reads one."""
        own = torch.ones(len(rows), dtype=torch.bool)
        for place, row in enumerate(rows.tolist() if self.waiting else ()):
            if row in self.waiting:
                own[place], tokens[place] = False, self._read(row)
        self.ids[rows, step], self.written[rows, step] = tokens, own
        self.logprobs[rows, step], self.entropies[rows, step] = logprobs * own, entropies * own
        self.lengths[rows] = step + 1
        for row, token, chosen in zip(rows.tolist(), tokens.tolist(), own.tolist(), strict=True):
            if chosen and token in self.stops:
                self._stop(row, step)
        return tokens

    def _read(self, row: int) -> int:
        token, *rest = self.waiting.pop(row)
        if rest:
            self.waiting[row] = rest
        return token

    def _stop(self, row: int, step: int) -> None:
        more = self.respond(self.ids[row, : step + 1].tolist()) if self.respond else []
        if more:
            self.waiting[row] = more
        else:
            self.ended[row] = True


def _luck(seed: int, numbers: Sequence[int], each: int, length: int) -> Tensor:
    """Uniform random numbers (prompts × each, length) that follow, for each prompt, from the seed and its number."""
    parts = []
    for number in numbers:
        generator = torch.Generator().manual_seed(random.Random(f"luck {seed}/{number}").getrandbits(60))
        parts.append(torch.rand(each, length, generator=generator))
    return torch.cat(parts)


def _check(prompts: Sequence[Sequence[int]], context: int, seed: int, **counts: int) -> None:
    if not prompts or not all(len(p) for p in prompts):
        raise PocketError("Give at least one prompt, with at least one token each.")
    for name, count in counts.items():
        check_number(name, count, at_least=1, whole=True)
    check_number("seed", seed, **GENERATOR_SEED, whole=True)
    check_room(max(map(len, prompts)), context)


def roll_out(
    model: GPT,
    prompts: Sequence[Sequence[int]],
    max_tokens: int,
    stop_ids: Sequence[int] = (),
    each: int = 1,
    temperature: float = 1.0,
    seed: int = 0,
    numbers: Sequence[int] | None = None,
    respond: Respond | None = None,
) -> Rollouts:
    """Continue every prompt `each` times; rows i × each to (i + 1) × each − 1 belong to prompt i.

    A rollout ends at a token of `stop_ids`, unless `respond` has something to put in; after `max_tokens`, what
    was put in included; or at the model's context. The luck of a prompt's rows follows from the seed and the
    prompt's number (0, 1, 2 … by default), so it doesn't matter which other prompts are beside it.
    """
    _check(prompts, model.config.context, seed, each=each, max_tokens=max_tokens)
    device = model.device
    ids, pad = pad_left(prompts, pad_id=0)
    longest = min(max_tokens, model.config.context - ids.size(1))
    writing = _Writing(len(prompts) * each, longest, frozenset(stop_ids), respond)
    luck = _luck(seed, range(len(prompts)) if numbers is None else numbers, each, max_tokens)
    with torch.inference_mode():
        cache = model.new_cache(len(prompts), ids.size(1) + longest, pad.to(device) if pad.any() else None)
        with CREW.working():
            logits = model.next_logits(ids.to(device), cache)  # each prompt is read once
        rows = torch.arange(len(prompts) * each)  # the row that each place of the batch holds
        if each > 1:
            shares = (rows // each).to(device)
            cache.keep(shares)
            logits = logits[shares]
        tokens, going = rows, rows >= 0
        lap = CREW.laps()
        for step in range(longest):
            with lap():
                if step:
                    if going.float().mean() < CROWDED:
                        cache.keep(going.to(device))
                        rows, tokens = rows[going], tokens[going]
                    logits = model.next_logits(tokens[:, None].to(device), cache)
                drawn = [x.cpu() for x in draw_and_score(logits, temperature, luck[rows, step].to(device))]
            tokens, going = drawn[0], ~writing.ended[rows]
            tokens[going] = writing.put(step, rows[going], *(x[going] for x in drawn))
            going = ~writing.ended[rows]
            if not going.any():
                break
    if not writing.logprobs.isfinite().all():
        raise PocketError("The model's numbers are no longer finite: go back to a good one, and learn slower.")
    return _joined(prompts, each, writing)


def _joined(prompts: Sequence[Sequence[int]], each: int, writing: _Writing) -> Rollouts:
    """Prompts and what was written behind them, as rows of one length."""
    starts = torch.tensor([len(p) for p in prompts]).repeat_interleave(each)
    ends = starts + writing.lengths
    columns = torch.arange(int(ends.max()))
    new = (columns >= starts[:, None]) & (columns < ends[:, None])  # (N, T)
    made = torch.arange(writing.ids.size(1)) < writing.lengths[:, None]  # the same places, in `writing`

    def shifted(values: Tensor) -> Tensor:
        return torch.zeros(new.shape, dtype=values.dtype).masked_scatter(new, values[made])

    ids = shifted(writing.ids)
    for row, start in enumerate(starts.tolist()):
        ids[row, :start] = torch.tensor(prompts[row // each])
    written, logprobs, entropies = map(shifted, (writing.written, writing.logprobs, writing.entropies))
    return Rollouts(ids, written, logprobs, entropies, starts, ends, writing.ended)
