"""The commands `rl` and `rlhf`. Heavy imports wait until a command runs."""

import argparse
import random
import shlex
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import mean

from . import commands
from .errors import PocketError

TASKS = ("sums", "letters", "decimals", "nim")
KEPT_DIGITS = (1, 2, 2, 2, 3, 3)  # of a reasoner's sums
IN_STEPS = 0.7  # share of the demonstrations; the others answer at once
Report = Callable[[str], None]


def practice_of(task: str, digits: Sequence[int], tables, model, tokenizer):
    """The Practice that a task's name stands for; Nim is learned by self-play."""
    from .games import Nim, self_play
    from .practice import Practice
    from .tasks import Decimals, Letters, Sum, shows_steps
    from .world import story_words

    if task == "sums":
        return Practice(partial(Sum.draw, digits=digits), kind=shows_steps)
    if task == "letters":
        return Practice(partial(Letters.draw, words=story_words(tables)))
    if task == "decimals":
        return Practice(Decimals.draw)
    return Practice(Nim.draw, self_play(model, tokenizer))


def rl(args: argparse.Namespace) -> dict:
    """Practise tasks whose answers can be checked, and save the model as "reasoner"."""
    from .practice import checked, rewards_of

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


def rlhf(args: argparse.Namespace) -> dict:
    """Let a crowd compare little stories, learn its taste, please it, and save the model as "preferred"."""
    from .crowd import make_crowd
    from .little_stories import Request
    from .practice import Practice, try_tasks

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


def _begin(args: argparse.Namespace, name: str) -> tuple:
    from . import checkpoints
    from .train import is_first
    from .world import load_tables

    path = commands.target(args, name)
    model, tokenizer, card = checkpoints.load(args.start, commands.device(args.device), own=not args.shipped)

    def report(line: str) -> None:
        if is_first():
            print(line, flush=True)

    return path, model, tokenizer, card, load_tables(), report


def _sums_and_old(args: argparse.Namespace, model, tokenizer, before: dict, tables, n: int) -> list:
    """Worked sums, and a share of old conversations."""
    from .tasks import demonstrations

    old = _old(args, model, tokenizer, before, tables, n)
    return demonstrations(n - len(old), args.digits, IN_STEPS, seed=args.seed) + old


def _stories_and_old(args: argparse.Namespace, model, tokenizer, before: dict, tables, n: int) -> list:
    """Little stories, and a share of old conversations."""
    from .little_stories import story_conversations

    old = _old(args, model, tokenizer, before, tables, n)
    return story_conversations(tables, n - len(old), args.seed) + old


def _old(args: argparse.Namespace, model, tokenizer, before: dict, tables, n: int) -> list:
    """A share `args.keep` of n conversations such as the model learned from before, lest it forget.

    A reasoner's are sums in steps, for one half.
    """
    from .stages import stage_conversations
    from .tasks import demonstrations

    if not args.keep:
        return []
    wanted = round(n * args.keep)
    sums = wanted // 2 if before.get("stage") == "reasoner" else 0
    _, old = stage_conversations(_kept_stage(args, before), tables, model, tokenizer, args.seed)
    old = random.Random(f"keep {args.seed}").sample(old, min(len(old), wanted - sums))
    return old + demonstrations(sums, KEPT_DIGITS, 1.0, seed=args.seed)


def _kept_stage(args: argparse.Namespace, before: dict) -> str:
    """The stage whose conversations the model learned from."""
    from .stages import STAGES

    stage = before.get("stage")
    stage = "honest" if stage == "reasoner" else stage  # where the reasoner's conversations come from
    if stage not in STAGES:
        raise PocketError(f"{args.start} learned from no conversations to keep: leave --keep out.")
    return stage


def _with(practice, reward):
    from dataclasses import replace

    return replace(practice, reward=reward)


def _warm_up(
    args: argparse.Namespace, model, tokenizer, before: dict, tables, talks_of: Callable[[int], list], report
) -> None:
    """Fine-tune for a few steps on demonstrations; a resumed run does so again, as its leash needs that model.

    With --keep, as many old pages are mixed in as the stage before had, since conversations tell of few people.
    """
    from .sft import Recipe, fine_tune
    from .stages import STAGES, old_pages

    if args.warm_up:
        share = STAGES[_kept_stage(args, before)].recipe.pages_share if args.keep else 0.0
        recipe = Recipe(steps=args.warm_up, pages_share=share, seed=args.seed)
        pages = old_pages(tables, tokenizer, recipe, model.config.context)
        talks = talks_of(recipe.steps * recipe.batch_size)
        *_, last = fine_tune(model, talks, tokenizer, recipe, pages)
        report(f"{recipe.steps} steps on demonstrations, loss {last.loss:.3f}")


def _judge(args: argparse.Namespace, path: Path, model, tokenizer, crowd, report) -> tuple:
    """A reward model for the crowd's taste: the one of the stopped run, else a new one; and how good it is."""
    from .exam import score
    from .little_stories import Request
    from .preferences import sample_pairs
    from .rlhf import RewardModel, fit, load_judge, marks, save_judge
    from .train import is_first

    if args.resume and path.exists():
        judge, _, card = load_judge(path)
        return judge.to(model.head.device), card["metrics"]
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


def _practise(args: argparse.Namespace, path: Path, model, tokenizer, practice, report: Report) -> dict:
    """Run grpo() to its end with a line now and then; what to keep of it."""
    from .rl import RLConfig, grpo

    sizes = args.steps, args.prompts, args.rollouts, args.max_tokens
    config = RLConfig(*sizes, lr=args.lr, kl_weight=args.kl_weight, seed=args.seed)
    state = path.with_suffix(".stopped")
    rewards, step = [], None
    try:
        for step in grpo(model, tokenizer, practice, config, state, args.resume):
            rewards.append(step.reward)
            if step.step % max(1, args.steps // 20) == 0:
                report(
                    f"step {step.step:>4} of {step.steps}  reward {step.reward:6.3f}  length {step.length:5.1f}  "
                    f"entropy {step.entropy:.3f}  KL {step.kl:5.2f}  {step.seconds:4.0f} s"
                )
    except KeyboardInterrupt:
        raise PocketError(f"Stopped; add --resume to go on from {state}.") from None
    last = {name: getattr(step, name) for name in ("length", "entropy", "kl", "seconds")} if step else {}
    return {"steps": args.steps, "reward": mean(rewards[-5:]) if rewards else None, **last}


def _command(args: argparse.Namespace) -> str:
    return "python -m pocketgpt " + shlex.join(args.argv)


def _finish(
    args: argparse.Namespace, path: Path, model, tokenizer, before: dict, tables, metrics: dict, report
):
    """Save the model with its card, which holds marks and exam if it is to be shipped."""
    import torch

    from . import checkpoints
    from .train import is_first

    card = {"command": _command(args), "stage": path.stem, "tools": before.get("tools", False)}
    card |= {"metrics": metrics, "history": commands.history_of(before)}
    if args.shipped:  # measured as it is stored
        model.load_state_dict({key: value.half().float() for key, value in model.state_dict().items()})
        commands.add_marks(card, tables, model, tokenizer)
        commands.add_exam(card, tables, model, tokenizer)
    if is_first():
        dtype = torch.float16 if args.shipped else torch.float32
        report(f"Saved {checkpoints.save(path, model, tokenizer, card, dtype)}")
    return metrics


def run(args: argparse.Namespace) -> dict:
    """Run `rl` or `rlhf`, as one process or as one of those that torchrun started."""
    from .train import process_group

    with process_group():
        return {"rl": rl, "rlhf": rlhf}[args.command](args)


def add_parsers(subparsers) -> None:
    """Add the parsers of `rl` and `rlhf`."""
    p = subparsers.add_parser("rl", help="practise tasks whose answers can be checked")
    _add_common(p, start="honest", steps=30, lr=3e-4, kl_weight=0.0, warm_up=0)
    p.add_argument("--task", choices=TASKS, default="sums", help="what to practise (default: sums)")
    p.add_argument(
        "--digits",
        type=int,
        nargs="+",
        default=[3],
        help="digits in sums; of several, each draws one (default: 3)",
    )
    p = subparsers.add_parser("rlhf", help="learn what a crowd likes in little stories, and please it")
    sizes = {"prompts": 8, "rollouts": 8, "max_tokens": 64}
    _add_common(p, start="reasoner", steps=22, lr=8e-4, kl_weight=0.1, warm_up=60, **sizes)
    p.add_argument(
        "--pairs", type=int, default=2000, help="how many pairs the crowd compares (default: 2000)"
    )


def _add_common(p: argparse.ArgumentParser, start: str, **defaults: float) -> None:
    p.set_defaults(run=run)
    p.add_argument(
        "--start", metavar="MODEL", default=start, help=f"the model to begin with (default: {start})"
    )
    helps = {
        "steps": "how many updates",
        "warm_up": "steps of fine-tuning on demonstrations before",
        "prompts": "tasks a step",
        "rollouts": "answers to each of them",
        "max_tokens": "length at which an answer is cut off",
        "lr": "learning rate",
        "kl_weight": "strength of the leash, in reward for each nat of divergence",
    }
    for name, value in ({"prompts": 16, "rollouts": 16, "max_tokens": 112} | defaults).items():
        option = f"--{name.replace('_', '-')}"
        p.add_argument(option, type=type(value), default=value, help=f"{helps[name]} (default: {value})")
    p.add_argument(
        "--keep", type=float, default=0.0, help="share of old conversations in the warm-up (default: 0)"
    )
    p.add_argument("--out", metavar="DIR", help="folder for the model (default: your own folder)")
    p.add_argument("--device", default="auto", help="auto (a GPU if there is one), cpu, cuda or mps")
    p.add_argument("--resume", action="store_true", help="go on with a run that was stopped")
    p.add_argument("--shipped", action="store_true", help="write the checkpoint that the repository ships")
