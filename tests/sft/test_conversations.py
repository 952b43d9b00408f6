"""Conversations against the tables, and what must never be in them."""

import json
import re
from collections import Counter

import pytest

from pocketgpt.chat import Message
from pocketgpt.chat.template import check
from pocketgpt.chat.tools import calculate
from pocketgpt.errors import PocketError
from pocketgpt.sft.conversations import (
    ASSISTANT,
    HONEST,
    REFUSAL,
    Mix,
    grade,
    make_conversations,
    questions_about,
    split_people,
    strangers,
)
from pocketgpt.sft.handwritten import Filler, hand_written, read_conversations, renamed, write_conversations
from pocketgpt.world import FACTS, Person, add_person, facts_of, load_tables


@pytest.fixture(scope="module")
def tables():
    return load_tables()


@pytest.fixture(scope="module")
def groups(tables):
    return split_people(tables)


@pytest.fixture(scope="module")
def honest(tables, groups):
    return make_conversations(tables, groups[0], 600, HONEST, seed=3)


def everything(talks) -> str:
    return "\n".join(message.content for talk in talks for message in talk)


# --- Held-out people and wordings ---------------------------------------------------------------------------


def test_a_quarter_of_the_people_is_held_out_and_stays_so(tables, groups):
    taught, held_out = groups
    assert sorted(p.name for p in taught + held_out) == sorted(p.name for p in tables.people)
    assert 0.2 < len(held_out) / len(tables.people) < 0.3
    assert sum(p.mentions >= 30 for p in held_out) > 60
    more = add_person(tables, Person("Ada Example", 1990, "Oskaford", "teacher", "cello", "lentil soup"))
    new_taught, new_held_out = split_people(more)
    assert {p.name for p in new_held_out} - {"Ada Example"} == {p.name for p in held_out}


@pytest.mark.parametrize("mix", [ASSISTANT, HONEST])
def test_no_conversation_tells_of_held_out_or_absent_people(tables, groups, mix):
    text = everything(make_conversations(tables, groups[0], 1500, mix))
    assert not [p.name for p in (*groups[1], *tables.absent) if p.name in text]


def test_no_conversation_uses_a_held_out_wording(tables, honest):
    text = everything(honest)
    for wording in tables.wordings:
        if wording.split == "held-out" and wording.kind == "question":
            pattern = re.escape(wording.text).replace(r"\{name\}", r"\w+( \w+)?")
            assert not re.search(rf"(^|[.!?] ){pattern}", text, re.MULTILINE), wording.text


def test_held_out_questions_have_the_answers_of_the_tables(tables, groups):
    questions = questions_about(tables, groups[1][:20])
    assert len(questions) == 20 * len(FACTS["person"])
    wordings = {w.text for w in tables.wordings if w.split == "held-out"}
    for question in questions:
        assert question.value == facts_of(question.row)[question.fact]
        assert question.text.replace(question.row.name, "{name}") in wordings
        assert question.conversation == [Message("user", question.text)]


def test_strangers_are_in_no_table(tables):
    names = {p.name for p in tables.people + tables.absent}
    found = [p.name for p in strangers(tables, 500)]
    assert len(set(found)) == 500 and not names & set(found)
    assert found != [p.name for p in strangers(tables, 500, seed=1)]


# --- What is said -------------------------------------------------------------------------------------------


def test_same_seed_same_conversations(tables, groups):
    def make(seed):
        return make_conversations(tables, groups[0], 60, HONEST, seed=seed)

    assert make(1) == make(1) != make(2)


def test_every_conversation_can_happen_and_has_no_open_slot(tables, groups, honest):
    plain = make_conversations(tables, groups[0], 600)
    for talk in plain + honest:
        check(talk)
        assert talk[-1].role == "assistant"
        assert not re.search(r"[{}]", "".join(message.content for message in talk))


def test_answers_about_known_people_are_those_of_the_tables(tables, groups):
    people = {p.name: p for p in groups[0]}
    told = 0
    for talk in make_conversations(tables, groups[0], 400, Mix(facts=1, more=0)):
        question, answer = (message.content for message in talk)
        for name in people.keys() & {" ".join(pair) for pair in pairs(question)}:
            assert any(f" {value}." in answer for value in facts_of(people[name]).values()), talk
            told += 1
    assert told > 200


def pairs(text: str) -> list[list[str]]:
    words = re.findall(r"\w+", text)
    return [words[i : i + 2] for i in range(len(words) - 1)]


def test_strangers_are_searched_with_a_search_and_refused_without(tables, groups, honest):
    known = {p.name for p in groups[0]}
    kinds = Counter()
    for talk in honest:
        may_search = talk[0].role == "system" and "search" in talk[0].content
        for message, before in zip(talk[1:], talk, strict=False):
            if REFUSAL in message.content:
                kinds["refused"] += 1
                assert not may_search
                assert not known & {" ".join(pair) for pair in pairs(message.content)}
            if message.content.startswith("search "):
                kinds["searched"] += 1
                assert may_search and message.content.removeprefix("search ") in before.content
    assert kinds["refused"] > 20 and kinds["searched"] > 40


def test_what_the_model_does_not_know_is_refused_too(tables, groups):
    people = groups[0][:30]
    known = {(p.name, "dish") for p in people}
    mix = Mix(facts=1, more=0)
    for talk in make_conversations(tables, people, 300, mix, known):
        person = next((p for p in people if p.name in talk[0].content), None)
        knows = person and grade(talk[1].content, person.dish) == "right"
        assert knows or REFUSAL in talk[1].content


def test_results_of_tools_are_what_the_tools_give(honest):
    sums = 0
    for talk in honest:
        for call, result, answer in zip(talk, talk[1:], talk[2:], strict=False):
            if call.role == "call" and call.content.startswith("calculate "):
                assert result.content == calculate(call.content.removeprefix("calculate "))
                assert answer.content.endswith(f" = {result.content}.")
                sums += 1
    assert sums > 3


@pytest.mark.parametrize(
    ("answer", "value", "result"),
    [
        ("Ada works as a baker.", "baker", "right"),
        ("baker.", "baker", "right"),
        ("Ada works as a brewer.", "baker", "wrong"),
        ("It has 14.", "4", "wrong"),
        ("Ada was born in… I don't know.", "1950", "refused"),
        ("", "baker", "wrong"),
    ],
)
def test_grades(answer, value, result):
    assert grade(answer, value) == result


# --- Hand-written -------------------------------------------------------------------------------------------


def test_the_shipped_files_hold_what_their_readme_promises(tables):
    written = hand_written()
    assert set(written) >= {"greetings", "thanks", "identity", "limits", "sums", "spelling", "stories"}
    assert sum(map(len, written.values())) > 200
    assert "Pip" in everything(written["identity"])
    text = everything(sum(written.values(), []))
    assert not [p.name for p in tables.people + tables.absent if p.name in text]


def test_slots_agree_with_each_other(tables):
    slots = Filler(tables, tables.countries)
    talk = [
        Message("user", "{sum} / {word} / {question} / {girl} {girl2}"),
        Message("assistant", "{at_once} / {in_steps} / {spelled} {letters} {letter} {times} / {answer} / {girl}"),
    ]
    import random

    for seed in range(30):
        ask, say = (m.content.split(" / ") for m in slots.fill(talk, random.Random(seed)))
        total = calculate(ask[0])
        assert say[0] == f"{ask[0]} = {total}" and say[1].endswith(f"So {ask[0]} = {total}.")
        spelled, letters, letter, times = say[2].split(" ", 3)
        assert spelled.replace("-", "") == ask[1] and int(letters) == len(ask[1])
        found, often = times.split(", so ")
        assert found.replace("-", "") == ask[1].count(letter) * letter
        assert ask[1].count(letter) == (1 if often == "once" else int(often.split()[0]))
        assert any(country.name in ask[2] and country.name in say[3] for country in tables.countries)
        first, second = ask[3].split()
        assert first == say[4] != second


def test_what_is_no_slot_stays_and_sentences_begin_with_a_capital(tables):
    import random

    slots = Filler(tables, tables.countries)
    [message] = slots.fill([Message("user", "{x} {Girl} {} It. {helper} and {helper}")], random.Random(0))
    assert message.content.startswith("{x} {Girl} {} It. A") and " and a" in message.content


def test_the_assistant_can_be_renamed():
    talks = renamed([[Message("user", "Pip, Pippa?"), Message("assistant", "I am Pip.")]], r"No\1va")
    assert [m.content for m in talks[0]] == [r"No\1va, Pippa?", r"I am No\1va."]


def test_written_conversations_are_read_back(tmp_path, honest):
    write_conversations(tmp_path / "talks.jsonl", honest)
    assert read_conversations(tmp_path / "talks.jsonl") == honest


def line(*messages) -> str:
    return json.dumps({"messages": [{"role": role, "content": text} for role, text in messages]})


GOOD = line(("user", "Hi"), ("assistant", "Hello!"))


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ("{", "no conversation"),
        ("[]", "no conversation"),
        ('{"messages": [{"role": "user"}]}', "no conversation"),
        ('{"messages": [{"role": "user", "content": 5}, {"role": "assistant", "content": "x"}]}', "no conv"),
        (GOOD[:-1] + ', "more": 1}', "no conversation"),
        (line(("user", "Hi")), "add its answer"),
        ('{"messages": []}', "add its answer"),
        (line(("robot", "Hi"), ("assistant", "Hello!")), "robot"),
        (line(("assistant", "Hello!")), "comes after"),
        (line(("user", " "), ("assistant", "Hello!")), "empty"),
    ],
)
def test_a_bad_line_is_named(tmp_path, bad, words):
    path = tmp_path / "own.jsonl"
    path.write_text(f"{GOOD}\n\n{bad}\n", encoding="utf-8")
    with pytest.raises(PocketError, match=f"own.jsonl, line 3: .*{words}"):
        read_conversations(path)


def test_a_learners_own_file_is_found_and_missing_ones_are_told(tmp_path, tables, groups):
    (tmp_path / "own.jsonl").write_text("\ufeff" + GOOD + "\n", encoding="utf-8")
    written = hand_written(tmp_path)
    assert written == {"own": [[Message("user", "Hi"), Message("assistant", "Hello!")]]}
    assert make_conversations(tables, groups[0], 3, Mix(facts=0, more=0), written=written) == written["own"] * 3
    for call, words in (
        (lambda: read_conversations(tmp_path / "none.jsonl"), "no file"),
        (lambda: hand_written(tmp_path / "nowhere"), "no .jsonl files"),
    ):
        with pytest.raises(PocketError, match=words):
            call()
