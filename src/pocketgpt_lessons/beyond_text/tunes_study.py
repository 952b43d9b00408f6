"""Four tokenizers of tunes at equal compute, over several seeds, marked as in the notebook; and what is recited.

To write data/evidence/08_tunes.json, less than a minute of one core for each of four tokenizers and each seed, and one
more for each seed:

    python -m pocketgpt_lessons 08

A study that was stopped keeps the runs that are complete, as long as tunes and recipe are the same.
"""

from collections.abc import Sequence
from dataclasses import asdict

from pocketgpt.training.data import digest
from pocketgpt.tunes.collection import load_tunes
from pocketgpt.tunes.tune import Tune
from pocketgpt_lessons.beyond_text import tunes_experiments as experiments
from pocketgpt_lessons.beyond_text.recital import recital
from pocketgpt_lessons.evidence import kept_study, save

NUMBER = "08_tunes"


def about(learned: Sequence[Tune], unseen: Sequence[Tune]) -> dict:
    """What recorded runs must agree in."""
    recipe = {key: value for key, value in asdict(experiments.LIVE).items() if key != "seed"}
    asked = {"asked": experiments.ASKED, "temperature": experiments.TEMPERATURE}
    return {"recipe": recipe, "tunes": digest(learned, unseen)} | asked


def recorded(learned: Sequence[Tune], unseen: Sequence[Tune], what: str = "runs") -> list[dict]:
    """The recorded runs on these tunes with this recipe, or of "recital"; none where nobody has recorded any."""
    return kept_study(NUMBER, **about(learned, unseen)).get(what, [])


def study(seeds: Sequence[int] = (0, 1, 2, 3, 4)) -> dict:
    """A run of each tokenizer with each seed; those that the evidence file holds are kept."""
    learned, unseen = load_tunes(), load_tunes(unseen=True)
    done = {(run["tokens"], run["seed"]): run for run in recorded(learned, unseen)}
    found = {"command": "python -m pocketgpt_lessons 08"} | about(learned, unseen)
    recitals = {run["seed"]: run for run in recorded(learned, unseen, "recital")}
    found |= {"real": experiments.real_marks(learned, unseen), "runs": [], "recital": []}
    for seed in seeds:
        found["recital"].append(recitals.get(seed) or {"seed": seed} | recital(learned, unseen, seed))
    for seed in seeds:
        for tokens in experiments.tokenizers(learned):
            run = done.get((tokens.name, seed)) or experiments.tune_run(tokens, learned, unseen, seed)
            found["runs"].append(run)
            print(f"seed {seed}, {tokens.name}: {run['bits per note']:.2f} bits per note", flush=True)
            save(NUMBER, found)
    return found
