"""Calibration: whether a model that is 80% sure is right in 80% of cases, and what a temperature mends of it.

    facts = stated_facts(model, tokenizer, tables, questions)
    expected_calibration_error(*sure_and_right(facts))

A model's sureness is the probability of the whole fact that it states, from where the fact begins to the full stop.
The sentence is begun for it, as in `confidence`, so that it is known where the fact stands.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from os.path import commonprefix
from statistics import fmean
from typing import Any

import torch
from torch import Tensor

from pocketgpt.chat.template import encode_text, prompt
from pocketgpt.errors import PocketError
from pocketgpt.evaluation.confidence import ROOM, VALUE_TOKENS
from pocketgpt.model import GPT
from pocketgpt.sampling.generate import by_length, continue_all, prompt_ids, sentence_stops
from pocketgpt.sft.conversations import FactQuestion
from pocketgpt.tokenizer import AnyTokenizer
from pocketgpt.world.pages import cloze
from pocketgpt.world.tables import Tables

BINS = 10
TEMPERATURES = tuple(round(0.25 * 1.05**i, 4) for i in range(60))  # from 0.25 to about 4.4
_TINY = 1e-6  # a probability of 0 or 1 that is wrong would cost infinitely much


@dataclass(frozen=True, eq=False)  # tensors have no plain equality
class Stated:
    """A fact as a model states it: the question, what it says, and the logits (n, V) of the n tokens `ids` (n,)."""

    question: FactQuestion
    value: str
    logits: Tensor
    ids: Tensor

    @property
    def right(self) -> bool:
        """Whether it is what the tables say."""
        return self.value == self.question.value

    def confidence(self, temperature: float = 1.0) -> float:
        """The probability of the whole fact, if each token's logits are divided by the temperature."""
        chosen = (self.logits / temperature).log_softmax(-1).gather(1, self.ids[:, None])
        return float(chosen.sum().exp())


def stated_facts(
    model: GPT,
    tokenizer: AnyTokenizer,
    tables: Tables,
    questions: Sequence[FactQuestion],
    converses: bool = True,
    seed: int = 0,
) -> list[Stated | None]:
    """The likeliest fact that the model states after each begun answer; None where it refuses, or calls a tool.

    `converses=False` is for a model that goes on with a page: the sentence stands below the name, without a question.
    """
    prompts, shared = [], {fact: commonprefix(tables.values(fact)) for fact in {q.fact for q in questions}}
    for question in questions:
        wording = random.Random(f"begin {seed}/{question.text}").choice(tables.select(question.fact, "statement"))
        begun = f"{cloze(wording, question.row)[0]} {shared[question.fact]}".rstrip()
        if converses:
            prompts.append(prompt(question.conversation, tokenizer, ROOM) + encode_text(begun, tokenizer))
        else:
            prompts.append(prompt_ids(tokenizer, f"{question.row.name}\n\n{begun}"))
    special = set(tokenizer.special_tokens.values())
    stops = [*sentence_stops(tokenizer), *special]
    written = continue_all(model, prompts, VALUE_TOKENS, temperature=0, stop_ids=stops)
    logits = _logits_of(model, prompts, written)
    found: list[Stated | None] = []
    for question, ids, row in zip(questions, written, logits, strict=True):
        text = tokenizer.decode(ids)
        value = shared[question.fact] + text.split(".")[0].strip()
        says_nothing = special.intersection(ids) or "…" in text or "." not in text
        found.append(None if says_nothing else Stated(question, value, row, torch.tensor(ids)))
    return found


@torch.inference_mode()
def _logits_of(model: GPT, prompts: Sequence[list[int]], written: Sequence[list[int]], batch: int = 64) -> list[Tensor]:
    """The logits (n, V) from which each of the n written tokens of a row was chosen."""
    rows = [start + new for start, new in zip(prompts, written, strict=True)]
    found: list[Tensor] = [torch.empty(0)] * len(rows)
    for part in by_length(map(len, rows), batch):
        ids = torch.zeros(len(part), len(rows[part[-1]]), dtype=torch.long)
        for place, i in enumerate(part):  # filled up on the right, which no token before sees
            ids[place, : len(rows[i])] = torch.tensor(rows[i])
        logits = model(ids.to(model.device)).cpu()
        for place, i in enumerate(part):
            found[i] = logits[place, len(prompts[i]) - 1 : len(rows[i]) - 1].clone()
    return found


def sure_and_right(facts: Sequence[Stated | None], temperature: float = 1.0) -> tuple[list[float], list[bool]]:
    """Confidences and marks of the facts that were stated."""
    stated = [fact for fact in facts if fact is not None]
    return [fact.confidence(temperature) for fact in stated], [fact.right for fact in stated]


def reliability(confidences: Sequence[float], right: Sequence[bool], bins: int = BINS) -> list[dict[str, float]]:
    """Answers by how sure the model was: for each bin that holds any, the mean confidence `x` from 0 to 1, how many
    are `right`, and `n`. The bins are equally wide; a confidence of exactly 1 belongs to the last.

    >>> reliability([0.125, 0.875, 1.0], [False, True, False], bins=2)
    [{'x': 0.125, 'right': 0, 'n': 1}, {'x': 0.9375, 'right': 1, 'n': 2}]
    """
    groups: list[list[tuple[float, bool]]] = [[] for _ in range(bins)]
    for sure, mark in zip(confidences, right, strict=True):
        groups[min(int(sure * bins), bins - 1)].append((sure, mark))
    return [
        {"x": fmean(sure for sure, _ in each), "right": sum(mark for _, mark in each), "n": len(each)}
        for each in groups
        if each
    ]


def expected_calibration_error(confidences: Sequence[float], right: Sequence[bool], bins: int = BINS) -> float:
    """How far confidence and share of right answers lie apart, from 0 to 1: the mean over the bins of `reliability`,
    each weighted with its number of answers (Naeini et al. 2015). PocketError without answers.

    >>> expected_calibration_error([0.9, 0.9, 0.4, 0.4], [True, True, False, True])
    0.1
    """
    if not confidences:
        raise PocketError("There is no answer whose calibration could be measured: give at least one.")
    points = reliability(confidences, right, bins)
    return round(sum(abs(point["right"] - point["x"] * point["n"]) for point in points) / len(confidences), 12)


def error_by_chance(
    confidences: Sequence[float], bins: int = BINS, draws: int = 200, seed: int = 0
) -> tuple[float, float]:
    """The calibration error of answers that are right exactly as often as their confidences say: its mean, and what it
    stays below in 95% of draws. Not 0, since a bin holds few answers: what a measured error has to be compared with.
    """
    rng = random.Random(f"by chance {seed}")
    lucky = ([rng.random() < sure for sure in confidences] for _ in range(draws))
    found = sorted(expected_calibration_error(confidences, right, bins) for right in lucky)
    return fmean(found), found[int(0.95 * (draws - 1))]


def log_loss(confidences: Sequence[float], right: Sequence[bool]) -> float:
    """Mean loss in nats of confidences as forecasts of whether an answer is right."""
    kept = torch.tensor(confidences, dtype=torch.float64).clamp(_TINY, 1 - _TINY)
    return float(-torch.where(torch.tensor(right), kept, 1 - kept).log().mean())


def fit_temperature(facts: Sequence[Stated | None]) -> float:
    """The temperature of TEMPERATURES with which the confidences forecast best whether the facts are right
    (after Guo et al. 2017, https://arxiv.org/abs/1706.04599, who fit it to the right class).
    """
    return min(TEMPERATURES, key=lambda temperature: log_loss(*sure_and_right(facts, temperature)))


def bootstrap(
    units: Sequence[Any], statistic: Callable[[list[Any]], float], draws: int = 1000, seed: int = 0, share: float = 0.95
) -> tuple[float, float]:
    """The ends of a percentile interval: how the statistic varies over samples of the units, drawn with replacement
    (Efron 1979). Give units that don't depend on each other, such as people rather than answers about them.

    >>> low, high = bootstrap([0.0, 1.0] * 50, lambda sample: sum(sample) / len(sample))
    >>> 0.39 <= low <= 0.42 and 0.58 <= high <= 0.61
    True
    """
    if not units:
        raise PocketError("There is nothing to draw samples from: give at least one unit.")
    rng = random.Random(f"bootstrap {seed}")
    found = sorted(statistic(rng.choices(units, k=len(units))) for _ in range(draws))
    tail = (1 - share) / 2
    return found[int(tail * (draws - 1))], found[round((1 - tail) * (draws - 1))]
