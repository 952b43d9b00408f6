"""The command `rl`: practise tasks whose answers can be checked."""

import argparse
import random
from collections.abc import Sequence
from functools import partial

from pocketgpt.cli.practise import (
    IN_STEPS,
    _begin,
    _finish,
    _old,
    _practise,
    _warm_up,
)
from pocketgpt.errors import PocketError

TASKS = ("sums", "letters", "decimals", "nim")


def practice_of(task: str, digits: Sequence[int], tables, model, tokenizer):
    """The Practice that a task's name stands for; Nim is learned by self-play."""
    from pocketgpt.rl.environment import Practice
    from pocketgpt.rl.nim import Nim, self_play
    from pocketgpt.rl.tasks import Decimals, Letters, Sum, shows_steps
    from pocketgpt.world.pages import story_words

    if task == "sums":
        return Practice(partial(Sum.draw, digits=digits), kind=shows_steps)
    if task == "letters":
        return Practice(partial(Letters.draw, words=story_words(tables)))
    if task == "decimals":
        return Practice(Decimals.draw)
    return Practice(Nim.draw, self_play(model, tokenizer))


def rl(args: argparse.Namespace) -> dict:
    """Practise tasks whose answers can be checked, and save the model as "reasoner"."""
    from pocketgpt.rl.environment import checked, rewards_of

    path, model, tokenizer, before, tables, report = _begin(args, "reasoner")
    practice = practice_of(args.task, args.digits, tables, model, tokenizer)
    if args.warm_up and args.task != "sums":
        raise PocketError("Only sums have demonstrations to warm up with: leave --warm-up out.")
    talks = partial(_sums_and_old, args, model, tokenizer, before, tables)
    _warm_up(args, model, tokenizer, before, tables, talks, report)
    exam = [practice.draw(random.Random(f"practice exam {i}")) for i in range(200)]
    # In Nim, the reward is a game against oneself; what counts in the end is a winning move.
    marking = partial(rewards_of, tokenizer=tokenizer, practice=_with(practice, checked), tasks=exam)
    shares = [marking(model).mean().item()]
    report(f"{shares[0]:.1%} right at temperature 1")
    metrics = _practise(args, path, model, tokenizer, practice, report)
    shares.append(marking(model).mean().item())
    report(f"{shares[1]:.1%} right at temperature 1")
    metrics |= {"task": args.task, "right_before": shares[0], "right_after": shares[1]}
    return _finish(args, path, model, tokenizer, before, tables, metrics, report)


def _sums_and_old(args: argparse.Namespace, model, tokenizer, before: dict, tables, n: int) -> list:
    """Worked sums, and a share of old conversations."""
    from pocketgpt.rl.tasks import demonstrations

    old = _old(args, model, tokenizer, before, tables, n)
    return demonstrations(n - len(old), args.digits, IN_STEPS, seed=args.seed) + old


def _with(practice, reward):
    from dataclasses import replace

    return replace(practice, reward=reward)
