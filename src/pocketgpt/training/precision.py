"""Which arithmetic is fastest here: float32, bfloat16 or float16, compiled or not; a trial decides, once per machine
and size.

All are the same model. bfloat16 halves the bytes of each number and is fast on some processors, slow on others. float16
does so on older graphics cards, which have no bfloat16 in hardware; as it can't hold small gradients, the loss is
multiplied by a large number before the way back (see `gradients`). Compiling fuses many small operations into few, but
needs a C++ compiler and up to half a minute before the first step.
"""

import json
import logging
import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from pocketgpt.errors import PocketError
from pocketgpt.files import write_text
from pocketgpt.model import GPT, next_token_loss
from pocketgpt.paths import own_folder
from pocketgpt.training.data import Data, Loss
from pocketgpt.training.distributed import agreed, is_first, is_spread

PRECISIONS: dict[str, tuple[torch.dtype, bool]] = {  # name → (type of numbers, compiled?)
    "fp32": (torch.float32, False),
    "bf16": (torch.bfloat16, False),
    "fp16": (torch.float16, False),
    "fp32-compiled": (torch.float32, True),
    "bf16-compiled": (torch.bfloat16, True),
    "fp16-compiled": (torch.float16, True),
}
LONG_RUN = 300.0  # seconds: only a run longer than this can win back the time that compiling takes
CLEARLY_FASTER = 0.87  # of fp32's time: what another precision must beat, so that noise doesn't choose
SHORT = 512  # tokens of a row whose attention may stand in memory as a square


@dataclass(frozen=True)
class Precision:
    """A way to compute a loss: with which numbers, and compiled or not."""

    name: str
    objective: Loss = next_token_loss

    @property
    def dtype(self) -> torch.dtype:
        """What it computes in where that is safe; elsewhere it is float32."""
        return PRECISIONS[self.name][0]

    @cached_property
    def _compute(self) -> Loss:
        if not PRECISIONS[self.name][1]:
            return self.objective
        logging.getLogger("torch._dynamo").setLevel(logging.ERROR)  # what it can't compile in one piece is no trouble
        return torch.compile(self.objective)

    def loss(self, model: GPT, ids: Tensor, targets: Tensor) -> Tensor:
        """The loss on a batch, ready for backward()."""
        half = None if self.dtype == torch.float32 else self.dtype
        with torch.autocast(ids.device.type, half, enabled=half is not None), _attention(ids, self.dtype):
            return self._compute(model, ids, targets)


@contextmanager
def _attention(ids: Tensor, dtype: torch.dtype) -> Iterator[None]:
    """Attention by plain products of matrices where that is faster: in bfloat16 on processors.

    There the way back through PyTorch's own kernel takes two to five times as long (rows of 40 to 160 tokens, torch
    2.13): it splits the work into parts too small for the processor's bfloat16 units.
    """
    if dtype != torch.bfloat16 or ids.device.type != "cpu" or ids.size(-1) > SHORT:
        yield
        return
    allowed = torch.backends.cuda.fp16_bf16_reduction_math_sdp_allowed()  # holds for processors too
    torch.backends.cuda.allow_fp16_bf16_reduction_math_sdp(True)
    try:
        with sdpa_kernel(SDPBackend.MATH):
            yield
    finally:
        torch.backends.cuda.allow_fp16_bf16_reduction_math_sdp(allowed)


def synchronize(device: torch.device) -> None:
    """Wait until a device has done all it was told: a graphics card works on while Python goes on."""
    if device.type != "cpu":
        torch.accelerator.synchronize(device)


def seconds_per_step(precision: Precision, model: GPT, ids: Tensor, targets: Tensor, repeats: int = 2) -> float:
    """The fastest of a few forward and backward passes; the weights stay as they are.

    Raises ArithmeticError if the loss is no finite number.
    """
    times = []
    try:
        for _ in range(repeats + 1):  # the first one warms up, or compiles
            synchronize(model.device)
            start = time.perf_counter()
            loss = precision.loss(model, ids, targets)
            loss.backward()
            synchronize(model.device)
            times.append(time.perf_counter() - start)
            if not loss.isfinite():
                raise ArithmeticError(f"{precision.name} overflows here.")
    finally:
        model.zero_grad()
    return min(times[1:])


def _key(model: GPT, ids: Tensor, long: bool) -> str:
    threads = torch.get_num_threads()
    kind = torch.cuda.get_device_name(ids.device) if ids.device.type == "cuda" else ids.device.type
    where = f"{platform.node()} {kind}, torch {torch.__version__}, {threads} threads"
    return f"{where}, {model.config}, batch {tuple(ids.shape)}, {'long' if long else 'short'} run"


def candidates(device: torch.device, long: bool) -> list[str]:
    """What a trial compares with fp32: compiled only for a long run, float16 only where there may be no bfloat16.

    >>> candidates(torch.device("cpu"), long=False), candidates(torch.device("cuda"), long=False)
    (['bf16'], ['bf16', 'fp16'])
    """
    half = device.type != "cpu"  # a processor computes float16 slowly, and is slow even to find that out
    names = [name for name, (dtype, _) in PRECISIONS.items() if half or dtype != torch.float16]
    return [name for name in names if name != "fp32" and (long or not PRECISIONS[name][1])]


def _trial(model: GPT, ids: Tensor, targets: Tensor, objective: Loss, long: bool, plain: float) -> str:
    times = {"fp32": plain}
    for name in candidates(model.device, long):
        try:
            times[name] = seconds_per_step(Precision(name, objective), model, ids, targets)
        except Exception:  # no compiler, no such numbers: whatever it is, this precision is not to be had here
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
    if wanted not in (*PRECISIONS, "auto"):
        raise PocketError(f"There is no precision {wanted!r}: choose auto, {', '.join(PRECISIONS)}.")
    if is_spread(model):
        return Precision(_of_parts(wanted), objective)
    if wanted != "auto":
        return Precision(wanted, objective)
    choice = _tried_or_known(model, data, steps, seconds, objective) if is_first() else None
    return Precision(agreed(choice), objective)  # all processes must compute alike


def _of_parts(wanted: str) -> str:
    """The precision of a model that is spread over processes, which can neither try anything nor scale a loss alone."""
    if wanted == "auto":
        fast = torch.cuda.is_available() and torch.cuda.is_bf16_supported(including_emulation=False)
        return "bf16" if fast else "fp32"
    if wanted not in ("fp32", "bf16"):
        raise PocketError(f"A spread model is trained in fp32 or bf16, not in {wanted}: choose one of them, or auto.")
    return wanted


def _fitting(model: GPT, ids: Tensor, targets: Tensor, objective: Loss) -> tuple[Tensor, Tensor, float]:
    """As much of a batch as a step in float32 has memory for, and its seconds; infinite if it can't be computed."""
    while True:
        try:
            return ids, targets, seconds_per_step(Precision("fp32", objective), model, ids, targets)
        except ArithmeticError:
            return ids, targets, float("inf")
        except torch.OutOfMemoryError:
            if len(ids) == 1:
                return ids, targets, float("inf")
        ids, targets = ids[: len(ids) // 2], targets[: len(ids) // 2]


def _tried_or_known(model: GPT, data: Data, steps: int | None, seconds: float | None, objective: Loss) -> str:
    ids, targets = (t.to(model.device) for t in data.batch(0))
    ids, targets, plain = _fitting(model, ids, targets, objective)
    long = (seconds or plain * (steps or 1)) > LONG_RUN
    key, known = _key(model, ids, long), _remembered()
    if known.get(key) in PRECISIONS:
        return known[key]
    known[key] = _trial(model, ids, targets, objective, long, plain)
    with suppress(OSError):  # a folder that can't be written to costs a trial next time, nothing else
        write_text(own_folder() / "precision.json", json.dumps(known, indent=1))
    return known[key]
