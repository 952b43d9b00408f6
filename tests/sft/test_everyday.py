"""Everyday conversations against the tables and the calculator, and against the exam's held-out wordings."""

import random
import re
from collections import Counter

import pytest

from pocketgpt.chat.template import Message, check
from pocketgpt.chat.tools import calculate
from pocketgpt.errors import PocketError
from pocketgpt.evaluation.strangers import filled, load_exam
from pocketgpt.paths import DATA
from pocketgpt.sft.everyday import SHARES, Everyday
from pocketgpt.sft.handwritten import Filler, hand_written, read_parts
from pocketgpt.sft.kit import make_kit

TOOLS = ("search", "calculate")


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


def test_what_was_said_is_said_again(kit):
    everyday, quoted = Everyday(kit, hand_written(), {"looking back": 1.0}), 0
    for seed in range(300):
        talk = everyday.looking_back(random.Random(seed), TOOLS)
        before = [message.content for message in talk[:-2]]
        if found := re.fullmatch(r'You wrote: "(.*)"', talk[-1].content):
            quoted += 1
            assert found[1] in before
    assert quoted > 30


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


def test_damaged_parts_name_file_and_line(tmp_path):
    path = tmp_path / "parts.jsonl"
    path.write_text('{"part": "noun", "texts": ["cat"]}\n{"part": "noun"}\n')
    with pytest.raises(PocketError, match="parts.jsonl, line 2"):
        read_parts(path)
