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
    """Ask a model the fixed exam, or what a stranger might type, and print its results."""
    from pocketgpt import checkpoints
    from pocketgpt.world.table_files import load_tables

    model, tokenizer, card = checkpoints.load(args.model)
    tables = load_tables()
    if args.strangers:
        return ask_strangers(model, tokenizer, tables, card.get("tools", False))
    return ask_exam(model, tokenizer, tables)


def ask_strangers(model, tokenizer, tables, tools: bool) -> dict:
    """The held-out messages of the strangers' exam, by kind."""
    from pocketgpt.evaluation import strangers

    asked = strangers.load_exam(split="held-out")
    return printed(strangers.by_kind(strangers.sit(model, tokenizer, tables, asked, tools)))


def ask_exam(model, tokenizer, tables) -> dict:
    """The fixed exam, and how well confidence tells known people from absent ones."""
    from pocketgpt.evaluation import exam

    found = printed(exam.run(model, tokenizer, tables))
    auroc = exam.known_or_not(model, tokenizer, tables)
    print(f"{'known or absent, told apart by confidence':<48} AUROC {auroc:.3f}")
    return found | {"known_or_not_auroc": auroc}


def printed(rows: list) -> dict:
    """Print the rows of a result; the same as plain values."""
    for row in rows:
        print(f"{row.name:<48} {row.right:>4} of {row.n:<4} {row.share:6.1%}  ({row.low:.1%} to {row.high:.1%})")
    return {"exam": [asdict(row) for row in rows]}
