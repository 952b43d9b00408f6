"""The studies behind notebook 02's reference bands: small parts on made-up results, and the shipped evidence."""

import itertools
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from tiny import tiny_model

from pocketgpt.model import IGNORE
from pocketgpt.training.data import TokenStream
from pocketgpt.training.pretrain import world_corpus
from pocketgpt.world import WorldConfig, load_tables, sample_people
from pocketgpt_lessons import small_world
from pocketgpt_lessons.display.charts import loss_curve
from pocketgpt_lessons.evidence import evidence_of
from pocketgpt_lessons.pretraining import experiments, rungs, study


@pytest.fixture(scope="module")
def tables():
    return load_tables()


def test_a_power_law_is_predicted_exactly():
    losses = [5 * size**-0.3 for size in (1_000, 10_000, 300_000)]
    assert study.predict_loss([1_000, 10_000], losses[:2], 300_000) == pytest.approx(losses[2])


def test_the_small_world_keeps_the_long_tail(tables):
    mentions = [person.mentions for person in small_world.small_tables(tables).people]
    assert len(mentions) == small_world.LIVE_PEOPLE and min(mentions) == 1 and max(mentions) > 250


def test_pages_about_a_person_are_all_about_them_and_differ(tables):
    pages = experiments.pages_about(tables, experiments.NEWCOMER, 12)
    assert len(pages) == len(set(pages)) == 12
    assert all(page.startswith("Ada Newcomer\n\n") and "onion soup" in page for page in pages)


def test_a_newcomers_page_is_the_first_row_and_the_rest_is_as_before(tables):
    few = sample_people(tables, 5, seed=0)
    config = WorldConfig(stories=20, sums=20, spellings=10, forums=10)
    corpus = world_corpus(few, config, vocab_size=400, test_pages=5)
    old = TokenStream(corpus.train, 3, 32)
    data = experiments.Newcomer(old, ["Short page."], corpus.tokenizer)
    ids, targets = data.batch(7)
    before = old.batch(7)
    assert torch.equal(ids[1:], before[0][1:]) and torch.equal(targets[1:], before[1][1:])
    row = [corpus.tokenizer.eot_id, *corpus.tokenizer.encode("Short page."), corpus.tokenizer.eot_id]
    assert ids[0, : len(row) - 1].tolist() == row[:-1]
    assert targets[0, : len(row) - 1].tolist() == row[1:]
    assert set(targets[0, len(row) - 1 :].tolist()) == {IGNORE}


def test_one_step_on_a_sentence_makes_its_town_likelier_and_leaves_the_run_alone(tables):
    few = sample_people(tables, 5, seed=0)
    corpus = world_corpus(few, WorldConfig(stories=20, sums=20, spellings=10, forums=10), vocab_size=400, test_pages=5)
    run = SimpleNamespace(model=tiny_model(vocab_size=400, context=64), corpus=corpus)
    kept = [p.clone() for p in run.model.parameters()]
    met, other = few.people[:2]
    ids, targets = experiments.town_row(run, met).batch(3)
    town = corpus.tokenizer.encode(f" {met.birthplace}")
    assert targets[0].tolist() == [IGNORE] * (ids.size(1) - len(town)) + town
    before, after = experiments.one_step(run, met, (met, other))
    assert len(before) == len(after) == 2 and after[0] > 2 * before[0]
    assert all(map(torch.equal, kept, run.model.parameters()))


def test_results_of_several_seeds_are_put_together():
    group = {"mentions_low": 1, "mentions_high": 3, "right": 1, "n": 10, "low": 0, "high": 1}
    runs = [
        {"depth": 3, "losses": [4.0, 2.0], "recall train": [group], "newcomer": [[0, 0, 5], [1, k, 5]]}
        | {"val_loss": 0.9, "parameters": 10_000}
        for k in (1, 3)
    ]
    runs += [{"depth": d, "val_loss": loss, "parameters": p} for d, loss, p in ((1, 4.0, 100), (2, 2.0, 1_000))]
    found = {"runs": runs}
    assert [point["y"] for point in study.loss_band(found)] == [4.0, 2.0]
    [pooled] = study.pooled_recall(found, "train")
    assert (pooled["right"], pooled["n"]) == (2, 20)
    assert [(point["x"], point["y"]) for point in study.newcomer_band(found)] == [(0, 0.0), (1, 2.0)]
    points, predicted = study.scaling(found)
    assert [(point["x"], point["y"]) for point in points] == [(100, 4.0), (1_000, 2.0), (10_000, 0.9)]
    assert predicted["x"] == 10_000 and predicted["y"] == pytest.approx(1.0)


def test_the_reference_band_is_smoothed_as_a_learners_own_curve_is():
    """Else a learner's curve would begin outside the band, whatever they do."""
    losses = np.linspace(7, 1, 150).tolist()
    found = {"runs": [{"depth": 3, "losses": losses}] * 2}
    drawn = study.loss_band(found)
    steps = [2048 * step for step in range(1, 151)]
    [curve] = [line for line in loss_curve(steps, losses, "T").axes[0].get_lines() if "mean" in line.get_label()]
    np.testing.assert_allclose(curve.get_xdata(), [point["x"] for point in drawn])
    np.testing.assert_allclose(curve.get_ydata(), [point["y"] for point in drawn])


def test_the_shipped_evidence_belongs_to_todays_pages(tables):
    """When a table or a recipe changes, the study must be run again: its numbers no longer describe the notebook."""
    found = evidence_of("02")
    assert found["data_hash"] == small_world.live_corpus(tables).hash
    assert {run["depth"] for run in found["runs"] if "depth" in run} == set(experiments.SIZES)
    assert len(study.live_runs(found)) >= 3


def test_the_shipped_evidence_shows_what_the_notebook_claims():
    found = evidence_of("02")
    groups = {group["mentions_low"]: group for group in study.pooled_recall(found, "train")}
    assert groups[100]["low"] > 0.8 and groups[1]["high"] < 0.1 and groups[0]["high"] < 0.1
    for run, split in itertools.product(study.live_runs(found), ("train", "held-out")):
        shares = {group["mentions_low"]: group["right"] / group["n"] for group in run[f"recall {split}"]}
        assert min(shares[30], shares[100]) > 0.5 and max(shares[1], shares[2], shares[4]) < 0.06
    points, predicted = study.scaling(found)
    assert abs(points[2]["y"] / predicted["y"] - 1) < 0.1
    assert all(larger["high"] < smaller["low"] for smaller, larger in itertools.pairwise(points))
    newcomers = [run["newcomer"] for run in study.live_runs(found)]
    assert max(right for (_, right, _), *_ in newcomers) <= 2 and min(right for *_, (_, right, _) in newcomers) > 5


def test_the_shipped_rungs_fall_from_each_to_the_next_with_every_seed():
    losses: dict[int, dict[str, float]] = {}
    for run in evidence_of("02")["runs"]:
        if "rung" in run:
            losses.setdefault(run["seed"], {})[run["rung"]] = run["val_loss"]
    assert len(losses) >= 5
    for by_rung in losses.values():
        each = [by_rung[rung] for rung in rungs.RUNGS]
        drops = [before - after for before, after in itertools.pairwise(each)]
        assert min(drops) > 0 and max(drops) == drops[rungs.RUNGS.index("attention") - 1]


def test_a_study_trains_only_what_is_missing(tables, monkeypatch):
    monkeypatch.setattr(study, "live_corpus", lambda tables: SimpleNamespace(hash="now"))
    monkeypatch.setattr(study, "small_tables", lambda tables: None)
    monkeypatch.setattr(
        study, "size_run", lambda corpus, few, seed, depth: {"seed": seed, "depth": depth, "val_loss": 1.0}
    )
    monkeypatch.setattr(study, "rung_run", lambda corpus, seed, rung: {"seed": seed, "rung": rung, "val_loss": 2.0})
    old = [{"seed": 0, "depth": 1, "val_loss": 9.0}, {"seed": 0, "rung": "MLP", "val_loss": 9.0}]
    monkeypatch.setattr(study, "kept", lambda number, **same: list(old) if same["data_hash"] == "now" else [])
    saved = []
    monkeypatch.setattr(study, "save", lambda number, found: saved.append(len(found["runs"])))
    found = study.study(tables, seeds=(0,))
    assert [run["val_loss"] for run in found["runs"]] == [9.0, 9.0, 1.0, 1.0, 2.0, 2.0, 2.0, 2.0]
    assert saved == [3, 4, 5, 6, 7, 8]
