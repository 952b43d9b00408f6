"""The command `rl`: practise tasks whose answers can be checked."""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from pocketgpt.cli import common, practise
from pocketgpt.errors import PocketError

DIGITS = {"at_least": 1, "at_most": 8}  # of which answers are read, and steps worked
IN_STEPS = 0.7  # share of the demonstrations; the others answer at once


def add_parser(subparsers) -> None:
    """Add the parser of `rl`."""
    about = "practise tasks whose answers can be checked"
    p = practise.add_practice(subparsers, "rl", run, about, start="honest", warm_up=0, steps=30)
    tasks = ("sums", "letters", "decimals", "nim")
    common.add_option(p, "--task", "sums", "what to practise", choices=tasks)
    digits = "digits in sums; of several, each draws one (default: 3)"
    p.add_argument("--digits", type=common.number(int, DIGITS), nargs="+", default=[3], help=digits)


def environment_of(task: str, digits: Sequence[int], tables, model, tokenizer):
    """The Environment that a task's name stands for; Nim is learned by self-play."""
    from pocketgpt.rl.environment import Environment
    from pocketgpt.rl.nim import Nim, self_play
    from pocketgpt.rl.tasks import Decimals, Letters, Sum, shows_steps
    from pocketgpt.world.pages import story_words

    if task == "sums":
        return Environment(partial(Sum.draw, digits=digits), kind=shows_steps)
    if task == "letters":
        return Environment(partial(Letters.draw, words=story_words(tables)))
    if task == "decimals":
        return Environment(Decimals.draw)
    return Environment(Nim.draw, self_play(model, tokenizer))


def run(args: argparse.Namespace) -> dict:
    """Practise tasks whose answers can be checked, and save the model as "reasoner"."""
    import random

    from pocketgpt.rl.environment import checked, rewards_of

    if args.warm_up and args.task != "sums":
        raise PocketError("Only sums have demonstrations to warm up with: leave --warm-up out.")
    job = common.begin(args, "reasoner", args.start)
    environment = environment_of(args.task, args.digits, job.tables, job.model, job.tokenizer)
    keep = practise.warm_up(job, worked_sums)
    exam = [environment.draw(random.Random(f"practice exam {i}")) for i in range(200)]
    # In Nim, the reward is a game against oneself; what counts in the end is a winning move.
    marking = replace(environment, reward=checked)

    def share_right() -> float:
        share = rewards_of(job.model, job.tokenizer, marking, exam).mean().item()
        common.report(f"{share:.1%} right at temperature 1")
        return share

    def add_after(_: common.Job, card: dict) -> None:
        card["metrics"]["right_after"] = share_right()

    before = share_right()
    metrics = practise.practise(job, environment, keep)
    return practise.save(job, metrics | {"task": args.task, "right_before": before}, add_after)


def worked_sums(job: common.Job, n: int) -> list:
    """Conversations about sums, most of them worked in steps."""
    from pocketgpt.rl.tasks import demonstrations

    return demonstrations(n, job.args.digits, IN_STEPS, seed=job.args.seed)
