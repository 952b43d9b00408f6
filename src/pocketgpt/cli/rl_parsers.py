"""The options of `rl` and `rlhf`."""

import argparse

from pocketgpt.cli.rl import TASKS, rl
from pocketgpt.cli.rlhf import rlhf


def run(args: argparse.Namespace) -> dict:
    """Run `rl` or `rlhf`, as one process or as one of those that torchrun started."""
    from pocketgpt.training.distributed import process_group

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
