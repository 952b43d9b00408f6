"""Rows of text and pictures: what counts in the loss, what the mix holds, and that a model learns from it."""

import random

import numpy as np
import pytest
import torch

from pocketgpt.errors import PocketError
from pocketgpt.model import GPT, IGNORE, GPTConfig
from pocketgpt.multimodal.learn import PictureData, Recipe, learn_pictures, way_of
from pocketgpt.multimodal.rows import (
    REWRITTEN,
    WAYS,
    Album,
    digit_text,
    load_album,
    painted,
    pair,
    row,
    sample_pictures,
    title,
    veiled,
)
from pocketgpt.multimodal.vocabulary import Vocabulary
from pocketgpt.pictures.digits import shifted
from pocketgpt.pictures.framed import FRAME
from pocketgpt.pictures.palette import COLOURS
from pocketgpt.pictures.scenes import RELATIONS, news, parse
from pocketgpt.pictures.tokens import Pixels
from pocketgpt.tokenizer import Tokenizer
from pocketgpt.training.data import TokenStream

ALBUM = load_album()
VOCABULARY = Vocabulary.extending(Tokenizer([]), Pixels())
SCENES = {"scene": 1.0}


def data(pages=None, **options):
    return PictureData(VOCABULARY, ALBUM, pages, Recipe(**({"pages_share": 0.0, "batch_size": 8} | options)))


@pytest.mark.parametrize("kind", ["scene", "digit", "animal"])
def test_only_what_follows_counts(kind):
    ids, targets = data(shares={kind: 1.0}).batch(3)
    end, begin, eot = VOCABULARY.end, VOCABULARY.begin, VOCABULARY.tokenizer.eot_id
    for number, (given, wanted) in enumerate(zip(ids, targets, strict=True)):
        way = way_of(kind, number)
        counted = wanted != IGNORE
        told, start = wanted[counted].tolist(), counted.nonzero()[0, 0]
        assert given[0] == eot and told[-1] == eot
        assert torch.equal(given[1:][counted[:-1]], wanted[:-1][counted[:-1]]), "a target is the next token"
        at = {name: (given == mark).nonzero()[0, 0] for name, mark in (("begin", begin), ("end", end))}
        assert start == {"draw": at["begin"], "tell": at["end"], "finish": at["begin"] + 32}[way]
        if way == "draw":
            assert VOCABULARY.picture_of(told[:-1]) is not None and told[-2] == end
        else:
            text = told[told.index(end) + 1 : -1] if way == "finish" else told[:-1]
            assert VOCABULARY.tokenizer.decode(text).isprintable()


def test_a_row_is_the_same_all_ways_but_where_it_is_cut():
    picture = np.eye(8, dtype=np.uint8)
    texts = {}
    for way in WAYS:
        made = row(VOCABULARY, "a ring", picture, way)
        texts[way] = VOCABULARY.tokenizer.decode(made.given + made.follows)
    assert texts["draw"].startswith("<|endoftext|>a ring<|picture|><|red|><|black|>")
    assert texts["tell"] == texts["finish"] and texts["tell"].endswith("<|red|><|/picture|>a ring<|endoftext|>")


def test_training_never_shows_a_new_scene():
    rng = random.Random(0)
    told = [parse(pair("scene", ALBUM, rng)[0]) for _ in range(300)]
    assert not any(map(news, told))


def test_what_is_told_begins_further_up_or_left_and_what_is_asked_for_with_either():
    def relations(way):
        rng = random.Random(1)
        texts = [pair("scene", ALBUM, rng, way)[0] for _ in range(200)]
        told = [parse(text).where[0] for text in texts if " it a " not in text]
        return {relation for relation in told if relation in RELATIONS}

    assert relations("tell") == relations("finish") == {"above", "left of"}
    assert relations("draw") == set(RELATIONS)


def test_digits_to_be_told_are_bent_anew_and_those_to_be_drawn_are_real():
    rng = random.Random(2)
    real = {shifted(p, i, j).tobytes() for p in ALBUM.digits.pictures for i in (-1, 0, 1) for j in (-1, 0, 1)}
    for way, share in (("draw", 0), ("finish", 0), ("tell", REWRITTEN)):
        bent = [pair("digit", ALBUM, rng, way)[1].tobytes() not in real for _ in range(200)]
        assert abs(sum(bent) / 200 - share) < 0.1


def test_a_frame_is_hidden_in_part_from_a_model_that_tells_and_nothing_else_is():
    vocabulary = Vocabulary.extending(Tokenizer([]), painted(sample_pictures(ALBUM)))
    frame = range(vocabulary.first + len(COLOURS), vocabulary.first + len(COLOURS) + FRAME * 4)
    rng, tokens = random.Random(0), []
    for _ in range(200):
        given = row(vocabulary, *pair("scene", ALBUM, rng, "tell"), "tell").given
        seen = veiled(vocabulary, given, rng)
        assert len(seen) == len(given) and all(a == b for a, b in zip(given, seen, strict=True) if a not in frame)
        tokens += [b == vocabulary.begin for a, b in zip(given, seen, strict=True) if a in frame]
    assert len(tokens) == 200 * FRAME and 0.2 < sum(tokens) / len(tokens) < 0.3
    assert veiled(VOCABULARY, (1, 2, 3), rng) == [1, 2, 3]


def test_the_shares_are_kept_and_pages_come_now_and_then():
    pages = TokenStream(np.arange(4000) % 250, 2, 128)
    mixed = data(pages, pages_share=0.25, shares={"digit": 1.0})
    kinds = [mixed.batch(step)[0].shape for step in range(8)]
    assert [shape == (2, 128) for shape in kinds] == [False, False, False, True] * 2
    for n, step in enumerate(
        (3, 7)
    ):  # every second row has a picture in place of its first tokens, which isn't learned
        (ids, targets), (read, wanted) = mixed.batch(step), pages.batch(n)
        assert torch.equal(ids[1], read[1]) and torch.equal(targets[1], wanted[1])
        length = int((targets[0] == IGNORE).sum())
        head = VOCABULARY.tokenizer.decode(ids[0, :length].tolist())
        assert "<|picture|>" in head and "a handwritten" in head and length < 120
        assert torch.equal(ids[0, length:], read[0, length:]) and torch.equal(targets[0, length:], wanted[0, length:])
    texts = {digit_text(digit) for digit in range(10)}
    for given, wanted in zip(*mixed.batch(0), strict=True):
        text = VOCABULARY.tokenizer.decode(given.tolist() + [w for w in wanted.tolist() if w != IGNORE])
        assert any(each in text for each in texts)


def test_a_batch_follows_from_its_step():
    assert all(torch.equal(a, b) for a, b in zip(data().batch(5), data().batch(5), strict=True))
    assert data().fingerprint() == data().fingerprint() != data(seed=1).fingerprint()


def test_titles_begin_with_a_capital_and_keep_the_rest():
    assert title("fox") == "Fox" and title("") == ""


@pytest.mark.parametrize("shares", [{}, {"tune": 1.0}, {"scene": 0.0}])
def test_shares_are_checked(shares):
    with pytest.raises(PocketError, match="the kinds are scene, digit, animal"):
        Recipe(shares=shares)


def test_pages_that_are_missing_and_a_model_that_does_not_fit_are_told():
    with pytest.raises(PocketError, match="needs pages"):
        data(pages_share=0.1)
    model = GPT(GPTConfig(264, n_layer=1, n_head=1, n_embd=8))
    with pytest.raises(PocketError, match="extend it with with_rows"):
        learn_pictures(model, VOCABULARY, ALBUM, None, Recipe(pages_share=0.0))


def test_a_small_model_learns_the_drawings_of_two_animals():
    drawings = {name: ALBUM.drawings[name] for name in ("fox", "panda")}
    album = Album(ALBUM.digits, drawings)
    model = GPT(GPTConfig(VOCABULARY.tokenizer.vocab_size, n_layer=1, n_head=2, n_embd=32, context=128))
    recipe = Recipe(steps=40, batch_size=8, pages_share=0.0, shares={"animal": 1.0})
    losses = [metrics.loss for metrics in learn_pictures(model, VOCABULARY, album, None, recipe)]
    assert np.mean(losses[-5:]) < 0.4 * losses[0]
