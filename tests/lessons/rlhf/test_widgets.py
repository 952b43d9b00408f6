"""Ranking and the explorer of notebook 07: choices are kept, text is escaped, every control answers."""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from pocketgpt.errors import PocketError
from pocketgpt.rlhf.pairs import Pair
from pocketgpt.rlhf.raters import make_crowd
from pocketgpt.world import load_tables
from pocketgpt_lessons.rlhf import widgets
from pocketgpt_lessons.rlhf.experiments import Look, Told
from pocketgpt_lessons.rlhf.widgets import (
    ENOUGH,
    Ranking,
    agreement,
    explorer,
    explorer_view,
    two_curves,
    watch,
    with_repeats,
)

GOOD, DULL = ("Mia went to the lake. They ate honey cake. They laughed.", "Mia went to the lake. They went home.")


@pytest.fixture(scope="module")
def crowd():
    return make_crowd(load_tables())


def read(html: str) -> str:
    """The words on the page; fails unless the HTML is well-formed."""
    return " ".join("|".join(ET.fromstring(f"<div>{html}</div>").itertext()).split())


def pairs(n: int = 3) -> list[Pair]:
    return [Pair("A <story>?", f"{GOOD} <b>{i}</b>", f"{DULL} {i}") for i in range(n)]


# --- Ranking ------------------------------------------------------------------------------------------------


def test_the_crowd_judges_what_nobody_clicked(crowd):
    ranking = Ranking(pairs(), crowd, repeats=2)
    assert len(ranking.judged()) == 5
    assert all(pair.first_wins is not None for pair in ranking.judged())
    assert ranking.judged() == Ranking(pairs(), crowd, repeats=2).judged()


def test_clicks_are_kept_and_can_be_taken_back(crowd):
    ranking = Ranking(pairs(), crowd, repeats=1)
    shown = [ranking.picture.value]
    for button in (ranking.first, ranking.second, ranking.second, ranking.back):
        button.click()
        shown.append(ranking.picture.value)
    assert all(a != b for a, b in zip(shown, shown[1:], strict=False))  # each click shows
    assert ranking.choices == [True, False]
    assert [pair.first_wins for pair in ranking.judged()[:2]] == [True, False]
    for _ in range(9):
        ranking.first.click()
    assert len(ranking.choices) == 4
    assert ranking.first.disabled and ranking.second.disabled and not ranking.back.disabled
    assert "All pairs are ranked" in read(ranking.picture.value)


def test_agreement_by_hand(crowd):
    """The crowd clearly likes the first story better; its swapped copy comes last."""
    asked = with_repeats(pairs(), repeats=1)
    faithful = [pair.judged(first) for pair, first in zip(asked, (True, True, False, False), strict=True)]
    found = agreement(faithful, crowd, repeats=1)
    assert (found.with_crowd, found.of, found.with_self, found.twice) == (3, 4, 1, 1)
    fickle = [*faithful[:3], asked[3].judged(True)]
    assert (agreement(fickle, crowd, 1).with_crowd, agreement(fickle, crowd, 1).with_self) == (2, 0)


def test_a_judge_learns_from_the_learner_alone_once_there_are_enough_clicks(crowd):
    ranking = Ranking(pairs(15), crowd, repeats=1)
    assert ranking.comparisons() == ranking.judged() and len(ranking.comparisons()) == 16
    assert "from the simulated crowd" in ranking.source()
    for _ in range(ENOUGH - 1):
        ranking.second.click()
    assert len(ranking.comparisons()) == 16 and "11 choices and 5 from the simulated crowd" in ranking.source()
    ranking.second.click()
    mine = ranking.comparisons()
    assert len(mine) == ENOUGH and not any(pair.first_wins for pair in mine)
    assert "your 12 choices, and from nobody else's" in ranking.source()


def test_a_ranking_needs_pairs(crowd):
    with pytest.raises(PocketError, match="at least 4 pairs"):
        Ranking(pairs(), crowd)


def test_stories_are_escaped(crowd):
    assert "<b>0</b>" in read(Ranking(pairs(), crowd, repeats=1).picture.value)


# --- Pleasing -----------------------------------------------------------------------------------------------


def run(n: int = 4, sign: float = 1.0) -> list[Look]:
    told = (Told("They <i>laughed</i>.", 2.5, -1.5), Told("Mia.", 0.25, 0.0))
    return [Look(i, i + 0.5, sign * i, 0.0, 0.0, 0.1, 2.0 * i, 30.0, told) for i in range(1, n + 1)]


def test_the_explorer_shows_a_step_and_its_stories():
    said = read(explorer_view(run(), 3))
    for words in ("Step 3", "score 3.50", "true score 3.00", "6.0 nats", "They <i>laughed</i>.", "−1.50"):
        assert words in said
    assert "Mia." not in read(explorer_view(run(), 3, shown=1))
    with pytest.raises(PocketError, match="step from 1 to 4"):
        explorer_view(run(), 5)


def test_curves_rise_with_their_values():
    lines = re.findall(r'polyline points="([^"]+)"', two_curves(run(), 1))
    assert len(lines) == 2
    for line in lines:
        points = [tuple(map(float, point.split(","))) for point in line.split()]
        assert [x for x, _ in points] == sorted(x for x, _ in points)
        assert [y for _, y in points] == sorted((y for _, y in points), reverse=True)  # up is less


def test_every_control_of_the_explorer_answers():
    viewer = explorer({"free": run(), "held": run(6, -1.0)})
    slider, menu = viewer.controls
    assert slider.max == 4  # steps that all runs have
    before = viewer.picture.value
    slider.value = 2
    middle = viewer.picture.value
    menu.value = "held"
    assert len({before, middle, viewer.picture.value}) == 3
    with pytest.raises(PocketError, match="at least one run"):
        explorer({})


def test_the_labels_of_two_curves_never_cover_each_other():
    same = [replace(look, score=1.0, truth=1.0 + 0.01 * look.step) for look in run()]
    heights = [float(y) for y in re.findall(r'y="([\d.]+)" font-size="12"', two_curves(same, 1))]
    assert len(heights) == 2 and abs(heights[0] - heights[1]) > 13.9


def test_a_page_without_a_kernel_shows_first_step_peak_and_last(monkeypatch):
    shown = []
    monkeypatch.setattr(widgets, "display_with_fallback", lambda widget, html, text: shown.append(html))
    looks = [replace(look, truth=float(-abs(look.step - 2))) for look in run()]
    explorer({"free": looks})._ipython_display_()
    said = read(shown[0])
    assert [step for step in range(1, 5) if f"Step {step}:" in said.replace("|", "")] == [1, 2, 4]


def test_a_stopped_run_keeps_its_steps():
    def looks():
        yield from run(2)
        raise KeyboardInterrupt

    assert [look.step for look in watch(looks(), 4)] == [1, 2]
    with pytest.raises(PocketError, match="before its second step"):
        watch(iter(run(1)), 4)
