"""The set-up cell in Colab and elsewhere, the tool that writes it, and that every notebook has it."""

import importlib
import json
import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import nbformat
import pytest
from colab_run import FAKE_COLAB, bare_repository
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from notebook_runner import REPOSITORY
from setup_cells import COLAB, FOLDED, REF, REPO, badge, is_setup, main, relink, setup_cell, update, write_beginning

PACKAGES = ("pocketgpt", "pocketgpt_lessons")
NOTEBOOKS = sorted((REPOSITORY / "notebooks").glob("*.ipynb"))

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def run_cell():
    exec(compile(setup_cell(), "set-up cell", "exec"), {"__name__": "__main__"})


@pytest.fixture
def newcomer(tmp_path, monkeypatch):
    """An empty folder, and a Python that has neither package; both are as before after the test."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in sys.modules if name.partition(".")[0] in PACKAGES]:
        monkeypatch.delitem(sys.modules, name)
    elsewhere = [
        entry for entry in sys.path if entry and not any(Path(entry, package).is_dir() for package in PACKAGES)
    ]
    monkeypatch.setattr(sys, "path", elsewhere)
    monkeypatch.delitem(sys.modules, "google.colab", raising=False)
    importlib.invalidate_caches()
    return tmp_path


def make_packages(clone: Path) -> None:
    """Both packages of the course, empty."""
    for name in PACKAGES:
        package = clone / "src" / name
        package.mkdir(parents=True)
        (package / "__init__.py").touch()


@pytest.fixture
def git(monkeypatch):
    """The commands that are run; a clone holds two empty packages."""
    commands = []

    def run(command, **options):
        commands.append(command)
        make_packages(Path(command[-1]))
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(subprocess, "run", run)
    return commands


@pytest.fixture
def on_colab(newcomer, monkeypatch):
    monkeypatch.setitem(sys.modules, "google.colab", ModuleType("google.colab"))
    return newcomer


def test_elsewhere_nothing_happens(git, monkeypatch):
    monkeypatch.delitem(sys.modules, "google.colab", raising=False)
    before = list(sys.path)
    run_cell()
    assert git == [] and sys.path == before


def test_elsewhere_without_the_package_one_sentence_says_what_to_do(newcomer, git):
    with pytest.raises(RuntimeError, match="run `make lab`") as stopped:
        run_cell()
    assert "\n" not in str(stopped.value)
    assert git == [] and list(newcomer.iterdir()) == []


def test_on_colab_the_pinned_ref_is_cloned_and_found(on_colab, git):
    run_cell()
    assert git == [
        [
            *("git", "clone", "-q", "--depth=1", f"--branch={REF}"),
            f"https://github.com/{REPO}",
            str(on_colab / "pocket-chatgpt"),
        ]
    ]
    for package in PACKAGES:
        assert Path(find_spec(package).origin).is_relative_to(on_colab)


def test_on_colab_a_second_run_changes_nothing(on_colab, git):
    run_cell()
    path = list(sys.path)
    run_cell()
    assert len(git) == 1 and sys.path == path


def test_on_colab_a_new_kernel_finds_the_clone_of_the_last_one(on_colab, git, monkeypatch):
    before = list(sys.path)
    run_cell()
    monkeypatch.setattr(sys, "path", before)
    run_cell()
    assert len(git) == 1 and sys.path[0] == str(on_colab / "pocket-chatgpt" / "src")


def test_on_colab_after_a_failed_clone_one_can_try_again(on_colab, git, monkeypatch):
    with monkeypatch.context() as offline:
        offline.setattr(subprocess, "run", lambda command: subprocess.CompletedProcess(command, 128))
        with pytest.raises(RuntimeError, match="On Colab, try again"):
            run_cell()
    run_cell()
    assert all(map(find_spec, PACKAGES)) and len(git) == 1


@pytest.mark.skipif(not shutil.which("git"), reason="there is no git here")
def test_git_itself_understands_the_cell(tmp_path):
    source, bare, work = tmp_path / "source", tmp_path / "bare", tmp_path / "content"
    make_packages(source)
    bare.mkdir()
    work.mkdir()
    author = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    for command in (["init", "-q"], ["add", "."], [*author, "commit", "-q", "-m", "first"]):
        subprocess.run(["git", "-C", str(source), *command], check=True)
    code = f"{FAKE_COLAB}\n{setup_cell()}\nfor name in {PACKAGES}:\n    print(find_spec(name).origin)"
    environment = os.environ | bare_repository(source, bare)
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", code], cwd=work, env=environment, capture_output=True, text=True
        )
        assert done.stderr == ""
        packages = [work / "pocket-chatgpt" / "src" / name / "__init__.py" for name in PACKAGES]
        assert [Path(line) for line in done.stdout.splitlines()] == [path.resolve() for path in packages]


@pytest.mark.parametrize("repo, ref", [(REPO, REF), ("some-quite-long-owner/some-rather-long-name", "v2026.11")])
def test_the_cell_is_short_and_formatted(repo, ref):
    cell = setup_cell(repo, ref)
    assert len(cell.splitlines()) <= 15
    assert "pip" not in cell
    for command in (["check"], ["format", "--check"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "-"],
            input=cell + "\n",
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_a_set_up_cell_of_either_form_is_known():
    old = "# Set-up, the same in every notebook: on Colab it fetches the course, elsewhere it only looks for it."
    assert is_setup(setup_cell("a/b", "v1")) and is_setup(old) and is_setup("import pocketgpt\n")
    assert not is_setup("# @title Set-up of a widget\nimport pocketgpt") and not is_setup("import torch")


@pytest.fixture
def repository(tmp_path):
    """A repository of two notebooks: one just written, one with the beginning of another repository."""
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "tools").mkdir()
    new = [new_markdown_cell("# New\n\nIts text, with “é”."), new_code_cell("import pocketgpt")]
    old = [new_markdown_cell("# Old\n\n" + badge("02_old.ipynb", "a/b", "v1")), new_code_cell(setup_cell("a/b", "v1"))]
    for name, cells in {"01_new.ipynb": new, "02_old.ipynb": old}.items():
        cells += [new_markdown_cell("Text."), new_code_cell("1 + 1")]
        nbformat.write(new_notebook(cells=cells), tmp_path / "notebooks" / name)
    links = f"[clone](https://github.com/{REPO}) {badge('01_new.ipynb')} {badge('02_old.ipynb', 'a/b', 'v1')}"
    (tmp_path / "README.md").write_text(links, encoding="utf-8")
    shutil.copy(REPOSITORY / "tools" / "setup_cells.py", tmp_path / "tools")
    return tmp_path


def test_the_tool_writes_repository_and_ref_everywhere_once(repository):
    assert update(repository, "c/d", "v2") == [
        "notebooks/01_new.ipynb",
        "notebooks/02_old.ipynb",
        "README.md",
        "tools/setup_cells.py",
    ]
    for name in ("01_new.ipynb", "02_old.ipynb"):
        notebook = nbformat.read(repository / "notebooks" / name, as_version=4)
        nbformat.validate(notebook)
        title, code, *others = notebook.cells
        assert title.source.splitlines()[2] == badge(name, "c/d", "v2")
        assert code.source == setup_cell("c/d", "v2") and code.metadata == FOLDED
        assert [(cell.source, cell.metadata) for cell in others] == [("Text.", {}), ("1 + 1", {})]
    readme = (repository / "README.md").read_text(encoding="utf-8")
    assert readme == relink(readme, "c/d", "v2") and REPO not in readme and "a/b" not in readme
    own = (repository / "tools" / "setup_cells.py").read_text(encoding="utf-8")
    assert '\nREPO = "c/d"\nREF = "v2"\n' in own
    assert update(repository, "c/d", "v2") == []


@pytest.mark.parametrize("repo", [f"{REPO}-2026", f"my-{REPO}", "c/d"])
def test_a_fork_may_have_the_old_name_within_its_own(repo):
    assert relink(f"[clone](https://github.com/{REPO}) {badge('01_new.ipynb')}", repo, "v2") == (
        f"[clone](https://github.com/{repo}) {badge('01_new.ipynb', repo, 'v2')}"
    )


def test_the_tool_keeps_text_and_inserts_a_missing_cell():
    notebook = new_notebook(cells=[new_markdown_cell("# Title\n\nText."), new_code_cell("import torch")])
    write_beginning(notebook, "x.ipynb", REPO, REF)
    assert [cell.source for cell in notebook.cells] == [
        f"# Title\n\n{badge('x.ipynb')}\n\nText.",
        setup_cell(),
        "import torch",
    ]


@pytest.mark.parametrize(
    "arguments", ["--repo name", "--repo https://github.com/a/b", "--ref " + "0" * 40, "--ref a'b"]
)
def test_the_tool_says_what_it_cannot_use(arguments, capsys):
    with pytest.raises(SystemExit):
        main(arguments.split())
    assert re.search(r"(REPO is owner/name|REF is a branch or a tag)", capsys.readouterr().err)


@each_notebook
def test_notebook_begins_with_its_link_and_the_set_up_cell(path):
    cells = nbformat.read(path, as_version=4).cells
    assert cells[0].cell_type == "markdown"
    assert badge(path.name) in cells[0].source.splitlines(), "run `make badges`"
    first = next(cell for cell in cells if cell.cell_type == "code")
    assert (first.source, first.metadata) == (setup_cell(), FOLDED), "run `make badges`"


def test_links_of_the_readme_open_notebooks_that_exist():
    links = re.findall(re.escape(COLAB) + r"[^)\s]*", (REPOSITORY / "README.md").read_text(encoding="utf-8"))
    assert set(links) <= {badge(path.name)[len("[Open in Colab](") : -1] for path in NOTEBOOKS}


def test_a_codespace_is_made_by_the_makefile():
    text = (REPOSITORY / ".devcontainer" / "devcontainer.json").read_text(encoding="utf-8")
    command, target = json.loads(text)["postCreateCommand"].split()
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    assert command == "make" and target.replace(".venv", "$(VENV)") + ":" in makefile
