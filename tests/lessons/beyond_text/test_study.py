"""The study behind notebook 08: what it marks, and that it keeps parts that are complete."""

import json
import random
from dataclasses import asdict, replace

import pytest

from pocketgpt import checkpoints
from pocketgpt.model import GPT, GPTConfig
from pocketgpt.multimodal import exam
from pocketgpt.multimodal.learn import PictureData, old_pages, with_pictures
from pocketgpt.multimodal.rows import load_album, sample_pictures
from pocketgpt.pictures.digits import train_judge
from pocketgpt.pictures.scenes import draw, random_scene
from pocketgpt.tokenizer import Tokenizer
from pocketgpt.world import load_tables
from pocketgpt_lessons import evidence
from pocketgpt_lessons.beyond_text import experiments, study

ALBUM, TABLES = load_album(), load_tables()
SHOWN = sample_pictures(ALBUM)


@pytest.fixture
def small(monkeypatch):
    """Everything in small: few pictures, questions and pages, one step of a tiny model."""
    monkeypatch.setattr(experiments, "TOKENS", 1)
    monkeypatch.setattr(experiments, "LIVE", replace(experiments.LIVE, steps=1, batch_size=8))
    monkeypatch.setattr(experiments.live, "__defaults__", (0, 1))
    monkeypatch.setattr(experiments, "COMPARED", replace(experiments.COMPARED, batch_size=2))
    for name in ("ASKED", "EACH", "WRITTEN"):
        monkeypatch.setattr(exam, name, 1)
    for marked in (exam.mark_drawn, exam.mark_told):
        monkeypatch.setattr(marked, "__defaults__", (1, "", 0))
    monkeypatch.setattr(exam.sit, "__defaults__", (1, 0))
    return GPT(GPTConfig(264, n_layer=1, n_head=2, n_embd=16, context=640))


def test_scenes_are_kept_whole_in_all_ways():
    for way in experiments.ways(SHOWN).values():
        for new in ("", "parts", "places"):
            for number in range(20):
                picture = draw(random_scene(random.Random(number), new))
                kept = way.decode(way.encode(picture))
                assert (kept == picture).all() or new == "parts"  # plain blocks lack some that were never shown


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
    monkeypatch.setattr(study, "old_pages", lambda tables, tokenizer: old_pages(tables, tokenizer, n=40))
    monkeypatch.setattr(
        exam, "load_digits", lambda unseen: replace(few, pictures=few.pictures[:2], labels=few.labels[:2])
    )
    first = study.study(TABLES, seeds=(0,))
    assert json.loads((tmp_path / "08.json").read_text(encoding="utf-8")) == json.loads(json.dumps(first))
    [run] = first["runs"]
    assert list(run["ways"]) == list(experiments.ways(SHOWN)) and len(run["live"]["losses"]) == 1
    for found in run["ways"].values():
        assert found["steps"] >= 0 and set(found["marks"]) == set(exam.NEWS) and found["tokens"] > 8
    assert run["live"]["marks"].keys() >= {"text → scene, shown", "drawing → food, named first"}
    monkeypatch.setattr(study, "live", lambda *_: {"again": True})
    monkeypatch.setattr(experiments, "compared", lambda *_: {"again": True})
    both = study.study(TABLES, seeds=(0, 1))
    assert both["runs"][0] == run and both["runs"][1]["live"] == {"again": True}
    assert small.config.vocab_size == 264  # the base itself is as it was


def test_nothing_asked_is_no_share_and_no_error():
    assert experiments.as_points({"a": {"right": 0, "n": 0}}) == {"a": {"y": 0.0, "low": 0.0, "high": 100.0}}


def test_the_tokens_of_a_run_are_reckoned_from_its_first_batches(small):
    _, vocabulary = with_pictures(small, Tokenizer([]), experiments.ways(SHOWN)["pixels"])
    data = PictureData(vocabulary, ALBUM, None, experiments.COMPARED)
    assert experiments.mean_batch(data, 1) == data.batch(0)[0].numel()


# --- The shipped evidence -----------------------------------------------------------------------------------


def test_the_shipped_evidence_belongs_to_the_shipped_base():
    base, _, _ = checkpoints.load("base", own=False)
    found = evidence.evidence_of("08")
    assert found["base"] == evidence.fingerprint(base) and found["tokens"] == experiments.TOKENS
    for name in ("compared", "live"):
        assert found[name] == json.loads(json.dumps(asdict(getattr(experiments, name.upper()))))
    assert [run["seed"] for run in found["runs"]] == list(study.SEEDS)


def test_colours_apart_make_new_pairs_possible_in_every_seed():
    for run in evidence.evidence_of("08")["runs"]:
        pixels, blocks, apart = (run["ways"][way]["marks"] for way in experiments.ways(SHOWN))
        for what in ("drawn", "told"):
            assert apart["shown"][what]["right"] > max(way["shown"][what]["right"] for way in (pixels, blocks))
        new = "colour and shape never shown"
        assert max(way[new]["drawn"]["right"] for way in (pixels, blocks)) <= 2 < 10 < apart[new]["drawn"]["right"]
