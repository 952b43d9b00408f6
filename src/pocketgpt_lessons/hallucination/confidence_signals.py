"""What gives an invention away: signals of how sure a model is, and how well each one works."""

from collections.abc import Sequence
from statistics import fmean

import torch

from pocketgpt.chat import Reply, encode_text, prompt
from pocketgpt.evaluation.confidence import (
    answer_entropy,
    begun_answers,
    largest_probabilities,
    last_states,
    sampled_values,
    token_probabilities,
)
from pocketgpt.evaluation.metrics import auroc
from pocketgpt.evaluation.probes import Probe
from pocketgpt.model import GPT
from pocketgpt.sft.conversations import FactQuestion, split_people, strangers
from pocketgpt.sft.stages import WELL_KNOWN
from pocketgpt.world import Tables
from pocketgpt_lessons.hallucination.fixed_exam import ABSENT, FACTS_ASKED, KNOWN, Answered, Asked, some_questions

SAMPLES = 6  # answers to one question


def training_states(model: GPT, tokenizer, tables: Tables, seed: int = 0) -> tuple[torch.Tensor, list[bool]]:
    """What a probe learns from: states (n_layer + 1, N, n_embd) before facts of taught, well-known people and of
    as many made-up strangers, and which of the two it is.
    """
    people = [person for person in split_people(tables)[0] if person.mentions >= WELL_KNOWN]
    rows = [*people, *strangers(tables, len(people), seed=seed)]
    questions = some_questions(tables, rows, "train", seed)
    states = last_states(model, begun_answers(tables, tokenizer, questions, seed=seed))
    return states, [i < FACTS_ASKED * len(people) for i in range(len(questions))]


def mean_probabilities(
    model: GPT, tokenizer, questions: Sequence[FactQuestion], answers: Sequence[Reply]
) -> list[float]:
    """The mean probability of each answer's tokens: what one sees in a coloured answer."""
    found = []
    for question, reply in zip(questions, answers, strict=True):
        start = prompt(question.conversation, tokenizer, model.config.context)
        ids = encode_text(reply.text, tokenizer)
        found.append(fmean(token_probabilities(model, [*start, *ids], len(start))) if ids else 0.0)
    return found


Scores = dict[str, dict[str, list[float]]]
"""For each signal and each group, a score a question: the higher, the surer."""


def signals(model: GPT, tokenizer, tables: Tables, asked: Asked, answered: Answered, seed: int = 0) -> Scores:
    """Three signals of how sure the model was; `answered` are its likeliest answers."""
    found: Scores = {name: {} for name in ("largest probability", "agreement of samples", "mean probability")}
    for group, questions in asked.items():
        prompts = begun_answers(tables, tokenizer, questions)
        values = sampled_values(model, tokenizer, prompts, SAMPLES, seed)
        found["largest probability"][group] = largest_probabilities(model, last_states(model, prompts))
        found["agreement of samples"][group] = [-answer_entropy(each) for each in values]
        found["mean probability"][group] = mean_probabilities(model, tokenizer, questions, answered[group])
    return found


def signal_aurocs(found: Scores) -> dict[str, float]:
    """AUROC of each signal, known against absent people."""
    return {name: auroc(groups[KNOWN], groups[ABSENT]) for name, groups in found.items()}


def probe_aurocs(model: GPT, tokenizer, tables: Tables, asked: Asked, probes: Sequence[Probe]) -> list[float]:
    """AUROC of each layer's probe on held-out known people against absent ones."""
    known, absent = (last_states(model, begun_answers(tables, tokenizer, asked[g])) for g in (KNOWN, ABSENT))
    return [auroc(probe(a).tolist(), probe(b).tolist()) for probe, a, b in zip(probes, known, absent, strict=True)]
