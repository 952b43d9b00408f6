"""The commands `sft` and `chat`, and what commands share. Heavy imports wait until a command runs."""

import argparse
import hashlib
import json
import shlex
from dataclasses import asdict, replace
from pathlib import Path

from .errors import PocketError

STAGES = ("assistant", "honest")


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
    from .checkpoints import SHIPPED
    from .paths import own_folder

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


def read(args: argparse.Namespace) -> dict:
    """Teach a model to take facts from its context."""
    from . import checkpoints, pretrain
    from .reading import learn_to_read
    from .world import load_tables

    tables, path = load_tables(), target(args, "reader")
    model, tokenizer, before = checkpoints.load(args.start, device(args.device), own=not args.shipped)
    corpus = pretrain.world_corpus(tables, tokenizer=tokenizer)
    state = path.with_suffix(".stopped")
    run = learn_to_read(model, tables, corpus, args.steps, args.seed, state, args.resume)
    _train(run, state)
    card = {
        "command": "python -m pocketgpt " + shlex.join(args.argv),
        "data_hash": corpus.hash,
        "metrics": run.results(),
        "history": history_of(before),
    }
    print(f"Saved {_save(args, path, model, tokenizer, card)}")
    return card["metrics"]


def _train(run, state: Path) -> None:
    from . import pretrain

    try:
        pretrain.watch(run, lambda line: print(line, flush=True))
    except KeyboardInterrupt:
        raise PocketError(f"Stopped; add --resume to go on from {state}.") from None


def _save(args: argparse.Namespace, path: Path, model, tokenizer, card: dict) -> Path:
    import torch

    from . import checkpoints

    dtype = torch.float16 if args.shipped else torch.float32
    return checkpoints.save(path, model, tokenizer, card, dtype)


def sft(args: argparse.Namespace) -> dict:
    """Fine-tune a model on the conversations of a stage, or on a file of them."""
    from . import checkpoints
    from .sft import fine_tune
    from .stages import STAGES, old_pages
    from .world import load_tables

    tables, path = load_tables(), target(args, Path(args.data).stem if args.data else args.stage)
    start = args.start or ("base" if args.data else STAGES[args.stage].start)
    model, tokenizer, before = checkpoints.load(start, device(args.device), own=not args.shipped)
    talks, recipe = _what_to_learn(args, tables, model, tokenizer)
    state = path.with_suffix(".stopped")
    pages = old_pages(tables, tokenizer, recipe, model.config.context)
    run = fine_tune(model, talks, tokenizer, recipe, pages, state, args.resume)
    print(f"{len(talks):,} conversations, {recipe.steps} steps of {recipe.batch_size}", flush=True)
    _train(run, state)
    if args.shipped:  # measured as it is stored
        model.load_state_dict({key: value.half().float() for key, value in model.state_dict().items()})
    card = _card(args, talks, run, before)
    card["recipe"] = asdict(recipe)
    if not args.data:
        add_marks(card, tables, model, tokenizer)
    if args.shipped:
        add_exam(card, tables, model, tokenizer)
    print(f"Saved {_save(args, path, model, tokenizer, card)}")
    return card["metrics"]


def _what_to_learn(args: argparse.Namespace, tables, model, tokenizer) -> tuple[list, object]:
    """Conversations and recipe of the stage or the file that the command names."""
    from .handwritten import read_conversations, write_conversations
    from .sft import Recipe
    from .stages import stage_conversations

    if args.data:
        talks, recipe = read_conversations(args.data), Recipe()
    else:
        stage, talks = stage_conversations(args.stage, tables, model, tokenizer, args.seed)
        recipe = stage.recipe
    if args.save_data:
        write_conversations(args.save_data, talks)
    given = {"steps": args.steps, "engine": args.engine, "seed": args.seed}
    return talks, replace(recipe, **{key: value for key, value in given.items() if value is not None})


def _card(args: argparse.Namespace, talks: list, run, before: dict) -> dict:
    """What the checkpoint says of itself, before it is examined."""
    digest = hashlib.sha256(json.dumps([[asdict(message) for message in talk] for talk in talks]).encode())
    last = asdict(run.last) if run.last else {}
    speed = {key: last[key] for key in ("steps", "loss", "seconds", "tokens_per_second") if key in last}
    return {
        "command": "python -m pocketgpt " + shlex.join(args.argv),
        "stage": "own" if args.data else args.stage,
        "tools": any(message.role == "call" for talk in talks for message in talk),
        "data_hash": digest.hexdigest()[:16],
        "metrics": {"conversations": len(talks), **speed},
        "history": history_of(before),
    }


def add_marks(card: dict, tables, model, tokenizer) -> None:
    """Ask the model in conversations, print its marks, and put them on its card."""
    from . import stages

    marks = stages.measure(model, tokenizer, tables, card["tools"])
    card["metrics"]["marks"] = {name: asdict(mark) for name, mark in marks.items()}
    for name, mark in marks.items():
        print(f"{name:<28} right {mark.right:6.1%}  refused {mark.refused:6.1%}  wrong {mark.wrong:6.1%}")


def add_exam(card: dict, tables, model, tokenizer) -> None:
    """Put the exam's results on a card."""
    from . import exam

    card["exam"] = [asdict(row) for row in exam.run(model, tokenizer, tables)]


def _default_stage() -> str:
    from . import checkpoints

    there = checkpoints.names()
    return next((name for name in ("honest", "assistant") if name in there), "base")


def chat(args: argparse.Namespace) -> dict:
    """One message and its answer, or a chat in the terminal until an empty line."""
    from . import checkpoints
    from .template import Message
    from .tools import standard_tools
    from .world import load_tables

    stage = args.stage or _default_stage()
    model, tokenizer, card = checkpoints.load(stage)
    tools = standard_tools(load_tables()) if card.get("tools") and not args.no_tools else None
    answer = _answer if "stage" in card else _continue
    talk = [Message("system", args.system)] if args.system else []
    if args.message is None:
        print(f"You are talking to the model {stage!r}. An empty line ends the chat.")
        if answer is _continue:
            print("It has seen no conversations: it goes on with your text, as if that stood on a page.")
    while text := _input() if args.message is None else args.message:
        try:
            talk = answer(model, tokenizer, [*talk, Message("user", text)], tools, args)
        except PocketError as error:
            if args.message is not None:
                raise
            print(error)
        if args.message is not None:
            break
    return {"stage": stage, "messages": [asdict(message) for message in talk]}


def _input() -> str:
    try:
        return input("> ").strip()
    except (EOFError, KeyboardInterrupt):
        print()
        return ""


def _answer(model, tokenizer, talk: list, tools, args: argparse.Namespace) -> list:
    """Print the assistant's turn as it is written; return the conversation with it."""
    from .chat import join_pieces, reply

    pieces, role = [], ""
    options = {"temperature": args.temperature, "seed": args.seed + len(talk)}
    for piece in reply(model, tokenizer, talk, tools, **options):
        if piece.role != role:
            print({"call": " [", "result": "] → "}.get(piece.role, "\n" if role else ""), end="")
            role = piece.role
        print(piece.text, end="", flush=True)
        pieces.append(piece)
    print()
    return talk + join_pieces(pieces)


def _continue(model, tokenizer, talk: list, tools, args: argparse.Namespace) -> list:
    """What a model without conversations does: it continues the text of the last message."""
    from .sample import generate
    from .template import Message

    text = generate(model, tokenizer, talk[-1].content, 60, temperature=args.temperature, seed=args.seed)
    print(text.strip())
    return [*talk, Message("assistant", text.strip())]


def add_parsers(subparsers) -> None:
    """Add the parsers of `read`, `sft` and `chat`."""
    p = subparsers.add_parser("read", help="teach a model to take facts from its context")
    p.set_defaults(run=read)
    p.add_argument("--start", metavar="MODEL", default="base", help="the model to begin with (default: base)")
    p.add_argument("--steps", type=int, default=700, help="how long to train (default: 700)")
    _add_common(p)

    p = subparsers.add_parser("sft", help="fine-tune a model on conversations")
    p.set_defaults(run=sft)
    p.add_argument("--start", metavar="MODEL", help="the model to begin with (default: as the stage says)")
    p.add_argument("--stage", choices=STAGES, default="assistant", help="what to make of it")
    p.add_argument("--data", metavar="FILE", help="learn from this file of conversations instead")
    p.add_argument("--save-data", metavar="FILE", help="also write what it learns from, as JSON Lines")
    p.add_argument("--steps", type=int, help="how long to train (default: as the stage says)")
    p.add_argument("--engine", help="auto, fp32, bf16, fp32-compiled or bf16-compiled (default: fp32)")
    _add_common(p)

    p = subparsers.add_parser("chat", help="talk to a model")
    p.set_defaults(run=chat)
    p.add_argument("message", nargs="?", help="one message; without it, a chat in the terminal")
    p.add_argument(
        "--stage", metavar="MODEL", help="name or file of a checkpoint (default: the latest stage)"
    )
    p.add_argument("--system", metavar="TEXT", help="a system message, such as 'Your name is Nova.'")
    p.add_argument("--no-tools", action="store_true", help="no search and no calculator")
    p.add_argument("--temperature", type=float, default=0.5)


def _add_common(p: argparse.ArgumentParser) -> None:
    p.add_argument("--out", metavar="DIR", help="folder for the model (default: your own folder)")
    p.add_argument("--device", default="auto", help="auto (a GPU if there is one), cpu, cuda or mps")
    p.add_argument("--resume", action="store_true", help="go on with a run that was stopped")
    p.add_argument("--shipped", action="store_true", help="write the checkpoint that the repository ships")
