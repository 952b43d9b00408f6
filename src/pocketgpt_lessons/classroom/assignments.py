"""Makes an assignment of a lesson's notebook: one for learners without hints and solutions, one that grades.

The learners' notebook carries nbgrader's cell metadata (schema version 3), so that nbgrader can use it as well.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import nbformat
from nbformat import NotebookNode, v4

from pocketgpt import files, paths
from pocketgpt.errors import PocketError
from pocketgpt_lessons.classroom.exercises import Exercise, judge
from pocketgpt_lessons.classroom.submissions import exercises_in

SCHEMA = 3  # of nbgrader's metadata
_SUMMARY = r"<details[^>]*>\s*<summary>[^<]*(?:[Hh]int|[Ss]olution)[^<]*</summary>"
_DETAILS = re.compile(rf"{_SUMMARY}.*?</details>\s*(?:<br>\s*)?", re.DOTALL)
# The line of links to where the solutions are.
_BADGES = re.compile(r"^.*\(https://colab\.research\.google\.com/.*\n*", re.MULTILINE)
_FOLDED = {"cellView": "form", "jupyter": {"source_hidden": True}, "tags": ["hide-input"]}


def notebooks(number: str = "") -> list[Path]:
    """The course's notebooks, or those of one number; none where only the package is installed.

    Copies of them, such as "01_tokenization-Copy1.ipynb", aren't among them.
    """
    found = sorted((paths.DATA.parent / "notebooks").glob(f"{number or '[0-9][0-9]'}_*.ipynb"))
    return [path for path in found if re.fullmatch(r"\d\d_\w+", path.stem)]


def assign(number: str, module: str, exercises: Iterable[Exercise], out: Path, nbgrader: bool = False) -> list[Path]:
    """Write a lesson's notebook for learners, and the one that grades it, never over a file; returns their paths.

    `module` is the module of the lesson's `exercises`. With `nbgrader`, which grades by itself, it is the learners'
    notebook alone, with the places for the answers marked for nbgrader's `generate_assignment`.
    """
    source = next(iter(notebooks(number)), None)
    if source is None:
        raise PocketError(f"Notebook {number} isn't here: run the command in a clone of the course.")
    notebook = nbformat.read(source, as_version=4)
    there = exercises_in([cell.source for cell in notebook.cells if cell.cell_type == "code"])
    names = [exercise.name for exercise in exercises if exercise.name in there]
    if solved := solved_in(notebook, names):
        raise PocketError(f"{source} holds an answer to {solved[0]}: restore the file, git checkout {source}, first.")
    made = {out / source.name: for_learners(notebook, names, module, nbgrader)}
    if not nbgrader:
        made[out / f"grade_{number}.ipynb"] = for_grading(number, module, names)
    if taken := next((target for target in made if target.exists()), None):
        raise PocketError(f"{taken} exists already: choose another folder, and nothing is lost.")
    for target, content in made.items():
        nbformat.validate(content)
        try:
            files.write_text(target, nbformat.writes(content) + "\n")
        except OSError as error:
            raise PocketError(f"{target} can't be written ({error.strerror}): choose another folder.") from None
    return [*made]


def solved_in(notebook: NotebookNode, names: Sequence[str]) -> list[str]:
    """The exercises whose cell is no stub any more."""
    cells = [cell.source for cell in notebook.cells if cell.cell_type == "code" and "..." not in cell.source]
    return [name for name in exercises_in(cells) if name in names]


def for_learners(notebook: NotebookNode, names: Sequence[str], module: str, nbgrader: bool = False) -> NotebookNode:
    """The notebook without hints, solutions and the links to them, and with a cell for the points of each exercise."""
    cells = []
    for cell in notebook.cells:
        here = exercises_in([cell.source]) if cell.cell_type == "code" else []
        graded = [name for name in here if name in names]
        if cell.cell_type == "markdown":
            cell.source = _DETAILS.sub("", _BADGES.sub("", cell.source)).strip()
            if not cell.source:
                continue
        else:
            cell.update(outputs=[], execution_count=None)
        cells.append(cell)
        if graded:
            cell.metadata["nbgrader"] = _metadata(f"{graded[0]}-answer", solution=True)
            cell.source = _marked(cell.source) if nbgrader else cell.source
        cells += [_points_cell(name, _function_name(cell.source, name), module) for name in graded]
    return v4.new_notebook(cells=cells, metadata=notebook.metadata)


def _function_name(source: str, name: str) -> str:
    """The name of the function that is given to the check."""
    found = re.search(rf"^check\.{name}\((\w+)\)", source, re.MULTILINE)
    return found[1] if found else name


def _metadata(grade_id: str, solution: bool = False, points: float | None = None) -> dict:
    graded = points is not None
    told = {"grade": graded, "grade_id": grade_id, "locked": graded, "schema_version": SCHEMA, "solution": solution}
    return {**told, "task": False, "cell_type": "code"} | ({"points": points} if graded else {})


def _marked(source: str) -> str:
    r"""The stub with nbgrader's marks around the place for the answer.

    >>> print(_marked("def f():\n    ...  # your code"))
    def f():
        ### BEGIN SOLUTION
        ...  # your code
        ### END SOLUTION
    """
    return re.sub(r"^( +)(\.\.\..*)$", r"\1### BEGIN SOLUTION\n\1\2\n\1### END SOLUTION", source, flags=re.MULTILINE)


def _points_cell(name: str, function: str, module: str) -> NotebookNode:
    lines = (
        f"# @title Points for {name}",
        "from pocketgpt_lessons.classroom.assignments import points",
        f"from {module} import EXERCISES",
        "",
        f'points(EXERCISES, "{name}", {function}, 1)',
    )
    folded = {**_FOLDED, "nbgrader": _metadata(f"{name}-points", points=1)}
    return v4.new_code_cell("\n".join(lines), id=f"points-{name}"[:64], metadata=folded)


def points(exercises: Iterable[Exercise], name: str, answer: Callable, worth: float) -> float:
    """What an answer is worth: `worth` if it passes its check, else 0. nbgrader reads the number."""
    exercise = next(exercise for exercise in exercises if exercise.name == name)
    return float(worth if judge(exercise, answer).passed else 0)


def for_grading(number: str, module: str, names: Sequence[str]) -> NotebookNode:
    """The teacher's notebook: points for each exercise, a folder, a table and a CSV file."""
    worth = "".join(f'    "{name}": 1,\n' for name in names)
    code = (
        f'EXERCISES = "{module}"\nPOINTS = {{\n{worth}}}\nFOLDER = "submitted"  # holds the notebooks handed in',
        "from pocketgpt_lessons.classroom.grading import grade\n\ngraded = grade(FOLDER, EXERCISES, POINTS)",
        "from pocketgpt_lessons.classroom.grading import grades_html, grades_text\n"
        "from pocketgpt_lessons.classroom.markup import show\n\n"
        "show(grades_html(graded, POINTS), grades_text(graded))",
        "from pocketgpt_lessons.classroom.grading import write_grades\n\n"
        f'write_grades("grades_{number}.csv", graded, POINTS)',
    )
    text = (
        f"# Grading notebook {number}\n\nPut all the notebooks that were handed in into one folder; subfolders are "
        "searched, too. Set the points below, then run all cells. Each answer runs in a process of its own, with ten "
        "seconds and one gigabyte. An answer that fails, breaks down or runs without end gets 0 points and one line "
        "on why. The memory limit works on Linux only.",
        "The points of each exercise, and the folder:",
        "Grading takes about half a second for each answer, and ten seconds for one that runs without end.",
        "The table. Names are those of the files.",
        "The same as a file for a spreadsheet. It never replaces an old one: delete or rename that first.",
    )
    cells = [v4.new_markdown_cell(text[0], id="text-0")]
    for i, source in enumerate(code):
        cells += [v4.new_markdown_cell(text[i + 1], id=f"text-{i + 1}"), v4.new_code_cell(source, id=f"code-{i}")]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return v4.new_notebook(cells=cells, metadata={"kernelspec": kernel, "language_info": {"name": "python"}})
