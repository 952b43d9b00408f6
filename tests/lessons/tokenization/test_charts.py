"""Figures on tokens: they show the numbers they are given, and say what is wrong with bad ones."""

import pytest

from pocketgpt.errors import PocketError
from pocketgpt_lessons.tokenization.charts import (
    bits_by_vocabulary,
    length_by_vocabulary,
    tokens_by_language,
    unread_tokens,
)


def labels(figure) -> list[str]:
    return [text.get_text() for text in figure.axes[0].get_legend().get_texts()]


def test_length_draws_ours_in_order_of_size_and_others_as_points():
    figure = length_by_vocabulary({1024: 3.0, 264: 1.0}, "Shorter", {"GPT-2 ($)": (50257, 3.4)})
    ours, theirs = figure.axes[0].lines
    assert ours.get_xydata().tolist() == [[264, 1.0], [1024, 3.0]]
    assert theirs.get_xydata().tolist() == [[50257, 3.4]]
    assert labels(figure) == ["trained on our pages", r"GPT-2 (\$): trained on the web (recorded)"]
    ticks = [tick.get_text() for tick in figure.axes[0].get_xticklabels()]
    assert ticks == ["264", "1,024", "50,257"]


def test_length_wants_at_least_one_size():
    with pytest.raises(PocketError, match="vocabulary size"):
        length_by_vocabulary({}, "Nothing")


def test_bits_shows_means_ranges_and_own_runs():
    reference = [{"x": 264, "y": 1.2, "low": 1.1, "high": 1.4}, {"x": 512, "y": 0.9, "low": 0.9, "high": 0.9}]
    figure = bits_by_vocabulary(reference, {512: 0.95}, "Bytes come last", seeds=4)
    axes = figure.axes[0]
    own = next(line for line in axes.lines if line.get_label() == "your runs")
    assert own.get_xydata().tolist() == [[512, 0.95]]
    [bars] = axes.containers
    assert bars.lines[0].get_ydata().tolist() == [1.2, 0.9]
    ends = bars.lines[2][0].get_segments()
    assert ends[0].ravel().tolist() == pytest.approx([264, 1.1, 264, 1.4])
    assert "recorded: mean and range of 4 runs" in labels(figure)


def test_languages_have_a_row_each_and_a_mark_for_each_tokenizer():
    figure = tokens_by_language({"ours": {"English": 37, "Hindi": 186}, "GPT-4": {"English": 19, "Hindi": 74}}, "T")
    marks = [line.get_xydata().tolist() for line in figure.axes[0].lines]
    assert marks == [[[37, 0], [186, 1]], [[19, 0], [74, 1]]]
    assert [tick.get_text() for tick in figure.axes[0].get_yticklabels()] == ["English", "Hindi"]
    assert labels(figure) == ["ours", "GPT-4"]


@pytest.mark.parametrize("counts", [{}, {"a": {"English": 1}, "b": {"Hindi": 1}}])
def test_languages_must_agree(counts):
    with pytest.raises(PocketError, match="same languages"):
        tokens_by_language(counts, "T")


def test_unread_tokens_stand_apart_and_marked_ones_are_named():
    figure = unread_tokens([0, 10, 1000, 0], [0.0, 0.4, 0.9, 0.0], {"planted: $x": 3}, "Found")
    read, unread = figure.axes[0].collections
    assert read.get_offsets().tolist() == [[10, 0.4], [1000, 0.9]]
    assert len(unread.get_offsets()) == 2 and unread.get_offsets()[:, 0].max() < 1
    assert "never read: 2 tokens" in labels(figure)
    [note] = figure.axes[0].texts
    assert note.get_text() == r"planted: \$x" and note.xy[1] == 0.0


def test_unread_tokens_wants_a_distance_for_every_count():
    with pytest.raises(PocketError, match="every token"):
        unread_tokens([1, 2], [0.0], {}, "T")


def test_every_figure_needs_a_title():
    with pytest.raises(PocketError, match="title"):
        length_by_vocabulary({264: 1.0}, " ")
