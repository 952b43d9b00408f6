"""The formulas for larger models against a model, PyTorch's counter, the shipped card, the evidence and nanochat."""

import json

import pytest
import torch
from notebook_runner import REPOSITORY
from tiny import random_ids
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from pocketgpt import checkpoints
from pocketgpt.model import GPT, GPTConfig, next_token_loss
from pocketgpt.training import scale
from pocketgpt.training.optim import make_optimizers

CONFIGS = [GPTConfig(300, 1, 2, 32, 16), GPTConfig(300, 3, 2, 64, 32)]
NANOCHAT_D20 = GPTConfig(65_536, 20, 10, 1_280, 2_048)
PAGE = REPOSITORY / "tools" / "book" / "from_pocket_to_real.md"


def loss_of(model: GPT, rows: int) -> torch.Tensor:
    ids = random_ids(rows, model.config.context)
    return next_token_loss(model, ids, ids)


@pytest.mark.parametrize("config", CONFIGS)
def test_parameters_and_arithmetic_are_exact(config):
    model = GPT(config)
    assert scale.parameters(config) == model.parameters_count
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        loss_of(model, 2).backward()
    assert counter.get_total_flops() == scale.flop_per_token(config) * 2 * config.context


def test_arithmetic_without_masked_places_counted_by_hand():
    config = GPTConfig(vocab_size=7, n_layer=2, n_head=1, n_embd=4, context=8)
    model_weights = 2 * (4 * 4 * 4 + 2 * 4 * 16) + 7 * 4
    attention = 2 * (2 * 8 // 2 * 4) * 2  # scores and sums, over half of the places on average, two layers
    assert scale.flop_per_token(config, attended=4) == 3 * (2 * model_weights + attention)


@pytest.mark.parametrize("config", CONFIGS)
def test_memory_is_what_pytorch_keeps(config):
    model, kept = GPT(config), {}
    own = {p.untyped_storage().data_ptr() for p in model.parameters()}
    alive = []

    def keep(tensor):
        alive.append(tensor)  # else its place in memory could be used again
        kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        loss = loss_of(model, 2)
    found = sum(size for place, size in kept.items() if place not in own)
    assert scale.activation_bytes(config, 2) == pytest.approx(found, rel=0.05)
    loss.backward()
    optimizers = make_optimizers(model, 0.1, 0.1, 0.1, 0.0)
    for optimizer in optimizers:
        optimizer.step()
    held = [*model.parameters(), *(p.grad for p in model.parameters())]
    held += [value for o in optimizers for m in o.state.values() for value in m.values() if value.ndim]
    assert scale.state_bytes(config) == sum(tensor.nbytes for tensor in held)


def test_measured_points():
    """The base model as it was made, and the scaling study: what the formula gives from their tokens a second."""
    card = checkpoints.read_card(checkpoints.SHIPPED / "base.safetensors")
    config = scale.plan(4).config
    assert scale.parameters(config) == card["metrics"]["parameters"]
    per_token = scale.flop_per_token(config)
    for metrics in (card["metrics"], *(run["metrics"] for run in card["history"])):
        assert metrics["tokens_per_second"] * per_token == pytest.approx(scale.TWO_CORES, rel=0.25)
    runs = json.loads((REPOSITORY / "data" / "evidence" / "02.json").read_text(encoding="utf-8"))["runs"]
    sizes = {run["depth"]: run["parameters"] for run in runs if "depth" in run}
    assert len(sizes) >= 3
    for depth, parameters in sizes.items():
        assert scale.parameters(GPTConfig.from_depth(depth, vocab_size=1024)) == parameters


def test_nanochats_d20_as_its_makers_have_it():
    """561 million parameters, 11.2 billion tokens, 4e19 FLOP."""
    assert scale.parameters(NANOCHAT_D20) == pytest.approx(561e6, rel=1e-3)
    assert scale.TOKENS_PER_PARAMETER * scale.parameters(NANOCHAT_D20) == pytest.approx(11.2e9, rel=0.01)
    assert scale.flop_per_token(NANOCHAT_D20) * 11.2e9 == pytest.approx(4e19, rel=0.03)


def test_the_page_shows_the_table_that_the_formulas_give():
    text = PAGE.read_text(encoding="utf-8")
    assert scale.table() in text
    card = checkpoints.read_card(checkpoints.SHIPPED / "base.safetensors")
    for metrics in (card["metrics"], *(run["metrics"] for run in card["history"])):
        assert f"{metrics['tokens_per_second']:,.0f}" in text
