"""The commands `export` and `import`: a model as a folder of Hugging Face's transformers, and the other way."""

import argparse
from pathlib import Path

from pocketgpt.cli import common
from pocketgpt.errors import PocketError


def add_parser(subparsers) -> None:
    """Add the parsers of `export` and `import`."""
    about = "write a model as a folder that Hugging Face's transformers opens"
    p = common.add_command(subparsers, "export", run_export, about)
    p.add_argument("model", help="name or file of a checkpoint")
    common.add_option(p, "--to", "transformers", "for which program", choices=("transformers",))
    p.add_argument("--out", metavar="DIR", required=True, help="a folder that is new or empty")
    about = "make a checkpoint of a folder that transformers saved, if its model is a NanoChat"
    p = common.add_command(subparsers, "import", run_import, about)
    p.add_argument("folder", metavar="DIR", help="the folder, with config.json, model.safetensors, tokenizer.json")
    p.add_argument("--name", help="what to call the checkpoint in your own folder (default: as the folder)")


def run_export(args: argparse.Namespace) -> dict:
    """Write a checkpoint as a folder for transformers."""
    from pocketgpt.huggingface.folder import export

    out = export(args.model, args.out)
    print(f"Saved {out}")
    return {"out": str(out)}


def run_import(args: argparse.Namespace) -> dict:
    """Make an own checkpoint of a folder for transformers; nothing is overwritten."""
    from pocketgpt import checkpoints
    from pocketgpt.huggingface.folder import read_folder
    from pocketgpt.paths import own_folder

    name = args.name or Path(args.folder).resolve().name
    if Path(name).name != name or name in ("", ".", ".."):
        raise PocketError(f"--name {name!r} isn't a plain name: give one without a folder.")
    path = own_folder() / f"{name.removesuffix('.safetensors')}.safetensors"
    if path.exists():
        raise PocketError(f"There is a checkpoint {path} already: choose another --name.")
    model, tokenizer, card = read_folder(args.folder)
    checkpoints.save(path, model, tokenizer, {"command": common.command(args)} | card)
    print(f"Saved {path}: {model.parameters_count:,} parameters, {tokenizer.vocab_size:,} tokens")
    return {"out": str(path), "parameters": model.parameters_count, "vocab_size": tokenizer.vocab_size}
