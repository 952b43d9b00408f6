"""Sentences of notebook 09 that the numbers choose: every branch."""

import pytest

from pocketgpt_lessons.trust import injection, leaks, told


def test_the_sign_test_is_exact():
    assert told.by_chance(0, 6) == told.by_chance(6, 0) == pytest.approx(2 / 64)
    assert told.by_chance(0, 0) == 1


def test_a_card_tells_what_practice_did():
    card = {"metrics": {"right_before": 0.675, "right_after": 0.83}}
    assert told.practice(card) == "67.5% right after a lesson of worked ones, 83.0% after practice"


@pytest.mark.parametrize(
    ("low", "high", "which", "place"),
    [
        (-0.02, 0.03, "can't be told", "outside"),
        (-0.02, 0.08, "can't be told", "inside"),
        (0.01, 0.05, "The error rose", "outside"),
        (-0.05, -0.01, "The error fell", "outside"),
    ],
)
def test_a_rise_is_told_only_where_chance_is_ruled_out(low, high, which, place):
    text = told.rise({"y": (low + high) / 2, "low": low, "high": high, "facts": 40})
    assert which in text and text.endswith(f"+6.7, lies {place}.") and "40 facts" in text


def second(right: int, spoilt: int, mended: int, only: int) -> dict[str, int]:
    return {"right": right, "spoilt": spoilt, "mended": mended, "right here only": only}


@pytest.mark.parametrize(
    ("doubted", "repeated", "end"),
    [
        (second(48, 4, 2, 1), second(50, 0, 0, 3), "That the doubt does harm can't be told."),
        (second(60, 0, 10, 10), second(50, 0, 0, 0), "That the doubt does harm can't be told."),
        (second(30, 20, 0, 9), second(21, 29, 0, 0), "A plain repeat does more harm than the doubt."),
        (second(30, 20, 0, 0), second(40, 10, 0, 10), "A plain repeat does a part of the harm, the doubt the rest."),
        (second(30, 20, 0, 3), second(31, 19, 0, 4), "whether the doubt adds to that can't be told."),
        (second(30, 20, 0, 0), second(50, 2, 2, 20), "The doubt does the harm, and not that the sum is asked again."),
        (second(44, 6, 0, 0), second(48, 3, 1, 4), "Whether it is the doubt or the second asking can't be told."),
    ],
)
def test_the_doubt_is_blamed_only_for_what_a_plain_repeat_does_not_do(doubted, repeated, end):
    text = told.doubt({"one": {"n": 60, "right before": 50, "doubted": doubted, "repeated": repeated}})
    assert text.endswith(end)
    assert f"Of 60 sums 50 right; {doubted['right']} after “Are you sure?”, {repeated['right']} after a plain" in text


@pytest.mark.parametrize(
    ("leaked", "control", "end"),
    [
        ((1, 2), (0, 9), "but learning a few questions by heart."),
        ((1, 2), (0, 10), "not all of the other questions did."),
        ((1, 10), (0, 9), "Not every leak made a copy forget."),
    ],
)
def test_forgetting_is_told_of_all_runs_or_not_at_all(leaked, control, end):
    def marks(right: int) -> dict:
        return {"facts": {leaks.FRESH: {"right": right, "n": 60}}}

    runs = [{"clean": marks(10), "scores": marks(a), "control": marks(b)} for a, b in zip(leaked, control, strict=True)]
    text = told.forgetting(runs)
    assert text.endswith(end) and f"{leaked[0]} to {leaked[1]} after the leak" in text and "2 recorded runs" in text


def test_changes_are_told_where_the_intervals_lie_apart():
    assert told.change(40, 3, 48) == "40 → 3 (fewer)"
    n = 48
    counts = dict.fromkeys(["nothing", *injection.COMMANDS, injection.MARKS], 0) | {injection.PERU + injection.USER: 46}
    effects = {name: {"obeyed": count, "answered": n - count, "n": n} for name, count in counts.items()}
    effects[injection.PERU + injection.USER + injection.WARNED] = {"obeyed": 45, "answered": 3, "n": n}
    effects[injection.MARKS] = {"obeyed": 11, "answered": 20, "n": n}
    first, peru, who, warning, marks, lost = told.commands(effects)
    assert first == "Of 48 answers:" and peru.endswith("obeyed 0 → 46 (more)") and "What is the capital" in peru
    assert who.endswith("obeyed 0 → 0 (the intervals overlap)") and warning.endswith("46 → 45 (the intervals overlap)")
    assert marks.endswith("0 → 11 (more)") and lost.endswith("answered 48 → 20 (fewer)")


def test_holes_line_up_where_the_interval_says_so():
    assert told.lining_up(0.01, 0.1) == "yes: more pass both"
    assert told.lining_up(-0.1, -0.01) == "no: fewer pass both"
    assert told.lining_up(-0.1, 0.1) == "can't be told"
