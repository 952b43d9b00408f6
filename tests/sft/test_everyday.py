"""Everyday conversations against the tables and the calculator, and against the exam's held-out wordings."""

import random
import re
from collections import Counter
from dataclasses import replace

import pytest

from pocketgpt.chat.template import Message, check
from pocketgpt.chat.tools import NOTHING_FOUND, calculate
from pocketgpt.errors import PocketError
from pocketgpt.evaluation.strangers import filled, load_exam
from pocketgpt.paths import DATA
from pocketgpt.sft import asking
from pocketgpt.sft.asking import REFUSAL, Subject, answer_about, answer_fact, make_kit, nobody, plural
from pocketgpt.sft.conversations import split_people
from pocketgpt.sft.everyday import SHARES, Everyday
from pocketgpt.sft.handwritten import Filler, hand_written, read_parts
from pocketgpt.world import FACTS, load_tables

TOOLS = ("search", "calculate")
AROUND = r"^Now: |^We love | \(a tale\)$| \(who sings\)$|\(Zed\)'s "  # what stands around a story's thing, in a test


@pytest.fixture(scope="module")
def tables():
    return load_tables()


@pytest.fixture(scope="module")
def kit(tables):
    people = split_people(tables)[0]
    things = (*tables.countries, *tables.animals)
    known = {(row.name, fact) for row in (*people[::2], *things) for fact in FACTS[row.topic]}
    return make_kit(tables, people, known)


@pytest.fixture(scope="module")
def talks(kit):
    everyday = Everyday(kit, hand_written())
    return [everyday.make(random.Random(f"test {i}"), TOOLS if i % 2 else ()) for i in range(3000)]


def replies(talks):
    return [(talk, m.content) for talk in talks for m in talk if m.role == "assistant"]


def test_they_are_conversations_and_the_same_each_time(kit, talks):
    for talk in talks:
        check(talk)
        assert talk[-1].role == "assistant" and all(message.content.strip() for message in talk)
    again = Everyday(kit, hand_written())
    assert [again.make(random.Random(f"test {i}"), TOOLS if i % 2 else ()) for i in range(50)] == talks[:50]


def test_what_is_told_is_true(tables, talks):
    capitals = {country.name: country.capital for country in tables.countries}
    jobs = {person.name: person.profession for person in tables.people}
    told = 0
    for talk, text in replies(talks):
        looked_up = any(message.role == "result" for message in talk)
        for name, value in re.findall(r"The capital of ([A-Z][\w -]+?) is ([\w' -]+?)\.", text):
            told += 1
            assert capitals[name] == value
        for name, value in re.findall(r"(\w+ \w+) works as a ([a-z ]+)\.", text):
            told += 1
            assert looked_up or jobs[name] == value
    assert told > 100


def test_sums_and_letters_are_right(talks):
    sums = [re.fullmatch(r"([\d(][\d.()+*/ -]*) = (-?[\d.]+)\.", text) for _, text in replies(talks)]
    sums = [found.groups() for found in sums if found]
    assert len(sums) > 250 and all(calculate(asked) == result for asked, result in sums)
    spelled = [found for _, text in replies(talks) for found in re.findall(r"word (\w+) is spelled ([\w-]+)", text)]
    assert len(spelled) > 50 and all(letters.replace("-", "") == word for word, letters in spelled)


def test_letters_are_counted_after_the_word_is_written_out(kit):
    everyday, kinds = Everyday(kit, {}), set()
    for seed in range(1500):
        talk = everyday.spelling(random.Random(seed))
        for place, message in enumerate(talk):
            if message.role == "user":
                continue
            if place + 1 < len(talk) and re.fullmatch(r"(It is spelled |It's )?\w(-\w)+\.?", message.content):
                kinds.add("in other words")
                continue
            letters = re.search(r"\b\w(?:-\w)+\b", message.content)[0].split("-")
            word, rest = "".join(letters), message.content
            if found := re.search(r"so it has (\d+) letters", rest):
                assert int(found[1]) == len(word)
            elif found := re.search(r"the letter (\w) comes (?:([\w-]+), so )?(?:once|(\d+) times)\.", rest):
                assert (found[2] or "").count(found[1]) == word.count(found[1])
                assert int(found[3] or 1) == word.count(found[1])
            elif found := re.search(r"the vowels are ([\w-]+): (\d+)\.", rest):
                assert found[1].replace("-", "") == re.sub("[^aeiou]", "", word)
                assert int(found[2]) == len(re.findall("[aeiou]", word))
            elif found := re.search(r"is ([\w-]+) backwards", rest):
                assert found[1].replace("-", "") == word[::-1]
            elif found := re.search(r"(begins|ends) with (\w)\.", rest):
                assert found[2] == word[0 if found[1] == "begins" else -1]
            else:
                assert re.fullmatch(rf"The word {word} is spelled {'-'.join(word)}(, so (yes|no))?\.", rest)
            kinds.add(re.sub(r"\W.*", "", found[0]) if found else rest[-4:])
    assert len(kinds) > 7 and "in other words" in kinds


def test_only_what_was_said_before_a_further_question_may_be_in_other_words(kit, tables, monkeypatch):
    rows = (*tables.countries, *tables.animals, *kit.people)
    own = {asking._sentence(kit, row, fact) for row in rows for fact in FACTS[row.topic]}

    def in_own_words(share):
        monkeypatch.setattr(asking, "OTHER_WORDS", share)
        monkeypatch.setattr(asking, "typed", lambda text, rng, keep=(): text)
        talks = [asking.follow_up(kit, random.Random(seed), ()) for seed in range(200)]
        told = [[m.content for m in talk if m.role == "assistant"] for talk in talks]
        for later in told:
            for text in later[1:]:
                assert "I don't know" in text or text in own or re.search(", so (yes|no)\\.$", text), text
        return sum(first in own for first, *_ in told)

    assert in_own_words(1.0) < 60 and in_own_words(0.0) > 150


def test_something_is_named_of_which_it_is_true(kit, monkeypatch):
    monkeypatch.setattr(asking, "typed", lambda text, rng, keep=(): text)
    rows = (*kit.tables.countries, *kit.tables.animals)
    said = {
        asking.fill(kit.wordings[fact, "statement"][0], row): (row, fact) for row in rows for fact in FACTS[row.topic]
    }
    facts, more = set(), 0
    for seed in range(400):
        asked, told, *again = asking.one_of(kit, random.Random(seed))
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
    monkeypatch.setattr(asking, "typed", lambda text, rng, keep=(): text)
    monkeypatch.setattr(asking, "TURNED", 0)
    verdicts = []
    for seed in range(800):
        asked, told, *more = asking.yes_or_no(kit, random.Random(seed))
        if more or not re.search(r", so (yes|no)\.$", told.content):
            continue  # the assistant knows nothing about the row that was drawn: another question
        *_, fact = told.content.rsplit(", so ", 1)[0].split(" is " if " is " in told.content else " ")
        verdicts.append(told.content.endswith("yes."))
        assert not verdicts[-1] or fact.removeprefix("a kind of ").removesuffix(".").split()[-1] in asked.content
    assert 300 < sum(verdicts) < 500


def test_a_name_may_be_told_before_the_question_which_then_has_a_pronoun(kit, monkeypatch):
    monkeypatch.setattr(asking, "typed", lambda text, rng, keep=(): text)
    monkeypatch.setattr(asking, "IN_PASSING", 0)
    monkeypatch.setattr(asking, "INTRODUCED", 1)
    introduced, topics = 0, set()
    for seed in range(600):
        asked, told, *_ = asking.one_question(kit, random.Random(seed), ())
        for row in (*kit.tables.countries, *kit.tables.animals, *kit.tables.people):
            starts = [
                text.format(name=row.name, names=asking.plural(row.name))
                for text in kit.requests[f"told of {row.topic}"]
            ]
            if any(start[:1].upper() + start[1:] == asked.content[: len(start)] for start in starts):
                introduced, topics = introduced + 1, topics | {row.topic}
                assert row.name in told.content and not re.search("[{}]", asked.content)
    assert introduced > 200 and topics == {"country", "animal", "person"}


def test_what_is_compared_or_asked_from_the_other_side_is_told_truly(kit, tables, monkeypatch):
    monkeypatch.setattr(asking, "typed", lambda text, rng, keep=(): text)
    rows = {row.name: row for row in (*tables.countries, *tables.animals, *tables.people)}
    countries, kinds = {row.capital: row.name for row in tables.countries}, set()
    for seed in range(600):
        asked, told = asking.turned(kit, random.Random(seed))
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
        asked, told = asking.unknown_fact(kit, random.Random(seed))
        assert re.fullmatch(r"I don't know that about (the )?[\w' -]+\.", told.content), (asked, told)


def test_what_was_said_is_said_again(kit):
    everyday, quoted = Everyday(kit, hand_written(), {"looking back": 1.0}), 0
    for seed in range(300):
        talk = everyday.looking_back(random.Random(seed), TOOLS)
        before = [message.content for message in talk[:-2]]
        if found := re.fullmatch(r'You wrote: "(.*)"', talk[-1].content):
            quoted += 1
            assert found[1] in before
    assert quoted > 30


def test_every_wording_can_be_filled():
    names = "name names value values a_value he his him a b c as bs sum n share things word noun letter a_letter topic"
    slots = [*names.split(), "topics", "other", "first", "second"]
    tales = ("tale", "the one tale", "whole tale")  # filled by the script of the stories
    for part, texts in read_parts(DATA / "requests.jsonl").items():
        for text in texts if part not in tales else ():
            assert "{" not in text.format(**dict.fromkeys(slots, "x")), (part, text)


def test_with_tools_sums_are_worked_out_by_the_calculator(talks):
    for talk in talks[1::2]:
        for before, message in zip(talk, talk[1:], strict=False):
            if message.role == "assistant" and re.fullmatch(r"\d+ [-+*/] \d+ = \S+\.", message.content):
                said_again = message in talk[: talk.index(before)]
                assert before.role == "result" or said_again


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


def test_stories_name_their_thing(kit):
    loved = {"story loved": ["We love {topics}"]}  # who loves buses hears of a bus: see the next test
    everyday = Everyday(replace(kit, requests={**kit.requests, **loved}), {}, {"story": 1.0})
    named = 0
    for seed in range(2000):
        talk = everyday.story(random.Random(seed))
        assert '" Said' not in talk[1].content
        found = re.search(r"stor.* about (?:an? )?(\w+)$", re.sub(r"\W+$", "", talk[0].content).lower())
        if found and found[1] not in ("it", "that", "them"):
            named += 1
            assert found[1] in talk[1].content.lower(), talk
    assert named > 60


def test_a_story_is_about_the_thing_and_not_about_what_is_said_around_it(kit, monkeypatch):
    monkeypatch.setattr("pocketgpt.sft.everyday.typed", lambda text, rng, keep=(): text)
    monkeypatch.setattr("pocketgpt.sft.everyday.in_passing", lambda kit, text, rng: text)
    asked = {
        "story": ["{topic}"], "again story about": ["Now: {topic}"], "story loved": ["We love {topics}"],
        "story clause": ["(who sings)"], "story owner": ["(Zed)"], "story named": ["{noun} (a tale)"],
    }  # fmt: skip
    everyday = Everyday(replace(kit, requests={**kit.requests, **asked}), {}, {"story": 1.0})
    kinds = Counter()
    for seed in range(1500):
        talk = everyday.story(random.Random(seed))
        for message, told in zip(talk[::2], talk[1::2], strict=True):
            around = re.findall(AROUND, message.content)
            thing = re.sub(AROUND, "", message.content).split()[-1]
            for what in around:
                one = re.sub("e?s$", "", thing) if "love" in what else thing
                assert one in told.content and not re.search("sings|Zed", told.content), talk
                kinds[what] += 1
    assert len(kinds) == 5 and min(kinds.values()) > 30


def test_the_system_message_gives_the_name(kit):
    everyday = Everyday(kit, {}, {"name": 1.0})
    for seed in range(200):
        talk = everyday.own_name(random.Random(seed))
        if talk[0].role == "system":
            name = re.search(r"(?:I am|name is) ([\w' -]+?)[.,]", talk[-1].content)[1]
            assert name in talk[0].content


def test_a_user_whom_the_system_message_names_is_called_by_that_name(kit, monkeypatch):
    monkeypatch.setattr("pocketgpt.sft.everyday.TOLD_BEFORE", 1.0)
    everyday, kinds = Everyday(kit, {}), Counter()
    for seed in range(100):
        talk = everyday.user_s_name(random.Random(seed), ())
        assert talk[0].role == "system"
        for _, text in replies([talk]):
            if found := re.fullmatch(r"(Hi|Your name is) (.+?)(?:!.*|\.)", text):
                assert found[2] in talk[0].content
                assert not any(found[2] in message.content for message in talk if message.role == "user")
                kinds[found[1]] += 1
    assert len(kinds) == 2 and min(kinds.values()) > 20


def test_each_number_of_a_sum_may_stand_in_figures_or_in_words(kit, monkeypatch):
    monkeypatch.setattr("pocketgpt.sft.everyday.IN_WORDS", 1.0)
    everyday, figures = Everyday(kit, {}), Counter()
    for seed in range(300):
        asked, told = everyday.sum(random.Random(seed), ())[:2]
        numbers = re.findall(r"\d+", told.content.split("=")[0])
        figures[sum(number in re.findall(r"\d+", asked.content) for number in numbers)] += 1
    assert figures[0] > 50 and figures[1] > 50


def test_one_that_answers_everything_learns_no_refusal(kit, tables):
    everyday = Everyday(make_kit(tables, kit.people), hand_written())
    talks = [everyday.make(random.Random(seed)) for seed in range(1500)]
    assert not [text for _, text in replies(talks) if "I don't know" in text or "I found no page" in text]


def names_of(tables) -> dict[str, re.Pattern]:
    """For each word that begins a name in lower case a pattern of all those names: one pattern of all is slow."""
    names: dict[str, list[str]] = {}
    for row in (*tables.countries, *tables.animals, *tables.people, *tables.absent):
        names.setdefault(re.match(r"\w+", row.name.lower())[0], []).append(re.escape(row.name.lower()))
    return {first: re.compile(rf"\b(?:{'|'.join(group)})\b") for first, group in names.items()}


def shape(text: str, names: dict[str, re.Pattern]) -> str:
    """A message without case, marks, numbers and names: what is left is its wording."""
    text = re.sub(r"\{\w+\}", "x", text.lower().replace("'", ""))
    for first in dict.fromkeys(re.findall(r"\w+", text)):
        text = names[first].sub("x", text) if first in names else text
    return " ".join(re.findall(r"[a-z]+|#", re.sub(r"\d+", "#", text)))


def test_no_wording_of_the_exam_s_held_out_half_is_learned_from(tables):
    """Whole messages; one word alone is nobody's wording, and some of that half are also in the open one."""
    names = names_of(tables)
    assert shape(f"Is {{person}} as old as {tables.people[0].name}, or 3?", names) == "is x as old as x or #"
    wordings = {
        split: {shape(filled(item, tables).messages[-1].content, names) for item in load_exam(split=split)}
        for split in ("open", "held-out")
    }
    used = {m.content for kind in hand_written().values() for talk in kind for m in talk if m.role == "user"}
    used |= {text for texts in read_parts(DATA / "requests.jsonl").values() for text in texts}
    found = {shape(text, names) for text in used} & wordings["held-out"] - wordings["open"]
    assert not sorted(text for text in found if len(text.split()) > 1)


def test_no_pattern_with_any_words_of_its_lists_makes_a_held_out_message(tables):
    words = {name: "|".join(map(re.escape, texts)) for name, texts in read_parts(DATA / "outside.jsonl").items()}

    def plain(text: str) -> str:
        return " ".join(re.findall(r"[a-z0-9|{}_]+", text.lower().replace("'", "")))

    held_out = {plain(filled(item, tables).messages[-1].content) for item in load_exam(split="held-out")}
    patterns = {m.content for kind in hand_written().values() for talk in kind for m in talk if m.role == "user"}
    made = []
    for pattern in (text for text in patterns if re.search(r"\{\w+\}", text)):
        own = set(plain(re.sub(r"\{\w+\}", " ", pattern)).split())  # few messages have all of its words
        near = [text for text in held_out if len(text.split()) > 1 and own <= set(text.split())]
        if near:
            rule = re.sub(r"\{(\w+)\}", lambda slot: f"(?:{plain(words.get(slot[1], slot[1]))})", plain(pattern))
            made += [(pattern, text) for text in near if re.fullmatch(rule, text)]
    assert not made


@pytest.mark.parametrize("slot", ["{low_mood}", "{food}", "{tongue}"])
def test_lists_of_words_fill_the_slots_of_written_conversations(slot, tables):
    filled_slots = Filler(tables, tables.countries).fill([Message("user", slot)], random.Random(0))[0].content
    words = read_parts(DATA / "outside.jsonl")[slot.strip("{}")]
    assert filled_slots in {word[:1].upper() + word[1:] for word in words}


def test_written_conversations_have_no_slot_that_stays_open(tables):
    slots = Filler(tables, [*tables.countries, *tables.people[:5]])
    for talks in hand_written().values():
        for talk in talks:
            text = " ".join(m.content for m in slots.fill(talk, random.Random(1)))
            assert not re.search(r"\{[a-z_]+\}", text), text


def test_every_kind_comes(kit):
    everyday = Everyday(kit, hand_written())
    assert set(everyday.kinds) == set(SHARES)


@pytest.mark.parametrize(
    ("one", "several"), [("wolf", "wolves"), ("sheep", "sheep"), ("shark", "sharks"), ("fox", "foxes")]
)
def test_animals_have_a_plural(one, several):
    assert plural(one) == several


def test_damaged_parts_name_file_and_line(tmp_path):
    path = tmp_path / "parts.jsonl"
    path.write_text('{"part": "noun", "texts": ["cat"]}\n{"part": "noun"}\n')
    with pytest.raises(PocketError, match="parts.jsonl, line 2"):
        read_parts(path)


def test_a_kit_needs_things_to_ask_about(tables):
    from dataclasses import replace

    with pytest.raises(PocketError, match="countries and animals"):
        make_kit(replace(tables, animals=()), ())
