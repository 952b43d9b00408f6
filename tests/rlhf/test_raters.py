"""Little stories, and a crowd that compares them by a hidden rule."""

import random

import numpy as np
import pytest

from pocketgpt.errors import PocketError
from pocketgpt.rlhf.little_stories import REQUESTS, little_story, story_conversations
from pocketgpt.rlhf.pairs import Pair
from pocketgpt.rlhf.raters import WEIGHTS, make_crowd, make_reader, repeated_share
from pocketgpt.world import load_tables


@pytest.fixture(scope="module")
def tables():
    return load_tables()


@pytest.fixture(scope="module")
def stories(tables):
    return [little_story(random.Random(i), tables.stories) for i in range(400)]


@pytest.fixture(scope="module")
def crowd(tables):
    return make_crowd(tables)


# --- Stories and their readers ------------------------------------------------------------------------------


def test_little_stories_are_of_this_world_and_differ(stories, tables):
    reader = make_reader(tables)
    features = np.array([reader.features(story) for story in stories])
    assert len(set(stories)) > 380
    assert not features[:, 6].any()  # no nonsense
    assert (features[:, :4].std(0) > 0.4).all()
    assert not features[:, 4].any() and (features[:, 5] < 0.15).all()
    assert all(5 <= len(story.split()) <= 40 for story in stories)


def test_story_conversations(tables):
    talks = story_conversations(tables, 8)
    assert talks == story_conversations(tables, 8) != story_conversations(tables, 8, seed=1)
    assert all(question.content in REQUESTS for question, _ in talks)


GOOD = 'Mia went to the lake. Then a small frog came along. "Look!" said Mia. They ate honey cake. They laughed.'


def test_the_rule_by_hand(crowd):
    assert crowd.truth(GOOD) == pytest.approx(4.5)
    assert crowd.truth(GOOD.replace("small frog", "small girl")) == pytest.approx(3.5 - 1 / 5)
    assert crowd.truth(GOOD.replace("They laughed", "They went home")) == pytest.approx(3.0)
    assert crowd.truth("Mia went to the lake. They went home.") == 0
    assert crowd.truth("Mia wqent to the lake. They went home.") == pytest.approx(-0.5)


def test_the_rule_likes_what_it_should(crowd):
    truth = crowd.truth(GOOD)
    worse = [GOOD.replace("They ate honey cake. ", ""), GOOD.replace('"', ""), "Mia went to the lake.", ""]
    assert all(crowd.truth(story) < truth - 0.4 for story in worse)


def test_more_of_the_same_is_not_better(crowd):
    truth = crowd.truth(GOOD)
    overdone = [
        GOOD + " They laughed." * 6,
        " ".join([GOOD] * 3),
        GOOD + " They met a kind goat. They met a big brown cow. They met a wise owl.",
        GOOD.replace("They ate", "They laughe ate"),
        "frog " * 40,
        "",
    ]
    assert all(crowd.truth(story) < truth - 0.15 for story in overdone)


def test_repeated_runs_of_words():
    assert repeated_share("a b c d".split()) == repeated_share([]) == repeated_share(["a"]) == 0
    assert repeated_share("a b c a b c".split()) == pytest.approx(1 / 4)


def pairs_of(stories) -> list[Pair]:
    return [Pair("A story?", a, b) for a, b in zip(stories[::2], stories[1::2], strict=True)]


def test_a_crowd_chooses_as_often_as_its_chances_say(crowd, stories):
    pairs = pairs_of(stories)[:20]
    votes = np.mean([[p.first_wins for p in crowd.judge(pairs, seed)] for seed in range(400)], axis=0)
    expected = crowd.chances(pairs).mean(1)
    assert np.abs(votes - expected).max() < 4 * 0.5 / 20
    assert np.std(expected) > 0.2


def test_nobody_beats_the_ceiling(crowd, stories):
    pairs = pairs_of(stories)
    ceiling = crowd.ceiling(pairs)
    differences = np.array([crowd.truth(p.first) - crowd.truth(p.second) for p in pairs])
    right = [
        np.mean([(d > 0) == p.first_wins for d, p in zip(differences, crowd.judge(pairs, seed), strict=True)])
        for seed in range(30)
    ]
    assert 0.7 < ceiling < 0.95
    assert ceiling - 0.03 < np.mean(right) < ceiling + 0.01
    assert crowd.agreement(pairs) < ceiling


def test_a_crowd_of_one_mind(tables, stories):
    crowd = make_crowd(tables, raters=2, disagreement=0.0, noise=1e-6)
    pairs = [p for p in pairs_of(stories) if abs(crowd.truth(p.first) - crowd.truth(p.second)) > 0.01]
    assert np.allclose(crowd.raters, WEIGHTS)
    assert crowd.ceiling(pairs) == crowd.agreement(pairs) == pytest.approx(1.0)
    assert all(p.first_wins == (crowd.truth(p.first) > crowd.truth(p.second)) for p in crowd.judge(pairs))


def test_a_crowd_needs_somebody(tables):
    with pytest.raises(PocketError, match="raters must be at least 1"):
        make_crowd(tables, raters=0)


def test_a_pair_has_a_better_one_once_it_is_judged():
    pair = Pair("A story?", "a", "b")
    assert (pair.judged(True).better, pair.judged(True).worse) == ("a", "b")
    assert (pair.judged(False).better, pair.judged(False).worse) == ("b", "a")
    with pytest.raises(PocketError, match="isn't judged yet"):
        pair.better  # noqa: B018
