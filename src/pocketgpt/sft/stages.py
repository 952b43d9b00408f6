"""The stages that conversations make of the base model: what each learns from, and how it is measured.

`assistant` answers every question. `honest` learns to say that it doesn't know or, where it has tools, to search and to
calculate; what the model knows is found out by asking it. It starts from a model that can read (`learn_to_read`).
"""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice

from pocketgpt.chat.template import Conversation
from pocketgpt.errors import PocketError
from pocketgpt.model import GPT
from pocketgpt.sampling.generate import continue_all, prompt_ids, sentence_stops
from pocketgpt.sft.conversations import ASSISTANT, HONEST, Mix, make_conversations, split_people
from pocketgpt.sft.other_questions import capital_first
from pocketgpt.sft.recipe import Recipe
from pocketgpt.tokenizer import AnyTokenizer, Tokenizer
from pocketgpt.training.data import TokenStream, pack
from pocketgpt.world.documents import WorldConfig, documents, evened
from pocketgpt.world.pages import cloze
from pocketgpt.world.tables import FACTS, Person, Tables

WELL_KNOWN = 30  # mentions from which a person counts as known
WELL_READ = 8  # mentions from which plain conversations tell of a person
VALUE_TOKENS = 14  # of the longest value of a fact
OFTEN_READ = 20  # the same where the answer may be that it isn't known
PAGES = 24  # rows of a batch of old pages
AS_THEY_COME = 12_000  # old pages that are drawn from all
EVENED = 16  # old pages about each person, country and animal, besides
CAPITALS_FIRST = 40  # sentences that go from a capital to its country, for each


@dataclass(frozen=True)
class Stage:
    """What a stage learns from (conversations of a mix about people with so many mentions), and how."""

    mix: Mix
    mentions: int
    recipe: Recipe
    start: str = "base"  # the checkpoint that it begins with
    probes: bool = False  # ask the model which facts it knows, and refuse or look up the others
    sure: float = 0.25  # share of the probe's answers that are right for a fact that counts as known
    again: "Stage | None" = None  # a second, gentler run, from what the first one made


BROAD = 0.85  # share of everyday conversations: what a stranger types
LESS_BROAD = 0.7  # the same where facts, and which of them are known, are to be learned again
STAGES = {
    "assistant": Stage(
        replace(ASSISTANT, everyday=BROAD),
        WELL_READ,
        Recipe(steps=600, matrix_lr=0.02, embed_lr=0.2, head_lr=0.015, pages_share=0.15),
    ),
    "honest": Stage(
        replace(HONEST, everyday=BROAD),
        OFTEN_READ,
        Recipe(steps=4800, matrix_lr=0.02, embed_lr=0.2, head_lr=0.015, pages_share=0.15),
        start="reader",
        probes=True,
        # Fast learning of so much else costs some facts: more old pages, more questions for facts, smaller steps.
        again=Stage(
            replace(HONEST, everyday=LESS_BROAD, pages=0.35),
            OFTEN_READ,
            Recipe(steps=1600, matrix_lr=0.016, embed_lr=0.16, head_lr=0.012, pages_share=0.25),
            start="honest",
            probes=True,
        ),
    ),
}


def find_stage(name: str, again: bool = False) -> Stage:
    """The stage of this name, or its second run. Raises PocketError if it has none."""
    stage = STAGES[name].again if again else STAGES[name]
    if stage is None:
        raise PocketError(f"The stage {name} has no second run: leave --again out.")
    return stage


def probe(
    model: GPT, tokenizer: AnyTokenizer, tables: Tables, people: Sequence[Person], samples: int = 4, seed: int = 0
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
    right, total = Counter(), Counter(asked)
    written = continue_all(model, prompts, VALUE_TOKENS, seed, stop_ids=sentence_stops(tokenizer))
    for key, ids, value in zip(asked, written, values, strict=True):
        right[key] += tokenizer.decode(ids).split(".")[0] == value
    return {key: right[key] / total[key] for key in total}


def known_facts(shares: dict[tuple[str, str], float], at_least: float = 0.5) -> set[tuple[str, str]]:
    """The facts that a probe found often enough.

    >>> known_facts({("Ada Byte", "dish"): 1.0, ("Ada Byte", "instrument"): 0.25})
    {('Ada Byte', 'dish')}
    """
    return {key for key, share in shares.items() if share >= at_least}


def stage_conversations(
    name: str,
    tables: Tables,
    model: GPT,
    tokenizer: AnyTokenizer,
    seed: int = 0,
    n: int | None = None,
    in_steps: bool = False,
    again: bool = False,
) -> tuple[Stage, list[Conversation]]:
    """The stage, and the conversations from which `model` (the one to be trained) is to learn: n, or as many as its
    recipe sees. `in_steps`: sums without a calculator are worked in steps; `again`: for the stage's second run.
    """
    stage = find_stage(name, again)
    people = [person for person in split_people(tables)[0] if person.mentions >= stage.mentions]
    known = None
    if stage.probes:
        things = (*tables.countries, *tables.animals)
        known = {(row.name, fact) for row in things for fact in FACTS[row.topic]}
        known |= known_facts(probe(model, tokenizer, tables, people, seed=seed), stage.sure)
    n = n or stage.recipe.steps * stage.recipe.batch_size
    return stage, make_conversations(tables, people, n, replace(stage.mix, in_steps=in_steps), known, seed=seed)


def old_pages(tables: Tables, tokenizer: Tokenizer, recipe: Recipe, context: int = 256) -> TokenStream | None:
    """Pages that the base model has read, where the recipe mixes some in; PAGES rows a batch.

    Some as they come, and some in which all whom conversations may be about stand equally often: of the pages as they
    come a few thousand steps show somebody with 30 pages too rarely to be kept. None spells a word: such a page says
    at once how often a letter comes, which a conversation does better by writing these letters first.
    """
    if not recipe.pages_share:
        return None
    as_they_come = documents(tables, WorldConfig(spellings=0))
    even = documents(evened(tables, OFTEN_READ, EVENED), WorldConfig(0.2, stories=0, sums=0, spellings=0, forums=0))
    texts = (page.text for page in chain(islice(as_they_come, AS_THEY_COME), even))
    return TokenStream(pack(chain(texts, capitals_first(tables)), tokenizer), PAGES, context, recipe.seed)


def capitals_first(tables: Tables, times: int = CAPITALS_FIRST, together: int = 8) -> Iterator[str]:
    """Texts of some sentences each that go from a capital to its country, each `times` times in all.

    The pages, and most questions, go from the country to its capital (Berglund et al. 2023, arXiv 2309.12288, show that
    this alone doesn't teach a model the other way).
    """
    rows = times * list(tables.countries)
    random.Random("turned").shuffle(rows)
    for start in range(0, len(rows), together):
        yield " ".join(map(capital_first, rows[start : start + together]))
