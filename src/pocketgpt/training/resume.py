"""A run that may be stopped at any time: its steps, and its state in one safetensors file.

    with stoppable(model, optimizers, config, state, resume, fingerprint_of_run(data, loss)) as run:
        for step in run.steps():
            ...                     # may be interrupted
            with run.update():
                optimizer.step()    # may not: half an update is no model
            yield ...

The state holds weights, optimizers' memory, steps done and a fingerprint of data and loss, so a run that is resumed
ends with the weights of one that was never stopped.
"""

import json
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from pocketgpt.errors import PocketError
from pocketgpt.files import replacing
from pocketgpt.model import GPT
from pocketgpt.training.distributed import agreed, as_held, is_first, is_spread, whole

SAVE_EVERY = 60.0  # seconds between saved states of a long run: what a crash can cost


def _tensors(model: GPT, optimizers: list) -> dict[str, torch.Tensor]:
    """Every tensor that a run carries from one step to the next, by a name that tells where it belongs."""
    tensors = {f"model.{name}": whole(p.detach()) for name, p in model.named_parameters()}
    names = {p: name for name, p in model.named_parameters()}
    for optimizer in optimizers:
        for p, memory in optimizer.state.items():
            tensors |= {f"optimizer.{names[p]}.{key}": whole(value) for key, value in memory.items()}
    return tensors


def save_state(path: Path | str, model: GPT, optimizers: list, config: Any, data: str, done: int) -> None:
    """Write the run's state after `done` steps; the file is replaced as a whole or not at all."""
    about = {"kind": "pocketgpt run", "done": str(done), "train": json.dumps(asdict(config)), "data": data}
    about["model"] = json.dumps(asdict(model.config))
    tensors = _tensors(model, optimizers)
    if is_first():  # one process saves for all
        with replacing(path) as temporary:
            save_file(tensors, temporary, metadata=about)


def _read(path: Path | str | None) -> tuple[dict, dict]:
    """What a state file says about its run, and its tensors."""
    if path is None or not Path(path).is_file():
        raise PocketError(
            f"There is no stopped run at {path}: train without resume, or give the file that it was saved in."
        )
    try:
        with safe_open(path, "pt") as file:
            about = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
    except SafetensorError:
        raise PocketError(f"{path} is damaged or isn't a stopped run: delete it and train from the start.") from None
    if about.get("kind") != "pocketgpt run":
        raise PocketError(f"{path} isn't a stopped run: give the file that an interrupted training left.")
    try:
        whole = isinstance(json.loads(about["train"]), dict) and "model" in about and int(about["done"]) >= 0
    except (KeyError, ValueError, RecursionError):
        whole = False
    if not whole:
        raise PocketError(f"{path} is damaged: delete it and train from the start.")
    return about, tensors


def stopped_settings(path: Path | str | None) -> dict:
    """The training configuration of a stopped run, as plain values."""
    return json.loads(_read(path)[0]["train"])


@torch.no_grad()
def load_state(path: Path | str | None, model: GPT, optimizers: list, config: Any, data: str = "") -> int:
    """Bring model and optimizers to where the run stopped; returns the steps done. `data` is their fingerprint."""
    about, tensors = _read(path)
    mine = (json.dumps(asdict(config)), json.dumps(asdict(model.config)))
    if (about["train"], about["model"]) != mine:
        raise PocketError(f"{path} belongs to a run with other settings: resume with the same ones, or start anew.")
    if about.get("data", data) != data:
        raise PocketError(
            f"{path} belongs to a run that learned from other data, or with another loss: resume with the same text, "
            "tables, seed and options as at first, or delete the file and start anew."
        )
    kept = {name: tensors.get(f"model.{name}") for name, _ in model.named_parameters()}
    if any(kept[name] is None or kept[name].shape != p.shape for name, p in model.named_parameters()):
        raise PocketError(f"{path} was left by an older Pocket ChatGPT: delete it and train from the start.")
    for name, p in model.named_parameters():
        p.copy_(as_held(tensors[f"model.{name}"], p))
        optimizer = next(o for o in optimizers if any(p is q for g in o.param_groups for q in g["params"]))
        prefix = f"optimizer.{name}."
        optimizer.state[p] = {
            # A copy: `value` is a view of the file, which Windows wouldn't let us replace while it is open.
            key.removeprefix(prefix): as_held(value.to(p.device, copy=True), p if value.shape == p.shape else value)
            for key, value in tensors.items()
            if key.startswith(prefix)
        }
    return int(about["done"])


@contextmanager
def deferred_interrupt() -> Iterator[None]:
    """Let Ctrl-C (Jupyter's stop button) wait until the block is through: half an update is no model."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    asked = []
    before = signal.signal(signal.SIGINT, lambda *_: asked.append(True))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if asked:
        raise KeyboardInterrupt


class Run:
    """The steps of a run: how many are done; `write` keeps the state after so many, all processes `together` or not."""

    def __init__(self, planned: int, done: int, write: Callable[[int], None], together: bool = False) -> None:
        self.planned, self.done, self.write, self.together = planned, done, write, together
        self._saved = time.perf_counter()

    def steps(self) -> Iterator[int]:
        """The steps that are left, from 0; between two of them, a long run is saved every minute."""
        while self.done < self.planned:
            yield self.done
            due = time.perf_counter() - self._saved > SAVE_EVERY
            if agreed(due) if self.together else due:
                self.save()

    @contextmanager
    def update(self) -> Iterator[None]:
        """For the block that changes the model: an interrupt waits for its end, when the step counts as done."""
        with deferred_interrupt():
            yield
            self.done += 1

    def save(self) -> None:
        """Write the state."""
        self.write(self.done)
        self._saved = time.perf_counter()


@contextmanager
def stoppable(
    model: GPT, optimizers: list, config: Any, state: Path | str | None = None, resume: bool = False, data: str = ""
) -> Iterator[Run]:
    """A run of config.steps steps, saved to `state` whenever it ends early; `resume` goes on from there, if the
    fingerprint of its `data` is the same.

    At its end the model is ready for use: without gradients, in evaluation mode.
    """
    done = load_state(state, model, optimizers, config, data) if resume else 0
    write = partial(save_state, state, model, optimizers, config, data) if state else lambda done: None
    run = Run(config.steps, done, write, together=is_spread(model))
    try:
        yield run
    except BaseException:  # an interrupt, an error, or a caller who stops asking
        if not run.together:  # else the processes may be at different steps: what the last minute saved is left
            run.save()
        raise
    finally:
        model.zero_grad()
        model.eval()
    if state and is_first():  # the run is complete, nothing is left to resume
        Path(state).unlink(missing_ok=True)
