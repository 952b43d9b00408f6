"""The command line: python -m pocketgpt pretrain | read | sft | rl | rlhf | chat | generate | exam.  Each takes --json:
the last line is one JSON object.
"""

import argparse
import json
import os
import sys

from pocketgpt.cli import parsers, rl_parsers
from pocketgpt.cli.exam import _exam
from pocketgpt.cli.generate import _generate
from pocketgpt.cli.pretrain import _pretrain
from pocketgpt.errors import PocketError


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m pocketgpt", description="Train, try and test a pocket GPT."
    )
    subparsers = parser.add_subparsers(dest="command", required=True)

    p = subparsers.add_parser(
        "pretrain", help="train a base model, on the pocket world or on a text file of yours"
    )
    p.set_defaults(run=_pretrain)
    p.add_argument("--text", metavar="FILE", help="any UTF-8 text file (default: the pocket world)")
    p.add_argument("--start", metavar="MODEL", help="go on with a finished model instead of a fresh one")
    p.add_argument("--minutes", type=float, help="how long to train (default: once through the text)")
    p.add_argument(
        "--steps", type=int, help="how many steps to train: unlike minutes, the same on every machine"
    )
    p.add_argument("--epochs", type=float, default=1.0, help="how often to read the text (default: 1)")
    p.add_argument(
        "--depth", type=int, default=4, help="number of layers; the width is 48 times that (default: 4)"
    )
    p.add_argument("--vocab-size", type=int, default=1024, help="number of tokens (default: 1024)")
    p.add_argument("--out", metavar="DIR", help="folder for the model (default: your own folder)")
    p.add_argument("--precision", default="auto", help="auto, fp32, bf16, fp32-compiled or bf16-compiled")
    p.add_argument("--device", default="auto", help="auto (a GPU if there is one), cpu, cuda or mps")
    p.add_argument("--resume", action="store_true", help="go on with a run that was stopped")
    p.add_argument("--shipped", action="store_true", help="write the checkpoint that the repository ships")

    parsers.add_parsers(subparsers)
    rl_parsers.add_parsers(subparsers)

    p = subparsers.add_parser("generate", help="continue a text")
    p.set_defaults(run=_generate)
    p.add_argument("prompt", help="the text to continue")
    p.add_argument("--model", default="base", help="name or file of a checkpoint (default: base)")
    p.add_argument("--max-tokens", type=int, default=100)
    p.add_argument("--temperature", type=float, default=1.0)
    p.add_argument("--top-k", type=int)
    p.add_argument("--top-p", type=float)
    p.add_argument("--min-p", type=float)

    p = subparsers.add_parser("exam", help="ask a model the fixed exam")
    p.set_defaults(run=_exam)
    p.add_argument("--model", default="base", help="name or file of a checkpoint (default: base)")

    for p in subparsers.choices.values():
        p.add_argument("--seed", type=int, default=0)
        p.add_argument("--json", action="store_true", help="print one JSON object as the last line")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run a command; a mistake that the user can mend is one sentence and exit code 2."""
    args = _parser().parse_args(argv)
    args.argv = sys.argv[1:] if argv is None else argv  # for the model's card
    try:
        result = args.run(args)
    except PocketError as error:
        print(error, file=sys.stderr)
        return 2
    if args.json and os.environ.get("RANK", "0") == "0":
        print(json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
