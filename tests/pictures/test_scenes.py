"""Scenes: what is drawn can be read again, what is said can be parsed, and new combinations are new."""

import random
from collections import Counter

import numpy as np
import pytest

from pocketgpt.pictures import scenes
from pocketgpt.pictures.palette import COLOURS, as_text, from_text
from pocketgpt.pictures.scenes import Scene, Thing, caption, draw, is_new, parse, random_scene, read
from pocketgpt.pictures.tokens import blocks


def many(n=400, new=None):
    rng = random.Random(3)
    for i in range(n):
        scene = random_scene(rng, bool(i % 2) if new is None else new)
        yield scene, draw(scene, rng), caption(scene, rng)


def test_pictures_and_captions_tell_the_scene_they_were_made_from():
    for scene, picture, text in many():
        assert scene.same(read(picture)) and scene.same(parse(text)), text


EMPTY = "........"
BY_HAND = [  # rows from the top, and what they show
    (["rrr.....", "r.r.....", "rrr....."], "at the top left: a small red ring"),
    ([*[EMPTY] * 4, "....bbbb", "....b..b", "....b..b", "....b..b"], "a big blue gate at the bottom right"),
    ([EMPTY, EMPTY, "...y....", "..yyy...", "...y...."], "a small gold plus at the middle"),
    (["gggg....", "g..g....", "g..g....", "gggg....", EMPTY, "ppp.....", ".p......", ".p......"],
     "a small pink tee below a big green ring"),
    ([EMPTY, "w..w....", "w..wr...", "w..wr...", "wwwwrrr."],
     "there is a small red hook right of a big white cup"),
]  # fmt: skip


def picture_of(rows):
    return from_text("/".join([*rows, *[EMPTY] * (8 - len(rows))]))


@pytest.mark.parametrize(("rows", "text"), BY_HAND)
def test_a_picture_drawn_by_hand_is_read_as_its_caption_says(rows, text):
    assert parse(text).same(read(picture_of(rows)))


@pytest.mark.parametrize(
    "rows",
    [
        [],
        ["rrr.....", "r.r.....", "rr......"],  # a pixel is missing
        ["rrr.....", "r.r.....", "rrr.....", EMPTY, ".......r"],  # a pixel too many
        [
            "rrr.....",
            "r.r.....",
            "rrr.....",
            EMPTY,
            EMPTY,
            ".....bbb",
            ".....b.b",
            ".....bbb",
        ],  # neither below nor right
        ["nnn.....", "n.n.....", "nnn....."],  # no scene is brown
    ],
)
def test_what_is_no_scene_is_read_as_none(rows):
    assert read(picture_of(rows)) is None


@pytest.mark.parametrize("text", ["", "a cat", "a small red ring", "a small red ring above a", "above it a cat"])
def test_what_is_no_caption_is_parsed_as_none(text):
    assert parse(text) is None


def test_two_things_may_be_told_from_either():
    ring, plus = Thing("small", "red", "ring"), Thing("big", "blue", "plus")
    assert Scene((ring, plus), ("above",)).same(parse("a big blue plus below a small red ring"))
    assert not Scene((ring, plus), ("above",)).same(parse("a big blue plus above a small red ring"))
    assert not Scene((ring, plus), ("above",)).same(None)


def test_training_never_shows_what_is_new():
    shown, new = ([scene for scene, _, _ in many(300, kind)] for kind in (False, True))
    assert not any(map(is_new, shown)) and all(map(is_new, new))
    parts = {(thing.colour, thing.shape) for scene in shown for thing in scene.things}
    assert not parts & scenes.NEW_PARTS and len(scenes.NEW_PARTS) == 6
    # Each colour and each shape is shown, only not together.
    assert {colour for colour, _ in parts} == set(scenes.SCENE_COLOURS)
    assert {shape for _, shape in parts} == set(scenes.SHAPES)


def test_whatever_is_new_is_made_of_blocks_that_training_shows():
    def kinds(new):
        return Counter(tuple(map(int, block)) for _, picture, _ in many(2500, new) for block in blocks(picture))

    shown = kinds(False)
    assert not kinds(True).keys() - shown.keys()
    # No block has parts of two things.
    assert all(len({pixel for pixel in block if pixel}) <= 1 for block in shown)


def test_each_letter_is_a_colour():
    picture = np.arange(len(COLOURS))[None]
    assert (from_text(as_text(picture)) == picture).all()
