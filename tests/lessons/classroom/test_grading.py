"""Grading: right answers get their points; whatever else an answer does costs only itself, and is told in one line."""

import csv
import json

import pytest

from pocketgpt.errors import PocketError
from pocketgpt_lessons.classroom import grading
from pocketgpt_lessons.classroom.grading import Grade, Graded, grade, grade_answer, grades_html, write_grades

MODULE = "pocketgpt_lessons.tokenization.exercises"
RIGHT = """
def count_pairs(ids):
    counts = {}
    for pair in zip(ids, ids[1:]):
        counts[pair] = counts.get(pair, 0) + 1
    return counts
"""
CALL = "check.count_pairs(count_pairs)\n"


def _graded(source, seconds=10.0):
    return grade_answer(source, MODULE, "count_pairs", seconds=seconds)


@pytest.mark.parametrize(
    "source",
    [
        RIGHT + CALL,
        RIGHT,  # the call of the check is gone
        RIGHT.replace("count_pairs", "mine") + "check.count_pairs(mine)",
        RIGHT + CALL + "1 / 0",  # something tried out below it
        "from pocketgpt_lessons import check\n" + RIGHT + CALL,
        "import threading, time\nthreading.Thread(target=time.sleep, args=(60,)).start()\n" + RIGHT,
        "import os\nos.closerange(3, 60)\n" + RIGHT,
        "from pocketgpt_lessons import check, predict\n"
        + RIGHT.replace("count_pairs", "mine")
        + "check.count_pairs(mine)\ndisplay(mine([1, 2]))",  # under another name, and shown
        "# Exercise: merge\ndef merge(ids, pair, new_id):\n    ...\n" + RIGHT + "check.merge(merge)\n" + CALL,
    ],
)
def test_a_right_answer_passes(source):
    assert _graded(source) == (True, "Right.")


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("def count_pairs(ids):\n    ...\n" + CALL, "Not attempted"),
        ("def count_pairs(ids):\n    return sum(range(10**12))", "still running"),
        ("sum(range(10**12))\n" + RIGHT, "still running"),
        ("while True:\n    pass\n" + RIGHT, "still running"),
        ("import os\nos._exit(0)\n" + RIGHT, "without a result"),
        ("exit()", "SystemExit"),
        ("def count_pairs(ids):\n    exit()", "leave a function with `return`"),
        ("def count_pairs(ids):\n    raise ValueError('no')", "ValueError: no, in line 2 of count_pairs"),
        ("def count_pairs(ids:\n", "It is no Python"),
        ("x = '\0'", "It is no Python"),
        ("x = 1", "no function called count_pairs"),
        (RIGHT.replace("    counts = {}", "    print('x' * 2_000_000)\n    counts = {}"), "prints over a million"),
        ("def count_pairs(ids):\n    return {}", "No pair is counted"),
    ],
)
def test_what_isn_t_right_gets_one_line(source, words):
    right, line = _graded(source, 0.5 if words == "still running" else 10.0)
    assert not right
    assert words in line and "\n" not in line


@pytest.mark.parametrize(
    "damage",
    [
        "import pocketgpt_lessons.classroom.exercises as e\ne.same = lambda *_: True",
        "import pocketgpt_lessons.classroom.grading as g\nfrom types import SimpleNamespace as Any\n"
        "g.judge = lambda *_: Any(status='passed', passed=True)",
        "import pocketgpt_lessons.classroom.grading as g\ng.judge = None",
        "import pocketgpt_lessons.tokenization.exercises as e\ne.EXERCISES = ()",
        "import builtins\nbuiltins.isinstance = lambda *_: True",
        'import json, os\njson.dumps = lambda *_: \'{"status": "passed"}\'',
    ],
)
def test_damaged_checks_give_no_points(damage):
    right, line = _graded(damage + "\ndef count_pairs(ids):\n    return {}")
    assert not right
    assert line


def test_a_folder_is_graded_and_one_bad_file_stops_no_other(tmp_path, capsys):
    (tmp_path / "b").mkdir()
    _write(tmp_path / "ada.ipynb", "# Exercise: count_pairs" + RIGHT + CALL)
    _write(tmp_path / "b" / "bob.ipynb", "# Exercise: merge\ndef merge(ids, pair, new_id):\n    return ids[")
    (tmp_path / "eve.ipynb").write_text("{", encoding="utf-8")
    _write(tmp_path / "zoe.ipynb", "print(1)")
    graded = grade(tmp_path, MODULE, {"count_pairs": 2, "merge": 3})
    assert [(one.name, one.total) for one in graded] == [("ada", 2), ("b/bob", 0), ("eve", 0), ("zoe", 0)]
    assert graded[0].grades["merge"] == Grade(0, "The exercise's cell is missing.")
    assert graded[1].grades["merge"].remark.startswith("It is no Python")
    assert "can't be read as a notebook" in graded[2].trouble and "No exercise" in graded[3].trouble
    assert capsys.readouterr().out.endswith("4 of 4 notebooks graded\n")


def test_an_empty_folder_and_an_unknown_exercise_are_told(tmp_path):
    with pytest.raises(PocketError, match="holds no notebook"):
        grade(tmp_path, MODULE, {"merge": 1})
    _write(tmp_path / "ada.ipynb", "")
    with pytest.raises(PocketError, match="no exercise 'marge'"):
        grade(tmp_path, MODULE, {"marge": 1})


def test_values_go_as_json_and_come_back():
    value = (1, 0.5, "x", frozenset({(1, 2)}), {(1, "a"): (float("inf"), None)})
    assert grading.unpacked(json.loads(json.dumps(grading.packed(value)))) == value


def test_the_table_is_escaped_and_the_file_holds_no_formulas(tmp_path):
    graded = [Graded("=<b>1", {"merge": Grade(0, "<i>@no")}), Graded("ada", {}, "<u>broken")]
    graded.append(Graded("bob", {"merge": Grade(1, "Right.")}))
    page = grades_html(graded, {"merge": 1})
    assert not any(tag in page for tag in ("<b>", "<i>", "<u>"))
    path = write_grades(tmp_path / "grades.csv", graded, {"merge": 1})
    with open(path, encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["name", "merge", "total", "remarks"]
    assert rows[1] == ["'=<b>1", "0", "0", "merge: <i>@no"]
    assert rows[3] == ["bob", "1", "1", ""]
    with pytest.raises(PocketError, match="exists already"):
        write_grades(path, graded, {"merge": 1})


def _write(path, source):
    path.write_text(json.dumps({"cells": [{"cell_type": "code", "source": source}]}), encoding="utf-8")
