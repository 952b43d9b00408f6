"""Every notebook is clean as it lies in the repository: what can be said of its page without running it."""

import ast
import builtins
import re
import subprocess
import sys
from collections.abc import Iterator

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell
from notebook_runner import REPOSITORY, pictures_without_alt
from setup_cells import FOLDED

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


def folding(cell: NotebookNode) -> dict:
    """Metadata of a code cell without the tag "preview", which only marks its figure for README's table."""
    tags = [tag for tag in cell.metadata.get("tags", []) if tag != "preview"]
    rest = {key: value for key, value in cell.metadata.items() if key != "tags"}
    return rest | ({"tags": tags} if tags else {})


def folding_problem(cell: NotebookNode) -> str | None:
    """What is wrong with how much of a code cell a learner sees; None if all is well."""
    first, *_ = lines = cell.source.splitlines() or [""]
    called = {node.func.id for node in ast.walk(ast.parse(cell.source)) if is_call_by_name(node)}
    if folding(cell) == FOLDED:
        if not re.fullmatch(r"# @title \w.*", first):
            return "is folded: begin it with a line `# @title What it does`"
        return "is an exercise, which must be open" if "# Exercise:" in cell.source else None
    if folding(cell):
        return "is neither open nor folded: its metadata must be empty, or setup_cells.FOLDED"
    if "@title" in first:
        return "has a title but isn't folded"
    if called & {"predict", "quiz"}:
        return "asks the learner something: fold it, for nothing in it is to be read"
    return (
        "is open and longer than 15 lines: fold its plumbing, or move it into the lesson" if len(lines) > 15 else None
    )


def is_call_by_name(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name)


@each_notebook
def test_each_code_cell_is_open_or_folded(path):
    cells = enumerate(nbformat.read(path, as_version=4).cells)
    found = {number: folding_problem(cell) for number, cell in cells if cell.cell_type == "code"}
    assert {number: problem for number, problem in found.items() if problem} == {}


@pytest.mark.parametrize(
    ("source", "metadata", "complaint"),
    [
        ("1 + 1", {}, None),
        ("# @title Draws the figure\n" + "1\n" * 20, FOLDED, None),
        ("# Exercise: f\ndef f(): ...", {}, None),
        ("# @title Asks\npredict('k', 'What?')", FOLDED, None),
        ("1 + 1", FOLDED, "begin it with a line"),
        ("# @title\n1 + 1", FOLDED, "begin it with a line"),
        ("# @title Title\n# Exercise: f", FOLDED, "must be open"),
        ("1 + 1", {"tags": ["hide-input"]}, "neither open nor folded"),
        ("1 + 1", FOLDED | {"tags": []}, "neither open nor folded"),
        ("# @title Title\n1", {}, "isn't folded"),
        ("x = 1\nquiz('k', x)", {}, "fold it"),
        ("1\n" * 16, {}, "longer than 15"),
        ("1 + 1", {"tags": ["preview"]}, None),
        ("1\n" * 16, {"tags": ["preview"]}, "longer than 15"),
        ("# @title Draws\n1", FOLDED | {"tags": ["hide-input", "preview"]}, None),
    ],
)
def test_a_cell_that_is_wrongly_folded_is_noticed(source, metadata, complaint):
    problem = folding_problem(new_code_cell(source, metadata=metadata))
    assert complaint in problem if complaint else problem is None


def sections(cells: list[NotebookNode]) -> Iterator[tuple[str, str, list[NotebookNode]]]:
    """Each section of a notebook: its heading, its text, its code cells."""
    heading, text, code = "", "", []
    for cell in cells:
        if cell.cell_type == "code":
            code.append(cell)
            continue
        before, *parts = re.split(r"^## (.*)$", cell.source, flags=re.MULTILINE)
        text += f"\n{before}"  # a cell begins a line
        for next_heading, next_text in zip(parts[::2], parts[1::2], strict=True):
            yield heading, text, code
            heading, text, code = next_heading, next_text, []
    yield heading, text, code


def sections_without_a_try(cells: list[NotebookNode]) -> list[str]:
    """Headings of the sections that show code to read and don't say what to change in it.

    An exercise is something to do already; recap and questions only look back.
    """
    return [
        heading
        for heading, text, code in sections(cells)
        if heading
        and any(folding(cell) == {} and "# Exercise:" not in cell.source for cell in code)
        and not re.search(r"^\*\*Try it:\*\* \S", text, flags=re.MULTILINE)
        and not re.search("recap|questions", heading, flags=re.IGNORECASE)
    ]


@each_notebook
def test_each_section_with_open_code_has_something_to_try(path):
    assert sections_without_a_try(nbformat.read(path, as_version=4).cells) == []


def test_a_section_without_something_to_try_is_noticed():
    tried = "## B\nSee.\n\n**Try it:** change it.\n\n## C"
    sources = ["# Title", "+", "## A", "+", tried, "+", "## D", "+", "**Try it:** more"]
    cells = [new_code_cell("1") if source == "+" else new_markdown_cell(source) for source in sources]
    exercise, folded = new_code_cell("# Exercise: f"), new_code_cell("# @title T", metadata=FOLDED)
    cells += [new_markdown_cell("## E"), exercise, folded, new_markdown_cell("## Recap"), new_code_cell("1")]
    assert sections_without_a_try(cells) == ["A", "C"]


def names(code: str, context: type[ast.expr_context]) -> set[str]:
    """Names that a piece of code reads (ast.Load) or gives (ast.Store); none if it is no Python."""
    try:
        tree = ast.parse(code)
    except SyntaxError:
        return set()
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, context)}


def unknown_names(cells: list[NotebookNode]) -> set[str]:
    """Names in what a "Try it" line proposes to run that no cell above or below gives, nor the line itself."""
    trees = [ast.parse(cell.source) for cell in cells if cell.cell_type == "code"]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    given = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    given |= {node.name for node in nodes if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    imports = [alias for node in nodes if isinstance(node, (ast.Import, ast.ImportFrom)) for alias in node.names]
    given |= {alias.asname or alias.name.partition(".")[0] for alias in imports} | set(dir(builtins))
    lost = set()
    for cell in cells:
        for line in re.findall(r"^\*\*Try it:\*\*.*", cell.source, flags=re.MULTILINE):
            code = re.findall("`([^`]+)`", line)
            told = {piece for piece in code if piece.isidentifier()}.union(*(names(piece, ast.Store) for piece in code))
            calls = [piece for piece in code if re.search(r"[(.\[]", piece)]
            lost |= set().union(*(names(piece, ast.Load) for piece in calls)) - given - told
    return lost


@each_notebook
def test_what_is_to_be_tried_names_what_is_there(path):
    assert unknown_names(nbformat.read(path, as_version=4).cells) == set()


def test_a_proposal_that_cannot_run_is_noticed():
    line = "**Try it:** `f(x)`, `y = g(x)`, `h.i(y)`, or `print(v)` for a `v`.\n\n`other(z)`"
    cells = [new_code_cell("import h\nx = 1\ndef f(a): ..."), new_markdown_cell(line)]
    assert unknown_names(cells) == {"g"}


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
