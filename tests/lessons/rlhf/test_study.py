"""The study behind notebook 07: its parts by hand, and the whole of it on a tiny model."""

import random
from dataclasses import asdict, replace

import pytest
import torch
from tiny import tiny_model

from pocketgpt import checkpoints
from pocketgpt.rlhf.best_of_n import best_of_n_kl
from pocketgpt.rlhf.pairs import Pair
from pocketgpt.rlhf.raters import make_crowd, sentences_of
from pocketgpt.rlhf.reward_model import RewardModel
from pocketgpt.tokenizer import Tokenizer
from pocketgpt.world import load_tables
from pocketgpt_lessons import evidence
from pocketgpt_lessons.rlhf import experiments, study, views


def test_a_fall_by_hand():
    rows = enumerate(((0, 0), (2, 1), (4, 3), (3, 2), (1, 1), (1, 0)), start=1)
    curve = [{"x": i, "pick": pick, "rest": rest, "half": 0.3} for i, (pick, rest) in rows]
    found = experiments.fall(curve, width=2)
    assert (found["step"], found["peak"], found["end"], found["lost"]) == (4, 2.5, 0.5, 2.0)
    assert found["half"] == pytest.approx(0.3)  # 0.3 / √2 at both ends
    risen = experiments.fall(curve[:3], width=2)
    assert (risen["lost"], risen["step"]) == (0, 3)
    assert experiments.fall(curve[:2], width=4)["peak"] == 0.5  # stopped early


def test_a_lucky_step_is_no_peak():
    luck = torch.randn(200, 28, 2, generator=torch.Generator().manual_seed(0)).tolist()
    lost = []
    for run in luck:  # nothing rises or falls here
        curve = [{"x": i, "pick": a, "rest": b, "half": 1.96} for i, (a, b) in enumerate(run)]
        found = experiments.fall(curve)
        lost.append(found["lost"] > found["half"])
    assert sum(lost) / 200 < 0.08


def test_the_best_of_n_out_of_many_by_hand():
    one, two, four = experiments.best_of([1.0, 2.0, 3.0, 4.0], [5.0, 0.0, 1.0, 2.0])[:3]
    assert (one["score"], one["truth"]) == (2.5, 2.0)
    assert two["truth"] == pytest.approx((0 + 1 + 1 + 2 + 2 + 2) / 6)  # the better-scored of each of six pairs
    assert (four["n"], four["score"], four["truth"]) == (4, 4.0, 2.0)
    assert len(experiments.best_of([1.0, 2.0, 3.0, 4.0], [0.0] * 4)) == 3  # no more than there are


def test_versions_of_a_story_differ_by_what_the_rule_pays_for():
    tables = load_tables()
    crowd = make_crowd(tables)
    gains = experiments.part_gains(lambda texts: [crowd.truth(text) for text in texts], tables)
    assert experiments.CONTROL not in gains
    for name, gain in (("that sentence left out", 0), ("an animal", 1), ("something said", 1), ("something sweet", 1)):
        assert gains[name] == pytest.approx([gain] * 24)
    assert gains["a happy end"] == pytest.approx([1.5] * 24)
    assert max(gains["six happy ends"]) < -1
    sentences = experiments.variants(tables, random.Random(0))
    assert len({len(sentences_of(text)) for name, text in sentences.items() if name.startswith(("a", "so"))}) == 1


def test_the_gap_of_a_story_is_the_divergence_on_average():
    tokenizer = Tokenizer([])
    start, model = (tiny_model(seed, vocab_size=tokenizer.vocab_size, context=256) for seed in (0, 1))
    stories, exact = experiments.both_logprobs(model, model, tokenizer, seed=0)
    assert exact == pytest.approx(0, abs=1e-4) and all(now == before for now, before in stories)
    stories, exact = experiments.both_logprobs(model, start, tokenizer, seed=0)
    assert len(stories) == 128
    gaps = [sum(now) - sum(before) for now, before in stories]
    assert sum(gaps) / len(gaps) == pytest.approx(exact, abs=4 * experiments.half_width(gaps) / 1.96)


def test_half_width_is_that_of_a_mean():
    values = torch.randn(4000, generator=torch.Generator().manual_seed(0)).tolist()
    assert experiments.half_width(values) == pytest.approx(1.96 / 4000**0.5, rel=0.05)


class Fixed(RewardModel):
    """A judge that likes long answers."""

    def __init__(self):
        torch.nn.Module.__init__(self)
        self.embed = torch.nn.Embedding(1, 1)

    def rate(self, tokenizer, questions, answers, batch=128):
        return [len(answer) / 10 for answer in answers]


def test_calibration_counts_the_favourites_that_won():
    pairs = [Pair("Q", "a" * 30, "b", first_wins=i > 0) for i in range(4)] + [Pair("Q", "a", "b", True)]
    close, sure = experiments.calibration(Fixed(), None, pairs)
    assert (close["n"], close["right"], close["x"]) == (1, 0, 0.5)  # a tie is no favourite of the first
    assert (sure["n"], sure["right"]) == (4, 3)
    assert sure["x"] == pytest.approx(1 / (1 + 2.718281828**-2.9), rel=1e-4)


def test_patches_pair_a_plain_story_with_a_spoilt_one():
    crowd = make_crowd(load_tables())
    plain, spoilt = ["Mia went to the lake. They went home."], ["They laughed. " * 8]
    pairs = experiments.patch_pairs(plain, spoilt, crowd, seed=0)
    assert len(pairs) == experiments.BAD
    assert all({p.first, p.second} == {*plain, *spoilt} for p in pairs)
    assert 0.3 < sum(p.first in plain for p in pairs) / len(pairs) < 0.7
    assert sum(p.better in plain for p in pairs) / len(pairs) > 0.9


@pytest.fixture
def small(monkeypatch):
    """All sizes as small as they can be."""
    sizes = {
        "LESSON": replace(experiments.LESSON, steps=2, batch_size=2),
        "PLEASE": replace(experiments.PLEASE, steps=4, prompts=2, rollouts=4, max_tokens=6),
        "DIRECT": replace(experiments.DIRECT, steps=2),
    }
    sizes |= {"STORY_TOKENS": 6, "CLICKS": 4, "MANY": 8, "UNSEEN": 8, "BAD": 4, "SETS": 2, "TOLD": 1}
    for name, value in (sizes | {"CHOICES": (1, 4), "LEASHES": (0.5,)}).items():
        monkeypatch.setattr(experiments, name, value)


def test_one_seed_holds_what_the_notebook_draws(small, monkeypatch):
    tokenizer = Tokenizer([])
    model = tiny_model(0, vocab_size=tokenizer.vocab_size, context=256)

    def pairs(model, tokenizer, draw, n, *_):
        return [Pair("Q", "They laughed." * (1 + i % 3), "Mia was sad.") for i in range(n)]

    monkeypatch.setattr(experiments, "sample_pairs", pairs)
    before = [p.clone() for p in model.parameters()]
    run = study.one_seed(model, tokenizer, load_tables(), seed=0)
    assert all(torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True))
    assert [p["x"] for p in run["leash 0"]] == [1, 2, 3, 4] == [p["x"] for p in run["leash 0.5"]]
    assert run["leash 0"][0]["kl"] == pytest.approx(0, abs=1e-4)  # the first step starts at the reference
    assert len(run["patched"]) == 4 and len(run["stories"]) == 2
    assert set(run["gains"]) == set(experiments.variants(load_tables(), random.Random(0))) - {experiments.CONTROL}
    assert 0 <= run["judge"]["right own"] <= run["judge"]["n"] == 8
    assert [p["x"] for p in run["best"]] == [best_of_n_kl(n) ** 0.5 for n in (1, 4)]
    assert run["best"][1]["score"] >= run["best"][0]["score"]
    assert run["start"]["kl"] == pytest.approx(0, abs=1e-4)
    assert run["direct"]["kl"] > 0


def test_a_judge_of_ones_own_can_be_pleased_too(small):
    tokenizer, crowd = Tokenizer([]), make_crowd(load_tables())
    own = experiments.own_judge(crowd.judge([Pair("Q", "They laughed.", "Mia was sad.")]), crowd)
    model = tiny_model(0, vocab_size=tokenizer.vocab_size, context=256)
    looks = list(experiments.looked_at(experiments.please(model, tokenizer, own), crowd))
    assert len(looks) == 4 and looks[0].stories[0].score == own.score(looks[0].stories[0].text)


# --- The shipped evidence -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def runs():
    return evidence.evidence_of("07")["runs"]


def test_the_shipped_evidence_belongs_to_the_shipped_base():
    base, _, _ = checkpoints.load("base", own=False)
    found = evidence.evidence_of("07")
    assert found["base"] == evidence.fingerprint(base)
    assert found["lesson"] == asdict(experiments.LESSON) and found["please"] == asdict(experiments.PLEASE)
    assert found["pairs"] == experiments.MANY
    assert [run["seed"] for run in found["runs"]] == [0, 1, 2, 3, 4]


def test_two_dozen_comparisons_teach_five_numbers_and_a_thousand_a_gpt(runs):
    clicks, many = f"right {experiments.CLICKS}", f"right {experiments.MANY}"
    for judge in (run["judge"] for run in runs):
        own, few, learned = (judge[key] / judge["n"] for key in ("right own", clicks, many))
        assert few < own and few < learned
        assert learned >= 0.8 * judge["ceiling"]


def test_a_reward_model_that_is_mostly_right_pays_for_length_and_misses_most_of_the_rule(runs):
    for gains in (run["gains"] for run in runs):
        assert gains["that sentence left out"] < -0.1
        others = [gains[name] for name in ("an animal", "something said", "something sweet")]
        assert max(others) < 0.5 and gains["a happy end"] > max(others)


def test_without_a_leash_the_true_score_falls_in_every_seed_while_the_score_climbs(runs):
    assert views.fallen(runs, "leash 0") == len(runs)
    for run in runs:
        first, end = run["leash 0"][0], experiments.ending(run["leash 0"])
        held = experiments.ending(run[f"leash {experiments.LIVE_LEASH:g}"])
        assert end["score"] > first["score"] + 0.5
        assert held["truth"] > max(end["truth"], run["start"]["truth"]) and held["kl"] < end["kl"]


def test_what_needs_no_practice_helps_too(runs):
    for run in runs:
        best = {point["n"]: point["truth"] for point in run["best"]}
        assert best[16] > best[1] + 0.5
        assert run["direct"]["truth"] > run["start"]["truth"] + 0.5
