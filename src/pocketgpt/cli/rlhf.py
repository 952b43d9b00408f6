"""The command `rlhf`: learn what a crowd likes, and please it."""

import argparse
import random
from functools import partial
from pathlib import Path
from statistics import mean

from pocketgpt.cli.practise import (
    _begin,
    _command,
    _finish,
    _old,
    _practise,
    _warm_up,
)


def rlhf(args: argparse.Namespace) -> dict:
    """Let a crowd compare little stories, learn its taste, please it, and save the model as "preferred"."""
    from pocketgpt.rl.environment import Practice, try_tasks
    from pocketgpt.rlhf.little_stories import Request
    from pocketgpt.rlhf.raters import make_crowd

    path, model, tokenizer, before, tables, report = _begin(args, "preferred")
    crowd = make_crowd(tables, seed=args.seed)
    talks = partial(_stories_and_old, args, model, tokenizer, before, tables)
    _warm_up(args, model, tokenizer, before, tables, talks, report)
    judge, metrics = _judge(args, path.with_name("judge.safetensors"), model, tokenizer, crowd, report)
    practice = Practice(Request.draw, judge.reward(tokenizer), unfinished=None)
    requests = [Request.draw(random.Random(i)) for i in range(16)]

    def truth() -> float:
        told = try_tasks(model, tokenizer, practice, requests, max_tokens=args.max_tokens, seed=args.seed)
        return mean(map(crowd.truth, told.answers))

    truths = [truth()]
    metrics |= _practise(args, path, model, tokenizer, practice, report)
    truths.append(truth())
    report(f"true score {truths[0]:.2f} before, {truths[1]:.2f} after")
    metrics |= {"truth_before": truths[0], "truth_after": truths[1]}
    return _finish(args, path, model, tokenizer, before, tables, metrics, report)


def _stories_and_old(args: argparse.Namespace, model, tokenizer, before: dict, tables, n: int) -> list:
    """Little stories, and a share of old conversations."""
    from pocketgpt.rlhf.little_stories import story_conversations

    old = _old(args, model, tokenizer, before, tables, n)
    return story_conversations(tables, n - len(old), args.seed) + old


def _judge(args: argparse.Namespace, path: Path, model, tokenizer, crowd, report) -> tuple:
    """A reward model for the crowd's taste: the one of the stopped run, else a new one; and how good it is."""
    from pocketgpt.evaluation.metrics import score
    from pocketgpt.rlhf.collect_pairs import sample_pairs
    from pocketgpt.rlhf.little_stories import Request
    from pocketgpt.rlhf.reward_model import RewardModel, fit, load_judge, marks, save_judge
    from pocketgpt.training.distributed import is_first

    if args.resume and path.exists():
        judge, _, card = load_judge(path)
        return judge.to(model.device), card["metrics"]
    pairs = sample_pairs(model, tokenizer, Request.draw, args.pairs + 500, args.max_tokens, args.seed)
    pairs = crowd.judge(pairs, args.seed)
    judge, unseen = RewardModel(model), pairs[args.pairs :]
    *_, last = fit(judge, pairs[: args.pairs], tokenizer, seed=args.seed)
    found, ceiling = score("", marks(judge, tokenizer, unseen)), crowd.ceiling(unseen)
    metrics = {"pairs": args.pairs, "judge_loss": last.loss, "judge_right": found.share, "ceiling": ceiling}
    report(f"reward model: {found.share:.1%} of unseen choices, where {ceiling:.1%} can be had")
    if is_first():
        save_judge(path, judge, tokenizer, {"command": _command(args), "metrics": metrics})
    return judge, metrics
