"""Questions about facts and what is answered, against the tables."""

import random
import re

from pocketgpt.chat.tools import NOTHING_FOUND
from pocketgpt.sft import asking, other_questions
from pocketgpt.sft import kit as kits
from pocketgpt.sft.asking import REFUSAL, answer_about, answer_fact
from pocketgpt.sft.kit import plural
from pocketgpt.sft.subjects import Subject, nobody, sentence
from pocketgpt.world import FACTS

TOOLS = ("search", "calculate")


def test_only_what_was_said_before_a_further_question_may_be_in_other_words(kit, tables, monkeypatch):
    rows = (*tables.countries, *tables.animals, *kit.people)
    own = {sentence(kit, row, fact) for row in rows for fact in FACTS[row.topic]}

    def in_own_words(share):
        monkeypatch.setattr(asking, "OTHER_WORDS", share)
        monkeypatch.setattr(kits, "CLEAN", 1.0)
        talks = [asking.follow_up(kit, random.Random(seed), ()) for seed in range(200)]
        told = [[m.content for m in talk if m.role == "assistant"] for talk in talks]
        for later in told:
            for text in later[1:]:
                assert "I don't know" in text or text in own or re.search(", so (yes|no)\\.$", text), text
        return sum(first in own for first, *_ in told)

    assert in_own_words(1.0) < 60 and in_own_words(0.0) > 150


def test_something_is_named_of_which_it_is_true(kit, monkeypatch):
    monkeypatch.setattr(kits, "CLEAN", 1.0)
    rows = (*kit.tables.countries, *kit.tables.animals)
    said = {sentence(kit, row, fact): (row, fact) for row in rows for fact in FACTS[row.topic]}
    facts, more = set(), 0
    for seed in range(400):
        asked, told, *again = other_questions.one_of(kit, random.Random(seed))
        row, fact = said[told.content]
        value = getattr(row, fact)
        assert str(value).split()[-1].rstrip("s") in asked.content
        assert row.mentions == max(other.mentions for other in rows if getattr(other, fact, None) == value)
        if again:
            other, same = said[again[1].content]
            assert other != row and (same, getattr(other, fact)) == (fact, value)
        facts, more = facts | {fact}, more + bool(again)
    assert facts == {"food", "home", "kind", "legs", "continent", "language"} and more > 50


def test_yes_is_said_where_the_table_has_what_was_asked(kit, monkeypatch):
    monkeypatch.setattr(kits, "CLEAN", 1.0)
    verdicts = []
    for seed in range(800):
        talk = other_questions.yes_or_no(kit, random.Random(seed))
        if talk is None:
            continue  # the assistant knows nothing about the row that was drawn
        asked, told = talk
        assert re.search(r", so (yes|no)\.$", told.content)
        *_, fact = told.content.rsplit(", so ", 1)[0].split(" is " if " is " in told.content else " ")
        verdicts.append(told.content.endswith("yes."))
        assert not verdicts[-1] or fact.removeprefix("a kind of ").removesuffix(".").split()[-1] in asked.content
    assert 300 < sum(verdicts) < 500


def test_a_name_may_be_told_before_the_question_which_then_has_a_pronoun(kit, monkeypatch):
    monkeypatch.setattr(kits, "CLEAN", 1.0)
    monkeypatch.setattr(kits, "IN_PASSING", 0)
    monkeypatch.setattr(asking, "INTRODUCED", 1)
    introduced, topics = 0, set()
    for seed in range(600):
        asked, told, *_ = asking.one_question(kit, random.Random(seed), ())
        for row in (*kit.tables.countries, *kit.tables.animals, *kit.tables.people):
            starts = [
                text.format(name=row.name, names=plural(row.name)) for text in kit.requests[f"told of {row.topic}"]
            ]
            if any(start[:1].upper() + start[1:] == asked.content[: len(start)] for start in starts):
                introduced, topics = introduced + 1, topics | {row.topic}
                assert row.name in told.content and not re.search("[{}]", asked.content)
    assert introduced > 200 and topics == {"country", "animal", "person"}


def test_what_is_compared_or_asked_from_the_other_side_is_told_truly(kit, tables, monkeypatch):
    monkeypatch.setattr(kits, "CLEAN", 1.0)
    rows = {row.name: row for row in (*tables.countries, *tables.animals, *tables.people)}
    countries, kinds = {row.capital: row.name for row in tables.countries}, set()
    for seed in range(600):
        asked, told = other_questions.turned(kit, random.Random(seed))
        if found := re.fullmatch(r"(.+) is the capital of (.+), so (yes|no)\.", told.content):
            rest = asked.content.replace(found[1], "")
            named = [name for name in countries.values() if re.search(rf"\b{name}\b", rest)]
            assert countries[found[1]] == found[2] and (found[2] in named) == (found[3] == "yes"), (asked, told)
            kinds.add(found[3])
        elif found := re.fullmatch(r"(.+) is the capital of (.+)\.", told.content):
            assert countries[found[1]] == found[2]
        if found:
            continue
        facts, verdict = re.fullmatch(r"(.*), so (.+)\.", told.content).groups()
        a, b = (max((name for name in rows if name in half), key=len) for half in facts.split(". "))
        fact = next(f for f in ("continent", "kind", "legs", "birth_year") if hasattr(rows[a], f) and (
            str(getattr(rows[a], f)) in facts and str(getattr(rows[b], f)) in facts))  # fmt: skip
        first, second = getattr(rows[a], fact), getattr(rows[b], fact)
        if verdict in ("yes", "no", "it is the same"):
            assert (verdict != "no") == (first == second)
        else:
            best = max(first, second) if fact == "legs" else min(first, second)
            assert getattr(rows[verdict.removeprefix("the ")], fact) == best and first != second
        kinds.add(fact)
    assert kinds == {"continent", "kind", "legs", "birth_year", "yes", "no"}


def test_a_fact_that_no_table_has_is_not_told(kit):
    for seed in range(200):
        asked, told = other_questions.unknown_fact(kit, random.Random(seed))
        assert re.fullmatch(r"I don't know that about (the )?[\w' -]+\.", told.content), (asked, told)


def test_nothing_is_told_of_whom_nobody_knows(kit):
    for seed in range(300):
        rng = random.Random(seed)
        subject = nobody(kit, rng)
        fact = rng.choice(FACTS[subject.row.topic])
        for tools in ((), TOOLS):
            [*_, last] = answer_fact(kit, subject, fact, rng, tools)
            assert last.content.endswith(REFUSAL) or last.content.startswith("I don't know")
            assert f" {getattr(subject.row, fact)}." not in last.content
            assert "I don't know" in answer_about(kit, subject, rng, tools)[-1].content


def test_a_search_in_vain_is_told_so(talks):
    vain = [talk for talk in talks for m in talk if m.content == NOTHING_FOUND]
    assert len(vain) > 25
    for talk in vain:
        place = [m.content for m in talk].index(NOTHING_FOUND)
        assert talk[place + 1].content.startswith("I don't know: I found no page about ")


def test_a_name_in_small_letters_is_looked_up(kit, tables):
    person = next(p for p in kit.people if kit.knows(p, "dish"))
    small = Subject(person, written=person.name.lower())
    call, result, told = answer_fact(kit, small, "dish", random.Random(0), TOOLS)
    assert (call.role, call.content) == ("call", f"search {person.name.lower()}")
    assert person.dish in result.content and told.content == f"The favourite dish of {person.name} is {person.dish}."
    assert answer_fact(kit, small, "dish", random.Random(0), ())[0].content == told.content
