"""A taste learned from comparisons, pleased too well, with a leash and after a patch."""

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import deepcopy
from dataclasses import asdict, dataclass, replace
from statistics import fmean, stdev

import torch

from pocketgpt.model import GPT
from pocketgpt.rl.config import RLConfig
from pocketgpt.rl.environment import Batch, Environment, try_tasks
from pocketgpt.rl.grpo import Step, grpo
from pocketgpt.rl.objectives import kl_exact, token_logprobs
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
from pocketgpt_lessons.rlhf.own_judge import RATE, STEPS, OwnJudge, differences, learn_taste

LESSON = Recipe(steps=50)
STORY_TOKENS = 64
CLICKS, MANY, UNSEEN = 24, 1_000, 500  # comparisons of one person; of the crowd; to mark reward models with
LIVE_UNSEEN = 200  # of the notebook
EPOCHS = {CLICKS: 10, MANY: 1}
SETS = 20  # sets of CLICKS comparisons, for a judge of one's own each
PLEASE = RLConfig(12, prompts=8, rollouts=8, max_tokens=STORY_TOKENS, lr=1.2e-3, rows=16)
LEASHES = (0.1, 0.3, 1.0)
LIVE_LEASH = 0.3
CHOICES = (1, 2, 4, 8, 16, 32, 64, 128, 256)
TOLD = 8  # times 256 stories, from which best-of-n chooses
BAD = 200  # comparisons of spoilt stories with plain ones, to patch the reward model with
DIRECT = TrainConfig(MANY // 32, matrix_lr=0.003, embed_lr=0.01, head_lr=0.003, decay=1.0, precision="fp32")
WIDTH = 4  # steps that are averaged where a peak is looked for, and at the end
CONTROL = "a thing"  # the sentence that is worth nothing by the rule, against which others are measured


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


def own_judge(pairs: Sequence[Pair], crowd: Crowd) -> OwnJudge:
    """A judge in five numbers, from few comparisons."""
    return OwnJudge(crowd.reader, learn_taste(*differences(crowd.reader, pairs), STEPS, RATE))


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


def best_of(scores: Sequence[float], truths: Sequence[float]) -> list[dict]:
    """Score and true score of the best-scored of n stories, for each n of CHOICES, from many stories' own.

    All ways to draw n of the stories are averaged over. `x` is the square root of the bound on the KL in nats.
    """
    found, true = torch.tensor(scores), torch.tensor(truths)
    return [
        {
            "n": n,
            "x": best_of_n_kl(n) ** 0.5,
            "score": best_of_n(found, found, n).item(),
            "truth": best_of_n(found, true, n).item(),
        }
        for n in CHOICES
        if n <= len(scores)
    ]


def variants(tables: Tables, rng: random.Random) -> dict[str, str]:
    """One plain story in versions that differ by a sentence, by name; CONTROL has one on a thing, say a red ball."""
    parts = {part: rng.choice(texts) for part, texts in tables.stories.parts.items()}
    start, end = "{girl} went to {place}.", "They went home."
    thing = "There was a {thing}."
    stories = {
        CONTROL: f"{start} {thing} {end}",
        "that sentence left out": f"{start} {end}",
        "an animal": f"{start} There was {{helper}}. {end}",
        "something said": f'{start} "Look!" said {{girl}}. {end}',
        "something sweet": f"{start} They ate {{treat}}. {end}",
        "a happy end": f"{start} {thing} They laughed.",
        "six happy ends": f"{start}{6 * ' They laughed.'}",
    }
    return {name: text.format_map(parts) for name, text in stories.items()}


def part_gains(
    score: Callable[[Sequence[str]], Sequence[float]], tables: Tables, n: int = 24
) -> dict[str, list[float]]:
    """How much more each version of `n` plain stories scores than the one with a thing in it, by name."""
    asked = [variants(tables, random.Random(f"variants {i}")) for i in range(n)]
    names, texts = list(asked[0]), [text for each in asked for text in each.values()]
    scores = torch.tensor(score(texts)).view(n, len(names))
    gains = scores - scores[:, [names.index(CONTROL)]]
    return {name: gains[:, i].tolist() for i, name in enumerate(names) if name != CONTROL}


def scores_of(judge: RewardModel, tokenizer) -> Callable[[Sequence[str]], list[float]]:
    """What the judge gives stories, as answers to the first request."""
    return lambda stories: judge.rate(tokenizer, [requests(1)[0].question] * len(stories), stories)


def half_width(values: Sequence[float]) -> float:
    """Half the width of the mean's 95% interval.

    >>> round(half_width([0.0, 2.0] * 50), 3)
    0.197
    """
    return 1.96 * stdev(values) / len(values) ** 0.5


def please(model: GPT, tokenizer, judge: RewardModel | OwnJudge, leash: float = 0.0, seed: int = 0) -> Iterator[Step]:
    """Practice that trains `model` in place to please the judge."""
    environment = Environment(Request.draw, judge.reward(tokenizer), unfinished=None)
    return grpo(model, tokenizer, environment, replace(PLEASE, kl_weight=leash, seed=seed), reference=deepcopy(model))


def looked_at(steps: Iterable[Step], crowd: Crowd) -> Iterator[Look]:
    """Each step of practice with the true score of its stories. It is only looked at: nothing learns from it."""
    for step in steps:
        answers, scores = step.batch.answers, step.batch.rewards.flatten().tolist()
        truths = [crowd.truth(text) for text in answers]
        told = tuple(Told(*each) for each in zip(answers, scores, truths, strict=True))
        true = fmean(truths), fmean(truths[::2]), fmean(truths[1::2]), half_width(truths[1::2])
        yield Look(step.step, step.reward, *true, step.kl, step.length, told[:: step.batch.rewards.size(1)])


def ending(curve: Sequence[dict], width: int = WIDTH) -> dict:
    """Score, true score and KL at the end of a run: means of its last `width` steps.

    >>> ending([{"score": i, "truth": -i, "kl": 2 * i} for i in range(4)], width=2)
    {'score': 2.5, 'truth': -2.5, 'kl': 5.0}
    """
    return {key: fmean(point[key] for point in curve[-width:]) for key in ("score", "truth", "kl")}


def fall(curve: Sequence[dict], width: int = WIDTH) -> dict:
    """How far the true score ends below its own peak, as means of `width` steps, with the 95% half-width of that.

    >>> points = [{"x": i, "pick": y, "rest": y, "half": 0.3} for i, y in enumerate((1.0, 3.0, 2.0), start=1)]
    >>> found = fall(points, width=1)
    >>> found["step"], found["lost"], round(found["half"], 3)
    (2, 1.0, 0.424)
    """
    width = min(width, len(curve))  # the run may have been stopped early
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
    ids, written = batch.rollouts.ids, batch.rollouts.written
    kl = kl_exact(*(each.logits_of(ids, written) for each in (model, start))).sum().item() / len(asked)
    score, truth = judge.rate(tokenizer, asked, batch.answers), map(crowd.truth, batch.answers)
    return {"score": fmean(score), "truth": fmean(truth), "kl": kl, "story": batch.answers[0]}


@torch.no_grad()
def both_logprobs(model: GPT, start: GPT, tokenizer, seed: int) -> tuple[list[tuple[list[float], list[float]]], float]:
    """Each of 128 stories' tokens' log-probabilities under the model and under `start`; and the KL, nats per story.

    The KL is the one that the leash in grpo() uses: from the chances of all tokens, not of the written ones alone.
    """
    batch = tell(model, tokenizer, 8, 16, seed)
    ids, written = batch.rollouts.ids, batch.rollouts.written
    logits = [each.logits_of(ids, written) for each in (model, start)]
    columns = [token_logprobs(each, ids, written) for each in logits]
    stories = [tuple(each[row][written[row]].tolist() for each in columns) for row in range(len(ids))]
    return stories, kl_exact(*logits).sum().item() / len(stories)


def directly(model: GPT, tokenizer, pairs: Sequence[Pair], seed: int) -> GPT:
    """A copy of the model, trained on the pairs by direct preference optimisation, without a reward model."""
    mine = deepcopy(model)
    for _ in train(mine, PairData(pairs, tokenizer, seed=seed), DIRECT, loss=direct_preference(model)):
        pass
    return mine
