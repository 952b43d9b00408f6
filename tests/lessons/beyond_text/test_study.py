"""The study behind notebook 08: it marks what the notebook marks, and keeps runs that are complete."""

import json
import random
from dataclasses import replace

import pytest

from pocketgpt import checkpoints
from pocketgpt.model import GPT, GPTConfig
from pocketgpt.multimodal.rows import load_album
from pocketgpt.pictures.digits import train_judge
from pocketgpt.pictures.scenes import draw, random_scene
from pocketgpt.tokenizer import Tokenizer
from pocketgpt.world import load_tables
from pocketgpt_lessons import evidence
from pocketgpt_lessons.beyond_text import experiments, study

ALBUM, TABLES = load_album(), load_tables()
NAMES = {"text → scene, combinations shown", "scene → text, combinations never shown", "drawing → food, named first"}


@pytest.fixture
def small(monkeypatch):
    """Everything in small: few pictures, questions and pages, one step of a tiny model."""
    for name, value in {"ASKED": 2, "READ": 4, "EACH": 1, "OLD_PAGES": 40, "TEXT_PEOPLE": 1, "TRIES": (1, 2)}.items():
        monkeypatch.setattr(experiments, name, value)
    monkeypatch.setattr(experiments, "LIVE", replace(experiments.LIVE, batch_size=8, pages_share=0.1))
    monkeypatch.setattr(experiments.picture_marks, "__defaults__", (0, 2))
    monkeypatch.setattr(experiments.best_of, "__defaults__", (0, 2))
    return GPT(GPTConfig(264, n_layer=1, n_head=2, n_embd=16, context=640))


def test_the_codebook_keeps_every_scene_whole():
    rng = random.Random(5)
    blocks = experiments.codebook(experiments.sample_pictures(ALBUM))
    assert blocks.size == experiments.ENTRIES
    for new in (False, True):  # of new combinations, too: all their blocks are shown with other things
        for _ in range(60):
            picture = draw(random_scene(rng, new), rng)
            assert (blocks.decode(blocks.encode(picture)) == picture).all()


def test_larger_codebooks_lose_less(monkeypatch):
    monkeypatch.setattr(experiments, "SIZES", (4, 64))
    plain = experiments.frequent_blocks
    monkeypatch.setattr(experiments, "learn_codebook", lambda pictures, size, seed: plain([pictures], size))
    shown = {"digit": list(ALBUM.digits.pictures[:40])}
    found = experiments.compare_codebooks(shown, {"digits": ALBUM.digits.pictures[40:50]})
    assert list(found) == ["digits, counted", "digits, learned"]
    for points in found.values():
        assert [point["x"] for point in points] == [4, 64] and points[0]["y"] > points[1]["y"] > 0


def test_a_study_goes_on_where_it_was_stopped(small, monkeypatch, tmp_path):
    monkeypatch.setattr(evidence, "EVIDENCE", tmp_path)
    monkeypatch.setattr(checkpoints, "load", lambda *_, **__: (small, Tokenizer([]), {}))
    few = replace(ALBUM.digits, pictures=ALBUM.digits.pictures[:64], labels=ALBUM.digits.labels[:64])
    monkeypatch.setattr(study, "train_judge", lambda _: train_judge(few, 1))
    first = study.study(TABLES, seeds=(0,), steps=1)
    assert json.loads((tmp_path / "08.json").read_text(encoding="utf-8")) == json.loads(json.dumps(first))
    [run] = first["runs"]
    assert run["marks"].keys() >= NAMES and run["steps"] == 1 and len(run["losses"]) == 1
    assert [point["x"] for point in run["best of"]] == [1, 2] and set(run["words"]) == {
        "people",
        "countries",
        "animals",
    }
    monkeypatch.setattr(study, "one_seed", lambda *_: {**run, "seed": 1})
    both = study.study(TABLES, seeds=(0, 1), steps=1)
    assert [each["seed"] for each in both["runs"]] == [0, 1] and both["runs"][0] == run
    assert study.recorded(small, 1) == both["runs"] and study.recorded(small, 2) == []
    assert small.config.vocab_size == 264  # the base itself is as it was


def test_nothing_asked_is_no_share_and_no_error():
    assert experiments.as_points({"a": {"right": 0, "n": 0}}) == {"a": {"y": 0.0, "low": 0.0, "high": 100.0}}


def test_the_dashboard_is_told_about_how_many_tokens_come(small):
    blocks = experiments.codebook(experiments.sample_pictures(ALBUM))
    _, vocabulary = experiments.started(small, Tokenizer([]), blocks)
    pages = experiments.old_pages(TABLES, Tokenizer([]))
    tokens = [experiments.planned_tokens(vocabulary, ALBUM, pages, steps) for steps in (1, 10, 100)]
    data = experiments.PictureData(vocabulary, ALBUM, pages, experiments.LIVE)
    assert tokens[0] == data.batch(0)[0].numel() and tokens[2] == 10 * tokens[1]
