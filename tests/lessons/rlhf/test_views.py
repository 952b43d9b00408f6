"""Figures and tables of notebook 07: their words, numbers and alternative texts, from made-up runs."""

import random
import xml.etree.ElementTree as ET

import pytest

from pocketgpt.evaluation.metrics import score
from pocketgpt.rlhf.little_stories import little_story
from pocketgpt.rlhf.pairs import Pair
from pocketgpt.rlhf.raters import FEATURES, make_crowd
from pocketgpt.world import load_tables
from pocketgpt_lessons.rlhf import experiments, views
from pocketgpt_lessons.rlhf.own_judge import LOOKS_AT, OwnJudge

GAINS = {"that sentence left out": -0.5, "six happy ends": 2.0}


def made_up(seed: int) -> dict:
    """A run whose practice falls without a leash and stays with one."""

    def curve(truths):
        return [
            {"x": i, "score": float(i), "truth": t, "pick": t, "rest": t, "half": 0.3, "kl": 0.5 * (i - 1)}
            for i, t in enumerate(truths, start=1)
        ]

    up_and_down = [1 + 0.1 * seed, 2, 2, 2, 2, 1, 0, -1, -2, -2, -2, -2]
    at_end = {"score": 2.0, "truth": 2.5, "kl": 4.0}
    return {
        "judge": {"n": 500, "right own": 350.5, "right 24": 265, "right 1000": 340 + seed},
        "gains": {name: gain + 0.1 * seed for name, gain in GAINS.items()},
        "best": [{"n": n, "x": n**0.5, "score": 1.0 + n / 100, "truth": 1.5} for n in experiments.CHOICES],
        "leash 0": curve(up_and_down),
        "leash 0.1": curve([1.0, 2.0] * 6),
        "leash 0.3": curve([1.0, 2.0] * 6),
        "leash 1": curve([1.5] * 12),
        "patched": curve([2.0] * 12),
        "start": {"score": 1.0, "truth": 1.2, "kl": -1e-9},
        "direct": at_end,
    }


@pytest.fixture(scope="module")
def runs():
    return [made_up(seed) for seed in range(3)]


@pytest.fixture(scope="module")
def crowd():
    return make_crowd(load_tables())


def title_of(figure) -> str:
    return " ".join(figure.get_suptitle().split())


def read(html: str) -> str:
    """The words of a table; fails unless the HTML is well-formed."""
    return " ".join("|".join(ET.fromstring(html).itertext()).split())


def test_titles_say_what_the_runs_show(runs):
    figure, alt = views.accuracies(runs, score("yours", [True] * 140 + [False] * 60), 0.77)
    assert "five numbers 70%, a GPT 53%; from 1,000: a GPT 68%" in title_of(figure)
    assert "yours: 70%" in alt and "noise allows: 77%" in alt and len(figure.axes[0].patches) == 5
    figure, alt = views.leashes(runs, {0: runs[0]["leash 0"]})
    assert "yours, KL weight 0" in alt and "yours, KL weight 0" in figure.get_label()
    assert "in 3 of 3 runs without a leash, in 0 with KL weight 0.3 (recorded)" in title_of(figure)
    assert "KL weight 0: −2.0 at the end" in alt
    figure, alt = views.both_ways(runs)
    title = "Recorded: practice without a leash ends at a true score of −2.0 to −2.0, best-of-n at 1.5 to 1.5"
    assert title in title_of(figure) and "practice: score ends at 12.0 to 12.0" in alt


def test_a_gain_stands_beside_the_rules(runs):
    found = {name: [gain, gain + 0.2] for name, gain in GAINS.items()}
    rule = {"that sentence left out": [0.0, 0.0], "six happy ends": [-4.0, -5.0]}
    figure, alt = views.gains(found, rule, runs)
    assert "six happy ends get 2.1 points of score, by the rule −4.5" in title_of(figure)
    assert "that sentence left out (rule: 0.0): −0.40, recorded −0.5 to −0.3" in alt


def test_all_ways_stand_in_one_table(runs):
    html, alt = views.methods(runs)
    said = read(html)
    for words in ("best of 256", "at most 4.5", "practice, KL weight 0.3", "patched", "DPO", "2.5 (2.5 to 2.5)"):
        assert words in said
    assert "usual stories: 0.0, 1.0, 1.2" in alt
    assert "−0.0" not in said


def test_a_judge_of_ones_own_is_shown_beside_the_crowds(crowd):
    script = load_tables().stories
    stories = [little_story(random.Random(i), script) for i in range(200)]
    pairs = crowd.judge([Pair("Q", *both) for both in zip(stories[::2], stories[1::2], strict=True)])
    own = OwnJudge(crowd.reader, [0.1, 1.0, -1.25, 0.0, 2.0])
    html, alt = views.own_taste(own, crowd, pairs)
    assert all(name in read(html) for name in LOOKS_AT)
    assert "something said: −1.2" in alt


def test_the_rule_and_three_raters(crowd):
    html, alt = views.tastes(crowd)
    assert all(name in read(html) for name in FEATURES)
    assert "repetition: −4.0" in alt and "30 raters" in alt


def test_the_best_of_n_is_drawn_by_its_distance():
    points = [{"n": n, "score": float(n), "truth": 1.0} for n in (1, 4)]
    figure, alt = views.chosen(points, 400)
    assert [round(x, 2) for x in figure.axes[0].lines[0].get_xdata()] == [0, 0.8]
    assert "best of 4: score 4.00, true 1.00" in alt
