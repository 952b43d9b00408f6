"""Rollouts: tokens drawn as the model says, numbers as a plain forward pass gives them, tools in between."""

from types import SimpleNamespace

import pytest
import torch
from tiny import tiny_model
from torch.testing import assert_close

from pocketgpt.chat import Message, prompt, render
from pocketgpt.chat.template import turn_stops
from pocketgpt.chat.tools import calculate
from pocketgpt.errors import PocketError
from pocketgpt.rl.objectives import token_logprobs
from pocketgpt.rl.rollouts import roll_out, tool_results
from pocketgpt.tokenizer import Tokenizer

TOKENIZER = Tokenizer([])
PROMPTS = [[1, 2, 3, 4], [5], [6, 7], [8, 9, 10]]
STOPS = list(range(150, 300))  # half of the tokens, so that rows end at all sorts of times


@pytest.fixture(scope="module")
def found():
    return roll_out(tiny_model(), PROMPTS, 12, STOPS, each=5, seed=1)


def test_rows_hold_prompt_and_rollout(found):
    assert len(found) == 20
    for row in range(20):
        start, end = int(found.starts[row]), int(found.ends[row])
        assert found.ids[row, :start].tolist() == PROMPTS[row // 5]
        assert found.new_ids(row) == found.ids[row, start:end].tolist()
        assert found.written[row].nonzero()[:, 0].tolist() == list(range(start, end))
        assert not found.ids[row, end:].any() and not found.logprobs[row, end:].any()
    assert torch.equal(found.lengths, found.ends - found.starts)


def test_a_row_ends_at_its_first_stop_token_or_at_the_limit(found):
    assert len(set(found.lengths.tolist())) > 3  # else this test would show little
    for row in range(20):
        *before, last = found.new_ids(row)
        assert not set(before) & set(STOPS)
        assert bool(found.ended[row]) == (last in STOPS)
        assert found.ended[row] or len(before) + 1 == 12


@pytest.mark.parametrize("temperature", [1.0, 0.7])
def test_log_probabilities_and_entropies_are_those_of_a_plain_pass(temperature):
    model = tiny_model()
    found = roll_out(model, PROMPTS, 12, STOPS, each=5, temperature=temperature, seed=1)
    for row in range(20):
        end = int(found.ends[row])
        logprobs = (model(found.ids[row : row + 1, :end])[0] / temperature).log_softmax(-1)
        for place in range(int(found.starts[row]), end):
            before = logprobs[place - 1]
            assert_close(found.logprobs[row, place], before[found.ids[row, place]], atol=1e-4, rtol=1e-4)
            entropy = -(before.exp() * before).sum()
            assert_close(found.entropies[row, place], entropy, atol=1e-4, rtol=1e-4)


def test_learning_sees_the_same_log_probabilities(found):
    model = tiny_model()
    logits = model.logits_of(found.ids, found.written)
    assert logits.shape == (int(found.written.sum()), 300)
    again = token_logprobs(logits, found.ids, found.written)
    assert_close(again, found.logprobs, atol=1e-4, rtol=1e-4)
    again.sum().backward()  # and they can be learned from
    assert all(p.grad is not None for p in model.parameters())


def test_tokens_are_drawn_as_often_as_the_model_says():
    model, n = tiny_model(vocab_size=264), 20_000
    found = roll_out(model, [[1, 2]], 1, each=n)
    counts = torch.bincount(found.ids[:, 2], minlength=264)
    probs = model(torch.tensor([[1, 2]]))[0, -1].softmax(-1)
    expected = n * probs
    often = expected > 20
    deviations = (counts - expected)[often] / (expected * (1 - probs)).sqrt()[often]
    assert often.sum() > 30
    assert deviations.square().mean().sqrt().item() == pytest.approx(1.0, abs=0.35)  # in standard errors
    assert deviations.abs().max() < 5


def test_a_row_does_not_depend_on_its_neighbours(found):
    alone = roll_out(tiny_model(), [PROMPTS[2]], 12, STOPS, each=5, seed=1, numbers=[2])
    assert [alone.new_ids(row) for row in range(5)] == [found.new_ids(row) for row in range(10, 15)]
    other = roll_out(tiny_model(), PROMPTS, 12, STOPS, each=5, seed=2)
    assert [other.new_ids(row) for row in range(20)] != [found.new_ids(row) for row in range(20)]


def test_rollouts_end_at_the_models_context():
    found = roll_out(tiny_model(), [[1] * 10, [2]], 50)
    assert found.lengths.tolist() == [6, 6] and found.ids.shape == (2, 16)
    assert not found.ended.any()


@pytest.mark.parametrize(
    ("prompts", "options", "complaint"),
    [
        ([], {}, "at least one prompt"),
        ([[1], []], {}, "at least one token"),
        ([[1]], {"each": 0}, "at least 1"),
        ([[1]], {"max_tokens": 0}, "at least 1"),
        ([[1] * 16], {}, "has 16 tokens.*shorten the prompt to 15"),
        ([[1]], {"temperature": 0.0}, "at least 0.001"),
        ([[1]], {"temperature": float("nan")}, "temperature must be a number"),
        ([[1]], {"seed": -1}, "seed must be at least 0"),
    ],
)
def test_what_cannot_be_rolled_out(prompts, options, complaint):
    with pytest.raises(PocketError, match=complaint):
        roll_out(tiny_model(), prompts, **({"max_tokens": 4} | options))


def test_a_broken_model_is_named_as_such():
    model = tiny_model()
    with torch.no_grad():
        model.head.weight.fill_(float("nan"))
    with pytest.raises(PocketError, match="no longer finite"):
        roll_out(model, [[1]], 4)


# --- Tools --------------------------------------------------------------------------------------------------


class Parrot:
    """Writes given texts, whatever it reads: the next one each time that a turn begins."""

    config = SimpleNamespace(context=200)
    device = torch.device("cpu")

    def __init__(self, *turns: list[int]):
        self.turns = turns

    def new_cache(self, batch: int, length: int, pad=None):
        return SimpleNamespace(seen=[[] for _ in range(batch)], keep=self.keep)

    def keep(self, rows):
        raise AssertionError("only one row is expected")

    def next_logits(self, ids, cache):
        begin = TOKENIZER.special_tokens["<|assistant|>"]
        [seen], [new] = cache.seen, ids.tolist()
        seen += new
        turn = self.turns[seen.count(begin) - 1]
        written = seen[::-1].index(begin)
        token = turn[written] if written < len(turn) else 0
        return torch.full((1, TOKENIZER.vocab_size), -50.0).index_fill(1, torch.tensor([token]), 50.0)


def ids_of(text: str) -> list[int]:
    return TOKENIZER.encode(text, "all")


def talk(*turns: str):
    """Roll out turns that a parrot writes, with a calculator at hand."""
    asked = prompt([Message("user", "2 + 3?")], TOKENIZER, 100)
    parrot = Parrot(*map(ids_of, turns))
    respond = tool_results(TOKENIZER, {"calculate": calculate})
    return roll_out(parrot, [asked], 150, turn_stops(TOKENIZER), respond=respond)


def test_a_tools_result_is_put_in_and_not_learned_from():
    found = talk(" Well<|call|> calculate 2 + 3<|end|>", " It is 5.<|end|>")
    messages = [
        Message("user", "2 + 3?"), Message("assistant", "Well"), Message("call", "calculate 2 + 3"),
        Message("result", "5"), Message("assistant", "It is 5."),
    ]  # fmt: skip
    ids, mask = render(messages, TOKENIZER)
    assert found.ids[0].tolist() == ids
    assert found.written[0].int().tolist() == mask  # as in fine-tuning
    assert found.ended.all() and found.texts(TOKENIZER) == ["It is 5."]
    inserted = ~found.written[0]
    assert not found.logprobs[0, inserted].any() and not found.entropies[0, inserted].any()
    assert found.lengths.item() == sum(mask)


@pytest.mark.parametrize(
    ("call", "result"), [("dance 7", "error: there is no tool dance."), ("calculate 1 / 0", "error: division")]
)
def test_a_call_that_fails_gets_an_error_as_its_result(call, result):
    found = talk(f"<|call|> {call}<|end|>", " Oh.<|end|>")
    assert result in TOKENIZER.decode(found.ids[0].tolist()) and found.texts(TOKENIZER) == ["Oh."]


def test_an_answer_without_a_call_just_ends():
    found = talk(" It is 5.<|end|>")
    assert found.texts(TOKENIZER) == ["It is 5."] and found.ended.all()


def test_endless_calls_come_to_an_end():
    found = talk(*["<|call|> calculate 2 + 3<|end|>"] * 9)
    calls = found.ids[0].tolist().count(TOKENIZER.special_tokens["<|call|>"])
    assert calls == 4 and found.ended.all()


def test_a_result_that_does_not_fit_is_cut_off():
    found = roll_out(
        Parrot(ids_of("<|call|> x<|end|>"), ids_of(" a<|end|>")),
        [prompt([Message("user", "a")], TOKENIZER, 100)],
        10,
        turn_stops(TOKENIZER),
        respond=tool_results(TOKENIZER, {"x": lambda text: "long " * 50}),
    )
    assert not found.ended.any() and found.written[0].sum() == 4 and int(found.ends) == int(found.starts) + 10
