"""A checkpoint as a folder that Hugging Face's transformers opens without our code, and such a folder as a checkpoint.

    export("assistant", "build/assistant-for-transformers")

Only JSON, text and safetensors are written and read: nothing in such a folder can run.
"""

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as to_bytes
from torch import Tensor

from pocketgpt import checkpoints
from pocketgpt.chat.template import turn_stops
from pocketgpt.errors import PocketError
from pocketgpt.huggingface.nanochat import config_json, from_nanochat, read_config, to_nanochat
from pocketgpt.huggingface.tokenizer_json import CHAT_TEMPLATE, chats, read_tokenizer, tokenizer_config, tokenizer_json
from pocketgpt.model import GPT, GPTConfig
from pocketgpt.tokenizer import Tokenizer

CARD = "pocketgpt_card"  # the key in config.json that keeps a checkpoint's card
WEIGHTS = "model.safetensors"

README = """\
# {name}: a model from Pocket ChatGPT

{parameters:,} parameters, a context of {context} tokens. The architecture is NanoChat, which transformers 5 knows.

```python
from transformers import pipeline

pipe = pipeline("text-generation", model="path/to/this/folder")
print(pipe({prompt})[0]["generated_text"])
```

Texts that the model learnt from began with `<|endoftext|>`: put it before a text to be continued. The chat template
does so by itself.
"""


def generation_json(tokenizer: Tokenizer, context: int, chatting: bool) -> dict[str, Any]:
    """How transformers generates unless it is told otherwise: as `chat` does with an assistant, else as `generate`."""
    return {
        "bos_token_id": tokenizer.eot_id,
        "eos_token_id": turn_stops(tokenizer) if chats(tokenizer) else [tokenizer.eot_id],
        "pad_token_id": tokenizer.special_tokens.get("<|pad|>", tokenizer.eot_id),
        "do_sample": True,
        "temperature": 0.5 if chatting else 1.0,
        "top_k": 0,  # transformers would cut to 50
        "max_new_tokens": context // 2,
    }


def _files(name: str, model: GPT, tokenizer: Tokenizer, card: dict) -> dict[str, str]:
    """Name → contents of all files but the weights."""
    context = model.config.context
    generation = generation_json(tokenizer, context, "stage" in card)
    ids = {key: generation[key] for key in ("bos_token_id", "eos_token_id", "pad_token_id")}
    described = {
        "config.json": config_json(model.config) | ids | {CARD: card},
        "generation_config.json": generation,
        "tokenizer.json": tokenizer_json(tokenizer),
        "tokenizer_config.json": tokenizer_config(tokenizer, context),
    }
    files = {file: json.dumps(value, indent=2, ensure_ascii=False) for file, value in described.items()}
    prompt = '[{"role": "user", "content": "Hi! Who are you?"}]' if "stage" in card else '"<|endoftext|>The"'
    files["README.md"] = README.format(name=name, parameters=model.parameters_count, context=context, prompt=prompt)
    return files | ({"chat_template.jinja": CHAT_TEMPLATE} if chats(tokenizer) else {})


def export(name: str | Path, out: str | Path) -> Path:
    """Write the checkpoint that checkpoints.find() finds to the folder `out`, which must be new or empty.

    The folder appears whole or not at all. Weights are float32.
    """
    model, tokenizer, card = checkpoints.load(name)
    out = Path(out).resolve()
    if out == Path.cwd().resolve():  # it is to appear whole, in the place of an empty one
        raise PocketError(f"{out} is the folder that you are in: name a new one.")
    if out.exists() and not (out.is_dir() and not any(out.iterdir())):
        raise PocketError(f"{out} is there already and isn't an empty folder: choose a new one.")
    part = out.with_name(f"{out.name}.{os.getpid()}.part")
    try:
        part.mkdir(parents=True)
        for file, text in _files(Path(name).stem, model, tokenizer, card).items():
            (part / file).write_text(text, encoding="utf-8", newline="\n")
        (part / WEIGHTS).write_bytes(to_bytes(to_nanochat(model), metadata={"format": "pt"}))
        if out.exists():
            out.rmdir()
        part.rename(out)
    except OSError as error:
        raise PocketError(f"{out} can't be written ({error.strerror}): choose another folder.") from None
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return out


def _read_json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PocketError(f"It has no {path.name}, so it is no model that transformers saved.") from None
    except (OSError, ValueError, RecursionError):
        raise PocketError(f"Its {path.name} can't be read: copy the folder again.") from None
    if not isinstance(found, dict):
        raise PocketError(f"Its {path.name} isn't what transformers writes: copy the folder again.")
    return found


def _read_weights(folder: Path) -> dict[str, Tensor]:
    path = folder / WEIGHTS
    if not path.is_file():
        raise PocketError(
            f"It has no {WEIGHTS}; weights in several files, or in a format that may hold code, don't fit."
        )
    try:
        with safe_open(path, "pt") as file:
            return {key: file.get_tensor(key).clone() for key in file.keys()}  # noqa: SIM118 (not a dict)
    except (SafetensorError, OSError):
        raise PocketError(f"Its {WEIGHTS} is damaged: copy the folder again.") from None


def read_folder(folder: str | Path) -> tuple[GPT, Tokenizer, dict]:
    """Model, tokenizer and card of a folder that `export` or transformers wrote; PocketError if it doesn't fit.

    Rows of the vocabulary that no token has, which some add to round its size up, are left out.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise PocketError(f"There is no folder {folder}: check the name.")
    try:
        described = _read_json(folder / "config.json")
        config, (tokenizer, rows) = _read_sizes(described), _read_tokenizer(folder)
        if max(rows) >= config.vocab_size:
            raise PocketError(f"Its tokenizer has ids up to {max(rows)}, its model only {config.vocab_size} tokens.")
        weights = from_nanochat(_read_weights(folder), config)
    except PocketError as error:
        raise PocketError(f"{folder} doesn't fit: {error}") from None
    for name in ("embed.weight", "head.weight"):
        weights[name] = weights[name][rows]
    if not all(bool(torch.isfinite(weight).all()) for weight in weights.values()):
        raise PocketError(f"{folder} doesn't fit: some of its weights are no finite numbers.")
    model = GPT(replace(config, vocab_size=tokenizer.vocab_size))
    model.load_state_dict(weights, strict=True)
    return model.eval(), tokenizer, card_of(described)


def _read_sizes(described: Mapping[str, Any]) -> GPTConfig:
    try:
        return read_config(described)
    except (AttributeError, TypeError):
        raise PocketError("Its config.json isn't what transformers writes: copy the folder again.") from None


def _read_tokenizer(folder: Path) -> tuple[Tokenizer, list[int]]:
    described = _read_json(folder / "tokenizer.json")
    try:
        return read_tokenizer(described)
    except PocketError:
        raise
    except (AttributeError, KeyError, IndexError, TypeError, ValueError):
        raise PocketError("Its tokenizer.json isn't what tokenizers writes: copy the folder again.") from None


def card_of(described: Mapping[str, Any]) -> dict:
    """The card of a model that was here before: what it can do stays, its figures become a part of its history.

    >>> card_of({CARD: {"stage": "honest", "tools": True, "command": "sft", "metrics": {"loss": 1}}})
    {'stage': 'honest', 'tools': True, 'metrics': {}, 'history': [{'command': 'sft', 'metrics': {'loss': 1}}]}
    """
    old = described.get(CARD)
    old = old if isinstance(old, dict) else {}
    kept = {name: old[name] for name in ("stage", "tools") if name in old}
    before = old.get("history")
    history = list(before) if isinstance(before, list) else []
    if "command" in old:
        history.append({name: old.get(name) for name in ("command", "metrics")})
    return kept | {"metrics": {}, "history": history}
