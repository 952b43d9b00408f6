"""Notebook 04: live fine-tuning over several seeds; how many conversations, the mask, what is forgotten, names, and
what facts that the model never met do to it.

python -m pocketgpt.studies 04        # about half an hour on one core; writes data/evidence/04.json
"""

import random
import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import asdict, replace
from itertools import islice, product

import numpy as np

from .. import checkpoints, exam
from ..chat import answers
from ..conversations import (
    FactQuestion,
    Mix,
    make_conversations,
    questions_about,
    refused,
    split_people,
    strangers,
    told,
)
from ..handwritten import Slots, hand_written, renamed
from ..model import GPT
from ..pretrain import HELD_OUT_SEED
from ..sft import FineTuning, Recipe, fine_tune, planned_tokens, train_all
from ..stages import ASSISTANT, WELL_KNOWN, WELL_READ, ask_all
from ..tables import FACTS, Person, Tables
from ..template import Conversation, Message
from ..train import TokenStream, evaluate_loss, pack
from ..world import documents
from .faq_pages import faq_part

LIVE = Recipe(steps=80)
SIZES = {10: 20, 100: 40, 1000: 31}  # conversations: steps of training on them
IDENTITY_SIZES = (0, 10, 240)
NAME_QUESTIONS_MET = (  # in some conversations about its name
    "Who are you?",
    "What are you?",
    "What is your name?",
    "Tell me your name.",
    "Do you have a name?",
    "What shall I call you?",
    "Who am I talking to?",
    "Please introduce yourself.",
)
SHORT = Recipe(steps=60, batch_size=16, matrix_lr=0.02)
GENRES = ("biography", "faq", "story", "sum", "spelling", "forum")
NAME_QUESTIONS = (  # in no conversation that a model learns from
    "And who are you?",
    "Please tell me who you are.",
    "May I know your name?",
    "Please say your name.",
    "So what is your name?",
    "Can you introduce yourself?",
    "Which name do you go by?",
    "You are who?",
)
NEW_PEOPLE = 10
NEW_SHARE, REFUSED_SHARE = 0.35, 0.35  # of the conversations with facts that the base never met
INVENT = Recipe(steps=50)
FEW = 100  # questions of a group, where many models are compared


# --- Runs ---------------------------------------------------------------------------------------------------


def live_talks(tables: Tables, seed: int, n: int = LIVE.steps * LIVE.batch_size) -> list[Conversation]:
    """Conversations about people on some pages or more, and all else that an assistant should do."""
    people = [person for person in split_people(tables)[0] if person.mentions >= WELL_READ]
    return make_conversations(tables, people, n, ASSISTANT, seed=seed)


def live_run(base: GPT, tokenizer, tables: Tables, seed: int) -> FineTuning:
    """The run that notebook 04 shows, on a copy of the base model: iterate over it to train."""
    return fine_tune(deepcopy(base), live_talks(tables, seed), tokenizer, replace(LIVE, seed=seed))


def trained(base: GPT, talks: Sequence[Conversation], tokenizer, recipe: Recipe) -> GPT:
    """A copy of a model after training on conversations."""
    return train_all(fine_tune(deepcopy(base), talks, tokenizer, recipe))


def identity_talks(tables: Tables, n: int, seed: int, name: str = "Pip") -> list[Conversation]:
    """`n` conversations in which the assistant says that it has this name, or one that a system message gives."""
    rng = random.Random(f"identity {seed}")
    named = [talk for talk in hand_written()["identity"] if re.search("Pip|{newname}", talk[-1].content)]
    talks = renamed(named, name)
    slots = Slots(tables, [*tables.countries, *tables.animals])
    drawn = [talk for _ in range(n // len(talks) + 1) for talk in rng.sample(talks, len(talks))]
    return [slots.fill(talk, rng) for talk in drawn[:n]]


def named_talks(tables: Tables, n: int, seed: int) -> list[Conversation]:
    """Conversations about facts alone, `n` of them replaced by some on who the assistant is."""
    people = [person for person in split_people(tables)[0] if person.mentions >= WELL_READ]
    total = SHORT.steps * SHORT.batch_size
    facts = make_conversations(tables, people, total - n, Mix(facts=1.0), seed=seed)
    return facts + identity_talks(tables, n, seed)


def newcomers(tables: Tables, seed: int) -> list[Person]:
    """People whom the base read about on three pages at most: it knows next to nothing of them."""
    rare = [person for person in split_people(tables)[0] if person.mentions <= 3]
    return random.Random(f"newcomers {seed}").sample(rare, NEW_PEOPLE)


def fact_talks(tables: Tables, new: Sequence[Person], seed: int) -> list[Conversation]:
    """Answers about well-known people and refusals about strangers; with `new`, a share of the answers tell of them."""
    rng = random.Random(f"facts {seed}")
    known = [person for person in split_people(tables)[0] if person.mentions >= WELL_KNOWN]
    n = INVENT.steps * INVENT.batch_size
    unheard_of = strangers(tables, n, seed)
    talks = []
    for _ in range(n):
        kind, fact = rng.random(), rng.choice(FACTS["person"])
        if kind < REFUSED_SHARE:
            talks.append(refused(tables, next(unheard_of), fact, rng))
        else:
            group = new if new and kind < REFUSED_SHARE + NEW_SHARE else known
            talks.append(told(tables, rng.choice(group), fact, rng))
    return talks


# --- Measures -----------------------------------------------------------------------------------------------


def held_out(tables: Tables, limit: int | None = None) -> dict[str, list[FactQuestion]]:
    """Questions on people whom no conversation tells of, in wordings that none uses, at most `limit` a group:
    well-known people who have FAQ pages among those that the base read, others without, and absent people.
    """
    people = [person for person in split_people(tables)[1] if person.mentions >= WELL_KNOWN]
    groups = {
        "with FAQ pages": [person for person in people if person.faq_pages],
        "without FAQ pages": [person for person in people if not person.faq_pages],
        "absent": tables.absent[:50],
    }
    return {name: questions_about(tables, group)[:limit] for name, group in groups.items()}


def marks(model: GPT, tokenizer, questions: Mapping[str, Sequence[FactQuestion]]) -> dict[str, dict]:
    """For each group the shares right, refused, wrong and ended by the model itself, and n."""
    found = {name: asdict(ask_all(model, tokenizer, asked)) for name, asked in questions.items()}
    return {
        name: {key: round(value, 4) for key, value in each.items() if key != "searched"}
        for name, each in found.items()
    }


def page_losses(model: GPT, tokenizer, tables: Tables, pages: int = 25) -> dict[str, float]:
    """Loss in nats per token on pages that no run reads, by genre."""
    texts: dict[str, list[str]] = {genre: [] for genre in GENRES}
    for page in islice(documents(tables, seed=HELD_OUT_SEED), 40 * pages):
        if len(texts.get(page.genre, range(pages))) < pages:
            texts[page.genre].append(page.text)
    losses = {}
    for genre, some in texts.items():
        stream = TokenStream(pack(some, tokenizer), 1, 128)
        losses[genre] = evaluate_loss(model, stream, stream.windows)
    return losses


def page_skills(model: GPT, tokenizer, tables: Tables) -> dict[str, float]:
    """Shares right of the parts of the exam that go on with a page, as the base does."""
    people = exam.people_of(tables, 100, 10**9, 20)
    asked = {
        "facts of the best-known people": exam.fact_questions(tables, people),
        "sums of one digit": exam.sum_questions(1, 60),
        "letters in words": exam.letter_questions(tables, 60),
    }
    found = {name: float(np.mean(exam.mark(model, tokenizer, each))) for name, each in asked.items()}
    return found | {"a biography ends": exam.stop_rate(model, tokenizer, tables, n=40).share}


def name_marks(model: GPT, tokenizer, tables: Tables, name: str = "Pip") -> dict[str, float]:
    """How often the model gives its name, asked in wordings that it "met" and in "new" ones, and how often the name
    that a "system" message gives it; as shares.
    """

    def said(talks: Sequence[Conversation]) -> list[str]:
        return answers(model, tokenizer, talks, max_tokens=40)

    given = [person.name.split()[0] for person in tables.absent[:20]]
    told_so = [[Message("system", f"You are {new}."), Message("user", "Who are you?")] for new in given]
    as_told = [new in text for new, text in zip(given, said(told_so), strict=True)]
    shares = {"system": float(np.mean(as_told))}
    for key, questions in (("met", NAME_QUESTIONS_MET), ("new", NAME_QUESTIONS)):
        found = said([[Message("user", question)] for question in questions])
        shares[key] = float(np.mean([name in text for text in found]))
    return shares


# --- The study ----------------------------------------------------------------------------------------------


def live_part(base: GPT, tokenizer, tables: Tables, seed: int) -> dict:
    """The live run: its losses, marks on held-out people, and what became of the base's pages."""
    run = live_run(base, tokenizer, tables, seed)
    losses = [round(metrics.loss, 4) for metrics in run]
    found = {"tokens": planned_tokens(run), "losses": losses}
    found["marks"] = marks(run.model, tokenizer, held_out(tables))
    return found | pages_part(run.model, tokenizer, tables)


def pages_part(model: GPT, tokenizer, tables: Tables) -> dict:
    """What a model makes of pages."""
    return {"pages": page_losses(model, tokenizer, tables), "skills": page_skills(model, tokenizer, tables)}


def size_part(base: GPT, tokenizer, tables: Tables, conversations: int, mask: bool, seed: int) -> dict:
    """Marks after training on some conversations, with the loss mask or without."""
    recipe = Recipe(steps=SIZES[conversations], mask=mask, seed=seed)
    model = trained(base, live_talks(tables, seed, conversations), tokenizer, recipe)
    return {"marks": marks(model, tokenizer, held_out(tables, FEW))}


def identity_part(base: GPT, tokenizer, tables: Tables, conversations: int, seed: int) -> dict:
    """How often a model gives its name that has met it in some conversations."""
    talks = named_talks(tables, conversations, seed)
    return name_marks(trained(base, talks, tokenizer, replace(SHORT, seed=seed)), tokenizer, tables)


def new_facts_part(base: GPT, tokenizer, tables: Tables, taught: bool, seed: int) -> dict:
    """Marks on known and absent people, and on newcomers whose facts the conversations told if `taught`."""
    new = newcomers(tables, seed)
    talks = fact_talks(tables, new if taught else [], seed)
    model = trained(base, talks, tokenizer, replace(INVENT, seed=seed))
    asked = held_out(tables)
    asked = {"known": asked["with FAQ pages"][:FEW], "absent": asked["absent"]}
    asked["newcomers"] = questions_about(tables, new)
    return {"marks": marks(model, tokenizer, asked)}


PARTS = {
    "base": pages_part,
    "live": live_part,
    "new facts": new_facts_part,
    "sizes": size_part,
    "identity": identity_part,
    "faq": faq_part,
}


def plan(seeds: Sequence[int]) -> list[dict]:
    """The parts of the study with their arguments: the live run and new facts with every seed, the rest with three."""
    found: list[dict] = [{"part": "base"}, *({"part": "live", "seed": seed} for seed in seeds)]
    for seed in seeds:
        found += [{"part": "new facts", "taught": taught, "seed": seed} for taught in (False, True)]
    for seed in seeds[:3]:
        found += [{"part": "faq", "faq": faq, "seed": seed} for faq in (True, False)]
        found += [{"part": "identity", "conversations": n, "seed": seed} for n in IDENTITY_SIZES]
        found += [
            {"part": "sizes", "conversations": n, "mask": mask, "seed": seed}
            for n, mask in product(SIZES, (True, False))
        ]
    return found


def study(tables: Tables, seeds: Sequence[int] = (0, 1, 2, 3, 4)) -> dict:
    """All parts, each from the shipped base; those that the evidence file holds already are kept."""
    from . import kept, save

    base, tokenizer, card = checkpoints.load("base", own=False)
    recipes = {"live": LIVE, "identity": SHORT, "new facts": INVENT}
    about = {name: asdict(recipe) for name, recipe in recipes.items()} | {"data_hash": card["data_hash"]}
    found = {"command": "python -m pocketgpt.studies 04"} | about | {"runs": []}
    before = kept("04", **about)
    for asked in plan(seeds):
        run = next((run for run in before if asked.items() <= run.items()), None)
        if run is None:
            settings = {key: value for key, value in asked.items() if key != "part"}
            run = asked | PARTS[asked["part"]](base, tokenizer, tables, **settings)
            print(asked, run.get("marks", ""), flush=True)
        found["runs"].append(run)
        save(
            "04", found | {"runs": found["runs"] + [other for other in before if other not in found["runs"]]}
        )
    return found


# --- Reading the evidence -----------------------------------------------------------------------------------


def by_part(found: dict) -> dict[str, list[dict]]:
    """The runs of the evidence by the part that they belong to: "live", "sizes" and so on."""
    return {part: [run for run in found["runs"] if run["part"] == part] for part in PARTS}


def loss_band(found: dict[str, list[dict]]) -> dict:
    """The reference band of the live loss curve: x in tokens, mean, low and high of the seeds."""
    curves = np.array([run["losses"] for run in found["live"]])
    tokens = np.mean([run["tokens"] for run in found["live"]])
    x = tokens * np.arange(1, curves.shape[1] + 1) / curves.shape[1]
    return {"x": x, "mean": curves.mean(0), "low": curves.min(0), "high": curves.max(0)}


def summary(values: Sequence[float]) -> dict[str, float]:
    """Mean, lowest and highest of some shares, as percentages.

    >>> summary([0.5, 1.0])
    {'y': 75.0, 'low': 50.0, 'high': 100.0}
    """
    percent = [100 * value for value in values]
    return {"y": float(np.mean(percent)), "low": min(percent), "high": max(percent)}


def by_size(found: dict[str, list[dict]], mask: bool, group: str, mark: str = "right") -> list[dict]:
    """A mark by number of conversations: x, and mean, lowest and highest of the seeds in per cent."""
    points = []
    for n in SIZES:
        same = [run for run in found["sizes"] if (run["conversations"], run["mask"]) == (n, mask)]
        points.append({"x": n} | summary([run["marks"][group][mark] for run in same]))
    return points


def by_names(found: dict[str, list[dict]], which: str) -> list[dict]:
    """How often the model gives a name, by conversations about names; `which` as in `name_marks`."""
    return [
        {"x": n} | summary([run[which] for run in found["identity"] if run["conversations"] == n])
        for n in IDENTITY_SIZES
    ]
