"""What gives an invention away: signals of how sure a model is, how well each works, and calibration."""

import math
from collections.abc import Callable, Mapping, Sequence
from statistics import fmean

import torch

from pocketgpt.chat import Reply, encode_text, prompt
from pocketgpt.evaluation import metrics
from pocketgpt.evaluation.confidence import (
    answer_entropy,
    begun_answers,
    largest_probabilities,
    last_states,
    said_value,
    sampled_values,
    token_probabilities,
)
from pocketgpt.evaluation.probes import Probe
from pocketgpt.model import GPT
from pocketgpt.sft.conversations import FactQuestion, split_people, strangers
from pocketgpt.sft.stages import WELL_KNOWN
from pocketgpt.world import Tables
from pocketgpt_lessons.hallucination.fixed_exam import (
    ABSENT,
    HARDLY,
    KNOWN,
    SOME,
    Answered,
    Asked,
    Grades,
    some_questions,
)

SAMPLES = 6  # answers to one question
PROBE, LARGEST = "probe inside", "largest probability"
COMPARED = ("well known against absent", "1 to 3 pages against absent", "10 to 29 pages: right against wrong")
EDGES = (0.0, 0.2, 0.5, 0.8, 1.0)  # of the bins of confidence


def training_states(model: GPT, tokenizer, tables: Tables, seed: int = 0) -> tuple[torch.Tensor, list[bool]]:
    """What a probe learns from: states (n_layer + 1, N, n_embd) before facts of taught, well-known people and of
    as many made-up strangers, and which of the two it is.
    """
    people = [person for person in split_people(tables)[0] if person.mentions >= WELL_KNOWN]
    rows = [*people, *strangers(tables, len(people), seed=seed)]
    questions = some_questions(tables, rows, "train", seed)
    states = last_states(model, begun_answers(tables, tokenizer, questions, seed=seed))
    return states, [i < len(questions) // 2 for i in range(len(questions))]


def fact_place(tables: Tables, tokenizer, question: FactQuestion, ids: Sequence[int]) -> int | None:
    """Where the fact begins in an answer's tokens: the shortest end that holds its value; None where there is none."""
    value = said_value(tables, question, tokenizer.decode(ids).strip())
    if value is None:
        return None
    return next(n for n in reversed(range(len(ids))) if value in tokenizer.decode(ids[n:]))


def mean_and_fact_probabilities(
    model: GPT, tokenizer, tables: Tables, questions: Sequence[FactQuestion], answers: Sequence[Reply]
) -> list[tuple[float, float | None]]:
    """For each answer the mean probability of its tokens, and the probability of its whole fact: the product of
    those from where the fact begins. None where the answer names no fact in one of our wordings.
    """
    found: list[tuple[float, float | None]] = []
    for question, reply in zip(questions, answers, strict=True):
        start, ids = prompt(question.conversation, tokenizer, model.config.context), encode_text(reply.text, tokenizer)
        shares = token_probabilities(model, [*start, *ids], len(start)) if ids else [0.0]
        place = fact_place(tables, tokenizer, question, ids)
        found.append((fmean(shares), None if place is None else math.prod(shares[place:])))
    return found


Scores = dict[str, dict[str, list[float]]]
"""For each signal and each group, a score a question: the higher, the surer."""


def signals(
    model: GPT, tokenizer, tables: Tables, asked: Asked, seed: int = 0, entropy: Callable = answer_entropy
) -> Scores:
    """Two signals of how sure a model is where the fact must come: its samples agree, and its best token is likely."""
    found: Scores = {"agreement of samples": {}, LARGEST: {}}
    for group, questions in asked.items():
        prompts = begun_answers(tables, tokenizer, questions)
        samples = sampled_values(model, tokenizer, prompts, SAMPLES, seed)
        found["agreement of samples"][group] = [-float(entropy(each)) for each in samples]
        found[LARGEST][group] = largest_probabilities(model, last_states(model, prompts))
    return found


def probe_scores(
    model: GPT, tokenizer, tables: Tables, asked: Asked, probe: Probe, layer: int = -1
) -> dict[str, list[float]]:
    """For each group what a probe of a layer, by default the last, says: a probability a question."""
    prompts = {group: begun_answers(tables, tokenizer, questions) for group, questions in asked.items()}
    return {group: probe(last_states(model, each)[layer]).tolist() for group, each in prompts.items()}


def comparisons(
    scores: Mapping[str, Sequence[float]], found: Grades, auroc: Callable = metrics.auroc
) -> tuple[float, float, float]:
    """AUROC of one signal in each of COMPARED; `found` are the grades of the answers that it is about.

    >>> scores = {KNOWN: [3, 3], HARDLY: [1, 0], ABSENT: [0, 1], SOME: [2, 1]}
    >>> comparisons(scores, {SOME: ["right", "wrong"]})
    (1.0, 0.5, 1.0)
    """
    right, wrong = (
        [score for score, grade in zip(scores[SOME], found[SOME], strict=True) if grade == wanted]
        for wanted in ("right", "wrong")
    )
    pairs = ((scores[KNOWN], scores[ABSENT]), (scores[HARDLY], scores[ABSENT]), (right, wrong))
    surer, unsure, inside = (float(auroc(high, low)) for high, low in pairs)
    return surer, unsure, inside


def same_person(scores: Mapping[str, Sequence[float]], asked: Asked, found: Grades) -> tuple[float, int]:
    """How often one signal is higher for a right answer than for a wrong one about the *same* person on 10 to 29
    pages, where the name can't help; a tie counts half. And the number of such pairs: without any, the share is NaN.
    """
    rows = list(zip(asked[SOME], scores[SOME], found[SOME], strict=True))
    right, wrong = (
        [(q.row.name, score) for q, score, grade in rows if grade == wanted] for wanted in ("right", "wrong")
    )
    wins = [(high > low) + (high == low) / 2 for name, high in right for other, low in wrong if name == other]
    return (fmean(wins) if wins else math.nan), len(wins)


def fact_confidences(
    model: GPT, tokenizer, tables: Tables, asked: Asked, answered: Answered
) -> dict[str, list[tuple[float, float | None]]]:
    """`mean_and_fact_probabilities` of all groups."""
    return {
        group: mean_and_fact_probabilities(model, tokenizer, tables, questions, answered[group])
        for group, questions in asked.items()
    }


def calibration(confidences: Sequence[float | None], right: Sequence[bool]) -> list[dict[str, float]]:
    """How often answers are right, by how sure the model was of their facts: for each bin that holds answers the
    mean confidence `x` (%), the number `right`, and `n`. Answers without a confidence (None) are left out.

    >>> calibration([0.1, 0.9, None, 1.0], [False, True, True, False])
    [{'x': 10.0, 'right': 0, 'n': 1}, {'x': 95.0, 'right': 1, 'n': 2}]
    """
    bins: list[list[tuple[float, bool]]] = [[] for _ in EDGES[1:]]
    for sure, is_right in zip(confidences, right, strict=True):
        if sure is not None:
            bins[sum(sure >= edge for edge in EDGES[1:-1])].append((sure, is_right))
    return [
        {"x": 100 * fmean(sure for sure, _ in each), "right": sum(is_right for _, is_right in each), "n": len(each)}
        for each in bins
        if each
    ]
