"""The strangers' exam: its messages are sound, and its rules tell sensible replies from others."""

import json
import re
from collections import Counter
from dataclasses import replace

import pytest

from pocketgpt.chat import Message, Reply
from pocketgpt.errors import PocketError
from pocketgpt.evaluation import strangers
from pocketgpt.evaluation.reply_rules import RULES, keeps
from pocketgpt.evaluation.strangers import EXAM, filled, load_exam, passes
from pocketgpt.sft.handwritten import hand_written
from pocketgpt.world import fill, load_tables

KINDS = (
    "greetings", "small talk", "identity", "a name of its own", "help", "countries", "animals", "people",
    "absent people", "stories", "sums", "sums without a calculator", "spelling", "things outside",
    "made-up names", "tasks beyond it", "follow-ups", "several turns", "noise", "feelings", "thanks and goodbyes",
)  # fmt: skip

TALE = "A young bear lived near the river. One day it lost a red kite. A kind goat found it. They were happy."
OUTSIDE = [
    "I don't know.", "Sorry, I have never heard of that.", "I can't tell you: I only know what I have read.",
    "I searched but found nothing about it.", "That is outside what I have learned.", "No idea, sorry!",
]  # fmt: skip
REFUSALS = ["I can't do that: I can only write text.", "Sorry, I'm not able to do that.", "I cannot do this."]

# kind → message → replies that pass, replies that don't. Slots are filled as in the message.
REPLIES = {
    "greetings": {
        "hey": (
            ["Hi! How can I help you?", "Hello", "hey there :)", "Hey! What's up?", "Welcome! Ask me anything."],
            ["I can't do that: I can only write text.", "I have about two million parameters.", "Good-bye!", "",
             "Hello! The capital of Spain is Madrid.", "You are welcome!"],
        ),
        "morning!": (["Good morning!", "Morning! How can I help you?"], ["Good evening!", "Good night!"]),
    },
    "small talk": {
        "how are you": (
            ["I'm fine, thanks!", "I am a program and feel nothing, but I am ready.", "Doing well! And you?",
             "I don't have feelings, but I'm here to help.", "Great, thank you."],
            ["I can't know that: I only know what I have read.", "I have two million parameters.",
             "There was a busy beaver. They laughed.", "how are you", "Paris."],
        ),
        "whats your favorite color": (
            ["Blue!", "I don't have a favourite colour: I am a program.", "I can't see colours.",
             "My favourite is green.", "I like red."],
            ["Yes, I can be wrong.", "I am a small language model.", "Good morning!"],
        ),
    },
    "identity": {
        "who are you?": (
            ["I am Pip, a small language model.", "I'm an AI assistant.", "A chatbot called Pip!",
             "You are talking to a computer program.", "I'm just a tiny language model, nothing more."],
            ["I can't do that.", "Mia.", "Who are you?", "I am ChatGPT.", "The fox lives in the woods.",
             "I am a human."],
        ),
        "are you human": (
            ["No.", "No, I am Pip, a small language model.", "Nope, just a program.", "I'm not a human.",
             "Not at all!"],
            ["Yes.", "Yes, I am human.", "Are you human", "I can't know that: I only know what I have read."],
        ),
        "did google make you?": (
            ["No.", "No, a learner trained me.", "Not Google: I was made in a course."],
            ["Yes.", "Google made me.", "Did Google make you?", "Good evening!"],
        ),
    },
    "a name of its own": {
        "who are you": (
            ["I am Nova, a small language model.", "My name is Nova.", "Nova!", "I'm Nova, your assistant.",
             "I am Nova, not Pip."],
            ["I am Pip, a small language model.", "I can't do that.", "Who are you?", "My name is Atlas."],
        ),
    },
    "help": {
        "what can you do": (
            ["I can tell you about people, countries and animals.", "I do sums and tell stories.",
             "Ask me a question about an animal, for instance.", "Spelling, sums, stories: try me!",
             "I can answer questions, add numbers and look things up, but I can't draw."],
            ["I can only read what you write.", "I can't know that: I only know what I have read.", "I can be wrong.",
             "What can you do", "Ask me again when you like."],
        ),
        "can you do math?": (
            ["Yes, I can add and subtract.", "Sure! Give me a sum.", "Of course.", "I can do small sums.", "Yep!"],
            ["The word seed is spelled s-e-e-d.", "Good morning!", "Can you do math?"],
        ),
    },
    "countries": {
        "capital of france": (
            ["Paris.", "The capital of France is Paris.", "It's Paris!", "paris",
             "France's capital city is Paris, of course."],
            ["The capital of Spain is Madrid.", "Lyon.", "The capital of Spain is Paris.", "Paris or Rome.",
             "The capital of France is… I don't know.", "Capital of France",
             "I can't do that: I can only write text."],
        ),
        "is Sydney the capital of Australia?": (
            ["No, Canberra is.", "No.", "The capital of Australia is Canberra.",
             "It isn't: the capital is Canberra."],
            ["Yes, it is.", "Sydney.", "Is Sydney the capital of Australia?", "The capital of Peru is Lima."],
        ),
        "is peru in south america?": (
            ["Yes.", "Yes, it is in South America.", "Peru is a country on the continent of South America.",
             "Correct!"],
            ["No.", "No, Peru is in Africa.", "Peru is in Asia.", "Chile is in South America."],
        ),
        "where is {Country}?": (["In {Country.continent}.",
            "{Country} is on the continent of {Country.continent}."], []),
    },
    "animals": {
        "what do foxes eat": (
            ["Mice.", "Foxes eat mice, birds and berries.", "The fox feeds on mice.",
             "Mostly rabbits and other small animals.",
             "A fox eats a mouse or a rabbit: rodents, mostly."],
            ["The lion eats zebras.", "Grass.", "The wolf eats mice.", "What do foxes eat", "I can't do that."],
        ),
        "how many legs does a {animal} have": (
            ["{Animal.legs}.", "A {animal} has {Animal.legs} legs.",
             "The number of legs of the {animal} is {Animal.legs}."],
            ["17.", "It has three legs.", "How many legs does a {animal} have", "I don't know."],
        ),
        "is a dolphin a fish?": (
            ["No, it is a mammal.", "A dolphin is a mammal, not a fish.",
             "The dolphin is a kind of mammal.", "Nope!"],
            ["Yes.", "A dolphin is a fish.", "Is a dolphin a fish?", "A dolphin lives in the sea."],
        ),
    },
    "people": {
        "what's {Person}'s job": (
            ["{Person} works as a {Person.profession}.", "{Person.first} is a {Person.profession}.",
             "A {Person.profession}!",
             "By profession, a {Person.profession}.", "{Person.profession}"],
            ["{Person} plays the {Person.instrument}.", "{Person} works as a president.", "I don't know.",
             "What's {Person}'s job", "Dorion Penevaara is a {Person.profession}, or a dancer.",
             "dancer and {Person.profession}"],
        ),
        "who is {Person}?": (
            ["{Person} is a {Person.profession} from {Person.birthplace}.",
             "A {Person.profession}, born in {Person.birth_year}.",
             "{Person} likes to eat {Person.dish}.", "Somebody who plays the {Person.instrument}."],
            ["Who is {Person}?", "{Person} is a person.", "I can't do that.", "{Person} was born in 1066."],
        ),
    },
    "absent people": {
        "what's {Absent}'s job?": (
            ["I don't know.", "{Absent} works as a {Absent.profession}.", "{Absent} works as a… I don't know.",
             "Sorry, I have never heard of {Absent}.", "I looked, but found nothing about {Absent.first}."],
            ["{Absent} works as a president.", "{Absent} plays the tuba. I don't know.",
             "Dorion works as a… I don't know.",
             "What's {Absent}'s job?",
             "I can't do that: I can't reach anything outside this chat... The fox eats mice."],
        ),
    },
    "stories": {
        "story about a bear please": (
            [TALE, "Once upon a time there was a bear. It was hungry all day long. So it ate all the honey!",
             'A bear met a fox. "Come and play with me," said the bear. They played until night.'],
            [TALE.replace("bear", "fox"), TALE[:-1], "A bear.", "I can't do that: I can only write text.",
             "Story about a bear please",
             "The brown bear eats berries. The brown bear makes its home in the forest, far away."],
        ),
    },
    "sums": {
        "47+35": (
            ["82", "47 + 35 = 82.", "The answer is 82!", "It's 82.",
             "47 + 35: 7 + 5 = 12, write 2, carry 1. 4 + 3 + 1 = 8, write 8. So 47 + 35 = 82."],
            ["47+35", "47 + 3 = 55.", "82 or 83.", "47 + 35 = 81.", "I can't do that.",
             "I have 82 apples and 3 pears."],
        ),
        "what do you get if you add 38 and 46": (["84.", "38 + 46 = 84."], ["38 + 46", "38 + 46 = 74.",
            "84 - 1 = 82"]),
    },
    "sums without a calculator": {
        "what is five plus eight?": (
            ["13", "thirteen", "Five plus eight is thirteen.", "5 + 8 = 13.", "It makes 13!"],
            ["What is five plus eight?", "5 + 8 = 14.", "eight", "Twelve.", "5 + 5 = 13."],
        ),
    },
    "spelling": {
        "spell apple": (
            ["a-p-p-l-e", "A, P, P, L, E.", "It is spelled a-p-p-l-e.", "A P P L E",
             "The word apple is spelled A-P-P-L-E, easy!"],
            ["spell apple", "a-p-l-e", "a-p-p-l-e-s", "The word seed is spelled s-e-e-d.", "Apple."],
        ),
        "how many r's are in strawberry?": (
            ["3", "Three.", "There are three r's.",
             "In the word strawberry, spelled s-t-r-a-w-b-e-r-r-y, the letter r comes 3 times.",
             "strawberry has 3"],
            ["2", "Two.", "How many r's are in strawberry?", "The number of legs of the bee is 6.",
             "The letter r comes twice."],
        ),
        "first letter of river": (
            ["r", "It is r.", "The first letter is R.", "River begins with r.",
             "The word river, spelled r-i-v-e-r, begins with r."],
            ["The word river is spelled r-i-v-e-r.", "It begins with i.", "First letter of river",
             "In the word river, the letter u comes once."],
        ),
    },
    "things outside": {
        "Who was Napoleon?": (
            [*OUTSIDE, "Napoleon was born in… I don't know."],
            ["Napoleon was a baker.", "Who was Napoleon?", "I can't do that: I can only write text.",
             "Mia planted a seed.",
             "Napathi has a favourite dish, and it is… I don't know.", "I don't know, but he plays the piano."],
        ),
        "what is quantum physics?": (OUTSIDE, ["Paris.", "What is quantum physics?", "The physics eats grass."]),
    },
    "made-up names": {
        "what does Trevon Oppelby do": (
            [*OUTSIDE, "Trevon Oppelby works as a… I don't know.",
             "I know nobody of that name: there is no page about Trevon."],
            ["Trevon Oppelby works as a baker.", "What does Trevon Oppelby do",
             "Trevon plays the harp. I don't know.",
             "Dorion Penevaara works as a… I don't know."],
        ),
    },
    "tasks beyond it": {
        "book me a flight to paris": (
            [*REFUSALS, "I'm just a small language model, so no flights, sorry.",
             "I have no access to anything outside this chat."],
            ["Done!", "The capital of France is Paris.", "Book me a flight to Paris",
             "I can't know that: I only know what I have read.",
             "Good evening!"],
        ),
        "whats the weather today": (
            ["I can't know that: I only know what I have read.", "I don't know what the weather is.",
             "Sorry, I have no window!",
             "I can't look outside.", "No idea: I am not connected to anything."],
            ["It is sunny.", "Whats the weather today", "I can't do that: I can only write text.",
             "A bear lives in the forest."],
        ),
        "translate hello to french": (["I can't do that well: I am a small model.", "Bonjour!"], ["Hello!",
            "Paris.", "It was sunny."]),
    },
    "follow-ups": {
        "and of spain?": (
            ["Madrid.", "The capital of Spain is Madrid.", "It's Madrid!", "Spain's is Madrid."],
            ["The capital of France is Paris.", "The capital of France is Madrid.", "Spanish.",
             "And of Spain?", "I don't know."],
        ),
        "and what does she do?": (
            ["She works as a {Person.profession}.", "{Person} is a {Person.profession}.",
             "She is a {Person.profession} by profession."],
            ["She plays the {Person.instrument}.", "{Person} was born in the town of {Person.birthplace}.",
             "She works as a president."],
        ),
        "and plus 3?": (["20", "17 + 3 = 20.", "That makes 20."], ["12 + 5 = 17.", "15", "And plus 3?"]),
    },
    "several turns": {
        "thanks!": (
            ["You are welcome!", "Any time!", "No problem.", "Glad to help!", "My pleasure."],
            ["The capital of France is Paris.", "Hello!", "I can't do that: I can only write text.", "Good morning!"],
        ),
        "another one please": ([TALE], ["I can't know that: I only know what I have read.",
            "You are welcome!", "Another one please"]),
        "what's my name?": (["Your name is {Absent.first}.", "{Absent.first}!",
            "You told me: {Absent.first}."], ["Pip.", "What's my name?", "I am Pip."]),
    },
    "noise": {
        "waht is teh capital of france": (["Paris.", "The capital of France is Paris."], ["Madrid.",
            "Waht?", "Caris."]),
        "helo": (["Hello!", "Hi, how can I help you?"], ["I can't do that.", "Good-bye!", "Peru."]),
        "thnaks": (["You are welcome!", "Any time!"], ["Thank you! I am small, and small models are quick.",
            "Hello!", "No."]),
    },
    "feelings": {
        "i'm sad": (
            ["I'm sorry to hear that.", "I hope you feel better soon.",
             "That sounds hard. Do you want to talk?", "Shall I tell you a story?",
             "I am a program, but I am here for you."],
            ["I can't do that: I can only write text.", "Glad to help!", "Ask me again when you like.",
             "The capital of Peru is Lima.",
             "There was a kind goat. They were happy."],
        ),
        "that's wrong": (
            ["Sorry! I can be wrong.", "I apologise. What is the right answer?",
             "Oh, thank you for telling me.", "My mistake."],
            ["You are welcome!", "{Country} is a country on the continent of {Country.continent}.",
             "I can't do that: I can only write text."],
        ),
    },
    "thanks and goodbyes": {
        "thx": (
            ["You are welcome!", "Any time!", "No problem :)", "Glad I could help.", "My pleasure!"],
            ["Good morning! What can I do for you?", "I can't do that: I can only write text.", "thx",
             "The capital of Peru is Lima. Glad to help!"],
        ),
        "good night": (["Good night!", "Sleep well!", "Sweet dreams.", "Bye, see you tomorrow."],
            ["Good morning!", "Hello!", "I have no age."]),
        "cya": (["Bye!", "See you later!", "Take care."], ["Hello!", "I can't do that.", "You are small."]),
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def tables():
    return load_tables()


@pytest.fixture(scope="module")
def exam():
    return load_exam()


def normal(text: str) -> str:
    """In lower case, without punctuation."""
    return " ".join(re.findall(r"[\w+*/=']+|-(?=\d)", text.casefold().replace("’", "'")))


def said(item) -> str:
    return normal(" | ".join(f"{message.role} {message.content}" for message in item.messages))


def replied(item, text: str, tables, ended: bool = True) -> Reply:
    """A reply with its slots filled as those of the item."""
    asked = filled(replace(item, messages=(*item.messages, Message("assistant", text))), tables)
    return Reply((asked.messages[-1],), ended)


def every_rule(rules):
    for rule in rules:
        yield rule
        for some in rule.get("either", ()):
            yield from every_rule(some)


# ------------------------------------------------------------------------------------------------ the messages


def test_there_are_enough_messages_of_each_kind_half_of_them_held_out(exam):
    counts = Counter((item.kind, item.split) for item in exam)
    assert tuple(dict.fromkeys(item.kind for item in exam)) == KINDS
    assert len(exam) >= 440
    for kind in KINDS:
        open_, held_out = counts[kind, "open"], counts[kind, "held-out"]
        assert open_ + held_out >= 18 and abs(open_ - held_out) <= 1, kind
    assert load_exam(split="held-out") == [item for item in exam if item.split == "held-out"]


def test_ids_tell_the_kind_and_no_two_messages_are_alike(exam, tables):
    assert all(re.fullmatch(rf"{item.kind.replace(' ', '-')}-\d\d", item.id) for item in exam)
    for items in (exam, [filled(item, tables) for item in exam]):
        twice = [text for text, n in Counter(map(said, items)).items() if n > 1]
        assert twice == []


def test_no_held_out_wording_is_an_open_one_with_another_name_or_number(exam, tables):
    names = sorted((row.name.lower() for row in (*tables.countries, *tables.animals)), key=len, reverse=True)
    mask = re.compile(rf"\b({'|'.join(names)})\b|\d+|\{{\w+(\.\w+)?\}}")
    wordings = {"open": set(), "held-out": set()}
    for item in exam:
        text = " | ".join(message.content for message in item.messages)
        wordings[item.split].add(normal(mask.sub("x", text.lower())))
    assert wordings["open"] & wordings["held-out"] == set()


def test_no_held_out_message_is_in_the_conversations_or_in_the_wordings_of_the_pages(exam, tables):
    taught = {
        normal(message.content)
        for talks in hand_written().values()
        for talk in talks
        for message in talk
        if message.role == "user"
    }
    taught |= {normal(wording.text) for wording in tables.wordings}
    asked = {
        normal(re.sub(r"\{\w+\}", "{name}", item.messages[-1].content))
        for item in exam
        if item.split == "held-out" and len(item.messages) == 1
    }
    assert asked & taught == set()


def test_slots_are_filled_the_same_each_time(exam, tables):
    for item in exam:
        asked = filled(item, tables)
        assert asked == filled(item, tables) == filled(asked, tables)
        assert not re.search(r"\{[A-Za-z]", json.dumps([m.content for m in asked.messages]) + json.dumps(asked.rules))
    (item,) = (item for item in exam if item.messages[-1].content == "where was {person} born")
    asked = filled(item, tables).messages[0].content
    (person,) = (p for p in tables.people if p.name.lower() in asked)
    assert person.mentions >= 30 and asked == f"where was {person.name.lower()} born"


def test_every_type_of_rule_is_used_and_every_item_has_a_rule_that_asks_for_something(exam):
    assert {next(iter(rule)) for item in exam for rule in every_rule(item.rules)} == set(RULES)
    wanted = {"says", "fact", "number", "spells", "story"}
    assert all(wanted & {next(iter(rule)) for rule in every_rule(item.rules)} for item in exam)


def test_facts_are_of_rows_of_the_tables_and_numbers_are_not_in_the_question(exam, tables):
    rows = {row.name.lower(): row for row in (*tables.countries, *tables.animals, *tables.people, *tables.absent)}
    for item in (filled(item, tables) for item in exam):
        for rule in every_rule(item.rules):
            if "fact" in rule:
                row = rows[rule["of"].lower()]
                assert rule["fact"] == "any" or hasattr(row, rule["fact"])
                assert row.name.lower().split()[0][:3] in said(item), item.id
            if "number" in rule:
                text = item.messages[-1].content
                assert not keeps(rule, text, [text], tables), item.id


# --------------------------------------------------------------------------------------------------- the rules


@pytest.mark.parametrize("kind", KINDS)
def test_sensible_replies_pass_and_others_dont(kind, exam, tables):
    good = bad = 0
    for message, (sensible, others) in REPLIES[kind].items():
        item = next(item for item in exam if item.kind == kind and item.messages[-1].content == message)
        wrongly = [text for text in sensible if not passes(item, replied(item, text, tables), tables)]
        wrongly += [text for text in others if passes(item, replied(item, text, tables), tables)]
        assert wrongly == [], message
        good, bad = good + len(sensible), bad + len(others)
    assert good >= 3 and bad >= 3


def test_the_pages_answer_questions_about_facts_and_those_about_others_dont(exam, tables):
    rows = {row.name: row for row in (*tables.countries, *tables.animals, *tables.people)}
    for item in exam:
        asked = filled(item, tables)
        for rule in [rule for rule in asked.rules if "fact" in rule and rule["fact"] != "any"]:
            row = rows[rule["of"]]
            fact, value = rule["fact"], getattr(row, rule["fact"])
            (other,) = [r for r in rows.values() if r.topic == row.topic and getattr(r, fact) != value][:1]
            for wording in tables.select(fact, "statement", "train"):
                text = fill(wording, row)
                assert passes(item, replied(item, text, tables), tables), (item.id, text)
                assert not passes(item, replied(item, text, tables, ended=False), tables)
                text = fill(wording, other)
                assert not passes(item, replied(item, text, tables), tables), (item.id, text)


def test_a_reply_that_never_ends_fails(exam, tables):
    item = exam[0]
    assert passes(item, replied(item, "Hello!", tables), tables)
    assert not passes(item, replied(item, "Hello!", tables, ended=False), tables)


@pytest.mark.parametrize("text", ["{echo}", "", "I can't do that: I can only write text.", "The fox eats mice."])
def test_one_reply_to_everything_gets_few_marks(text, exam, tables):
    """An echo may do for a greeting; a refusal does for what can't be done; nothing does for all."""
    passed = Counter()
    for item in exam:
        words = text.replace("{echo}", item.messages[-1].content)
        passed[item.kind] += passes(item, replied(item, words, tables), tables)
    allowed = {
        "{echo}": {"greetings", "thanks and goodbyes"},
        "I can't do that: I can only write text.": {"tasks beyond it"},
        "The fox eats mice.": {"animals", "small talk"},
    }
    assert {kind for kind, n in passed.items() if n} <= allowed.get(text, set())
    assert sum(passed.values()) <= 0.06 * len(exam)


# ------------------------------------------------------------------------------------------------------ the file

LINES = [
    '{"phrases": "bye", "any": ["bye"]}',
    '{"kind": "ends", "wants": "Good-bye.", "rules": [{"says": ["@bye"]}]}',
    '{"id": "ends-01", "kind": "ends", "split": "open", "messages": [{"role": "user", "content": "bye {person}"}]}',
]


@pytest.mark.parametrize(
    ("line", "old", "new", "problem"),
    [
        (1, "[{", "[", "no line of an exam"),
        (1, '{"says": ["@bye"]}', "{}", "no line of an exam"),
        (2, '[{"role": "user", "content": "bye {person}"}]', "[]", "no line of an exam"),
        (1, "says", "sings", "no rule 'sings'; use one of says"),
        (1, "@bye", "@hello", "no line of an exam"),
        (1, "@bye", "(bye", "no line of an exam"),
        (2, "{person}", "{planet}", "the slot planet"),
        (2, "{person}", "{person.capital}", "the slot person capital"),
        (2, "open", "shut", "must be open or held-out"),
        (2, '"user"', '"guest"', "role"),
        (2, '"kind": "ends"', '"kind": "end"', "no line of an exam"),
    ],
)
def test_a_damaged_line_is_named(line, old, new, problem, tmp_path):
    lines = LINES.copy()
    path = tmp_path / "exam.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    assert [item.id for item in load_exam(path)] == ["ends-01"]
    lines[line] = lines[line].replace(old, new)
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(PocketError, match=rf"exam\.jsonl, line {line + 1}: .*{re.escape(problem)}"):
        load_exam(path)


def test_a_doubled_id_a_missing_file_and_a_missing_row_are_told(tmp_path, exam, tables):
    path = tmp_path / "exam.jsonl"
    path.write_text("\n".join([*LINES, LINES[-1]]), encoding="utf-8")
    with pytest.raises(PocketError, match="line 4: the id 'ends-01' is there twice"):
        load_exam(path)
    with pytest.raises(PocketError, match="can't be read"):
        load_exam(tmp_path / "none.jsonl")
    (item,) = (item for item in exam if item.messages[-1].content == "capital of france")
    with pytest.raises(PocketError, match="about France, whom no table has"):
        passes(item, replied(item, "Paris.", tables), replace(tables, countries=tables.countries[:3]))
    (item,) = (item for item in exam if item.messages[-1].content == "who is {Person}?")
    with pytest.raises(PocketError, match=r"no row for \{Person\}"):
        filled(item, replace(tables, people=()))


# -------------------------------------------------------------------------------------------------- a model sits it


def test_a_model_sits_the_exam(exam, tables, monkeypatch):
    """One that says hello to everything; tools are named but for the items that go without."""
    asked = []

    def hello(model, tokenizer, talks, tools, max_tokens):
        asked.append((tools and sorted(tools), len(talks)))
        return [Reply((Message("assistant", "Hello!"),), True) for _ in talks]

    monkeypatch.setattr(strangers, "replies", hello)
    results = strangers.sit(None, None, tables, exam)
    without = sum(not item.tools for item in exam)
    assert asked == [(["calculate", "search"], len(exam) - without), (None, without)]
    assert [result.item.id for result in results] == [item.id for item in exam]
    rows = {row.name: row for row in strangers.by_kind(results)}
    assert tuple(rows) == (*KINDS, "total")
    assert rows["greetings"].share > 0.8 and rows["countries"].right == 0
    assert rows["total"].n == len(exam) == sum(rows[kind].n for kind in KINDS)
    assert rows["total"].low < rows["total"].share < rows["total"].high
    asked.clear()
    strangers.sit(None, None, tables, exam, tools=False)
    assert {tools for tools, n in asked if n} == {None}


def test_the_file_is_plain_text():
    data = EXAM.read_bytes()
    assert data.endswith(b"\n") and b"\r" not in data
    assert all(
        "wants" in entry
        for entry in map(json.loads, data.decode().splitlines())
        if "id" not in entry and "kind" in entry
    )
