"""Temperature in pictures: what is counted, and what the figure's title tells."""

import numpy as np
from tiny import tiny_model

from pocketgpt.multimodal.learn import with_pictures
from pocketgpt.multimodal.rows import load_album, painted, sample_pictures
from pocketgpt.tokenizer import Tokenizer
from pocketgpt_lessons.beyond_text import temperature


class Reader:
    """A judge that reads a digit's number from its first pixel."""

    def read(self, pictures):
        return [int(picture[0, 0]) for picture in pictures]


def test_drawings_are_counted_by_what_they_are_and_how_many_differ(monkeypatch):
    model, vocabulary = with_pictures(tiny_model(vocab_size=264), Tokenizer([]), painted(sample_pictures(load_album())))
    monkeypatch.setattr(temperature, "EACH", 2)

    def drawn(model, vocabulary, texts, at, seed):
        pictures = [np.full((8, 8), int(text[-1])) for text in texts]
        if at:  # of each two drawings the second one differs; at 1.5 it is none
            pictures[1::2] = [None if at == 1.5 else picture + 1 for picture in pictures[1::2]]
        return pictures

    monkeypatch.setattr(temperature.exam, "draw_texts", drawn)
    monkeypatch.setattr(temperature.exam, "mark_tries", lambda *_: [[True], [False]] * 25)
    found = temperature.by_temperature(model, vocabulary, Reader())
    assert {name: [point["y"] for point in points] for name, points in found.items()} == {
        temperature.RIGHT: [50.0] * 4,
        temperature.READ: [100.0, 50.0, 50.0, 50.0],
        temperature.DIFFERENT: [50.0, 100.0, 100.0, 100.0],
    }
    told = temperature.temperature_figure(found).get_label()
    assert "at temperature 0, 0.5, 1, 1.5: scenes right 50, 50, 50, 50; digits judged right 100, 50, 50, 50" in told
