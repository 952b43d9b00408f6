"""The command `sft`: fine-tune a model on conversations."""

import argparse
import hashlib
import json
import shlex
from dataclasses import asdict, replace
from pathlib import Path

from pocketgpt.cli.common import _save, _train, add_exam, add_marks, device, history_of, target

STAGES = ("assistant", "honest")


def sft(args: argparse.Namespace) -> dict:
    """Fine-tune a model on the conversations of a stage, or on a file of them."""
    from pocketgpt import checkpoints
    from pocketgpt.sft.fine_tune import fine_tune
    from pocketgpt.sft.stages import STAGES, old_pages
    from pocketgpt.world.table_files import load_tables

    tables, path = load_tables(), target(args, Path(args.data).stem if args.data else args.stage)
    start = args.start or ("base" if args.data else STAGES[args.stage].start)
    model, tokenizer, before = checkpoints.load(start, device(args.device), own=not args.shipped)
    talks, recipe = _what_to_learn(args, tables, model, tokenizer)
    state = path.with_suffix(".stopped")
    pages = old_pages(tables, tokenizer, recipe, model.config.context)
    run = fine_tune(model, talks, tokenizer, recipe, pages, state, args.resume)
    print(f"{len(talks):,} conversations, {recipe.steps} steps of {recipe.batch_size}", flush=True)
    _train(run, state)
    if args.shipped:  # measured as it is stored
        checkpoints.as_stored(model)
    card = _card(args, talks, run, before)
    card["recipe"] = asdict(recipe)
    if not args.data:
        add_marks(card, tables, model, tokenizer)
    if args.shipped:
        add_exam(card, tables, model, tokenizer)
    print(f"Saved {_save(args, path, model, tokenizer, card)}")
    return card["metrics"]


def _what_to_learn(args: argparse.Namespace, tables, model, tokenizer) -> tuple[list, object]:
    """Conversations and recipe of the stage or the file that the command names."""
    from pocketgpt.sft.fine_tune import Recipe
    from pocketgpt.sft.handwritten import read_conversations, write_conversations
    from pocketgpt.sft.stages import stage_conversations

    if args.data:
        talks, recipe = read_conversations(args.data), Recipe()
    else:
        stage, talks = stage_conversations(args.stage, tables, model, tokenizer, args.seed)
        recipe = stage.recipe
    if args.save_data:
        write_conversations(args.save_data, talks)
    given = {"steps": args.steps, "precision": args.precision, "seed": args.seed}
    return talks, replace(recipe, **{key: value for key, value in given.items() if value is not None})


def _card(args: argparse.Namespace, talks: list, run, before: dict) -> dict:
    """What the checkpoint says of itself, before it is examined."""
    digest = hashlib.sha256(json.dumps([[asdict(message) for message in talk] for talk in talks]).encode())
    last = asdict(run.last) if run.last else {}
    speed = {key: last[key] for key in ("steps", "loss", "seconds", "tokens_per_second") if key in last}
    return {
        "command": "python -m pocketgpt " + shlex.join(args.argv),
        "stage": "own" if args.data else args.stage,
        "tools": any(message.role == "call" for talk in talks for message in talk),
        "data_hash": digest.hexdigest()[:16],
        "metrics": {"conversations": len(talks), **speed},
        "history": history_of(before),
    }
