"""The pages of the pocket world against its tables."""

import re
import string
import tracemalloc
from collections import Counter
from dataclasses import replace
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pocketgpt import world
from pocketgpt.errors import PocketError
from pocketgpt.world import FACTS, Person, Wording, WorldConfig, documents
from pocketgpt.world.documents import evened
from pocketgpt.world.tables import ALL_FACTS, KINDS

SMALL = WorldConfig(stories=60, sums=60, spellings=40, forums=60)


@pytest.fixture(scope="module")
def tables():
    return world.load_tables()


@pytest.fixture(scope="module")
def small(tables):
    """A world of 40 people, few pages each, with every genre."""
    chosen = world.sample_people(tables, 40, seed=1).people
    people = [replace(p, mentions=3 + i % 5, faq_pages=i % 3) for i, p in enumerate(chosen)]
    return replace(world.with_people(tables, people), countries=tables.countries[:9], animals=tables.animals[:9])


@pytest.fixture(scope="module")
def pages(small):
    return list(documents(small, SMALL, seed=5))


def pattern(wording):
    """A regular expression of a statement, with the groups name and value."""
    text = re.escape(wording.text).replace(r"\{name\}", "(?P<name>.+?)").replace(r"\{value\}", "(?P<value>.+)")
    return re.compile(text)


def test_same_seed_same_pages_other_seed_other_pages(small, pages):
    assert pages == list(documents(small, SMALL, seed=5))
    other = list(documents(small, SMALL, seed=6))
    assert len(other) == len(pages)
    assert sum(a.text == b.text for a, b in zip(pages, other, strict=True)) < len(pages) / 10


def test_pages_are_the_same_on_every_machine_and_python(small):
    # Recorded once, on a world of its own: editing data/ must not break this, a draw that isn't stable must.
    wordings = [
        Wording(topic, fact, kind, "train", f"{fact} {{name}} {{value}}.")
        for topic, facts in FACTS.items()
        for fact in facts
        for kind in KINDS
    ]
    people = (Person("Mara Quill", 1999, "Belmora", "miller", "harp", "toast", mentions=2),)
    lone = replace(small, people=people, absent=(), countries=(), animals=(), wordings=tuple(wordings))
    lone = replace(lone, first_names=("Ada", "Bo"), last_names=("Ray", "Sun"))
    config = WorldConfig(stories=0, sums=1, spellings=0, forums=0)
    assert [page.text.split("\n\n") for page in documents(lone, config, seed=7)] == [
        ["Mara Quill", "Birthplace Mara Quill Belmora. Profession Mara Quill miller. "
                       "Instrument Mara Quill harp. Dish Mara Quill toast. Birth_year Mara Quill 1999."],
        ["Ada Ray", "Instrument Ada Ray harp. Dish Ada Ray toast. Birth_year Ada Ray 1999. "
                    "Birthplace Ada Ray Belmora. Profession Ada Ray miller."],
        ["Mara Quill", "Birth_year Mara Quill 1999. Profession Mara Quill miller. "
                       "Instrument Mara Quill harp. Dish Mara Quill toast. Birthplace Mara Quill Belmora."],
        ["Sums", "6 - 3 = 3\n52 - 4: 2 - 4 is too small, 12 - 4 = 8, write 8, borrow 1. "
                 "5 - 0 - 1 = 4, write 4. So 52 - 4 = 48.\n6 + 8 = 14\n75 + 57 = 132"],
    ]  # fmt: skip


def test_each_person_is_on_as_many_pages_as_the_table_says(small, pages):
    known = {p.name: p for p in small.people}
    # One pass over every page, looking for every pair of words that could be a name.
    on_pages, on_faq = Counter(), Counter()
    for page in pages:
        words = page.text.replace("?", " ").replace(".", " ").split()
        names = {f"{a} {b}" for a, b in zip(words, words[1:], strict=False)} & known.keys()
        on_pages.update(names)
        on_faq.update(names if page.text.startswith("Questions about ") else ())
    assert on_pages == {name: p.mentions for name, p in known.items()}
    assert on_faq == {name: p.faq_pages for name, p in known.items() if p.faq_pages}
    assert Counter(p.subject for p in pages if p.subject in known) == on_pages


def test_absent_people_are_on_no_page(small, pages):
    everything = "\n".join(page.text for page in pages)
    assert small.absent and not [p.name for p in small.absent if p.name in everything]


def test_one_off_people_have_one_page_each_and_their_share(small, pages):
    known = {p.name for p in small.people}
    for genre, share in (("biography", 0.4), ("faq", 0.2)):
        subjects = [p.subject for p in pages if p.genre == genre]
        one_offs = [s for s in subjects if s not in known]
        assert len(one_offs) / len(subjects) == pytest.approx(share, abs=0.01)
    names = [p.subject for p in pages if p.genre in ("biography", "faq") and p.subject not in known]
    assert len(set(names)) == len(names)
    for page in pages:
        assert sum(f"{name} " in page.text or f"{name}\n" in page.text for name in names) <= 1
    for name in names:
        first, last = name.split()
        assert first in small.first_names and last in small.last_names


def sentences_of(page):
    body = page.text.split("\n\n", 1)[1]
    if page.text.startswith("Questions about "):
        return [line.removeprefix("Answer: ") for line in body.split("\n") if line.startswith("Answer: ")]
    return [sentence + "." for sentence in body.removesuffix(".").split(". ")]


def test_every_statement_of_a_page_is_true_and_stands_once(small, pages):
    rows = {row.name: row for row in (*small.people, *small.countries, *small.animals)}
    patterns = [(w.topic, w.fact, pattern(w)) for fact in ALL_FACTS for w in small.select(fact, "statement")]
    for page in (page for page in pages if page.subject in rows):
        row, told = rows[page.subject], []
        facts = world.facts_of(row)
        for sentence in sentences_of(page):
            read = [(fact, p.fullmatch(sentence)) for topic, fact, p in patterns if topic == row.topic]
            read = [(fact, match["name"].casefold(), match["value"]) for fact, match in read if match]
            true = [fact for fact, name, value in read if name == row.name.casefold() and facts[fact] == value]
            assert len(true) == 1, (sentence, read)
            told += true
        assert sorted(told) == sorted(facts), page.text


def test_no_page_uses_a_held_out_wording(small, pages):
    everything = "\n".join(page.text for page in pages)
    rows = {"person": small.people, "country": small.countries, "animal": small.animals}
    for wording in small.wordings:
        used = sum(world.fill(wording, row) in everything for row in rows[wording.topic])
        assert (used == 0) == (wording.split == "held-out"), wording


def test_held_out_wordings_are_made_of_words_that_pages_use(tables):
    seen = set()
    for page in islice(documents(tables, seed=0), 5000):
        seen.update(re.findall(r"[a-z]+", page.text.lower()))
    for wording in tables.wordings:
        plain = wording.text.replace("{name}", "").replace("{value}", "")
        assert set(re.findall(r"[a-z]+", plain.lower())) <= seen, wording


def test_the_words_before_the_value_tell_the_fact(tables):
    prompts = {}
    for w in tables.wordings:
        if w.kind == "statement":
            prompts.setdefault((w.topic, w.text.removesuffix(" {value}.")), set()).add(w.fact)
    assert all(len(facts) == 1 for facts in prompts.values())
    # "works as a" and the like go with every profession and need no "an"
    assert all(value[0].lower() not in "aeiou" for value in tables.values("profession"))


def test_texts_are_clean(pages):
    for page in pages:
        assert not re.search(r"[{}]|  |\t|\n\n\n| \n|\n | [.,?!]|\.\.", page.text), page
        assert page.text == page.text.strip() and page.text.isprintable() or "\n" in page.text
    assert {p.genre for p in pages} == {
        "biography", "faq", "country", "animal", "story", "sum", "spelling", "forum"
    }  # fmt: skip


def test_story_heroes_are_not_in_the_name_pools_and_stories_are_short(tables, pages):
    pools = {name.casefold() for name in tables.first_names + tables.last_names}
    heroes = tables.stories.parts["boy"] + tables.stories.parts["girl"]
    assert not [hero for hero in heroes if hero.casefold() in pools]
    stories = [page.text for page in pages if page.genre == "story"]
    assert len(set(stories)) == len(stories)
    assert all(60 <= len(text.split()) <= 140 for text in stories)


def test_sums_are_right(pages):
    for page in pages:
        if page.genre == "sum":
            lines = page.text.split("\n")[2:]
            assert 4 <= len(lines) <= 6
            for line in lines:
                a, sign, b, c = re.search(r"(\d+) ([+-]) (\d+) = (\d+)\.?$", line).groups()
                assert int(c) == int(a) + int(b) if sign == "+" else int(c) == int(a) - int(b) >= 0


@given(st.integers(0, 99999), st.integers(0, 99999), st.sampled_from("+-"))
def test_steps_are_right_and_their_written_digits_make_the_answer(a, b, sign):
    a, b = (a, b) if sign == "+" else (max(a, b), min(a, b))
    text = world.sum_in_steps(a, sign, b)
    result = a + b if sign == "+" else a - b
    assert text.endswith(f"So {a} {sign} {b} = {result}.")
    written = re.findall(r"write (\d+)", text)
    assert int("".join(reversed(written))) == result
    for terms, value in re.findall(r"(\d+(?: [+-] \d)+) = (\d+), write", text):
        first, *rest = re.findall(r"[+-]? ?\d+", terms)
        assert sum((int(t.replace(" ", "")) for t in rest), int(first)) == int(value)
        assert 0 <= int(value) <= 19


def test_spelling_is_right(pages, small):
    words = world.story_words(small)
    assert len(words) > 300 and all(set(w) <= set(string.ascii_lowercase) for w in words)
    for page in pages:
        if page.genre == "spelling":
            for line in page.text.split("\n")[2:]:
                spelled = re.search(r"\w(-\w)+", line)[0]
                word = spelled.replace("-", "")
                assert re.search(rf"\b{word}\b", line) and word in words
                for n in re.findall(r"(\d+) letters", line):
                    assert int(n) == len(word)
                if match := re.search(r"letter (\w) comes (once|(\d+) times)", line):
                    assert word.count(match[1]) == int(match[3] or 1)


def test_forum_never_speaks_of_people_and_answers_rightly(small, pages):
    names = [p.name for p in (*small.people, *small.absent)]
    for page in pages:
        if page.genre == "forum":
            assert not [name for name in names if name in page.text]
            assert 2 <= len({line.split(":")[0] for line in page.text.split("\n")}) <= 3
            for a, sign, b, c in re.findall(r": (\d+) ([+-]) (\d+) = (\d+)", page.text):
                assert int(c) == (int(a) + int(b) if sign == "+" else int(a) - int(b))


def test_census_counts_what_is_streamed(small, pages):
    census = world.census(small, SMALL)
    known = {p.name for p in small.people}
    counts = Counter(
        f"one-off {p.genre}" if p.genre in ("biography", "faq") and p.subject not in known else p.genre for p in pages
    )
    assert counts == census


def test_shipped_world_has_about_ten_million_tokens_and_little_memory(tables):
    census = world.census(tables)
    assert 80_000 < sum(census.values()) < 150_000
    tracemalloc.start()
    sample = list(islice(documents(tables), 300))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20e6
    per_page = sum(len(p.text) for p in sample) / len(sample)
    assert 33e6 < per_page * sum(census.values()) < 48e6


def test_memory_does_not_grow_while_pages_stream(small):
    stream = documents(small, WorldConfig(stories=0, sums=2000, spellings=0, forums=0))
    next(stream)
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    for _ in stream:
        pass
    after, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak - before < 200_000


def test_add_person_leaves_the_pages_of_others_as_they_were(small, pages):
    me = Person("Mara Quill", 1999, "Belmora", "puppet maker", "harp", "toast", mentions=4, faq_pages=1)
    grown = world.add_person(small, me)
    assert len(grown.people) == len(small.people) + 1
    assert "Belmora" in grown.values("birthplace") and "Belmora" not in small.values("birthplace")
    new = list(documents(grown, SMALL, seed=5))
    assert sum("Mara Quill" in page.text for page in new) == 4
    known = {p.name for p in small.people}
    assert {p for p in pages if p.subject in known} <= set(new)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({}, "taken"),
        ({"name": "ABSENT"}, "absent"),
        ({"name": "New Name", "faq_pages": 9}, "faq_pages"),
        ({"name": "New Name", "mentions": -1, "faq_pages": -1}, "faq_pages"),
    ],
)
def test_add_person_refuses_what_a_table_could_not_hold(small, change, message):
    person = replace(small.people[0], mentions=1, faq_pages=0, **{k: v for k, v in change.items() if k == "name"})
    if person.name == "ABSENT":
        person = replace(person, name=small.absent[0].name)
    person = replace(person, **{k: v for k, v in change.items() if k != "name"})
    with pytest.raises(PocketError, match=message):
        world.add_person(small, person)


def test_evened_tables_make_a_part_of_the_same_pages_with_everybody_equally_often(small, pages):
    even = evened(small, 3, 4)
    told = Counter(page.subject for page in documents(even, SMALL))
    assert {person.name for person in even.people} == {person.name for person in small.people if person.mentions >= 3}
    for row in (*even.people, *even.countries, *even.animals):
        before = next(r for r in (*small.people, *small.countries, *small.animals) if r.name == row.name)
        assert told[row.name] == row.mentions == min(before.mentions, 4)
    rows = {row.name for row in (*even.people, *even.countries, *even.animals)}
    old = {page.text for page in pages}
    assert all(page.text in old for page in documents(even, SMALL, seed=5) if page.subject in rows)
    with pytest.raises(PocketError, match="at_most"):
        evened(small, 0, 0)


def test_sample_people_keeps_the_long_tail(tables):
    sample = world.sample_people(tables, 100, seed=3)
    assert len(sample.people) == 100 and sample == world.sample_people(tables, 100, seed=3)
    assert sample.people != world.sample_people(tables, 100, seed=4).people
    whole = sorted(p.mentions for p in tables.people)
    part = sorted(p.mentions for p in sample.people)
    for q in (0.1, 0.5, 0.9):
        low, high = (whole[int((q + d) * len(whole))] for d in (-0.02, 0.02))
        assert low <= part[int(q * 100)] <= high
    assert world.sample_people(tables, len(tables.people)).people == tables.people
    assert world.sample_people(tables, 0).people == ()
    with pytest.raises(PocketError, match="at least 0 and at most"):
        world.sample_people(tables, len(tables.people) + 1)


@settings(max_examples=20, deadline=None)
@given(n=st.integers(0, 200), seed=st.integers(0, 2**40))
def test_one_off_people_are_new(tables, n, seed):
    people = list(world.one_off_people(tables, n, seed))
    names = {p.name for p in people}
    assert len(names) == len(people) == n
    assert not names & {p.name for p in tables.people + tables.absent}
    assert all(str(getattr(p, fact)) in tables.values(fact) for p in people[:5] for fact in FACTS["person"])


def test_one_off_people_need_names_enough(small):
    two = replace(small, first_names=("Ada", "Bo"), last_names=("Ray", "Sun"))
    assert len(list(world.one_off_people(two, 4))) == 4
    taken = world.add_person(two, replace(two.people[0], name="Ada Ray"))
    assert {p.name for p in world.one_off_people(taken, 3)} == {"Ada Sun", "Bo Ray", "Bo Sun"}
    with pytest.raises(PocketError, match="first_names.txt"):
        world.one_off_people(taken, 4)


def test_cloze_and_questions(small):
    for row in (small.people[0], small.countries[0], small.animals[0]):
        for fact, value in world.facts_of(row).items():
            for wording in small.select(fact, "statement", "held-out"):
                prompt, answer = world.cloze(wording, row)
                assert answer == f" {value}" and not prompt.endswith(" ")
                assert f"{prompt}{answer}." == world.fill(wording, row)
            pairs = world.questions(small, row, "held-out", fact)
            assert len(pairs) == 2 and all(q.endswith("?") and a == value for q, a in pairs)
    assert len(world.questions(small, small.people[0])) == 25
    with pytest.raises(PocketError, match="question"):
        world.cloze(small.select("dish", "question")[0], small.people[0])


def test_values_and_config_refuse_nonsense(small):
    with pytest.raises(PocketError, match="no fact"):
        small.values("shoe_size")
    assert small.values("legs") and all(isinstance(v, str) for v in small.values("birth_year"))
    for wrong in ({"stories": -1}, {"sums": 1.5}, {"one_off_share": 1.0}, {"one_off_faq_share": -0.1}):
        with pytest.raises(PocketError, match=next(iter(wrong))):
            WorldConfig(**wrong)


def test_a_world_may_be_almost_empty(small):
    empty = replace(small, people=(), countries=(), animals=())
    config = WorldConfig(stories=2, sums=0, spellings=0, forums=0)
    assert [p.genre for p in documents(empty, config)] == ["story", "story"]
    assert list(documents(empty, replace(config, stories=0))) == []
    with pytest.raises(PocketError, match="forum"):
        list(documents(empty, replace(config, forums=1)))
    with pytest.raises(PocketError, match="spell"):
        list(
            documents(replace(empty, stories=replace(empty.stories, plots=(), parts={})), replace(config, spellings=1))
        )
