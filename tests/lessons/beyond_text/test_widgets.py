"""The widgets of notebook 08, moved without a browser, over a model whose weights are all random."""

import re
from types import SimpleNamespace

import numpy as np
import pytest
from tiny import tiny_model

from pocketgpt.errors import PocketError
from pocketgpt.multimodal import exam
from pocketgpt.multimodal.rows import half_first
from pocketgpt.multimodal.vocabulary import Vocabulary
from pocketgpt.pictures.painted import Painted
from pocketgpt.pictures.palette import from_text
from pocketgpt.pictures.tokens import Blocks
from pocketgpt.tokenizer import Tokenizer
from pocketgpt.tunes.tokens import Events
from pocketgpt_lessons.beyond_text import widgets

BOOK = Blocks(((0, 0, 0, 0), (1, 1, 1, 1), (1, 0, 0, 0)))
VOCABULARY = Vocabulary.extending(Tokenizer([]), Painted(BOOK))
PICTURE = from_text("/".join(["rr......"] * 2 + ["........"] * 6))


@pytest.fixture
def model():
    return tiny_model(vocab_size=VOCABULARY.tokenizer.vocab_size, context=256)


def test_what_is_drawn_so_far_is_the_picture_of_its_first_tokens():
    ids = VOCABULARY.picture_ids(PICTURE)[1:]
    assert (widgets.so_far(VOCABULARY, ids) == PICTURE).all()
    assert (widgets.so_far(VOCABULARY, ids[:4]) == widgets.UNDRAWN).all()
    some = widgets.so_far(VOCABULARY, ids[:5])
    assert (some[:2, :2] == widgets.UNDRAWN).all() and not some[2:].any()
    with pytest.raises(PocketError, match="Only painted pictures"):
        widgets.so_far(Vocabulary.extending(Tokenizer([]), BOOK), [])


def test_a_drawing_has_the_distribution_before_each_block(model):
    drawing = widgets.watched(model, VOCABULARY, "a ring")
    assert len(drawing.ids) <= VOCABULARY.pictures.length + 1 and len(drawing.likely) == len(drawing.ids) + 1
    for token, (names, shares) in zip(drawing.ids, drawing.likely, strict=False):
        assert names[0] == VOCABULARY.tokenizer.token_bytes(token).decode("utf-8", "replace")
        assert shares[0] == max(shares) and sum(shares) <= 1.0001  # temperature 0 takes the likeliest


def test_each_control_of_the_caption_changes_the_picture(model):
    viewer = widgets.type_and_watch(model, VOCABULARY)
    text, temperature, luck, at = viewer.controls
    seen = [viewer.picture.value]
    for control, value in ((luck, 7), (temperature, 1.5), (text, "a <b>"), (at, 3)):
        control.value = value
        seen.append(viewer.picture.value)
        assert seen[-1] not in seen[:-1], control.description
    assert "luck 7, which plays no part" in seen[1]
    at, of = map(int, re.search(r"<b>(\d+) of (\d+) tokens", seen[-1]).groups())
    assert at == of - 3


def test_a_caption_of_too_many_tokens_is_told(model):
    viewer = widgets.type_and_watch(model, VOCABULARY)
    viewer.controls[0].value = "字" * 100
    assert "and this model&#x27;s context is" in viewer.picture.value
    viewer.controls[0].value = "a ring"
    assert "a ring" in viewer.picture.value


def test_the_checkers_verdict():
    ids = VOCABULARY.picture_ids(PICTURE)
    told = widgets.verdict(VOCABULARY, "a small red ring at the top left", ids)
    assert "The checker says: wrong (a combination that was never shown)" in told
    assert "can't read this caption" in widgets.verdict(VOCABULARY, "a cat", ids)
    assert "no picture" in widgets.verdict(VOCABULARY, "a cat", [65, 66])


def test_the_easel_paints_tells_and_finishes(model, monkeypatch):
    easel = widgets.Easel(model, VOCABULARY, PICTURE)
    assert [pixel.description for pixel in easel.pixels[:3]] == ["r", "r", "."]
    easel.colour.value = 4
    assert "Now painting in blue." in easel.line.value
    monkeypatch.setattr(exam, "tell_pictures", lambda *_: ["<i>a ring</i>"])
    easel.pixels[2].click()
    assert "Row 1, column 3 is blue. The model says: &lt;i&gt;a ring" in easel.line.value
    assert "&lt;i&gt;a ring" in easel.picture.value
    assert easel.drawn[0, 2] == 4 and easel.pixels[2].description == "b"
    assert easel.pixels[2].style.button_color == "#3C6EDC"
    monkeypatch.setattr(exam, "tell_pictures", lambda *_: ["<b>a dot</b>"])
    easel.tell.click()
    assert "&lt;b&gt;a dot" in easel.picture.value and "<b>a dot" not in easel.picture.value
    monkeypatch.setattr(widgets, "finished", lambda *_: None)
    easel.finish.click()
    assert "made no picture" in easel.picture.value
    easel.clear.click()
    assert not easel.drawn.any() and PICTURE.any()


def test_a_lower_half_comes_behind_the_prompt_that_half_makes(model):
    prompts = []

    def half(ids, cells):
        prompts.append((ids, cells))
        return ids[: -1 - cells // 2]

    done = widgets.finished(model, VOCABULARY, PICTURE, half)
    [(ids, cells)] = prompts
    assert ids[-1] == VOCABULARY.end and cells == 16 and half(ids, cells) == half_first(VOCABULARY, PICTURE)
    [usual] = exam.finish_pictures(model, VOCABULARY, [PICTURE])
    assert (done is None and usual is None) or (done == usual).all()
    assert widgets.finished(model, VOCABULARY, PICTURE, lambda ids, cells: ids[:1]) is None


def test_the_live_runs_dashboard_tells_what_the_model_says(model, monkeypatch):
    monkeypatch.setattr(exam, "tell_pictures", lambda *_: ["a ring"])
    run = SimpleNamespace(planned_tokens=124)
    shown = widgets.dashboard(run, model, VOCABULARY, PICTURE)  # type: ignore
    assert shown.total_tokens == 124 and shown.sample and shown.sample() == "a ring"
    monkeypatch.setattr(widgets.tunes_experiments, "sample", lambda model, tokens: f"notes in {tokens.name}")
    shown = widgets.dashboard(run, model, VOCABULARY, PICTURE, Events())  # type: ignore
    assert shown.sample and shown.sample() == "a ring; a jig: notes in events"


def test_an_easel_needs_a_picture(model):
    with pytest.raises(PocketError, match="8 × 8 pixels to begin with"):
        widgets.Easel(model, VOCABULARY, np.zeros((4, 4)))
