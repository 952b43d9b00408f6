"""Tunes in a model of words: there and back, what is asked for in words, and that a model learns both."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pocketgpt.errors import PocketError
from pocketgpt.model import GPT, GPTConfig
from pocketgpt.multimodal.vocabulary import with_tokens
from pocketgpt.multimodal.with_tunes import MARK, AskedInWords, Mixed, with_tunes
from pocketgpt.sft.fine_tune import conversation_loss
from pocketgpt.tokenizer import Tokenizer
from pocketgpt.training.config import TrainConfig
from pocketgpt.training.loop import PlannedRun
from pocketgpt.tunes.clock import Clock
from pocketgpt.tunes.collection import load_tunes
from pocketgpt.tunes.learn import TuneData, bits_per_note, write
from pocketgpt.tunes.tokens import Events
from pocketgpt.tunes.tune import KEYS, KINDS, METRES

TUNES = load_tunes()[:20]
WORDS = AskedInWords(Tokenizer([]), Clock())


@pytest.mark.parametrize("tune", TUNES[:8], ids=lambda tune: tune.name)
@pytest.mark.parametrize("way", [Clock(), Events()], ids=lambda way: way.name)
def test_there_and_back(way, tune):
    words = AskedInWords(Tokenizer([]), way)
    numbers = words.encode(tune)
    found = words.decode(numbers)
    assert (found.bars, found.kind, found.metre, found.key) == (tune.bars, tune.kind, tune.metre, tune.key)
    begin = words.begin(tune.kind, tune.metre, tune.key)
    assert numbers[: len(begin)] == begin and numbers[-1] == words.end and max(numbers) < words.size
    assert words.tokenizer.decode(begin) == f"<|endoftext|>a {tune.kind} in {tune.key}, {tune.metre}{MARK}"
    assert "".join(map(words.piece, numbers)).startswith("<|endoftext|>a ")
    assert words.tokenizer.decode(numbers).endswith("<|tune: ||><|tune: end|>")


@given(kind=st.sampled_from(KINDS), metre=st.sampled_from(list(METRES)), key=st.sampled_from(KEYS), data=st.data())
def test_whatever_a_model_writes_is_a_tune_or_none(kind, metre, key, data):
    begin = data.draw(st.sampled_from([[], WORDS.begin(kind, metre, key), [WORDS.mark]]))
    found = WORDS.decode([*begin, *data.draw(st.lists(st.integers(0, WORDS.size - 1), max_size=30))])
    assert found is None or (found.notes and (found.kind, found.metre, found.key) == (kind, metre, key))


def test_another_tokenizers_tokens_are_refused():
    with pytest.raises(PocketError, match="aren't those of events"):
        AskedInWords(with_tokens(WORDS.tokenizer, ["<|more|>"]), Events())
    assert AskedInWords(WORDS.tokenizer, Clock()).first == WORDS.first


def test_old_tokens_keep_their_scores_and_tunes_are_learned_in_turn_with_something_else():
    old = GPT(GPTConfig(264, n_layer=1, n_head=2, n_embd=16, context=256))
    model, words = with_tunes(old, Tokenizer([]), Clock(), seed=1)
    ids = torch.tensor([[5, 6, 7]])
    assert torch.allclose(model(ids)[..., :264], old(ids), atol=1e-6) and model.config.vocab_size == words.size
    fitting = [tune for tune in TUNES if len(words.encode(tune)) <= 256]
    one, other = (TuneData(words, fitting, size, 256, seed=0) for size in (2, 3))
    both = Mixed(one, other)
    for step, (part, number) in enumerate(((one, 0), (other, 0), (one, 1), (other, 1))):
        assert all(torch.equal(a, b) for a, b in zip(both.batch(step), part.batch(number), strict=True))
    assert both.fingerprint() not in (Mixed(other, one).fingerprint(), Mixed(one, other, 0.4).fingerprint())
    before = bits_per_note(model, words, fitting[:2])
    config = TrainConfig(steps=12, matrix_lr=0.02, embed_lr=0.2, head_lr=0.02, precision="fp32")
    PlannedRun(model, both, config, loss=conversation_loss).train_all()
    assert bits_per_note(model, words, fitting[:2]) < before - 1
    assert len(write(model, words, [("jig", "6/8", "G")], 0.8)) == 1


class Named:
    """Data whose batches say whose they are, and which."""

    def __init__(self, name):
        self.name = name

    def batch(self, step):
        return self.name, step


@given(share=st.floats(0.01, 0.9), steps=st.integers(1, 300))
def test_each_kind_gets_its_share_of_the_steps_and_loses_no_batch(share, steps):
    found = [Mixed(Named("first"), Named("second"), share).batch(step) for step in range(steps)]
    by_name = {name: [number for whose, number in found if whose == name] for name in ("first", "second")}
    assert all(numbers == list(range(len(numbers))) for numbers in by_name.values())
    assert len(by_name["second"]) == int(steps * share)
