"""The command `pretrain`: train a base model."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path

from pocketgpt.cli import common
from pocketgpt.errors import PocketError
from pocketgpt.training.config import VOCAB_SIZE, Recipe, settings_for

HELPS = {
    "minutes": "how long to train (default: once through the text)",
    "steps": "how many steps to train: unlike minutes, the same on every machine",
    "epochs": "how often to read the text",
    "depth": "number of layers; the width is 48 times that",
    "context": "how many tokens the model looks back on",
    "batch_size": "texts of that length in a step",
}


def add_parser(subparsers) -> None:
    """Add the parser of `pretrain`."""
    about = "train a base model, on the pocket world or on a text file of yours"
    p = common.add_command(subparsers, "pretrain", run, about, trains=True)
    text = "text files or folders: UTF-8 .txt, .jsonl, .parquet, also packed as .gz or .zst (default: the pocket world)"
    p.add_argument("--text", metavar="FILE", nargs="+", help=text)
    common.add_option(p, "--field", "text", "of .jsonl and .parquet, the field that holds the text")
    separator = "what stands between the documents of FILE, such as '<|endoftext|>' or '\\n\\n\\n'"
    p.add_argument("--separator", metavar="TEXT", help=separator)
    p.add_argument("--start", metavar="MODEL", help="go on with a finished model instead of a fresh one")
    common.add_fields(p, Recipe, HELPS | common.PRECISION)
    p.add_argument("--spread", action="store_true", help="under torchrun: spread a model over cards that can't hold it")
    common.add_option(p, "--vocab-size", VOCAB_SIZE, "number of tokens", {"at_least": 264, "at_most": 1_000_000})


def run(args: argparse.Namespace) -> dict:
    """Train a base model on the pocket world or on a text file, or go on with one."""
    from pocketgpt.training import pretrain

    if args.separator is not None and not args.text:
        raise PocketError("--separator parts the documents of a file: give one with --text.")
    device = common.device(args.device)
    if args.spread:  # before much text is read
        check_spreadable(args)
    job = common.begin(args, name_of(args.text[0]) if args.text else "base", args.start)
    recipe = Recipe(**settings_for(Recipe, args) | (pretrain.GO_ON if args.start else {}))
    if args.text:
        corpus = read_corpus(args, job.tokenizer)
    else:
        corpus = pretrain.world_corpus(job.tables, tokenizer=job.tokenizer, vocab_size=args.vocab_size)
    here = "cpu" if args.spread else device  # no card may be able to hold a model that is to be spread
    planned = pretrain.prepare(corpus, recipe, job.state, args.resume, here, job.model)
    job = replace(job, model=planned.model, tokenizer=corpus.tokenizer)
    size, steps = job.model.parameters_count, planned.config.steps
    common.report(f"{size:,} parameters, {len(corpus.train):,} tokens of text, {steps} steps")
    with job.resumable(), spread_out(planned, device) if args.spread else nullcontext():
        pretrain.watch(planned, common.report)
    card = pretrain.make_card(planned, recipe, common.command(args), job.history)
    return job.save(card, [common.add_exam, add_known_or_not] if args.shipped else [])


def check_spreadable(args: argparse.Namespace) -> None:
    """PocketError if this run can't be spread: a single process, or a length in minutes."""
    from pocketgpt.training.spread import check_several

    if args.minutes is not None:
        raise PocketError("How fast a spread model learns can't be tried beforehand: give --steps or --epochs.")
    check_several()


@contextmanager
def spread_out(planned, device: str) -> Iterator[None]:
    """For the block that trains: the model of the planned run lies in parts on all processes."""
    from pocketgpt.training.spread import spread

    whole = planned.model
    with spread(whole, device) as planned.model:
        yield
    planned.model = whole


def name_of(text: str) -> str:
    """What the model of a text is called: as the file or folder, without endings of packed or row-wise files.

    >>> name_of("texts/wiki.jsonl.gz"), name_of("my.book.txt"), name_of("texts/")
    ('wiki', 'my.book', 'texts')
    """
    from pocketgpt.training.text_sources import COMPRESSED

    path = Path(text).resolve()  # "." has no name of its own
    return path.stem if path.suffix not in COMPRESSED else Path(path.stem).stem


def read_corpus(args: argparse.Namespace, tokenizer):
    """The text that the command names: one small file in memory, all else as tokens on disk."""
    from pocketgpt.training import text_sources

    if text_sources.fits_memory(args.text):
        return text_in_memory(args, tokenizer)
    if args.separator is not None:
        raise PocketError("--separator parts a single plain text of at most 64 MB: make rows of a .jsonl file instead.")
    from pocketgpt.training.shards import sharded_corpus

    paths = text_sources.find_sources(args.text)
    try:
        return sharded_corpus(paths, args.field, args.vocab_size, tokenizer, common.report)
    except KeyboardInterrupt:
        raise PocketError("Stopped while reading; the same command goes on from the tokens that are there.") from None


def text_in_memory(args: argparse.Namespace, tokenizer):
    """The one text file that the command names as a corpus, with a word on what is odd about it."""
    from pocketgpt.training import pretrain

    text = pretrain.read_text(args.text[0])
    separator = args.separator and args.separator.replace("\\n", "\n").replace("\\t", "\t")
    for notice in pretrain.notices(text, separator):
        common.report(notice)
    what = "Cutting" if tokenizer else f"Learning a vocabulary of up to {args.vocab_size:,} tokens, then cutting"
    common.report(f"{what} {len(text):,} characters into tokens …")
    return pretrain.text_corpus(text, args.vocab_size, tokenizer, separator=separator)


def add_known_or_not(job: common.Job, card: dict) -> None:
    """Put on a card how well the model's confidence tells known people from absent ones."""
    from pocketgpt.evaluation import exam

    card["known_or_not_auroc"] = exam.known_or_not(job.model, job.tokenizer, job.tables)
