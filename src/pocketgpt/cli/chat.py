"""The command `chat`: talk to a model in the terminal."""

import argparse
from dataclasses import asdict

from pocketgpt.cli import common
from pocketgpt.errors import PocketError


def add_parser(subparsers) -> None:
    """Add the parser of `chat`."""
    p = common.add_command(subparsers, "chat", run, "talk to a model")
    p.add_argument("message", nargs="?", help="one message; without it, a chat in the terminal")
    stage = "name or file of a checkpoint (default: the latest stage)"
    p.add_argument("--stage", metavar="MODEL", help=stage)
    p.add_argument("--system", metavar="TEXT", help="a system message, such as 'Your name is Nova.'")
    p.add_argument("--no-tools", action="store_true", help="no search and no calculator")
    common.add_option(p, "--temperature", 0.5, "0 takes the likeliest token each time", common.TEMPERATURE)


def latest_stage() -> str:
    """The last of common.STAGES that there is a checkpoint of, shipped or the learner's own; else "base"."""
    from pocketgpt import checkpoints

    there = checkpoints.names()
    return next((name for name in reversed(common.STAGES) if name in there), "base")


def run(args: argparse.Namespace) -> dict:
    """One message and its answer, or a chat in the terminal until an empty line."""
    from pocketgpt import checkpoints
    from pocketgpt.chat.template import Message
    from pocketgpt.chat.tools import standard_tools
    from pocketgpt.world.table_files import load_tables

    stage = args.stage or latest_stage()
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
    from pocketgpt.chat.turn import completed, join_pieces, reply

    pieces, role = [], ""
    options = {"temperature": args.temperature, "seed": args.seed + len(talk)}
    for piece in reply(model, tokenizer, talk, tools, **options):
        if piece.role != role:
            print({"call": " [", "result": "] → "}.get(piece.role, "\n" if role else ""), end="")
            role = piece.role
        print(piece.text, end="", flush=True)
        pieces.append(piece)
    print()
    return talk + completed(join_pieces(pieces))


def _continue(model, tokenizer, talk: list, tools, args: argparse.Namespace) -> list:
    """What a model without conversations does: it continues the text of the last message."""
    from pocketgpt.chat.template import Message
    from pocketgpt.sampling.generate import generate

    text = generate(model, tokenizer, talk[-1].content, 60, temperature=args.temperature, seed=args.seed)
    print(text.strip())
    return [*talk, Message("assistant", text.strip())]
