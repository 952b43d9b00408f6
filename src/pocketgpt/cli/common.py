"""What the commands share: devices, where a model goes, its card. Heavy imports wait until a command runs."""

import argparse
from dataclasses import asdict
from pathlib import Path

from pocketgpt.errors import PocketError


def device(name: str) -> str:
    """The device of that name, "auto" for the best one; PocketError if this machine lacks it."""
    import torch

    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        return next(device for device, usable in there.items() if usable)
    if not there.get(name):
        raise PocketError(
            f"There is no device {name!r} here: choose {', '.join(d for d, ok in there.items() if ok)}."
        )
    return name


def target(args: argparse.Namespace, name: str) -> Path:
    """Where the model `name` goes; a run that was stopped there must not be lost."""
    from pocketgpt.checkpoints import SHIPPED
    from pocketgpt.paths import own_folder

    folder = SHIPPED if args.shipped else Path(args.out) if args.out else own_folder()
    path = folder / f"{name}.safetensors"
    stopped = path.with_suffix(".stopped")
    if stopped.exists() and not args.resume:
        raise PocketError(
            f"A stopped run is kept at {stopped}: add --resume to go on with it, or delete the file."
        )
    return path


def history_of(card: dict) -> list[dict]:
    """Command and metrics of all runs that made the model of this card."""
    return [*card.get("history", []), {"command": card["command"], "metrics": card["metrics"]}]


def _train(run, state: Path) -> None:
    from pocketgpt.training import pretrain

    try:
        pretrain.watch(run, lambda line: print(line, flush=True))
    except KeyboardInterrupt:
        raise PocketError(f"Stopped; add --resume to go on from {state}.") from None


def _save(args: argparse.Namespace, path: Path, model, tokenizer, card: dict) -> Path:
    import torch

    from pocketgpt import checkpoints

    dtype = torch.float16 if args.shipped else torch.float32
    return checkpoints.save(path, model, tokenizer, card, dtype)


def add_marks(card: dict, tables, model, tokenizer) -> None:
    """Ask the model in conversations, print its marks, and put them on its card."""
    from pocketgpt.evaluation import chat_exam

    marks = chat_exam.measure(model, tokenizer, tables, card["tools"])
    card["metrics"]["marks"] = {name: asdict(mark) for name, mark in marks.items()}
    for name, mark in marks.items():
        print(f"{name:<28} right {mark.right:6.1%}  refused {mark.refused:6.1%}  wrong {mark.wrong:6.1%}")


def add_exam(card: dict, tables, model, tokenizer) -> None:
    """Put the exam's results on a card."""
    from pocketgpt.evaluation import exam

    card["exam"] = [asdict(row) for row in exam.run(model, tokenizer, tables)]
