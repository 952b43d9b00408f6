"""A model that one graphics card can't hold, spread over several: PyTorch's FSDP2.

    with spread(model) as parts:
        for metrics in train(parts, data, config):
            ...
    # here `model` has learned it

Each process holds a share of every weight, of its gradient and of the optimizer's memory; the weights of a block come
together only while it computes. Rajbhandari et al. 2020 (ZeRO, https://arxiv.org/abs/1910.02054) showed that this costs
little more time than whole copies do.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy

import torch
import torch.distributed as dist

from pocketgpt.errors import PocketError
from pocketgpt.model import GPT
from pocketgpt.training.distributed import whole


def check_several() -> None:
    """PocketError if this process is the only one."""
    if not dist.is_initialized():
        raise PocketError(
            "A model is spread over several processes, and this is the only one: start with "
            "`torchrun --nproc-per-node 8 -m pocketgpt pretrain --spread …`, 8 being the number of cards."
        )


@contextmanager
def spread(model: GPT, device: str = "cpu") -> Iterator[GPT]:
    """The model in parts, on a card for each process with "cuda", else on the processor.

    At the end `model` has what they learned. After an error or an interrupt it stays as it was: the other processes
    may be at another step then. Raises PocketError if this process is the only one.
    """
    check_several()
    from torch.distributed.fsdp import fully_shard

    # On a Mac each process computes on the processor: FSDP2 knows no "mps".
    mesh = dist.init_device_mesh("cuda" if device == "cuda" else "cpu", (dist.get_world_size(),))
    parts = deepcopy(model)
    for module in (*parts.blocks, parts):
        part = fully_shard(module, mesh=mesh)
        part.set_gradient_divide_factor(1.0)  # a sum, not a mean: each loss is weighed by its share of the targets
        part.set_force_sum_reduction_for_comms(True)
    yield parts
    with torch.no_grad():
        for p, part in zip(model.parameters(), parts.parameters(), strict=True):
            p.copy_(whole(part))
    model.eval()
