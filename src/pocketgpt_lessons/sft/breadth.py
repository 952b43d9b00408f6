"""Part of notebook 04's study: what breadth of conversations does, at equal number, after a short and a long training.

Narrow conversations, as the live run's, ask in few wordings, cleanly typed. Broad ones are everyday conversations, as
people type. Then all assistants take the strangers' exam in wordings that none has met, without the kinds whose right
answer is that it doesn't know: these assistants answer everything.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pocketgpt.chat import Conversation
from pocketgpt.evaluation import strangers
from pocketgpt.model import GPT
from pocketgpt.sft.conversations import ASSISTANT, make_conversations, split_people
from pocketgpt.sft.recipe import Recipe
from pocketgpt.sft.stages import WELL_READ
from pocketgpt.world import Tables
from pocketgpt_lessons.evidence import spread
from pocketgpt_lessons.sft import experiments

LONG = Recipe(steps=200, matrix_lr=0.02, embed_lr=0.2, head_lr=0.02)
RECIPES = {recipe.steps * recipe.batch_size: recipe for recipe in (experiments.LIVE, LONG)}  # by conversations read
SHORT_READ, LONG_READ = RECIPES
REFUSALS = ("absent people", "things outside", "made-up names")
GROUPS = {
    "facts": ("countries", "animals", "people", "follow-ups"),
    "small talk": ("greetings", "small talk", "feelings", "thanks and goodbyes", "help"),
    "itself": ("identity", "a name of its own", "tasks beyond it"),
    "tasks": ("stories", "sums", "sums without a calculator", "spelling"),
    "slips and several turns": ("noise", "several turns"),
}

Passed = Mapping[str, Sequence[int]]
"""For each kind of message how many replies passed, and of how many."""


def talks(tables: Tables, broad: bool, n: int, seed: int) -> list[Conversation]:
    """`n` different conversations of one of the two kinds, about the same people."""
    if not broad:
        return experiments.live_talks(tables, seed, n)
    people = [person for person in split_people(tables)[0] if person.mentions >= WELL_READ]
    return make_conversations(tables, people, n, replace(ASSISTANT, everyday=1.0), seed=seed)


def asked() -> list[strangers.Item]:
    """The messages of the strangers' exam for an assistant that answers everything."""
    return [item for item in strangers.load_exam(split="held-out") if item.kind not in REFUSALS]


def by_kind(model: GPT, tokenizer, tables: Tables) -> dict[str, list[int]]:
    """How many replies of a model pass, of how many, by kind of message."""
    results = strangers.sit(model, tokenizer, tables, asked(), tools=False)
    return {row.name: [row.right, row.n] for row in strangers.by_kind(results) if row.name != "total"}


def breadth_part(base: GPT, tokenizer, tables: Tables, broad: bool, read: int, seed: int) -> dict:
    """The exams of an assistant that read so many conversations of one of the two kinds."""
    recipe = replace(RECIPES[read], seed=seed)
    model = experiments.trained(base, talks(tables, broad, read, seed), tokenizer, recipe)
    marks = experiments.marks(model, tokenizer, experiments.held_out(tables, experiments.FEW))
    return {"marks": marks, "strangers": by_kind(model, tokenizer, tables)}


def share(passed: Passed, kinds: Sequence[str] | None = None) -> float:
    """The share of replies that pass, of all messages or of some kinds.

    >>> share({"greetings": [3, 4], "sums": [0, 2]}), share({"greetings": [3, 4], "sums": [0, 2]}, ["greetings"])
    (0.5, 0.75)
    """
    counts = [passed[kind] for kind in kinds or passed]
    return sum(right for right, _ in counts) / sum(n for _, n in counts)


def arms(found: Mapping[str, Sequence[dict]]) -> dict[str, list[Passed]]:
    """The recorded exams by what the assistants learned from; the live runs are narrow ones."""
    runs = [{"broad": False, "read": SHORT_READ} | run for run in found["live"]] + [*found["breadth"]]
    return {
        f"{'broad' if broad else 'narrow'}, {read:,} read": [
            run["strangers"] for run in runs if (run["broad"], run["read"]) == (broad, read)
        ]
        for read in RECIPES
        for broad in (False, True)
    }


def rows(found: Mapping[str, Sequence[dict]], kinds: Sequence[str] | None = None) -> dict[str, dict[str, float]]:
    """For each of the arms the share (%) that passes: its mean, lowest and highest."""
    return {name: spread([share(passed, kinds) for passed in runs], 100) for name, runs in arms(found).items()}


def finding(found: Mapping[str, Sequence[dict]]) -> str:
    """What the recorded runs say of the longer training, in one line: no more than each of them shows."""
    *_, narrow, broad = rows(found).values()
    read = f"Recorded: after {LONG_READ:,} conversations"
    if broad["low"] > narrow["high"]:
        return f"{read}, broad ones serve strangers better than narrow"
    if broad["high"] < narrow["low"]:
        return f"{read}, narrow ones still serve strangers better"
    return f"{read}, narrow and broad ones serve strangers alike"


def told(found: Mapping[str, Sequence[dict]], others: Mapping[str, Passed]) -> str:
    """A table in text: for each of the arms the mean shares of the groups of kinds, then those of other models."""
    lines = ["replies that pass      " + "".join(f"{group:>{len(group) + 3}}" for group in GROUPS)]
    shares = {name: [share(run, kinds) for kinds in GROUPS.values()] for name, run in others.items()}
    by_group = [rows(found, kinds) for kinds in GROUPS.values()]
    for name, values in ({arm: [row[arm]["y"] / 100 for row in by_group] for arm in arms(found)} | shares).items():
        cells = zip(GROUPS, values, strict=True)
        lines.append(f"{name:<23}" + "".join(f"{value:>{len(group) + 3}.0%}" for group, value in cells))
    return "\n".join(lines)
