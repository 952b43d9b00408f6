"""Gradients in parts, in float16 and on many cards are those of the whole batch in float32 on one."""

import pytest
import torch
import torch.distributed as dist
from tiny import random_ids, tiny_model
from torch.testing import assert_close

from pocketgpt.errors import PocketError
from pocketgpt.model import IGNORE, next_token_loss
from pocketgpt.training import distributed, precision
from pocketgpt.training.config import TrainConfig
from pocketgpt.training.gradients import Gradients
from pocketgpt.training.loop import train
from pocketgpt.training.precision import Precision, candidates, pick_precision, synchronize


def batch(rows: int = 5):
    """Rows with very unequal numbers of counted targets."""
    ids, targets = random_ids(rows, 8), random_ids(rows, 8, seed=1)
    for row in range(rows):
        targets[row, : min(7, 2 * row)] = -100
    return ids, targets


def whole():
    """Loss and gradients by plain PyTorch."""
    model = tiny_model()
    loss = next_token_loss(model, *batch())
    loss.backward()
    return loss.item(), [p.grad for p in model.parameters()]


def check(model, loss, **tolerance):
    wanted_loss, wanted = whole()
    assert loss == pytest.approx(wanted_loss, rel=tolerance.get("rtol", 1e-5))
    for p, grad in zip(model.parameters(), wanted, strict=True):
        assert_close(p.grad, grad, **tolerance)


class Short:
    """A loss that has memory for so many rows; counts what it was asked for."""

    def __init__(self, rows: int):
        self.rows, self.asked = rows, []

    def __call__(self, model, ids, targets):
        self.asked.append(len(ids))
        if len(ids) > self.rows:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return next_token_loss(model, ids, targets)


@pytest.mark.parametrize(("rows", "asked"), [(5, [5]), (3, [5, 3, 2]), (2, [5, 3, 2, 2, 1]), (1, [5, 3, 2, *5 * [1]])])
def test_a_batch_that_does_not_fit_is_computed_in_parts(rows, asked):
    model, loss = tiny_model(), Short(rows)
    gradients = Gradients(model, Precision("fp32", loss))
    check(model, gradients.compute(*batch()), atol=1e-5, rtol=1e-4)
    assert loss.asked == asked
    model.zero_grad()
    loss.asked.clear()
    gradients.compute(*batch())
    assert max(loss.asked) <= rows  # what fits is remembered


def test_memory_that_ends_on_the_way_leaves_no_half_of_the_gradients():
    model, calls = tiny_model(), []

    def loss(model, ids, targets):
        calls.append(len(ids))
        if len(calls) == 3:
            raise torch.OutOfMemoryError
        return next_token_loss(model, ids, targets)

    gradients = Gradients(model, Precision("fp32", loss))
    gradients.rows = 2
    check(model, gradients.compute(*batch()), atol=1e-5, rtol=1e-4)
    assert calls == [2, 2, 1, 1, 1, 1, 1, 1]


def test_pairs_count_by_rows():
    model = tiny_model()

    def loss(model, ids, targets):
        return model(ids.flatten(0, 1)).square().view(len(ids), -1).mean()

    ids = random_ids(3, 2, 8)
    targets = ids.clone()
    targets[0] = -100
    expected = loss(model, ids, targets)
    gradients = Gradients(model, Precision("fp32", loss))
    gradients.rows = 2
    assert gradients.compute(ids, targets) == pytest.approx(expected.item(), rel=1e-5)


def test_not_even_one_text_fits():
    with pytest.raises(PocketError, match="single text doesn't fit into the memory of cpu"):
        Gradients(tiny_model(), Precision("fp32", Short(0))).compute(*batch())


# --- float16 ------------------------------------------------------------------------------------------------


class Overflow(torch.autograd.Function):
    """Nothing on the way forward; on the way back infinite where the scale is above a limit."""

    @staticmethod
    def forward(ctx, loss, limit):
        ctx.limit = limit
        return loss.clone()

    @staticmethod
    def backward(ctx, grad):
        return grad * (float("inf") if grad.abs() > ctx.limit else 1), None


def test_float16_gives_nearly_the_same_gradients():
    model = tiny_model()
    check(model, Gradients(model, Precision("fp16")).compute(*batch()), atol=0.02, rtol=0.05)


@pytest.mark.parametrize("limit", [2.0**16, 2.0**13, 1.0])
def test_a_scale_that_is_too_large_falls_and_leaves_no_trace(limit, monkeypatch):
    model, scaled = tiny_model(), Precision("fp16", lambda *args: Overflow.apply(next_token_loss(*args), limit))
    # In float32, so that only the scale can make a difference.
    monkeypatch.setattr(torch, "autocast", lambda *args, **kwargs: torch.enable_grad())
    check(model, Gradients(model, scaled).compute(*batch()), atol=1e-5, rtol=1e-4)


def test_float16_that_overflows_at_any_scale_gets_a_sentence():
    hopeless = Precision("fp16", lambda *args: Overflow.apply(next_token_loss(*args), 0.0))
    with pytest.raises(PocketError, match="--precision fp32"):
        Gradients(tiny_model(), hopeless).compute(*batch())


class Batches:
    def batch(self, step):
        return random_ids(4, 8, seed=step), random_ids(4, 8, seed=step + 100)


def test_a_run_in_float16_follows_one_in_float32():
    losses = {
        name: [m.loss for m in train(tiny_model(), Batches(), TrainConfig(steps=4, precision=name))]
        for name in ("fp32", "fp16")
    }
    assert losses["fp16"] == pytest.approx(losses["fp32"], rel=0.02)


# --- The trial ----------------------------------------------------------------------------------------------


def test_a_trial_waits_for_the_device(monkeypatch):
    waited = []
    monkeypatch.setattr(torch.accelerator, "synchronize", waited.append)
    synchronize(torch.device("cuda", 0))
    synchronize(torch.device("cpu"))
    assert waited == [torch.device("cuda", 0)]
    calls = []
    monkeypatch.setattr(precision, "synchronize", lambda device: calls.append(device))
    precision.seconds_per_step(Precision("fp32"), tiny_model(), *batch(), repeats=1)
    assert len(calls) == 4  # before and after each of two steps


@pytest.mark.parametrize(
    ("seconds", "chosen"),
    [
        ({"fp32": 1.0, "bf16": 3.0, "fp16": 0.3}, "fp16"),  # a card that only emulates bfloat16
        ({"fp32": 1.0, "bf16": 0.3, "fp16": 0.3}, "bf16"),
        ({"fp32": 1.0, "bf16": 1.0, "fp16": None}, "fp32"),  # float16 overflows
    ],
)
def test_the_trial_chooses_among_all_that_a_card_has(seconds, chosen, monkeypatch, tmp_path):
    monkeypatch.setenv("POCKETGPT_OWN", str(tmp_path))

    def measured(precision, *_):
        if seconds[precision.name] is None:
            raise ArithmeticError
        return seconds[precision.name]

    monkeypatch.setattr(precision, "seconds_per_step", measured)
    monkeypatch.setattr(precision, "candidates", lambda device, long: candidates(torch.device("cuda"), long))
    assert pick_precision(tiny_model(), Batches(), steps=1).name == chosen


def test_a_precision_that_overflows_is_none_to_choose(monkeypatch, tmp_path):
    monkeypatch.setenv("POCKETGPT_OWN", str(tmp_path))
    with pytest.raises(ArithmeticError, match="fp32 overflows"):
        infinite = Precision("fp32", lambda *args: next_token_loss(*args) * float("inf"))
        precision.seconds_per_step(infinite, tiny_model(), *batch())


def test_a_trial_fits_itself_into_memory(monkeypatch, tmp_path):
    monkeypatch.setenv("POCKETGPT_OWN", str(tmp_path))
    loss = Short(1)
    assert pick_precision(tiny_model(), Batches(), steps=1, objective=loss).name in ("fp32", "bf16")
    assert sorted(set(loss.asked)) == [1, 2, 4]


# --- Many cards ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cards", "processes", "backend", "card"),
    [(0, 2, "gloo", None), (2, 2, "cpu:gloo,cuda:nccl", 1), (4, 2, "cpu:gloo,cuda:nccl", 1), (1, 2, "gloo", 0)],
)
def test_each_process_takes_a_card_of_its_own(cards, processes, backend, card, monkeypatch):
    done = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cards > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: cards)
    monkeypatch.setattr(torch.cuda, "set_device", lambda number: done.append(number))
    monkeypatch.setattr(dist, "is_torchelastic_launched", lambda: True)
    monkeypatch.setattr(dist, "init_process_group", lambda name: done.append(name))
    monkeypatch.setattr(dist, "destroy_process_group", lambda: done.append("end"))
    monkeypatch.setenv("LOCAL_RANK", "1")
    monkeypatch.setenv("LOCAL_WORLD_SIZE", str(processes))
    with distributed.process_group():
        pass
    assert done == [*([] if card is None else [card]), backend, "end"]


@pytest.mark.parametrize("pairs", [False, True])
def test_the_processes_losses_add_up_to_the_batch_s(monkeypatch, pairs):
    """A mean over counted tokens or, for pairs, over rows: one with a long answer counts no more than another."""
    targets = torch.full((4, 2, 9) if pairs else (4, 9), IGNORE)
    for row, length in enumerate((9, 1, 3, 2)):
        targets[row, ..., :length] = row

    def loss(targets):
        counts = targets != IGNORE
        if pairs:
            return (counts * targets).flatten(1).sum(1).float().div(counts.flatten(1).sum(1)).mean()
        return (counts * targets).sum() / counts.sum()

    monkeypatch.setattr(dist, "is_initialized", lambda: True)
    monkeypatch.setattr(dist, "get_world_size", lambda: 2)
    total = 0.0
    for rank in (0, 1):
        monkeypatch.setattr(dist, "get_rank", lambda rank=rank: rank)
        _, mine, share = distributed.share_of(targets, targets)
        total += share * loss(mine)
    assert float(total) == pytest.approx(float(loss(targets)))


needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a graphics card")


@needs_cuda
@pytest.mark.parametrize("name", [*candidates(torch.device("cuda"), long=True), "fp32"])
def test_a_card_trains_as_the_processor_does(name):
    config = TrainConfig(steps=4, precision="fp32")
    here = [m.loss for m in train(tiny_model(), Batches(), config)]
    there = train(tiny_model().cuda(), Batches(), TrainConfig(steps=4, precision=name))
    assert [m.loss for m in there] == pytest.approx(here, rel=0.02)


@needs_cuda
def test_a_card_finds_its_precision_by_itself(monkeypatch, tmp_path):
    monkeypatch.setenv("POCKETGPT_OWN", str(tmp_path))
    losses = [m.loss for m in train(tiny_model().cuda(), Batches(), TrainConfig(steps=4))]
    assert all(loss == loss for loss in losses)
