"""The command `read`: teach a model to take facts from its context."""

import argparse

from pocketgpt.cli import common


def add_parser(subparsers) -> None:
    """Add the parser of `read`."""
    p = common.add_command(subparsers, "read", run, "teach a model to take facts from its context", trains=True)
    common.add_option(p, "--start", "base", "the model to begin with", metavar="MODEL")
    common.add_option(p, "--steps", 700, "how long to train", {"at_least": 1})


def run(args: argparse.Namespace) -> dict:
    """Teach a model to take facts from its context, and save it as "reader"."""
    from pocketgpt.sft.learn_to_read import learn_to_read
    from pocketgpt.training import pretrain

    job = common.begin(args, "reader", args.start)
    corpus = pretrain.world_corpus(job.tables, tokenizer=job.tokenizer)
    planned = learn_to_read(job.model, job.tables, corpus, args.steps, args.seed, job.state, args.resume)
    with job.resumable():
        pretrain.watch(planned, common.report)
    return job.save(job.card(data_hash=corpus.hash, metrics=planned.results()))
