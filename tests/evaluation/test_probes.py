"""Probes against worked logistic regressions, and signals against distributions that are known by hand."""

import math

import pytest
import torch
from tiny import random_ids, tiny_model

from pocketgpt.chat.template import special_id
from pocketgpt.errors import PocketError
from pocketgpt.evaluation import confidence
from pocketgpt.evaluation.probes import fit
from pocketgpt.model import next_token_loss
from pocketgpt.sft.conversations import FactQuestion, questions_about
from pocketgpt.tokenizer import Tokenizer
from pocketgpt.world import load_tables

TOKENIZER = Tokenizer([])


@pytest.fixture(scope="module")
def tables():
    return load_tables()


@pytest.fixture(scope="module")
def model():
    return tiny_model(vocab_size=TOKENIZER.vocab_size, context=256)


# --- Probes -------------------------------------------------------------------------------------------------


def test_logistic_regression_gives_the_log_odds():
    """Two points only: 1 of 4 and 3 of 4 are true there, so its probabilities must be 1/4 and 3/4."""
    left, right = [1.0, 0.0], [0.0, 1.0]
    probe = fit(torch.tensor([left] * 4 + [right] * 4), [True, False, False, False, True, True, True, False], penalty=0)
    assert probe(torch.tensor([left, right])).tolist() == pytest.approx([0.25, 0.75], abs=1e-3)


def test_the_penalty_shrinks_the_weights_of_parted_groups():
    states, labels = torch.tensor([[1.0, 0.0], [0.0, 1.0]]), [True, False]
    sizes = [float(fit(states, labels, penalty).weights.norm()) for penalty in (0.001, 0.01, 0.1)]
    assert sizes[0] > sizes[1] > sizes[2] > 0


def test_a_probe_finds_a_direction_hidden_in_noise():
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(400, 20, generator=generator)
    labels = (x[:, 3] - x[:, 7] > 0).tolist()
    probe = fit(x[:300], labels[:300])
    hits = (probe(x[300:]) > 0.5) == torch.tensor(labels[300:])
    assert hits.float().mean() > 0.9
    assert {int(i) for i in probe.weights.abs().topk(2).indices} == {3, 7}


def test_labels_of_noise_are_not_learned_beyond_chance():
    generator = torch.Generator().manual_seed(1)
    x, labels = torch.randn(400, 5, generator=generator), torch.rand(400, generator=generator) > 0.5
    probe = fit(x[:300], labels[:300].tolist())
    assert 0.3 < ((probe(x[300:]) > 0.5) == labels[300:]).float().mean() < 0.7


def test_bad_labels_are_refused():
    states = torch.randn(10, 4, generator=torch.Generator().manual_seed(0))
    for bad in ([True] * 10, [True, False]):
        with pytest.raises(PocketError, match="one label for each state"):
            fit(states, bad)


# --- Inside and at the output -------------------------------------------------------------------------------


def test_states_of_many_prompts_are_those_of_each_alone(model):
    prompts = [random_ids(n, vocab_size=200, seed=n).tolist() for n in (9, 3, 14, 3)]
    states = confidence.last_states(model, prompts, batch=3)
    assert states.shape == (3, 4, 32)
    with torch.no_grad():
        for i, ids in enumerate(prompts):
            alone = torch.stack([x[0, -1] for x in model.residuals(torch.tensor([ids]))])
            assert torch.allclose(states[:, i], alone, atol=1e-5)
            probabilities = model(torch.tensor([ids]))[0, -1].softmax(-1)
            assert torch.allclose(confidence.next_probabilities(model, states)[i], probabilities, atol=1e-5)
            assert confidence.largest_probabilities(model, states)[i] == pytest.approx(float(probabilities.max()))
    with pytest.raises(PocketError):
        confidence.last_states(model, [])


def test_states_can_train_a_probe(model):
    states = confidence.last_states(model, [[i, i + 1] for i in range(8)])
    assert states.requires_grad is False
    assert not states.is_inference()
    fit(states[-1], [True, False] * 4)


def test_token_probabilities_are_the_chain_rule(model):
    ids = random_ids(10, vocab_size=200).tolist()
    found = confidence.token_probabilities(model, ids, 4)
    with torch.no_grad():
        loss = next_token_loss(model, torch.tensor([ids[:-1]]), torch.tensor([[-100] * 3 + ids[4:]]))
    assert len(found) == 6
    assert -sum(map(math.log, found)) / 6 == pytest.approx(float(loss), rel=1e-4)


# --- Answers ------------------------------------------------------------------------------------------------


def test_an_answer_is_begun_up_to_where_the_fact_differs(tables):
    person = tables.absent[0]
    questions = questions_about(tables, [person])
    assistant = special_id(TOKENIZER, "assistant")
    for question, ids in zip(questions, confidence.begun_answers(tables, TOKENIZER, questions), strict=True):
        text = TOKENIZER.decode(ids[ids.index(assistant) + 1 :])
        assert person.name in text and question.value not in text
        assert question.text in TOKENIZER.decode(ids)
        assert text.endswith(" 19") == (question.fact == "birth_year")


def test_samples_come_back_to_their_prompt(model, tables):
    prompts = confidence.begun_answers(tables, TOKENIZER, questions_about(tables, tables.absent[:2]))
    values = confidence.sampled_values(model, TOKENIZER, prompts, k=3, batch=4)
    assert [len(each) for each in values] == [3] * len(prompts)
    assert values == confidence.sampled_values(model, TOKENIZER, prompts, k=3, batch=4)
    assert not any("." in value for each in values for value in each)


@pytest.mark.parametrize(
    ("answers", "bits"),
    [(["a"], 0), (["a", "b"], 1), (["a", "a", "b", "b"], 1), (list("abcdefgh"), 3), (["a", "a", "a", "b"], 0.8113)],
)
def test_entropy_by_hand(answers, bits):
    assert confidence.answer_entropy(answers) == pytest.approx(bits, abs=1e-4)


def test_no_answers_have_no_entropy():
    with pytest.raises(PocketError):
        confidence.answer_entropy([])


def test_the_value_said_is_found_in_every_wording(tables):
    person = tables.people[0]
    for wording in tables.wordings:
        if (wording.topic, wording.kind, wording.split) == ("person", "statement", "train"):
            question = FactQuestion(person, wording.fact, "?")
            answer = wording.text.format(name=person.name, value="cloud mender")
            answer = answer[0].upper() + answer[1:]
            assert confidence.said_value(tables, question, answer) == "cloud mender", answer


@pytest.mark.parametrize("answer", ["", "Hello.", "{name} works as a… I don't know.", "{name} works as a baker"])
def test_what_is_no_whole_answer_says_no_value(tables, answer):
    person = tables.people[0]
    question = FactQuestion(person, "profession", "?")
    assert confidence.said_value(tables, question, answer.format(name=person.name)) is None
