"""The exercises as they stand in the notebooks: a stub is not attempted yet, and the solution below it passes.

An exercise there is a code cell with the line `# Exercise: NAME` and a call `check.NAME(function)`; below it one
`<details>` holds a hint, and another the solution in a ```python fence.
"""

import ast
import json
import re
from pathlib import Path

import pytest

from pocketgpt_lessons import all_exercises
from pocketgpt_lessons.classroom.exercises import judge
from pocketgpt_lessons.classroom.verdicts import NOT_ATTEMPTED, verdict_text

BY_NAME = {exercise.name: exercise for exercise in all_exercises()}
NOTEBOOKS = sorted((Path(__file__).parents[3] / "notebooks").glob("[0-9]*.ipynb"))


def _exercises(notebook):
    """(name, source of the stub's cell, the text below it up to the next code cell, import lines so far)."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    found, imports = [], []
    for i, cell in enumerate(cells):
        source = "".join(cell["source"])
        if cell["cell_type"] != "code":
            continue
        imports += _imports(source)
        for name in re.findall(r"^# Exercise: (\w+)", source, re.MULTILINE):
            below = []
            for later in cells[i + 1 :]:
                if later["cell_type"] != "markdown":
                    break
                below.append("".join(later["source"]))
            found.append((name, source, "\n".join(below), "\n".join(imports)))
    return found


def _imports(source):
    try:
        body = ast.parse(source).body
    except SyntaxError:  # a cell with a line for the shell
        return []
    return [ast.unparse(node) for node in body if isinstance(node, ast.Import | ast.ImportFrom)]


def _solution(below):
    block = re.search(r"<summary>Solution</summary>(.*?)</details>", below, re.DOTALL)
    fence = re.search(r"```python\n(.*?)```", block.group(1), re.DOTALL) if block else None
    return fence.group(1) if fence else None


class _Recorder:
    """Stands for `check` while a cell runs: notes which function was given to which check."""

    def __init__(self):
        self.given = {}

    def __getattr__(self, name):
        return lambda function: self.given.update({name: function})


def _assert_exercises_work(notebook):
    space = {}
    for name, source, below, imports in _exercises(notebook):
        assert name in BY_NAME, f"{notebook.name} has an exercise {name}, which no check knows"
        exec(imports, space)
        recorder = space["check"] = _Recorder()
        exec(source, space)
        assert name in recorder.given, f"the cell of exercise {name} doesn't call check.{name}(…)"
        stub = recorder.given[name]
        assert judge(BY_NAME[name], stub).status == NOT_ATTEMPTED
        assert "<summary>Hint</summary>" in below, f"no hint below exercise {name}"
        solution = _solution(below)
        assert solution, f"no solution below exercise {name}"
        exec(solution, space)
        verdict = judge(BY_NAME[name], space[stub.__name__])
        assert verdict.passed, verdict_text(verdict)


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_stubs_are_not_attempted_and_solutions_pass(notebook):
    _assert_exercises_work(notebook)


@pytest.mark.parametrize(("body", "passes"), [("torch.ones(T, T).tril()", True), ("torch.ones(T, T)", False)])
def test_a_solution_is_found_and_run(tmp_path, body, passes):
    stub = "# Exercise: causal_mask\ndef my_mask(T):\n    ...  # your code\n\ncheck.causal_mask(my_mask)"
    below = (
        "<details><summary>Hint</summary>\n\nTry.\n</details>\n\n<details><summary>Solution</summary>\n\n"
        f"```python\ndef my_mask(T):\n    return {body}\n```\n</details>"
    )
    cells = [("code", "import torch"), ("code", stub), ("markdown", below), ("code", "my_mask(3)")]
    content = {"cells": [{"cell_type": kind, "source": [source]} for kind, source in cells]}
    notebook = tmp_path / "99_trial.ipynb"
    notebook.write_text(json.dumps(content), encoding="utf-8")
    assert len(_exercises(notebook)) == 1
    if passes:
        _assert_exercises_work(notebook)
    else:
        with pytest.raises(AssertionError, match="Not yet"):
            _assert_exercises_work(notebook)
