"""The lesson's experiments over several seeds, for the reference bands of its figures.

To write data/evidence/07.json:

    python -m pocketgpt_lessons 07
"""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import asdict

from pocketgpt import checkpoints
from pocketgpt.model import GPT
from pocketgpt.rlhf.pairs import Pair
from pocketgpt.rlhf.raters import Crowd, make_crowd
from pocketgpt.rlhf.reward_model import RewardModel, marks
from pocketgpt.sft.fine_tune import train_all
from pocketgpt.world import Tables
from pocketgpt_lessons.evidence import fingerprint, kept, pooled, save
from pocketgpt_lessons.rlhf import experiments


def judged(teller: GPT, tokenizer, pairs: Sequence[Pair], crowd: Crowd, seed: int) -> tuple[RewardModel, dict]:
    """A reward model from FEW and one from MANY of the pairs, marked on the last UNSEEN; the better one stays."""
    unseen = pairs[experiments.MANY :]
    found: dict = {"ceiling": crowd.ceiling(unseen), "agreement": crowd.agreement(unseen), "n": len(unseen)}
    for n in (experiments.FEW, experiments.MANY):
        judge = experiments.learned_judge(teller, tokenizer, pairs[:n], seed)
        found[f"right {n}"] = sum(marks(judge, tokenizer, unseen))
        found[f"calibration {n}"] = experiments.calibration(judge, tokenizer, unseen)
    return judge, found


def one_seed(base: GPT, tokenizer, tables: Tables, seed: int) -> dict:
    """All of notebook 07's measurements with one seed; the crowd and its hidden rule are always the same."""
    crowd = make_crowd(tables)
    teller = train_all(experiments.lesson(base, tokenizer, tables, seed))
    pairs = experiments.compared(teller, tokenizer, crowd, experiments.MANY + experiments.UNSEEN, seed)
    judge, found = judged(teller, tokenizer, pairs, crowd, seed)
    found = {"seed": seed, "judge": found, "best": experiments.best_of(teller, tokenizer, judge, crowd, seed)}
    for leash in (0.0, *experiments.LEASHES):
        model = deepcopy(teller)
        looks = list(experiments.please(model, tokenizer, judge, crowd, leash, seed))
        found[f"leash {leash:g}"] = [look.point() for look in looks]
        if not leash:
            found["stories"] = [look.stories[0].text for look in looks]
            spoilt = [story.text for look in looks[-5:] for story in look.stories]
    plain = [text for pair in pairs for text in (pair.first, pair.second)]
    more = experiments.patch_pairs(plain, spoilt, crowd, seed)
    patched = experiments.learned_judge(teller, tokenizer, [*pairs[: experiments.MANY], *more], seed)
    looks = list(experiments.please(deepcopy(teller), tokenizer, patched, crowd, 0.0, seed))
    found["patched"] = [look.point() for look in looks]
    found["patched stories"] = [story.text for story in looks[-1].stories[:3]]
    direct = experiments.directly(teller, tokenizer, pairs[: experiments.MANY], seed)
    found["start"] = experiments.measured(teller, tokenizer, judge, crowd, teller, seed)
    found["direct"] = experiments.measured(direct, tokenizer, judge, crowd, teller, seed)
    return found


def study(tables: Tables, seeds: Sequence[int] = (0, 1, 2, 3, 4)) -> dict:
    """Everything over the seeds, from the shipped base; seeds that the evidence file holds are kept."""
    base, tokenizer, _ = checkpoints.load("base", own=False)
    about = {"base": fingerprint(base), "lesson": asdict(experiments.LESSON)}
    about |= {"please": asdict(experiments.PLEASE), "leashes": list(experiments.LEASHES)}
    found = {"command": "python -m pocketgpt_lessons 07"} | about | {"runs": []}
    runs = {run["seed"]: run for run in kept("07", **about)}
    for seed in seeds:
        run = runs.get(seed) or one_seed(base, tokenizer, tables, seed)
        found["runs"].append(run)
        print(f"seed {seed}: without a leash {experiments.fall(run['leash 0'])}", flush=True)
        save("07", found)
    return found


def accuracies(judges: Sequence[dict]) -> list[dict]:
    """Right answers (%) of the reward models of several seeds, added up, from FEW and from MANY comparisons."""
    sizes = experiments.FEW, experiments.MANY
    return pooled([[{"x": n, "right": each[f"right {n}"], "n": each["n"]} for n in sizes] for each in judges])
