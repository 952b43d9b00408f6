"""The command line: python -m pocketgpt pretrain, read, sft, rl, rlhf, see, chat, generate, exam, export or import.

Each takes --json: the last line is one JSON object.
"""

import argparse
import json
import os
import sys

from pocketgpt import console
from pocketgpt.cli import chat, exam, exchange, generate, pretrain, read, rl, rlhf, see, sft


def make_parser() -> argparse.ArgumentParser:
    """The parser of all commands; making it loads no torch."""
    about = "Train, try and test a pocket GPT."
    parser = argparse.ArgumentParser(prog="python -m pocketgpt", description=about)
    subparsers = parser.add_subparsers(dest="command", required=True)
    for command in (pretrain, read, sft, chat, rl, rlhf, see, generate, exam, exchange):
        command.add_parser(subparsers)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run a command; a mistake that the user can mend is one sentence and exit code 2."""
    return console.run(lambda: _run(sys.argv[1:] if argv is None else argv))


def _run(argv: list[str]) -> int:
    args = make_parser().parse_args(argv)
    args.argv = argv  # for the model's card
    from pocketgpt.training.distributed import process_group

    with process_group():
        result = args.run(args)
    if args.json and os.environ.get("RANK", "0") == "0":
        print(json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
