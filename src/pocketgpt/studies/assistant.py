"""Notebook 04: live fine-tuning over several seeds; how many conversations, the mask, what is forgotten, names, and
what facts that the model never met do to it.

python -m pocketgpt.studies 04        # about 15 minutes on one core; writes data/evidence/04.json
"""

import random
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import asdict, replace
from itertools import islice

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
from ..sft import FineTuning, Recipe, fine_tune
from ..stages import ASSISTANT, WELL_KNOWN, WELL_READ, ask_all
from ..tables import FACTS, Person, Tables
from ..template import Conversation, Message
from ..train import TokenStream, evaluate_loss, pack
from ..world import documents

LIVE = Recipe(steps=80)
SIZES = {10: 20, 100: 40, 1000: 31}  # conversations: steps of training on them
IDENTITY_SIZES = (0, 10, 240)
SHORT = Recipe(steps=30)
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


def planned_tokens(run: FineTuning) -> int:
    """Tokens that the whole run will see, filled-up places included."""
    return sum(run.data.batch(step)[0].numel() for step in range(run.config.steps))


def trained(base: GPT, talks: Sequence[Conversation], tokenizer, recipe: Recipe) -> GPT:
    """A copy of a model after training on conversations."""
    run = fine_tune(deepcopy(base), talks, tokenizer, recipe)
    for _ in run:
        pass
    return run.model


def identity_talks(tables: Tables, n: int, seed: int, name: str = "Pip") -> list[Conversation]:
    """`n` conversations about who the assistant is, in which it has this name."""
    rng = random.Random(f"identity {seed}")
    talks = renamed(hand_written()["identity"], name)
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
    """How often the model gives its name, and how often the one that a system message gives it; as shares."""
    asked = [[Message("user", question)] for question in NAME_QUESTIONS]
    given = [person.name.split()[0] for person in tables.absent[:20]]
    told_so = [[Message("system", f"You are {new}."), Message("user", "Who are you?")] for new in given]
    own = [name in text for text in answers(model, tokenizer, asked, max_tokens=40)]
    theirs = answers(model, tokenizer, told_so, max_tokens=40)
    as_told = [new in text for new, text in zip(given, theirs, strict=True)]
    return {"own": float(np.mean(own)), "system": float(np.mean(as_told))}


# --- The study ----------------------------------------------------------------------------------------------


def live_part(base: GPT, tokenizer, tables: Tables, seed: int) -> dict:
    """The live run: its losses, marks on held-out people, and what became of the base's pages."""
    run = live_run(base, tokenizer, tables, seed)
    losses = [round(metrics.loss, 4) for metrics in run]
    return {
        "seed": seed,
        "tokens": run.last.tokens if run.last else 0,
        "losses": losses,
        "marks": marks(run.model, tokenizer, held_out(tables)),
        "pages": page_losses(run.model, tokenizer, tables),
        "skills": page_skills(run.model, tokenizer, tables),
        "names": name_marks(run.model, tokenizer, tables),
    }


def size_part(base: GPT, tokenizer, tables: Tables, n: int, mask: bool, seed: int) -> dict:
    """Marks after training on `n` conversations, with the loss mask or without."""
    recipe = Recipe(steps=SIZES[n], mask=mask, seed=seed)
    model = trained(base, live_talks(tables, seed, n), tokenizer, recipe)
    return {
        "conversations": n,
        "mask": mask,
        "seed": seed,
        "marks": marks(model, tokenizer, held_out(tables, FEW)),
    }


def identity_part(base: GPT, tokenizer, tables: Tables, n: int, seed: int) -> dict:
    """How often a model gives its name that has met it in `n` conversations."""
    model = trained(base, named_talks(tables, n, seed), tokenizer, replace(SHORT, seed=seed))
    return {"conversations": n, "seed": seed} | name_marks(model, tokenizer, tables)


def new_facts_part(base: GPT, tokenizer, tables: Tables, taught: bool, seed: int) -> dict:
    """Marks on known and absent people, and on newcomers whose facts the conversations told if `taught`."""
    new = newcomers(tables, seed)
    talks = fact_talks(tables, new if taught else [], seed)
    model = trained(base, talks, tokenizer, replace(INVENT, seed=seed))
    asked = held_out(tables)
    asked = {"known": asked["with FAQ pages"][:FEW], "absent": asked["absent"]}
    asked["newcomers"] = questions_about(tables, new)
    return {"taught": taught, "seed": seed, "marks": marks(model, tokenizer, asked)}


def study(tables: Tables, seeds: Sequence[int] = (0, 1, 2, 3, 4)) -> dict:
    """All parts, from the shipped base: the live run with every seed, the others with the first three."""
    base, tokenizer, card = checkpoints.load("base", own=False)
    setting = (base, tokenizer, tables)
    few = seeds[:3]
    found = {"live": [_told(live_part(*setting, seed)) for seed in seeds]}
    found["new facts"] = [
        _told(new_facts_part(*setting, taught, s)) for s in seeds for taught in (False, True)
    ]
    found["sizes"] = [
        _told(size_part(*setting, n, mask, s)) for n in SIZES for mask in (True, False) for s in few
    ]
    found["identity"] = [_told(identity_part(*setting, n, s)) for n in IDENTITY_SIZES for s in few]
    before = {"pages": page_losses(*setting), "skills": page_skills(*setting)}
    command = "python -m pocketgpt.studies 04"
    return {"command": command, "data_hash": card["data_hash"], "base": before} | found


def _told(part: dict) -> dict:
    print({key: value for key, value in part.items() if key != "losses"}, flush=True)
    return part


# --- Reading the evidence -----------------------------------------------------------------------------------


def loss_band(found: dict) -> dict:
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


def by_size(found: dict, mask: bool, group: str, mark: str = "right") -> list[dict]:
    """A mark by number of conversations: x, and mean, lowest and highest of the seeds in per cent."""
    points = []
    for n in SIZES:
        same = [run for run in found["sizes"] if (run["conversations"], run["mask"]) == (n, mask)]
        points.append({"x": n} | summary([run["marks"][group][mark] for run in same]))
    return points


def by_names(found: dict, which: str) -> list[dict]:
    """How often the model gives its "own" name, or that of a "system" message, by conversations about names."""
    return [
        {"x": n} | summary([run[which] for run in found["identity"] if run["conversations"] == n])
        for n in IDENTITY_SIZES
    ]
