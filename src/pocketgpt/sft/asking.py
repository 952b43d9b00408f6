"""Facts as people ask for them in a chat, and what the assistant says: what it knows, what it finds, or neither.

    kit = make_kit(tables, people, known)
    talk = one_question(kit, random.Random(0), tools=("search", "calculate"))

The wordings are those of data/requests.jsonl, typed as people type (`as_typed`). A question may be about a row of the
tables, about somebody whom only the search knows, or about nobody: the names of data/outside.jsonl.
"""

import random
from collections.abc import Sequence

from pocketgpt.chat.template import Conversation, Message
from pocketgpt.chat.tools import NOTHING_FOUND
from pocketgpt.sft.kit import OTHER_WORDS, Kit, as_written, say, typed
from pocketgpt.sft.other_questions import no_fact, one_of, turned, twice, unknown_fact, whether, yes_or_no
from pocketgpt.sft.subjects import Subject, ask_as_typed, sentence, somebody, statement
from pocketgpt.world.pages import article, fill
from pocketgpt.world.tables import FACTS, Row

REFUSAL = "… I don't know."
"""What stands where the fact would: a model decides there, having looked for it, and not at the first word."""

YES_OR_NO = 0.2  # share of questions whether something is so
TURNED = 0.13  # share of questions that compare two rows, or go from a capital to its country
INTRODUCED = 0.07  # share of questions that stand behind a sentence with the name, which they don't repeat
ONE_OF = 0.04  # share of questions for an animal or a country that something is true of
NO_FACT = 0.06  # share of questions about a known row that no table answers, where the assistant may refuse
TWICE = 0.06  # share of questions for the same fact of two rows, or for two facts of one
FIRST_TOLD = (  # which facts come first where somebody asks for any
    "profession", "birthplace", "instrument", "dish", "birth_year", "capital", "continent", "language", "kind", "food",
    "home", "legs",
)  # fmt: skip
PRONOUNS = ({"he": "he", "his": "his", "him": "him"}, {"he": "she", "his": "her", "him": "her"})
OUTSIDE = {  # kind of request → lists of names that it may be about
    "outside thing": ("topic",),
    "outside person": ("famous", "fictional"),
    "outside place": ("place",),
    "outside work": ("work",),
    "outside brand": ("brand",),
}


def not_found(subject: Subject) -> str:
    """What the assistant says when the search found nothing."""
    return f"I don't know: I found no page about {subject.shown.name}."


def _search(subject: Subject, kit: Kit, rng: random.Random) -> Conversation:
    """The call of the search for the subject, and what comes back."""
    page = article(rng, subject.row, kit.wordings).split("\n\n", 1)[1] if subject.page else NOTHING_FOUND
    return [Message("call", f"search {subject.shown.name}"), Message("result", page)]


def answer_fact(kit: Kit, subject: Subject, fact: str, rng: random.Random, tools: Sequence[str]) -> Conversation:
    """The assistant's turn on one fact: told, looked up, or refused where the fact would stand."""
    known = subject.page and kit.knows(subject.row, fact)
    look_up = kit.known is not None and (not known or subject.in_small_letters)
    # Where the name tells nothing at the place of the fact, the search comes first.
    search_first = bool(tools) and look_up and subject.in_small_letters
    start, value = statement(kit, subject.row if known or search_first else subject.shown, fact)
    if tools and look_up:
        before = [] if search_first else [Message("assistant", start)]
        told = f"{start}{value}." if subject.page else not_found(subject)
        return [*before, *_search(subject, kit, rng), Message("assistant", told)]
    return [Message("assistant", f"{start}{value}." if known else f"{start}{REFUSAL}")]


def answer_about(kit: Kit, subject: Subject, rng: random.Random, tools: Sequence[str]) -> Conversation:
    """The assistant's turn on "Who is …?" or "Tell me about …": two facts, from memory or from a page."""
    facts = [fact for fact in FACTS[subject.row.topic] if subject.page and kit.knows(subject.row, fact)]
    look_up = kit.known is not None and (len(facts) < 2 or (subject.in_small_letters and bool(tools)))
    if not look_up or (tools and subject.page):
        chosen = sorted(FACTS[subject.row.topic] if look_up else facts, key=FIRST_TOLD.index)[:2]
        told = " ".join(sentence(kit, subject.row, fact) for fact in chosen)
        return [*(_search(subject, kit, rng) if look_up else []), Message("assistant", told)]
    if tools:
        return [*_search(subject, kit, rng), Message("assistant", not_found(subject))]
    word = "who" if subject.row.topic == "person" else "what"
    return [Message("assistant", f"I don't know {word} {subject.shown.name} is.")]


def one_question(kit: Kit, rng: random.Random, tools: Sequence[str]) -> Conversation:
    """A question about a row, for one fact or in general."""
    luck = rng.random()
    if luck < YES_OR_NO + TURNED:
        talk = yes_or_no(kit, rng) if luck < YES_OR_NO else turned(kit, rng)
        return talk or one_question(kit, rng, ())
    if luck < YES_OR_NO + TURNED + ONE_OF:
        return one_of(kit, rng)
    if luck < YES_OR_NO + TURNED + ONE_OF + NO_FACT and kit.known is not None:
        return unknown_fact(kit, rng)
    if rng.random() < TWICE:
        return twice(kit, rng)
    subject = somebody(kit, rng)
    topic = subject.row.topic
    fact = rng.choice((*FACTS[topic], "about"))
    own = () if fact == "about" else [wording.text for wording in kit.wordings[fact, "question"]]
    wording = rng.choice(own if own and rng.random() < 0.25 else kit.requests[f"{topic} {fact}"])
    if fact != "about" and rng.random() < INTRODUCED:
        told, asked = kit.requests[f"told of {topic}"], kit.requests[f"again {topic} {fact}"]
        wording = f"{rng.choice(told)} {rng.choice(asked).format(**rng.choice(PRONOUNS))}"
    message, subject = ask_as_typed(kit, wording, subject, rng)
    if fact == "about":
        return [Message("user", message), *answer_about(kit, subject, rng, tools)]
    return [Message("user", message), *answer_fact(kit, subject, fact, rng, tools)]


def in_other_words(kit: Kit, row: Row, fact: str, rng: random.Random) -> str:
    """A fact as an earlier assistant, or another one, may have told it: not all that was said before is one's own."""
    value = str(getattr(row, fact))
    told = fill(rng.choice(kit.wordings[fact, "statement"]), row)
    return rng.choice((told, told, f"{value[:1].upper()}{value[1:]}.", value, f"It is {value}."))


def follow_up(kit: Kit, rng: random.Random, tools: Sequence[str]) -> Conversation:
    """A question and its answer, then more that only makes sense after it.

    The same fact of another row, another fact of the same, whether it is so, or one that no page tells.
    """
    topic = rng.choice(("country", "country", "animal", "person" if kit.people else "animal"))
    rows = {"country": kit.tables.countries, "animal": kit.tables.animals, "person": kit.people}[topic]
    row, fact = rng.choice(rows), rng.choice(FACTS[topic])
    wording = rng.choice((*kit.requests[f"{topic} {fact}"], *(w.text for w in kit.wordings[fact, "question"])))
    message, subject = ask_as_typed(kit, wording, Subject(row), rng)
    talk = [Message("user", message), *answer_fact(kit, subject, fact, rng, tools)]
    if kit.knows(row, fact) and rng.random() < OTHER_WORDS:
        talk = say(message, in_other_words(kit, row, fact, rng))
    pronouns = rng.choice(PRONOUNS)
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3))):
        luck = rng.random()
        if luck < 0.4:
            row = rng.choice(rows)
            again = kit.requests["same animal" if topic == "animal" else "same"]
            message, subject = ask_as_typed(kit, rng.choice(again), Subject(row), rng)
            talk += [Message("user", message), *answer_fact(kit, subject, fact, rng, tools)]
        elif luck < 0.48 and kit.known is not None:
            message = typed(rng.choice(kit.requests[f"again {topic} unknown"]).format(**pronouns), rng)
            talk += say(message, no_fact(row))
        elif luck < 0.58 and kit.knows(row, fact):
            wordings = [text.replace("{he}", pronouns["he"]) for text in kit.requests[f"again {topic} {fact}?"]]
            talk += whether(kit, row, fact, wordings, rng)
        else:
            fact = rng.choice([other for other in FACTS[topic] if other != fact])
            message = typed(rng.choice(kit.requests[f"again {topic} {fact}"]).format(**pronouns), rng)
            talk += [Message("user", message), *answer_fact(kit, Subject(row, written=row.name), fact, rng, tools)]
    return talk


def outside_question(kit: Kit, rng: random.Random, tools: Sequence[str]) -> Conversation:
    """A question about the real world, of which no page tells: a plain "I don't know", or a search in vain."""
    kind = rng.choice(("outside thing", "outside thing", *OUTSIDE))
    name = rng.choice(kit.outside[rng.choice(OUTSIDE[kind])])
    wording = rng.choice(kit.requests[kind])
    message = typed(wording.format(name=name), rng, keep=(name,))
    written = as_written(name, message)
    name = written or "that"
    if tools and written and rng.random() < 0.5:
        result = [Message("call", f"search {name}"), Message("result", NOTHING_FOUND)]
        return [Message("user", message), *result, Message("assistant", f"I don't know: I found no page about {name}.")]
    return say(message, f"I don't know: I have read nothing about {name}.")
