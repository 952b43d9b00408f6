"""The command `generate`: continue a text."""

import argparse

from pocketgpt.cli import common


def add_parser(subparsers) -> None:
    """Add the parser of `generate`."""
    p = common.add_command(subparsers, "generate", run, "continue a text")
    p.add_argument("prompt", help="the text to continue")
    common.add_option(p, "--model", "base", "name or file of a checkpoint")
    common.add_option(p, "--max-tokens", 100, "how many tokens to write")
    common.add_option(p, "--temperature", 1.0, "0 takes the likeliest token each time")
    p.add_argument("--top-k", type=int, help="draw from so many of the likeliest tokens")
    p.add_argument("--top-p", type=float, help="draw from the likeliest tokens that have this share together")
    p.add_argument("--min-p", type=float, help="draw from tokens with this share of the likeliest one's")


def run(args: argparse.Namespace) -> dict:
    """Print a text and how the model goes on with it."""
    from pocketgpt import checkpoints
    from pocketgpt.sampling.generate import generate

    model, tokenizer, _ = checkpoints.load(args.model)
    options = {"temperature": args.temperature, "top_k": args.top_k, "top_p": args.top_p, "min_p": args.min_p}
    text = generate(model, tokenizer, args.prompt, args.max_tokens, seed=args.seed, **options)
    print(args.prompt + text)
    return {"prompt": args.prompt, "text": text}
