"""Assignments: no solutions in them, nbgrader's metadata as its schema asks, and a notebook that grades."""

import re
from importlib import import_module

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from pocketgpt import paths
from pocketgpt.errors import PocketError
from pocketgpt_lessons import LESSONS
from pocketgpt_lessons.classroom.assignments import assign, notebooks, points
from pocketgpt_lessons.classroom.grading import Grade
from pocketgpt_lessons.classroom.submissions import answer_source, code_cells

NUMBERS = [number for number in LESSONS if notebooks(number)]
SUMMARIES = re.compile(r"<summary>[^<]*(hint|solution)", re.IGNORECASE)


def _module(number):
    return f"pocketgpt_lessons.{LESSONS[number]}.exercises"


def _assign(number, out, **options):
    return assign(number, _module(number), import_module(_module(number)).EXERCISES, out, **options)


@pytest.mark.parametrize("number", NUMBERS)
def test_no_hints_and_solutions_are_left_and_all_else_is(number, tmp_path):
    original = nbformat.read(notebooks(number)[0], as_version=4)
    made = nbformat.read(_assign(number, tmp_path)[0], as_version=4)
    nbformat.validate(made)
    assert any(SUMMARIES.search(cell.source) for cell in original.cells)
    assert not any(SUMMARIES.search(cell.source) or "colab.research" in cell.source for cell in made.cells)
    assert not any(cell.source.count("<details") != cell.source.count("</details") for cell in made.cells)
    plain = [cell.source for cell in made.cells if not cell.id.startswith("points-") and cell.cell_type == "code"]
    assert plain == [cell.source for cell in original.cells if cell.cell_type == "code"]
    headings = [re.findall(r"^#.*", cell.source, re.MULTILINE) for cell in original.cells if cell.cell_type != "code"]
    kept = [re.findall(r"^#.*", cell.source, re.MULTILINE) for cell in made.cells if cell.cell_type != "code"]
    assert sum(kept, []) == sum(headings, [])


@pytest.fixture
def teachers_copy(tmp_path, monkeypatch):
    """A notebook that the teacher has solved and run, and a copy of it by JupyterLab."""
    answer = new_code_cell(
        "# Exercise: merge\ndef merge(ids, pair, new_id):\n    return solved(ids)", execution_count=1
    )
    answer.outputs = [new_output("stream", text="Right!")]
    folder = tmp_path / "notebooks"
    folder.mkdir()
    nbformat.write(new_notebook(cells=[answer]), folder / "01_tokenization-Copy1.ipynb")
    monkeypatch.setattr(paths, "DATA", tmp_path / "data")
    return folder / "01_tokenization.ipynb", answer


def test_a_copy_is_no_notebook_of_the_course_and_results_are_left_out(teachers_copy, tmp_path):
    path, answer = teachers_copy
    assert notebooks("01") == []
    stub = new_code_cell("# Exercise: merge\ndef merge(ids, pair, new_id):\n    ...", outputs=answer.outputs)
    nbformat.write(new_notebook(cells=[stub]), path)
    made = nbformat.read(_assign("01", tmp_path / "out")[0], as_version=4)
    assert made.cells[0].outputs == [] and "solved" not in str(made)


def test_a_solved_notebook_is_not_handed_out(teachers_copy, tmp_path):
    path, answer = teachers_copy
    nbformat.write(new_notebook(cells=[answer]), path)
    with pytest.raises(PocketError, match="holds an answer to merge: restore the file"):
        _assign("01", tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("number", NUMBERS)
def test_nbgrader_s_metadata_is_as_its_schema_asks(number, tmp_path):
    """As nbgraderformat/v3.json and v3.py of nbgrader 0.9: no other keys, points only where graded, unique ids."""
    cells = nbformat.read(_assign(number, tmp_path)[0], as_version=4).cells
    marked = [cell for cell in cells if "nbgrader" in cell.metadata]
    exercises = sum(cell.source.count("# Exercise: ") for cell in cells)
    assert len(marked) == exercises + sum("# Exercise: " in cell.source for cell in cells) > 0
    told = [dict(cell.metadata.nbgrader) for cell in marked]
    assert len({each["grade_id"] for each in told}) == len(told)
    for each in told:
        keys = {"schema_version", "grade", "locked", "solution", "task", "grade_id", "cell_type"}
        assert each.keys() == keys | ({"points"} if each["grade"] else set())
        assert each["schema_version"] == 3 and each["cell_type"] == "code" and each["task"] is False
        assert re.fullmatch(r"[a-zA-Z0-9_\-]+", each["grade_id"])
        assert each["grade"] is each["locked"] is not each["solution"]
    for cell, before in zip(cells[1:], cells, strict=False):
        if cell.metadata.get("nbgrader", {}).get("grade"):
            assert cell.metadata.nbgrader.points == 1 and "nbgrader" in before.metadata


def test_the_marks_for_nbgrader_stand_around_the_stub(tmp_path):
    made = _assign("01", tmp_path, nbgrader=True)
    assert [path.name for path in made] == [notebooks("01")[0].name]
    source = answer_source(code_cells(made[0]), "merge")
    assert len(re.findall(r"    ### BEGIN SOLUTION\n    \.\.\.  # your code\n    ### END SOLUTION\n", source)) == 2


@pytest.mark.slow
def test_the_grading_notebook_grades_what_learners_hand_in(tmp_path, monkeypatch):
    for_learners, grading = _assign("01", tmp_path)
    (tmp_path / "submitted").mkdir()
    notebook = nbformat.read(for_learners, as_version=4)
    cell = next(cell for cell in notebook.cells if "# Exercise: merge" in cell.source)
    merge = "# Exercise: merge\nfrom pocketgpt.tokenizer import merge\n\n\n"
    cell.source = merge + "# Exercise: count_pairs\ndef count_pairs(ids):\n    ...\n\n\ncheck.merge(merge)"
    nbformat.write(notebook, tmp_path / "submitted" / "ada.ipynb")
    monkeypatch.chdir(tmp_path)
    space = {}
    for cell in nbformat.read(grading, as_version=4).cells:
        if cell.cell_type == "code":
            exec(cell.source, space)
    (ada,) = space["graded"]
    assert (ada.name, ada.grades["merge"]) == ("ada", Grade(1, "Right."))
    assert ada.grades["count_pairs"] == Grade(0, "Not attempted.")
    assert "\nada,0,1," in (tmp_path / "grades_01.csv").read_text(encoding="utf-8")


def test_points_are_a_number_that_nbgrader_reads():
    exercises = import_module(_module("01")).EXERCISES
    truth = next(exercise.truth for exercise in exercises if exercise.name == "merge")
    assert points(exercises, "merge", truth, 2) == 2.0
    assert points(exercises, "merge", lambda ids, pair, new_id: ids, 2) == 0.0


def test_nothing_is_overwritten(tmp_path):
    _assign("01", tmp_path)
    with pytest.raises(PocketError, match="exists already"):
        _assign("01", tmp_path)
