"""The command `sft`: a model that grows before it learns, and a mean with what it was."""

import json
from argparse import Namespace

import pytest
import torch
from tiny import tiny_model

from pocketgpt import checkpoints
from pocketgpt.__main__ import main
from pocketgpt.chat.template import Message
from pocketgpt.cli import common
from pocketgpt.sft import stages
from pocketgpt.tokenizer import Tokenizer
from pocketgpt.training.grow import grow

TALK = {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello."}]}


def test_a_model_grows_learns_and_meets_itself_half_way(tmp_path):
    start = tmp_path / "start.safetensors"
    checkpoints.save(start, tiny_model(vocab_size=264), Tokenizer([]), {"command": "none", "metrics": {}})
    talks = tmp_path / "talks.jsonl"
    talks.write_text(json.dumps(TALK) + "\n", encoding="utf-8")
    deeper = grow(checkpoints.load(start)[0], 3).state_dict()
    for share in ("0", "1"):
        main(
            ["sft", "--data", str(talks), "--start", str(start), "--out", str(tmp_path / share)]
            + ["--steps", "2", "--layers", "3", "--average", share]
        )
    kept, learned = (checkpoints.load(tmp_path / share / "talks.safetensors")[0].state_dict() for share in "01")
    assert all(torch.equal(kept[name], weights) for name, weights in deeper.items())
    assert not torch.equal(learned["head.weight"], deeper["head.weight"])
    assert {name.split(".")[1] for name in learned if name.startswith("blocks")} == {"0", "1", "2"}


def command_for(tmp_path, card: dict, **options: str) -> list[str]:
    """A short run on one conversation, from a model with this card."""
    checkpoints.save(tmp_path / "start.safetensors", tiny_model(vocab_size=264), Tokenizer([]), card)
    (tmp_path / "talks.jsonl").write_text(json.dumps(TALK) + "\n", encoding="utf-8")
    given = {"data": tmp_path / "talks.jsonl", "start": tmp_path / "start.safetensors", "out": tmp_path, "steps": 2}
    return ["sft", *(str(word) for name, value in (given | options).items() for word in (f"--{name}", value))]


def test_a_model_may_tell_nothing_of_its_past(tmp_path):
    assert main(command_for(tmp_path, {"stage": "notebook 07", "seed": 0})) == 0
    assert checkpoints.read_card(tmp_path / "talks.safetensors")["history"] == [{}]


def test_what_was_learned_is_kept_when_the_exam_is_interrupted(tmp_path):
    def interrupted(job, card):
        raise KeyboardInterrupt

    model = tiny_model(vocab_size=264, seed=5)
    job = common.Job(Namespace(shipped=False), tmp_path / "new.safetensors", model, Tokenizer([]), {}, None)
    with pytest.raises(KeyboardInterrupt):
        job.save({"metrics": {}}, [interrupted])
    assert torch.equal(checkpoints.load(tmp_path / "new.safetensors")[0].head.weight, model.head.weight)


def test_a_folder_that_cannot_be_written_to_is_told_before_the_run(tmp_path, capsys):
    (tmp_path / "file").write_text("mine")
    assert main(command_for(tmp_path, {}, out=str(tmp_path / "file"))) == 2
    said = capsys.readouterr()
    assert "choose another folder by --out" in said.err and "step" not in said.out
    assert (tmp_path / "file").read_text() == "mine"


def test_a_model_meets_an_earlier_one_half_way(tmp_path, capsys):
    paths = {name: tmp_path / f"{name}.safetensors" for name in ("start", "earlier", "deeper")}
    for seed, (name, path) in enumerate(paths.items()):
        model = tiny_model(vocab_size=264, seed=seed)
        checkpoints.save(
            path, grow(model, 3) if name == "deeper" else model, Tokenizer([]), {"command": name, "metrics": {}}
        )
    talks = tmp_path / "talks.jsonl"
    talks.write_text(json.dumps(TALK) + "\n", encoding="utf-8")
    words = ["sft", "--data", str(talks), "--start", str(paths["start"]), "--out", str(tmp_path), "--steps", "2"]
    weights = {}
    for share in ("0", "0.5", "1"):
        main([*words, "--average", share, *(["--average-with", str(paths["earlier"])] if share != "1" else [])])
        weights[share] = checkpoints.load(tmp_path / "talks.safetensors")[0].head.weight
    assert torch.equal(weights["0"], checkpoints.load(paths["earlier"])[0].head.weight)
    torch.testing.assert_close(weights["0.5"], (weights["0"] + weights["1"]) / 2)
    (tmp_path / "talks.safetensors").unlink()
    for more, told in (
        (["--average", "0.5", "--average-with", str(paths["deeper"])], "has other sizes"),
        (["--average-with", str(paths["earlier"])], "add --average 0.5"),
        (["--average", "0.5", "--average-with", "nobody"], "nobody"),
    ):
        assert main([*words, *more]) == 2
        assert told in capsys.readouterr().err and not (tmp_path / "talks.safetensors").exists()


def test_more_steps_than_the_stage_s_own_get_more_conversations(tmp_path, monkeypatch):
    start = tmp_path / "start.safetensors"
    checkpoints.save(start, tiny_model(vocab_size=264), Tokenizer([]), {"command": "none", "metrics": {}})
    asked = []

    def conversations(name, tables, model, tokenizer, seed, n, again):
        asked.append((name, seed, n, again))
        return stages.find_stage(name, again), n * [[Message("user", "Hi"), Message("assistant", "Hello.")]]

    monkeypatch.setattr(stages, "stage_conversations", conversations)
    monkeypatch.setattr(common, "add_marks", lambda *args: None)
    words = ["sft", "--start", str(start), "--out", str(tmp_path), "--stage", "honest", "--again"]
    monkeypatch.setattr(stages, "old_pages", lambda *args: None)
    main([*words, "--steps", "2", "--seed", "4"])
    assert asked == [("honest", 4, 64, True)]
