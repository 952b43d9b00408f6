"""The command `see`: new tokens for a model, a run that learns pictures, and a card that tells how they are written."""

import pytest
import torch
from tiny import tiny_model

from pocketgpt import checkpoints
from pocketgpt.__main__ import main
from pocketgpt.cli import see
from pocketgpt.multimodal import exam, learn
from pocketgpt.multimodal.rows import load_album, sample_pictures
from pocketgpt.multimodal.vocabulary import Vocabulary
from pocketgpt.pictures import digits
from pocketgpt.tokenizer import Tokenizer


@pytest.fixture
def start(tmp_path, monkeypatch):
    """A small model's file; few old pages, and an exam of one question."""
    pages = learn.old_pages
    monkeypatch.setattr(learn, "old_pages", lambda tables, tokenizer, _: pages(tables, tokenizer, n=20, rows=2))
    monkeypatch.setattr(digits, "train_judge", lambda _: None)
    monkeypatch.setattr(exam, "sit", lambda *_, **__: {"text → scene, shown": {"right": 0, "n": 1}})
    model = tiny_model(vocab_size=264, context=256)
    return checkpoints.save(tmp_path / "start.safetensors", model, Tokenizer([]), {"command": "none", "metrics": {}})


def test_a_model_is_taught_pictures_and_says_how_they_are_written(start, tmp_path, capsys):
    main(["see", "--steps", "1", "--batch-size", "4", "--start", str(start), "--out", str(tmp_path)])
    assert "text → scene, shown" in capsys.readouterr().out
    model, tokenizer, card = checkpoints.load(tmp_path / "seer.safetensors")
    vocabulary = Vocabulary.of_card(tokenizer, card)
    assert model.config.vocab_size == tokenizer.vocab_size > 264 and card["stage"] == "seer"
    assert card["metrics"]["steps"] == 1 and card["recipe"]["batch_size"] == 4
    before, _, _ = checkpoints.load(start)
    assert not torch.equal(model.head.weight[:264], before.head.weight)
    picture = sample_pictures(load_album())["scene"][0]
    assert (vocabulary.picture_of(vocabulary.picture_ids(picture)) == picture).all()


def test_a_second_run_goes_on_from_the_first_and_most_of_it_is_pages(start, tmp_path, monkeypatch):
    monkeypatch.setenv("POCKETGPT_OWN", str(tmp_path))
    main(["see", "--steps", "1", "--batch-size", "4", "--start", str(start)])
    first, _, before = checkpoints.load(tmp_path / "seer.safetensors")
    main(["see", "--steps", "1", "--batch-size", "4", "--again", "--seed", "1", "--average", "0.5"])
    second, _, card = checkpoints.load(tmp_path / "seer.safetensors")
    assert card["recipe"]["pages_share"] == 0.6 and card["recipe"]["seed"] == 1 and len(card["history"]) == 2
    assert second.config == first.config and card["pictures"] == before["pictures"]
    assert not torch.equal(second.head.weight, first.head.weight)


def test_a_run_may_grow_the_model_and_remember_an_older_one(start, tmp_path, monkeypatch):
    monkeypatch.setenv("POCKETGPT_OWN", str(tmp_path))
    main(["see", "--steps", "1", "--batch-size", "4", "--start", str(start)])
    first, _, _ = checkpoints.load(tmp_path / "seer.safetensors")
    more = ["--again", "--seed", "1", "--layers", "3", "--remember", str(start), "--pages-share", "0.9"]
    main(["see", "--steps", "2", "--batch-size", "4", *more])
    second, _, card = checkpoints.load(tmp_path / "seer.safetensors")
    assert second.config.n_layer == 3 > first.config.n_layer and card["recipe"]["pages_share"] == 0.9


def test_a_model_of_other_tokens_is_not_remembered(start, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("POCKETGPT_OWN", str(tmp_path))
    other = tmp_path / "other.safetensors"
    checkpoints.save(
        other, tiny_model(vocab_size=265, context=256), Tokenizer([(97, 98)]), {"command": "none", "metrics": {}}
    )
    assert main(["see", "--steps", "1", "--start", str(start), "--remember", str(other)]) == 2
    assert "has other tokens than the model" in capsys.readouterr().err


def test_what_see_says_of_itself_is_its_recipe():
    assert see.Recipe().config.steps == 4_500 and see.Recipe().shares["scene"] == 0.4
