"""The command `read`: teach a model to take facts from its context."""

import argparse
import shlex

from pocketgpt.cli.common import _save, _train, device, history_of, target


def read(args: argparse.Namespace) -> dict:
    """Teach a model to take facts from its context."""
    from pocketgpt import checkpoints
    from pocketgpt.sft.learn_to_read import learn_to_read
    from pocketgpt.training import pretrain
    from pocketgpt.world.table_files import load_tables

    tables, path = load_tables(), target(args, "reader")
    model, tokenizer, before = checkpoints.load(args.start, device(args.device), own=not args.shipped)
    corpus = pretrain.world_corpus(tables, tokenizer=tokenizer)
    state = path.with_suffix(".stopped")
    run = learn_to_read(model, tables, corpus, args.steps, args.seed, state, args.resume)
    _train(run, state)
    card = {
        "command": "python -m pocketgpt " + shlex.join(args.argv),
        "data_hash": corpus.hash,
        "metrics": run.results(),
        "history": history_of(before),
    }
    print(f"Saved {_save(args, path, model, tokenizer, card)}")
    return card["metrics"]
