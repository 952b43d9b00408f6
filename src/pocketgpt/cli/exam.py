"""The command `exam`: ask a model the fixed exam, or what a stranger might type."""

import argparse
from dataclasses import asdict

from pocketgpt.cli import common


def add_parser(subparsers) -> None:
    """Add the parser of `exam`."""
    p = common.add_command(subparsers, "exam", run, "ask a model the fixed exam")
    common.add_option(p, "--model", "base", "name or file of a checkpoint")
    p.add_argument(
        "--strangers", action="store_true", help="ask what a stranger might type, in wordings kept from training"
    )


def run(args: argparse.Namespace) -> dict:
    """Ask a model the fixed exam, and print its results."""
    from pocketgpt import checkpoints
    from pocketgpt.evaluation import exam, strangers
    from pocketgpt.world.table_files import load_tables

    model, tokenizer, card = checkpoints.load(args.model)
    tables = load_tables()
    if args.strangers:
        asked, tools = strangers.load_exam(split="held-out"), card.get("tools", False)
        rows = strangers.by_kind(strangers.sit(model, tokenizer, tables, asked, tools))
    else:
        rows = exam.run(model, tokenizer, tables)
    for row in rows:
        print(f"{row.name:<48} {row.right:>4} of {row.n:<4} {row.share:6.1%}  ({row.low:.1%} to {row.high:.1%})")
    if args.strangers:
        return {"exam": [asdict(row) for row in rows]}
    auroc = exam.known_or_not(model, tokenizer, tables)
    print(f"{'known or absent, told apart by confidence':<48} AUROC {auroc:.3f}")
    return {"exam": [asdict(row) for row in rows], "known_or_not_auroc": auroc}
