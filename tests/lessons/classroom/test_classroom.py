"""Predictions, quizzes, progress and the machinery of checks; the exercises themselves are in test_checks."""

import itertools
import json
import time

import numpy as np
import pytest
import torch

from pocketgpt.errors import PocketError
from pocketgpt_lessons import all_exercises, check, outcome, predict, quiz
from pocketgpt_lessons.classroom import answer_values, predictions, progress, quizzes
from pocketgpt_lessons.classroom.exercises import Exercise, Mistake, judge
from pocketgpt_lessons.classroom.quizzes import Option, Question
from pocketgpt_lessons.classroom.sandbox import PRINT_LIMIT, run
from pocketgpt_lessons.classroom.verdicts import (
    FAILED,
    NOT_ATTEMPTED,
    PASSED,
    Verdict,
    verdict_html,
    verdict_text,
)


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    """Each test is a learner of its own, in a new session."""
    folder = tmp_path / "own"
    monkeypatch.setenv("POCKETGPT_OWN", str(folder))
    monkeypatch.setattr(progress, "_memory", {})
    monkeypatch.setattr(progress, "_told", set())
    monkeypatch.setattr(predictions, "_shown", {})
    return folder


EXERCISES = all_exercises()
BY_NAME = {exercise.name: exercise for exercise in EXERCISES}
DOUBLE = Exercise(
    name="double",
    signature="double(ids)",
    task="Return a list with every id doubled.",
    truth=lambda ids: [i + i for i in ids],
    cases=(([1, 2, 3],), ([5],), ([],)),
    read=answer_values.vector,
    mistakes=(
        Mistake("the ids are squared.", lambda ids: [i * i for i in ids]),
        Mistake("the last id is missing.", lambda ids: [2 * i for i in ids[:-1]]),
        Mistake("an empty list has no first id.", lambda ids: [2 * ids[0], *(2 * i for i in ids[1:])]),
    ),
    hint="`2 * i` for each i.",
    praise="Well done.",
)


# The sandbox


def test_a_value_comes_back():
    ran = run(lambda: [1, 2])
    assert ran.value == [1, 2]
    assert ran.error is None
    assert not ran.timed_out


@pytest.mark.parametrize("error", [ValueError("x"), SystemExit(), KeyboardInterrupt()])
def test_any_exception_comes_back_as_a_value(error):
    def fail():
        raise error

    assert run(fail).error is error


def _spin():
    while True:
        pass


def _spin_printing():
    while True:
        print("still here")


def _spin_catching_all():
    i = 0
    while True:
        try:  # noqa: SIM105
            i += 1
        except:  # noqa: E722
            pass


def _spin_catching_exceptions():
    while True:
        try:  # noqa: SIM105
            _spin()
        except Exception:
            pass


@pytest.mark.parametrize("loop", [_spin, _spin_printing, _spin_catching_all, _spin_catching_exceptions])
def test_an_endless_loop_is_ended(loop):
    ran = run(loop, limit=0.2)
    assert ran.timed_out
    assert ran.stopped
    assert len(ran.printed) <= PRINT_LIMIT


def test_a_call_that_cannot_be_ended_is_left_behind():
    start = time.monotonic()
    ran = run(lambda: time.sleep(8), limit=0.1)
    assert ran.timed_out
    assert not ran.stopped
    assert time.monotonic() - start < 7


def test_prints_and_warnings_of_the_learner_stay_off_the_page(capsys):
    def noisy():
        print("hello")
        print("trouble", file=__import__("sys").stderr)

    assert run(noisy).printed == "hello\n"
    assert capsys.readouterr() == ("", "")


# judge


@pytest.mark.parametrize(
    "answer",
    [
        lambda ids: [2 * i for i in ids],
        lambda ids: tuple(2 * i for i in ids),
        lambda ids: (2 * i for i in ids),
        lambda ids: torch.tensor(ids) * 2,
        lambda ids: np.array(ids) * 2,
        lambda ids: [torch.tensor(2.0 * i, requires_grad=True) for i in ids],
        lambda ids: map((2).__mul__, ids),
    ],
)
def test_any_correct_design_passes(answer):
    verdict = judge(DOUBLE, answer)
    assert verdict.status == PASSED, verdict_text(verdict)
    assert "3 cases" in verdict.likely


def _stub_dots(ids): ...


def _stub_dots_with_words(ids):
    """Return a list with every id doubled."""
    ...  # your code


def _stub_pass(ids):
    pass


def _stub_raises(ids):
    raise NotImplementedError


def _stub_with_scaffold(ids):
    result = []
    result.append(len(ids))
    return ...


@pytest.mark.parametrize(
    "stub", [_stub_dots, _stub_dots_with_words, _stub_pass, _stub_raises, _stub_with_scaffold]
)
def test_a_stub_is_not_attempted_yet(stub):
    verdict = judge(DOUBLE, stub)
    assert verdict.status == NOT_ATTEMPTED
    assert "Not attempted yet" in verdict_text(verdict)
    assert DOUBLE.task in verdict_text(verdict)


def test_torchs_own_not_implemented_is_an_error():
    def answer(ids):
        return torch.tensor([1, 2]).softmax(0)

    verdict = judge(DOUBLE, answer)
    assert verdict.status == FAILED
    assert "Error" in verdict.seen


def test_a_forgotten_return_is_named():
    def answer(ids):
        [2 * i for i in ids]

    verdict = judge(DOUBLE, answer)
    assert verdict.status == FAILED
    assert "return" in verdict.likely
    assert "None" in verdict.seen


def test_an_error_becomes_a_sentence_with_its_line():
    def answer(ids):
        doubled = []
        for i in range(len(ids)):
            doubled.append(2 * ids[i + 1])
        return doubled

    verdict = judge(DOUBLE, answer)
    assert verdict.seen == (
        "IndexError: list index out of range, in line 4 of answer: doubled.append(2 * ids[i + 1])"
    )
    assert "Traceback" not in verdict_html(verdict)
    assert "past the end" in verdict.likely


def test_an_error_in_a_helper_of_the_learner_names_the_helper():
    def half(x):
        return x / 0

    verdict = judge(DOUBLE, lambda ids: [half(i) for i in ids])
    assert "line 2 of half" in verdict.seen


def test_an_error_of_a_known_mistake_gets_that_message():
    verdict = judge(DOUBLE, lambda ids: [ids[0] * 2] + [i * 2 for i in ids[1:]])
    assert "no first id" in verdict.likely
    assert verdict.case == "double([])"


@pytest.mark.parametrize("leave", [SystemExit, KeyboardInterrupt, RecursionError, MemoryError])
def test_no_exception_gets_out(leave):
    def answer(ids):
        raise leave

    assert judge(DOUBLE, answer).seen.startswith(leave.__name__)


def test_an_endless_loop_is_a_failed_check_with_its_line():
    def answer(ids):
        i = 0
        while i < len(ids):
            pass
        return ids

    verdict = judge(DOUBLE, answer, limit=0.3)
    assert verdict.status == FAILED
    assert "still running" in verdict.seen
    assert "of answer" in verdict.seen
    assert "endless loop" in verdict.likely


def test_an_endless_answer_is_read_no_further_than_needed():
    assert judge(DOUBLE, lambda ids: itertools.count(), limit=2).status == FAILED


def test_a_call_that_cannot_be_ended_asks_for_a_restart():
    verdict = judge(DOUBLE, lambda ids: time.sleep(6), limit=0.1)
    assert "restart the kernel" in verdict.likely


def test_a_changed_input_is_found_though_the_result_is_right():
    def answer(ids):
        for i in range(len(ids)):
            ids[i] *= 2
        return ids

    verdict = judge(DOUBLE, answer)
    assert verdict.status == FAILED
    assert "changes its input" in verdict.likely


def test_a_changed_input_and_no_result():
    def answer(ids):
        ids.reverse()

    assert "changes its input" in judge(DOUBLE, answer).likely


def test_known_mistakes_are_recognised():
    assert judge(DOUBLE, lambda ids: [i**2 for i in ids]).likely == "the ids are squared."
    assert judge(DOUBLE, lambda ids: [i * 2 for i in ids][:-1]).likely == "the last id is missing."


def test_a_constant_answer_is_recognised():
    assert "same result for every input" in judge(DOUBLE, lambda ids: [2, 4, 6]).likely


def test_right_for_some_cases_only():
    assert "right in 2 of 3" in judge(DOUBLE, lambda ids: [2 * i + (i == 3) for i in ids]).likely


def test_a_wrong_kind_of_answer_says_which_is_asked_for():
    verdict = judge(DOUBLE, lambda ids: "246")
    assert "list of numbers" in verdict.likely
    assert "str" in verdict.likely


def test_no_function_or_other_parameters():
    assert "without brackets" in judge(DOUBLE, [2, 4]).likely
    assert "double(ids)" in judge(DOUBLE, lambda: [2]).likely


def test_what_a_learner_prints_is_shown_and_escaped():
    def answer(ids):
        print("<script>alert(1)</script>")
        return ["<b>", 1]

    html = verdict_html(judge(DOUBLE, answer))
    assert "&lt;script&gt;" in html
    assert "<script" not in html


def test_a_verdict_has_words_beside_its_symbol():
    text = verdict_text(judge(DOUBLE, lambda ids: ids))
    for part in (
        "✗ Not yet: double",
        "Tried: double([1, 2, 3])",
        "Expected: [2, 4, 6]",
        "Yours: [1, 2, 3]",
        "Hint:",
    ):
        assert part in text


def test_one_check_takes_no_longer_than_its_limit_over_all_cases():
    def answer(ids):
        time.sleep(0.15)
        return [2 * i for i in ids]

    assert "still running" in judge(DOUBLE, answer, limit=0.2).seen


# check.NAME


def test_check_shows_and_keeps_the_verdict(capsys):
    check.causal_mask(lambda T: torch.ones(T, T).tril())
    assert "✓ Right: causal_mask" in capsys.readouterr().out
    check.causal_mask(lambda T: torch.ones(T, T))
    entry = progress.load()["exercises"]["causal_mask"]
    assert entry["passed"]
    assert entry["tries"] == 2


def test_check_keeps_nothing_of_a_stub(capsys, own_folder):
    check.causal_mask(_stub_dots)
    assert "○ Not attempted yet" in capsys.readouterr().out
    assert not own_folder.exists()


def test_check_lists_its_names_and_helps_with_wrong_ones():
    assert "causal_mask" in dir(check)
    assert "lower" not in check.causal_mask.__doc__
    with pytest.raises(AttributeError, match="did you mean causal_mask"):
        check.casual_mask  # noqa: B018


# Progress


def test_progress_is_kept_and_read_again(own_folder, monkeypatch):
    assert progress.record("exercises", "merge", {"passed": True}) == ""
    monkeypatch.setattr(progress, "_memory", {})
    assert progress.recall("exercises", "merge") == {"passed": True}
    assert sorted(path.name for path in own_folder.iterdir()) == ["progress.json"]


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"\xff\xfe",
        b"[]",
        b'{"pocketgpt_progress": 99}',
        b'{"pocketgpt_progress": 1, "exercises": {"merge": 3}}',
    ],
)
def test_a_damaged_file_is_set_aside_with_one_sentence(own_folder, content):
    own_folder.mkdir()
    progress.file().write_bytes(content)
    said = progress.record("exercises", "merge", {"passed": True})
    assert "progress-damaged-1.json" in said
    assert (own_folder / "progress-damaged-1.json").read_bytes() == content
    assert progress.recall("exercises", "merge") == {"passed": True}
    progress.file().write_bytes(b"{")
    progress.load()
    assert (own_folder / "progress-damaged-2.json").read_bytes() == b"{"


def test_a_folder_that_cannot_be_written_gives_one_sentence_once(tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("POCKETGPT_OWN", str(tmp_path / "file" / "own"))
    check.causal_mask(lambda T: torch.ones(T, T))
    check.causal_mask(lambda T: torch.ones(T, T).tril())
    out = capsys.readouterr().out
    assert out.count("can't be kept") == 1
    assert "✓ Right" in out
    assert progress.recall("exercises", "causal_mask")["passed"]  # remembered in this session


def test_a_failed_write_leaves_the_old_file(own_folder, monkeypatch):
    progress.record("exercises", "merge", {"passed": True})
    before = progress.file().read_bytes()

    def full(*_):
        raise OSError("disk full")

    monkeypatch.setattr(progress.os, "replace", full)
    assert "can't be kept" in progress.record("exercises", "encode", {"passed": True})
    assert progress.file().read_bytes() == before
    assert len(list(own_folder.iterdir())) == 1


def test_export_for_a_teacher(tmp_path):
    progress.record("exercises", "merge", {"passed": True})
    progress.record("exercises", "encode", {"passed": False})
    progress.record("quizzes", "02.start", {"asked": 3, "right": 2})
    target = progress.export(tmp_path / "ada.json")
    content = json.loads(target.read_text(encoding="utf-8"))
    assert content["exercises_passed"] == 1
    assert content["quiz_questions_right_at_first"] == 2
    assert content["exercises"]["encode"] == {"passed": False}
    with pytest.raises(PocketError, match="exists already"):
        progress.export(target)
    with pytest.raises(PocketError, match="can't be written"):
        progress.export(tmp_path / "missing" / "ada.json")


def test_reset_keeps_a_backup(own_folder):
    assert progress.reset() is None
    for number in (1, 2):
        progress.record("exercises", "merge", {"passed": True})
        assert progress.reset() == own_folder / f"progress-backup-{number}.json"
        assert progress.load() == {"exercises": {}, "predictions": {}, "quizzes": {}}


# Predictions


def test_without_a_guess_the_outcome_is_stated(capsys):
    outcome("02.loss", torch.tensor(6.93147), "It is ln 1024.")
    assert capsys.readouterr().out == "Outcome: 6.931\nIt is ln 1024.\n"


def test_guess_beside_outcome_with_the_gap(capsys):
    assert "Your guess: 4" in predictions.commit("02.loss", 4.0)
    outcome("02.loss", 5.0)
    assert (
        capsys.readouterr().out
        == "Outcome: 5\nYour guess: 4\nYour guess was 1 too low, 20% of the outcome.\n"
    )
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


# Quizzes

QUESTIONS = [
    Question(
        "What comes after <b>?",
        [Option("c", "Yes.", True), Option("a", "It comes before."), Option("<i>", "No.")],
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


def test_quiz_outside_a_notebook_prints_questions_without_answers(capsys):
    quiz("02.start", QUESTIONS)
    out = capsys.readouterr().out
    assert "Question 2. Is 2 > 1?\n  A. no\n  B. yes" in out
    assert "Count again" not in out


def test_one_bundle_with_widget_html_and_text(monkeypatch):
    shown = []
    monkeypatch.setattr("pocketgpt_lessons.classroom.markup.in_notebook", lambda: True)
    monkeypatch.setattr(
        "pocketgpt_lessons.display.viewer.display_with_fallback", lambda *parts: shown.append(parts)
    )
    quiz("02.start", QUESTIONS)
    predict("02.loss", "Which?", options=["a", "b"])
    for widget, html, text in shown:
        assert "pocket-widget" in widget._dom_classes
        assert html.startswith("<div")
        assert text
    assert len(shown) == 2


def test_only_the_first_printed_lines_are_shown():
    verdict = Verdict("double", FAILED, printed="x\n" * 50)
    assert verdict_text(verdict).count("x\n") == 6
    assert verdict_text(verdict).endswith("…")


def test_a_call_is_shown_as_one_would_write_it():
    verdict = judge(BY_NAME["encode"], lambda text, merges: [])
    assert verdict.case == "encode('abcab', [(97, 98), (256, 99)])"
    verdict = judge(BY_NAME["domain_allowed"], lambda url, blocked: True)
    assert verdict.case == "domain_allowed('https://spam.example/win', {'ads.example', 'spam.example'})"


# Reading answers


@pytest.mark.parametrize(
    ("read", "value", "expected"),
    [
        (answer_values.scalar, torch.tensor([[3.0]]), 3.0),
        (answer_values.scalar, np.float32(2), 2),
        (answer_values.scalar, True, 1),
        (answer_values.matrix, np.eye(2, dtype=bool), ((1, 0), (0, 1))),
        (answer_values.two_vectors, torch.tensor([[1, 2], [2, 3]]), ((1, 2), (2, 3))),
        (answer_values.pair_counts, {(1, torch.tensor(2)): 3, (5, 5): 0}, {(1, 2): 3}),
        (answer_values.pair_list, {(1, 2): 257, (3, 4): 256}, ((3, 4), (1, 2))),
        (answer_values.word_set, {("a", "b"), "c d"}, frozenset({"a b", "c d"})),
        (answer_values.boolean, np.True_, True),
        (answer_values.vector, {1: 2}.values(), (2,)),
    ],
)
def test_readers(read, value, expected):
    assert answer_values.same(read(value), expected)


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (answer_values.scalar, [1, 2]),
        (answer_values.scalar, "1"),
        (answer_values.matrix, [1, 2]),
        (answer_values.matrix, 3),
        (answer_values.matrix, [[1], [1, 2]]),
        (answer_values.two_vectors, [1]),
        (answer_values.pair_counts, [((1, 2), 3)]),
        (answer_values.pair_counts, {"ab": 2}),
        (answer_values.pair_counts, {(1, 2): "x"}),
        (answer_values.pair_list, [1, 2]),
        (answer_values.word_set, ["a b"]),
        (answer_values.boolean, "yes"),
        (answer_values.boolean, 2),
        (answer_values.text, b"x"),
        (answer_values.vector, 4),
        (answer_values.vector, [[1]]),
    ],
)
def test_readers_say_what_is_asked_for(read, value):
    with pytest.raises(answer_values.Misread, match="Return|Use"):
        read(value)


def test_same_and_show():
    assert answer_values.same(float("nan"), float("nan"))
    assert not answer_values.same(float("nan"), 1.0)
    assert not answer_values.same("a", 1)
    assert not answer_values.same({1: 2}, {1: 3})
    assert answer_values.show(answer_values.plain({"b a", "a"})) == "{'a', 'b a'}"
    assert answer_values.show({(1, 2): 3}) == "{(1, 2): 3}"
    assert len(answer_values.show(tuple(range(1000)))) == 400
