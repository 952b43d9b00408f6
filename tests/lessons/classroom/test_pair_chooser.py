"""Choosing pair by pair: what is kept, and what isn't found again."""

import pytest

from pocketgpt_lessons.classroom import progress
from pocketgpt_lessons.classroom.pair_chooser import PairChooser


class Chooser(PairChooser):
    """Shows how many are decided."""

    def __init__(self, pairs=(("a", "b"), ("c", "d"), ("e", "f"))):
        super().__init__(pairs, ("left", "right"), "Pairs.", "test")

    def view(self) -> str:
        return f"{len(self.choices)} of {self.total}"


def test_choices_are_there_again_in_a_new_session_and_can_be_taken_back(monkeypatch):
    chooser = Chooser()
    chooser.first.click()
    chooser.second.click()
    monkeypatch.setattr(progress, "_memory", {})  # the kernel starts again
    again = Chooser()
    assert again.choices == [True, False] and again.picture.value == "2 of 3" and not again.back.disabled
    again.back.click()
    assert Chooser().choices == [True]


def test_choices_among_other_pairs_are_not_found_again():
    Chooser().first.click()
    assert Chooser((("a", "b"), ("c", "x"), ("e", "f"))).choices == []
    assert Chooser((("a", "b"),)).choices == []


@pytest.mark.parametrize("kept", ["all", [1, 0], [True] * 4, None])
def test_a_damaged_entry_counts_as_none(kept):
    progress.record("choices", "test", {"about": Chooser().about, "first": kept})
    assert Chooser().choices == []


def test_a_folder_that_cant_be_written_to_is_told_once_and_stops_nothing(own_folder):
    own_folder.write_text("a file, no folder", encoding="utf-8")
    chooser = Chooser()
    chooser.first.click()
    assert chooser.choices == [True] and "t be written to" in chooser.picture.value
    chooser.second.click()
    assert "t be written to" not in chooser.picture.value
