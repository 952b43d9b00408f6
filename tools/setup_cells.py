"""The link to Colab and the set-up cell that every notebook begins with, written from one place.

    make badges                              after adding a notebook
    make badges REPO=owner/name REF=v1.0     for a fork, or to pin a release

The author of a new notebook writes its title and, as first code cell, `import pocketgpt`; this file adds the
link below the title and turns that cell into the set-up cell, folded. The link is plain text, since the usual
badge is a picture that the reader's machine would fetch. README.md gets the same owner, name and ref.
"""

import argparse
import re
import sys
from pathlib import Path

import nbformat
from nbformat import NotebookNode

# `make badges REPO=… REF=…` rewrites these two lines, and whatever holds their values.
REPO = "pocket-chatgpt/pocket-chatgpt"
REF = "main"

REPOSITORY = Path(__file__).resolve().parent.parent
COLAB = "https://colab.research.google.com/github/"
COLAB_LINK = re.compile(re.escape(COLAB) + r"[^)\s]*?(?=/notebooks/[\w.-]+\.ipynb)")
BADGE_LINE = re.compile(r"^\[Open in Colab\]\(.*\)$", re.MULTILINE)

# Nothing is installed on Colab, whose own packages suffice. A failed clone raises nothing of its own: git has said
# what is wrong, and the last line says what to do. It isn't an ImportError, to which Colab adds advice on pip, nor
# SystemExit, to which IPython adds advice on leaving.
SETUP = """\
# @title Set-up, the same in every notebook: on Colab it fetches the course
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

course = Path("pocket-chatgpt").resolve()
if "google.colab" in sys.modules and not find_spec("pocketgpt"):
    repository = "https://github.com/{repo}"
    ref = "{ref}"
    clone = ["git", "clone", "-q", "--depth=1", f"--branch={{ref}}", repository, str(course)]
    if course.exists() or subprocess.run(clone).returncode == 0:
        sys.path.insert(0, str(course / "src"))
if not find_spec("pocketgpt"):
    raise RuntimeError("pocketgpt isn't here: run `make lab` in the course's folder. On Colab, try again.")
"""
SETUP_BEGINS = ("# @title Set-up, the same in every notebook", "# Set-up, the same in every notebook")

# The marks of a folded cell, for Colab, for JupyterLab and VS Code, and for the book. Its first line is its title.
FOLDED = {"cellView": "form", "jupyter": {"source_hidden": True}, "tags": ["hide-input"]}


def setup_cell(repo: str = REPO, ref: str = REF) -> str:
    """Source of the set-up cell."""
    return SETUP.format(repo=repo, ref=ref).rstrip()


def badge(name: str, repo: str = REPO, ref: str = REF) -> str:
    """The line that opens a notebook in Colab.

    >>> badge("02_pretraining.ipynb", "ada/course", "v1")
    '[Open in Colab](https://colab.research.google.com/github/ada/course/blob/v1/notebooks/02_pretraining.ipynb)'
    """
    return f"[Open in Colab]({COLAB}{repo}/blob/{ref}/notebooks/{name})"


def is_setup(source: str) -> bool:
    """Whether a cell is a set-up cell, of any repository, or the placeholder for one."""
    return source.startswith(SETUP_BEGINS) or source.strip() == "import pocketgpt"


def write_beginning(notebook: NotebookNode, name: str, repo: str, ref: str) -> None:
    """Give a notebook its link, in the first cell, and its set-up cell; all else stays as it is."""
    title = notebook.cells[0]
    line = badge(name, repo, ref)
    if BADGE_LINE.search(title.source):
        title.source = BADGE_LINE.sub(lambda _: line, title.source, count=1)
    else:
        head, _, rest = title.source.partition("\n")
        title.source = f"{head}\n\n{line}\n{rest}".rstrip()
    first = next((cell for cell in notebook.cells if cell.cell_type == "code"), None)
    if first is None or not is_setup(first.source):
        first = nbformat.v4.new_code_cell(id="setup")
        notebook.cells.insert(1, first)
    first.source = setup_cell(repo, ref)
    first.metadata = nbformat.from_dict(FOLDED)


def book_address(repo: str) -> str:
    """Where GitHub publishes a repository's book.

    >>> book_address("ada/course")
    'https://ada.github.io/course/'
    """
    owner, _, name = repo.partition("/")
    return f"https://{owner}.github.io/{name}/"


def relink(text: str, repo: str, ref: str) -> str:
    """A page's links to this repository, to its book and to its notebooks in Colab, turned to repo and ref."""
    text = text.replace(book_address(REPO), book_address(repo)).replace(REPO, repo)
    return COLAB_LINK.sub(lambda _: f"{COLAB}{repo}/blob/{ref}", text)


def update(root: Path, repo: str, ref: str) -> list[str]:
    """Rewrite the notebooks, README.md and this file's constants below root; return what changed."""
    texts = {}
    for path in sorted((root / "notebooks").glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        before = nbformat.writes(notebook)
        write_beginning(notebook, path.name, repo, ref)
        if nbformat.writes(notebook) != before:
            texts[path] = nbformat.writes(notebook).rstrip("\n") + "\n"
    readme = root / "README.md"
    texts[readme] = relink(readme.read_text(encoding="utf-8"), repo, ref)
    own = root / "tools" / "setup_cells.py"
    source = own.read_text(encoding="utf-8")
    for constant, value in {"REPO": repo, "REF": ref}.items():
        source = re.sub(rf'^{constant} = ".*"$', f'{constant} = "{value}"', source, flags=re.MULTILINE)
    texts[own] = source
    changed = {path: text for path, text in texts.items() if path.read_text(encoding="utf-8") != text}
    for path, text in changed.items():
        path.write_text(text, encoding="utf-8", newline="\n")
    return [path.relative_to(root).as_posix() for path in changed]


def main(arguments: list[str] | None = None) -> None:
    """Check the owner, name and ref; rewrite; print the names of the changed files."""
    parser = argparse.ArgumentParser(prog="make badges", usage="make badges [REPO=owner/name] [REF=main]")
    parser.add_argument("--repo", default=REPO)
    parser.add_argument("--ref", default=REF)
    chosen = parser.parse_args(arguments)
    if not re.fullmatch(r"[\w-]+/[\w.-]+", chosen.repo, re.ASCII):
        parser.error(f"REPO is owner/name, as in {REPO}, not {chosen.repo!r}.")
    if not re.fullmatch(r"\w[\w./-]*", chosen.ref, re.ASCII) or re.fullmatch(r"[0-9a-f]{40}", chosen.ref):
        parser.error(f"REF is a branch or a tag, as in {REF}, not {chosen.ref!r}: a commit can't be cloned by name.")
    changed = update(REPOSITORY, chosen.repo, chosen.ref)
    print("Rewritten: " + ", ".join(changed) if changed else "All is as it should be.")


if __name__ == "__main__":
    sys.exit(main())
