"""The class report: a random class goes in, what comes out agrees with its files, and no file stops the others."""

import csv
import io
import json
import random
from html.parser import HTMLParser

import pytest
import random_class

from pocketgpt.errors import PocketError
from pocketgpt_lessons import LESSONS
from pocketgpt_lessons.classroom.class_files import REPORT, Answer, Guess, Learner, Tried, read_class
from pocketgpt_lessons.classroom.class_summary import exercise_summaries, prediction_summaries, question_summaries
from pocketgpt_lessons.classroom.predictions import Prediction
from pocketgpt_lessons.classroom.report import Course, report_csv, report_page, write_report

COURSE = Course({"01": ["merge", "encode"]}, {"01.best": Prediction("01.best", "Which?", ("a", "b"))})


class _Page(HTMLParser):
    """Counts tags, and fails where one is closed that isn't open."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.open, self.links = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name in ("src", "href")]
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def _learner(name="ada", passed=True, mistakes=(), guess=None, answers=()):
    predictions = {} if guess is None else {"01.best": guess}
    exercises = {"merge": Tried(passed, 1 + len(mistakes), dict.fromkeys(mistakes, 1))}
    return Learner(name, exercises, predictions, {"01.end": tuple(answers)})


def test_a_random_class_is_reported(tmp_path):
    random_class.make_class(tmp_path / "files", 3)
    (tmp_path / "files" / "broken.json").write_text("{", encoding="utf-8")
    course = Course({number: [] for number in LESSONS} | COURSE.exercises, {})
    told = write_report(tmp_path / "files", tmp_path, course)
    assert told[0] == "Read 3 files, left out 1." and told[1].startswith("broken: this is no progress file")
    page = _Page((tmp_path / "class_report.html").read_text(encoding="utf-8"))
    assert page.open == [] and page.tags.count("h1") == 1
    assert all(link.startswith("#") for link in page.links)  # nothing is fetched
    rows = list(csv.DictReader(io.StringIO((tmp_path / "class_report.csv").read_text(encoding="utf-8-sig"))))
    assert len(rows) == 3
    for row in rows:
        content = json.loads((tmp_path / "files" / f"{row['name']}.json").read_text(encoding="utf-8"))
        assert int(row["quiz questions right"]) == content["quiz_questions_right_at_first"]
        assert int(row["guesses"]) == content["predictions_made"]
        merge = content["exercises"].get("merge")
        assert row["exercise merge"] == ("" if merge is None else "passed" if merge["passed"] else "tried")


@pytest.mark.parametrize("n", [0, -1, 5_000])
def test_an_odd_number_of_random_learners_is_told(tmp_path, n):
    with pytest.raises(PocketError, match="the number of learners must be at least 1"):
        random_class.make_class(tmp_path / "files", n)


def test_a_random_class_is_never_mixed_with_other_files(tmp_path):
    (tmp_path / "ada.json").write_text("{}", encoding="utf-8")
    with pytest.raises(PocketError, match="name a new folder"):
        random_class.make_class(tmp_path, 1)


def test_the_levels_differ():
    chances = [random_class.LEVELS[level][0] for level in range(3)]
    assert chances == sorted(chances)
    assert len(set(random_class.names(30, random.Random(0)))) == 30


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "no progress file"),
        ("[]", "no progress file"),
        ('{"cells": []}', "no progress file"),
        ('{"pocketgpt_progress": 1, "exercises": {"merge": {"passed": "yes"}}}', "merge in exercises: passed is 'yes'"),
        ('{"pocketgpt_progress": 1, "exercises": {"merge": {"passed": true, "tries": -1}}}', "'-1' is no count"),
        ('{"pocketgpt_progress": 1, "predictions": {"x": {"guess": NaN}}}', "neither text nor number"),
        ('{"pocketgpt_progress": 1, "predictions": {"x": {"guess": 1e999}}}', "neither text nor number"),
        ('{"pocketgpt_progress": 1, "quizzes": {"x": {"answers": [3]}}}', "an answer is '3'"),
        ("[" * 100_000, "no progress file"),
        ('{"pocketgpt_progress": ' + "9" * 5000 + "}", "no progress file"),
    ],
)
def test_a_damaged_or_foreign_file_gives_one_line(tmp_path, content, words):
    (tmp_path / "ada.json").write_text('{"pocketgpt_progress": 1}', encoding="utf-8")
    (tmp_path / "bob.json").write_text(content, encoding="utf-8")
    learners, (trouble,) = read_class(tmp_path)
    assert [one.name for one in learners] == ["ada"]
    assert trouble.startswith("bob: ") and words in trouble and "\n" not in trouble


def test_each_file_that_is_not_read_is_named_whatever_the_case_of_its_ending(tmp_path):
    (tmp_path / "sub").mkdir()
    for name in ("ada.json", "BOB.JSON", "sub/cem.Json"):
        (tmp_path / name).write_text('{"pocketgpt_progress": 1}', encoding="utf-8")
    for name in ("dora.json.txt", "sub/eve", ".hidden", *REPORT):
        (tmp_path / name).write_text("x", encoding="utf-8")
    learners, troubles = read_class(tmp_path)
    assert [one.name for one in learners] == ["BOB", "ada", "sub/cem"]
    assert [trouble.split(":")[0] for trouble in troubles] == ["dora.json.txt", "sub/eve"]


def test_a_folder_without_files_is_told(tmp_path):
    with pytest.raises(PocketError, match="holds no file"):
        read_class(tmp_path)
    with pytest.raises(PocketError, match="no folder"):
        read_class(tmp_path / "missing")


def test_half_a_character_in_a_file_stops_nothing(tmp_path):
    quiz = {"01.end": {"answers": [{"question": "\ud800?", "chosen": "\udfff", "right": False}]}}
    (tmp_path / "ada.json").write_text(json.dumps({"pocketgpt_progress": 1, "quizzes": quiz}), encoding="utf-8")
    write_report(tmp_path, tmp_path, COURSE)
    assert "<h3>??</h3>" in (tmp_path / "class_report.html").read_text(encoding="utf-8")


def test_all_that_learners_wrote_is_escaped():
    bad = "<script>`x`</script>\n=1"
    answer = Answer(bad, bad, False)
    one = _learner(bad, False, (bad,), Guess(bad, False, bad), [answer])
    page = report_page([one], [bad], COURSE)
    assert "script" not in _Page(page).tags
    assert page.count("&lt;script&gt;") >= 6


def test_the_table_holds_no_formulas_and_keeps_numbers():
    learners = [_learner(name) for name in ("=1+1", "+1", "-1", "@x", "\t=1", "ada")]
    learners.append(_learner("bob", guess=Guess(-3.5, False, None)))
    rows = list(csv.reader(io.StringIO(report_csv(learners, COURSE))))
    names = [row[0] for row in rows[1:]]
    assert names == ["'=1+1", "'+1", "'-1", "'@x", "' =1", "ada", "bob"]
    assert rows[-1][-1] == "-3.5"


def test_mistakes_are_counted_by_learner_the_commonest_first():
    learners = [_learner(mistakes=("loses ids",)), _learner(passed=False, mistakes=("overlaps", "loses ids"))]
    (one, nobody) = exercise_summaries(learners, ["merge", "encode"])
    assert (one.tried, one.passed, one.tries) == (2, 1, 2.5)
    assert one.mistakes == (("loses ids", 2, 2), ("overlaps", 1, 1))
    assert nobody.tried == 0


def test_guesses_stand_beside_outcomes_and_late_ones_apart():
    guesses = [Guess("a", False, "b"), Guess("b", False, "b"), Guess("b", True, "b"), Guess("c", False, None)]
    (one,) = prediction_summaries([_learner(guess=guess) for guess in guesses], COURSE.predictions)
    assert [(bar.label, bar.guesses, bar.outcomes) for bar in one.bars] == [("a", 1, 0), ("b", 1, 3), ("c", 1, 0)]
    assert (one.guesses, one.late, one.right, one.compared) == (3, 1, 1, 2)


def test_numbers_get_bars_of_equal_width_open_at_the_ends():
    asked = {"01.best": Prediction("01.best", "How many?", slider=(0, 100, 5))}
    guesses = [Guess(value, False, 50) for value in (0, 5, 50, 100, 1000)]
    (one,) = prediction_summaries([_learner(guess=guess) for guess in guesses], asked)
    assert [bar.label for bar in one.bars] == [*(f"{i} to {i + 10}" for i in range(0, 90, 10)), "over 90"]
    assert [bar.guesses for bar in one.bars] == [2, 0, 0, 0, 0, 1, 0, 0, 0, 2]
    assert one.bars[5].outcomes == 5 and one.right == 1


def test_all_guesses_alike_still_make_a_bar():
    (one,) = prediction_summaries([_learner(guess=Guess(7, False, 7.0))] * 3, {})
    assert sum(bar.guesses for bar in one.bars) == 3 and one.right == 3


def test_the_hardest_question_comes_first():
    easy, hard = Answer("easy", "x", True), Answer("hard", "y", False)
    learners = [_learner(answers=[easy, hard]), _learner(answers=[easy, Answer("hard", "z", True)])]
    first, last = question_summaries(learners)
    assert (first.question, first.share, first.wrong) == ("hard", 0.5, (("y", 1),))
    assert (last.question, last.share, last.wrong) == ("easy", 1.0, ())
