"""The command `rlhf`: learn what a crowd likes, and please it."""

import argparse

from pocketgpt.cli import common, practise


def add_parser(subparsers) -> None:
    """Add the parser of `rlhf`."""
    about = "learn what a crowd likes in little stories, and please it"
    ours = {"start": "reasoner", "warm_up": 60, "steps": 22, "prompts": 8, "rollouts": 8, "max_tokens": 64}
    p = practise.add_practice(subparsers, "rlhf", run, about, lr=8e-4, kl_weight=0.1, **ours)
    common.add_option(p, "--pairs", 2000, "how many pairs the crowd compares", {"at_least": 1})


def run(args: argparse.Namespace) -> dict:
    """Let a crowd compare little stories, learn its taste, please it, and save the model as "preferred"."""
    import random
    from statistics import mean

    from pocketgpt.rl.environment import Environment, try_tasks
    from pocketgpt.rlhf.little_stories import Request
    from pocketgpt.rlhf.raters import make_crowd

    job = common.begin(args, "preferred", args.start)
    crowd = make_crowd(job.tables, seed=args.seed)
    keep = practise.warm_up(job, stories)
    judge, metrics = learn_taste(job, crowd)
    environment = Environment(Request.draw, judge.reward(job.tokenizer), unfinished=None)
    requests = [Request.draw(random.Random(i)) for i in range(16)]

    def truth() -> float:
        sizes = {"max_tokens": args.max_tokens, "seed": args.seed}
        told = try_tasks(job.model, job.tokenizer, environment, requests, **sizes)
        return mean(map(crowd.truth, told.answers))

    def add_after(_: common.Job, card: dict) -> None:
        card["metrics"]["truth_after"] = after = truth()
        common.report(f"true score {before:.2f} before, {after:.2f} after")

    before = truth()
    metrics |= practise.practise(job, environment, keep)
    return practise.save(job, metrics | {"truth_before": before}, add_after)


def stories(job: common.Job, n: int) -> list:
    """Conversations in which somebody asks for a little story."""
    from pocketgpt.rlhf.little_stories import story_conversations

    return story_conversations(job.tables, n, job.args.seed)


def learn_taste(job: common.Job, crowd) -> tuple:
    """A reward model for the crowd's taste: the one of the stopped run, else a new one; and how good it is."""
    from pocketgpt.evaluation.metrics import score
    from pocketgpt.rlhf.collect_pairs import sample_pairs
    from pocketgpt.rlhf.little_stories import Request
    from pocketgpt.rlhf.reward_model import RewardModel, fit, load_judge, marks, save_judge
    from pocketgpt.training.distributed import is_first

    args, model, tokenizer = job.args, job.model, job.tokenizer
    path = job.path.with_name("judge.safetensors")
    if args.resume and path.exists():
        judge, _, card = load_judge(path)
        return judge.to(model.device), card["metrics"]
    pairs = sample_pairs(model, tokenizer, Request.draw, args.pairs + 500, args.max_tokens, args.seed)
    pairs = crowd.judge(pairs, args.seed)
    judge, unseen = RewardModel(model), pairs[args.pairs :]
    *_, last = fit(judge, pairs[: args.pairs], tokenizer, seed=args.seed)
    found, ceiling = score("", marks(judge, tokenizer, unseen)), crowd.ceiling(unseen)
    metrics = {"pairs": args.pairs, "judge_loss": last.loss, "judge_right": found.share, "ceiling": ceiling}
    common.report(f"reward model: {found.share:.1%} of unseen choices, where {ceiling:.1%} can be had")
    if is_first():
        save_judge(path, judge, tokenizer, {"command": common.command(args), "metrics": metrics})
    return judge, metrics
