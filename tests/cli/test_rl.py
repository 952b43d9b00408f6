"""The commands rl and rlhf, from start to a saved model, with a model so small that it learns nothing."""

import argparse
import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny import tiny_model

from pocketgpt import checkpoints
from pocketgpt.__main__ import main, make_parser
from pocketgpt.cli import practise, rl, rlhf
from pocketgpt.cli.common import Job
from pocketgpt.errors import PocketError
from pocketgpt.rlhf.little_stories import REQUESTS
from pocketgpt.rlhf.reward_model import load_judge
from pocketgpt.sft import stages
from pocketgpt.tokenizer import Tokenizer
from pocketgpt.world import load_tables

SMALL = ["--steps", "2", "--prompts", "2", "--rollouts", "2", "--max-tokens", "8"]


@pytest.fixture
def start(tmp_path):
    card = {"command": "python -m pocketgpt sft", "metrics": {"loss": 1.0}, "stage": "honest", "tools": True}
    model, tokenizer = tiny_model(vocab_size=264, context=120), Tokenizer([])
    with torch.no_grad():
        model.head.weight[tokenizer.special_tokens["<|end|>"]] *= 5  # so that it ends most of its answers
    return checkpoints.save(tmp_path / "start.safetensors", model, tokenizer, card)


def command(start, *words: str) -> dict:
    given = [words[0], "--start", str(start), "--out", str(start.parent), *words[1:]]
    args = make_parser().parse_args(given)
    args.argv = given  # as main() sets it
    return args.run(args)


@pytest.mark.parametrize("task", ["sums", "letters", "decimals", "nim"])
def test_rl_saves_a_reasoner(start, task, capsys):
    metrics = command(start, "rl", "--task", task, *SMALL)
    _, _, card = checkpoints.load(start.parent / "reasoner.safetensors")
    assert card["stage"] == "reasoner" and card["tools"] and card["metrics"] == json.loads(json.dumps(metrics))
    assert card["history"] == [{"command": "python -m pocketgpt sft", "metrics": {"loss": 1.0}}]
    assert metrics["task"] == task and 0 <= metrics["right_after"] <= 1 and metrics["steps"] == 2
    assert "step    2 of 2" in capsys.readouterr().out
    assert {path.name for path in start.parent.iterdir()} == {"start.safetensors", "reasoner.safetensors"}


def test_rl_warms_up_on_demonstrations(start, capsys):
    command(start, "rl", "--warm-up", "1", "--digits", "1", "1", *SMALL)
    assert "1 steps on demonstrations" in capsys.readouterr().out
    with pytest.raises(PocketError, match="Only sums have demonstrations"):
        command(start, "rl", "--task", "nim", "--warm-up", "1", *SMALL)


def test_a_warm_up_and_practice_can_keep_what_was_learned_before(start, capsys, monkeypatch):
    monkeypatch.setattr(practise, "KEPT", 100)
    few = np.arange(5000) % 256  # all pages, byte by byte, would take half a minute
    monkeypatch.setattr(stages, "pack", lambda texts, tokenizer: few)
    _, tokenizer, card = checkpoints.load(start)
    model = tiny_model(vocab_size=264, context=1200)  # room for a page, byte by byte
    args = argparse.Namespace(keep=0.25, warm_up=1, digits=[1], seed=0, start="x")
    job = Job(args, start, model, tokenizer, card | {"stage": "assistant"}, load_tables())
    asked = []

    def new_talks(job, n):
        asked.append(n)
        return rl.worked_sums(job, n)

    keep = practise.warm_up(job, new_talks)
    assert asked == [24] and "1 steps on demonstrations" in capsys.readouterr().out  # three quarters of 32
    assert keep(model, 0).item() > 0 and keep(model, 0).item() != keep(model, 1).item()
    assert practise.warm_up(replace(job, args=argparse.Namespace(**{**vars(args), "keep": 0.0})), new_talks) is None
    with pytest.raises(PocketError, match="leave --keep out"):
        practise.warm_up(replace(job, before={}), new_talks)


def test_old_conversations_work_their_sums_in_steps(start, monkeypatch):
    monkeypatch.setattr(practise, "KEPT", 1000)
    monkeypatch.setattr(stages, "probe", lambda *args, **options: {})  # which sums are worked depends on no fact
    model, tokenizer, card = checkpoints.load(start)
    args = argparse.Namespace(keep=0.25, seed=0, start="x")
    old = practise.old_conversations(Job(args, start, model, tokenizer, card | {"stage": "reasoner"}, load_tables()))
    without_tools = [t for t in old if not (t[0].role == "system" and "Tools" in t[0].content)]
    assert sum(", write " in talk[-1].content for talk in without_tools) > 25
    assert len(old) == 1000


@pytest.mark.parametrize("words", [["rl"], ["rlhf", "--pairs", "40"]])
def test_a_mean_with_nothing_of_the_new_model_is_the_old_one(start, words):
    command(start, *words, "--warm-up", "0", *SMALL, "--average", "0")
    path = start.parent / ("reasoner.safetensors" if words == ["rl"] else "preferred.safetensors")
    before, after = (checkpoints.load(each)[0].state_dict() for each in (start, path))
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_stories_are_what_preferred_warms_up_on(start):
    job = Job(argparse.Namespace(seed=0), start, None, None, {}, load_tables())
    assert all(talk[0].content in REQUESTS for talk in rlhf.stories(job, 40))


def test_rlhf_saves_a_judge_and_what_pleases_it(start):
    metrics = command(start, "rlhf", "--warm-up", "0", "--pairs", "40", *SMALL, "--max-tokens", "24")
    assert {"judge_right", "ceiling", "truth_before", "truth_after", "kl"} <= metrics.keys()
    _, _, card = checkpoints.load(start.parent / "preferred.safetensors")
    assert card["stage"] == "preferred" and card["metrics"] == json.loads(json.dumps(metrics))
    _, _, card = load_judge(start.parent / "judge.safetensors")
    assert card["metrics"]["pairs"] == 40


@pytest.mark.parametrize(("words", "name"), [(["rl"], "reasoner"), (["rlhf", "--pairs", "40"], "preferred")])
def test_a_stopped_run_is_kept_and_resumed(start, words, name, monkeypatch):
    from pocketgpt.rl import grpo

    report, state = grpo._report, start.parent / f"{name}.stopped"

    def stopping(step, *rest):
        if step == 1:
            raise KeyboardInterrupt
        return report(step, *rest)

    words = [*words, "--warm-up", "0", *SMALL, "--max-tokens", "24"]
    monkeypatch.setattr(grpo, "_report", stopping)
    with pytest.raises(PocketError, match="add --resume to go on"):
        command(start, *words)
    monkeypatch.setattr(grpo, "_report", report)
    assert state.exists()
    with pytest.raises(PocketError, match="A stopped run is kept"):
        command(start, *words)
    command(start, *words, "--resume")
    assert not state.exists() and (start.parent / f"{name}.safetensors").exists()


@pytest.mark.parametrize("name", ["rl", "rlhf"])
def test_the_command_line_has_them(name, capsys):
    with pytest.raises(SystemExit) as stopped:
        main([name, "--help"])
    told = capsys.readouterr().out
    assert stopped.value.code == 0 and "--kl-weight" in told and "--seed" in told and "--json" in told
