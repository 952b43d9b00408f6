"""The machinery that runs notebooks must notice what it is there to notice."""

from pathlib import Path

import nbformat
import pytest
from browser import EARLY_QUESTION, find_chromium, run_in_browser
from nbformat.v4 import new_code_cell, new_notebook, new_output
from notebook_runner import execute, problems


def shown(output) -> list[str]:
    """The problems of a notebook with a single cell and a single output."""
    return problems(new_notebook(cells=[new_code_cell("1", execution_count=1, outputs=[output])]))


def written(folder: Path, *sources: str) -> Path:
    """A notebook with these cells. Without a kernelspec, JupyterLab would ask which kernel to start."""
    notebook = new_notebook(cells=[new_code_cell(source) for source in sources])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    path = folder / "tried.ipynb"
    nbformat.write(notebook, path)
    return path


@pytest.mark.parametrize(
    ("output", "complaint"),
    [
        (new_output("stream", name="stderr", text="careful"), "wrote to stderr: careful"),
        (new_output("display_data", {"image/png": "iVBO"}), "without alt text"),
        (new_output("display_data", {"text/html": "<img src='a.png'>"}), "without alt text"),
        (new_output("stream", text="/tmp/ipykernel_1/2.py:3"), "path of this machine"),
        (new_output("stream", text=str(Path.home() / "models")), "path of this machine"),
    ],
)
def test_names_what_a_learner_should_not_see(output, complaint):
    (problem,) = shown(output)
    assert complaint in problem


def test_accepts_text_and_described_pictures():
    picture = {"image/png": "iVBO", "text/html": "<img src='a.png' alt='a line that falls'>"}
    assert shown(new_output("stream", text="loss 1.5")) == []
    assert shown(new_output("display_data", picture)) == []


def test_reports_the_error_and_the_cells_after_it(tmp_path):
    run = execute(written(tmp_path, "import os\nassert os.listdir() == []", "1 / 0", "print('never')"))
    error, unexecuted = problems(run.notebook)
    assert "ZeroDivisionError" in error and unexecuted == "cell 2 was not executed"
    assert run.seconds > 0 and run.peak_mb > 1


def test_a_kernel_that_dies_is_reported(tmp_path):
    run = execute(written(tmp_path, "1", "import os\nos._exit(1)"))
    assert any("Kernel died" in problem for problem in problems(run.notebook))


WIDGETS = """
import ipywidgets as W

menu, dead, slider, out = W.Dropdown(options="ab"), W.Checkbox(description="dead"), W.IntSlider(), W.HTML()
menu.observe(lambda change: setattr(out, "value", "<b>moved</b>"), "value")
slider.observe(lambda change: 1 / 0, "value")
box = W.VBox([menu, dead, slider, out])
box.add_class("pocket-widget")
display(box, W.Button(description="alone"))
"""


@pytest.mark.skipif(not find_chromium(), reason="needs a Chromium")
def test_browser_notices_widgets_that_do_nothing_or_fail(tmp_path, monkeypatch):
    monkeypatch.setattr("widget_mover.ANSWER_MS", 3000)
    result = run_in_browser(written(tmp_path, WIDGETS), tmp_path / "pictures")
    found = "\n".join(result.problems)
    assert "nothing answered when the checkbox “dead” was moved" in found
    assert "the kernel reported: ZeroDivisionError" in found
    assert "“alone” stands in no container" in found
    assert "select-one" not in found
    assert (tmp_path / "pictures" / "tried.png").stat().st_size > 1000


@pytest.mark.parametrize(
    ("text", "harmless"),
    [
        ("No such comm: 36c765eb-b89e-441e-9828-5c2ba08b546d\n", True),
        ("No such comm: 36c765ebb89e441e98285c2ba08b546d\n", False),
        ("No such comm: 36c765eb-b89e-441e-9828-5c2ba08b546d\nZeroDivisionError: division by zero", False),
    ],
)
def test_only_the_pages_own_early_question_is_no_fault(text, harmless):
    assert bool(EARLY_QUESTION.fullmatch(text.strip())) == harmless
