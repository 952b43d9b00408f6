"""Tables of pictures: whole, as their README says, and told where they are damaged."""

import random
from collections import Counter

import numpy as np
import pytest

from pocketgpt.errors import PocketError
from pocketgpt.paths import DATA
from pocketgpt.pictures.animals import SPOTS, load_drawings, redrawn
from pocketgpt.pictures.digits import Digits, accuracy, load_digits, rewritten, shifted, train_judge
from pocketgpt.pictures.palette import COLOURS, INK
from pocketgpt.world import load_tables

TRAIN, UNSEEN = load_digits(), load_digits(unseen=True)


def test_the_digits_are_those_of_the_set():
    # UCI's page: 1,797 rows; the counts of the digits 0 to 9 are those of its file optdigits.names.
    counts = Counter([*TRAIN.labels.tolist(), *UNSEEN.labels.tolist()])
    assert [counts[digit] for digit in range(10)] == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    used = {COLOURS[i] for i in np.unique(TRAIN.pictures)}
    assert used == set(INK) and TRAIN.pictures.shape == (1437, 8, 8)


def test_moving_a_picture_loses_only_what_leaves_it():
    picture = np.arange(64).reshape(8, 8)
    assert (shifted(picture, 1, -1)[1:, :-1] == picture[:-1, 1:]).all()
    assert not shifted(picture, 1, -1)[0].any() and not shifted(picture, 1, -1)[:, -1].any()


def test_a_judge_learns_to_tell_digits_apart():
    few = np.arange(300)
    judge = train_judge(Digits(TRAIN.pictures[few], TRAIN.labels[few]), epochs=6)
    assert accuracy(judge, UNSEEN) > 0.4  # guessing: 0.1


def test_a_rewritten_digit_is_another_picture_of_the_same_digit():
    judge, rng = train_judge(TRAIN, epochs=8), random.Random(0)
    made = np.stack([rewritten(picture, rng) for picture in UNSEEN.pictures])
    assert {COLOURS[i] for i in np.unique(made)} == set(INK) and made.dtype == np.uint8
    changed = (made != UNSEEN.pictures).mean()
    assert 0.15 < changed < 0.6
    assert accuracy(judge, Digits(made, UNSEEN.labels)) > 0.8  # guessing: 0.1
    again = rewritten(UNSEEN.pictures[0], random.Random(0))
    assert (again == made[0]).all()


def test_a_dozen_animals_that_the_pages_tell_of():
    drawings, animals = load_drawings(), {animal.name for animal in load_tables().animals}
    assert len(drawings) == 12 and drawings.keys() <= animals
    assert len({drawing.tobytes() for drawing in drawings.values()}) == 12


def test_redrawing_changes_a_few_pixels_and_leaves_the_drawing_alone():
    fox, rng = load_drawings()["fox"], random.Random(0)
    before = fox.copy()
    sides = [shifted(side, i, j) for side in (fox, fox[:, ::-1]) for i in (-1, 0, 1) for j in (-1, 0, 1)]
    for _ in range(50):
        made = redrawn(fox, rng)
        assert min(int((made != side).sum()) for side in sides) <= SPOTS
    assert (fox == before).all()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name,digit,pixels\n1,3,00\n", "line 2: pixels must be 64 letters"),
        (f"name,digit,pixels\n1,12,{'0' * 64}\n", "line 2: digit is 12"),
        (f"name,digit,pixels\n1,1,{'z' * 64}\n", "line 2: pixels must be 64 letters"),
    ],
)
def test_a_damaged_digit_is_told(tmp_path, text, told):
    (tmp_path / "digits.csv").write_text(text, encoding="utf-8")
    with pytest.raises(PocketError, match=told):
        load_digits(tmp_path / "digits.csv", unseen=True)


def test_a_damaged_drawing_is_told(tmp_path):
    text = (DATA / "drawings.csv").read_text(encoding="utf-8").replace("/", "", 1)
    (tmp_path / "drawings.csv").write_text(text, encoding="utf-8")
    with pytest.raises(PocketError, match="line 2: pixels must be 8 times 8 of the letters"):
        load_drawings(tmp_path / "drawings.csv")
