"""The mean of a model's weights before and after a run."""

from copy import deepcopy

import pytest
import torch
from tiny import tiny_model
from torch.testing import assert_close

from pocketgpt.errors import PocketError
from pocketgpt.training.average import average


def test_each_weight_is_the_mean():
    model, other = tiny_model(seed=1), tiny_model(seed=2)
    old, new = deepcopy(other.state_dict()), deepcopy(model.state_dict())
    average(model, old, 0.25)
    for name, weight in model.state_dict().items():
        assert_close(weight, 0.25 * new[name] + 0.75 * old[name])


def test_a_whole_share_changes_nothing_and_none_brings_back_what_was():
    model = tiny_model(seed=1)
    new, old = deepcopy(model.state_dict()), tiny_model(seed=2).state_dict()
    average(model, old, 1.0)
    assert all(torch.equal(weight, new[name]) for name, weight in model.state_dict().items())
    average(model, old, 0.0)
    assert all(torch.equal(weight, old[name]) for name, weight in model.state_dict().items())


@pytest.mark.parametrize("share", [-0.1, 1.5, float("nan")])
def test_a_share_is_between_0_and_1(share):
    with pytest.raises(PocketError, match="at least 0 and at most 1"):
        average(tiny_model(), {}, share)
