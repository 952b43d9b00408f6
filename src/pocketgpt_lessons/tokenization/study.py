"""The lesson's experiments over several seeds, for the reference bands of its figures.

To write data/evidence/01.json, in about 10 minutes on two cores:

    python -m pocketgpt_lessons 01

It also wants the encodings of GPT-2, GPT-4 and GPT-4o (see `pocketgpt.real_models.gpt_encodings`).
"""

from collections.abc import Sequence

from pocketgpt.tokenizer import Tokenizer
from pocketgpt.training.pretrain import Corpus
from pocketgpt.world import Tables
from pocketgpt_lessons.evidence import by_setting
from pocketgpt_lessons.tokenization import experiments
from pocketgpt_lessons.tokenization.compare_encodings import measure, named_encodings


def bits_by_vocabulary(found: dict) -> list[dict]:
    """Bits per byte by vocabulary: their spread over the seeds."""
    return by_setting(found["runs"], "vocab_size", lambda run: run["val_bits_per_byte"])


def seeds_won(found: dict, vocab_size: int) -> int:
    """With how many seeds this vocabulary needs the fewest bits per byte.

    >>> runs = [(256, 0, 1.3), (512, 0, 0.9), (256, 1, 1.2), (512, 1, 1.4)]
    >>> runs = [dict(zip(("vocab_size", "seed", "val_bits_per_byte"), run)) for run in runs]
    >>> seeds_won({"runs": runs}, 512)
    1
    """
    best = {}
    for run in sorted(found["runs"], key=lambda run: run["val_bits_per_byte"]):
        best.setdefault(run["seed"], run["vocab_size"])
    return list(best.values()).count(vocab_size)


def what_else_changes(found: dict) -> list[dict]:
    """What differs between vocabularies at equal compute: text read, parameters, bytes that a model looks back over."""
    context = experiments.LIVE.context
    rows = {}
    for run in found["runs"]:
        row = {name: run[name] for name in ("vocab_size", "bytes_read", "parameters")}
        rows[run["vocab_size"]] = row | {"view": round(context * run["bytes_read"] / run["tokens"])}
    return [rows[size] for size in sorted(rows)]


def spelling_by_vocabulary(found: dict) -> list[dict]:
    """New words spelled correctly (%), by vocabulary: their spread over the seeds."""
    return by_setting(found["spelling"], "vocab_size", lambda run: run["new"]["right"] / run["new"]["n"], 100)


def vocabulary_run(corpus: Corpus, seed: int) -> dict:
    """One run of the vocabulary study, and what gives the planted token away, if the vocabulary has it."""
    run, tokenizer = experiments.live_run(corpus, seed), corpus.tokenizer
    run.train_all()
    result = {"vocab_size": tokenizer.vocab_size, "seed": seed, "steps": run.config.steps, **run.results()}
    result["bytes_read"] = round(result["tokens"] * corpus.test_bytes / len(corpus.test))
    planted = tokenizer.encode(experiments.PLANTED)
    if len(planted) == 1:
        distances = experiments.distances_from_unread(run.model, tokenizer)
        unread = experiments.times_read(run) == 0
        near = distances.numpy() < experiments.ALIKE
        result["planted"] = {
            "place": experiments.place(distances, planted[0]),
            "near": int(near.sum()),
            "unread": int(unread.sum()),
            "near_and_unread": int((near & unread).sum()),
            "nearest_read": float(distances.numpy()[~unread].min()),
        }
    return result


def study(tables: Tables, seeds: Sequence[int] = (0, 1, 2, 3)) -> dict:
    """Everything behind notebook 01 that takes more than one run, or packages that not everybody has."""
    pages, unseen = experiments.live_pages(tables), experiments.unseen_pages(tables)
    tokenizers = {size: Tokenizer.train(pages, size) for size in experiments.VOCABULARIES}
    tokenizers[1024] = experiments.plant(Tokenizer.train(pages, 1023), experiments.PLANTED)
    found = {"command": "python -m pocketgpt_lessons 01", "compute": experiments.COMPUTE}
    found |= {"runs": [], "spelling": []}
    found["encodings"] = {label: measure(e, tables, unseen) for label, e in named_encodings().items()}
    for size, tokenizer in tokenizers.items():
        corpus = experiments.live_corpus(tables, tokenizer)
        if size == 1024:
            found["data_hash"] = corpus.hash
        for seed in seeds:
            result = vocabulary_run(corpus, seed)
            found["runs"].append(result)
            told = f"{result['val_bits_per_byte']:.3f} bits per byte in {result['seconds']:.0f} s"
            print(f"{size} ids, seed {seed}: {told}", flush=True)
    for size in experiments.SPELLERS:
        for seed in seeds:
            found["spelling"].append(experiments.spelling_run(tables, tokenizers[size], seed))
            print(found["spelling"][-1], flush=True)
    return found
