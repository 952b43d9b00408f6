"""The study behind notebook 07: its parts by hand, and the whole of it on a tiny model."""

from dataclasses import asdict, replace

import pytest
import torch
from tiny import tiny_model

from pocketgpt import checkpoints
from pocketgpt.rlhf.best_of_n import best_of_n_kl
from pocketgpt.rlhf.pairs import Pair
from pocketgpt.rlhf.raters import make_crowd
from pocketgpt.rlhf.reward_model import RewardModel
from pocketgpt.tokenizer import Tokenizer
from pocketgpt.world import load_tables
from pocketgpt_lessons import evidence
from pocketgpt_lessons.rlhf import experiments, study


def test_a_fall_by_hand():
    rows = enumerate(((0, 0), (2, 1), (4, 3), (3, 2), (1, 1), (1, 0)), start=1)
    curve = [{"x": i, "pick": pick, "rest": rest, "half": 0.3} for i, (pick, rest) in rows]
    found = experiments.fall(curve, width=2)
    assert (found["step"], found["peak"], found["end"], found["lost"]) == (4, 2.5, 0.5, 2.0)
    assert found["half"] == pytest.approx(0.3)  # 0.3 / √2 at both ends
    risen = experiments.fall(curve[:3], width=2)
    assert (risen["lost"], risen["step"]) == (0, 3)


def test_a_lucky_step_is_no_peak():
    luck = torch.randn(200, 28, 2, generator=torch.Generator().manual_seed(0)).tolist()
    lost = []
    for run in luck:  # nothing rises or falls here
        curve = [{"x": i, "pick": a, "rest": b, "half": 1.96} for i, (a, b) in enumerate(run)]
        found = experiments.fall(curve)
        lost.append(found["lost"] > found["half"])
    assert sum(lost) / 200 < 0.08


def test_accuracies_add_up_over_seeds():
    judges = [{"right 200": 60, "right 2000": 80, "n": 100}, {"right 200": 50, "right 2000": 70, "n": 100}]
    few, many = study.accuracies(judges)
    assert (few["x"], few["y"], many["y"]) == (200, 55, 75)
    assert few["low"] < 55 < few["high"] < many["high"]


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
    sizes |= {"STORY_TOKENS": 6, "FEW": 4, "MANY": 8, "UNSEEN": 8, "BAD": 4, "ASKED": 2}
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
    assert len(run["patched"]) == len(run["stories"]) == 4
    assert [p["x"] for p in run["best"]] == [best_of_n_kl(n) ** 0.5 for n in (1, 4)]
    assert run["best"][1]["score"] >= run["best"][0]["score"]
    assert run["start"]["kl"] == pytest.approx(0, abs=1e-4)
    assert run["direct"]["kl"] > 0


# --- The shipped evidence -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def runs():
    return evidence.evidence_of("07")["runs"]


def test_the_shipped_evidence_belongs_to_the_shipped_base():
    base, _, _ = checkpoints.load("base", own=False)
    found = evidence.evidence_of("07")
    assert found["base"] == evidence.fingerprint(base)
    assert found["lesson"] == asdict(experiments.LESSON) and found["please"] == asdict(experiments.PLEASE)
    assert [run["seed"] for run in found["runs"]] == [0, 1, 2, 3, 4]


def test_a_reward_model_gets_most_of_what_the_noise_allows(runs):
    judges = [run["judge"] for run in runs]
    few, many = study.accuracies(judges)
    assert all(each[f"right {experiments.MANY}"] / each["n"] >= 0.8 * each["ceiling"] for each in judges)
    assert few["low"] > 50 and few["y"] < many["y"]


def test_without_a_leash_the_true_score_falls_in_every_seed_and_with_one_in_none(runs):
    for run in runs:
        free, held = (experiments.fall(run[f"leash {weight:g}"]) for weight in (0, experiments.LIVE_LEASH))
        assert free["lost"] > free["half"] and free["peak"] > run["leash 0"][0]["truth"]
        assert held["lost"] <= held["half"]
        assert run["leash 0"][-1]["score"] > run["leash 0"][0]["score"] + 1  # while the learned score climbs


def test_best_of_n_does_not_fall(runs):
    best = evidence.band([run["best"] for run in runs], "truth")
    assert [p["y"] for p in best] == sorted(p["y"] for p in best)


def test_preferences_alone_help_too(runs):
    assert all(run["direct"]["truth"] > run["start"]["truth"] + 0.5 for run in runs)
