"""The table of all stages: what cards say, and what is tried anew."""

import pytest
from tiny import tiny_model

from pocketgpt import checkpoints
from pocketgpt.tokenizer import Tokenizer
from pocketgpt.world import load_tables
from pocketgpt_lessons.display.html import score_table
from pocketgpt_lessons.shipped_models import MODELS, TRIED, card_rows, load_together, stage_scores


@pytest.fixture(scope="module")
def scores():
    return stage_scores(load_tables(), ("base", "honest", "no such stage"))


def test_a_base_model_cannot_be_asked_in_a_chat(scores):
    assert list(scores) == ["base", "honest"]
    assert [row["name"] for row in scores["base"]] == ["people on 30 pages or more, new wordings"]


def test_shares_are_those_of_the_card(scores):
    marks = checkpoints.read_card(checkpoints.SHIPPED / "honest.safetensors")["metrics"]["marks"]
    rows = {row["name"]: row for row in scores["honest"]}
    assert rows["strangers: “I don't know”"]["right"] / marks["absent"]["n"] == marks["absent"]["refused"]
    assert rows["the same, asked in a chat"]["n"] == marks["known"]["n"]
    assert rows["two-digit sums"]["n"] == TRIED
    assert all(row["low"] <= row["right"] / row["n"] <= row["high"] for row in rows.values())


def test_the_table_shows_a_dash_where_a_stage_was_not_asked(scores):
    assert "<td" in score_table(scores, "Stages") and ">–</td>" in score_table(scores, "Stages")


def test_a_stranger_s_messages_are_those_of_the_held_out_half():
    rows = [{"name": name, "right": right, "n": 9, "low": 0.1, "high": 0.9} for name, right in (("x", 1), ("total", 5))]
    card = {"exam": [{"name": "people on 100+ pages, new wordings", "right": 3, "n": 4}], "metrics": {}}
    found = card_rows(card | {"strangers": {"open": [{"name": "total"}], "held-out": rows}})
    assert [(row["name"], row["right"]) for row in found[1:]] == [("what a stranger types", 5)]


def test_a_card_without_marks_has_facts_only():
    exam = [{"name": "people on 100+ pages, new wordings", "right": 3, "n": 4}]
    [row] = card_rows({"exam": exam, "metrics": {}})
    assert (row["right"], row["n"]) == (3, 4)


def test_stages_come_in_the_order_of_the_notebooks():
    assert list(MODELS.values()) == ["base", "assistant", "honest", "reasoner", "preferred"]


def test_models_that_are_compared_have_the_same_tokens(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("POCKETGPT_OWN", str(tmp_path))
    (base, honest), tokenizer = load_together("base", "honest")
    assert base.config.vocab_size == honest.config.vocab_size == tokenizer.vocab_size
    other = Tokenizer([(104, 105)])
    checkpoints.save("base", tiny_model(vocab_size=other.vocab_size), other, {})
    assert capsys.readouterr().out == ""
    (again, _), theirs = load_together("base", "honest")
    assert theirs == tokenizer and again.config == base.config
    assert "the shipped ones are used" in capsys.readouterr().out
