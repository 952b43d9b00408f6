"""The gradients of a batch: in parts where memory is short, scaled where float16 would lose them, of all processes.

Whatever happens on the way, the result is that of the whole batch at once, and follows from the batch alone. So a run
that was stopped needs no memory of it.
"""

import torch
import torch.distributed as dist
from torch import Tensor

from pocketgpt.errors import PocketError
from pocketgpt.model import GPT
from pocketgpt.training.distributed import is_spread, share_of, share_of_part
from pocketgpt.training.precision import Precision

# What float16's loss is multiplied by: its smallest numbers are 6e-8, and gradients are smaller.
LARGEST_SCALE = 2.0**16
SCALE_STEP = 16.0  # by which the scale falls if it was too large: the fifth is 1


class Gradients:
    """Computes gradients for a model; remembers how many rows fit into memory at once."""

    def __init__(self, model: GPT, precision: Precision) -> None:
        self.model, self.precision = model, precision
        self.rows: int | None = None  # None: all of them, as far as we know

    def compute(self, ids: Tensor, targets: Tensor) -> float:
        """Forward and backward on a batch: leaves the gradients in the parameters, returns the loss.

        Raises PocketError if not even one row fits, or if float16 can't hold the gradients at any scale.
        """
        device = self.model.device
        ids, targets, share = share_of(ids.to(device), targets.to(device))
        if self.precision.dtype != torch.float16:
            return self._summed(ids, targets, share)
        scale = LARGEST_SCALE
        while scale >= 1:
            loss = self._summed(ids, targets, share * scale)
            gradients = [p.grad.div_(scale) for p in self.model.parameters() if p.grad is not None]
            if all(bool(grad.isfinite().all()) for grad in gradients):
                return loss / scale
            self.model.zero_grad()
            scale /= SCALE_STEP
        raise PocketError("float16 can't hold this model's numbers: add --precision fp32, or lower the learning rate.")

    def _summed(self, ids: Tensor, targets: Tensor, share: float) -> float:
        """The same, each loss multiplied by `share`, summed over all processes."""
        total = self._in_parts(ids, targets, share)
        if dist.is_initialized():
            # Those of a spread model are summed already.
            whole_copies = [] if is_spread(self.model) else list(self.model.parameters())
            for tensor in [*(p.grad for p in whole_copies), total]:
                dist.all_reduce(tensor)
        return total.item()

    def _in_parts(self, ids: Tensor, targets: Tensor, share: float) -> Tensor:
        while True:
            rows = min(self.rows or len(ids), len(ids))
            try:
                return self._parts_of(rows, ids, targets, share)
            except torch.OutOfMemoryError:
                if is_spread(self.model):  # the other processes wait for this one's part of the same rows
                    raise PocketError(f"{rows} texts don't fit into a card's memory: lower --batch-size.") from None
                # what it holds is freed only after this block
            if rows == 1:
                raise PocketError(
                    f"A single text doesn't fit into the memory of {ids.device}: take a smaller --depth or --context."
                )
            self.model.zero_grad()
            self.rows = (rows + 1) // 2
            if ids.device.type == "cuda":
                torch.cuda.empty_cache()

    def _parts_of(self, rows: int, ids: Tensor, targets: Tensor, share: float) -> Tensor:
        total = torch.zeros((), device=ids.device)
        for part, wanted in zip(ids.split(rows), targets.split(rows), strict=True):
            weight = share * share_of_part(wanted, targets) if rows < len(ids) else share
            loss = self.precision.loss(self.model, part, wanted) * weight
            loss.backward()
            total += loss.detach()
        return total
