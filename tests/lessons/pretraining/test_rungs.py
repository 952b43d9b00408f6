"""The staircase's models and a learner's own parts: they compute what the system computes, or say why not."""

import numpy as np
import pytest
import torch

from pocketgpt.model import GPT
from pocketgpt_lessons.pretraining import own_parts, rungs, views
from pocketgpt_lessons.pretraining.exercises import BIGRAM_COUNTS


@torch.no_grad()
def with_weights(model: GPT, seed: int = 0) -> GPT:
    """All weights random: in a fresh model nothing reaches the output."""
    generator = torch.Generator().manual_seed(seed)
    for p in model.parameters():
        p.normal_(std=0.2, generator=generator)
    return model


IDS = torch.randint(1024, (2, 12), generator=torch.Generator().manual_seed(0))


def test_a_learners_attention_in_a_rung_gives_what_the_systems_attention_gives():
    theirs = with_weights(rungs.build("attention"))
    own = with_weights(rungs.build("attention", mix=own_parts.our_attention))
    assert type(own.blocks[0].attention) is rungs.Mixing and type(theirs.blocks[0].attention) is not rungs.Mixing
    torch.testing.assert_close(own(IDS), theirs(IDS))


@pytest.mark.parametrize("rung", rungs.RUNGS)
def test_each_rung_is_trained_by_the_systems_loop_and_looks_back_as_far_as_it_should(rung):
    model = with_weights(rungs.build(rung))
    before = model(IDS)
    changed = IDS.clone()
    changed[:, 5] = (changed[:, 5] + 1) % 1024
    differs = (model(changed) != before).any(-1).any(0).tolist()
    assert differs == [False] * 5 + [True] + [rung != "bigram"] * 6
    data = type("Data", (), {"batch": lambda self, step: (IDS[:, :-1], IDS[:, 1:])})()
    trained = rungs.build(rung)
    losses = [step.loss for step in rungs.train(trained, data, rungs.TrainConfig(steps=3, precision="fp32"))]
    assert losses[0] == pytest.approx(np.log(1024), abs=1e-4) and losses[-1] < losses[0]


def test_the_rungs_differ_in_the_parts_that_they_are_named_for():
    sizes = {rung: rungs.build(rung).parameters_count for rung in rungs.RUNGS}
    assert sizes["average"] == sizes["attention"]  # only the shares differ
    assert sizes["bigram"] < sizes["attention"] < sizes["MLP"] < sizes["layers"]
    first = {rung: rungs.build(rung, seed=3).embed.weight for rung in rungs.RUNGS}
    assert all(torch.equal(weight, first["bigram"]) for weight in first.values())  # the same start


def test_the_average_is_the_triangle_of_equal_shares():
    v = torch.randn(5, 3)
    triangle = torch.ones(5, 5).tril()
    torch.testing.assert_close(rungs.average(v, v, v), triangle / triangle.sum(1, keepdim=True) @ v)


def plain(q, k, v):
    scores = (q @ k.T / q.shape[1] ** 0.5).masked_fill(torch.ones(len(q), len(q)).triu(1).bool(), -torch.inf)
    return scores.softmax(-1) @ v


def as_rows(q, k, v):
    return list(plain(q, k, v))


def by_numpy(q, k, v):
    return torch.from_numpy(plain(q.detach(), k.detach(), v.detach()).numpy())


def stub(q, k, v): ...


@pytest.mark.parametrize(
    ("answer", "used", "words"),
    [
        (plain, True, "Your own `attention`"),
        (as_rows, True, "Your own `attention`"),
        (by_numpy, False, "no gradient can flow"),
        (stub, False, "isn't written yet"),
        (lambda q, k, v: v, False, "isn't right yet"),
    ],
)
def test_a_learners_attention_is_used_where_it_can_be(answer, used, words):
    mix, sentence = own_parts.attention_of(answer)
    assert words in sentence and (mix is not own_parts.our_attention) == used
    q, k, v = torch.randn(3, 6, 4)
    torch.testing.assert_close(mix(q, k, v), plain(q, k, v))


@pytest.mark.parametrize(
    ("mix", "words"),
    [
        (rungs.average, ""),
        (plain, ""),
        (lambda q, k, v: v.mean(0, keepdim=True).expand(len(v), -1), "looks ahead"),
        (lambda q, k, v: (q @ k.T).softmax(-1) @ v, "looks ahead"),
        (lambda q, k, v: v[:-1], "shape of v"),
        (lambda q, k, v: v @ k, "it stops with RuntimeError"),
        (lambda q, k, v: v / 0, "infinite or nan"),
        (lambda q, k, v: torch.tril(torch.ones(16, 16))[: len(v), : len(v)] @ v, "it stops with RuntimeError"),
    ],
)
def test_a_way_to_look_back_is_tried_before_it_is_trained(mix, words):
    problem = own_parts.problem_of(mix)
    assert (words in problem) if words else problem == ""


def test_a_stub_and_a_look_ahead_are_not_trained():
    assert own_parts.trial(stub, None) == (None, "Not attempted yet: `my_mix` returns nothing.")
    loss, sentence = own_parts.trial(lambda q, k, v: v.flip(0), None)
    assert loss is None and "looks ahead" in sentence


def test_pairs_are_counted_by_the_learner_where_they_can_and_by_us_elsewhere():
    ids = [0, 1, 2, 1, 2, 0, 2]
    truth = np.asarray(BIGRAM_COUNTS.truth(ids, 3))
    for answer, words in ((BIGRAM_COUNTS.truth, "your own"), (lambda ids, v: [[9]], "isn't right"), (stub, "isn't")):
        counts, sentence = own_parts.counts_of(answer, ids, 3)
        assert np.array_equal(counts, truth) and words in sentence


def test_the_loss_of_counted_pairs():
    always = np.array([[0.0, 1000.0], [1000.0, 0.0]])
    assert views.pair_loss(always, np.array([0, 1, 0, 1])) == pytest.approx(0, abs=1e-4)
    assert views.pair_loss(np.zeros((4, 4)), np.array([3, 0, 2])) == pytest.approx(np.log(4))


def test_the_staircase_shows_recorded_means_and_the_learners_own_run():
    losses = {"bigram": (3, 3.2), "average": (2.9, 3), "attention": (2, 2.2), "MLP": (1.9, 2), "layers": (1, 1.2)}
    found = {"runs": [{"seed": s, "rung": rung, "val_loss": each[s]} for rung, each in losses.items() for s in (0, 1)]}
    assert views.largest_step(found) == "attention"
    figure = views.staircase(found, {"yours": 2.05}, ["average", "attention"])
    assert [round(bar.get_width(), 3) for bar in figure.axes[0].patches] == [2.95, 2.1, 2.05]
    labels = " ".join(label.get_text() for label in figure.axes[0].get_yticklabels())
    assert labels.count("recorded, 2") == 2 and "yours" in labels
    assert views.staircase(found, {}).get_suptitle() == "With each of 2 seeds, each part lowers the loss"
