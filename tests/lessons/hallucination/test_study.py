"""The studies behind notebook 05: parts on made-up results, lessons against the tables, and the shipped evidence."""

from statistics import fmean

import pytest
from tiny import tiny_model

from pocketgpt import checkpoints
from pocketgpt.chat import Message, Reply
from pocketgpt.chat.template import check
from pocketgpt.chat.tools import calculate
from pocketgpt.sft.conversations import REFUSAL, FactQuestion, split_people
from pocketgpt.tokenizer import Tokenizer
from pocketgpt.world import FACTS, load_tables, story_words
from pocketgpt_lessons.evidence import evidence_of
from pocketgpt_lessons.hallucination import experiments, fixed_exam, search_and_calculator, study
from pocketgpt_lessons.hallucination.fixed_exam import ABSENT, KNOWN, RARE


@pytest.fixture(scope="module")
def tables():
    return load_tables()


# --- The exam -----------------------------------------------------------------------------------------------


def test_the_exam_asks_only_about_people_and_in_words_that_no_conversation_has(tables):
    asked = fixed_exam.exam_questions(tables)
    taught = {person.name for person in split_people(tables)[0]}
    held_out = {w.text for w in tables.wordings if w.kind == "question" and w.split == "held-out"}
    for questions in asked.values():
        assert len(questions) == fixed_exam.FACTS_ASKED * len({q.row.name for q in questions}) > 150
        assert len({(q.row.name, q.fact) for q in questions}) == len(questions)
        for question in questions:
            assert question.row.name not in taught
            assert question.text.replace(question.row.name, "{name}") in held_out
    assert min(q.row.mentions for q in asked[KNOWN]) >= 30 > max(q.row.mentions for q in asked[RARE])
    assert {q.row for q in asked[ABSENT]} <= set(tables.absent)


FOUND = {
    KNOWN: ["right", "right", "right", "refused"],
    RARE: ["wrong", "refused"],
    ABSENT: ["refused", "refused", "wrong", "wrong"],
}


def test_rates_and_points_by_hand():
    assert fixed_exam.three_rates(FOUND) == (0.75, 0.5, 0.25)
    assert fixed_exam.wrong_and_right(FOUND) == (0.3, 0.3)
    assert fixed_exam.points(FOUND, 0) == pytest.approx(30)
    assert fixed_exam.points(FOUND, 1) == pytest.approx(0)
    assert fixed_exam.points(FOUND, 0.5) == pytest.approx(15)


def test_counts_fold_and_unfold():
    again = fixed_exam.unfold(fixed_exam.counts(FOUND))
    assert {group: sorted(each) for group, each in again.items()} == {
        group: sorted(each) for group, each in FOUND.items()
    }


def test_a_threshold_refuses_what_is_below_it():
    scores = {KNOWN: [0.9, 0.5, 0.4, 0.1], RARE: [0.5, 0.6], ABSENT: [0, 0, 0.3, 0.7]}
    held_back = fixed_exam.with_threshold(FOUND, scores, 0.5)
    assert held_back[KNOWN] == ["right", "right", "refused", "refused"]
    assert held_back[RARE] == ["wrong", "refused"]
    assert held_back[ABSENT] == ["refused", "refused", "refused", "wrong"]


def test_the_curve_of_thresholds_ends_where_all_is_answered():
    scores, right = [0.9, 0.8, 0.8, 0.1], [True, False, True, False]
    wrong_shares, right_shares = fixed_exam.selective(scores, right)
    assert (wrong_shares[0], right_shares[0]) == (0, 0)
    assert (wrong_shares[-1], right_shares[-1]) == (0.5, 0.5)
    assert list(zip(wrong_shares, right_shares, strict=True))[1:3] == [(0, 0.25), (0.25, 0.5)]


# --- What the live run learns from --------------------------------------------------------------------------


def test_the_live_run_learns_of_many_taught_people_along_the_tail(tables):
    people = experiments.live_people(tables, seed=1)
    taught = {person.name for person in split_people(tables)[0]}
    assert len({person.name for person in people}) == experiments.READ_ABOUT
    assert {person.name for person in people} <= taught
    assert min(person.mentions for person in people) < 20 and max(person.mentions for person in people) > 200
    assert people != experiments.live_people(tables, seed=2)


def test_lessons_answer_what_is_known_and_refuse_the_rest(tables):
    people = experiments.live_people(tables, seed=0)[:40]
    known = {(person.name, fact) for person in people[:20] for fact in FACTS["person"]}
    kinds = set()
    for talk in experiments.lessons(tables, people, known, seed=0)[:800]:
        answer = talk[-1].content
        for person in people:
            if person.name in answer:
                kinds.add((person in people[:20], REFUSAL in answer))
    assert kinds == {(True, False), (False, True)}


# --- Pages, sums and letters --------------------------------------------------------------------------------


def test_a_false_page_differs_in_the_one_fact(tables):
    for question in fixed_exam.exam_questions(tables)[KNOWN][:40]:
        talk, value = search_and_calculator.with_page(tables, question)
        check(talk)
        page = talk[-1]
        assert page.role == "result" and talk[0].role == "system" and talk[1].content == question.text
        assert value != question.value and f" {value}." in page.content
        assert talk[-2].content == f"search {question.row.name}"
        others = [fact for fact in FACTS["person"] if fact != question.fact]
        assert all(f" {getattr(question.row, fact)}." in page.content for fact in others)
        assert value not in talk[-3].content


def test_searches_are_counted_by_who_they_are_for(tables):
    known = [FactQuestion(person, "dish", "?") for person in tables.people[:4]]
    absent = [FactQuestion(person, "dish", "?") for person in tables.absent[:2]]

    def says(question, call=""):
        answer = Message("assistant", f"It is {question.value}.")
        calls = (Message("call", call), Message("result", "…")) if call else ()
        return Reply((*calls, answer), True)

    known_replies = [says(known[0], "search x"), *map(says, known[1:3]), Reply((Message("assistant", "No."),), True)]
    absent_replies = [says(absent[0], "search y"), Reply((Message("assistant", "No."),), True)]
    found = search_and_calculator.count_searches(known, absent, known_replies, absent_replies)
    assert found == search_and_calculator.Searches(0.75, 0.5, needless=0.25, absent_searched=0.5, precision=0.5)
    nobody = search_and_calculator.count_searches(known[1:3], absent[1:], known_replies[1:3], absent_replies[1:])
    assert nobody.precision == 0


def test_sums_are_marked_by_their_results(monkeypatch):
    def fake(model, tokenizer, talks, tools, max_tokens):
        sums = [message.content.removeprefix("What is ").removesuffix("?") for [message] in talks]
        results = ["-1", *map(calculate, sums[1:])]
        said = [f"{asked} = {result}." for asked, result in zip(sums, results, strict=True)]
        return [Reply((Message("assistant", text),), True) for text in said]

    monkeypatch.setattr(search_and_calculator, "replies", fake)
    assert search_and_calculator.sums_right(None, None, 2, 20) == [False, *[True] * 19]


def test_words_are_spelled_on_pages_or_not(tables):
    spelled, others = search_and_calculator.words_by_spelling(tables, 60)
    on_pages = set(story_words(tables))
    assert len(set(spelled)) == len(set(others)) == 60
    assert set(spelled) <= on_pages and not set(others) & on_pages
    facts = {str(getattr(p, fact)) for p in (*tables.people, *tables.absent) for fact in FACTS["person"]}
    assert set(others) <= facts


def test_a_spelling_is_what_follows_up_to_the_full_stop():
    tokenizer = Tokenizer([])
    model = tiny_model(vocab_size=tokenizer.vocab_size, context=256)
    found = search_and_calculator.spellings(model, tokenizer, ["baker", "judge"])
    assert len(found) == 2 and not any("." in text for text in found)


# --- The shipped evidence -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def runs():
    return evidence_of("05")["runs"]


def test_the_shipped_evidence_belongs_to_todays_base():
    """When base is trained anew, the study must be run again: its numbers no longer describe the notebook."""
    assert evidence_of("05")["data_hash"] == checkpoints.read_card(checkpoints.SHIPPED / "base")["data_hash"]


def test_the_shipped_evidence_shows_what_the_notebook_claims(runs):
    assert len(runs) >= 5
    plain = study.graded(runs, "assistant")
    assert fmean(found[ABSENT].count("wrong") / len(found[ABSENT]) for found in plain) >= 0.9
    assert max(fmean(run["aurocs"][name] for run in runs) for name in runs[0]["aurocs"]) >= 0.95
    layers = study.layer_band(runs)
    assert layers[0]["high"] < 0.6 and layers[2]["low"] > 0.85 and layers[-1]["low"] > 0.95
    assert fmean(fixed_exam.three_rates(found)[0] for found in plain) >= 0.95
    three = map(fixed_exam.three_rates, study.graded(runs, "honest"))
    right, refused, wrongly = (fmean(each) for each in zip(*three, strict=True))
    assert right >= 0.85 and refused >= 0.9 and wrongly <= 0.1
    assert all(study.flips(runs))


def test_the_shipped_evidence_shows_what_a_search_does(runs):
    def mean(part, name):
        return fmean(run["tools"][part][name] for run in runs)

    assert mean("searches", "absent_right") >= 0.95 and mean("searches", "needless") <= 0.1
    assert min(run["tools"]["page or memory"]["the page"] for run in runs) > 0.6
