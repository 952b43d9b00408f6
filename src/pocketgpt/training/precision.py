"""Which arithmetic is fastest here: float32 or bfloat16, compiled or not; a trial decides, once per machine and size.

Both are the same model. bfloat16 halves the bytes of each number and is fast on some processors, slow on others;
compiling fuses many small operations into few, but needs a C++ compiler and up to half a minute before the first step.
"""

import json
import platform
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from pocketgpt.errors import PocketError
from pocketgpt.files import write_text
from pocketgpt.model import GPT, next_token_loss
from pocketgpt.paths import own_folder
from pocketgpt.training.data import Data, Loss
from pocketgpt.training.distributed import agreed, is_first

PRECISIONS = {  # name → (bfloat16?, compiled?)
    "fp32": (False, False),
    "bf16": (True, False),
    "fp32-compiled": (False, True),
    "bf16-compiled": (True, True),
}
LONG_RUN = 300.0  # seconds: only a run longer than this can win back the time that compiling takes
CLEARLY_FASTER = 0.87  # of fp32's time: what another precision must beat, so that noise doesn't choose


@dataclass(frozen=True)
class Precision:
    """A way to compute a loss: with which numbers, and compiled or not."""

    name: str
    objective: Loss = next_token_loss

    @property
    def bfloat16(self) -> bool:
        """Whether it computes in bfloat16 where that is safe, rather than in float32."""
        return PRECISIONS[self.name][0]

    @cached_property
    def _compute(self) -> Loss:
        compiled = PRECISIONS[self.name][1]
        return torch.compile(self.objective, dynamic=False) if compiled else self.objective

    def loss(self, model: GPT, ids: Tensor, targets: Tensor) -> Tensor:
        """The loss on a batch, ready for backward()."""
        with torch.autocast(ids.device.type, torch.bfloat16, enabled=self.bfloat16):
            return self._compute(model, ids, targets)


def seconds_per_step(precision: Precision, model: GPT, ids: Tensor, targets: Tensor, repeats: int = 2) -> float:
    """The fastest of a few forward and backward passes; the weights stay as they are."""
    times = []
    for _ in range(repeats + 1):  # the first one warms up, or compiles
        start = time.perf_counter()
        precision.loss(model, ids, targets).backward()
        model.zero_grad()
        times.append(time.perf_counter() - start)
    return min(times[1:])


def _key(model: GPT, ids: Tensor, long: bool) -> str:
    threads = torch.get_num_threads()
    where = f"{platform.node()} {ids.device.type}, torch {torch.__version__}, {threads} threads"
    return f"{where}, {model.config}, batch {tuple(ids.shape)}, {'long' if long else 'short'} run"


def _trial(model: GPT, ids: Tensor, targets: Tensor, objective: Loss, long: bool, plain: float) -> str:
    times = {"fp32": plain}
    for name in [n for n in PRECISIONS if n != "fp32" and (long or not PRECISIONS[n][1])]:
        try:
            times[name] = seconds_per_step(Precision(name, objective), model, ids, targets)
        except Exception:  # no compiler, no bfloat16: whatever it is, this precision is not to be had here
            continue
    best = min(times, key=times.__getitem__)
    return best if times[best] < CLEARLY_FASTER * plain else "fp32"


def _remembered() -> dict:
    try:
        known = json.loads((own_folder() / "precision.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        known = None
    return known if isinstance(known, dict) else {}  # a lost or damaged note costs one more trial, no more


def pick_precision(
    model: GPT,
    data: Data,
    wanted: str = "auto",
    steps: int | None = None,
    seconds: float | None = None,
    objective: Loss = next_token_loss,
) -> Precision:
    """The precision named `wanted`, or with "auto" the one that a trial on this machine found fastest.

    `steps` or `seconds` say how long the run will be: compiling is tried for long runs only.
    """
    if wanted in PRECISIONS:
        return Precision(wanted, objective)
    if wanted != "auto":
        raise PocketError(f"There is no precision {wanted!r}: choose auto, {', '.join(PRECISIONS)}.")
    choice = _tried_or_known(model, data, steps, seconds, objective) if is_first() else None
    return Precision(agreed(choice), objective)  # all processes must compute alike


def _tried_or_known(model: GPT, data: Data, steps: int | None, seconds: float | None, objective: Loss) -> str:
    ids, targets = (t.to(model.device) for t in data.batch(0))
    plain = seconds_per_step(Precision("fp32", objective), model, ids, targets)
    long = (seconds or plain * (steps or 1)) > LONG_RUN
    key, known = _key(model, ids, long), _remembered()
    if known.get(key) in PRECISIONS:
        return known[key]
    known[key] = _trial(model, ids, targets, objective, long, plain)
    with suppress(OSError):  # a folder that can't be written to costs a trial next time, nothing else
        write_text(own_folder() / "precision.json", json.dumps(known, indent=1))
    return known[key]
