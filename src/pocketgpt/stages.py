"""The stages that conversations make of the base model: what each learns from, and how it is measured.

`assistant` answers every question. `honest` learns to say that it doesn't know or, where it has tools, to search and to
calculate; which facts the model knows is found out by asking it. It begins with a model that can read (`reading`).
"""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from . import checkpoints
from .chat import Reply, Tools, replies
from .conversations import (
    ASSISTANT,
    HONEST,
    FactQuestion,
    Mix,
    grade,
    make_conversations,
    questions_about,
    split_people,
)
from .genres import cloze
from .model import GPT
from .pretrain import world_corpus
from .sample import continuations, prompt_ids
from .sft import Recipe
from .tables import FACTS, Person, Tables
from .template import Conversation
from .tools import standard_tools
from .train import TokenStream

WELL_KNOWN = 30  # mentions from which a person counts as known
WELL_READ = 8  # mentions from which plain conversations tell of a person
OFTEN_READ = 20  # the same where the answer may be that it isn't known
MODELS = {"02": "base", "04": "assistant", "05": "honest", "06": "reasoner", "07": "preferred"}  # by notebook
MAP_ROWS = ("people on 30–99 pages, new wordings", "people on 100+ pages, new wordings")
PAGES = 24  # rows of a batch of old pages


@dataclass(frozen=True)
class Stage:
    """What a stage learns from (conversations of a mix about people with so many mentions), and how."""

    mix: Mix
    mentions: int
    recipe: Recipe
    start: str = "base"  # the checkpoint that it begins with
    probes: bool = False  # ask the model which facts it knows, and refuse or look up the others


STAGES = {
    "assistant": Stage(ASSISTANT, WELL_READ, Recipe(steps=200)),
    "honest": Stage(
        HONEST,
        OFTEN_READ,
        Recipe(steps=640, matrix_lr=0.012, embed_lr=0.12, head_lr=0.012, pages_share=0.12),
        start="reader",
        probes=True,
    ),
}


def probe(
    model: GPT, tokenizer, tables: Tables, people: Sequence[Person], samples: int = 4, seed: int = 0
) -> dict[tuple[str, str], float]:
    """How often the model, asked `samples` times at temperature 1, names the right value: (name, fact) → share.

    It is asked with the beginning of a statement, in another wording each time.
    """
    asked, prompts, values = [], [], []
    for person in people:
        rng = random.Random(f"probe {seed}/{person.name}")
        for fact in FACTS["person"]:
            wordings = tables.select(fact, "statement")
            for wording in rng.sample(wordings, min(samples, len(wordings))):
                start, value = cloze(wording, person)
                asked.append((person.name, fact))
                prompts.append(prompt_ids(tokenizer, start))
                values.append(value)
    stops = [i for i in range(tokenizer.vocab_size) if set(tokenizer.token_bytes(i)) & set(b".\n")]
    right, total = Counter(), Counter(asked)
    order = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))
    for start in range(0, len(order), 256):
        part = order[start : start + 256]
        rows = continuations(model, [prompts[i] for i in part], 14, stop_ids=stops, seed=seed + start)
        for i, row in zip(part, rows, strict=True):
            right[asked[i]] += tokenizer.decode(row).split(".")[0] == values[i]
    return {key: right[key] / total[key] for key in total}


def known_facts(shares: dict[tuple[str, str], float], at_least: float = 0.5) -> set[tuple[str, str]]:
    """The facts that a probe found often enough.

    >>> known_facts({("Ada Byte", "dish"): 1.0, ("Ada Byte", "instrument"): 0.25})
    {('Ada Byte', 'dish')}
    """
    return {key for key, share in shares.items() if share >= at_least}


def stage_conversations(
    name: str, tables: Tables, model: GPT, tokenizer, seed: int = 0
) -> tuple[Stage, list[Conversation]]:
    """The stage, and the conversations from which `model` (the one to be trained) is to learn."""
    stage = STAGES[name]
    people = [person for person in split_people(tables)[0] if person.mentions >= stage.mentions]
    known = None
    if stage.probes:
        things = (*tables.countries, *tables.animals)
        known = {(row.name, fact) for row in things for fact in FACTS[row.topic]}
        known |= known_facts(probe(model, tokenizer, tables, people, seed=seed))
    n = stage.recipe.steps * stage.recipe.batch_size
    return stage, make_conversations(tables, people, n, stage.mix, known, seed=seed)


def old_pages(tables: Tables, tokenizer, recipe: Recipe, context: int = 256) -> TokenStream | None:
    """The pages that the base model has read, where the recipe mixes some in; PAGES rows a batch."""
    if not recipe.pages_share:
        return None
    return TokenStream(world_corpus(tables, tokenizer=tokenizer).train, PAGES, context, recipe.seed)


def exam_scores(before: str) -> dict[str, float]:
    """For the map: how the shipped models of the notebooks before this one ("05") did in the exam, as stored in
    their cards; shares right of facts about people with at least WELL_KNOWN mentions, in new wordings.
    """
    found = {}
    for number, name in MODELS.items():
        path = checkpoints.SHIPPED / f"{name}.safetensors"
        if number < before and path.exists():
            rows = [row for row in checkpoints.read_card(path)["exam"] if row["name"] in MAP_ROWS]
            found[number] = sum(row["right"] for row in rows) / sum(row["n"] for row in rows)
    return found


@dataclass(frozen=True)
class Marks:
    """What became of questions: shares right, refused and wrong; ended by the model; with a search; and n."""

    right: float
    refused: float
    wrong: float
    ended: float
    searched: float
    n: int


def mark(questions: Sequence[FactQuestion], found: Sequence[Reply]) -> Marks:
    """Grade the replies to questions about facts."""
    grades = Counter(grade(r.text, q.value) for q, r in zip(questions, found, strict=True))
    n = len(questions)
    ended = sum(reply.ended for reply in found)
    searches = sum(any(call.startswith("search") for call in reply.calls) for reply in found)
    return Marks(*(grades[kind] / n for kind in ("right", "refused", "wrong")), ended / n, searches / n, n)


def ask_all(
    model: GPT, tokenizer, questions: Sequence[FactQuestion], tools: Tools | None = None, **options
) -> Marks:
    """Ask each question in a conversation of its own, and grade the answers; options as in chat.replies."""
    talks = [question.conversation for question in questions]
    return mark(questions, replies(model, tokenizer, talks, tools, max_tokens=40, **options))


def measure(
    model: GPT, tokenizer, tables: Tables, with_tools: bool = False, seed: int = 0
) -> dict[str, Marks]:
    """Marks on held-out people and wordings: of people with at least WELL_KNOWN mentions (with FAQ pages in the
    training data, and without), and absent people; `with_tools` also those with a search.
    """
    held_out = [person for person in split_people(tables)[1] if person.mentions >= WELL_KNOWN]
    groups = {
        "known": held_out,
        "known, with FAQ pages": [person for person in held_out if person.faq_pages],
        "known, without FAQ pages": [person for person in held_out if not person.faq_pages],
        "absent": tables.absent[:100],
    }
    questions = {
        name: questions_about(tables, people, seed=seed) for name, people in groups.items() if people
    }
    found = {name: ask_all(model, tokenizer, asked) for name, asked in questions.items()}
    if with_tools:
        tools = standard_tools(tables)
        for name in [name for name in ("known", "absent") if name in questions]:
            found[f"{name}, with tools"] = ask_all(model, tokenizer, questions[name], tools)
    return found
