"""The state of a stopped run: weights, optimizers' memory and steps done, in one safetensors file."""

import json
from dataclasses import asdict
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from .errors import PocketError
from .files import replacing


def _tensors(model, optimizers: list) -> dict[str, torch.Tensor]:
    """Every tensor that a run carries from one step to the next, by a name that tells where it belongs."""
    tensors = {f"model.{name}": p.detach() for name, p in model.named_parameters()}
    names = {p: name for name, p in model.named_parameters()}
    for optimizer in optimizers:
        for p, memory in optimizer.state.items():
            tensors |= {f"optimizer.{names[p]}.{key}": value for key, value in memory.items()}
    return tensors


def save_state(path: Path | str, model, optimizers: list, config, done: int) -> None:
    """Write the run's state after `done` steps; the file is replaced as a whole or not at all."""
    about = {"kind": "pocketgpt run", "done": str(done), "train": json.dumps(asdict(config))}
    about["model"] = json.dumps(asdict(model.config))
    with replacing(path) as temporary:
        save_file(_tensors(model, optimizers), temporary, metadata=about)


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
        raise PocketError(
            f"{path} is damaged or isn't a stopped run: delete it and train from the start."
        ) from None
    if about.get("kind") != "pocketgpt run":
        raise PocketError(f"{path} isn't a stopped run: give the file that an interrupted training left.")
    return about, tensors


def stopped_settings(path: Path | str | None) -> dict:
    """The training configuration of a stopped run, as plain values."""
    return json.loads(_read(path)[0]["train"])


@torch.no_grad()
def load_state(path: Path | str | None, model, optimizers: list, config) -> int:
    """Bring model and optimizers to where the run stopped; returns the steps done."""
    about, tensors = _read(path)
    mine = (json.dumps(asdict(config)), json.dumps(asdict(model.config)))
    if (about["train"], about["model"]) != mine:
        raise PocketError(
            f"{path} belongs to a run with other settings: resume with the same ones, or start anew."
        )
    for name, p in model.named_parameters():
        p.copy_(tensors[f"model.{name}"])
        optimizer = next(o for o in optimizers if any(p is q for g in o.param_groups for q in g["params"]))
        prefix = f"optimizer.{name}."
        optimizer.state[p] = {
            # A copy: `value` is a view of the file, which Windows wouldn't let us replace while it is open.
            key.removeprefix(prefix): value.to(p.device, copy=True)
            for key, value in tensors.items()
            if key.startswith(prefix)
        }
    return int(about["done"])
