"""Frames and colours apart: there and back for any picture, and nothing else is taken for one."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pocketgpt.errors import PocketError
from pocketgpt.pictures.framed import Framed
from pocketgpt.pictures.painted import Painted, in_inks, inks_of
from pocketgpt.pictures.palette import COLOURS
from pocketgpt.pictures.scenes import draw, random_scene, read
from pocketgpt.pictures.tokens import Blocks, Pixels, frequent_blocks

PICTURES = arrays(np.uint8, (8, 8), elements=st.integers(0, len(COLOURS) - 1))
RNG = random.Random(0)
SCENES = [draw(random_scene(RNG, ("", "parts", "places", "both")[i % 4])) for i in range(80)]
BOOK = frequent_blocks([[in_inks(picture) for picture in SCENES]], 64)
FEW = Blocks(((0, 0, 0, 0), (1, 1, 1, 1), (1, 2, 2, 1)))


@given(PICTURES, st.booleans())
def test_framed_pixels_lose_nothing(picture, whole):
    framed = Framed(Pixels())
    numbers = framed.encode(picture, whole)
    assert (framed.decode(numbers) == picture).all() and max(numbers) < framed.size
    assert len(numbers) <= framed.length and (len(numbers) == framed.length or not whole)


@given(PICTURES)
def test_what_painted_tokens_keep_is_kept_when_they_are_read_again(picture):
    painted = Painted(FEW)
    kept = painted.decode(painted.encode(picture))
    assert (painted.decode(painted.encode(kept)) == kept).all()
    assert set(np.unique(kept)) <= {0, *inks_of(picture)}


def test_scenes_are_painted_without_loss_and_with_few_kinds_of_blocks():
    painted = Painted(BOOK)
    for picture in SCENES:
        for whole in (False, True):
            assert (painted.decode(painted.encode(picture, whole)) == picture).all()
    assert BOOK.size < 30  # for six colours, six shapes and two sizes


def test_a_things_blocks_are_the_same_in_each_colour_and_place():
    red, moved = np.zeros((8, 8), int), np.zeros((8, 8), int)
    red[:3, :3] = [[1, 1, 1], [1, 0, 1], [1, 1, 1]]
    moved[4:, 2:] = 4 * red[:4, :6]
    first, second = (Painted(BOOK).encode(picture) for picture in (red, moved))
    assert len(first) == len(second) == 9 and first[3:] == second[3:]  # all but colour, top and left
    assert (first[0], second[0]) == (1, 4) and second[1] - first[1] == 2 and second[2] - first[2] == 1


@pytest.mark.parametrize(
    "numbers",
    [[], [0, 12, 16, 20, 24, 29], [1, 1, 12, 16, 20, 24, 29], [1, 12, 16, 20, 24], [1, 12, 16, 20, 24, 30],
     [1, 12, 16, 20, 24, 29, 29], [1, 15, 16, 21, 24, 29, 29], [1, 16, 12, 20, 24, 29], [1, 12, 16, 20, 24, 3], [-1]],
)  # fmt: skip
def test_what_is_no_painted_picture_is_told(numbers):
    with pytest.raises(PocketError):
        Painted(FEW).decode(numbers)


def test_a_picture_grows_cell_by_cell():
    painted, picture = Painted(BOOK), SCENES[0]
    numbers = painted.encode(picture)
    shares = []
    for n in range(len(numbers) + 1):
        begun, drawn = painted.begun(numbers[:n])
        assert (begun[drawn] == picture[drawn]).all() and not begun[~drawn].any()
        shares.append(drawn.mean())
    assert shares == sorted(shares) and shares[0] == 0 and shares[-1] == 1 and read(picture) is not None
    assert not painted.begun([1, 16, 12, 20, 24, 29])[1].any()  # no frame
