"""The studies behind notebook 05: parts on made-up results, lessons against the tables, and the shipped evidence."""

import itertools
import math
from statistics import fmean

import pytest
import torch
from tiny import tiny_model

from pocketgpt import checkpoints
from pocketgpt.chat import Message, Reply, encode_text, prompt
from pocketgpt.chat.template import check
from pocketgpt.evaluation.probes import fit
from pocketgpt.model import rms_norm
from pocketgpt.sft.conversations import REFUSAL, FactQuestion, split_people
from pocketgpt.tokenizer import Tokenizer
from pocketgpt.world import FACTS, load_tables
from pocketgpt_lessons.evidence import evidence_of
from pocketgpt_lessons.hallucination import confidence_signals, experiments, fixed_exam, looking_up, own_parts, study
from pocketgpt_lessons.hallucination.exercises import EXPECTED_SCORE
from pocketgpt_lessons.hallucination.fixed_exam import ABSENT, HARDLY, KNOWN, SOME

BYTES = Tokenizer([])


@pytest.fixture(scope="module")
def tables():
    return load_tables()


# --- The exam -----------------------------------------------------------------------------------------------


def test_the_exam_asks_only_about_people_and_in_words_that_no_conversation_has(tables):
    asked = fixed_exam.exam_questions(tables)
    taught = {person.name for person in split_people(tables)[0]}
    held_out = {w.text for w in tables.wordings if w.kind == "question" and w.split == "held-out"}
    for group, questions in asked.items():
        assert len(questions) == fixed_exam.FACTS_ASKED[group] * len({q.row.name for q in questions}) > 150
        assert len({(q.row.name, q.fact) for q in questions}) == len(questions)
        for question in questions:
            assert question.row.name not in taught
            assert question.text.replace(question.row.name, "{name}") in held_out
    for group, (low, high) in fixed_exam.PAGES.items():
        assert {low <= q.row.mentions <= high for q in asked[group]} == {True}
    assert {q.row for q in asked[ABSENT]} <= set(tables.absent)


FOUND = {
    KNOWN: ["right", "right", "right", "refused"],
    SOME: ["wrong", "refused"],
    ABSENT: ["refused", "refused", "wrong", "wrong"],
}


def test_rates_by_hand():
    assert fixed_exam.three_rates(FOUND) == (0.75, 0.5, 0.25)
    assert fixed_exam.wrong_and_right(FOUND) == (0.3, 0.3)
    grades, known = fixed_exam.known_or_absent(FOUND)
    assert grades == FOUND[KNOWN] + FOUND[ABSENT] and known == [True] * 4 + [False] * 4
    assert fixed_exam.tabled(FOUND).splitlines()[2].split()[-3:] == ["0%", "50%", "50%"]


def test_the_price_of_refusing_is_what_had_been_right():
    before = {KNOWN: ["right", "wrong", "right", "right"]}
    assert fixed_exam.refused_instead(before, FOUND) == {"right": 1, "wrong": 0}
    assert fixed_exam.refused_instead(before, {KNOWN: ["refused"] * 4}) == {"right": 3, "wrong": 1}


def test_at_the_break_even_both_models_earn_as_much():
    bold = {KNOWN: ["right"] * 9 + ["wrong"], ABSENT: ["wrong"] * 10}
    careful = {KNOWN: ["right"] * 7 + ["refused"] * 3, ABSENT: ["refused"] * 9 + ["wrong"]}

    def earned(model, penalty, trick_share):
        means = []
        for group in (KNOWN, ABSENT):
            wrong, right = fixed_exam.wrong_and_right({group: model[group]})
            means.append(right - penalty * wrong)
        total = (1 - trick_share) * means[0] + trick_share * means[1]
        assert fixed_exam.points(model, trick_share, penalty, EXPECTED_SCORE.truth) == pytest.approx(total)
        return total

    costs = [fixed_exam.break_even(bold, careful, share) for share in study.TRICK_SHARES]
    for cost, share in zip(costs, study.TRICK_SHARES, strict=True):
        assert earned(bold, cost, share) == pytest.approx(earned(careful, cost, share))
    assert costs == sorted(costs, reverse=True)
    assert fixed_exam.break_even(careful, careful, 0.5) == 0
    assert fixed_exam.break_even(bold, {**bold, KNOWN: ["refused"] * 9 + ["wrong"]}, 0.0) == math.inf
    drawn = study.break_evens(bold, {**bold, KNOWN: ["refused"] * 9 + ["wrong"]})
    assert [point["y"] for point in drawn] == [study.DEAREST] * len(costs)


def test_counts_fold_and_unfold():
    again = fixed_exam.unfold(fixed_exam.counts(FOUND))
    assert {group: sorted(each) for group, each in again.items()} == {
        group: sorted(each) for group, each in FOUND.items()
    }


def test_a_threshold_refuses_what_is_below_it():
    scores = {KNOWN: [0.9, 0.5, 0.4, 0.1], SOME: [0.5, 0.6], ABSENT: [0, 0, 0.3, 0.7]}
    held_back = fixed_exam.with_threshold(FOUND, scores, 0.5)
    assert held_back[KNOWN] == ["right", "right", "refused", "refused"]
    assert held_back[SOME] == ["wrong", "refused"]
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


# --- Signals ------------------------------------------------------------------------------------------------


def test_each_comparison_has_its_own_groups():
    scores = {KNOWN: [4, 4], SOME: [3, 1, 2], HARDLY: [0, 5], ABSENT: [1, 2]}
    found = confidence_signals.comparisons(scores, {SOME: ["right", "wrong", "refused"]})
    assert found == (1.0, 0.5, 1.0)
    assert len(found) == len(confidence_signals.COMPARED)


def test_facts_of_the_same_person_are_compared(tables):
    ada, bob = tables.people[:2]
    asked = {SOME: [FactQuestion(person, "dish", "?") for person in (ada, ada, bob, bob, ada, ada)]}
    found = {SOME: ["right", "wrong", "right", "wrong", "wrong", "refused"]}
    same = confidence_signals.same_person
    assert same({SOME: [0.9, 0.2, 0.3, 0.3, 1.0, 0.0]}, asked, found) == (0.5, 3)  # higher, equal, lower
    assert same({SOME: [0.9, 0.2, 0.1, 0.8, 0.3, 1.0]}, asked, found) == (pytest.approx(2 / 3), 3)
    share, n = same({SOME: [1.0] * 6}, asked, {SOME: ["right"] * 6})
    assert math.isnan(share) and n == 0


def test_the_facts_probability_is_the_product_of_its_tokens(monkeypatch):
    tables = load_tables()
    question = FactQuestion(tables.people[0], "profession", "What is the job?")
    text = f"{tables.people[0].name} works as a baker."
    n, model = len(encode_text(text, BYTES)), tiny_model(vocab_size=BYTES.vocab_size, context=256)
    shares = [0.5] * (n - len("baker.")) + [0.9, 1.0, 0.8, 1.0, 1.0, 0.5]
    seen = []

    def fake(model, ids, start):
        seen.append((list(ids[:start]), len(ids) - start))
        return shares

    monkeypatch.setattr(confidence_signals, "token_probabilities", fake)
    replies = [Reply((Message("assistant", words),), True) for words in (text, "I am Pip.")]
    found = confidence_signals.mean_and_fact_probabilities(model, BYTES, tables, [question] * 2, replies)
    assert found[0] == (pytest.approx(fmean(shares)), pytest.approx(0.9 * 0.8 * 0.5))
    assert found[1][1] is None
    assert seen[0] == (prompt(question.conversation, BYTES, 256), n)


def test_calibration_counts_each_answer_in_its_bin():
    sure = [0.0, 0.19, 0.2, 0.5, 0.79, 0.8, 1.0, None]
    right = [False, True, True, True, False, True, True, True]
    bins = confidence_signals.calibration(sure, right)
    assert [(each["right"], each["n"]) for each in bins] == [(1, 2), (1, 1), (1, 2), (2, 2)]
    assert [each["x"] for each in bins] == pytest.approx([9.5, 20, 64.5, 90])
    runs = [{"calibration": bins}, {"calibration": [{"x": 30.0, "right": 0, "n": 4}]}]
    assert study.pooled_calibration(runs)[1] == {"x": 28.0, "right": 1, "n": 5}


def test_the_probe_of_the_notebook_agrees_with_that_of_the_package():
    generator = torch.Generator().manual_seed(0)
    labels = [i % 2 == 0 for i in range(200)]
    states = torch.randn(200, 8, generator=generator) + 0.8 * torch.tensor(labels)[:, None]
    ours, packaged = own_parts.probe_by(own_parts.fit_probe, states, labels), fit(states, labels)
    assert torch.corrcoef(torch.stack([ours(states), packaged(states)]))[0, 1] > 0.99
    weights = own_parts.probe_by(lambda x, y, steps, rate: [*x[0].tolist(), 0.5], states, labels).weights
    assert torch.allclose(weights, rms_norm(states)[0])


def test_a_learners_functions_are_taken_where_they_are_right(capsys):
    def entropy(answers):
        return 0.0

    def auroc(known, absent):
        return sum((a > b) + (a == b) / 2 for a, b in itertools.product(known, absent)) / len(known) / len(absent)

    own = own_parts.chosen(entropy=entropy, auroc=auroc)
    assert own.auroc is auroc and own.entropy(["a", "b"]) == 1
    assert capsys.readouterr().out == "Yours: auroc. Ours, until yours pass: entropy.\n"

    def fit_probe(states, labels, steps, rate): ...

    assert own_parts.chosen(fit_probe=fit_probe).fit_probe is own_parts.fit_probe  # not the truth of the check
    assert "none yet" in capsys.readouterr().out


# --- Pages and searches -------------------------------------------------------------------------------------


def test_a_false_page_differs_in_the_one_fact(tables):
    for question in fixed_exam.exam_questions(tables)[KNOWN][:40]:
        talk, value = looking_up.with_page(tables, question)
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
    found = looking_up.count_searches(known, absent, known_replies, absent_replies)
    assert found == looking_up.Searches(0.75, 0.5, needless=0.25, absent_searched=0.5, precision=0.5)
    nobody = looking_up.count_searches(known[1:3], absent[1:], known_replies[1:3], absent_replies[1:])
    assert nobody.precision == 0


def test_an_answer_follows_the_page_or_memory_or_neither(tables, monkeypatch):
    questions = fixed_exam.exam_questions(tables)[KNOWN][:3]

    def fake(model, tokenizer, talks, max_tokens):
        of_page = looking_up.with_page(tables, questions[0])[1]
        said = [f"It is {of_page}.", f"It is {questions[1].value}.", "It is odd."]
        return [Reply((Message("assistant", text),), True) for text in said]

    monkeypatch.setattr(looking_up, "replies", fake)
    found = looking_up.page_or_memory(None, None, tables, questions)
    assert [each.follows for each in found] == ["the page", "memory", "something else"]
    assert found[2].answer == "It is odd." and found[2].in_tables == questions[2].value != found[2].on_page
    assert list(looking_up.shares(found).values()) == pytest.approx([1 / 3] * 3)


def test_a_stopped_study_goes_on_where_it_was(monkeypatch, tmp_path):
    done = []

    def run(base, reader, tokenizer, tables, seed):
        if len(done) == 2:
            done.append("stopped")
            raise KeyboardInterrupt
        done.append(seed)
        return {"seed": seed}

    monkeypatch.setattr("pocketgpt_lessons.evidence.EVIDENCE", tmp_path)
    monkeypatch.setattr(study, "one_run", run)
    with pytest.raises(KeyboardInterrupt):
        study.study(load_tables())
    assert [each["seed"] for each in study.study(load_tables())["runs"]] == [0, 1, 2, 3, 4]
    assert done == [0, 1, "stopped", 2, 3, 4]


# --- The shipped evidence -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def runs():
    return evidence_of("05")["runs"]


def test_the_shipped_evidence_belongs_to_todays_base():
    """When base is trained anew, the study must be run again: its numbers no longer describe the notebook."""
    assert evidence_of("05")["data_hash"] == checkpoints.read_card(checkpoints.SHIPPED / "base")["data_hash"]


def test_the_shipped_evidence_shows_what_the_notebook_claims(runs):
    assert len(runs) >= 5
    plain, honest = study.graded(runs, "assistant"), study.graded(runs, "honest")
    assert fmean(found[ABSENT].count("wrong") / len(found[ABSENT]) for found in plain) >= 0.9
    assert fmean(fixed_exam.three_rates(found)[0] for found in plain) >= 0.95
    right, refused, wrongly = (fmean(each) for each in zip(*map(fixed_exam.three_rates, honest), strict=True))
    assert right >= 0.85 and refused >= 0.9 and wrongly <= 0.1
    assert all(found[ABSENT].count("refused") == 0 for found in plain)
    for run in runs:
        assert 0 < run["refused instead"]["right"] <= run["honest"][KNOWN]["refused"]


def test_the_shipped_evidence_shows_how_well_signals_work(runs):
    for aurocs in study.compared(runs).values():
        easy, name_only, right_or_wrong = zip(*aurocs, strict=True)
        assert min(easy) > 0.9 and fmean(name_only) < 0.65 and min(right_or_wrong) > 0.75
    points = study.pooled_calibration(runs)
    assert [round(point["x"]) for point in points] == [5, 34, 68, 97]  # pooled: the notebook says "68%" and "88%"
    shares = [point["right"] / point["n"] for point in points]
    assert round(100 * shares[2]) == 88
    middle = [next(point for point in run["calibration"] if 50 <= point["x"] < 80) for run in runs]
    assert all(100 * point["right"] / point["n"] > point["x"] for point in middle)  # too modest, in each run
    assert shares == sorted(shares) and shares[0] < 0.2 and shares[-1] > 0.8


def test_the_shipped_evidence_shows_from_when_on_honesty_pays(runs):
    for bold, careful in zip(study.graded(runs, "assistant"), study.graded(runs, "honest"), strict=True):
        costs = [point["y"] for point in study.break_evens(bold, careful)]
        assert all(a > b > 0 for a, b in itertools.pairwise(costs))
        assert 0.39 < costs[0] < 2.3 and 0.05 < costs[-1] < 0.13  # "0.4 to 2.3 points", "about 0.1"
    assert min(study.right_answers_lost(runs)) == 6 and max(study.right_answers_lost(runs)) == 20


def test_the_shipped_evidence_shows_what_a_search_does(runs):
    def mean(part, name):
        return fmean(run["tools"][part][name] for run in runs)

    assert mean("searches", "absent_searched") > 2 * mean("searches", "needless")
    assert mean("searches", "absent_right") > 0.5
    assert all(run["tools"]["page or memory"]["the page"] > run["tools"]["page or memory"]["memory"] for run in runs)
