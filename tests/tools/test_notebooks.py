"""Every notebook is clean as it lies in the repository, and runs as a learner would run it.

Where a Chromium is installed it runs in a real JupyterLab, where each widget is moved too; elsewhere in
nbclient. Pictures of the pages are left in build/screenshots, and the summary ends with a table of costs.
"""

import re
import subprocess
import sys

import nbformat
import pytest
from browser import find_chromium, run_in_browser
from notebook_runner import REPOSITORY, execute, pictures_without_alt, problems

NOTEBOOKS = sorted((REPOSITORY / "notebooks").glob("*.ipynb"))

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


@each_notebook
def test_is_valid_and_holds_no_results(path):
    notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    assert notebook.nbformat == 4
    assert "widgets" not in notebook.metadata, "GitHub refuses to show it: strip metadata.widgets"
    assert notebook.metadata.kernelspec == {"display_name": "Python 3", "language": "python", "name": "python3"}
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "code":
            assert cell.outputs == [] and cell.execution_count is None, f"cell {number}: run nbstripout on {path}"


@each_notebook
def test_can_be_read_at_one_sitting(path):
    notebook = nbformat.read(path, as_version=4)
    assert 25 <= len(notebook.cells) <= 45
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "code":
            assert len(cell.source.splitlines()) <= 25, f"cell {number} is too long"


@each_notebook
def test_its_pictures_have_alt_text(path):
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "markdown":
            assert not re.search(r"!\[\s*\]\(", cell.source)
            assert not pictures_without_alt(cell.source)


@each_notebook
def test_is_linted_and_formatted(path):
    for command in (["check"], ["format", "--check"]):
        done = subprocess.run([sys.executable, "-m", "ruff", *command, str(path)], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


@each_notebook
def test_runs_as_a_learner_would_run_it(path, notebook_runs):
    if find_chromium():
        result = run_in_browser(path, REPOSITORY / "build" / "screenshots")
        run, found = result.run, result.problems
    else:
        run = execute(path)
        found = problems(run.notebook)
    notebook_runs.append(run)
    assert not found, "\n".join(found)
