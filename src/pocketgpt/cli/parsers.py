"""The options of `read`, `sft` and `chat`."""

import argparse

from pocketgpt.cli.chat import chat
from pocketgpt.cli.read import read
from pocketgpt.cli.sft import STAGES, sft


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
    p.add_argument("--precision", help="auto, fp32, bf16, fp32-compiled or bf16-compiled (default: fp32)")
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
