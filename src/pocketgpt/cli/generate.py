"""The command `generate`: continue a text."""

import argparse


def _generate(args: argparse.Namespace) -> dict:
    from pocketgpt import checkpoints
    from pocketgpt.sampling import generate

    model, tokenizer, _ = checkpoints.load(args.model)
    options = {"temperature": args.temperature, "top_k": args.top_k, "top_p": args.top_p, "min_p": args.min_p}
    text = generate.generate(model, tokenizer, args.prompt, args.max_tokens, seed=args.seed, **options)
    print(args.prompt + text)
    return {"prompt": args.prompt, "text": text}
