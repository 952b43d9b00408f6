"""The command `pretrain`: train a base model."""

import argparse
import shlex
from dataclasses import asdict
from pathlib import Path

from pocketgpt.cli import common
from pocketgpt.errors import PocketError


def _pretrain(args: argparse.Namespace) -> dict:
    import torch

    from pocketgpt import checkpoints
    from pocketgpt.evaluation import exam
    from pocketgpt.training import pretrain
    from pocketgpt.training.distributed import is_first, process_group
    from pocketgpt.world.table_files import load_tables

    tables = load_tables()
    target = common.target(args, Path(args.text).stem if args.text else "base")
    lengths = {"minutes": args.minutes, "steps": args.steps, "epochs": args.epochs}
    options = {"depth": args.depth, "seed": args.seed, "precision": args.precision, **lengths}
    recipe = pretrain.Recipe(**options, **(pretrain.GO_ON if args.start else {}))
    model, tokenizer, card = (
        checkpoints.load(args.start, own=not args.shipped) if args.start else (None, None, None)
    )
    history = common.history_of(card) if card else []
    with process_group():
        report = (lambda line: print(line, flush=True)) if is_first() else (lambda line: None)
        if args.text:
            corpus = pretrain.text_corpus(pretrain.read_text(args.text), args.vocab_size, tokenizer)
        else:
            corpus = pretrain.world_corpus(tables, tokenizer=tokenizer, vocab_size=args.vocab_size)
        state = target.with_suffix(".stopped")
        run = pretrain.prepare(corpus, recipe, state, args.resume, common.device(args.device), model)
        size = run.model.parameters_count
        report(f"{size:,} parameters, {len(corpus.train):,} tokens of text, {run.config.steps} steps")
        try:
            pretrain.watch(run, report)
        except KeyboardInterrupt:
            raise PocketError(f"Stopped; add --resume to go on from {state}.") from None
        card = pretrain.make_card(run, recipe, "python -m pocketgpt " + shlex.join(args.argv), history)
        if args.shipped:
            checkpoints.as_stored(run.model)
            card["exam"] = [asdict(row) for row in exam.run(run.model, corpus.tokenizer, tables)]
            card["known_or_not_auroc"] = exam.known_or_not(run.model, corpus.tokenizer, tables)
        if is_first():
            dtype = torch.float16 if args.shipped else torch.float32
            report(f"Saved {checkpoints.save(target, run.model, corpus.tokenizer, card, dtype)}")
    return card["metrics"]
