"""Models as files: what goes in comes out, and nothing that is no model comes in."""

import json
import os
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from tiny import random_ids, tiny_model
from torch.testing import assert_close

from pocketgpt import checkpoints
from pocketgpt.errors import PocketError
from pocketgpt.tokenizer import Tokenizer

TOKENIZER = Tokenizer([(104, 101), (256, 114)])  # he, her
CARD = {"command": "python -m pocketgpt pretrain", "seed": 7, "metrics": {"val_loss": 1.25}, "note": "für Käthe"}


def model(seed: int = 0):
    return tiny_model(seed, vocab_size=TOKENIZER.vocab_size)


@pytest.fixture
def own(tmp_path, monkeypatch):
    """The learner's own folder, with a blank and a letter that isn't ASCII; not yet made."""
    folder = tmp_path / "Mäx's own models"
    monkeypatch.setenv("POCKETGPT_OWN", str(folder))
    monkeypatch.setattr(checkpoints, "SHIPPED", tmp_path / "shipped")
    return folder


@pytest.fixture
def path(own):
    return checkpoints.save("base", model(), TOKENIZER, CARD)


def logits(model) -> torch.Tensor:
    with torch.no_grad():
        return model(random_ids(2, 8, vocab_size=TOKENIZER.vocab_size))


def test_what_is_saved_is_loaded(path, own):
    assert path == own / "base.safetensors"
    loaded, tokenizer, card = checkpoints.load("base")
    assert torch.equal(logits(loaded), logits(model())) and loaded.config == model().config
    assert tokenizer == TOKENIZER and tokenizer.encode("her") == [257]
    assert card == CARD == checkpoints.read_card("base")
    assert not loaded.training


def test_a_loaded_model_does_not_lean_on_its_file(path):
    loaded, _, _ = checkpoints.load(path)
    before = logits(loaded)
    size = path.stat().st_size
    with open(path, "r+b") as file:
        file.write(bytes(size))
    assert torch.equal(logits(loaded), before)


def test_half_precision_is_half_as_large_and_close(path):
    half = checkpoints.save("half", model(), TOKENIZER, CARD, dtype=torch.float16)
    weights = 4 * model().parameters_count
    assert path.stat().st_size - half.stat().st_size == pytest.approx(weights / 2, abs=64)
    loaded, _, _ = checkpoints.load("half")
    assert loaded.head.weight.dtype == torch.float32
    assert_close(logits(loaded), logits(model()), atol=0.05, rtol=0.01)


def test_the_file_is_plain_safetensors(path):
    assert load_file(path).keys() == dict(model().named_parameters()).keys()
    with safe_open(path, "pt") as file:
        assert json.loads(file.metadata()["card"]) == CARD


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_whoever_may_read_a_new_file_may_read_the_checkpoint(path, tmp_path):
    (tmp_path / "any").touch()
    assert path.stat().st_mode == (tmp_path / "any").stat().st_mode


def test_a_folder_is_made_and_the_ending_added(own, tmp_path, monkeypatch):
    there = tmp_path / "new" / "v1.5"
    assert checkpoints.save(there, model(), TOKENIZER, CARD).name == "v1.5.safetensors"
    assert torch.equal(logits(checkpoints.load(there)[0]), logits(model()))
    monkeypatch.chdir(tmp_path)
    checkpoints.load("new/v1.5.safetensors")


@pytest.mark.parametrize("name", ["mine", "mine.safetensors", "here/mine", "here/mine.safetensors"])
def test_the_name_that_saved_also_loads(name, own, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    saved = checkpoints.save(name, model(), TOKENIZER, CARD)
    assert saved.exists() and (saved.parent == own) == (name == "mine")  # only a plain name is no path
    assert torch.equal(logits(checkpoints.load(name)[0]), logits(model()))


def test_the_learners_own_model_comes_before_the_shipped_one(own):
    shipped = checkpoints.SHIPPED / "base.safetensors"
    checkpoints.save(shipped, model(1), TOKENIZER, {"who": "shipped"})
    assert checkpoints.load("base")[2] == {"who": "shipped"}
    before = shipped.read_bytes()
    checkpoints.save("base", model(2), TOKENIZER, {"who": "learner"})
    assert checkpoints.load("base")[2] == {"who": "learner"}
    assert checkpoints.load("base", own=False)[2] == {"who": "shipped"}
    assert shipped.read_bytes() == before
    checkpoints.save("another", model(), TOKENIZER, {})
    assert checkpoints.names() == ["another", "base"]


# --- What is no model ---------------------------------------------------------------------------------------


def rewrite(path, tensors=None, **about):
    with safe_open(path, "pt") as file:
        metadata = file.metadata()
    save_file(tensors or {k: v.clone() for k, v in load_file(path).items()}, path, metadata | about)


def truncated(path):
    path.write_bytes(path.read_bytes()[:-100])


def cut_in_the_head(path):
    path.write_bytes(path.read_bytes()[:50])


def empty(path):
    path.write_bytes(b"")


def text(path):
    path.write_text("Dear diary, today I trained a model.", encoding="utf-8")


def foreign(path):
    save_file({"weight": torch.zeros(3)}, path)


def newer(path):
    rewrite(path, format="99")


def another_size(path):
    rewrite(path, config=json.dumps({"vocab_size": 266, "n_layer": 1, "n_head": 2, "n_embd": 32, "context": 16}))


def impossible_size(path):
    rewrite(path, config=json.dumps({"vocab_size": 266, "n_head": 0}))


def unknown_setting(path):
    rewrite(path, config=json.dumps({"vocab_size": 266, "colour": "red"}))


def tensor_missing(path):
    rewrite(path, {"head": torch.zeros(266, 32)})


def broken_tokenizer(path):
    rewrite(path, tokenizer="{}")


def broken_card(path):
    rewrite(path, card="{")


MISFITS = [another_size, impossible_size, unknown_setting, tensor_missing, broken_tokenizer, broken_card]
HARMS = [(harm, "damaged or no safetensors file") for harm in (truncated, cut_in_the_head, empty, text)]
HARMS += [(foreign, "is no Pocket ChatGPT model"), (newer, "newer Pocket ChatGPT: update")]
HARMS += [(harm, "parts that don't fit together") for harm in MISFITS]


@pytest.mark.parametrize(("harm", "complaint"), HARMS, ids=lambda value: getattr(value, "__name__", ""))
def test_what_is_no_model_gets_one_sentence_and_stays(harm, complaint, path):
    harm(path)
    before = path.read_bytes()
    with pytest.raises(PocketError, match=complaint) as caught:
        checkpoints.load(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)
    assert path.read_bytes() == before and list(path.parent.iterdir()) == [path]


def test_a_model_needs_the_tokenizer_that_it_learned_with(path, own):
    with pytest.raises(PocketError, match="The model has 300 tokens, and the tokenizer 264"):
        checkpoints.save("other", tiny_model(vocab_size=300), Tokenizer([]), {})
    assert not (own / "other.safetensors").exists()
    with safe_open(path, "pt") as file:
        about = file.metadata() | {"tokenizer": json.dumps(Tokenizer([]).to_dict())}
    save_file(load_file(path), path, metadata=about)
    with pytest.raises(PocketError, match="don't fit together"):
        checkpoints.load("base")


def test_models_that_are_not_there(path, tmp_path):
    with pytest.raises(PocketError, match="no checkpoint 'bass'; there are: base"):
        checkpoints.load("bass")
    with pytest.raises(PocketError, match="no file .*gone.safetensors"):
        checkpoints.load(tmp_path / "gone.safetensors")
    path.unlink()
    with pytest.raises(PocketError, match="there are: none"):
        checkpoints.load("base")


# --- A crash while saving -----------------------------------------------------------------------------------


def test_a_crash_while_saving_leaves_the_old_file(path, monkeypatch):
    before = path.read_bytes()

    def full_disk(where, content):
        with where.open("wb") as file:
            file.write(content[:1000])
        raise OSError("No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full_disk)
    with pytest.raises(OSError, match="No space"):
        checkpoints.save("base", model(1), TOKENIZER, CARD)
    assert path.read_bytes() == before and list(path.parent.iterdir()) == [path]


def test_a_card_that_is_no_json_leaves_the_old_file(path):
    before = path.read_bytes()
    with pytest.raises(TypeError):
        checkpoints.save("base", model(1), TOKENIZER, {"model": object()})
    assert path.read_bytes() == before and list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("name", ["", ".", "/"])
def test_what_names_no_file_gets_a_sentence(name):
    for use in (checkpoints.find, checkpoints.load, checkpoints.read_card):
        with pytest.raises(PocketError, match="is no name for a model"):
            use(name)


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("config", '{"vocab_size": 1000000000, "n_layer": 1, "n_head": 1, "n_embd": 1000000}'),
        ("config", '{"vocab_size": 264, "n_layer": 1000000000, "n_head": 2, "n_embd": 32}'),
        ("config", '{"vocab_size": 264, "n_layer": 2, "n_head": 2, "n_embd": 32, "context": 100000000000}'),
        ("format", "two"),
        ("card", "[" * 100_000),
        ("card", "no JSON"),
        ("tokenizer", "{}"),
    ],
    ids=lambda value: value[:20],
)
def test_a_file_that_promises_what_it_does_not_hold(tmp_path, part, value):
    path = checkpoints.save(tmp_path / "a.safetensors", tiny_model(vocab_size=264), Tokenizer([]), {"metrics": {}})
    with safe_open(path, "pt") as file:
        about, tensors = file.metadata(), {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    save_file(tensors, path, metadata={**about, part: value})
    with pytest.raises(PocketError):
        checkpoints.load(path)
    if part == "card":
        with pytest.raises(PocketError, match="no card"):
            checkpoints.read_card(path)
