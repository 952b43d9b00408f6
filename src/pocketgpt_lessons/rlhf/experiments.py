"""A taste learned from comparisons, pleased too well, with a leash and after a patch."""

import random
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import asdict, dataclass, replace
from statistics import fmean, stdev

import torch

from pocketgpt.model import GPT
from pocketgpt.rl.config import RLConfig
from pocketgpt.rl.environment import Batch, Environment, try_tasks
from pocketgpt.rl.grpo import grpo
from pocketgpt.rl.objectives import kl_exact
from pocketgpt.rlhf.best_of_n import best_of_n, best_of_n_kl
from pocketgpt.rlhf.collect_pairs import sample_pairs
from pocketgpt.rlhf.dpo import direct_preference
from pocketgpt.rlhf.little_stories import Request, story_conversations
from pocketgpt.rlhf.pairs import Pair, PairData
from pocketgpt.rlhf.raters import Crowd
from pocketgpt.rlhf.reward_model import RewardModel, chances, fit, marks
from pocketgpt.sft.fine_tune import FineTuning, fine_tune
from pocketgpt.sft.recipe import Recipe
from pocketgpt.training.config import TrainConfig
from pocketgpt.training.loop import train
from pocketgpt.world import Tables

LESSON = Recipe(steps=60)
STORY_TOKENS = 64
FEW, MANY, UNSEEN = 200, 2_000, 500  # comparisons to learn from, and to mark the reward model with
EPOCHS = {FEW: 5, MANY: 1}
PLEASE = RLConfig(22, prompts=8, rollouts=8, max_tokens=STORY_TOKENS, lr=8e-4)
LEASHES = (0.1, 0.3, 1.0)
LIVE_LEASH = 0.1
CHOICES = (1, 2, 4, 8, 16, 32, 64, 128, 256)
ASKED = 8  # requests, for best-of-n, each with as many stories as there are choices
BAD = 200  # comparisons of spoilt stories with plain ones, to patch the reward model with
DIRECT = TrainConfig(MANY // 32, matrix_lr=0.003, embed_lr=0.01, head_lr=0.003, decay=1.0, precision="fp32")
WIDTH = 4  # steps that are averaged where a peak is looked for


@dataclass(frozen=True)
class Told:
    """A little story, what the reward model gives for it, and what it is worth by the hidden rule."""

    text: str
    score: float
    truth: float


@dataclass(frozen=True)
class Look:
    """One step of pleasing the reward model: means over its stories.

    Where a peak is looked for, half of the stories say where it is and the other half how high: else the luckiest
    step would seem to be one.
    """

    step: int
    score: float
    truth: float
    pick: float  # true score of every second story
    rest: float  # and of the others
    half: float  # half the width of its 95% interval
    kl: float  # nats per story from the model at the start
    length: float  # tokens
    stories: tuple[Told, ...]

    def point(self) -> dict:
        """The numbers alone, for the evidence file."""
        return {"x": self.step} | {k: round(v, 4) for k, v in asdict(self).items() if isinstance(v, float)}


def lesson(model: GPT, tokenizer, tables: Tables, seed: int) -> FineTuning:
    """A short fine-tuning of a copy of the model on little stories, some good and some dull; iterate to train."""
    talks = story_conversations(tables, LESSON.steps * LESSON.batch_size, seed)
    return fine_tune(deepcopy(model), talks, tokenizer, replace(LESSON, seed=seed))


def requests(n: int) -> list[Request]:
    """The first n requests for a little story, always the same."""
    return [Request.draw(random.Random(f"request {i}")) for i in range(n)]


def tell(model: GPT, tokenizer, n: int, each: int, seed: int = 0) -> Batch:
    """`each` stories for each of `n` requests, at temperature 1."""
    environment = Environment(Request.draw, lambda tasks, answers, rng: [0.0] * len(tasks))
    return try_tasks(model, tokenizer, environment, requests(n), each, STORY_TOKENS, seed=seed)


def compared(model: GPT, tokenizer, crowd: Crowd, n: int, seed: int) -> list[Pair]:
    """`n` pairs of the model's stories, each judged by one of the crowd."""
    return crowd.judge(sample_pairs(model, tokenizer, Request.draw, n, STORY_TOKENS, seed), seed)


def learned_judge(model: GPT, tokenizer, pairs: Sequence[Pair], seed: int) -> RewardModel:
    """A reward model on the model's trunk, trained on judged pairs."""
    judge = RewardModel(model)
    epochs = EPOCHS.get(len(pairs), 1)
    for _ in fit(judge, pairs, tokenizer, epochs, seed=seed):
        pass
    return judge.eval()


def calibration(judge: RewardModel, tokenizer, pairs: Sequence[Pair], bins: int = 5) -> list[dict]:
    """How often the judge's favourite was chosen, for pairs of which it is about as sure.

    A point holds `x`, the mean chance that the judge gives its favourite, and `right` of `n`.
    """
    likely = chances(judge, tokenizer, pairs)
    found: dict[int, list[tuple[float, bool]]] = {}
    for p, right in zip(likely, marks(judge, tokenizer, pairs), strict=True):
        sure = max(p, 1 - p)
        found.setdefault(min(bins - 1, int((sure - 0.5) * 2 * bins)), []).append((sure, right))
    return [
        {"x": fmean(s for s, _ in each), "right": sum(r for _, r in each), "n": len(each)}
        for _, each in sorted(found.items())
    ]


def best_of(model: GPT, tokenizer, judge: RewardModel, crowd: Crowd, seed: int, n_asked: int = ASKED) -> list[dict]:
    """Score and true score of the best of n stories, for each n of CHOICES, over `n_asked` requests; `x` is √KL."""
    most = max(CHOICES)
    batch = tell(model, tokenizer, n_asked, most, seed)
    asked = [task.question for task in batch.tasks for _ in range(most)]
    scores = torch.tensor(judge.rate(tokenizer, asked, batch.answers)).view(n_asked, most)
    truths = torch.tensor([crowd.truth(text) for text in batch.answers]).view(n_asked, most)
    return [
        {
            "n": n,
            "x": best_of_n_kl(n) ** 0.5,
            "score": best_of_n(scores, scores, n).mean().item(),
            "truth": best_of_n(scores, truths, n).mean().item(),
        }
        for n in CHOICES
    ]


def half_width(values: Sequence[float]) -> float:
    """Half the width of the mean's 95% interval.

    >>> round(half_width([0.0, 2.0] * 50), 3)
    0.197
    """
    return 1.96 * stdev(values) / len(values) ** 0.5


def please(
    model: GPT, tokenizer, judge: RewardModel, crowd: Crowd, leash: float = 0.0, seed: int = 0
) -> Iterator[Look]:
    """Train `model` in place to please the judge. The true score is only looked at: nothing learns from it."""
    environment = Environment(Request.draw, judge.reward(tokenizer), unfinished=None)
    config = replace(PLEASE, kl_weight=leash, seed=seed)
    for step in grpo(model, tokenizer, environment, config, reference=deepcopy(model)):
        answers, scores = step.batch.answers, step.batch.rewards.flatten().tolist()
        truths = [crowd.truth(text) for text in answers]
        told = tuple(Told(*each) for each in zip(answers, scores, truths, strict=True))
        true = fmean(truths), fmean(truths[::2]), fmean(truths[1::2]), half_width(truths[1::2])
        yield Look(step.step, step.reward, *true, step.kl, step.length, told[:: PLEASE.rollouts])


def fall(curve: Sequence[dict], width: int = WIDTH) -> dict:
    """How far the true score ends below its own peak, as means of `width` steps, with the 95% half-width of that.

    >>> points = [{"x": i, "pick": y, "rest": y, "half": 0.3} for i, y in enumerate((1.0, 3.0, 2.0), start=1)]
    >>> found = fall(points, width=1)
    >>> found["step"], found["lost"], round(found["half"], 3)
    (2, 1.0, 0.424)
    """
    windows = [curve[end - width : end] for end in range(width, len(curve) + 1)]
    top, last = max(windows, key=lambda window: fmean(p["pick"] for p in window)), windows[-1]
    peak, end = (fmean(p["rest"] for p in window) for window in (top, last))
    squares = sum(p["half"] ** 2 for window in (top, last) for p in window)
    return {"step": top[-1]["x"], "peak": peak, "end": end, "lost": peak - end, "half": squares**0.5 / width}


def patch_pairs(plain: Sequence[str], spoilt: Sequence[str], crowd: Crowd, seed: int) -> list[Pair]:
    """Comparisons of spoilt stories with plain ones, judged by the crowd, sides by chance."""
    rng = random.Random(f"patch {seed}")
    pairs = []
    for _ in range(BAD):
        sides = [rng.choice(plain), rng.choice(spoilt)]
        rng.shuffle(sides)
        pairs.append(Pair(Request.draw(rng).question, *sides))
    return crowd.judge(pairs, seed)


@torch.no_grad()
def measured(model: GPT, tokenizer, judge: RewardModel, crowd: Crowd, start: GPT, seed: int) -> dict:
    """Score, true score and divergence from `start` of 256 stories."""
    batch = tell(model, tokenizer, 16, 16, seed)
    asked = [task.question for task in batch.tasks for _ in range(16)]
    truths = [crowd.truth(text) for text in batch.answers]
    ids, written = batch.rollouts.ids, batch.rollouts.written
    kl = kl_exact(*(each.logits_of(ids, written) for each in (model, start))).sum().item()
    score = fmean(judge.rate(tokenizer, asked, batch.answers))
    return {
        "score": score,
        "truth": fmean(truths),
        "half": half_width(truths),
        "kl": kl / len(truths),
        "story": batch.answers[0],
    }


def directly(model: GPT, tokenizer, pairs: Sequence[Pair], seed: int) -> GPT:
    """A copy of the model, trained on the pairs by direct preference optimisation, without a reward model."""
    mine = deepcopy(model)
    for _ in train(mine, PairData(pairs, tokenizer, seed=seed), DIRECT, loss=direct_preference(model)):
        pass
    return mine
