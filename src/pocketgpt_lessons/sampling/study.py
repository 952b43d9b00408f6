"""The lesson's experiments over several seeds, for the reference bands of its figures.

To write data/evidence/03.json, in about 12 minutes on one core:

    python -m pocketgpt_lessons 03
"""

from collections.abc import Sequence

import numpy as np

from pocketgpt import checkpoints
from pocketgpt.model import GPT
from pocketgpt.tokenizer import Tokenizer
from pocketgpt.world import Tables
from pocketgpt_lessons.evidence import fingerprint
from pocketgpt_lessons.prompted_assistant import FRAMES, assistant
from pocketgpt_lessons.sampling import copying, experiments


def one_seed(model: GPT, tokenizer: Tokenizer, tables: Tables, corpus: np.ndarray, names: set[str], seed: int) -> dict:
    """All of notebook 03's measurements with one seed; `corpus` and `names` as everything_read() gives them."""
    run = experiments.read_on(model, tokenizer, tables, seed)
    run.train_all()
    control = experiments.read_ordinary(run, model, tokenizer, tables, seed)
    control.train_all()
    written = {str(t): copying.write_pages(model, tokenizer, t, seed) for t in copying.TEMPERATURES}
    copied = {t: copying.copied_stretches(pages, corpus) for t, pages in written.items()}
    asked = {"base": (model, experiments.SIGNS), "read signs": (run.model, experiments.SIGNS)}
    asked |= {sign: (run.model, [sign]) for sign in experiments.NEW_SIGNS}
    shots = {
        name: experiments.few_shot(reader, tokenizer, tables, signs, seed=seed)
        for name, (reader, signs) in asked.items()
    }
    return {
        "seed": seed,
        "recital": experiments.recital(run.model, tokenizer, run.verses),
        "copied": [{"x": float(t), "y": copying.percent_copied(each)} for t, each in copied.items()],
        "copied by subject": copying.by_subject(written["1.0"], copied["1.0"], tokenizer, tables, names),
        "new names": copying.new_names(written["1.0"], tokenizer, tables, names),
        "knowledge": experiments.knowledge(run.model, tokenizer, tables),
        "control": experiments.knowledge(control.model, tokenizer, tables),
        "shots": shots,
        "assistant": [assistant(model, tokenizer, tables, frame, k, seed=seed) for frame in FRAMES for k in (0, 2)],
    }


def study(tables: Tables, seeds: Sequence[int] = (0, 1, 2, 3, 4)) -> dict:
    """What the shipped base model does, and what copies of it do that read on, over several seeds."""
    model, tokenizer, _ = checkpoints.load("base", own=False)
    corpus, names = copying.everything_read(tables, tokenizer)
    fresh = copying.fresh_pages(tables, tokenizer)
    copied = copying.copied_stretches(fresh, corpus)
    runs = []
    for seed in seeds:
        runs.append(one_seed(model, tokenizer, tables, corpus, names, seed))
        print(f"seed {seed}: recited {[round(p['y']) for p in runs[-1]['recital']]} %", flush=True)
    command = "python -m pocketgpt_lessons 03"
    return {
        "command": command,
        "base": fingerprint(model),
        "base knowledge": experiments.knowledge(model, tokenizer, tables),
        "fresh_copied": copying.percent_copied(copied),
        "fresh by subject": copying.by_subject(fresh, copied, tokenizer, tables, names),
        "fresh new names": copying.new_names(fresh, tokenizer, tables, names),
        "runs": runs,
    }
