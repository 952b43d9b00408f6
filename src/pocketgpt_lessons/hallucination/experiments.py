"""Teaching "I don't know" to a base model.

The exam is in `fixed_exam`, what gives an invention away in `confidence_signals`, searching in `looking_up`.
"""

import random
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace

from pocketgpt.chat import Conversation
from pocketgpt.model import GPT
from pocketgpt.sft.conversations import HONEST, Mix, make_conversations, split_people
from pocketgpt.sft.fine_tune import FineTuning, fine_tune
from pocketgpt.sft.recipe import Recipe
from pocketgpt.sft.stages import OFTEN_READ, WELL_READ, known_facts, probe
from pocketgpt.world import FACTS, Person, Tables

READ_ABOUT = 300  # people whom the live run asks and teaches about, each on LEAST pages or more
LEAST = 10
ASKS, ENOUGH = 3, 0.6  # samples of each fact, and the share of right ones from which the model has it
STRANGERS = 0.2
LIVE = Recipe(steps=110)
PLAIN = Recipe(steps=60)
SEARCHING = Recipe(steps=120, matrix_lr=0.015, embed_lr=0.15, head_lr=0.015)


def live_people(tables: Tables, seed: int) -> list[Person]:
    """People of whom the live run's conversations tell: drawn along the tail of mentions."""
    ranked = sorted(
        (person for person in split_people(tables)[0] if person.mentions >= LEAST),
        key=lambda person: (-person.mentions, person.name),
    )
    n = min(READ_ABOUT, len(ranked))
    rng = random.Random(f"live people {seed}")
    return [ranked[rng.randrange(i * len(ranked) // n, (i + 1) * len(ranked) // n)] for i in range(n)]


def facts_found(model: GPT, tokenizer, tables: Tables, people: Sequence[Person], seed: int) -> set:
    """Which of their facts the model has, found out by asking it; as pairs of name and fact."""
    return known_facts(probe(model, tokenizer, tables, people, ASKS, seed), ENOUGH)


def lessons(tables: Tables, people: Sequence[Person], known: set, seed: int) -> list[Conversation]:
    """The live run's conversations: answers to what the model has, "… I don't know" to the rest."""
    mix = Mix(facts=0.85, strangers=STRANGERS, more=0.0)
    return make_conversations(tables, people, LIVE.steps * LIVE.batch_size, mix, known | _things(tables), seed=seed)


def _things(tables: Tables) -> set:
    """All facts about countries and animals: the model has met each of them often."""
    return {(row.name, fact) for row in (*tables.countries, *tables.animals) for fact in FACTS[row.topic]}


def live_run(base: GPT, tokenizer, talks: Sequence[Conversation], seed: int) -> FineTuning:
    """The run that notebook 05 shows, on a copy of the base model: iterate over it to train."""
    return fine_tune(deepcopy(base), talks, tokenizer, replace(LIVE, seed=seed))


def assistant_run(base: GPT, tokenizer, tables: Tables, seed: int) -> FineTuning:
    """A plain assistant of another seed than the shipped one, in fewer steps."""
    people = [person for person in split_people(tables)[0] if person.mentions >= WELL_READ]
    mix = Mix(facts=0.85, more=0.0)
    talks = make_conversations(tables, people, PLAIN.steps * PLAIN.batch_size, mix, seed=seed)
    return fine_tune(deepcopy(base), talks, tokenizer, replace(PLAIN, seed=seed))


def often_read(tables: Tables) -> list[Person]:
    """People whose pages a model that searches was to know by heart."""
    return [person for person in split_people(tables)[0] if person.mentions >= OFTEN_READ]


def searching_talks(tables: Tables, known: set, n: int, seed: int) -> list[Conversation]:
    """`n` of its conversations, in which what isn't `known` about people is looked up."""
    return make_conversations(tables, often_read(tables), n, HONEST, known | _things(tables), seed=seed)


def searching_run(reader: GPT, tokenizer, tables: Tables, seed: int) -> FineTuning:
    """A short lesson in searching, for a model that has learned to read a page: what the shipped `honest` learned
    among much else.
    """
    people = often_read(tables)
    known = facts_found(reader, tokenizer, tables, people, seed)
    talks = searching_talks(tables, known, SEARCHING.steps * SEARCHING.batch_size, seed)
    return fine_tune(deepcopy(reader), talks, tokenizer, replace(SEARCHING, seed=seed))
