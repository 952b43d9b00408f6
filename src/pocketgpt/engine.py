"""Which arithmetic is fastest here: float32 or bfloat16, compiled or not. A short trial decides, once per
machine and size.

Both are the same model. bfloat16 halves the bytes of each number and is fast on some processors, slow on
others; compiling fuses many small operations into few, but needs a C++ compiler and up to half a minute
before the first step.
"""

import json
import platform
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property

import torch
import torch.distributed as dist
from torch import Tensor

from .errors import PocketError
from .files import write_text
from .paths import own_folder

ENGINES = {  # name → (bfloat16?, compiled?)
    "fp32": (False, False),
    "bf16": (True, False),
    "fp32-compiled": (False, True),
    "bf16-compiled": (True, True),
}
LONG_RUN = 300.0  # seconds: only a run longer than this can win back the time that compiling takes
CLEARLY_FASTER = 0.87  # of fp32's time: another engine must need less than this, so that noise doesn't choose


@dataclass(frozen=True)
class Engine:
    """A way to compute a model's loss."""

    name: str

    @property
    def bfloat16(self) -> bool:
        return ENGINES[self.name][0]

    @cached_property
    def _compute(self) -> Callable:
        def compute(model, ids, targets):
            return model.loss(ids, targets)

        return torch.compile(compute, dynamic=False) if ENGINES[self.name][1] else compute

    def loss(self, model, ids: Tensor, targets: Tensor) -> Tensor:
        """The model's loss on a batch, ready for backward()."""
        with torch.autocast(ids.device.type, torch.bfloat16, enabled=self.bfloat16):
            return self._compute(model, ids, targets)


def seconds_per_step(engine: Engine, model, ids: Tensor, targets: Tensor, repeats: int = 2) -> float:
    """The fastest of a few forward and backward passes; the weights stay as they are."""
    times = []
    for _ in range(repeats + 1):  # the first one warms up, or compiles
        start = time.perf_counter()
        engine.loss(model, ids, targets).backward()
        model.zero_grad()
        times.append(time.perf_counter() - start)
    return min(times[1:])


def _key(model, ids: Tensor, long: bool) -> str:
    where = (
        f"{platform.node()} {ids.device.type}, torch {torch.__version__}, {torch.get_num_threads()} threads"
    )
    return f"{where}, {model.config}, batch {tuple(ids.shape)}, {'long' if long else 'short'} run"


def _trial(model, ids: Tensor, targets: Tensor, long: bool, plain: float) -> str:
    times = {"fp32": plain}
    for name in [n for n in ENGINES if n != "fp32" and (long or not ENGINES[n][1])]:
        try:
            times[name] = seconds_per_step(Engine(name), model, ids, targets)
        except Exception:  # no compiler, no bfloat16: whatever it is, this engine is not to be had here
            continue
    best = min(times, key=times.get)
    return best if times[best] < CLEARLY_FASTER * plain else "fp32"


def _remembered() -> dict:
    try:
        known = json.loads((own_folder() / "engine.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        known = None
    return known if isinstance(known, dict) else {}  # a lost or damaged note costs one more trial, no more


def pick_engine(
    model, data, wanted: str = "auto", steps: int | None = None, seconds: float | None = None
) -> Engine:
    """The engine named `wanted`, or with "auto" the one that a trial found fastest, now or earlier on this
    machine.

    `steps` or `seconds` say how long the run will be: compiling is tried for long runs only.
    """
    if wanted in ENGINES:
        return Engine(wanted)
    if wanted != "auto":
        raise PocketError(f"There is no engine {wanted!r}: choose auto, {', '.join(ENGINES)}.")
    choice = [None]
    if not dist.is_initialized() or dist.get_rank() == 0:
        choice = [_tried_or_remembered(model, data, steps, seconds)]
    if dist.is_initialized():
        dist.broadcast_object_list(choice)  # all processes must compute alike
    return Engine(choice[0])


def _tried_or_remembered(model, data, steps: int | None, seconds: float | None) -> str:
    ids, targets = (t.to(model.head.device) for t in data.batch(0))
    plain = seconds_per_step(Engine("fp32"), model, ids, targets)
    long = (seconds or plain * (steps or 1)) > LONG_RUN
    key, known = _key(model, ids, long), _remembered()
    if known.get(key) in ENGINES:
        return known[key]
    known[key] = _trial(model, ids, targets, long, plain)
    with suppress(OSError):  # a folder that can't be written to costs a trial next time, nothing else
        write_text(own_folder() / "engine.json", json.dumps(known, indent=1))
    return known[key]
