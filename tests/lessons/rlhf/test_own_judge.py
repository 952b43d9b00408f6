"""A judge in five numbers: it learns whatever taste the choices show, and gives scores as a reward model does."""

import random

import pytest

from pocketgpt.rlhf.little_stories import little_story
from pocketgpt.rlhf.pairs import Pair
from pocketgpt.rlhf.raters import make_crowd
from pocketgpt.world import load_tables
from pocketgpt_lessons.rlhf.exercises import LEARN_TASTE
from pocketgpt_lessons.rlhf.own_judge import LOOKS_AT, RATE, STEPS, OwnJudge, differences, learn_taste, noticed


@pytest.fixture(scope="module")
def crowd():
    return make_crowd(load_tables())


@pytest.fixture(scope="module")
def pairs():
    script = load_tables().stories
    stories = [little_story(random.Random(i), script) for i in range(400)]
    return [Pair("Q", first, second) for first, second in zip(stories[::2], stories[1::2], strict=True)]


def judge_of(crowd, judged) -> OwnJudge:
    return OwnJudge(crowd.reader, learn_taste(*differences(crowd.reader, judged), STEPS, RATE))


def test_it_notices_five_things(crowd):
    story = 'Mia went to the lake. "Look!" said Mia. There was a wise owl. They ate honey cake. They laughed.'
    assert noticed(crowd.reader, story) == [5, 1, 1, 1, 1]
    assert noticed(crowd.reader, "Mia went to the lake. They went home.") == [2, 0, 0, 0, 0]
    assert len(LOOKS_AT) == 5


def test_it_learns_the_taste_of_whoever_chose(crowd, pairs):
    for sign in (1, -1):  # somebody who always takes the shorter story, or the longer one
        chosen = [pair.judged(sign * len(pair.first) < sign * len(pair.second)) for pair in pairs[:24]]
        judge = judge_of(crowd, chosen)
        assert sign * judge.weights[0] < -0.5
        new = [pair.judged(sign * len(pair.first) < sign * len(pair.second)) for pair in pairs[100:]]
        assert judge.right(new) > 0.75 * len(new)


def test_the_crowds_choices_teach_what_the_rule_pays_for(crowd, pairs):
    judge = judge_of(crowd, crowd.judge(pairs))
    length, *others = judge.weights
    assert min(others) > 0.5 > abs(length)
    assert max(others) == others[-1]  # the happy end, as by the rule


def test_scores_are_those_of_a_reward_model(crowd):
    judge = OwnJudge(crowd.reader, [0.5, 0, 0, 0, 2.0])
    stories = ["Mia went to the lake. They laughed.", "Mia went to the lake."]
    assert judge.rate(None, ["Q", "Q"], stories) == [3.0, 0.5]
    assert judge.reward(None)([Pair("Q", "", "")] * 2, stories, random.Random(0)) == [3.0, 0.5]


def test_the_exercise_has_the_same_truth():
    for args in LEARN_TASTE.cases:
        assert learn_taste(*args) == pytest.approx(LEARN_TASTE.truth(*args))
