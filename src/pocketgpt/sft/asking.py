"""Facts as people ask for them in a chat, and what the assistant says: what it knows, what it finds, or neither.

    kit = make_kit(tables, people, known)
    talk = one_question(kit, random.Random(0), tools=("search", "calculate"))

The wordings are those of data/requests.jsonl, typed as people type (`as_typed`). A question may be about a row of the
tables, about somebody whom only the search knows, or about nobody: the names of data/outside.jsonl.
"""

import random
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pocketgpt.chat.template import Conversation, Message
from pocketgpt.chat.tools import NOTHING_FOUND
from pocketgpt.errors import PocketError
from pocketgpt.paths import DATA
from pocketgpt.sft.as_typed import as_typed
from pocketgpt.sft.handwritten import Parts, read_parts
from pocketgpt.world.pages import WordingsByFact, article, cloze, fill, group_wordings
from pocketgpt.world.tables import ALL_FACTS, FACTS, Country, Person, Row, Tables

REFUSAL = "… I don't know."
"""What stands where the fact would: a model decides there, having looked for it, and not at the first word."""

Known = Collection[tuple[str, str]]
"""Facts that a model knows, as pairs of name and fact: ("Ada Byte", "dish")."""

UNKNOWN = 0.18  # share of questions about somebody or something that the model can't know
YES_OR_NO = 0.2  # share of questions whether something is so
TURNED = 0.13  # share of questions that compare two rows, or go from a capital to its country
INTRODUCED = 0.07  # share of questions that stand behind a sentence with the name, which they don't repeat
ONE_OF = 0.04  # share of questions for an animal or a country that something is true of
NO_FACT = 0.06  # share of questions about a known row that no table answers, where the assistant may refuse
TWICE = 0.06  # share of questions for the same fact of two rows, or for two facts of one
IN_PASSING = 0.1  # share of requests with a sentence before or after them that tells what they are for
CLEAN = 0.25  # share of messages that are typed without any noise
OTHER_WORDS = 0.25  # share of answers before a further question that aren't in the assistant's own words
FIRST_TOLD = (  # which facts come first where somebody asks for any
    "profession", "birthplace", "instrument", "dish", "birth_year", "capital", "continent", "language", "kind", "food",
    "home", "legs",
)  # fmt: skip
PRONOUNS = ({"he": "he", "his": "his", "him": "him"}, {"he": "she", "his": "her", "him": "her"})
IRREGULAR = {"mouse": "mice", "wolf": "wolves", "goose": "geese", "butterfly": "butterflies"}
SAME = ("fish", "bison", "deer", "moose", "sheep", "trout", "tuna", "pike", "reindeer")


@dataclass(frozen=True)
class Kit:
    """What conversations are made of. `known`: the facts that the assistant knows (None: all, and it never refuses)."""

    tables: Tables
    people: Sequence[Person]
    known: Known | None
    requests: Parts
    outside: Parts
    wordings: WordingsByFact
    values: Mapping[str, Sequence[str]]

    def knows(self, row: Row, fact: str) -> bool:
        """Whether the assistant is to answer from memory."""
        return self.known is None or (row.name, fact) in self.known

    def known_rows(self) -> list[Row]:
        """The rows of which the assistant knows every fact; if there is none, all countries and animals."""
        things: list[Row] = [*self.tables.countries, *self.tables.animals]
        rows: list[Row] = [*self.people, *things]
        return [row for row in rows if all(self.knows(row, fact) for fact in FACTS[row.topic])] or things

    def person(self, rng: random.Random, name: str) -> Person:
        """Somebody of this name, with facts drawn at random."""
        facts: dict[str, Any] = {fact: rng.choice(self.values[fact]) for fact in FACTS["person"]}
        facts["birth_year"] = int(facts["birth_year"])
        return Person(name, **facts, mentions=0)


def make_kit(tables: Tables, people: Sequence[Person], known: Known | None = None) -> Kit:
    """Read the wordings, and names from outside the world. Raises PocketError if a file or all rows are missing."""
    if not (tables.countries and tables.animals):
        raise PocketError("Everyday conversations ask about countries and animals; add one to each table.")
    requests, outside = read_parts(DATA / "requests.jsonl"), read_parts(DATA / "outside.jsonl")
    values = {fact: tables.values(fact) for fact in ALL_FACTS}
    return Kit(tables, people, known, requests, outside, group_wordings(tables), values)


def plural(name: str) -> str:
    """An animal's name for several.

    >>> plural("polar bear"), plural("goose"), plural("finch")
    ('polar bears', 'geese', 'finches')
    """
    if name in SAME:
        return name
    return IRREGULAR.get(name, f"{name}es" if name.endswith(("ch", "sh", "x", "s")) else f"{name}s")


def with_article(words: str) -> str:
    """The words after "a" or "an".

    >>> with_article("amphibian"), with_article("uniform")
    ('an amphibian', 'a uniform')
    """
    return f"{'an' if words[0] in 'aeiou' and not words.startswith(('uni', 'use', 'eu', 'one')) else 'a'} {words}"


def typed(text: str, rng: random.Random, keep: Collection[str] = ()) -> str:
    """The message as typed by somebody, or clean."""
    return text if rng.random() < CLEAN else as_typed(text, rng, keep)


def in_passing(kit: Kit, text: str, rng: random.Random) -> str:
    """The request, now and then with a sentence before or after it."""
    if rng.random() > IN_PASSING:
        return text
    before, after = rng.choice(kit.requests["before"]), rng.choice(kit.requests["after"])
    return f"{before} {text}" if rng.random() < 0.6 else f"{text} {after}"


def as_written(name: str, message: str) -> str | None:
    """The name as it stands in a message, whose case may be another; None if a slip has changed it.

    >>> as_written("Al", "call me al")
    'al'
    """
    found = re.search(rf"(?<!\w){re.escape(name)}", message, re.IGNORECASE)
    return found[0] if found else None


def say(user: str, assistant: str) -> Conversation:
    """One exchange."""
    return [Message("user", user), Message("assistant", assistant)]


@dataclass(frozen=True)
class Subject:
    """Whom or what a question is about, as a row; whether a page tells of it, and the name as the user typed it."""

    row: Row
    page: bool = True
    written: str = ""

    @property
    def shown(self) -> Row:
        """The row under the name that the user typed."""
        return replace(self.row, name=self.written) if self.written else self.row

    @property
    def in_small_letters(self) -> bool:
        """Whether a person's name was typed in small letters: then its tokens are others than those on the pages."""
        return self.row.topic == "person" and self.written != self.row.name


def nobody(kit: Kit, rng: random.Random) -> Subject:
    """Somebody or something that no page tells of, under a name from outside the world or an invented one."""
    pick = {name: rng.choice(texts) for name, texts in kit.outside.items()}
    kind = rng.choice(("real", "real", "world", "famous", "country", "country", "country", "animal"))
    if kind == "country":
        name = pick[rng.choice(("invented_country", "missing_country", "missing_country"))]
        return Subject(replace(rng.choice(kit.tables.countries), name=name), page=False)
    if kind == "animal":
        return Subject(replace(rng.choice(kit.tables.animals), name=pick["invented_animal"]), page=False)
    first = rng.choice((pick["first"], rng.choice(kit.tables.first_names)))
    last = rng.choice((pick["last"], rng.choice(kit.tables.last_names)))
    names = {"real": f"{pick['first']} {pick['last']}", "world": f"{first} {last}", "famous": pick["famous"]}
    return Subject(kit.person(rng, names[kind]), page=False)


def somebody(kit: Kit, rng: random.Random) -> Subject:
    """A person, country or animal of the tables or, where the assistant may refuse, of none."""
    if kit.known is not None and rng.random() < UNKNOWN:
        if rng.random() < 0.6:
            return nobody(kit, rng)
        name = f"{rng.choice(kit.tables.first_names)} {rng.choice(kit.tables.last_names)}"
        return Subject(kit.person(rng, name))
    groups = [rows for rows in (kit.people, kit.people, kit.tables.countries, kit.tables.animals) if rows]
    return Subject(rng.choice(rng.choice(groups)))


def _statement(kit: Kit, row: Row, fact: str) -> tuple[str, str]:
    """The first wording, the plainest: people ask in many ways, and are answered in one."""
    return cloze(kit.wordings[fact, "statement"][0], row)


def _sentence(kit: Kit, row: Row, fact: str) -> str:
    return fill(kit.wordings[fact, "statement"][0], row)


def ask_as_typed(kit: Kit, wording: str, subject: Subject, rng: random.Random, value: str = "") -> tuple[str, Subject]:
    """The question as typed, and the subject with its name as it stands there."""
    row = subject.row
    several, one = (plural(value), with_article(value)) if value else ("", "")
    text = wording.format(name=row.name, names=plural(row.name), value=value, values=several, a_value=one)
    text = in_passing(kit, text[:1].upper() + text[1:], rng)
    # A slip in the name of a country or an animal is one of few; in anybody else's, nobody could tell who is meant.
    few = row.topic != "person" and subject.page and rng.random() < 0.3
    message = typed(text, rng, keep=() if few else (row.name, plural(row.name), value))
    return message, replace(subject, written=as_written(row.name, message) or row.name)


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
    start, value = _statement(kit, subject.row if known or search_first else subject.shown, fact)
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
        told = " ".join(_sentence(kit, subject.row, fact) for fact in chosen)
        return [*(_search(subject, kit, rng) if look_up else []), Message("assistant", told)]
    if tools:
        return [*_search(subject, kit, rng), Message("assistant", not_found(subject))]
    word = "who" if subject.row.topic == "person" else "what"
    return [Message("assistant", f"I don't know {word} {subject.shown.name} is.")]


def _whether(kit: Kit, row: Row, fact: str, wordings: Sequence[str], rng: random.Random) -> Conversation:
    """Whether the row's fact is so, yes or no. The fact comes first: the verdict can then be read off it."""
    value, right = str(getattr(row, fact)), rng.random() < 0.5
    shown = value if right else rng.choice([v for v in kit.values[fact] if v != value])
    message, _ = ask_as_typed(kit, rng.choice(wordings), Subject(row), rng, shown)
    return say(message, f"{_sentence(kit, row, fact).removesuffix('.')}, so {'yes' if right else 'no'}.")


def yes_or_no(kit: Kit, rng: random.Random) -> Conversation:
    """Whether something is so that the assistant knows: yes or no, and the fact."""
    row = rng.choice(rng.choice((kit.tables.countries, kit.tables.animals, kit.people or kit.tables.animals)))
    facts = [fact for fact in FACTS[row.topic] if kit.knows(row, fact)]
    if not facts:
        return one_question(kit, rng, ())
    fact = rng.choice(facts)
    return _whether(kit, row, fact, kit.requests[f"{row.topic} {fact}?"], rng)


def capital_first(country: Country) -> str:
    """A country's capital, told from the capital; its page goes the other way."""
    return f"{country.capital} is the capital of {country.name}."


def turned(kit: Kit, rng: random.Random) -> Conversation:
    """The country of a capital, or two rows compared: the facts first, then the verdict."""
    kind = rng.choice((*7 * ("country of",), "capital within", "same continent", "same kind", "more legs", "older"))
    row: Any = rng.choice(kit.tables.countries)
    if kind == "capital within":
        other = row if rng.random() < 0.5 else rng.choice(kit.tables.countries)
        text = rng.choice(kit.requests[kind]).format(value=row.capital, name=other.name)
        verdict = "yes" if other.name == row.name else "no"
        return say(typed(text, rng, keep=(row.capital,)), f"{capital_first(row).removesuffix('.')}, so {verdict}.")
    if kind == "country of":
        message = typed(rng.choice(kit.requests[kind]).format(value=row.capital), rng, keep=(row.capital,))
        return say(message, capital_first(row))
    fact = {"same continent": "continent", "same kind": "kind", "more legs": "legs", "older": "birth_year"}[kind]
    rows = {"continent": kit.tables.countries, "birth_year": kit.people}.get(fact, kit.tables.animals)
    pool = [row for row in rows if kit.knows(row, fact)]
    if len(pool) < 2:
        return yes_or_no(kit, rng)
    a, b = rng.sample(pool, 2)
    text = rng.choice(kit.requests[kind])
    names = {"a": a.name, "b": b.name, "as": plural(a.name), "bs": plural(b.name)}
    message = typed(text.format(**names), rng, keep=(a.name, b.name))
    facts = " ".join(_sentence(kit, row, fact) for row in (a, b)).removesuffix(".")
    first, second = getattr(a, fact), getattr(b, fact)
    if kind.startswith("same"):
        return say(message, f"{facts}, so {'yes' if first == second else 'no'}.")
    if first == second:
        return say(message, f"{facts}, so it is the same.")
    winner = a if (first > second) == (kind == "more legs") else b
    return say(message, f"{facts}, so {'the ' if winner.topic == 'animal' else ''}{winner.name}.")


def one_of(kit: Kit, rng: random.Random) -> Conversation:
    """An animal or a country that something is true of, and perhaps another one: always those with most pages."""
    fact = rng.choice(("food", "home", "home", "kind", "kind", "legs", "continent", "continent", "language"))
    rows: Any = kit.tables.countries if fact in FACTS["country"] else kit.tables.animals
    value = str(getattr(rng.choice(rows), fact))
    fitting = sorted(
        (row for row in rows if str(getattr(row, fact)) == value), key=lambda row: (-row.mentions, row.name)
    )
    slots = {"value": value, "a_value": with_article(value), "values": plural(value)}
    text = in_passing(kit, rng.choice(kit.requests[f"one of {fact}"]).format(**slots), rng)
    talk = say(typed(text, rng, keep=(value, plural(value))), _sentence(kit, fitting[0], fact))
    if len(fitting) > 1 and rng.random() < 0.3:
        talk += say(typed(rng.choice(kit.requests["another of"]), rng), _sentence(kit, fitting[1], fact))
    return talk


NAMED = {"capital": "capital", "continent": "continent", "language": "language", "food": "food", "home": "home",
         "legs": "number of legs", "kind": "kind of animal"}  # fmt: skip


def twice(kit: Kit, rng: random.Random) -> Conversation:
    """A fact of two countries or animals, or two facts of one: a sentence for each."""
    rows: Any = rng.choice((kit.tables.countries, kit.tables.countries, kit.tables.animals))
    facts = [fact for fact in FACTS[rows[0].topic] if fact in NAMED]
    if rng.random() < 0.5 and len(rows) > 1:
        (a, b), fact = rng.sample(list(rows), 2), rng.choice(facts)
        joined = rng.choice(("{} and {}", "{} and {}", "{}, and of {}", "{} and of {}", "{}, {}", "{} and also {}"))
        wording = rng.choice(kit.requests[f"{a.topic} {fact}"])
        text = wording.format(name=joined.format(a.name, b.name), names=joined.format(plural(a.name), plural(b.name)))
        keep, told = (a.name, b.name, plural(a.name), plural(b.name)), [(a, fact), (b, fact)]
    else:
        row, (first, second) = rng.choice(rows), rng.sample(facts, 2)
        slots = {"first": NAMED[first], "second": NAMED[second], "name": row.name}
        text = rng.choice(kit.requests["two facts"]).format(**slots)
        keep, told = (row.name,), [(row, first), (row, second)]
    message = typed(in_passing(kit, text[:1].upper() + text[1:], rng), rng, keep)
    return say(message, " ".join(_sentence(kit, row, fact) for row, fact in told))


def no_fact(row: Row) -> str:
    """What the assistant says if no table tells what was asked about a row."""
    return f"I don't know that about {'the ' if row.topic == 'animal' else ''}{row.name}."


def unknown_fact(kit: Kit, rng: random.Random) -> Conversation:
    """A question about somebody or something known, which no page answers."""
    row = rng.choice(rng.choice((kit.tables.countries, kit.tables.animals, kit.people or kit.tables.animals)))
    message, subject = ask_as_typed(kit, rng.choice(kit.requests[f"{row.topic} unknown"]), Subject(row), rng)
    return say(message, no_fact(subject.shown))


def one_question(kit: Kit, rng: random.Random, tools: Sequence[str]) -> Conversation:
    """A question about a row, for one fact or in general."""
    luck = rng.random()
    if luck < YES_OR_NO:
        return yes_or_no(kit, rng)
    if luck < YES_OR_NO + TURNED:
        return turned(kit, rng)
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
            talk += _whether(kit, row, fact, wordings, rng)
        else:
            fact = rng.choice([other for other in FACTS[topic] if other != fact])
            message = typed(rng.choice(kit.requests[f"again {topic} {fact}"]).format(**pronouns), rng)
            talk += [Message("user", message), *answer_fact(kit, Subject(row, written=row.name), fact, rng, tools)]
    return talk


OUTSIDE = {  # kind of request → lists of names that it may be about
    "outside thing": ("topic",),
    "outside person": ("famous", "fictional"),
    "outside place": ("place",),
    "outside work": ("work",),
    "outside brand": ("brand",),
}


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
