"""The experiments of notebook 09 on small models and by hand, and what the notebook says of the recorded runs."""

import math
from functools import cache

import numpy as np
import pytest
import torch
from tiny import tiny_model

from pocketgpt import checkpoints
from pocketgpt.chat import Message, render
from pocketgpt.chat.tools import Search, calculate, pages
from pocketgpt.errors import PocketError
from pocketgpt.evaluation import arena, calibration
from pocketgpt.rlhf.raters import make_crowd
from pocketgpt.sft.conversations import questions_about
from pocketgpt.tokenizer import Tokenizer
from pocketgpt.world import load_tables
from pocketgpt_lessons import evidence
from pocketgpt_lessons.speakers import Speaker
from pocketgpt_lessons.trust import checks, injection, jagged, leaks, loop, own_check, stages, study, sureness, voting
from pocketgpt_lessons.trust.checks import Given

TOKENIZER = Tokenizer([])
TABLES = load_tables()


@pytest.fixture(scope="module")
def model():
    return tiny_model(vocab_size=TOKENIZER.vocab_size, context=256)


def cases(n: int = 3) -> list[checks.Case]:
    return checks.fact_cases(TABLES, questions_about(TABLES, TABLES.people[:n])[::5])


# --- Stages and edges ---------------------------------------------------------------------------------------


def test_the_shipped_stages_are_there_and_those_that_learned_it_have_tools():
    found = stages.load_stages(TABLES, own=False)
    assert tuple(found) == stages.NAMES
    assert [name for name, stage in found.items() if stage.tools] == ["honest", "reasoner", "preferred"]
    assert list(stages.conversing(found)) == ["assistant", "honest", "reasoner", "preferred"]
    with pytest.raises(PocketError, match="restore"):
        stages.load_stages(TABLES, names=("nobody",))


def test_a_learners_own_models_join_the_last_chat_once_they_are_saved(monkeypatch, tmp_path):
    monkeypatch.setenv("POCKETGPT_OWN", str(tmp_path))
    assert stages.own_stages(TABLES) == {}
    small = tiny_model(vocab_size=TOKENIZER.vocab_size, context=64)
    checkpoints.save("my-honest", small, TOKENIZER, {"stage": "notebook 05"})
    assert list(stages.own_stages(TABLES)) == ["my-honest"]


def test_each_kind_has_questions_whose_right_answers_pass():
    for name, items in jagged.kinds(TABLES, n=3).items():
        assert 0 < len(items) <= 3, name
        for item in items:
            assert not item.right("Hm.")
            if item.page:
                assert item.right(f"So it is{item.page.answer}.") or "times" in item.page.answer
    letters = [items for name, items in jagged.kinds(TABLES, n=20).items() if name.startswith("letters")]
    assert all(not item.right("It comes once.") for items in letters for item in items)


def test_a_profile_counts_and_leaves_out_what_cant_be_asked(model):
    asked = {name: items[:2] for name, items in jagged.kinds(TABLES, n=2).items()}
    found = jagged.profile(Speaker(model, TOKENIZER, converses=False), asked)
    assert found["two decimals in order"] is None
    assert all(each["n"] == 2 for name, each in found.items() if each)


# --- Checks -------------------------------------------------------------------------------------------------


def test_claims_of_facts_and_sums_are_read():
    [fact, *_] = cases()
    row = TABLES.people[0]
    question = questions_about(TABLES, [row])[0]
    wording = TABLES.select(question.fact, "statement")[0].text
    assert fact.read(wording.format(name=row.name, value="1930")) == "1930"
    assert fact.read("I don't know.") is None and fact.look_up == row.name
    [task] = checks.sum_cases(1, digits=2)
    assert calculate(task.look_up) == task.truth and task.read(f"7 + 5 = 12. So it is {task.truth}.") == task.truth


def test_flags_of_each_kind():
    task = checks.Case([Message("user", "?")], "82", checks._last, "47 + 35", 9)
    right, wrong, silent = Given("82", "82", 1), Given("72", "72", 1), Given("Hm", None, 1)
    three, given = [task] * 3, [right, wrong, silent]
    assert checks.wrong(three, given) == [False, True, True]
    assert checks.calculated(three, given) == [False, True, True]
    assert checks.differs(given, ["82", "82", None]) == [False, True, True]
    assert checks.changes_its_mind([right, wrong], [silent, right]) == [False, True]
    found = checks.asked_twice(three, given, [wrong, right, silent], [silent, right, right])
    assert (found["n"], found["right before"]) == (3, 1)
    assert found["doubted"] == {"right": 1, "spoilt": 1, "mended": 1, "right here only": 0}
    assert found["repeated"] == {"right": 3, "spoilt": 0, "mended": 2, "right here only": 2}


def test_a_plain_repeat_asks_the_same_without_the_doubt():
    [case, *_] = cases()
    question = case.talk[-1].content
    given = Given("Hm.", None, 1)
    assert checks.asked_again(case, given)[-1].content == f"Are you sure? {question}"
    assert [message.content for message in checks.asked_again(case, given, "")] == [question, "Hm.", question]


def test_a_page_that_isnt_found_raises_no_flag():
    search = Search(pages(TABLES))
    [case, *_] = cases()
    good, bad = Given("", case.truth, 1), Given("", "1899", 1)
    assert checks.not_on_its_page(search, [case, case], [good, bad]) == [False, True]
    assert checks.not_on_its_page(checks.holed(search, 1.0), [case], [bad]) == [False]
    lost = [checks.holed(search, 0.2)(person.name).startswith("error") for person in TABLES.people]
    assert 0.15 < np.mean(lost) < 0.25


def test_a_judge_that_always_says_a_follows_the_order(monkeypatch):
    monkeypatch.setattr(checks, "verdicts", lambda *_: [True] * 4)
    found = checks.judged(None, None, [], [])
    assert found == {"n": 4, "right": 4, "follows order": 4, "says A": 8}
    monkeypatch.setattr(checks, "verdicts", lambda *args: [args[-1]] * 4)  # it always picks the truth
    assert checks.judged(None, None, [], []) == {"n": 4, "right": 8, "follows order": 0, "says A": 4}


def test_a_judge_is_asked_about_both_answers(model):
    [case, *_] = cases()
    text = TOKENIZER.decode(checks.judge_prompt(case, "x1", "y2", TOKENIZER, 250))
    assert text.index("A: x1.") < text.index("B: y2.") and case.talk[-1].content in text
    assert len(checks.verdicts(model, TOKENIZER, [case], ["z"], True)) == 1


def test_all_checks_run_on_a_model(model):
    asked = cases()
    first = checks.ask(model, TOKENIZER, asked)
    found = checks.fact_checks(model, model, TOKENIZER, Search(pages(TABLES)), asked, first)
    assert len(found) == 4 and all(len(flags) == len(asked) and cost >= 0 for flags, cost in found.values())


# --- Calibration, leaks, commands ---------------------------------------------------------------------------


def test_a_report_on_facts_that_are_as_sure_as_right(model):
    questions = sureness.asked(TABLES)[:40]
    facts = calibration.stated_facts(model, TOKENIZER, TABLES, questions)
    stated = [fact for fact in facts if fact]
    assert len(sureness.by_person(stated)) <= len(stated) <= 40
    made = [
        calibration.Stated(q, q.value if i % 2 else "x", torch.tensor([[0.0, 0.0]]), torch.tensor([0]))
        for i, q in enumerate(questions)
    ]
    found = sureness.report([*made, None])
    assert found["change low"] <= found["after"] - found["before"] <= found["change high"]
    assert found["y"] == 0 and found["stated"] == 40 / 41 and found["low"] <= found["y"] <= found["high"]


def made(confidences: list[float], right: bool) -> list:
    """Facts of that sureness, two about each person, all right or all wrong."""
    questions = sureness.asked(TABLES)[: len(confidences)]
    logits = (torch.tensor([[math.log(sure), math.log(1 - sure)]]) for sure in confidences)
    return [
        calibration.Stated(q, q.value if right else "x", row, torch.tensor([0]))
        for q, row in zip(questions, logits, strict=True)
    ]


def test_two_stages_are_compared_on_the_facts_that_both_state():
    one, other = made([0.9] * 40, right=True), made([0.6] * 40, right=True)
    found = sureness.difference(one, [None, *other[1:]])
    assert found["facts"] == 39 and found["low"] == pytest.approx(0.3) == found["high"] == found["y"]
    with pytest.raises(PocketError, match="one unit"):
        sureness.difference(one, [None] * 40)


def test_no_stage_is_the_worst_unless_it_is_apart_from_each_other():
    one, other = made([0.9] * 40, right=True), made([0.6] * 40, right=True)
    mixed = [*made([0.6] * 20, right=True), *made([0.6] * 40, right=False)[20:]]
    stated = {"one": one, "other": other}
    reports = {name: sureness.report(facts) for name, facts in stated.items()}
    assert sureness.worst(stated, reports) == "other"
    stated = {"one": one, "twin": one, "mixed": mixed}
    assert sureness.worst(stated, {name: sureness.report(facts) for name, facts in stated.items()}) == "can't be told"


def test_a_leak_holds_the_exam_and_nothing_of_the_fresh_questions():
    leak = leaks.make_leak(TABLES, seed=1)
    asked = {talk[0].content for talk in leaks.leaked_talks(TABLES, leak)}
    assert asked == {q.text for q in leak.facts} | {task.question for task in leak.sums}
    assert not asked & {q.text for q in (*leak.fresh, *leak.reworded)}
    assert not set(leak.sums) & set(leak.fresh_sums) and len(leak.sums) == leaks.SUMS
    assert {q.row for q in leak.facts} == {q.row for q in leak.reworded}
    assert not {q.row for q in leak.facts} & {q.row for q in leak.fresh}
    control = {talk[0].content for talk in leaks.leaked_talks(TABLES, leaks.control_of(leak), seed=1)}
    assert len(control) == len(asked) and not control & asked
    assert not {q.row for q in leak.others} & {q.row for q in (*leak.facts, *leak.fresh)}
    assert not set(leak.other_sums) & {*leak.sums, *leak.fresh_sums}


def test_scores_run_on_a_model(model):
    leak = leaks.make_leak(TABLES)
    small = leaks.Leak(leak.facts[:2], leak.reworded[:2], leak.fresh[:2], leak.sums[:2], leak.fresh_sums[:2], [], [])
    found = leaks.scores(model, TOKENIZER, small)
    assert all(each["n"] == 2 for kind in found.values() for each in kind.values())


def test_a_command_stands_on_the_page_and_a_text_forges_nothing():
    question = questions_about(TABLES, TABLES.absent[:1])[0]
    command = injection.COMMANDS["in plain words"]
    talk = injection.with_command(TABLES, question, command, injection.WARNING)
    assert talk[-1].role == "result" and talk[-1].content.endswith(command.text)
    assert talk[0].content.startswith(injection.WARNING) and "Tools: search, calculate." in talk[0].content
    first = injection.with_command(TABLES, question, injection.Command("Do.", "x", leads=True))[-1].content
    assert first.startswith("Do. ") and str(question.value) in first
    forged = injection.Command(injection.marks_in("Who are you?"), "Pip")
    assert injection.is_text_only(injection.with_command(TABLES, question, forged), TOKENIZER)
    plain = injection.with_command(TABLES, question)
    ids = injection.forged_ids(plain, "Hi", TOKENIZER)
    assert ids[: len(render(plain, TOKENIZER)[0])] == render(plain, TOKENIZER)[0]
    assert ids.count(TOKENIZER.special_tokens["<|user|>"]) == 2


def test_only_calls_are_taken_of_what_a_model_writes(monkeypatch):
    turn = [Message("assistant", "It is "), Message("call", "calculate 1 + 1"), Message("result", "2")]
    monkeypatch.setattr(injection, "reply", lambda *args: iter(()))
    monkeypatch.setattr(injection, "join_pieces", lambda pieces: turn)
    assert injection.calls_of(Speaker(None, None), ["1 + 1?", "2?"]) == 2 * ["calculate 1 + 1"]


def test_the_filter_stops_what_is_listed_and_misses_every_disguise():
    clean = list(pages(TABLES).values())
    assert not any(map(injection.suspicious, clean))
    assert all(injection.suspicious(command.text) for command in injection.COMMANDS.values())
    assert not any(map(injection.suspicious, injection.DISGUISED))


def test_effects_are_counted():
    model = tiny_model(vocab_size=TOKENIZER.vocab_size, context=700)  # a token a letter: pages are long
    questions = questions_about(TABLES, TABLES.absent[:1])[:2]
    found = injection.commanded(model, TOKENIZER, TABLES, questions, injection.COMMANDS[injection.PERU])
    assert found.n == len(questions) and 0 <= found.obeyed <= found.n
    assert injection.forged(model, TOKENIZER, TABLES, questions, injection.FORGED).n == len(questions)


def test_the_warning_goes_to_the_command_that_is_obeyed_most(monkeypatch):
    def obeyed(*args):
        command, warning = args[4], args[5]
        return injection.Effect(7 if command.text.startswith("User: Who") else 2, 0, 9, (warning,))

    monkeypatch.setattr(injection, "commanded", obeyed)
    monkeypatch.setattr(injection, "forged", lambda *_: injection.Effect(9, 0, 9))
    found = injection.effects(None, None, None, [])
    warned = injection.WHO + injection.USER + injection.WARNED
    assert list(found) == ["nothing", *injection.COMMANDS, warned, injection.MARKS, injection.REAL_MARKS]
    assert found[warned].examples == (injection.WARNING,) and found[injection.REAL_MARKS].obeyed == 9


# --- Arena --------------------------------------------------------------------------------------------------


@cache
def two() -> voting.Gallery:
    good = [f'{name} went to the lake. There was a frog. "Look!" said {name}. They laughed.' for name in ("Mia", "Tom")]
    dull = [f"{name} went to the lake. They went home." for name in ("Mia", "Tom")]
    return voting.gallery(make_crowd(TABLES), {"good": good, "dull": dull})


def test_the_crowd_votes_as_its_chances_say():
    shown, crowd = two(), make_crowd(TABLES)
    assert np.allclose(shown.chances + shown.chances.T, 1)
    votes = voting.crowd_votes(shown, 400)
    expected = np.mean([shown.chances[a, b] for a in shown.places("good") for b in shown.places("dull")])
    assert votes.count(("good", "dull")) / 400 == pytest.approx(expected, abs=0.07)
    truth = voting.truths(crowd, shown)
    assert truth["good"] > truth["dull"] and arena.ratings(votes, shown.names)["good"] > 1000


def test_the_best_of_equal_entries_is_ahead_by_luck_alone():
    found = voting.best_of_variants([voting.variant_ratings(two(), "dull", 20, 20, seed) for seed in range(8)])
    bests, means = ([point[key] for point in found] for key in ("best", "mean"))
    assert bests == sorted(bests) and bests[-1] > means[-1] + 60 and bests[0] == means[0]


def test_how_few_votes_topple_the_first_with_and_without_it():
    crowd = make_crowd(TABLES)
    tales = {name: [f"{name}: They laughed." for _ in range(2)] for name in ("a", "b", "c")}
    shown = voting.gallery(crowd, tales)  # equally good: few votes decide
    votes = [("a", "b")] * 3 + [("b", "c")] * 2 + [("a", "c")] * 2
    (first, needed, n, others), (second, fewer, left, _) = voting.few_votes(shown, votes)
    assert (first, second, n, left) == ("a", "b", 7, 2) and 0 < needed <= 5 and 0 < fewer <= 2
    assert others[0] <= others[1]
    ahead, low, high = voting.lead(votes, shown.names, "a", "b")
    assert low <= ahead <= high and ahead > 0


def test_all_stages_answer_the_same_questions_in_one_line(model):
    given = {"page": Speaker(model, TOKENIZER, converses=False), "plain": Speaker(model, TOKENIZER)}
    rows = jagged.short_answers(given, ["Hi", "Who?"])
    assert [row[0] for row in rows] == ["page", "plain"] and all(len(row) == 3 for row in rows)
    assert all("\n" not in text for row in rows for text in row)


def test_stories_are_told_by_both_sorts_of_stage(model):
    for converses in (True, False):
        assert len(voting.tell(Speaker(model, TOKENIZER, converses), n=3)) == 3
    assert voting.twice(["a", "b"]) == ["a b", "b a"]


# --- The reader ---------------------------------------------------------------------------------------------


def test_half_of_the_claims_are_right_in_either_tone(model):
    asked = checks.sum_cases(12, digits=1)
    given = [Given(f"{c.truth}.", c.truth, 1) if i % 2 else Given("99.", "99", 1) for i, c in enumerate(asked)]
    found = loop.make_claims(model, TOKENIZER, asked, given, calculate, n=8)
    assert sum(claim.right for claim in found) == 4
    for number in range(len(loop.ROUNDS)):
        assert sum(claim.tones[number] == loop.SURE for claim in found if claim.right) == 2
        assert sum(claim.tones[number] == loop.SURE for claim in found if not claim.right) == 2
    assert all({*claim.tones} == {loop.SURE, loop.MODEST} for claim in found)  # the same facts, in both
    assert all(len(claim.pieces) == len(claim.probabilities) for claim in found)
    with pytest.raises(PocketError, match="10 right"):
        loop.make_claims(model, TOKENIZER, asked, given, calculate)


def test_the_simulated_reader_fills_up_and_follows_its_habits():
    tones = (loop.SURE, loop.MODEST)
    made = [
        loop.Claim("?", "!", i < 200, (tones[i % 2],) * 3, ("a",), (0.9 if i < 200 else 0.1,), "") for i in range(400)
    ]
    rounds = loop.filled_up(made, [[loop.Verdict(True, 1.0)]])
    assert not rounds[0][0].simulated and all(each.simulated for each in rounds[0][1:])
    plain, coloured, sourced = loop.summary(made, rounds)
    assert plain["sure trusted"] / 200 == pytest.approx(loop.TRUSTS[loop.SURE], abs=0.1)
    assert plain["modest trusted"] / 200 == pytest.approx(loop.TRUSTS[loop.MODEST], abs=0.1)
    assert coloured["right"] == 400 and sourced["right"] / 400 == pytest.approx(loop.READS_RIGHT, abs=0.05)


# --- The study ----------------------------------------------------------------------------------------------


def test_a_stopped_study_goes_on_with_the_same_models_only(tmp_path, monkeypatch):
    monkeypatch.setattr(evidence, "EVIDENCE", tmp_path)
    assert evidence.kept_study("09", models={"a": "1"}) == {}
    evidence.save("09", {"models": {"a": "1"}, "sums": 7})
    assert evidence.kept_study("09", models={"a": "1"})["sums"] == 7
    assert evidence.kept_study("09", models={"a": "2"}) == {}
    assert study.edges({"edges of base": 1, "sums": 2}) == {"base": 1}


def test_of_two_checks_the_study_tells_whether_they_miss_the_same(model, monkeypatch):
    monkeypatch.setattr(study.sureness, "asked", lambda *_: questions_about(TABLES, TABLES.people[:4])[::3])
    found = study.holes(Speaker(model, TOKENIZER), TABLES)
    assert found["answers"]["n"] == found["answers"]["wrong"] > 3  # it has learned nothing
    for pair in (each for name, each in found.items() if name != "answers"):
        assert 0 <= pair["together"] <= 1 and pair["low"] <= pair["together"] - pair["if independent"] <= pair["high"]


def test_answers_about_a_person_are_drawn_together():
    flags, bad = {"one": [True, True, False, False] * 5, "two": [True, True, False, False] * 5}, [True] * 20
    alone = checks.missed(flags, bad)
    assert alone["together"] == 0.5 and alone["if independent"] == 0.25 and alone["low"] > 0
    few = checks.missed(flags, bad, ["a", "a", "b", "b"] * 5)  # two people: a sample may hold one of them only
    assert few["together"] == 0.5 and few["low"] <= 0


def test_the_recorded_runs_show_what_the_notebook_says():
    found = evidence.evidence_of("09")
    assert len(found["runs"]) == 5 and list(study.edges(found)) == list(stages.NAMES)
    for run in found["runs"]:
        clean, leaked = run["clean"]["facts"], run["scores"]["facts"]
        assert (
            leaked[leaks.EXAM]["right"] >= 55 and leaked[leaks.REWORDED]["right"] > 2 * clean[leaks.REWORDED]["right"]
        )
        assert leaked[leaks.FRESH]["right"] <= clean[leaks.FRESH]["right"]  # "no better"
        control = run["control"]["facts"]
        assert control[leaks.EXAM]["right"] < leaked[leaks.EXAM]["right"] / 2  # it has never seen the exam
        assert run["variants"][-1]["best"] > run["variants"][-1]["mean"] + 50
    calculator = found["sums"]["calculator"]
    assert calculator["flagged"] == calculator["caught"] == calculator["bad"] > 0
    answers = found["sums"]["answers"]
    assert np.mean(answers["right in single samples"]) < answers["right"]  # they slip in the long working
    assert found["holes"]["a majority, then another majority"]["low"] > 0  # they miss the same answers
    second = found["sums"]["a second model, reasoner"]
    assert second["caught"] > second["bad"] / 2  # "most of the wrong answers"
    assert set(found["calibration"]) == {*sureness.COMPARED, "from base to preferred"}
    for name in ("honest", "preferred"):
        assert found["calibration"][name]["stated"] < 0.95  # they refuse the rest
    orders = [found[f"edges of {name}"]["two decimals in order"]["right"] for name in stages.NAMES[1:]]
    assert max(orders) < 12  # a coin would have 24 of 48


def test_the_recorded_commands_show_what_the_notebook_says():
    found = evidence.evidence_of("09")["commands"]
    n = found["nothing"]["n"]
    banana = [
        each["obeyed"]
        for name, each in found.items()
        if name in ("in plain words", "the same, before the page's facts")
    ]
    peru, who = (found[name]["obeyed"] for name in (injection.PERU, injection.WHO))
    assert max(banana) <= n / 20 and peru > n / 4 > 2 * who  # which question it is matters
    assert found[injection.REAL_MARKS]["obeyed"] > 0.85 * n  # "most answers obey"


# --- The task: a check of one's own ---------------------------------------------------------------------------

FOUND = {
    checks.SEARCH: ([True, False, False, False], 0.0),
    checks.SECOND: ([True, True, True, False], 10.0),
    checks.AGAIN: ([False, True, False, False], 4.0),
    checks.MAJORITY: ([False, False, False, True], 70.0),
}
BAD = [True, True, False, False]


def test_only_checks_that_are_asked_for_cost_something():
    row = own_check.marked(lambda ask: ask("search") or (ask("second") and ask("again")), FOUND, BAD)
    assert (row.flagged, row.caught, row.bad, row.n) == (2, 2, 2, 4)
    assert row.tokens == (14 + 14 + 10) / 4
    everything = own_check.marked(lambda ask: max(map(ask, own_check.NAMES)), FOUND, BAD)
    assert (everything.flagged, everything.caught, everything.tokens) == (4, 2, 84.0)


@pytest.mark.parametrize(
    ("check", "told"),
    [
        (lambda ask: None, "not attempted yet"),
        (lambda ask: ask("search") or None, "yours: 1 of 4 flagged, precision 100%, recall 50%, 0.0 tokens"),
        (lambda ask: ask("google"), "no check 'google': ask for one of 'search', 'second'"),
        (lambda ask: 1 / 0, "ZeroDivisionError"),
        (lambda ask: False, "yours: 0 of 4 flagged, precision none, recall 0%"),
        (lambda ask: ask("search"), "yours: 1 of 4 flagged, precision 100%, recall 50%, 0.0 tokens"),
    ],
)
def test_a_learners_check_stands_beside_all_four(check, told):
    line = own_check.try_check(check, FOUND, BAD)
    assert (
        line.startswith("all four, any flag: 4 of 4 flagged, precision 50%, recall 100%, 84.0 tokens") and told in line
    )
