"""The command `sft`: fine-tune a model on conversations."""

import argparse
from dataclasses import asdict, replace
from pathlib import Path

from pocketgpt.cli import common
from pocketgpt.sft.recipe import Recipe
from pocketgpt.training.config import settings_for


def add_parser(subparsers) -> None:
    """Add the parser of `sft`."""
    p = common.add_command(subparsers, "sft", run, "fine-tune a model on conversations", trains=True)
    p.add_argument("--start", metavar="MODEL", help="the model to begin with (default: as the stage says)")
    common.add_option(p, "--stage", "assistant", "what to make of it", choices=("assistant", "honest"))
    p.add_argument("--again", action="store_true", help="the stage's second run, from what the first one made")
    common.add_average(p)
    common.add_layers(p)
    p.add_argument("--data", metavar="FILE", help="learn from this file of conversations instead")
    p.add_argument("--save-data", metavar="FILE", help="also write what it learns from, as JSON Lines")
    helps = {"steps": "how long to train (default: as the stage says)"} | common.PRECISION
    common.add_fields(p, Recipe, helps, steps=None)


def run(args: argparse.Namespace) -> dict:
    """Fine-tune a model on the conversations of a stage, or on a file of them."""
    from pocketgpt.chat.template import hash_of
    from pocketgpt.sft.fine_tune import fine_tune
    from pocketgpt.sft.stages import find_stage, old_pages
    from pocketgpt.training import pretrain

    start = args.start or ("base" if args.data else find_stage(args.stage, args.again).start)
    job = common.begin(args, Path(args.data).stem if args.data else args.stage, start)
    talks, recipe = what_to_learn(job)
    pages = old_pages(job.tables, job.tokenizer, recipe, job.model.config.context)
    planned = fine_tune(job.model, talks, job.tokenizer, recipe, pages, job.state, args.resume)
    common.report(f"{len(talks):,} conversations, {recipe.steps} steps of {recipe.batch_size}")
    with job.resumable():
        pretrain.watch(planned, common.report)
    job.average()
    card = job.card(
        stage="own" if args.data else args.stage,
        tools=any(message.role == "call" for talk in talks for message in talk),
        data_hash=hash_of(talks),
        metrics={"conversations": len(talks), **common.speed_of(planned)},
        recipe=asdict(recipe),
    )
    examine = [] if args.data else [common.add_marks]
    return job.save(card, [*examine, *([common.add_strangers, common.add_exam] if args.shipped else [])])


def what_to_learn(job: common.Job) -> tuple[list, Recipe]:
    """Conversations and recipe of the stage or the file that the command names."""
    from pocketgpt.sft.handwritten import read_conversations, write_conversations
    from pocketgpt.sft.stages import find_stage, stage_conversations

    args = job.args
    recipe = Recipe() if args.data else find_stage(args.stage, args.again).recipe
    given = settings_for(Recipe, args)
    recipe = replace(recipe, **{key: value for key, value in given.items() if value is not None})
    if args.data:
        talks = read_conversations(args.data)
    else:
        n = recipe.steps * recipe.batch_size  # no conversation is read twice
        _, talks = stage_conversations(args.stage, job.tables, job.model, job.tokenizer, args.seed, n, again=args.again)
    if args.save_data:
        write_conversations(args.save_data, talks)
    return talks, recipe
