"""Notebook 07: a taste learned from comparisons, pleased too well, with a leash and after a patch.

python -m pocketgpt.studies 07        # writes data/evidence/07.json
"""

import random
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import asdict, dataclass, replace
from statistics import fmean, stdev

import torch

from .. import checkpoints
from ..crowd import Crowd, Pair, make_crowd
from ..exam import wilson
from ..little_stories import Request, story_conversations
from ..model import GPT
from ..objectives import kl_exact
from ..practice import Batch, Practice, try_tasks
from ..preferences import DirectPreference, PairData, sample_pairs
from ..rl import RLConfig, grpo
from ..rlhf import RewardModel, best_of_n, best_of_n_kl, chances, fit, marks
from ..rollouts import written_logits
from ..sft import FineTuning, Recipe, fine_tune, train_all
from ..tables import Tables
from ..train import TrainConfig, train
from .sampling import fingerprint

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
DIRECT = TrainConfig(MANY // 32, matrix_lr=0.003, embed_lr=0.01, head_lr=0.003, decay=1.0, engine="fp32")
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
    return [Request.draw(random.Random(f"request {i}")) for i in range(n)]


def tell(model: GPT, tokenizer, n: int, each: int, seed: int = 0) -> Batch:
    """`each` stories for each of `n` requests, at temperature 1."""
    practice = Practice(Request.draw, lambda tasks, answers, rng: [0.0] * len(tasks))
    return try_tasks(model, tokenizer, practice, requests(n), each, STORY_TOKENS, seed=seed)


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


def best_of(
    model: GPT, tokenizer, judge: RewardModel, crowd: Crowd, seed: int, n_asked: int = ASKED
) -> list[dict]:
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
    practice = Practice(Request.draw, judge.reward(tokenizer), unfinished=None)
    config = replace(PLEASE, kl_weight=leash, seed=seed)
    for step in grpo(model, tokenizer, practice, config, reference=deepcopy(model)):
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
    kl = kl_exact(*(written_logits(each, ids, written) for each in (model, start))).sum().item()
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
    for _ in train(DirectPreference(mine, model), PairData(pairs, tokenizer, seed=seed), DIRECT):
        pass
    return mine


def judged(
    teller: GPT, tokenizer, pairs: Sequence[Pair], crowd: Crowd, seed: int
) -> tuple[RewardModel, dict]:
    """A reward model from FEW and one from MANY of the pairs, marked on the last UNSEEN; the better one stays."""
    unseen = pairs[MANY:]
    found: dict = {"ceiling": crowd.ceiling(unseen), "agreement": crowd.agreement(unseen), "n": len(unseen)}
    for n in (FEW, MANY):
        judge = learned_judge(teller, tokenizer, pairs[:n], seed)
        found[f"right {n}"] = sum(marks(judge, tokenizer, unseen))
        found[f"calibration {n}"] = calibration(judge, tokenizer, unseen)
    return judge, found


def one_seed(base: GPT, tokenizer, tables: Tables, seed: int) -> dict:
    """All of notebook 07's measurements with one seed; the crowd and its hidden rule are always the same."""
    crowd = make_crowd(tables)
    teller = train_all(lesson(base, tokenizer, tables, seed))
    pairs = compared(teller, tokenizer, crowd, MANY + UNSEEN, seed)
    judge, found = judged(teller, tokenizer, pairs, crowd, seed)
    found = {"seed": seed, "judge": found, "best": best_of(teller, tokenizer, judge, crowd, seed)}
    for leash in (0.0, *LEASHES):
        model = deepcopy(teller)
        looks = list(please(model, tokenizer, judge, crowd, leash, seed))
        found[f"leash {leash:g}"] = [look.point() for look in looks]
        if not leash:
            found["stories"] = [look.stories[0].text for look in looks]
            spoilt = [story.text for look in looks[-5:] for story in look.stories]
    plain = [text for pair in pairs for text in (pair.first, pair.second)]
    more = patch_pairs(plain, spoilt, crowd, seed)
    patched = learned_judge(teller, tokenizer, [*pairs[:MANY], *more], seed)
    looks = list(please(deepcopy(teller), tokenizer, patched, crowd, 0.0, seed))
    found["patched"] = [look.point() for look in looks]
    found["patched stories"] = [story.text for story in looks[-1].stories[:3]]
    direct = directly(teller, tokenizer, pairs[:MANY], seed)
    found["start"] = measured(teller, tokenizer, judge, crowd, teller, seed)
    found["direct"] = measured(direct, tokenizer, judge, crowd, teller, seed)
    return found


def study(tables: Tables, seeds: Sequence[int] = (0, 1, 2, 3, 4)) -> dict:
    """Everything over the seeds, from the shipped base; seeds that the evidence file holds are kept."""
    from . import kept, save

    base, tokenizer, _ = checkpoints.load("base", own=False)
    about = {"base": fingerprint(base), "lesson": asdict(LESSON), "please": asdict(PLEASE)}
    about |= {"leashes": list(LEASHES)}
    found = {"command": "python -m pocketgpt.studies 07"} | about | {"runs": []}
    runs = {run["seed"]: run for run in kept("07", **about)}
    for seed in seeds:
        run = runs.get(seed) or one_seed(base, tokenizer, tables, seed)
        found["runs"].append(run)
        print(f"seed {seed}: without a leash {fall(run['leash 0'])}", flush=True)
        save("07", found)
    return found


# --- Over the seeds -----------------------------------------------------------------------------------------


def band(curves: Sequence[Sequence[dict]], key: str) -> list[dict]:
    """Mean, lowest and highest of several curves at each of their points.

    >>> band([[{"x": 1, "truth": 2.0}], [{"x": 1, "truth": 4.0}]], "truth")
    [{'x': 1.0, 'y': 3.0, 'low': 2.0, 'high': 4.0}]
    """
    points = []
    for same in zip(*curves, strict=True):
        y = [point[key] for point in same]
        points.append({"x": fmean(p["x"] for p in same), "y": fmean(y), "low": min(y), "high": max(y)})
    return points


def accuracies(judges: Sequence[dict]) -> list[dict]:
    """Right answers (%) of the reward models of several seeds, added up, from FEW and from MANY comparisons."""
    n = sum(each["n"] for each in judges)
    rows = []
    for pairs in (FEW, MANY):
        right = sum(each[f"right {pairs}"] for each in judges)
        low, high = wilson(right, n)
        rows.append({"x": pairs, "y": 100 * right / n, "low": 100 * low, "high": 100 * high})
    return rows
