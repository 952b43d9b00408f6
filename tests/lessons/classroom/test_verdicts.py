"""A verdict as text."""

from pocketgpt_lessons.classroom.verdicts import FAILED, Verdict, verdict_text


def test_only_the_first_printed_lines_are_shown():
    verdict = Verdict("double", FAILED, printed="x\n" * 50)
    assert verdict_text(verdict).count("x\n") == 6
    assert verdict_text(verdict).endswith("…")
