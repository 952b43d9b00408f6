"""The command line: python -m pocketgpt pretrain | read | sft | rl | rlhf | chat | generate | exam.  Each takes --json:
the last line is one JSON object.
"""

import argparse
import json
import os
import shlex
import sys
from dataclasses import asdict
from pathlib import Path

from . import commands, rl_commands
from .errors import PocketError


def _pretrain(args: argparse.Namespace) -> dict:
    import torch

    from . import checkpoints, exam, pretrain
    from .train import is_first, process_group
    from .world import load_tables

    tables = load_tables()
    target = commands.target(args, Path(args.text).stem if args.text else "base")
    lengths = {"minutes": args.minutes, "steps": args.steps, "epochs": args.epochs}
    options = {"depth": args.depth, "seed": args.seed, "engine": args.engine, **lengths}
    recipe = pretrain.Recipe(**options, **(pretrain.GO_ON if args.start else {}))
    model, tokenizer, card = (
        checkpoints.load(args.start, own=not args.shipped) if args.start else (None, None, None)
    )
    history = commands.history_of(card) if card else []
    with process_group():
        report = (lambda line: print(line, flush=True)) if is_first() else (lambda line: None)
        if args.text:
            corpus = pretrain.text_corpus(pretrain.read_text(args.text), args.vocab_size, tokenizer)
        else:
            corpus = pretrain.world_corpus(tables, tokenizer=tokenizer, vocab_size=args.vocab_size)
        state = target.with_suffix(".stopped")
        run = pretrain.prepare(corpus, recipe, state, args.resume, commands.device(args.device), model)
        size = run.model.parameters_count
        report(f"{size:,} parameters, {len(corpus.train):,} tokens of text, {run.config.steps} steps")
        try:
            pretrain.watch(run, report)
        except KeyboardInterrupt:
            raise PocketError(f"Stopped; add --resume to go on from {state}.") from None
        card = pretrain.make_card(run, recipe, "python -m pocketgpt " + shlex.join(args.argv), history)
        if args.shipped:
            run.model.load_state_dict({k: v.half().float() for k, v in run.model.state_dict().items()})
            card["exam"] = [asdict(row) for row in exam.run(run.model, corpus.tokenizer, tables)]
            card["known_or_not_auroc"] = exam.known_or_not(run.model, corpus.tokenizer, tables)
        if is_first():
            dtype = torch.float16 if args.shipped else torch.float32
            report(f"Saved {checkpoints.save(target, run.model, corpus.tokenizer, card, dtype)}")
    return card["metrics"]


def _generate(args: argparse.Namespace) -> dict:
    from . import checkpoints, sample

    model, tokenizer, _ = checkpoints.load(args.model)
    options = {"temperature": args.temperature, "top_k": args.top_k, "top_p": args.top_p, "min_p": args.min_p}
    text = sample.generate(model, tokenizer, args.prompt, args.max_tokens, seed=args.seed, **options)
    print(args.prompt + text)
    return {"prompt": args.prompt, "text": text}


def _exam(args: argparse.Namespace) -> dict:
    from . import checkpoints, exam
    from .world import load_tables

    model, tokenizer, _ = checkpoints.load(args.model)
    tables = load_tables()
    rows = exam.run(model, tokenizer, tables)
    for row in rows:
        print(
            f"{row.name:<48} {row.right:>4} of {row.n:<4} {row.share:6.1%}  ({row.low:.1%} to {row.high:.1%})"
        )
    auroc = exam.known_or_not(model, tokenizer, tables)
    print(f"{'known or absent, told apart by confidence':<48} AUROC {auroc:.3f}")
    return {"exam": [asdict(row) for row in rows], "known_or_not_auroc": auroc}


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
    p.add_argument("--engine", default="auto", help="auto, fp32, bf16, fp32-compiled or bf16-compiled")
    p.add_argument("--device", default="auto", help="auto (a GPU if there is one), cpu, cuda or mps")
    p.add_argument("--resume", action="store_true", help="go on with a run that was stopped")
    p.add_argument("--shipped", action="store_true", help="write the checkpoint that the repository ships")

    commands.add_parsers(subparsers)
    rl_commands.add_parsers(subparsers)

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
