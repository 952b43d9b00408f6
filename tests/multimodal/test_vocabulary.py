"""New tokens: the old model is all there, files come back, and nobody can type a mark."""

import numpy as np
import pytest
import torch
from tiny import random_ids, tiny_model

from pocketgpt import checkpoints
from pocketgpt.errors import PocketError
from pocketgpt.model import GPT, GPTConfig
from pocketgpt.multimodal.vocabulary import (
    BEGIN,
    END,
    Vocabulary,
    describe,
    described,
    relate_blocks,
    with_rows,
    with_tokens,
)
from pocketgpt.pictures.framed import Framed
from pocketgpt.pictures.painted import Painted
from pocketgpt.pictures.tokens import Blocks, Pixels
from pocketgpt.tokenizer import Tokenizer

BOOK = Blocks(((0, 0, 0, 0), (1, 0, 0, 1), (4, 4, 4, 4)))
ALL = [Pixels(), BOOK, Framed(Pixels()), Framed(BOOK), Painted(BOOK)]


def test_a_larger_model_says_of_old_tokens_what_the_old_one_said():
    old, ids = tiny_model(), random_ids(2, 9)
    new = with_rows(old, 310)
    assert torch.equal(new(ids)[..., :300], old(ids)) and new.config.vocab_size == 310
    assert not new(ids)[..., 300:].any()  # new tokens start as in a fresh model: their scores are 0
    assert torch.equal(old.embed.weight, tiny_model().embed.weight)


def test_related_blocks_begin_alike_and_old_tokens_as_they_were():
    book = Blocks(((1, 1, 1, 0), (1, 1, 1, 1), (4, 4, 4, 4)))
    vocabulary = Vocabulary.extending(Tokenizer([]), book)
    old = GPT(GPTConfig(264, n_layer=1, n_head=1, n_embd=64, context=32))
    model = with_rows(old, vocabulary.tokenizer.vocab_size)
    relate_blocks(model, vocabulary)
    for table in (model.embed.weight, model.head.weight):
        first, second, third = torch.nn.functional.normalize(table[vocabulary.first :], dim=1)
        assert first @ second > 0.5 > abs(first @ third)
    assert torch.equal(model.embed.weight[:264], old.embed.weight)
    assert torch.equal(model.head.weight[:264], old.head.weight)


def test_a_model_cannot_lose_tokens():
    with pytest.raises(PocketError, match="has 300 tokens already"):
        with_rows(tiny_model(), 299)


def test_new_tokens_come_last_and_old_text_stays_as_it_was():
    old = Tokenizer.train("a ring and a ring and a ring", 270)
    new = with_tokens(old, [BEGIN, END])
    assert new.encode("a ring") == old.encode("a ring")
    assert [new.special_tokens[name] for name in (BEGIN, END)] == [270, 271]


@pytest.mark.parametrize("pictures", ALL)
def test_a_picture_comes_back(pictures):
    vocabulary, picture = Vocabulary.extending(Tokenizer([]), pictures), np.eye(8, dtype=np.uint8)
    ids = vocabulary.picture_ids(picture)
    assert len(ids) <= pictures.length + 2 and max(ids) < vocabulary.tokenizer.vocab_size
    assert (vocabulary.picture_of(ids) == picture).all() and (vocabulary.picture_of(ids[1:-1]) == picture).all()


def test_what_is_no_picture_is_none():
    vocabulary = Vocabulary.extending(Tokenizer([]), BOOK)
    ids = vocabulary.picture_ids(np.eye(8, dtype=np.uint8))
    for wrong in ([], ids[:-2], [*ids, ids[1]], [*ids[:5], 65, *ids[6:]]):
        assert vocabulary.picture_of(wrong) is None


@pytest.mark.parametrize("pictures", ALL)
def test_a_token_of_text_among_a_picture_s_makes_it_none(pictures):
    vocabulary = Vocabulary.extending(Tokenizer([]), pictures)
    ids = vocabulary.picture_ids(np.eye(8, dtype=np.uint8))
    for place in range(1, len(ids)):
        assert vocabulary.picture_of([*ids[:place], 65, *ids[place:]]) is None
        assert vocabulary.picture_of([*ids[:place], 65, *ids[place + 1 :]]) is None


def test_typed_marks_stay_text():
    vocabulary = Vocabulary.extending(Tokenizer([]), Pixels())
    ids = vocabulary.tokenizer.encode(f"{BEGIN}<|red|>{END}")
    assert vocabulary.tokenizer.decode(ids) == f"{BEGIN}<|red|>{END}" and max(ids) < 256


@pytest.mark.parametrize("pictures", ALL)
def test_a_file_with_new_tokens_can_be_read_again(tmp_path, pictures):
    vocabulary = Vocabulary.extending(Tokenizer([]), pictures)
    small = GPT(GPTConfig(264, n_layer=1, n_head=1, n_embd=8, context=32))
    model = with_rows(small, vocabulary.tokenizer.vocab_size, seed=1)
    file = checkpoints.save(tmp_path / "m.safetensors", model, vocabulary.tokenizer, {"pictures": describe(pictures)})
    again, tokenizer, card = checkpoints.load(file)
    assert Vocabulary(tokenizer, described(card["pictures"])) == vocabulary
    assert torch.equal(again.embed.weight, model.embed.weight)


@pytest.mark.parametrize(
    "told", [None, {}, {"kind": "blocks", "entries": []}, {"entries": [[0, 0, 0, 99]]}, {"entries": 3}]
)
def test_a_card_that_tells_nothing_useful_is_told(told):
    with pytest.raises(PocketError, match="This model's"):
        described(told)
