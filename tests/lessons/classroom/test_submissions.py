"""An exercise's answer is found in a notebook, with what it needs from the cells above."""

import json

import pytest

from pocketgpt.errors import PocketError
from pocketgpt_lessons.classroom.submissions import answer_source, code_cells

CELLS = [
    "import math, torch\nfrom re import findall as find",
    "def other():\n    return 1\n\n\nmodel = train(hours=10)\nFACTOR = 2",
    "def helper(x):\n    return FACTOR * math.exp(x)\n\n\nprint(helper(1))",
    "# Exercise: twice\ndef twice(x):\n    return helper(x)\n\n\ncheck.twice(twice)",
    "def helper(x):\n    return 0",
]


def test_only_what_the_answer_needs_is_taken_from_above():
    source = answer_source(CELLS, "twice")
    assert source is not None
    assert source.splitlines()[:4] == [
        "import math, torch",
        "FACTOR = 2",
        "def helper(x):",
        "    return FACTOR * math.exp(x)",
    ]
    assert source.endswith(CELLS[3])
    assert "train" not in source and "print" not in source and "other" not in source


def test_what_a_function_above_needs_may_stand_below_it_and_names_may_come_from_a_star_or_grow():
    cells = ["def logsum(x):\n    return math.log(x)", "import math", "from os.path import *", "k = 0\nother = 0"]
    answer = "# Exercise: f\ndef f(x):\n    return logsum(x) + k, basename('a/b')"
    source = answer_source([*cells, "k += 1", answer], "f")
    assert source is not None and "other" not in source
    space: dict = {}
    exec(source, space)
    assert space["f"](1) == (1.0, "b")


def test_a_missing_cell_is_told():
    assert answer_source(CELLS, "thrice") is None


def test_lines_for_the_shell_are_passed_over(tmp_path):
    path = tmp_path / "ada.ipynb"
    cell = {"cell_type": "code", "source": ["%pip install x\n", "!ls\n", "twice?\n", "y = 1"]}
    text = {"cell_type": "code", "source": "shell = '''\n!ls\n'''"}
    path.write_text(json.dumps({"cells": [cell, text]}), encoding="utf-8")
    assert code_cells(path) == ["pass\npass\npass\ny = 1", "shell = '''\n!ls\n'''"]


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"\xff", b'{"cells": 3}', b'{"cells": [{"cell_type": "code"}]}', b"[" * 100_000]
)
def test_a_file_that_is_no_notebook_gives_one_sentence(tmp_path, content):
    path = tmp_path / "ada.ipynb"
    path.write_bytes(content)
    with pytest.raises(PocketError, match="ada.ipynb can't be read as a notebook"):
        code_cells(path)
