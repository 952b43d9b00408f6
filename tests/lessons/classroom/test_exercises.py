"""`judge` and `check.NAME`: any correct design passes, and each way to go wrong gets a sentence."""

import itertools
import time

import numpy as np
import pytest
import torch

from pocketgpt_lessons import all_exercises, check
from pocketgpt_lessons.classroom import answer_values, progress
from pocketgpt_lessons.classroom.exercises import Exercise, Mistake, judge
from pocketgpt_lessons.classroom.verdicts import FAILED, NOT_ATTEMPTED, PASSED, verdict_html, verdict_text

BY_NAME = {exercise.name: exercise for exercise in all_exercises()}
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


@pytest.mark.parametrize("stub", [_stub_dots, _stub_dots_with_words, _stub_pass, _stub_raises, _stub_with_scaffold])
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
    assert verdict.seen == ("IndexError: list index out of range, in line 4 of answer: doubled.append(2 * ids[i + 1])")
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
    for part in ("✗ Not yet: double", "Tried: double([1, 2, 3])", "Expected: [2, 4, 6]", "Yours: [1, 2, 3]", "Hint:"):
        assert part in text


def test_one_check_takes_no_longer_than_its_limit_over_all_cases():
    def answer(ids):
        time.sleep(0.15)
        return [2 * i for i in ids]

    assert "still running" in judge(DOUBLE, answer, limit=0.2).seen


def test_a_call_is_shown_as_one_would_write_it():
    verdict = judge(BY_NAME["encode"], lambda text, merges: [])
    assert verdict.case == "encode('abcab', [(97, 98), (256, 99)])"
    verdict = judge(BY_NAME["domain_allowed"], lambda url, blocked: True)
    assert verdict.case == "domain_allowed('https://spam.example/win', {'ads.example', 'spam.example'})"


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
