"""Calibration: errors worked out by hand, a temperature that is found again, intervals, stated facts."""

import random

import numpy as np
import pytest
import torch
from tiny import tiny_model

from pocketgpt.errors import PocketError
from pocketgpt.evaluation import calibration
from pocketgpt.evaluation.calibration import Stated
from pocketgpt.sft.conversations import FactQuestion, questions_about
from pocketgpt.tokenizer import Tokenizer
from pocketgpt.world import load_tables

TOKENIZER = Tokenizer([])
TABLES = load_tables()


def test_the_error_of_bins_worked_out_by_hand():
    # 0–0.5: mean confidence 0.25, none right, 2 answers; 0.5–1: mean 0.75, all right, 2 answers
    sure, right = [0.125, 0.375, 0.625, 0.875], [False, False, True, True]
    assert calibration.expected_calibration_error(sure, right, bins=2) == 0.25
    assert calibration.expected_calibration_error(sure, right, bins=1) == 0.0
    with pytest.raises(PocketError, match="no answer"):
        calibration.expected_calibration_error([], [])


def test_bins_hold_every_answer_once():
    rng = random.Random(0)
    sure = [rng.random() for _ in range(200)] + [0.0, 1.0, 0.5]
    points = calibration.reliability(sure, [True] * len(sure))
    assert sum(point["n"] for point in points) == len(sure) == sum(point["right"] for point in points)
    assert [point["x"] for point in points] == sorted(point["x"] for point in points)


def test_chance_alone_gives_less_error_to_more_answers():
    (few, most), (many, _) = (calibration.error_by_chance([0.7] * n, draws=60) for n in (20, 1000))
    assert 0.06 < few < 0.11 < most < 0.25 and many < 0.016  # for 20: √(2/π · 0.7 · 0.3 / 20) = 0.08


def stated(logit: float, right: bool) -> Stated:
    """A fact of one token out of two."""
    question = FactQuestion(TABLES.people[0], "dish", "?")
    value = question.value if right else "nothing"
    return Stated(question, value, torch.tensor([[logit, 0.0]]), torch.tensor([0]))


def test_a_temperature_mends_confidences_that_are_too_high():
    rng = random.Random(1)
    logits = [rng.uniform(0, 3) for _ in range(800)]
    facts = [stated(2.0 * x, rng.random() < 1 / (1 + np.exp(-x))) for x in logits]  # twice too sure
    temperature = calibration.fit_temperature([*facts, None])
    assert 1.4 < temperature < 2.9
    before, after = (
        calibration.expected_calibration_error(*calibration.sure_and_right(facts, t)) for t in (1.0, temperature)
    )
    assert after < 0.5 * before


def test_the_confidence_is_the_product_over_the_tokens():
    fact = Stated(stated(0, True).question, "x", torch.tensor([[1.0, 1.0], [0.0, 0.0]]), torch.tensor([0, 1]))
    assert fact.confidence() == pytest.approx(0.25) and not fact.right


def test_an_interval_agrees_with_theory():
    rng = random.Random(2)
    values = [rng.gauss(0, 1) for _ in range(400)]
    low, high = calibration.bootstrap(values, lambda sample: sum(sample) / len(sample), draws=600)
    mean, error = np.mean(values), np.std(values) / 20
    assert low == pytest.approx(mean - 1.96 * error, abs=0.02) and high == pytest.approx(mean + 1.96 * error, abs=0.02)
    with pytest.raises(PocketError, match="at least one unit"):
        calibration.bootstrap([], len)


@pytest.mark.parametrize("converses", [True, False])
def test_what_a_model_states_is_read_with_its_logits(converses, monkeypatch):
    model = tiny_model(vocab_size=TOKENIZER.vocab_size, context=256)
    questions = questions_about(TABLES, TABLES.people[:1])
    said = {q.fact: f" {q.value}." for q in questions}
    said["birth_year"] = said["birth_year"][3:]  # the 19 is begun for it
    said["dish"], said["instrument"] = "… I don't know.", " never ends"
    written = [TOKENIZER.encode(said[q.fact]) for q in questions]
    monkeypatch.setattr(calibration, "continue_all", lambda *_, **__: written)
    found = calibration.stated_facts(model, TOKENIZER, TABLES, questions, converses)
    by_fact = dict(zip([q.fact for q in questions], found, strict=True))
    assert by_fact["dish"] is None and by_fact["instrument"] is None
    assert all(by_fact[fact].right for fact in ("birth_year", "birthplace", "profession"))
    assert len(calibration.sure_and_right(found)[0]) == 3


def test_the_logits_are_those_of_the_model():
    model = tiny_model(vocab_size=TOKENIZER.vocab_size, context=256)
    rows = [([1, 2, 3], [4, 5]), ([6], [7])]
    prompts, written = zip(*rows, strict=True)
    found = calibration._logits_of(model, list(prompts), list(written))
    for (start, new), logits in zip(rows, found, strict=True):
        whole = model(torch.tensor([start + new]))[0]
        assert torch.allclose(logits, whole[len(start) - 1 : -1], atol=1e-5)
