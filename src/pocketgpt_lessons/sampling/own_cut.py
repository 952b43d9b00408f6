"""The task of notebook 03: a learner's own cut of the probabilities, tried on pages of sums beside top-p."""

import re
from collections.abc import Callable
from time import thread_time

import torch
from torch import Tensor

from pocketgpt.errors import PocketError
from pocketgpt.evaluation.metrics import wilson
from pocketgpt.model import GPT
from pocketgpt.sampling.distribution import next_token_distribution, token_at
from pocketgpt.sampling.generate import prompt_ids
from pocketgpt.tokenizer import Tokenizer
from pocketgpt.world.arithmetic import work_out
from pocketgpt_lessons.classroom import sandbox

Cut = Callable[[Tensor], Tensor]
"""Probabilities (V,) → probabilities (V,), some of them 0."""

PAGES, PAGE_TOKENS = 48, 120  # of each of the two cuts: some 180 lines
START, TOP_P = "Sums\n\n", 0.9
LIMIT = 5.0  # seconds for the trial before
PATIENCE = 120.0  # seconds for all pages, which take a few
SLOW = 0.001  # seconds of computing for one token's probabilities: there are some 5,000
SHOWN = 5  # lines of what was written
_SUM = re.compile(r"(\d+) ([+-]) (\d+)(?:: .*So \1 \2 \3)? = (\d+)\.?")
_NO_DISTRIBUTION = "its numbers must add up to 1, with none below 0; keep one token at least, and divide by the sum"


def is_right(line: str) -> bool:
    """Whether a line is a sum, at once or in steps, with the right result.

    >>> is_right("7 + 5 = 12"), is_right("7 + 5: 7 + 5 = 12, write 12. So 7 + 5 = 12."), is_right("7 + 5 = 13")
    (True, True, False)
    """
    found = _SUM.fullmatch(line)
    return found is not None and work_out(int(found[1]), found[2], int(found[3])) == int(found[4])


def count(pages: list[list[str]]) -> dict[str, int]:
    """How many lines the pages have, how many are no right sum, and how many repeat a line of their page.

    >>> count([["1 + 1 = 2", "1 + 1 = 2", "2 + 2 = 5"], ["1 + 1 = 2"]])
    {'lines': 4, 'wrong': 1, 'repeated': 1}
    """
    lines = [line for page in pages for line in page]
    repeated = len(lines) - sum(len(set(page)) for page in pages)
    return {"lines": len(lines), "wrong": sum(not is_right(line) for line in lines), "repeated": repeated}


def as_tensor(cut: Cut) -> Cut:
    """The learner's cut with its result as a tensor, whether it returns that or a list of numbers."""
    return lambda probs: torch.as_tensor(cut(probs.clone()), dtype=probs.dtype)


def problem_of(cut: Cut, vocab_size: int) -> str:
    """What keeps a cut from writing text, in a few words; "" if nothing does.

    It is tried where one token is nearly certain, where all are equally likely, and in between.
    """
    logits = torch.randn(3, vocab_size, generator=torch.Generator().manual_seed(0))
    logits[0, 0], logits[1] = 20, 0
    tried = logits.softmax(-1)

    def twice() -> tuple[list[Tensor], float]:
        for _ in range(2):  # the first time anything may take longer
            start = thread_time()
            cuts = [as_tensor(cut)(probs) for probs in tried]
        return cuts, (thread_time() - start) / len(cuts)

    ran = sandbox.run(twice, LIMIT)
    if ran.error is not None:
        return ran.failure
    if ran.timed_out:
        return "it doesn't come to an end"
    cuts, seconds = ran.value
    if any(each.shape != (vocab_size,) for each in cuts):
        return f"it must return as many numbers as it is given, here {vocab_size:,}"
    if not all(map(is_distribution, cuts)):
        return _NO_DISTRIBUTION
    return "it is too slow: work on the whole tensor at once" if seconds > SLOW else ""


def is_distribution(probs: Tensor) -> bool:
    """Whether each row of numbers adds up to 1, with none below 0."""
    return bool((probs >= 0).all() and ((probs.sum(-1) - 1).abs() < 1e-3).all())


@torch.no_grad()
def write_pages(
    cuts: list[Cut], model: GPT, tokenizer: Tokenizer, seed: int, n: int, max_tokens: int
) -> list[list[list[str]]]:
    """For each cut n pages of sums at temperature 1, as lines, all written at once and with the same luck.

    A line that a page has no room for is left out. PocketError where a cut makes no distribution.
    """
    start = prompt_ids(tokenizer, START)
    luck = torch.rand(max_tokens, n, generator=torch.Generator().manual_seed(seed)).repeat(1, len(cuts))
    rows: list[list[int]] = [[] for _ in range(n * len(cuts))]
    going = torch.arange(len(rows))
    cache = model.new_cache(len(rows), len(start) + max_tokens)
    logits = model.next_logits(torch.tensor([start] * len(rows)), cache)
    for step in range(max_tokens):
        asked = zip(going.tolist(), logits.softmax(-1), strict=True)
        probs = torch.stack([cuts[row // n](each) for row, each in asked])
        if not is_distribution(probs):
            raise PocketError(f"for a place in a page, {_NO_DISTRIBUTION}")
        new = token_at(probs, luck[step, going][:, None])
        for row, token in zip(going.tolist(), new[:, 0].tolist(), strict=True):
            rows[row].append(token)
        on = (new[:, 0] != tokenizer.eot_id).nonzero()[:, 0]
        if not len(on) or step == max_tokens - 1:
            break
        if len(on) < len(going):
            going, new = going[on], new[on]
            cache.keep(on)
        logits = model.next_logits(new, cache)
    pages = [_lines(row, tokenizer) for row in rows]
    return [pages[i : i + n] for i in range(0, len(pages), n)]


def _lines(row: list[int], tokenizer: Tokenizer) -> list[str]:
    """The whole lines of a page."""
    ended = row[-1] == tokenizer.eot_id
    lines = tokenizer.decode(row[:-1] if ended else row).split("\n")
    return [line for line in (lines if ended else lines[:-1]) if line]


def try_cut(cut: Cut, model: GPT, tokenizer: Tokenizer, seed: int = 0) -> str:
    """What pages of sums look like that are written with the learner's cut, and with top-p; or why there are none."""
    ran = sandbox.run(lambda: cut(torch.tensor([0.5, 0.3, 0.2])))
    if ran.nothing:
        return "Not attempted yet: `my_cut` returns nothing."
    problem = problem_of(cut, tokenizer.vocab_size)
    if problem:
        return f"Nothing written: {problem}."
    cuts = [lambda probs: next_token_distribution(probs.log(), top_p=TOP_P), as_tensor(cut)]
    ran = sandbox.run(lambda: write_pages(cuts, model, tokenizer, seed, PAGES, PAGE_TOKENS), PATIENCE)
    if ran.value is None:
        return f"Nothing written: {ran.words or 'it takes too long'}."
    told = {f"top-p {TOP_P}": ran.value[0], "your cut": ran.value[1]}
    first = [f"    {line[:90]}" for line in ran.value[1][0][:SHOWN]]
    return "\n".join(
        [*(f"{name}: {_told(pages)}" for name, pages in told.items()), "A page by your cut begins:", *first]
    )


def _told(pages: list[list[str]]) -> str:
    found = count(pages)
    n = found["lines"]
    if not n:
        return "not a single whole line"
    low, high = wilson(found["wrong"], n)
    wrong = f"{found['wrong'] / n:.0%} of {n} lines are no right sum (95% interval: {low:.0%} to {high:.0%})"
    return f"{wrong}; {found['repeated'] / n:.0%} repeat one of their page"
