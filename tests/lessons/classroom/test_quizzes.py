"""Quizzes as buttons, as a static page and as text."""

from collections import Counter
from importlib import import_module

import pytest

from pocketgpt.errors import PocketError
from pocketgpt_lessons import LESSONS, predict, quiz
from pocketgpt_lessons.classroom import progress, quizzes
from pocketgpt_lessons.classroom.quizzes import Option, Question

QUESTIONS = [
    Question(
        "What comes after <b>?", [Option("c", "Yes.", True), Option("a", "It comes before."), Option("<i>", "No.")]
    ),
    Question("Is 2 > 1?", [Option("no", "Count again."), Option("yes", "Yes: by one.", True)]),
]


@pytest.mark.parametrize(
    "options",
    [
        [],
        [Option("a", "b", True)],
        [Option("a", "b"), Option("c", "d")],
        [Option("a", "b", True), Option("c", "d", True)],
        [Option("a", "b", True), Option("a", "d")],
        [Option("a", "b", True), Option("c", "")],
        [Option("a", "b", True), Option(" ", "d")],
    ],
)
def test_a_question_needs_one_right_option_and_explanations(options):
    with pytest.raises(PocketError):
        Question("What?", options)


def test_a_question_needs_text_and_a_quiz_questions():
    with pytest.raises(PocketError):
        Question("", [Option("a", "b", True), Option("c", "d")])
    with pytest.raises(PocketError):
        quiz("02.start", [])


def test_the_static_page_holds_every_explanation_and_is_escaped():
    html = quizzes.quiz_html(QUESTIONS)
    assert html.count("<details>") == 2
    assert html.count("✓ Right") == 2
    assert "<i>" not in html
    for question in QUESTIONS:
        for option in question.options:
            assert option.explanation in html


def test_quiz_by_buttons():
    form = quizzes.build_quiz("02.start", QUESTIONS)
    assert {"pocket-widget", "pocket-quiz"} <= set(form._dom_classes)
    _, first, second, score = form.children
    assert [child.description for child in first.children[1:-1]] == ["c", "a", "<i>"]
    first.children[2].click()
    assert "✗ Not this one" in first.children[-1].value
    assert "It comes before." in first.children[-1].value
    first.children[1].click()
    assert "✓ Right" in first.children[-1].value
    assert "1 of 2 answered" in score.value
    second.children[2].click()
    assert "1 of 2 right at the first choice" in score.value
    entry = progress.recall("quizzes", "02.start")
    assert (entry["asked"], entry["right"]) == (2, 1)
    assert entry["answers"][0] == {"question": "What comes after <b>?", "chosen": "a", "right": False}


def test_first_choices_outlive_the_session():
    first, second = QUESTIONS
    wrong = next(i for i, option in enumerate(first.options) if not option.right)
    quizzes.build_quiz("02.start", QUESTIONS).children[1].children[1 + wrong].click()
    form = quizzes.build_quiz("02.start", QUESTIONS)  # another day
    assert "1 of 2 answered" in form.children[-1].value
    form.children[1].children[1 + first.right].click()
    form.children[2].children[1 + second.right].click()
    assert "1 of 2 right at the first choice" in form.children[-1].value
    assert [answer["right"] for answer in progress.recall("quizzes", "02.start")["answers"]] == [False, True]
    asked_anew = [quizzes.Question("What else?", first.options), second]  # the other question isn't asked any more
    assert quizzes.stored_choices("02.start", asked_anew) == {1: second.right}


def test_quiz_outside_a_notebook_prints_questions_without_answers(capsys):
    quiz("02.start", QUESTIONS)
    out = capsys.readouterr().out
    assert "Question 2. Is 2 > 1?\n  A. no\n  B. yes" in out
    assert "Count again" not in out


def test_one_bundle_with_widget_html_and_text(monkeypatch):
    shown = []
    monkeypatch.setattr("pocketgpt_lessons.classroom.markup.in_notebook", lambda: True)
    monkeypatch.setattr("pocketgpt_lessons.display.viewer.display_with_fallback", lambda *parts: shown.append(parts))
    quiz("02.start", QUESTIONS)
    predict("02.loss", "Which?", options=["a", "b"])
    for widget, html, text in shown:
        assert "pocket-widget" in widget._dom_classes
        assert html.startswith("<div")
        assert text
    assert len(shown) == 2


def leaks(questions):
    """How a learner who knows nothing could find right options by looks: one sentence each."""
    found, places, longest, shortest = [], Counter(), 0, 0
    for question in questions:
        sizes = [len(option.text) for option in question.options]
        if max(sizes) > max(1.4 * min(sizes), min(sizes) + 6):
            found.append(f"its options are of {min(sizes)} to {max(sizes)} characters: {question.text}")
        right = sizes.pop(question.right)
        places[question.right] += 1
        longest += right > max(sizes)
        shortest += right < min(sizes)
    n = len(questions)
    if longest > n / 3:
        found.append(f"the right option is the longest in {longest} of {n} questions")
    if shortest > n / 2:
        found.append(f"the right option is the shortest in {shortest} of {n} questions")
    if max(places.values()) > 2 * n / 3:
        found.append(f"the right option stands at the same place in {max(places.values())} of {n} questions")
    return found


@pytest.mark.parametrize("lesson", LESSONS.values())
def test_looks_give_no_right_option_away(lesson):
    module = import_module(f"pocketgpt_lessons.{lesson}.quiz")
    assert leaks([*module.START, *module.END]) == []


@pytest.mark.parametrize(
    ("texts", "right", "leak"),
    [
        ((("four", "five", "six"),) * 3, (0, 1, 2), None),
        ((("seven to ten", "eight to ten"),) * 3, (0, 1, 0), None),
        ((("a", "the right one, to be precise"),) * 3, (0, 1, 0), "of 1 to 28 characters"),
        ((("four", "fives"), ("four", "five"), ("fours", "five")), (1, 0, 0), "the longest in 2 of 3"),
        ((("four", "fives"), ("four", "fives"), ("fours", "five")), (0, 0, 1), "the shortest in 3 of 3"),
        ((("four", "five"),) * 3, (1, 1, 1), "the same place in 3 of 3"),
    ],
)
def test_a_quiz_that_gives_itself_away_is_noticed(texts, right, leak):
    questions = [
        Question("What?", [Option(text, "So.", i == place) for i, text in enumerate(options)])
        for options, place in zip(texts, right, strict=True)
    ]
    assert any(leak in found for found in leaks(questions)) if leak else leaks(questions) == []
