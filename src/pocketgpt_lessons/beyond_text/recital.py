"""Does a model recite a tune that it has read often? Some tunes stand in its data several times.

Part of the study behind data/evidence/08_tunes.json. The model gets the first bars of a tune, and goes on with the
likeliest note each time. If it knows the tune by heart, it writes the next bars as they are.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import accumulate

from matplotlib.figure import Figure

from pocketgpt.model import GPT
from pocketgpt.sampling.generate import continue_all
from pocketgpt.tunes.clock import Clock
from pocketgpt.tunes.learn import learn_tunes
from pocketgpt.tunes.tokens import Events
from pocketgpt.tunes.tune import Tune
from pocketgpt_lessons.beyond_text.tunes_experiments import LIVE
from pocketgpt_lessons.beyond_text.views import ends
from pocketgpt_lessons.display.charts import bars
from pocketgpt_lessons.evidence import spread

TIMES = {4: 60, 16: 20}  # so often stand so many tunes in the data; all others once
GIVEN, NEXT = 2, 2  # bars
ASKED = 100  # tunes of each kind that are begun, if there are so many
COMPUTE = 2 * LIVE.compute
UNSEEN = "never: unseen tunes"  # the control


def repeated(tunes: Sequence[Tune], seed: int = 0) -> dict[int, list[Tune]]:
    """The tunes by how often each is to stand in the data; chance chooses those that stand there more than once."""
    order = random.Random(f"repeated tunes {seed}").sample(list(tunes), len(tunes))
    stops = list(accumulate(TIMES.values()))
    groups = {times: order[end - n : end] for (times, n), end in zip(TIMES.items(), stops, strict=True)}
    return {1: order[stops[-1] :]} | groups


def recited(model: GPT, tokens: Events, tunes: Sequence[Tune]) -> int:
    """Of how many tunes the model, given their first GIVEN bars, writes the NEXT ones note for note."""
    shown, wanted = (
        [tokens.encode(replace(tune, bars=tune.bars[:n]))[:-1] for tune in tunes] for n in (GIVEN, GIVEN + NEXT)
    )
    length = max(map(len, wanted)) - min(map(len, shown))
    found = continue_all(model, shown, length, temperature=0, stop_ids=[tokens.end])
    rows = zip(shown, found, wanted, strict=True)
    return sum((start + rest)[: len(whole)] == whole for start, rest, whole in rows)


def recital(
    learned: Sequence[Tune], unseen: Sequence[Tune], seed: int = 0, compute: float = COMPUTE
) -> dict[str, dict]:
    """A small model learns tunes by the clock, of which some stand more often in the data: how many does it recite?"""
    groups = repeated(learned, seed)
    often = [tune for times, tunes in groups.items() for tune in tunes * times]
    run = learn_tunes(Clock(), often, replace(LIVE, seed=seed, compute=compute))
    model = run.train_all()
    begun = {UNSEEN: unseen} | {f"{times} times" if times > 1 else "once": tunes for times, tunes in groups.items()}
    marks = {name: _mark(model, run.tokens, tunes[:ASKED]) for name, tunes in begun.items()}
    return {"epochs": round(run.epochs, 2), "recited": marks}


def _mark(model: GPT, tokens: Events, tunes: Sequence[Tune]) -> dict[str, int]:
    return {"right": recited(model, tokens, tunes), "n": len(tunes)}


def recital_figure(runs: Sequence[Mapping]) -> Figure:
    """How many tunes were recited, by how often they stood in the data: means, lowest and highest of recorded runs."""
    marks = [run["recited"] for run in runs]
    rows = {name: spread([each[name]["right"] / each[name]["n"] for each in marks], 100) for name in marks[0]}
    told = ", ".join(f"{name} {ends(row)}" for name, row in rows.items())
    title = f"Recorded, bars {GIVEN + 1} and {GIVEN + NEXT} recited, by how often a tune stood in the data: {told}"
    return bars(rows, title, f"recited (%; lines: lowest and highest of {len(runs)} seeds)")
