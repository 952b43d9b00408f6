"""The task of notebook 03: a cut is tried before it writes, and what it writes is counted."""

import json
import re
from pathlib import Path

import pytest
import torch
from tiny import tiny_model

from pocketgpt.errors import PocketError
from pocketgpt.tokenizer import Tokenizer
from pocketgpt_lessons.sampling import own_cut

BYTES = Tokenizer([])
NOTEBOOK = Path(__file__).parents[3] / "notebooks" / "03_sampling.ipynb"


@pytest.fixture(scope="module")
def model():
    return tiny_model(vocab_size=BYTES.vocab_size, context=256)


def stub(probs): ...


def endless(probs):
    while True:
        pass


def likeliest(probs):
    return torch.nn.functional.one_hot(probs.argmax(), len(probs))


def as_list(probs):
    kept = [p if p > 1e-9 else 0.0 for p in probs.tolist()]
    return [p / sum(kept) for p in kept]


def in_place(probs):
    probs[probs < probs.max() / 10] = 0
    return probs / probs.sum()


def fixed_threshold(probs):
    kept = torch.where(probs > 0.02, probs, 0.0)  # nothing is left where all are equally likely
    return kept / kept.sum()


@pytest.mark.parametrize(
    ("cut", "words"),
    [
        (lambda probs: probs, ""),
        (likeliest, ""),
        (as_list, ""),
        (in_place, ""),
        (fixed_threshold, "keep one token at least"),
        (lambda probs: 2 * probs, "add up to 1"),
        (lambda probs: probs - 1, "none below 0"),
        (lambda probs: probs[:2], "as many numbers"),
        (lambda probs: "text", "it stops with"),
        (lambda probs: 1 / 0, "it stops with ZeroDivisionError"),
    ],
)
def test_a_cut_is_tried_before_it_writes(cut, words):
    problem = own_cut.problem_of(cut, 300)
    assert (words in problem) if words else problem == ""


def test_a_cut_that_never_ends_or_takes_long_is_not_used(monkeypatch):
    monkeypatch.setattr(own_cut, "LIMIT", 0.2)
    assert own_cut.problem_of(endless, 300) == "it doesn't come to an end"
    monkeypatch.setattr(own_cut, "SLOW", 0.0)
    assert "too slow" in own_cut.problem_of(likeliest, 300)


def test_cuts_write_side_by_side_as_each_would_alone(model):
    options = {"seed": 1, "n": 3, "max_tokens": 60}
    both = own_cut.write_pages([likeliest, lambda probs: probs], model, BYTES, **options)
    alone = [own_cut.write_pages([cut], model, BYTES, **options)[0] for cut in (likeliest, lambda probs: probs)]
    assert [len(pages) for pages in both] == [3, 3]
    assert both == alone
    assert both[0][0] == both[0][1] == both[0][2]  # greedy pages are all alike


def test_pages_are_cut_into_whole_lines():
    row = BYTES.encode("1 + 1 = 2\n\n3 + 4")
    assert own_cut._lines(row, BYTES) == ["1 + 1 = 2"]
    assert own_cut._lines([*row, BYTES.eot_id], BYTES) == ["1 + 1 = 2", "3 + 4"]


@pytest.mark.parametrize(
    ("line", "right"),
    [
        ("55 + 403 = 458", True),
        ("5 - 8 = -3", False),  # no page has one
        ("74 + 7: 4 + 7 = 11, write 1, carry 1. 7 + 0 + 1 = 8, write 8. So 74 + 7 = 81.", True),
        ("74 + 7: 4 + 7 = 11, write 1, carry 1. 7 + 0 + 1 = 8, write 8. So 74 + 7 = 71.", False),
        ("74 + 7: 4 + 7 = 11, write 1, carry 1. So 75 + 7 = 82.", False),  # another sum than it began with
        ("74 + 7", False),
        ("So 1 + 1 = 2.", False),
    ],
)
def test_a_line_is_right_if_it_is_a_sum_with_its_result(line, right):
    assert own_cut.is_right(line) == right


def test_a_cut_that_fails_on_a_page_is_told(model):
    def fails(probs):
        return probs if len(set(probs.tolist())) < 2 else 2 * probs

    with pytest.raises(PocketError, match="for a place in a page"):
        own_cut.write_pages([fails], model, BYTES, seed=0, n=2, max_tokens=5)


def test_a_stub_is_not_attempted_and_a_problem_is_told(model):
    assert own_cut.try_cut(stub, model, BYTES) == "Not attempted yet: `my_cut` returns nothing."
    assert own_cut.try_cut(lambda probs: 2 * probs, model, BYTES).startswith("Nothing written: its numbers")


def test_the_notebooks_stub_and_solution_run(model, monkeypatch, capsys):
    """As a learner would run them: the solution in the place of the stub."""
    monkeypatch.setattr(own_cut, "PAGES", 2)
    monkeypatch.setattr(own_cut, "PAGE_TOKENS", 40)
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    sources = ["".join(cell["source"]) for cell in cells]
    [at] = [i for i, source in enumerate(sources) if source.startswith("# Task: my_cut")]
    [solution] = re.findall(r"<summary>One solution.*?```python\n(.*?)```", sources[at + 1], re.DOTALL)
    space = {"base": model, "tokenizer": BYTES, "torch": torch}
    exec(sources[at], space)
    exec(solution + "\n" + sources[at].rpartition("\n")[2], space)
    first, top_p, own, *_ = capsys.readouterr().out.splitlines()
    assert first.startswith("Not attempted yet")
    assert top_p.startswith("top-p 0.9: ") and own.startswith("your cut: ")


def test_what_is_told_holds_the_counts(model, monkeypatch):
    pages = [[["1 + 1 = 2", "1 + 1 = 2"]], [["1 + 1 = 3", "2 + 2 = 4"], ["5 + 5 = 10", "7 + 1 = 8"]]]
    monkeypatch.setattr(own_cut, "write_pages", lambda *_: pages)
    told = own_cut.try_cut(likeliest, model, BYTES).splitlines()
    assert told[0].startswith("top-p 0.9: 0% of 2 lines are no right sum") and "50% repeat" in told[0]
    assert told[1].startswith("your cut: 25% of 4 lines") and "0% repeat" in told[1]
    assert told[3:] == ["    1 + 1 = 3", "    2 + 2 = 4"]
    monkeypatch.setattr(own_cut, "write_pages", lambda *_: [[[]], [[]]])
    assert "your cut: not a single whole line" in own_cut.try_cut(likeliest, model, BYTES)
