"""The command `exam`: ask a model the fixed exam."""

import argparse
from dataclasses import asdict

from pocketgpt.cli import common


def add_parser(subparsers) -> None:
    """Add the parser of `exam`."""
    p = common.add_command(subparsers, "exam", run, "ask a model the fixed exam")
    common.add_option(p, "--model", "base", "name or file of a checkpoint")


def run(args: argparse.Namespace) -> dict:
    """Ask a model the fixed exam, and print its results."""
    from pocketgpt import checkpoints
    from pocketgpt.evaluation import exam
    from pocketgpt.world.table_files import load_tables

    model, tokenizer, _ = checkpoints.load(args.model)
    tables = load_tables()
    rows = exam.run(model, tokenizer, tables)
    for row in rows:
        print(f"{row.name:<48} {row.right:>4} of {row.n:<4} {row.share:6.1%}  ({row.low:.1%} to {row.high:.1%})")
    auroc = exam.known_or_not(model, tokenizer, tables)
    print(f"{'known or absent, told apart by confidence':<48} AUROC {auroc:.3f}")
    return {"exam": [asdict(row) for row in rows], "known_or_not_auroc": auroc}
