"""A guess stands beside its outcome, and never blocks the lesson."""

import pytest
import torch

from pocketgpt.errors import PocketError
from pocketgpt_lessons import outcome, predict
from pocketgpt_lessons.classroom import predictions, progress


def test_without_a_guess_the_outcome_is_stated(capsys):
    outcome("02.loss", torch.tensor(6.93147), "It is ln 1024.")
    assert capsys.readouterr().out == "Outcome: 6.931\nIt is ln 1024.\n"


def test_guess_beside_outcome_with_the_gap(capsys):
    assert "Your guess: 4" in predictions.commit("02.loss", 4.0)
    outcome("02.loss", 5.0)
    assert capsys.readouterr().out == "Outcome: 5\nYour guess: 4\nYour guess was 1 too low, 20% of the outcome.\n"
    assert progress.recall("predictions", "02.loss") == {"guess": 4.0, "late": False, "outcome": 5.0}


def test_a_late_guess_is_marked(capsys):
    outcome("02.loss", 5.0)
    html = predictions.commit("02.loss", 5.0)
    assert "late" in html
    assert "exactly" in html
    outcome("02.loss", 5.0)
    assert "made after the outcome was shown" in capsys.readouterr().out
    assert progress.recall("predictions", "02.loss")["late"]


def test_a_guess_in_time_is_not_replaced_by_a_late_one():
    predictions.commit("02.loss", 4.0)
    outcome("02.loss", 5.0)
    assert "stays: 4" in predictions.commit("02.loss", 5.0)
    assert progress.recall("predictions", "02.loss")["guess"] == 4.0


@pytest.mark.parametrize(
    ("guess", "value", "said"),
    [
        (5, 5.0, "exactly"),
        (30, 10, "3 times too high"),
        (1, 4, "4 times too low"),
        (-1, 1, "2 too low, 200%"),
        (0.5, 0, "0.5 too high."),
        (9, 10, "1 too low, 10%"),
        ("cats", "cats", "as you guessed"),
        ("cats", "dogs", "otherwise"),
        ("3", 3, "as you guessed"),
    ],
)
def test_gap(guess, value, said):
    assert said in predictions.gap(guess, value)


def test_options_as_buttons():
    form = predictions.build_form(predictions.Prediction("k", "More or < less?", ("more", "less")))
    question, buttons, feedback = form.children
    assert "pocket-widget" in form._dom_classes
    assert "&lt; less" in question.value
    assert [button.description for button in buttons.children] == ["more", "less"]
    buttons.children[1].click()
    assert "less" in feedback.value
    assert progress.recall("predictions", "k")["guess"] == "less"
    again = predictions.build_form(predictions.Prediction("k", "More or less?", ("more", "less")))
    assert "so far: less" in again.children[2].value


@pytest.mark.parametrize(
    ("slider", "kind", "start"),
    [
        ((0, 10), "IntSlider", 5),
        ((0.0, 4.0), "FloatSlider", 2.0),
        ((0, 100, 20), "IntSlider", 50),
        ((), "FloatText", 0),
    ],
)
def test_numbers_by_slider_or_box(slider, kind, start):
    form = predictions.build_form(predictions.Prediction("k", "How many?", slider=slider))
    box, button, echo = form.children[1].children
    assert type(box).__name__ == kind
    assert box.value == start
    assert box.description  # a visible label
    box.value = start + 1
    assert f"Chosen: {start + 1:.4g}." in echo.value
    button.click()
    assert progress.recall("predictions", "k")["guess"] == start + 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"options": ["a"]},
        {"options": ["a", "a"]},
        {"slider": (3, 1)},
        {"slider": (1,)},
        {"options": ["a", "b"], "slider": (0, 1)},
    ],
)
def test_a_wrong_prediction_gets_a_sentence(wrong):
    with pytest.raises(PocketError, match="02.loss"):
        predict("02.loss", "What?", **wrong)


def test_predict_outside_a_notebook_prints_the_question(capsys):
    predict("02.loss", "Which?", options=["a", "b"])
    predict("02.loss", "How much?", slider=(0, 10))
    predict("02.loss", "How many?")
    assert capsys.readouterr().out.splitlines() == [
        "Predict: Which? (a / b)",
        "Predict: How much? (from 0 to 10)",
        "Predict: How many?",
    ]
