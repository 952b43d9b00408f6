"""What a learner's own functions are put to: which of them count, numberings, and the grade of a cleaning."""

import itertools
import re
from types import SimpleNamespace

import nbformat
import pytest
from notebook_runner import REPOSITORY

from pocketgpt.errors import PocketError
from pocketgpt.internet import detect_language, extract_text, quality, run_pipeline
from pocketgpt.internet.web_tables import load_web_data
from pocketgpt.world import load_tables
from pocketgpt_lessons.classroom.own_functions import passing
from pocketgpt_lessons.internet import experiments
from pocketgpt_lessons.internet.exercises import EXERCISES
from pocketgpt_lessons.internet.own_cleaning import Numbering, grade, grade_ours, numberings


@pytest.fixture(scope="module")
def pages():
    return experiments.live_crawl(load_tables(), pages=300)


def test_functions_that_pass_are_used_and_others_replaced():
    def jaccard(a, b):
        return len(a & b) / len(a | b) if a | b else 0

    def shingles(text, n):
        return set()

    mine = passing(EXERCISES, jaccard, shingles)
    assert mine.jaccard is jaccard
    assert mine.shingles("a b c", 2) == {"a b", "b c"}
    assert mine.told == "Yours: jaccard. Ours, until yours pass: shingles."

    def minhash(shingles, numberings): ...

    assert passing(EXERCISES, minhash).told == "Yours: none yet. Ours, until yours pass: minhash."
    assert passing(EXERCISES, jaccard).told == "Yours: jaccard."
    with pytest.raises(PocketError, match="names of exercises"):
        passing(EXERCISES, lambda a, b: 0)


def test_places_at_which_signatures_agree_estimate_the_jaccard_similarity():
    """The law behind MinHash (Broder 1997), on sets whose similarity is known: 30 of 90 are in both."""
    a, b = {f"s{i}" for i in range(60)}, {f"s{i}" for i in range(30, 90)}
    one, other = ([min(numbering[shingle] for shingle in some) for numbering in numberings(1000)] for some in (a, b))
    agree = sum(x == y for x, y in zip(one, other, strict=True)) / 1000
    assert agree == pytest.approx(1 / 3, abs=0.05)


def test_a_numbering_is_the_same_for_every_run_and_has_no_end():
    assert Numbering(1)["the owl"] == Numbering(1)["the owl"] != Numbering(2)["the owl"]
    assert len({Numbering(0)[f"s{i}"] for i in range(1000)}) == 1000
    assert Numbering(3)[("the", "owl")] == Numbering(3).get(("the", "owl"))
    with pytest.raises(PocketError, match="no end"):
        min(Numbering(0))


def test_a_cleaning_that_keeps_all_keeps_the_rubbish_and_one_that_keeps_nothing_loses_the_good(pages):
    everything = grade(dict, pages)
    for kept, n in (everything.good, everything.copies, everything.rubbish):
        assert kept == n > 0
    assert everything.addresses[0] > 0  # the HTML itself was kept
    nothing = grade(lambda given: {}, pages)
    assert {kept for kept, _ in (nothing.good, nothing.copies, nothing.rubbish, nothing.addresses)} == {0}
    assert str(nothing).startswith(f"kept: 0 of {nothing.good[1]} good pages, 0 of {nothing.copies[1]} copies, ")


def test_the_solution_in_the_notebook_keeps_good_pages_and_little_else(pages):
    notebook = nbformat.read(REPOSITORY / "notebooks" / "00_internet.ipynb", as_version=4)
    text = "\n".join(cell.source for cell in notebook.cells)
    [solution] = re.findall(r"One solution</summary>\s+```python\n(.*?)```", text, re.DOTALL)
    assert len(solution.splitlines()) <= 20
    space = {"extract_text": extract_text, "detect_language": detect_language, "quality": quality}
    space |= {"numberings": numberings, "blocked": load_web_data().blocked, "mine": ours()}
    exec(solution, space)
    done, everything = grade(space["my_clean"], pages), grade(dict, pages)
    assert done.good[0] > 0.9 * done.good[1]
    assert done.rubbish[0] < 0.2 * done.rubbish[1] and done.copies[0] < 0.3 * done.copies[1]
    assert done.addresses[0] < 0.1 * everything.addresses[0]


def ours():
    """Our functions in place of a learner's, as where none of theirs passes yet."""
    return SimpleNamespace(**{exercise.name: exercise.truth for exercise in EXERCISES})


def test_our_seven_stages_are_graded_alike(pages):
    results = run_pipeline(pages)
    ours = grade_ours(results, len(pages))
    texts = {fate.page.url: fate.masked for fate in results.fates if fate.dropped_by is None}
    assert ours == grade(lambda given: texts, pages)
    assert ours.good[0] > 0.9 * ours.good[1] and ours.rubbish[0] < 0.1 * ours.rubbish[1]


@pytest.mark.parametrize("kept", [None, ["https://a.example"], {"https://elsewhere.example": "x"}, {1: 2}])
def test_what_is_no_dictionary_of_texts_gets_a_sentence(pages, kept):
    with pytest.raises(PocketError, match="dictionary from a page's URL"):
        grade(lambda given: kept, pages)


def test_the_grader_hides_the_truth(pages):
    seen = []
    grade(lambda given: seen.extend(itertools.chain(*given)) or {}, pages)
    assert len(seen) == 2 * len(pages) and all(isinstance(part, str) for part in seen)
