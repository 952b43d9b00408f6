"""What the commands `rl` and `rlhf` share: options, a warm-up, practice, and the model's card."""

from argparse import ArgumentParser
from collections.abc import Callable

from pocketgpt.bounds import SHARE
from pocketgpt.cli import common
from pocketgpt.errors import PocketError
from pocketgpt.rl.config import RLConfig
from pocketgpt.training.config import settings_for

KEPT = 10_000  # old conversations that a warm-up and practice draw from
KEPT_DIGITS = (1, 2, 2, 2, 3, 3)  # of a reasoner's sums
HELPS = {
    "steps": "how many updates",
    "prompts": "tasks a step",
    "rollouts": "answers to each of them",
    "max_tokens": "length at which an answer is cut off",
    "lr": "learning rate",
    "kl_weight": "strength of the leash, in reward for each nat of divergence",
}


def add_practice(subparsers, *command, start: str, warm_up: int, **defaults: float) -> ArgumentParser:
    """The parser of a command (name, run, about) that practises; `defaults` are those of RLConfig's fields."""
    p = common.add_command(subparsers, *command, trains=True)
    common.add_option(p, "--start", start, "the model to begin with", metavar="MODEL")
    common.add_fields(p, RLConfig, HELPS, **defaults)
    common.add_option(p, "--warm-up", warm_up, "steps of fine-tuning on demonstrations before", {"at_least": 0})
    keep = "share of old conversations in the warm-up; above 0, practice keeps them, too"
    common.add_option(p, "--keep", 0.0, keep, SHARE)
    common.add_average(p)
    return p


def old_conversations(job: common.Job) -> list:
    """Conversations such as the model learned from before, in random order; sums are worked in steps.

    A reasoner's sums are easily lost: a fifth of what it keeps are such sums alone.
    """
    import random

    from pocketgpt.rl.tasks import demonstrations
    from pocketgpt.sft.stages import stage_conversations

    seed = job.args.seed
    _, old = stage_conversations(kept_stage(job), job.tables, job.model, job.tokenizer, seed, KEPT, in_steps=True)
    if job.before.get("stage") == "reasoner":
        sums = demonstrations(KEPT // 5, KEPT_DIGITS, 1.0, seed=seed)
        old = old[: KEPT - len(sums)] + sums
    return random.Random(f"keep {seed}").sample(old, len(old))


def kept_stage(job: common.Job) -> str:
    """The stage whose conversations the model learned from."""
    from pocketgpt.sft.stages import STAGES

    stage = job.before.get("stage")
    stage = "honest" if stage == "reasoner" else stage  # where the reasoner's conversations come from
    if stage not in STAGES:
        raise PocketError(f"{job.args.start} learned from no conversations to keep: leave --keep out.")
    return stage


def warm_up(job: common.Job, new_talks: Callable[[common.Job, int], list]) -> Callable | None:
    """Fine-tune for a few steps on demonstrations; a resumed run does so again, as its leash needs that model.

    With --keep, that share are old conversations, and as many old pages are mixed in as the stage before had, since
    conversations tell of few people. Returns what practice has to keep then: the loss on old conversations.
    """
    from pocketgpt.sft.fine_tune import SFTData, conversation_loss, fine_tune
    from pocketgpt.sft.recipe import Recipe
    from pocketgpt.sft.stages import STAGES, old_pages

    args, context = job.args, job.model.config.context
    old = old_conversations(job) if args.keep else []
    share = STAGES[kept_stage(job)].recipe.pages_share if args.keep else 0.0
    recipe = Recipe(steps=max(1, args.warm_up), pages_share=share, seed=args.seed)
    pages = old_pages(job.tables, job.tokenizer, recipe, context)
    if args.warm_up:
        n = recipe.steps * recipe.batch_size
        kept = old[: round(n * args.keep)]
        *_, last = fine_tune(job.model, new_talks(job, n - len(kept)) + kept, job.tokenizer, recipe, pages)
        common.report(f"{recipe.steps} steps on demonstrations, loss {last.loss:.3f}")
    if not old:
        return None
    data = SFTData(old, job.tokenizer, recipe.batch_size, context, args.seed, pages=pages, pages_share=share)
    return lambda model, step: conversation_loss(model, *data.batch(step))


def practise(job: common.Job, environment, keep: Callable | None) -> dict:
    """Run grpo() to its end with a line now and then, and take the mean with the model at the start if that is wanted;
    what to remember of it.
    """
    from statistics import mean

    from pocketgpt.rl.grpo import grpo

    args, config = job.args, RLConfig(**settings_for(RLConfig, job.args))
    rewards, step = [], None
    with job.resumable():
        kept = {"keep": keep, "data": what_it_is(job)}
        for step in grpo(job.model, job.tokenizer, environment, config, job.state, args.resume, **kept):
            rewards.append(step.reward)
            if step.step % max(1, args.steps // 20) == 0:
                common.report(
                    f"step {step.step:>4} of {step.steps}  reward {step.reward:6.3f}  length {step.length:5.1f}  "
                    f"entropy {step.entropy:.3f}  KL {step.kl:5.2f}  {step.seconds:4.0f} s"
                )
    job.average()
    last = {name: getattr(step, name) for name in ("length", "entropy", "kl", "seconds")} if step else {}
    return {"steps": args.steps, "reward": mean(rewards[-5:]) if rewards else None, **last}


def what_it_is(job: common.Job) -> str:
    """A fingerprint of all that a run of practice depends on: tables, and options that a resumed one must share."""
    from pocketgpt.training.data import digest

    names = ("start", "task", "digits", "pairs", "warm_up", "keep", "seed")
    return digest(job.tables, {name: getattr(job.args, name, None) for name in names})


def save(job: common.Job, metrics: dict, add_after: Callable[[common.Job, dict], None]) -> dict:
    """Save the model with its card, to which `add_after` adds how good it is now; marks and exam if it is shipped."""
    card = job.card(stage=job.path.stem, tools=job.before.get("tools", False), metrics=metrics)
    exams = [common.add_marks, common.add_strangers, common.add_exam] if job.args.shipped else []
    return job.save(card, [add_after, *exams])
