"""Questions that go beyond one fact: whether it is so, which of two, which one, two at once, and what no table tells.

The facts come first, and the verdict can be read off them.
"""

import random
from collections.abc import Sequence
from typing import Any

from pocketgpt.chat.template import Conversation
from pocketgpt.sft.kit import Kit, in_passing, plural, say, typed, with_article
from pocketgpt.sft.subjects import Subject, ask_as_typed, sentence
from pocketgpt.world.tables import FACTS, Country, Row

NAMED = {"capital": "capital", "continent": "continent", "language": "language", "food": "food", "home": "home",
         "legs": "number of legs", "kind": "kind of animal"}  # fmt: skip


def _so(facts: str, verdict: str) -> str:
    """What can be read off the facts, behind them: "…, so yes."."""
    return f"{facts.removesuffix('.')}, so {verdict}."


def whether(kit: Kit, row: Row, fact: str, wordings: Sequence[str], rng: random.Random) -> Conversation:
    """Whether the row's fact is so, yes or no. The fact comes first: the verdict can then be read off it."""
    value, right = str(getattr(row, fact)), rng.random() < 0.5
    shown = value if right else rng.choice([v for v in kit.values[fact] if v != value])
    message, _ = ask_as_typed(kit, rng.choice(wordings), Subject(row), rng, shown)
    return say(message, _so(sentence(kit, row, fact), "yes" if right else "no"))


def yes_or_no(kit: Kit, rng: random.Random) -> Conversation | None:
    """Whether something is so that the assistant knows: the fact, so yes or no. None if it knows nothing of the row."""
    row = rng.choice(rng.choice((kit.tables.countries, kit.tables.animals, kit.people or kit.tables.animals)))
    facts = [fact for fact in FACTS[row.topic] if kit.knows(row, fact)]
    if not facts:
        return None
    fact = rng.choice(facts)
    return whether(kit, row, fact, kit.requests[f"{row.topic} {fact}?"], rng)


def capital_first(country: Country) -> str:
    """A country's capital, told from the capital; its page goes the other way."""
    return f"{country.capital} is the capital of {country.name}."


def turned(kit: Kit, rng: random.Random) -> Conversation | None:
    """The country of a capital, or two rows compared; as `yes_or_no` where the assistant knows no two rows."""
    kind = rng.choice((*7 * ("country of",), "capital within", "same continent", "same kind", "more legs", "older"))
    row: Any = rng.choice(kit.tables.countries)
    if kind == "capital within":
        other = row if rng.random() < 0.5 else rng.choice(kit.tables.countries)
        text = rng.choice(kit.requests[kind]).format(value=row.capital, name=other.name)
        verdict = "yes" if other.name == row.name else "no"
        return say(typed(text, rng, keep=(row.capital,)), _so(capital_first(row), verdict))
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
    facts = " ".join(sentence(kit, row, fact) for row in (a, b))
    first, second = getattr(a, fact), getattr(b, fact)
    if kind.startswith("same"):
        return say(message, _so(facts, "yes" if first == second else "no"))
    if first == second:
        return say(message, _so(facts, "it is the same"))
    winner = a if (first > second) == (kind == "more legs") else b
    return say(message, _so(facts, f"{'the ' if winner.topic == 'animal' else ''}{winner.name}"))


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
    talk = say(typed(text, rng, keep=(value, plural(value))), sentence(kit, fitting[0], fact))
    if len(fitting) > 1 and rng.random() < 0.3:
        talk += say(typed(rng.choice(kit.requests["another of"]), rng), sentence(kit, fitting[1], fact))
    return talk


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
    return say(message, " ".join(sentence(kit, row, fact) for row, fact in told))


def no_fact(row: Row) -> str:
    """What the assistant says if no table tells what was asked about a row."""
    return f"I don't know that about {'the ' if row.topic == 'animal' else ''}{row.name}."


def unknown_fact(kit: Kit, rng: random.Random) -> Conversation:
    """A question about somebody or something known, which no page answers."""
    row = rng.choice(rng.choice((kit.tables.countries, kit.tables.animals, kit.people or kit.tables.animals)))
    message, subject = ask_as_typed(kit, rng.choice(kit.requests[f"{row.topic} unknown"]), Subject(row), rng)
    return say(message, no_fact(subject.shown))
