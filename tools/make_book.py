"""Writes the course as a book: web pages that need neither a network nor a server, and slides for each notebook.

    make book

What a notebook shows comes from build/executed, where the notebooks' test leaves it too; only a notebook of which
something has changed is run. The book is written before the first run and after each one, so a notebook that fails,
or a run that is stopped, costs no page but its own.
"""

import argparse
import shutil
import subprocess
import sys
from copy import deepcopy
from pathlib import Path

import nbformat
from book_check import check
from book_glossary import with_sections
from book_pages import SOURCES, card, page, relink
from book_previews import best_figure, thumbnail
from book_readme import with_lessons
from book_slides import deck
from browser import find_chromium
from executed_notebooks import kept, run_and_keep
from notebook_runner import REPOSITORY, Run, problems, table

LAYOUT = REPOSITORY / "build" / "book-source"
BOOK = REPOSITORY / "build" / "book"
NOTEBOOKS = REPOSITORY / "notebooks"
PREVIEWS = NOTEBOOKS / "images" / "previews"
README = REPOSITORY / "README.md"
LARGEST_MB = 60
LESSONS = "<!-- lessons -->"


def write_book(runs: dict[Path, Run | None]) -> list[str]:
    """Write the book, notebooks with their results where they have run; return what Sphinx had to complain of."""
    lay_out_texts(runs)
    for path, run in runs.items():
        lay_out_notebook(path, run)
    command = [sys.executable, "-m", "sphinx", "-q", "-c", str(SOURCES), "-d", f"{LAYOUT}-read", str(LAYOUT), str(BOOK)]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True)
    return [line for line in done.stderr.splitlines() if line.strip()]


def notebook_of(path: Path, run: Run | None) -> nbformat.NotebookNode:
    """A notebook as it ran, or as it lies in the repository, without results: a copy, to be changed at will."""
    if run:
        return deepcopy(run.notebook)
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":  # somebody may have run it and saved what it showed
            cell.update(outputs=[], execution_count=None)
    return notebook


def lay_out_texts(runs: dict[Path, Run | None]) -> None:
    """Put the pages that are no notebooks where Sphinx reads them, and the lessons on the start page."""
    cards = "\n".join(card(notebook_of(path, run), path.stem) for path, run in runs.items())
    for source in SOURCES.rglob("*.md"):
        place = source.relative_to(SOURCES)
        text = source.read_text(encoding="utf-8")
        if place.name == "glossary.md":
            text = with_sections(text, {path.stem: notebook_of(path, run) for path, run in runs.items()})
        text = relink(text, REPOSITORY / "tools" / "book" / place.parent)
        write(LAYOUT / place, text.replace(LESSONS, cards))


def lay_out_notebook(path: Path, run: Run | None) -> None:
    """Put a notebook where Sphinx reads it; write its slides and its preview."""
    notebook = notebook_of(path, run)
    write(BOOK / "slides" / f"{path.stem}.html", deck(notebook, path.stem))
    if figure := best_figure(notebook):
        for folder in (PREVIEWS, BOOK / "previews"):
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{path.stem}.png").write_bytes(thumbnail(figure.png))
    write(LAYOUT / path.name, nbformat.writes(page(notebook, path.stem, executed=run is not None)))


def write(path: Path, text: str) -> None:
    """Write a file, unless it holds this text already: Sphinx reads again only what is newer."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8", newline="\n")


def write_readme(runs: dict[Path, Run | None]) -> None:
    """Give README.md the pictures of the notebooks that have run."""
    figures = {path.stem: best_figure(run.notebook) for path, run in runs.items() if run}
    alts = {name: figure.alt for name, figure in figures.items() if figure}
    write(README, with_lessons(README.read_text(encoding="utf-8"), alts))


def megabytes(folder: Path) -> float:
    """How much the files of a folder hold together."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def main() -> int:
    """Run what has changed, write the book, and look at its pages; print what is wrong."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--quick", action="store_true", help="neither run notebooks nor look at pages")
    quick = parser.parse_args().quick
    notebooks = sorted(NOTEBOOKS.glob("*.ipynb"))
    runs = {path: kept(path) for path in notebooks}
    for folder in (LAYOUT, BOOK):
        shutil.rmtree(folder, ignore_errors=True)
    found = write_book(runs)
    for path in [path for path in notebooks if not (quick or runs[path])]:
        print(f"Running {path.name}", flush=True)
        runs[path] = run_and_keep(path)
        found = write_book(runs)
    write_readme(runs)
    found += [f"{run.name}: {problem}" for run in runs.values() if run for problem in problems(run.notebook)]
    if find_chromium() and not quick:
        found += check(sorted(BOOK.rglob("*.html")))
    if (size := megabytes(BOOK)) > LARGEST_MB:
        found.append(f"The book has more than {LARGEST_MB} MB.")
    print(table([run for run in runs.values() if run]))
    print("\n".join([*found, f"The book, {size:.1f} MB: {(BOOK / 'index.html').as_uri()}"]))
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
