"""The mean of a model's weights before and after a run: it keeps more of what was there before.

Wortsman and others (2022, https://arxiv.org/abs/2109.01903) found so for fine-tuning; the two models must not be far
from each other, as they are where one was trained from the other.
"""

from collections.abc import Mapping

import torch
from torch import Tensor

from pocketgpt.bounds import SHARE, check_number


@torch.no_grad()
def average(model: torch.nn.Module, before: Mapping[str, Tensor], share: float) -> None:
    """Move the model's weights, in place, back towards those of `before`: `share` of the new ones stays.

    Raises PocketError if the share isn't between 0 and 1.

    >>> model = torch.nn.Linear(1, 1, bias=False)
    >>> average(model, {"weight": torch.zeros(1, 1)}, 0.0)
    >>> model.weight.item()
    0.0
    """
    check_number("share", share, **SHARE)
    for name, new in model.state_dict().items():
        new.lerp_(before[name].to(new.device), 1 - share)
