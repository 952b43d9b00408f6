"""Live fine-tuning: how many conversations, the mask, what is forgotten, names, and what facts that the model never
met do to it. What breadth does is in `breadth`.
"""

import random
import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import asdict, replace
from itertools import cycle, islice

import numpy as np

from pocketgpt.chat import Conversation, Message, answers
from pocketgpt.evaluation import exam
from pocketgpt.evaluation.chat_exam import ask_all
from pocketgpt.model import GPT
from pocketgpt.sft.conversations import (
    ASSISTANT,
    FactQuestion,
    Mix,
    make_conversations,
    questions_about,
    refused,
    split_people,
    strangers,
    told,
)
from pocketgpt.sft.fine_tune import FineTuning, fine_tune
from pocketgpt.sft.handwritten import Filler, hand_written, renamed
from pocketgpt.sft.recipe import Recipe
from pocketgpt.sft.stages import WELL_KNOWN, WELL_READ
from pocketgpt.training.data import TokenStream, pack
from pocketgpt.training.evaluate import evaluate_loss
from pocketgpt.training.pretrain import HELD_OUT_SEED
from pocketgpt.world import FACTS, Person, Tables, documents

LIVE = Recipe(steps=80)
# Besides facts, the live run learns from ten conversations of each of these kinds; all other kinds make for breadth.
NARROW = (
    "feelings", "greetings", "help", "identity", "limits", "small_talk", "spelling", "stories", "sums", "thanks",
)  # fmt: skip
OF_EACH_KIND = 10
SIZES = (8, 80, 800)  # different conversations
SIZED = Recipe(steps=25)  # so that each of those runs reads 800, the same ones over and over where it has fewer
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
FEW = 80  # questions of a group, where many models are compared


def live_talks(tables: Tables, seed: int, n: int = LIVE.steps * LIVE.batch_size) -> list[Conversation]:
    """Narrow conversations: facts, asked for in the few wordings of the tables, and ten hand-written ones of each kind
    of NARROW.
    """
    people = [person for person in split_people(tables)[0] if person.mentions >= WELL_READ]
    written = hand_written()
    few = {kind: written[kind][:OF_EACH_KIND] for kind in NARROW}
    return make_conversations(tables, people, n, ASSISTANT, written=few, seed=seed)


def repeated(talks: Sequence[Conversation], n: int) -> list[Conversation]:
    """`n` conversations: these, over and over.

    >>> repeated(["a", "b"], 5)
    ['a', 'b', 'a', 'b', 'a']
    """
    return list(islice(cycle(talks), n))


def live_run(base: GPT, tokenizer, tables: Tables, seed: int) -> FineTuning:
    """The run that notebook 04 shows, on a copy of the base model: iterate over it to train."""
    return fine_tune(deepcopy(base), live_talks(tables, seed), tokenizer, replace(LIVE, seed=seed))


def trained(base: GPT, talks: Sequence[Conversation], tokenizer, recipe: Recipe) -> GPT:
    """A copy of a model after training on conversations."""
    return fine_tune(deepcopy(base), talks, tokenizer, recipe).train_all()


def identity_talks(tables: Tables, n: int, seed: int, name: str = "Pip") -> list[Conversation]:
    """`n` conversations about who the assistant is. It has this name or, in each fourth one, another that a system
    message gives; another fourth asks in NAME_QUESTIONS_MET, one after the other.
    """
    rng = random.Random(f"identity {seed}")
    named = [talk for talk in hand_written()["identity"] if re.search("Pip|{newname}", talk[-1].content)]
    talks = renamed(named, name)
    told = [talk for talk in talks if talk[0].role == "system"]
    met = [talk for question in NAME_QUESTIONS_MET for talk in talks if talk[0].content == question]
    slots = Filler(tables, [*tables.countries, *tables.animals])
    drawn = [(rng.choice(told), met[i // 4 % len(met)], *rng.sample(talks, 2))[i % 4] for i in range(n)]
    return [slots.fill(talk, rng) for talk in drawn]


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
        name: {key: round(value, 4) for key, value in each.items() if key != "searched"} for name, each in found.items()
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
