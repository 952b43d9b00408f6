"""What the commands `rl` and `rlhf` share: a warm-up, practice, and the model's card."""

import argparse
import random
import shlex
from collections.abc import Callable
from pathlib import Path
from statistics import mean

from pocketgpt.cli import common
from pocketgpt.errors import PocketError

KEPT_DIGITS = (1, 2, 2, 2, 3, 3)  # of a reasoner's sums
IN_STEPS = 0.7  # share of the demonstrations; the others answer at once
Report = Callable[[str], None]


def _begin(args: argparse.Namespace, name: str) -> tuple:
    from pocketgpt import checkpoints
    from pocketgpt.training.distributed import is_first
    from pocketgpt.world.table_files import load_tables

    path = common.target(args, name)
    model, tokenizer, card = checkpoints.load(args.start, common.device(args.device), own=not args.shipped)

    def report(line: str) -> None:
        if is_first():
            print(line, flush=True)

    return path, model, tokenizer, card, load_tables(), report


def _old(args: argparse.Namespace, model, tokenizer, before: dict, tables, n: int) -> list:
    """A share `args.keep` of n conversations such as the model learned from before, lest it forget.

    A reasoner's are sums in steps, for one half.
    """
    from pocketgpt.rl.tasks import demonstrations
    from pocketgpt.sft.stages import stage_conversations

    if not args.keep:
        return []
    wanted = round(n * args.keep)
    sums = wanted // 2 if before.get("stage") == "reasoner" else 0
    _, old = stage_conversations(_kept_stage(args, before), tables, model, tokenizer, args.seed)
    old = random.Random(f"keep {args.seed}").sample(old, min(len(old), wanted - sums))
    return old + demonstrations(sums, KEPT_DIGITS, 1.0, seed=args.seed)


def _kept_stage(args: argparse.Namespace, before: dict) -> str:
    """The stage whose conversations the model learned from."""
    from pocketgpt.sft.stages import STAGES

    stage = before.get("stage")
    stage = "honest" if stage == "reasoner" else stage  # where the reasoner's conversations come from
    if stage not in STAGES:
        raise PocketError(f"{args.start} learned from no conversations to keep: leave --keep out.")
    return stage


def _warm_up(
    args: argparse.Namespace, model, tokenizer, before: dict, tables, talks_of: Callable[[int], list], report
) -> None:
    """Fine-tune for a few steps on demonstrations; a resumed run does so again, as its leash needs that model.

    With --keep, as many old pages are mixed in as the stage before had, since conversations tell of few people.
    """
    from pocketgpt.sft.fine_tune import Recipe, fine_tune
    from pocketgpt.sft.stages import STAGES, old_pages

    if args.warm_up:
        share = STAGES[_kept_stage(args, before)].recipe.pages_share if args.keep else 0.0
        recipe = Recipe(steps=args.warm_up, pages_share=share, seed=args.seed)
        pages = old_pages(tables, tokenizer, recipe, model.config.context)
        talks = talks_of(recipe.steps * recipe.batch_size)
        *_, last = fine_tune(model, talks, tokenizer, recipe, pages)
        report(f"{recipe.steps} steps on demonstrations, loss {last.loss:.3f}")


def _practise(args: argparse.Namespace, path: Path, model, tokenizer, practice, report: Report) -> dict:
    """Run grpo() to its end with a line now and then; what to keep of it."""
    from pocketgpt.rl.grpo import RLConfig, grpo

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

    from pocketgpt import checkpoints
    from pocketgpt.training.distributed import is_first

    card = {"command": _command(args), "stage": path.stem, "tools": before.get("tools", False)}
    card |= {"metrics": metrics, "history": common.history_of(before)}
    if args.shipped:  # measured as it is stored
        checkpoints.as_stored(model)
        common.add_marks(card, tables, model, tokenizer)
        common.add_exam(card, tables, model, tokenizer)
    if is_first():
        dtype = torch.float16 if args.shipped else torch.float32
        report(f"Saved {checkpoints.save(path, model, tokenizer, card, dtype)}")
    return metrics
