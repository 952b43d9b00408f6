"""The exam in pictures marks right what is right, and nothing else."""

import random

import numpy as np
import pytest
from tiny import tiny_model

from pocketgpt.multimodal import exam
from pocketgpt.multimodal.rows import digit_text, load_album, title
from pocketgpt.multimodal.vocabulary import Vocabulary
from pocketgpt.pictures.digits import Digits, load_digits
from pocketgpt.pictures.scenes import caption, draw, news
from pocketgpt.pictures.tokens import Pixels
from pocketgpt.tokenizer import Tokenizer
from pocketgpt.world import load_tables

VOCABULARY = Vocabulary.extending(Tokenizer([]), Pixels())
NEWS = ("", "parts", "places")
DIGITS = load_digits(unseen=True)
FEW = Digits(DIGITS.pictures[:20], DIGITS.labels[:20])


@pytest.fixture
def oracle(monkeypatch):
    """Stands for a model that always knows: it looks up what the exam itself has drawn."""
    known = {text: picture for new in NEWS for _, text, picture in exam.scenes_for(20, new)}
    told = {picture.tobytes(): text for text, picture in known.items()}
    told |= {p.tobytes(): digit_text(int(n)) for p, n in zip(FEW.pictures, FEW.labels, strict=True)}
    told |= {p.tobytes(): title(name) for name, p in exam.drawings_for(load_album().drawings, 1)}
    monkeypatch.setattr(exam, "draw_texts", lambda m, v, texts, *_: [known.get(text) for text in texts])
    monkeypatch.setattr(exam, "tell_pictures", lambda m, v, pictures, *_: [told[p.tobytes()] for p in pictures])


@pytest.mark.parametrize("new", NEWS)
def test_who_knows_gets_full_marks(oracle, new):
    assert exam.mark_drawn(None, VOCABULARY, 20, new) == [True] * 20
    assert exam.mark_told(None, VOCABULARY, 20, new) == [True] * 20
    assert all(news(scene) == new for scene, _, _ in exam.scenes_for(20, new))
    assert exam.mark_read(None, VOCABULARY, FEW) == [True] * 20
    assert all(exam.mark_named(None, VOCABULARY, exam.drawings_for(load_album().drawings, 1)))


def test_of_several_looks_the_most_frequent_reading_counts(monkeypatch):
    first, second = FEW.pictures[:2]
    right, other = digit_text(int(FEW.labels[0])), digit_text(int(FEW.labels[1]))
    readings = iter([other, right, right, "an owl", right, other, other, right, "an owl", right])
    looked = []

    def tell(model, vocabulary, pictures):
        looked.extend(pictures)
        return [next(readings) for _ in pictures]

    monkeypatch.setattr(exam, "tell_pictures", tell)
    two = Digits(FEW.pictures[:2], np.array([FEW.labels[0]] * 2))
    assert exam.mark_read(None, VOCABULARY, two, looks=5) == [True, False]  # of equals, the first
    assert (looked[0] == first).all() and (looked[5] == second).all()
    bent = [(each != looked[0]).mean() for each in looked[1:5]]
    assert all(0 < share < 0.8 for share in bent), bent  # bent, each anew, but the same digit
    assert len({each.tobytes() for each in looked[:5]}) == 5


def test_one_wrong_attribute_is_wrong():
    asked = exam.scenes_for(20)
    shifted = [draw(scene) for scene, _, _ in asked[1:]] + [asked[0][2]]
    right = sum(exam.shows(p, scene) for p, (scene, _, _) in zip(shifted, asked, strict=True))
    assert right < 3 and not exam.shows(None, asked[0][0])


def test_each_try_is_marked_by_its_own_caption(monkeypatch):
    asked = exam.scenes_for(3)
    pictures = [None, asked[0][2], None, None, asked[1][2], asked[2][2]]
    monkeypatch.setattr(exam, "draw_texts", lambda *_: pictures)
    assert exam.mark_tries(None, VOCABULARY, 2, 3) == [[False, True], [False, False], [False, True]]


def test_a_drawn_digit_is_what_the_judge_reads(monkeypatch):
    class Sure:
        def read(self, pictures):
            return [int(pictures[0, 0, 0])]

    monkeypatch.setattr(exam, "draw_texts", lambda *_: [np.full((8, 8), i) for i in range(9)] + [None])
    assert exam.mark_written(None, VOCABULARY, Sure(), 1) == [True] * 9 + [False]


def test_an_untrained_model_gets_nothing_and_breaks_nothing():
    model, tables = tiny_model(vocab_size=VOCABULARY.tokenizer.vocab_size, context=512), load_tables()
    shown = exam.drawings_for(load_album().drawings, 1)
    assert exam.food_known(model, VOCABULARY, tables, ["fox"]) == {}
    known = {animal.name: animal for animal in tables.animals if animal.name in ("fox", "cow")}
    for named_first in (False, True):
        assert exam.mark_food(model, VOCABULARY, tables, known, shown, named_first) == [False, False]
    assert exam.mark_finished(model, VOCABULARY, 2) == [False, False]
    assert exam.mark_drawn(model, VOCABULARY, 2) == exam.mark_told(model, VOCABULARY, 2) == [False, False]


def test_the_captions_of_the_exam_are_our_own():
    scene, text, _ = exam.scenes_for(1)[0]
    assert any(caption(scene, random.Random(i)) == text for i in range(60))
