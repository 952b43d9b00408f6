"""Models as files: one .safetensors file holds weights, config, tokenizer and a card that says how it was made.

Safetensors holds numbers and text, never code, so a file from a stranger can't run anything on your machine.
"""

import json
import re
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TypeVar

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as to_bytes
from torch import Tensor

from pocketgpt.errors import PocketError
from pocketgpt.files import replacing
from pocketgpt.model import GPT, GPTConfig
from pocketgpt.paths import DATA, own_folder
from pocketgpt.tokenizer import Tokenizer

FORMAT = 2  # goes up when an old program could no longer read a new file
KIND = "pocketgpt checkpoint"
LONGEST_CONTEXT = 1_000_000  # tokens
SHIPPED = DATA / "checkpoints"
Model = TypeVar("Model", bound=GPT)


def _with_ending(name: str | Path) -> Path:
    path = Path(name)
    if not path.name:
        raise PocketError(f"{str(name)!r} is no name for a model: give one such as 'base', or a file.")
    return path if path.suffix == ".safetensors" else path.with_name(path.name + ".safetensors")


def _is_plain(name: str | Path) -> bool:
    path = Path(name)
    return path.suffix != ".safetensors" and path.parent == Path(".")


def find(name: str | Path, own: bool = True) -> Path:
    """The file of a checkpoint: a plain name such as "base" means the learner's own one if there is one (and
    `own` is true), else the shipped one; anything with a folder or the ending .safetensors is a path.
    """
    path = _with_ending(name)
    if not _is_plain(name):
        return path
    for folder in [own_folder(), SHIPPED] if own else [SHIPPED]:
        if (folder / path).exists():
            return folder / path
    raise PocketError(f"There is no checkpoint {str(name)!r}; there are: {', '.join(names()) or 'none'}.")


def names() -> list[str]:
    """Names of all checkpoints, shipped and own."""
    return sorted({path.stem for folder in (SHIPPED, own_folder()) for path in folder.glob("*.safetensors")})


def save(path: Path | str, model: GPT, tokenizer: Tokenizer, card: dict, dtype: torch.dtype = torch.float32) -> Path:
    """Write a checkpoint; a plain name goes into the learner's own folder, anything else is a path, as in find().

    `card` is free-form JSON; by custom command, seed, data_hash, metrics. `dtype=torch.float16` halves the file.
    """
    path = own_folder() / _with_ending(path) if _is_plain(path) else _with_ending(path)
    if tokenizer.vocab_size != model.config.vocab_size:
        raise PocketError(
            f"The model has {model.config.vocab_size} tokens, and the tokenizer {tokenizer.vocab_size}: "
            "save a model with the tokenizer that it learned with."
        )
    about = {
        "kind": KIND,
        "format": str(FORMAT),
        "config": json.dumps(asdict(model.config)),
        "tokenizer": json.dumps(tokenizer.to_dict()),
        "card": json.dumps(card),
    }
    tensors = {name: p.detach().to("cpu", dtype).contiguous() for name, p in model.named_parameters()}
    with replacing(path) as temporary:
        # save_file() would make a file that nobody else may read, such as a class that shares a folder.
        temporary.write_bytes(to_bytes(tensors, metadata=about))
    return path


def load(name: str | Path, device: str | torch.device = "cpu", own: bool = True) -> tuple[GPT, Tokenizer, dict]:
    """Model (float32), tokenizer and card of the checkpoint that find() finds."""
    model, tokenizer, card = load_as("language model", GPT, find(name, own))
    return model.to(device), tokenizer, card


def load_as(kind: str, make: Callable[[GPTConfig], Model], path: Path) -> tuple[Model, Tokenizer, dict]:
    """A checkpoint whose card names this kind of model; `make` builds one of its sizes, for the file's weights."""
    about, tensors = _read(path)
    try:
        card = json.loads(about["card"])
        found = card.get("kind", "language model")
        if found == kind:
            config = GPTConfig(**json.loads(about["config"]))
            _check_sizes(config, tensors)
            model = make(config)
            model.load_state_dict(_renewed(tensors), strict=True)
            tokenizer = Tokenizer.from_dict(json.loads(about["tokenizer"]))
            if tokenizer.vocab_size != config.vocab_size:
                raise ValueError("model and tokenizer have different numbers of tokens")
            return model.eval(), tokenizer, card
    except (AttributeError, KeyError, IndexError, TypeError, ValueError, RuntimeError):
        raise PocketError(f"{path} has parts that don't fit together: make or copy it again.") from None
    raise PocketError(f"{path} holds a {found}: give the file of a {kind}.")


def as_stored(model: GPT) -> GPT:
    """Round the weights in place to what a float16 file holds, so that a shipped model is measured as it is stored."""
    model.load_state_dict({name: weights.half().float() for name, weights in model.state_dict().items()})
    return model


def read_card(name: str | Path) -> dict:
    """Only the card of a checkpoint."""
    path = find(name)
    try:
        return json.loads(_read(path, weights=False)[0]["card"])
    except (KeyError, json.JSONDecodeError, RecursionError):
        raise PocketError(f"{path} has no card that can be read: make or copy it again.") from None


def _check_sizes(config: GPTConfig, tensors: dict[str, Tensor]) -> None:
    """Raise ValueError where a file promises a larger model than it holds: to build that could take all memory."""
    if tensors["embed.weight"].shape != (config.vocab_size, config.n_embd) or config.n_layer > len(tensors):
        raise ValueError("sizes and weights differ")
    if config.context > LONGEST_CONTEXT:
        raise ValueError("no model has such a context")


def _read(path: Path, weights: bool = True) -> tuple[dict, dict]:
    if not path.exists():
        raise PocketError(f"There is no file {path}: check the name, or train a model first.")
    try:
        with safe_open(path, "pt") as file:
            about = file.metadata() or {}
            tensors = {key: file.get_tensor(key) for key in file.keys()} if weights else {}  # noqa: SIM118
    except (SafetensorError, OSError):
        raise PocketError(f"{path} is damaged or no safetensors file: copy or train it again.") from None
    if about.get("kind") != KIND:
        raise PocketError(f"{path} is no Pocket ChatGPT model: give a file that checkpoints.save wrote.")
    version = about.get("format", "0")
    if not version.isdecimal() or int(version[:9]) > FORMAT:
        raise PocketError(f"{path} was written by a newer Pocket ChatGPT: update this one to read it.")
    return about, {key: value.float() for key, value in tensors.items()}


def _renewed(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Weights named and shaped as in this format; in format 1 a matrix had no layer around it, and qkv lay in three."""
    layer = re.compile(r"head|.*\.(qkv|out|up|down)")
    old = {name: value.flatten(0, -2) for name, value in tensors.items() if layer.fullmatch(name)}
    return {f"{key}.weight" if key in old else key: old.get(key, value) for key, value in tensors.items()}
