"""Marks against hand-counted replies; the probe against a model whose knowledge is known."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from tiny import tiny_model

from pocketgpt import checkpoints
from pocketgpt.chat import Message, Reply
from pocketgpt.errors import PocketError
from pocketgpt.evaluation.chat_exam import mark, measure
from pocketgpt.sampling import generate
from pocketgpt.sft import stages
from pocketgpt.sft.conversations import REFUSAL, questions_about, split_people
from pocketgpt.sft.recipe import Recipe
from pocketgpt.sft.stages import STAGES, find_stage, known_facts, probe, stage_conversations
from pocketgpt.tokenizer import Tokenizer
from pocketgpt.world import load_tables, sample_people
from pocketgpt_lessons import shipped_models

TOKENIZER = Tokenizer([])


@pytest.fixture(scope="module")
def tables():
    return load_tables()


def said(text: str, *calls: str, ended: bool = True) -> Reply:
    messages = [Message("call", call) for call in calls] + [Message("assistant", text)]
    return Reply(tuple(messages), ended)


def test_marks_are_counted_as_by_hand(tables):
    questions = questions_about(tables, tables.people[:1])[:4]
    found = [
        said(f"It is {questions[0].value}."),
        said("It is… I don't know.", "calculate 1 + 1"),
        said("It is nothing.", "search it", "search it", ended=False),
        said(questions[3].value),  # without its full stop the value may go on
    ]
    marks = mark(questions, found)
    assert (marks.right, marks.refused, marks.wrong) == (0.25, 0.25, 0.5)
    assert (marks.ended, marks.searched, marks.n) == (0.75, 0.25, 4)


def test_every_capital_comes_before_its_country_as_often_as_said(tables):
    texts = list(stages.capitals_first(tables, times=3, together=10))
    assert len(texts) == -(-3 * len(tables.countries) // 10)
    said_so = Counter(sentence for text in texts for sentence in text.removesuffix(".").split(". "))
    wanted = {f"{row.capital} is the capital of {row.name}" for row in tables.countries}
    assert set(said_so) == wanted and set(said_so.values()) == {3}


class Reader:
    """Stands in for generate.continuations: knows the dishes of some people, and gives a wrong answer else."""

    def __init__(self, people, tables):
        wordings = [wording.text.removesuffix(" {value}.") for wording in tables.select("dish", "statement")]
        self.answers = {text.format(name=p.name): p.dish for p in people for text in wordings}

    def __call__(self, model, prompts, max_tokens, **options):
        starts = [TOKENIZER.decode(ids[1:]) for ids in prompts]
        return [list(f" {self.answers.get(start, 'nothing')}. More".encode()) for start in starts]


def test_a_probe_finds_what_the_model_knows(tables, monkeypatch):
    knowing, others = tables.people[:3], tables.people[3:6]
    monkeypatch.setattr(generate, "continuations", Reader(knowing, tables))
    shares = probe(tiny_model(vocab_size=264), TOKENIZER, tables, [*knowing, *others])
    assert len(shares) == 6 * 5 and set(shares.values()) == {0.0, 1.0}
    assert known_facts(shares) == {(person.name, "dish") for person in knowing}


def test_the_honest_stage_refuses_what_its_model_does_not_know(tables, monkeypatch):
    few = sample_people(tables, 12)
    monkeypatch.setattr(generate, "continuations", Reader(few.people, tables))
    small = replace(STAGES["honest"], mentions=0, recipe=Recipe(steps=40, batch_size=10))
    monkeypatch.setitem(stages.STAGES, "honest", small)
    _, talks = stage_conversations("honest", few, tiny_model(vocab_size=264), TOKENIZER)
    taught, held_out = split_people(few)
    without_tools = [talk for talk in talks if not any(message.role == "call" for message in talk)]
    answers = [m.content for talk in without_tools for m in talk if m.role == "assistant"]
    refused = [answer for answer in answers if REFUSAL in answer]
    assert any(p.name in answer for answer in refused for p in taught)  # known by name, but not that fact
    assert any(f"{p.dish}." in answer and p.name in answer for answer in answers for p in taught)
    assert not any(f"{p.birthplace}." in answer and p.name in answer for answer in answers for p in taught)
    assert not any(p.name in answer for answer in answers for p in held_out)


def test_a_model_is_measured_on_held_out_people_and_absent_ones(tables):
    few = replace(sample_people(tables, 30), absent=tables.absent[:3])
    found = measure(tiny_model(vocab_size=264, context=256), TOKENIZER, few, with_tools=True)
    held_out = [p for p in split_people(few)[1] if p.mentions >= stages.WELL_KNOWN]
    assert found["known"].n == 5 * len(held_out) and found["absent"].n == 15
    assert {"known, with tools", "absent, with tools"} <= set(found)
    assert all(0 <= marks.right + marks.refused + marks.wrong <= 1.001 for marks in found.values())


def test_the_map_shows_what_the_cards_of_earlier_models_say():
    scores = shipped_models.exam_scores("05")
    assert set(scores) == {"02", "04"} and shipped_models.exam_scores("01") == {}
    rows = [
        row
        for row in checkpoints.read_card(checkpoints.SHIPPED / "base.safetensors")["exam"]
        if row["name"] in shipped_models.MAP_ROWS
    ]
    assert len(rows) == 2
    assert scores["02"] == (rows[0]["right"] + rows[1]["right"]) / (rows[0]["n"] + rows[1]["n"]) > 0.9


def test_a_second_run_is_there_only_where_a_stage_has_one():
    again = find_stage("honest", again=True)
    assert again.start == "honest" and again.recipe.matrix_lr < STAGES["honest"].recipe.matrix_lr
    with pytest.raises(PocketError, match="leave --again out"):
        find_stage("assistant", again=True)


def test_old_pages_show_all_who_may_be_asked_about_equally_often(tables, monkeypatch):
    read = []
    monkeypatch.setattr(stages, "pack", lambda texts, tokenizer: read.extend(texts) or np.zeros(300, np.uint16))
    monkeypatch.setattr(stages, "AS_THEY_COME", 5)
    assert stages.old_pages(tables, TOKENIZER, Recipe()) is None
    stages.old_pages(tables, TOKENIZER, Recipe(pages_share=0.1))
    people = [person for person in tables.people if person.mentions >= stages.OFTEN_READ]
    often = [sum(person.name in page for page in read) for person in people]
    assert people and min(often) >= stages.EVENED and max(often) <= stages.EVENED + 5


def test_old_pages_spell_nothing(tables, monkeypatch):
    read = []
    monkeypatch.setattr(stages, "pack", lambda texts, tokenizer: read.extend(texts) or np.zeros(300, np.uint16))
    stages.old_pages(tables, TOKENIZER, Recipe(pages_share=0.1))
    assert len(read) > stages.AS_THEY_COME and not [page for page in read if page.startswith("Spelling")]
