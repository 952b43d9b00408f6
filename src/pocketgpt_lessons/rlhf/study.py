"""The lesson's experiments over several seeds, for the reference bands of its figures.

To write data/evidence/07.json:

    python -m pocketgpt_lessons 07
"""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import asdict
from statistics import fmean

from pocketgpt import checkpoints
from pocketgpt.model import GPT
from pocketgpt.rlhf.pairs import Pair
from pocketgpt.rlhf.raters import Crowd, make_crowd
from pocketgpt.rlhf.reward_model import RewardModel, marks
from pocketgpt.world import Tables
from pocketgpt_lessons.evidence import fingerprint, kept, save
from pocketgpt_lessons.rlhf import experiments


def judged(teller: GPT, tokenizer, pairs: Sequence[Pair], crowd: Crowd, seed: int) -> tuple[RewardModel, dict]:
    """Reward models from CLICKS and from MANY of the pairs, and judges in five numbers; the model from MANY stays.

    All are marked on the last UNSEEN pairs: `right` tells how many of `n` they got right.
    """
    unseen = pairs[experiments.MANY :]
    found: dict = {"ceiling": crowd.ceiling(unseen), "agreement": crowd.agreement(unseen), "n": len(unseen)}
    sets = [pairs[start : start + experiments.CLICKS] for start in range(0, experiments.MANY, experiments.CLICKS)]
    owns = [experiments.own_judge(each, crowd) for each in sets[: experiments.SETS]]
    found["right own"] = fmean(own.right(unseen) for own in owns)
    for n in (experiments.CLICKS, experiments.MANY):
        judge = experiments.learned_judge(teller, tokenizer, pairs[:n], seed)
        found[f"right {n}"] = sum(marks(judge, tokenizer, unseen))
    return judge, found | {"calibration": experiments.calibration(judge, tokenizer, unseen)}


def chosen(teller: GPT, tokenizer, judge: RewardModel, crowd: Crowd, seed: int) -> list[dict]:
    """Best-of-n from TOLD times 256 stories."""
    scores, truths = [], []
    for part in range(experiments.TOLD):
        batch = experiments.tell(teller, tokenizer, 16, 16, 1_000 * seed + part)
        asked = [task.question for task in batch.tasks for _ in range(16)]
        scores += judge.rate(tokenizer, asked, batch.answers)
        truths += map(crowd.truth, batch.answers)
    return experiments.best_of(scores, truths)


def one_seed(base: GPT, tokenizer, tables: Tables, seed: int) -> dict:
    """All of notebook 07's measurements with one seed; the crowd and its hidden rule are always the same."""
    crowd = make_crowd(tables)
    teller = experiments.lesson(base, tokenizer, tables, seed).train_all()
    pairs = experiments.compared(teller, tokenizer, crowd, experiments.MANY + experiments.UNSEEN, seed)
    learned = pairs[: experiments.MANY]
    judge, found = judged(teller, tokenizer, pairs, crowd, seed)
    gains = experiments.part_gains(experiments.scores_of(judge, tokenizer), tables)
    found = {"seed": seed, "judge": found, "gains": {name: fmean(each) for name, each in gains.items()}}
    found["best"] = chosen(teller, tokenizer, judge, crowd, seed)

    def pleased(judge: RewardModel, leash: float = 0.0) -> list[experiments.Look]:
        steps = experiments.please(deepcopy(teller), tokenizer, judge, leash, seed)
        return list(experiments.looked_at(steps, crowd))

    free = pleased(judge)
    found["leash 0"] = [look.point() for look in free]
    found["stories"] = [story.text for story in free[-1].stories[:3]]
    for leash in experiments.LEASHES:
        found[f"leash {leash:g}"] = [look.point() for look in pleased(judge, leash)]
    direct = experiments.directly(teller, tokenizer, learned, seed)
    found["start"] = experiments.measured(teller, tokenizer, judge, crowd, teller, seed)
    found["direct"] = experiments.measured(direct, tokenizer, judge, crowd, teller, seed)
    spoilt = [story.text for look in free[-5:] for story in look.stories]
    plain = [text for pair in pairs for text in (pair.first, pair.second)]
    more = experiments.patch_pairs(plain, spoilt, crowd, seed)
    looks = pleased(experiments.learned_judge(teller, tokenizer, [*learned, *more], seed))
    found["patched"] = [look.point() for look in looks]
    found["patched stories"] = [story.text for story in looks[-1].stories[:3]]
    return found


def study(tables: Tables, seeds: Sequence[int] = (0, 1, 2, 3, 4)) -> dict:
    """Everything over the seeds, from the shipped base; seeds that the evidence file holds are kept."""
    base, tokenizer, _ = checkpoints.load("base", own=False)
    about = {"base": fingerprint(base), "lesson": asdict(experiments.LESSON)}
    about |= {"please": asdict(experiments.PLEASE), "leashes": list(experiments.LEASHES), "pairs": experiments.MANY}
    found = {"command": "python -m pocketgpt_lessons 07"} | about | {"runs": []}
    runs = {run["seed"]: run for run in kept("07", **about)}
    for seed in seeds:
        run = runs.get(seed) or one_seed(base, tokenizer, tables, seed)
        found["runs"].append(run)
        print(f"seed {seed}: without a leash {experiments.fall(run['leash 0'])}", flush=True)
        save("07", found)
    return found
