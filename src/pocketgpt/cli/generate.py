"""The command `generate`: continue a text."""

import argparse

from pocketgpt.bounds import SHARE
from pocketgpt.cli import common


def add_parser(subparsers) -> None:
    """Add the parser of `generate`."""
    p = common.add_command(subparsers, "generate", run, "continue a text")
    p.add_argument("prompt", help="the text to continue")
    common.add_option(p, "--model", "base", "name or file of a checkpoint")
    common.add_option(p, "--max-tokens", 100, "how many tokens to write", {"at_least": 1})
    common.add_option(p, "--temperature", 1.0, "0 takes the likeliest token each time", common.TEMPERATURE)
    common.add_option(p, "--top-k", None, "draw from so many of the likeliest tokens", {"at_least": 1}, type=int)
    some = "draw from the likeliest tokens that have this share together"
    common.add_option(p, "--top-p", None, some, {"above": 0, "at_most": 1}, type=float)
    common.add_option(p, "--min-p", None, "draw from tokens with this share of the likeliest one's", SHARE, type=float)


def run(args: argparse.Namespace) -> dict:
    """Print a text and how the model goes on with it."""
    from pocketgpt import checkpoints
    from pocketgpt.sampling.generate import generate

    model, tokenizer, _ = checkpoints.load(args.model)
    options = {"temperature": args.temperature, "top_k": args.top_k, "top_p": args.top_p, "min_p": args.min_p}
    text = generate(model, tokenizer, args.prompt, args.max_tokens, seed=args.seed, **options)
    print(args.prompt + text)
    return {"prompt": args.prompt, "text": text}
