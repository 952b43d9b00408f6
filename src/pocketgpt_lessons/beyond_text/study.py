"""The lesson's live run over several seeds, marked as in the notebook.

To write data/evidence/08.json, some 90 seconds of training and 30 of marking for each seed on two idle cores:

    python -m pocketgpt_lessons 08

A study that was stopped keeps the seeds that are complete, as long as base model and recipe are the same.
"""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import asdict

from pocketgpt import checkpoints
from pocketgpt.model import GPT
from pocketgpt.multimodal.rows import Album, load_album
from pocketgpt.pictures.digits import Judge, accuracy, load_digits, train_judge
from pocketgpt.world import Tables
from pocketgpt_lessons.beyond_text import experiments
from pocketgpt_lessons.evidence import fingerprint, kept, save


def one_seed(base: GPT, tokenizer, tables: Tables, album: Album, judge: Judge, seed: int, steps: int) -> dict:
    """The live run with one seed: the exam in pictures, best-of-n, and the exam in words after it."""
    blocks = experiments.codebook(experiments.sample_pictures(album))
    model, vocabulary = experiments.started(deepcopy(base), tokenizer, blocks, seed)
    pages = experiments.old_pages(tables, tokenizer, seed)
    losses = [m.loss for m in experiments.live(model, vocabulary, album, pages, seed, steps)]
    return {
        "seed": seed,
        "steps": steps,
        "losses": [round(loss, 4) for loss in losses[:: max(1, steps // 50)]],
        "marks": experiments.picture_marks(model, vocabulary, tables, album, judge, seed),
        "best of": experiments.best_of(model, vocabulary, seed),
        "words": experiments.text_marks(model, vocabulary.tokenizer, tables),
    }


def about(base: GPT, steps: int) -> dict:
    """What recorded runs must agree in."""
    recipe = {key: value for key, value in asdict(experiments.LIVE).items() if key not in ("seed", "steps")}
    return {"base": fingerprint(base), "recipe": recipe, "steps": steps, "entries": experiments.ENTRIES}


def recorded(base: GPT, steps: int = experiments.LIVE.steps) -> list[dict]:
    """The recorded runs with this base model and recipe; none where nobody has recorded any."""
    return kept("08", **about(base, steps))


def study(tables: Tables, seeds: Sequence[int] = (0, 1, 2, 3, 4), steps: int = experiments.LIVE.steps) -> dict:
    """Everything over the seeds, from the shipped base; seeds that the evidence file holds are kept."""
    base, tokenizer, _ = checkpoints.load("base", own=False)
    album, judge = load_album(), train_judge(load_digits())
    found = {"command": "python -m pocketgpt_lessons 08"} | about(base, steps)
    found |= {"judge": accuracy(judge, load_digits(unseen=True))}
    found |= {"words before": experiments.text_marks(base, tokenizer, tables), "runs": []}
    runs = {run["seed"]: run for run in recorded(base, steps)}
    for seed in seeds:
        run = runs.get(seed) or one_seed(base, tokenizer, tables, album, judge, seed, steps)
        found["runs"].append(run)
        print(f"seed {seed}: {experiments.share(run['marks']):.0%} of the exam in pictures", flush=True)
        save("08", found)
    return found
