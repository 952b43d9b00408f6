"""The command `see`: teach a model pictures, to draw and to describe."""

import argparse
from dataclasses import asdict

from pocketgpt.cli import common
from pocketgpt.multimodal.recipe import Recipe
from pocketgpt.training.config import settings_for


def add_parser(subparsers) -> None:
    """Add the parser of `see`."""
    p = common.add_command(subparsers, "see", run, "teach a model to draw and to describe pictures", trains=True)
    common.add_option(p, "--start", "base", "the model to begin with", metavar="MODEL")
    helps = {"steps": "how long to train", "batch_size": "pictures with their texts in a step"} | common.PRECISION
    common.add_fields(p, Recipe, helps)


def run(args: argparse.Namespace) -> dict:
    """Teach a model pictures, and save it as "seer"."""
    from dataclasses import replace

    from pocketgpt.multimodal.learn import learn_pictures, old_pages, with_pictures
    from pocketgpt.multimodal.rows import load_album, painted, sample_pictures
    from pocketgpt.multimodal.vocabulary import describe
    from pocketgpt.training import pretrain

    job = common.begin(args, "seer", args.start)
    album, recipe = load_album(), Recipe(**settings_for(Recipe, args))
    tokens = painted(sample_pictures(album))
    model, vocabulary = with_pictures(job.model, job.tokenizer, tokens, args.seed)
    pages = old_pages(job.tables, job.tokenizer)
    job = replace(job, model=model, tokenizer=vocabulary.tokenizer)
    planned = learn_pictures(model, vocabulary, album, pages, recipe, job.state, args.resume)
    with job.resumable():
        pretrain.watch(planned, common.report)
    names = ("steps", "loss", "seconds", "tokens_per_second")
    metrics = {name: getattr(planned.last, name) for name in names} if planned.last else {}
    card = job.card(stage="seer", pictures=describe(tokens), metrics=metrics, recipe=asdict(recipe))
    return job.save(card, [add_marks])


def add_marks(job: common.Job, card: dict) -> None:
    """Put the exam in pictures on a card."""
    from pocketgpt.multimodal import exam
    from pocketgpt.multimodal.rows import load_album
    from pocketgpt.multimodal.vocabulary import Vocabulary, described
    from pocketgpt.pictures.digits import load_digits, train_judge

    vocabulary = Vocabulary(job.tokenizer, described(card["pictures"]))
    judge = train_judge(load_digits())
    marks = exam.sit(job.model, vocabulary, job.tables, load_album(), judge, seed=job.args.seed)
    card["metrics"]["marks"] = marks
    for name, each in marks.items():
        common.report(f"{name:<45} {each['right']} of {each['n']}")
