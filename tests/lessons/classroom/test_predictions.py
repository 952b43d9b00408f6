"""A guess stands beside its outcome, and never blocks the lesson."""

import re

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


@pytest.mark.parametrize(("before", "kept", "late"), [(4.0, 4.0, False), (None, 5.0, True)])
def test_an_outcome_of_an_earlier_day_makes_a_guess_late(monkeypatch, before, kept, late):
    if before is not None:
        predictions.commit("02.loss", before)
    outcome("02.loss", 5.0)
    monkeypatch.setattr(predictions, "_shown", {})
    said = predictions.commit("02.loss", 5.0)
    assert ("late" in said) is late
    entry = progress.recall("predictions", "02.loss")
    assert (entry["guess"], entry["late"]) == (kept, late)


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


def number_form(*slider):
    """The form of a guess: its box or slider, its button, what it says of them, and the feedback."""
    form = predictions.build_form(predictions.Prediction("k", "How many?", slider=slider))
    return *form.children[1].children, form.children[2]


@pytest.mark.parametrize(
    ("slider", "stops"),
    [
        ((0, 3), [0, 1, 2, 3]),
        ((50, 100, 20), [50, 70, 90]),
        ((0.0, 0.3, 0.1), [0.0, 0.1, 0.2, 0.3]),
        ((0.0, 4.0), [i / 25 for i in range(101)]),
    ],
)
def test_a_slider_has_no_value_until_it_is_moved(slider, stops):
    box, button, echo, feedback = number_form(*slider)
    assert box.description  # a visible label
    assert box.index == 0 and not re.search(r"\d", box.label + echo.value)  # no number suggests an answer
    before = echo.value
    button.click()
    assert echo.value != before and not feedback.value
    assert progress.recall("predictions", "k") == {}
    for index, stop in enumerate(stops, 1):  # as the page moves it
        box.index = index
        assert f"Chosen: {stop:.4g}." in echo.value
    assert index == len(box.options) - 1
    button.click()
    assert "Your guess" in feedback.value
    guess = progress.recall("predictions", "k")["guess"]
    assert guess == stops[-1] and type(guess) is type(slider[0])


def test_a_slider_moved_back_has_no_value_again():
    box, button, echo, _ = number_form(0, 3)
    box.index = 1
    box.index = 0
    assert "no number" in echo.value
    button.click()
    assert "Nothing is kept" in echo.value and progress.recall("predictions", "k") == {}


def test_a_box_has_no_value_until_a_number_is_typed():
    box, button, echo, _ = number_form()
    for text in ("", "many", "nan"):
        box.value = text
        before = echo.value
        button.click()
        assert "Nothing is kept" in echo.value != before or not text
        assert progress.recall("predictions", "k") == {}
    box.value = "1,200"
    assert "Chosen: 1,200." in echo.value
    button.click()
    assert progress.recall("predictions", "k")["guess"] == 1200


def test_without_a_guess_from_the_slider_the_outcome_stands_alone(capsys):
    box, button, *_ = number_form(0, 3)
    button.click()
    outcome("k", 2)
    assert capsys.readouterr().out == "Outcome: 2\n"


@pytest.mark.parametrize(
    "wrong",
    [
        {"options": ["a"]},
        {"options": ["a", "a"]},
        {"slider": (3, 1)},
        {"slider": (1,)},
        {"slider": (0, 1, 0)},
        {"slider": (0, 1, 2)},
        {"slider": (0, 5000)},
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
