"""A model that grows says what it said, and its new blocks learn."""

import pytest
import torch
from tiny import tiny_model

from pocketgpt.errors import PocketError
from pocketgpt.model import next_token_loss
from pocketgpt.training.grow import grow


@pytest.fixture
def awake():
    """A tiny model whose output layers are not zero, as after training."""
    model = tiny_model(seed=1)
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for weights in model.parameters():
            weights.add_(0.1 * torch.randn(weights.shape, generator=generator))
    return model


@pytest.mark.parametrize("more", [0, 1, 2, 5])
def test_it_says_what_it_said_bit_for_bit(awake, more):
    ids = torch.arange(12).view(2, 6)
    deeper = grow(awake, awake.config.n_layer + more)
    assert deeper.config.n_layer == len(deeper.blocks) == awake.config.n_layer + more
    assert torch.equal(deeper(ids), awake(ids))


def test_old_blocks_stay_in_order_with_new_ones_evenly_between(awake):
    old = awake.config.n_layer
    deeper = grow(awake, 2 * old)
    for place, block in enumerate(deeper.blocks):
        before = awake.blocks[place // 2]
        assert torch.equal(block.mlp.up.weight, before.mlp.up.weight)
        is_new = place % 2 == 1
        assert torch.equal(block.mlp.down.weight, 0 * before.mlp.down.weight if is_new else before.mlp.down.weight)


def test_new_blocks_learn_from_the_first_step_and_the_old_model_stays(awake):
    ids = torch.arange(12).view(2, 6)
    before = awake(ids)
    deeper = grow(awake, awake.config.n_layer + 1)
    optimizer = torch.optim.SGD(deeper.parameters(), lr=0.1)
    next_token_loss(deeper, ids[:, :-1], ids[:, 1:]).backward()
    optimizer.step()
    new = [
        block
        for block in deeper.blocks
        if not any(torch.equal(block.mlp.down.weight, b.mlp.down.weight) for b in awake.blocks)
    ]
    assert all(block.attention.out.weight.abs().sum() > 0 and block.mlp.down.weight.abs().sum() > 0 for block in new)
    assert torch.equal(awake(ids), before)


def test_a_model_only_grows(awake):
    with pytest.raises(PocketError, match="can only grow"):
        grow(awake, awake.config.n_layer - 1)
