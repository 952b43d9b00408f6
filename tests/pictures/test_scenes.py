"""Scenes: what is drawn can be read again, what is said can be parsed, and new combinations are new."""

import random

import numpy as np
import pytest

from pocketgpt.pictures import scenes
from pocketgpt.pictures.palette import COLOURS, as_text, from_text
from pocketgpt.pictures.scenes import Scene, Thing, caption, draw, news, parse, random_scene, read
from pocketgpt.pictures.tokens import blocks


def many(n=400, new=None):
    rng = random.Random(3)
    for i in range(n):
        scene = random_scene(rng, ("", "parts", "places", "both")[i % 4] if new is None else new)
        yield scene, draw(scene), caption(scene, rng)


def test_pictures_and_captions_tell_the_scene_they_were_made_from():
    for scene, picture, text in many():
        assert scene.same(read(picture)) and scene.same(parse(text)), text


EMPTY = "........"
BY_HAND = [  # rows from the top, and what they show
    (["rrr.....", "r.r.....", "rrr....."], "at the top left: a small red ring"),
    ([*[EMPTY] * 4, "....bbbb", "....b..b", "....b..b", "....b..b"], "a big blue gate at the bottom right"),
    ([EMPTY, EMPTY, "...y....", "..yyy...", "...y...."], "a small gold plus at the middle middle"),
    (["gggg....", "g..g....", "g..g....", "gggg....", "ppp.....", ".p......", ".p......"],
     "a small pink tee below a big green ring, at the left"),
    ([EMPTY, EMPTY, "n..nr...", "n..nr...", "n..nrrr.", "nnnn...."],
     "at the middle: a small red hook right of a big brown cup"),
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
        ["rrr.....", "r.r.....", "rrr.....", EMPTY, EMPTY, ".....bbb", ".....b.b", ".....bbb"],
        ["www.....", "w.w.....", "www....."],  # no scene is white
    ],
)
def test_what_is_no_scene_is_read_as_none(rows):
    assert read(picture_of(rows)) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a cat",
        "a small red ring",
        "a small red ring above a",
        "above it a cat",
        "a small red ring above a big blue plus, at the top",
    ],
)
def test_what_is_no_caption_is_parsed_as_none(text):
    assert parse(text) is None


def test_two_things_may_be_told_from_either():
    ring, plus = Thing("small", "red", "ring"), Thing("big", "blue", "plus")
    scene = Scene((ring, plus), ("above", "left"))
    assert scene.same(parse("a big blue plus below a small red ring, at the left"))
    assert not scene.same(parse("a big blue plus above a small red ring, at the left"))
    assert not scene.same(parse("a big blue plus below a small red ring, at the right")) and not scene.same(None)


def test_training_never_shows_what_is_new():
    for kind in ("", "parts", "places", "both"):
        assert {news(scene) for scene, _, _ in many(60, kind)} == {kind}
    shown = [scene for scene, _, _ in many(600, "")]
    parts = {(thing.colour, thing.shape) for scene in shown for thing in scene.things}
    assert not parts & scenes.NEW_PARTS and len(scenes.NEW_PARTS) == 6
    # Each colour, shape, row and column is shown, only not together.
    assert {colour for colour, _ in parts} == set(scenes.SCENE_COLOURS)
    assert {shape for _, shape in parts} == set(scenes.SHAPES)
    places = {scene.where for scene in shown if len(scene.things) == 1}
    assert len(places) == 7 and not places & scenes.NEW_PLACES
    assert [{place[i] for place in places} for i in (0, 1)] == [set(scenes.ROWS), set(scenes.COLUMNS)]


def test_no_block_has_parts_of_two_things():
    for _, picture, _ in many():
        assert all(len({pixel for pixel in block if pixel}) <= 1 for block in blocks(picture).tolist())


def test_each_letter_is_a_colour():
    picture = np.arange(len(COLOURS))[None]
    assert (from_text(as_text(picture)) == picture).all()
