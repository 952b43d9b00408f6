"""The command `see`: teach a model pictures, to draw and to describe."""

import argparse
from dataclasses import asdict, replace

from pocketgpt.cli import common
from pocketgpt.errors import PocketError
from pocketgpt.multimodal.recipe import AGAIN, Recipe
from pocketgpt.training.config import settings_for

PAGES = 40_000  # of the pages that the base has read, to be read again


def add_parser(subparsers) -> None:
    """Add the parser of `see`."""
    p = common.add_command(subparsers, "see", run, "teach a model to draw and to describe pictures", trains=True)
    p.add_argument("--start", metavar="MODEL", help="the model to begin with (default: base, or seer with --again)")
    p.add_argument("--again", action="store_true", help="a second, gentle run that brings back what was forgotten")
    common.add_average(p)
    common.add_layers(p)
    remember = "on old pages, learn to expect what this model expects, instead of the next word alone"
    p.add_argument("--remember", metavar="MODEL", help=remember)
    helps = {
        "steps": "how long to train (default: as the run says)",
        "batch_size": "pictures with texts in a step",
        "pages_share": "share of the steps that read old pages (default: as the run says)",
    }
    common.add_fields(p, Recipe, helps | common.PRECISION, steps=None, pages_share=None)


def run(args: argparse.Namespace) -> dict:
    """Teach a model pictures, and save it as "seer"."""
    from pocketgpt.multimodal.learn import learn_pictures, old_pages
    from pocketgpt.multimodal.rows import load_album
    from pocketgpt.multimodal.vocabulary import describe
    from pocketgpt.training import pretrain

    job = common.begin(args, "seer", args.start or ("seer" if args.again else "base"))
    pages = old_pages(job.tables, job.tokenizer, PAGES)
    album = load_album()
    job, vocabulary = with_vocabulary(job, album)
    recipe = recipe_of(args)
    loss = loss_of(args, job.tokenizer)
    planned = learn_pictures(job.model, vocabulary, album, pages, recipe, job.state, args.resume, loss)
    with job.resumable():
        pretrain.watch(planned, common.report)
    job.average()
    metrics = common.speed_of(planned)
    about = {"pictures": describe(vocabulary.pictures), "metrics": metrics, "recipe": asdict(recipe)}
    return job.save(job.card(stage="seer", **about), [add_marks])


def recipe_of(args: argparse.Namespace) -> Recipe:
    """The recipe that the command names, with what its options say."""
    given = {key: value for key, value in settings_for(Recipe, args).items() if value is not None}
    return replace(AGAIN if args.again else Recipe(), **given)


def loss_of(args: argparse.Namespace, tokenizer):
    """What the run makes small: its usual loss, or one that keeps what the model knew that --remember names."""
    from pocketgpt import checkpoints
    from pocketgpt.multimodal.remembering import Remembering
    from pocketgpt.sft.fine_tune import conversation_loss

    if args.remember is None:
        return conversation_loss
    before, its_tokenizer, _ = checkpoints.load(args.remember, common.device(args.device), own=not args.shipped)
    if its_tokenizer.merges != tokenizer.merges or before.config.vocab_size > tokenizer.vocab_size:
        raise PocketError(f"{args.remember} has other tokens than the model: give --remember the one it began as.")
    return Remembering(before)


def with_vocabulary(job: common.Job, album) -> tuple:
    """The job with a model that has tokens for pictures, and the vocabulary: its own, or a new one."""
    from pocketgpt.multimodal.learn import with_pictures
    from pocketgpt.multimodal.rows import painted, sample_pictures
    from pocketgpt.multimodal.vocabulary import Vocabulary

    if "pictures" in job.before:
        return job, Vocabulary.of_card(job.tokenizer, job.before)
    model, vocabulary = with_pictures(job.model, job.tokenizer, painted(sample_pictures(album)), job.args.seed)
    return replace(job, model=model, tokenizer=vocabulary.tokenizer), vocabulary


def add_marks(job: common.Job, card: dict) -> None:
    """Put the exam in pictures on a card."""
    from pocketgpt.multimodal import exam
    from pocketgpt.multimodal.rows import load_album
    from pocketgpt.multimodal.vocabulary import Vocabulary
    from pocketgpt.pictures.digits import load_digits, train_judge

    vocabulary = Vocabulary.of_card(job.tokenizer, card)
    judge = train_judge(load_digits())
    marks = exam.sit(job.model, vocabulary, job.tables, load_album(), judge, seed=job.args.seed)
    card["metrics"]["marks"] = marks
    for name, each in marks.items():
        common.report(f"{name:<45} {each['right']} of {each['n']}")
