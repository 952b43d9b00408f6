"""The command line as a whole: quick to ask for help, defaults that stand in one place, and the Makefile's commands."""

import argparse
import io
import json
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from tiny import tiny_model

from pocketgpt import checkpoints
from pocketgpt.__main__ import main, make_parser
from pocketgpt.cli import chat, common
from pocketgpt.rl.config import RLConfig
from pocketgpt.sft import stages
from pocketgpt.tokenizer import Tokenizer
from pocketgpt.training.config import VOCAB_SIZE, Recipe, settings_for

COMMANDS = ("pretrain", "read", "sft", "chat", "rl", "rlhf", "see", "generate", "exam", "export", "import")
HEAVY = {"torch", "numpy", "matplotlib", "ipywidgets", "regex"}


HELPS = """
import contextlib, io, json, sys
from pocketgpt.__main__ import main
found = {}
for name in sys.argv[1:]:
    told = io.StringIO()
    with contextlib.redirect_stdout(told), contextlib.suppress(SystemExit):
        main([*name.split(), "--help"])
    found[name] = [told.getvalue(), sorted({module.split(".")[0] for module in sys.modules})]
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def helps():
    """What each command tells with --help, and what is loaded after it; all in one fresh process."""
    command = [sys.executable, "-c", HELPS, "", *COMMANDS]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=True)
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", ["", *COMMANDS], ids=["all", *COMMANDS])
def test_help_comes_at_once(name, helps):
    told, loaded = helps[name]
    assert "argparse" in loaded and not HEAVY & {*loaded}
    assert told.startswith("usage: python -m pocketgpt " + name)


def options_of(name: str, *words: str) -> argparse.Namespace:
    return make_parser().parse_args([name, *words])


def test_defaults_are_those_of_the_dataclasses():
    assert settings_for(Recipe, options_of("pretrain")).items() <= vars(Recipe()).items()
    assert options_of("pretrain").vocab_size == VOCAB_SIZE
    rl = {"steps": 30, "kl_weight": 0.0}
    assert RLConfig(**settings_for(RLConfig, options_of("rl"))) == RLConfig(**rl)
    rlhf = {"steps": 22, "prompts": 8, "rollouts": 8, "max_tokens": 64, "lr": 8e-4, "kl_weight": 0.1}
    assert RLConfig(**settings_for(RLConfig, options_of("rlhf"))) == RLConfig(**rlhf)
    assert (options_of("sft").steps, options_of("sft").precision) == (None, "fp32")
    assert (options_of("rl").warm_up, options_of("rlhf").warm_up, options_of("read").steps) == (0, 60, 700)


def test_fields_become_options_of_their_types_whose_help_tells_the_default():
    @dataclass(frozen=True)
    class Config:
        steps: int = 3
        learning_rate: float = 0.5
        minutes: float | None = None

    parser = argparse.ArgumentParser()
    common.add_fields(parser, Config, {"learning_rate": "how fast", "minutes": "how long", "steps": "n"}, steps=4)
    args = parser.parse_args(["--minutes", "2", "--learning-rate", "1"])
    assert vars(args) == {"steps": 4, "learning_rate": 1.0, "minutes": 2.0}
    told = parser.format_help()
    assert "how fast (default: 0.5)" in told and "n (default: 4)" in told and "how long\n" in told


def test_the_makefile_trains_the_shipped_models_with_commands_that_there_are():
    makefile = (Path(__file__).parents[2] / "Makefile").read_text(encoding="utf-8")
    lines = re.findall(r"^\t.* -m pocketgpt (.*)$", makefile, re.MULTILINE)
    parsed = [make_parser().parse_args(shlex.split(line)) for line in lines]
    assert [args.command for args in parsed] == [
        *("pretrain", "pretrain", "sft", "read"), *["sft"] * 8, "rl", *["sft"] * 2, "rl", "sft", "rl", "rlhf",
        *["sft"] * 2, "rl", "rlhf", *2 * ("sft", "rl", "rlhf"), *["see"] * 4
    ]  # fmt: skip
    assert all(args.shipped for args in parsed)


def test_stages_of_the_command_line_are_those_of_fine_tuning():
    for name in stages.STAGES:
        assert name in common.STAGES and options_of("sft", "--stage", name).stage == name


@pytest.fixture
def own(tmp_path, monkeypatch):
    """An own folder, and no shipped models."""
    monkeypatch.setenv("POCKETGPT_OWN", str(tmp_path / "own"))
    monkeypatch.setattr(checkpoints, "SHIPPED", tmp_path / "shipped")
    return tmp_path / "own"


def test_a_chat_is_with_the_latest_stage(own, capsys):
    card = {"command": "python -m pocketgpt", "metrics": {}, "stage": "own"}
    for folder, name, latest in [
        (own, "my_book", "base"),  # no stage at all
        (checkpoints.SHIPPED, "assistant", "assistant"),
        (checkpoints.SHIPPED, "reasoner", "reasoner"),
        (own, "honest", "reasoner"),
        (own, "reader", "reasoner"),
        (own, "preferred", "preferred"),
    ]:
        checkpoints.save(folder / f"{name}.safetensors", tiny_model(vocab_size=264), Tokenizer([]), card)
        assert chat.latest_stage() == latest
    assert main(["chat", "Hi", "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["stage"] == "preferred"


def test_of_the_shipped_models_the_latest_is_preferred(tmp_path, monkeypatch):
    monkeypatch.setenv("POCKETGPT_OWN", str(tmp_path))
    assert chat.latest_stage() == common.STAGES[-1] == "preferred"


NUMBERS = [
    (name, option.option_strings[0])
    for name in COMMANDS
    for option in make_parser()._subparsers._group_actions[0].choices[name]._actions
    if option.type not in (None, str)
]


@pytest.mark.parametrize(("name", "option"), NUMBERS)
def test_every_number_is_checked_at_the_border(name, option, capsys):
    assert len(NUMBERS) > 30
    given = ["Hi"] if name in ("generate", "chat") else []
    for text in ("nan", "inf", "-inf", "-1", "1e999", "three", "", "-0.5", str(-(10**30))):
        with pytest.raises(SystemExit) as end:
            make_parser().parse_args([name, *given, f"{option}={text}"])
        said = capsys.readouterr().err
        assert end.value.code == 2 and f"argument {option}: it must be " in said


def test_some_numbers_have_narrower_bounds(capsys):
    for words in (
        ["pretrain", "--steps", "0"],
        ["pretrain", "--epochs", "0"],
        ["pretrain", "--depth", "65"],
        ["pretrain", "--vocab-size", "263"],
        ["rl", "--digits", "3", "0"],
        ["rl", "--digits", "9"],
        ["rl", "--keep", "1.1"],
        ["generate", "Hi", "--top-p", "0"],
        ["chat", "--seed", str(2**32)],
    ):
        with pytest.raises(SystemExit):
            make_parser().parse_args(words)
        assert "it must be " in capsys.readouterr().err


def test_a_chat_goes_through_a_pipe_of_windows_code_page(own, monkeypatch):
    card = {"command": "python -m pocketgpt", "metrics": {}, "stage": "honest"}
    checkpoints.save(own / "honest.safetensors", tiny_model(vocab_size=264, context=64), Tokenizer([]), card)
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="cp1252"))
    monkeypatch.setattr(chat, "_answer", lambda *_: print("82 → ✓") or [])
    assert main(["chat", "What is 47 + 35? → \udcff"]) == 0
    assert written.getvalue().split() == [b"82", b"?", b"?"]


def test_a_short_context_is_named(own, capsys):
    card = {"command": "python -m pocketgpt", "metrics": {}, "stage": "honest"}
    checkpoints.save(own / "honest.safetensors", tiny_model(vocab_size=264, context=12), Tokenizer([]), card)
    for words in (
        ["chat", "What is 47 + 35?", "--stage", "honest"],
        ["generate", "What is 47 + 35?", "--model", "honest"],
        ["exam", "--model", "honest"],
        ["exam", "--model", "honest", "--strangers"],
        ["rl", "--start", "honest", "--steps", "1"],
        ["rlhf", "--start", "honest", "--steps", "1", "--warm-up", "0"],
        ["rlhf", "--start", "honest", "--steps", "1", "--warm-up", "1"],
    ):
        assert main(words) == 2, words
        said = capsys.readouterr().err
        assert "context" in said and "12" in said and said.count("\n") == 1, words
