"""Training by several processes, as torchrun starts them: each takes its share of every batch, and of a model
that is spread over them (`spread`) its share of every weight.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn

from pocketgpt.errors import PocketError
from pocketgpt.model import IGNORE


def share_of_part(part: Tensor, targets: Tensor) -> float:
    """Which share of the batch's loss, a mean, belongs to a part of its rows: by counted targets, for pairs by rows.

    >>> share_of_part(torch.tensor([[1, -100]]), torch.tensor([[1, -100], [2, 3]]))
    0.3333333432674408
    """
    if targets.ndim > 2:
        return len(part) / len(targets)
    return ((part != IGNORE).sum() / (targets != IGNORE).sum().clamp(min=1)).item()


def share_of(ids: Tensor, targets: Tensor) -> tuple[Tensor, Tensor, float]:
    """This process's rows of a batch, and which share of the batch's loss belongs to them."""
    if not dist.is_initialized():
        return ids, targets, 1.0
    rank, world = dist.get_rank(), dist.get_world_size()
    if len(ids) < world:
        raise PocketError(f"A batch of {len(ids)} rows can't be shared by {world} processes: raise the batch size.")
    mine = targets[rank::world]
    return ids[rank::world], mine, share_of_part(mine, targets)


def is_spread(model: nn.Module) -> bool:
    """Whether this process holds only a part of each weight."""
    return any(hasattr(p, "full_tensor") for p in model.parameters())


def whole(tensor: Tensor) -> Tensor:
    """All of a tensor of which each process holds a part, and any other as it is; all processes have to ask."""
    return tensor.full_tensor() if hasattr(tensor, "full_tensor") else tensor


def as_held(full: Tensor, like: Tensor) -> Tensor:
    """This process's part of a tensor, if that is what it has of `like`."""
    if not hasattr(like, "full_tensor"):
        return full
    from torch.distributed.tensor import distribute_tensor

    return distribute_tensor(full, like.device_mesh, like.placements, src_data_rank=None)


def is_first() -> bool:
    """Is this the only process, or the one that speaks and saves for all that torchrun started?"""
    return not dist.is_initialized() or dist.get_rank() == 0


def agreed(value: Any) -> Any:
    """The first process's value, in every process."""
    values = [value]
    if dist.is_initialized():
        dist.broadcast_object_list(values)
    return values[0]


@contextmanager
def process_group() -> Iterator[None]:
    """Join the other processes when started by torchrun; do nothing otherwise.

    Each process takes a graphics card of its own; where there are none, or too few, they talk through gloo.
    """
    if not dist.is_torchelastic_launched():
        yield
        return
    cards = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if cards:
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]) % cards)  # "cuda" means this one from here on
    # NCCL, which is the faster one, only takes a process for each card; plain values still go through gloo.
    enough = cards >= int(os.environ["LOCAL_WORLD_SIZE"])
    dist.init_process_group("cpu:gloo,cuda:nccl" if enough else "gloo")
    try:
        yield
    finally:
        dist.destroy_process_group()
