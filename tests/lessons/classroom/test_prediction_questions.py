"""The questions of predictions are read from notebooks, as far as their cells say them in plain text."""

import json

from pocketgpt_lessons.classroom.assignments import notebooks
from pocketgpt_lessons.classroom.prediction_questions import questions_in
from pocketgpt_lessons.classroom.predictions import Prediction

CELL = """
question = "How many?"
predict("99.a", question, slider=(0, 100, 5))
predict("99.b", f"Of {n} words?", options=["few", "many"])
predict("99.c", "Which?", options=counts)
predict(key="99.d", question=asked())
predict(KEY, "lost")
"""


def test_what_stands_in_plain_text_is_read(tmp_path):
    path = tmp_path / "99_trial.ipynb"
    cells = [{"cell_type": "code", "source": source} for source in (CELL, "predict(", "predict('99.e', 'ok', (1,))")]
    path.write_text(json.dumps({"cells": cells}), encoding="utf-8")
    (tmp_path / "broken.ipynb").write_text("{", encoding="utf-8")
    assert questions_in([tmp_path / "broken.ipynb", path]) == {
        "99.a": Prediction("99.a", "How many?", slider=(0, 100, 5)),
        "99.b": Prediction("99.b", "Of … words?", ("few", "many")),
        "99.c": Prediction("99.c", "Which?"),
        "99.d": Prediction("99.d", ""),
        "99.e": Prediction("99.e", "ok"),
    }


def test_every_notebook_asks_something():
    found = questions_in(notebooks())
    assert {key[:2] for key in found} == {path.name[:2] for path in notebooks()}
    assert all(prediction.question for prediction in found.values())
