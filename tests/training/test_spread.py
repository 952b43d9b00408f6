"""A model spread over processes learns what a whole one does, and can be stopped and resumed."""

import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny import random_ids, tiny_model
from torch.testing import assert_close
from two_processes import run_in_two

from pocketgpt.__main__ import main
from pocketgpt.errors import PocketError
from pocketgpt.training import distributed, gradients, loop, precision, resume
from pocketgpt.training.config import TrainConfig
from pocketgpt.training.distributed import as_held, is_spread, whole
from pocketgpt.training.precision import pick_precision
from pocketgpt.training.spread import spread

CONFIG = TrainConfig(steps=5, precision="fp32", weight_decay=0.1)


class Batches:
    """Five rows a step, which two processes can't share evenly; of the first ones, most tokens don't count."""

    def batch(self, step):
        ids, targets = random_ids(5, 8, seed=step), random_ids(5, 8, seed=step + 100)
        targets[:2, 1:] = -100
        return ids, targets


def run(model, **options):
    return [metrics.loss for metrics in loop.train(model, Batches(), CONFIG, **options)]


def weights(model):
    return {name: p.detach().clone() for name, p in model.named_parameters()}


def stop_and_resume(folder: Path) -> None:
    """Each process's part of the test below."""
    model, state = tiny_model(), folder / "stopped"
    resume.SAVE_EVERY = 0.0
    try:
        with spread(model) as parts:
            held = sum(p.to_local().numel() for p in parts.parameters())
            for metrics in loop.train(parts, Batches(), CONFIG, state):
                if metrics.step == 3:
                    raise KeyboardInterrupt  # after which step 2 is the last one that was saved
    except KeyboardInterrupt:
        pass
    untouched = all(map(torch.equal, tiny_model().parameters(), model.parameters()))
    with spread(model) as parts:
        losses = run(parts, state=state, resume=True)
    found = {"losses": torch.tensor(losses), "held": torch.tensor([held, int(untouched)])} | weights(model)
    save_file(found, folder / f"{distributed.dist.get_rank()}.safetensors")


SCRIPT = """
import sys
from pathlib import Path

sys.path[:0] = [sys.argv[1], f"{sys.argv[1]}/.."]  # this file's folder, and that of tiny.py
from test_spread import distributed, stop_and_resume

with distributed.process_group():
    stop_and_resume(Path(sys.argv[2]))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="torchrun on Windows needs settings of its own")
def test_a_spread_model_learns_what_a_whole_one_does_and_goes_on_where_it_was_stopped(tmp_path):
    run_in_two(SCRIPT, __file__, tmp_path)
    model = tiny_model()
    losses = run(model)
    both = [load_file(tmp_path / f"{rank}.safetensors") for rank in (0, 1)]
    held = [found.pop("held") for found in both]
    assert sum(h[0].item() for h in held) == model.parameters_count and all(h[0] > 0 for h in held)
    assert all(h[1] for h in held)  # an interrupted run has changed nothing
    assert all(torch.equal(both[0][key], both[1][key]) for key in both[0])
    assert_close(both[0].pop("losses"), torch.tensor(losses[2:]), atol=1e-4, rtol=1e-4)
    for key, value in weights(model).items():
        assert (both[0][key] - value).norm() < 1e-3 * value.norm(), key
    assert not (tmp_path / "stopped").exists()


def test_one_process_alone_gets_a_sentence():
    with pytest.raises(PocketError, match="torchrun --nproc-per-node"), spread(tiny_model()):
        pass


def test_a_whole_model_is_left_alone():
    model, tensor = tiny_model(), torch.arange(4)
    assert not is_spread(model) and whole(tensor) is tensor and as_held(tensor, tensor) is tensor


@pytest.mark.parametrize(
    ("wanted", "card", "found"), [("auto", True, "bf16"), ("auto", False, "fp32"), ("fp32", True, "fp32")]
)
def test_parts_are_computed_without_a_trial(wanted, card, found, monkeypatch):
    monkeypatch.setattr(precision, "is_spread", lambda model: True)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: card)
    monkeypatch.setattr(precision, "seconds_per_step", None)
    assert pick_precision(tiny_model(), Batches(), wanted).name == found


def test_parts_cannot_be_computed_in_float16(monkeypatch):
    monkeypatch.setattr(precision, "is_spread", lambda model: True)
    with pytest.raises(PocketError, match="not in fp16"):
        pick_precision(tiny_model(), Batches(), "fp16")


def test_parts_that_do_not_fit_are_not_halved_by_one_process_alone(monkeypatch):
    def full(*_):
        raise torch.OutOfMemoryError

    monkeypatch.setattr(gradients, "is_spread", lambda model: True)
    with pytest.raises(PocketError, match="lower --batch-size"):
        gradients.Gradients(tiny_model(), precision.Precision("fp32", full)).compute(*Batches().batch(0))


@pytest.mark.parametrize(
    ("options", "words"), [(["--steps", "1"], "torchrun"), (["--minutes", "1"], "give --steps or --epochs")]
)
def test_the_command_says_what_it_needs(options, words, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("POCKETGPT_OWN", str(tmp_path / "own"))
    text = tmp_path / "text.txt"
    text.write_text("The owl eats mice. The cat sees the owl. " * 200, encoding="utf-8")
    assert main(["pretrain", "--text", str(text), "--spread", "--depth", "1", *options]) != 0
    assert words in capsys.readouterr().err
    assert not list(tmp_path.glob("own/*.safetensors"))
    assert not distributed.dist.is_initialized()
