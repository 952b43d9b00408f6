"""Playground, tree of continuations and their figures: numbers on the page are right, and all text is escaped."""

import re
import xml.etree.ElementTree as ET
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from tiny import tiny_model

from pocketgpt.errors import PocketError
from pocketgpt_lessons.display.charts import lines_with_intervals
from pocketgpt_lessons.sampling.widgets import (
    DRAWS,
    MAX_LEAVES,
    NextProbabilities,
    continuation_tree,
    entropy_bits,
    likely_paths,
    path_probability,
    playground_view,
    sampling_playground,
    tree_view,
)

PIECES = [" Paris", " <script>", "\n", "&", " e"]
LOGITS = np.log([0.5, 0.25, 0.125, 0.0625, 0.0625])


def read(html: str) -> str:
    """The words on the page; fails unless the HTML is well-formed."""
    return " ".join("".join(f"{text}|" for text in ET.fromstring(f"<div>{html}</div>").itertext()).split())


def drawn(html: str) -> list[str]:
    return re.split(rf"{DRAWS} draws with seed \d+:", read(html))[1].strip("| ").split("|")


def test_entropy_of_coins_and_certainties():
    assert entropy_bits(np.array([0.5, 0.5])) == 1.0
    assert entropy_bits(np.array([1.0, 0.0])) == 0.0
    assert entropy_bits(np.full(1024, 1 / 1024)) == pytest.approx(10.0)


def test_playground_without_filters_changes_nothing():
    said = read(playground_view(LOGITS, PIECES.__getitem__))
    assert "5 of 5 tokens left" in said
    assert "entropy 1.88 bits before, 1.88 after" in said
    assert "␣Paris|50.0%|50.0%|" in said
    assert "cut off" not in said


def test_playground_strikes_out_what_is_cut_off_and_shares_the_rest():
    html = playground_view(LOGITS, PIECES.__getitem__, top_k=2)
    said = read(html)
    assert "2 of 5 tokens left" in said
    assert "␣Paris|50.0%|66.7%|" in said and "␣<script>|25.0%|33.3%|" in said
    assert html.count("<s>") == said.count("✗ cut off") == 3
    assert "<script>" not in html


def test_playground_applies_each_filter():
    def left(**options):
        return re.search(r"(\d) of 5 tokens", playground_view(LOGITS, PIECES.__getitem__, **options))[1]

    assert left(top_p=0.7) == "2" and left(top_p=0.8) == "3" and left(min_p=0.2) == "3"
    assert left(top_k=0, top_p=1.0) == "5"
    assert "␣Paris|50.0%|74.4%" in read(playground_view(LOGITS, PIECES.__getitem__, temperature=0.5))


def test_draws_follow_the_seed_and_come_only_from_what_is_left():
    first, again, other = (drawn(playground_view(LOGITS, PIECES.__getitem__, seed=s)) for s in (1, 1, 2))
    assert len(first) == DRAWS and first == again and first != other
    assert set(drawn(playground_view(LOGITS, PIECES.__getitem__, top_k=1))) == {"␣Paris"}


def test_tokens_without_a_bar_of_their_own_are_counted():
    said = read(playground_view(np.zeros(40), str, top_k=None, min_p=0.0))
    assert "28 others|70.0%|70.0%" in said
    logits = np.arange(40.0)
    assert "28 others|under 0.1%|–|0 left" in read(playground_view(logits, str, top_k=12))


def test_playground_follows_its_prompt_and_its_sliders():
    model, letters = tiny_model(), Letters()
    playground = sampling_playground(model, letters, "ab", temperature=0.8, top_p=0.9)

    def view(prompt, *values):
        with torch.no_grad():
            logits = model(torch.tensor([[0, *letters.encode(prompt)]]))[0, -1]
        return playground_view(logits, lambda i: letters.decode([i]), *values)

    assert playground.picture.value == view("ab", 0.8, 0, 0.9, 0.0, 0)
    assert "pocket-widget" in playground._dom_classes
    for control, value in zip(playground.controls, ("ab\nc", 0.5, 2, 0.6, 0.9, 3), strict=True):
        before = playground.picture.value
        control.value = value
        assert playground.picture.value != before and control.description
    assert playground.picture.value == view("ab\nc", 0.5, 2, 0.6, 0.9, 3)


def test_playground_says_when_the_prompt_is_too_long_and_goes_on():
    playground = sampling_playground(tiny_model(), Letters(), "a" * 16)
    assert "Shorten the prompt: the model reads 16 tokens at most." in playground.picture.value
    playground.controls[0].value = ""
    assert "tokens left" in playground.picture.value


def fixed(rows):
    """The same distribution everywhere, as if the model took no notice of what stands before."""
    return [np.array([0.6, 0.3, 0.1])] * len(rows)


def test_paths_multiply_and_the_greedy_one_comes_first():
    paths = likely_paths(fixed, branches=2, depth=2)
    assert paths[0] == [(0, 0.6), (0, 0.6)]
    assert [round(path_probability(path), 2) for path in paths] == [0.36, 0.18, 0.18, 0.09]


def test_all_paths_of_all_tokens_add_up_to_one():
    assert sum(map(path_probability, likely_paths(fixed, branches=3, depth=2))) == pytest.approx(1)


def test_a_path_ends_after_the_end_token():
    paths = likely_paths(fixed, branches=2, depth=3, end=0)
    assert [[token for token, _ in path] for path in paths] == [[0], [1, 0], [1, 1, 0], [1, 1, 1]]


def test_only_the_likeliest_paths_are_kept_and_the_greedy_one_always():
    def trap(rows):
        """Each token is the likeliest at first sight, but what follows token 0 is spread thinly."""
        return [np.full(3, 1 / 3) if row and row[0] == 0 else np.array([0.4, 0.35, 0.25]) for row in rows]

    paths = likely_paths(trap, branches=3, depth=2, keep=3)
    assert [token for token, _ in paths[0]] == [0, 0]
    assert len(paths) == 3
    everything = likely_paths(trap, branches=3, depth=2, keep=100)
    others = sorted(map(path_probability, everything[1:]), reverse=True)[:2]
    assert sorted(map(path_probability, paths[1:]), reverse=True) == others


def test_probabilities_are_the_models_own_and_computed_once():
    model = tiny_model()
    ask = NextProbabilities(model, [5, 6])
    [row] = ask([(7,)])
    with torch.no_grad():
        truth = model(torch.tensor([[5, 6, 7]]))[0, -1].softmax(-1)
    np.testing.assert_allclose(row, truth, rtol=1e-5)
    ask.model = None  # a second time the model isn't asked
    assert ask([(7,)])[0] is row


def test_tree_shows_each_beginning_once_and_each_paths_probability():
    html = tree_view("The <b>", likely_paths(fixed, 2, 2), [" Paris", " <script>", "&"].__getitem__)
    assert "<script>" not in html and "<b>The" not in html
    texts = [element.text for element in ET.fromstring(f"<div>{html}</div>").iter() if element.tag.endswith("text")]
    assert texts.count("␣Paris") == 3 and texts.count("␣<script>") == 3  # 2 at the first level, 4 at the second
    assert [text for text in texts if text.startswith("36.0%")] == ["36.0% ★"]
    assert "Greedy path “␣Paris␣Paris”: 36.0%. All 4 paths shown: 81.0% together." in read(html)


def test_tree_needs_a_path():
    with pytest.raises(PocketError):
        tree_view("a", [], str)


class Letters:
    eot_id, vocab_size = 0, 300

    def encode(self, text):
        return [ord(letter) for letter in text]

    def decode(self, ids):
        return "".join("<|endoftext|>" if i == 0 else chr(i) for i in ids)


def test_tree_follows_its_sliders_and_bounds_its_leaves():
    tree = continuation_tree(tiny_model(), Letters(), "ab <script>"[:5], branches=1, depth=1)
    branches, depth = tree.controls
    assert "pocket-widget" in tree._dom_classes
    assert "All 1 paths" in tree.picture.value
    branches.value = 4
    assert "All 4 paths" in tree.picture.value
    depth.value = 5
    assert f"All {MAX_LEAVES} paths" in tree.picture.value
    assert "<script>" not in tree.picture.value


def test_tree_refuses_a_prompt_that_fills_the_context_and_odd_sizes():
    with pytest.raises(PocketError, match="Shorten"):
        continuation_tree(tiny_model(), Letters(), "a" * 12)
    with pytest.raises(PocketError, match="branches"):
        continuation_tree(SimpleNamespace(), Letters(), "a", branches=5)


def points(*pairs):
    return [{"x": x, "y": y, "low": y - 5, "high": y + 5} for x, y in pairs]


def test_lines_are_labelled_and_even_steps_keep_their_order():
    series = {"yours": points((0, 10), (100, 90)), "base": points((0, 5))}
    figure = lines_with_intervals(
        series, "More $ is more", "times read", "recited (%)", band=points((0, 8), (10, 50), (100, 95)), even=True,
        references={"chance": 3.0},
    )  # fmt: skip
    (axes,) = figure.axes
    assert [label.get_text() for label in axes.get_xticklabels()] == ["0", "10", "100"]
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels == ["where 9 of 10 fresh runs should lie", "reference runs: mean", "yours", "base", "chance"]
    [yours] = [line for line in axes.get_lines() if line.get_label() == "yours"]
    assert yours.get_xdata().tolist() == [0, 2]
    assert figure.get_suptitle() == r"More \$ is more"


def test_lines_without_intervals_keep_their_numbers():
    figure = lines_with_intervals({"a": [{"x": 16, "y": 2.5}, {"x": 32, "y": 3.5}]}, "T", "length", "ms")
    [line] = figure.axes[0].get_lines()
    assert (line.get_xdata().tolist(), line.get_ydata().tolist()) == ([16, 32], [2.5, 3.5])
    with pytest.raises(PocketError):
        lines_with_intervals({"a": []}, "T", "x", "y")
