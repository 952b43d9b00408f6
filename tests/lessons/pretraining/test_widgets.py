"""The widgets of notebook 02: they show the model's own numbers, and open where there is something to see."""

import numpy as np
import pytest
import torch
from tiny import tiny_model

from pocketgpt.errors import PocketError
from pocketgpt.tokenizer import Tokenizer
from pocketgpt_lessons.pretraining import widgets

BYTES = Tokenizer([])


@pytest.fixture(scope="module")
def readings():
    model = tiny_model(vocab_size=BYTES.vocab_size, context=64)
    return [
        widgets.read(model, BYTES, "with title", "Ada\n\n", "Ada is <b>", "x"),
        widgets.read(model, BYTES, "no title", "", "Ada is <b>", "y"),
    ]


def test_what_is_expected_is_what_the_model_gives_after_each_token(readings):
    model = tiny_model(vocab_size=BYTES.vocab_size, context=64)
    with torch.no_grad():
        whole = model(torch.tensor([[BYTES.eot_id, *BYTES.encode("Ada\n\nAda is <b>")]]))[0].softmax(-1)
    np.testing.assert_allclose(readings[0].expected, whole[len("Ada\n\n") :], rtol=1e-5)
    assert list(readings[0].true) == list(b"Ada is <b>x") and list(readings[1].true)[-1] == ord("y")
    assert all(len(reading.expected) == len(reading.true) == len(reading.pieces) + 1 for reading in readings)


def test_readings_stand_side_by_side_and_open_where_the_fact_is_due(readings):
    viewer = widgets.readings_viewer(readings, lambda i: BYTES.decode([i]))
    (slider,) = viewer.controls
    assert slider.value == slider.max == len("Ada is <b>")
    shown = viewer.picture.value
    assert shown.count("true next token") == 2 and "with title" in shown and "no title" in shown
    assert "Ada↵↵Ada␣is␣&lt;b&gt;" in shown and "<b>x" not in shown
    slider.value = 0
    assert viewer.picture.value != shown and viewer.picture.value.count("true next token") == 2
    with pytest.raises(PocketError, match="same sentence"):
        widgets.readings_viewer([], str)


def test_the_strongest_look_is_found_and_the_viewer_opens_there():
    attention = [np.full((2, 4, 4), 0.25), np.full((2, 4, 4), 0.25)]
    attention[1][0, 3] = [0.05, 0.5, 0.4, 0.05]
    layer, head, share = widgets.strongest_look(attention, query=3, places=[1, 2])
    assert (layer, head, round(share, 2)) == (2, 1, 0.9)
    viewer = widgets.attention_viewer(attention, list("abcd"), layer, head)
    assert viewer.picture.value == widgets.attention_view(attention, list("abcd"), 2, 1, 4)
