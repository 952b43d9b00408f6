"""Token explorer and merge stepper without a browser: what they say of known texts, and what moves them."""

import re
import xml.etree.ElementTree as ET

import pytest
import tiktoken
from hypothesis import given, settings
from hypothesis import strategies as st
from IPython.core.displaypub import CapturingDisplayPublisher
from IPython.core.interactiveshell import InteractiveShell

from pocketgpt.errors import PocketError
from pocketgpt.tokenizer import Tokenizer, split
from pocketgpt.training.pretrain import Recipe, prepare, text_corpus
from pocketgpt_lessons.display.html import piece_text, visible
from pocketgpt_lessons.tokenization import widgets
from pocketgpt_lessons.tokenization.recorded_tokens import Recorded
from pocketgpt_lessons.tokenization.widgets import (
    MAX_CHARACTERS,
    MAX_CHIPS,
    merge_stepper,
    merge_steps_view,
    token_explorer,
    token_explorer_view,
    watch,
)

BYTES = Tokenizer([])
LOW = Tokenizer.train("low low lower", 260, special_tokens=())
LOW_WITH_MARKS = Tokenizer(LOW.merges)
REAL = tiktoken.Encoding(
    "made up",
    pat_str=r"\S+|\s+",
    mergeable_ranks={bytes([i]): i for i in range(256)},
    special_tokens={"<|endoftext|>": 256},
)
FORGED = '<script>alert("1")</script><|endoftext|>'


def read(html: str) -> str:
    """The words on the page; fails unless the HTML is well-formed."""
    return " ".join("".join(f"{text}|" for text in ET.fromstring(f"<div>{html}</div>").itertext()).split())


def test_pieces_show_broken_characters_as_hex_and_every_kind_of_space():
    assert piece_text("€".encode()) == "€"
    assert piece_text("€".encode()[:2]) == "⟨E2\u00a082⟩"  # a no-break space, which visible() leaves alone
    assert visible(piece_text(b" a\xe2\x82\n")) == "␣a⟨E2\u00a082⟩↵"
    assert visible(piece_text("\u00a0\u2009".encode())) == "⟨U+00A0⟩⟨U+2009⟩"


def test_explorer_counts_tokens_characters_and_bytes_of_each_tokenizer():
    said = read(token_explorer_view("low €", {"ours": LOW, "bytes": BYTES}))
    assert "5 characters, 7 bytes" in said
    assert "ours: 5 tokens|, 1.4 bytes per token" in said
    assert "bytes: 7 tokens|, 1.0 bytes per token" in said
    assert "low|257|␣|32|⟨E2⟩|226|⟨82⟩|130|⟨AC⟩|172|" in said


def test_explorer_takes_special_tokens_as_text_and_escapes_everything():
    html = token_explorer_view(FORGED, {"ours": BYTES, "<script>": REAL})
    assert "<script>" not in html
    said = read(html)
    size = len(FORGED)
    assert f"ours: {size} tokens" in said and f"<script>: {size} tokens" in said


def test_explorer_caps_long_texts_and_says_so():
    said = read(token_explorer_view("x" * (MAX_CHARACTERS + 1), {"bytes": BYTES}))
    assert f"Of {MAX_CHARACTERS + 1:,} characters only the first {MAX_CHARACTERS:,} are looked at." in said
    assert f"bytes: {MAX_CHARACTERS:,} tokens" in said  # all counted, not all drawn
    assert said.count("x|120|") == MAX_CHIPS
    assert f"… and {MAX_CHARACTERS - MAX_CHIPS:,} more" in said


def test_explorer_speaks_of_nothing_to_show():
    assert "Type some text." in read(token_explorer_view("", {"bytes": BYTES}))
    assert "Tick a tokenizer." in read(token_explorer_view("a", {}))
    with pytest.raises(PocketError):
        token_explorer("a", {})


@settings(max_examples=40)
@given(st.text(st.characters(), max_size=30))
def test_any_text_gives_well_formed_html(text):
    read(token_explorer_view(text, {"ours": LOW, "real": REAL}))
    if text:
        read(merge_steps_view(text, LOW, 3))


def test_explorer_follows_text_and_check_boxes():
    explorer = token_explorer("low", {"ours": LOW, "bytes": BYTES})
    area, ours, _ = explorer.controls
    assert "ours: 1 token" in read(explorer.picture.value)
    area.value = "low low"
    assert "ours: 2 tokens" in read(explorer.picture.value)
    ours.value = False
    assert "ours" not in explorer.picture.value and "bytes: 7 tokens" in read(explorer.picture.value)
    assert all(control.description for control in explorer.controls)


def test_explorer_offers_examples_and_follows_what_is_typed():
    explorer = token_explorer("low", {"ours": LOW}, ["low", "lower low"])
    menu, area = explorer.children[0], explorer.controls[0]
    assert menu.value == "low"
    menu.value = "lower low"
    assert area.value == "lower low" and "ours: 3 tokens" in read(explorer.picture.value)
    area.value = "lowest"
    assert menu.value is None and area.value == "lowest"
    area.value = "low"
    assert menu.value == "low"


def test_an_encoding_that_is_only_recorded_says_which_texts_it_knows():
    known = Recorded("GPT-0", {"low": ((7, b"lo"), (8, b"w"))})
    assert "GPT-0: 2 tokens" in read(token_explorer_view("low", {"GPT-0": known}))
    said = read(token_explorer_view("lower", {"ours": LOW, "<GPT-0>": known}))
    assert "ours: 2 tokens" in said and "<GPT-0>|: GPT-0 is recorded for the examples only" in said


def test_stepper_says_what_was_merged_and_what_comes_next():
    start = read(merge_steps_view("low low lower", LOW, 0))
    assert "After 0 of 4 merges: 13 tokens| for 13 bytes" in start
    assert "Vocabulary: 256 bytes + 0 merges = 256 ids" in start
    assert "Nothing is merged yet" in start
    assert "Next: |l| + |o|, 3 pairs in this text" in start
    assert start.count("|next|") == 6 and "|new|" not in start  # both halves of three pairs

    first = read(merge_steps_view("low low lower", LOW, 1))
    assert "After 1 of 4 merges: 10 tokens| for 13 bytes" in first
    assert "Just merged: |l| + |o| → |lo|, id 256, replaced 3 pairs in this text" in first
    assert "Next: |lo| + |w|, 3 pairs in this text" in first
    assert first.count("|new|") == 3

    assert "There are no more merges." in read(merge_steps_view("low low lower", LOW, 4))


def test_stepper_takes_a_list_of_merges_learnt_elsewhere():
    html = merge_steps_view("aaa", [(97, 97), (98, 98)], 1)
    assert html == merge_steps_view("aaa", Tokenizer([(97, 97), (98, 98)], ()), 1)
    said = read(html)
    assert "replaced 1 pair in this text" in said and "0 pairs in this text" in said


def test_overlapping_pairs_are_marked_as_they_will_be_merged():
    assert read(merge_steps_view("aaa", [(97, 97)], 0)).count("|next|") == 2


def test_stepper_escapes_the_text():
    assert "<script>" not in "".join(merge_steps_view(FORGED, [(60, 115)], step) for step in (0, 1))


@given(st.text("abc é", min_size=2, max_size=40))
def test_stepper_learns_the_merges_that_training_learns(text):
    merges = widgets._learn([chunk.encode() for chunk in split(text)], 5)
    assert merges == Tokenizer.train(text, 256 + len(merges), special_tokens=()).merges


def test_stepper_moves_by_slider_and_by_buttons_which_rest_at_the_ends():
    stepper = merge_stepper("low low lower", n_merges=3)
    assert stepper.back.disabled and not stepper.forward.disabled
    stepper.forward.click()
    assert stepper.picture.value == merge_steps_view("low low lower", Tokenizer(LOW.merges[:3], ()), 1)
    assert stepper.slider.value == 1 and not stepper.back.disabled
    stepper.slider.value = 3
    assert stepper.forward.disabled
    stepper.back.click()
    assert stepper.slider.value == 2 and not stepper.forward.disabled
    assert merge_stepper("ab", n_merges=50).slider.max == 1  # no more pairs than these


def test_stepper_leaves_stills_where_no_kernel_runs(monkeypatch):
    publisher = CapturingDisplayPublisher()
    monkeypatch.setattr(InteractiveShell.instance(), "display_pub", publisher)
    try:
        merge_stepper("low low lower", n_merges=4)._ipython_display_()
    finally:
        InteractiveShell.clear_instance()
    (output,) = publisher.outputs
    assert re.findall(r"After (\d) of 4", output["data"]["text/html"]) == ["0", "2", "4"]
    assert output["data"]["text/plain"].startswith("Merge stepper over 4 merges")


@pytest.mark.parametrize("text", ["", "x" * 401])
def test_stepper_refuses_texts_too_short_or_too_long(text):
    with pytest.raises(PocketError, match="1 to 400"):
        merge_stepper(text)
    with pytest.raises(PocketError, match="1 to 400"):
        merge_steps_view(text, LOW, 0)


def test_a_watched_run_is_trained_and_its_results_come_back(capsys):
    corpus = text_corpus("The owl sees the sea.\n" * 400, tokenizer=LOW_WITH_MARKS)
    run = prepare(corpus, Recipe(depth=1, context=16, batch_size=2, steps=5, precision="fp32"))
    results = watch(run)
    assert run.last.step == 5 and results == run.results()
    assert "Finished" in capsys.readouterr().out


def test_stepper_refuses_what_it_cannot_step_through():
    with pytest.raises(PocketError, match="0 to 4"):
        merge_steps_view("low", LOW, 5)
    with pytest.raises(PocketError, match="two letters"):
        merge_stepper("4 2")  # digits and blanks are chunks of one byte
