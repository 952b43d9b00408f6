"""The book: what is run again and what is taken as it was, what stands on its pages, and how they read in a browser."""

import base64
import io
import re
import shutil
from functools import partial
from pathlib import Path

import make_book
import nbformat
import pytest
from book_check import check
from book_glossary import first_uses, with_sections
from book_pages import SOURCES, colab_address, lead_to_pages, page, relink
from book_previews import LARGEST, best_figure, thumbnail
from book_readme import FIRST_COLUMN, with_lessons
from book_slides import deck, slides
from browser import CHROMIUM_OPTIONS, PATIENCE, find_chromium
from executed_notebooks import fingerprint, keep, kept
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from notebook_runner import REPOSITORY, Run, pictures_without_alt
from PIL import Image
from setup_cells import REPO, book_address

NOTEBOOKS = sorted((REPOSITORY / "notebooks").glob("*.ipynb"))
METADATA = {
    "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
    "language_info": {"name": "python"},
}
LINKED = "What a page is. [Notebook 01](../../notebooks/01_small.ipynb)"
HINT = "<details><summary>Hint</summary>\n\nLook.\n\n</details>"
README = REPOSITORY / "README.md"


def figure(colour: str) -> str:
    """A figure as notebooks show it."""
    png = io.BytesIO()
    Image.new("RGB", (1200, 675), colour).save(png, format="PNG")
    data = base64.b64encode(png.getvalue()).decode()
    return f'<img alt="All {colour}" width="800" src="data:image/png;base64,{data}" style="max-width:100%"/>'


def shown(html: str, **other: object):
    return new_output("display_data", {"text/html": html, "text/plain": "as text", **other})


WIDGET = {"application/vnd.jupyter.widget-view+json": {"model_id": "1", "version_major": 2, "version_minor": 0}}


def small_notebook():
    """A notebook that has run, with all that the book treats in a way of its own."""
    folded = {"cellView": "form", "jupyter": {"source_hidden": True}, "tags": ["hide-input", "preview"]}
    cells = [
        new_markdown_cell("# 01 · Small: a notebook\n\n*A minute of computing, no GPU needed.*\n\nIt **maps** things."),
        new_markdown_cell("**After this notebook you can**\n\n- *tell* red from blue.\n\nFirst, a question."),
        new_code_cell("quiz()", execution_count=1, outputs=[shown("<p>Which is red?</p>", **WIDGET)]),
        new_markdown_cell("## 1 · Red\n\nRed is $x^2$ in **HTML**. See [02](02_next.ipynb).\n\n" + HINT),
        new_code_cell("# Exercise: f", execution_count=2, outputs=[shown("<p>Not attempted yet</p>")]),
        new_code_cell("draw()", execution_count=3, outputs=[shown(figure("red"))]),
        new_code_cell("# @title Draw blue\nd()", execution_count=4, outputs=[shown(figure("blue"))], metadata=folded),
    ]  # fmt: skip
    return new_notebook(cells=cells, metadata=METADATA)


@pytest.fixture
def course(tmp_path):
    """A repository with one notebook, two lessons, data and a lock."""
    text = 'from pocketgpt_lessons.rl import quiz\nevidence_of("06")'
    files = {
        "src/pocketgpt/model.py": "",
        "src/pocketgpt_lessons/rl/study.py": "",
        "src/pocketgpt_lessons/sft/study.py": "",
        "data/people.csv": "",
        "data/own/progress.json": "",
        "data/evidence/04.json": "",
        "data/evidence/06.json": "",
        "data/evidence/06_more.json": "",
        "requirements.lock": "",
    }
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content, encoding="utf-8")
    nbformat.write(new_notebook(cells=[new_code_cell(text)]), tmp_path / "06_rl.ipynb")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("06_rl.ipynb", True),
        ("src/pocketgpt/model.py", True),
        ("src/pocketgpt_lessons/rl/study.py", True),
        ("src/pocketgpt_lessons/sft/study.py", False),
        ("data/people.csv", True),
        ("data/own/progress.json", False),
        ("data/evidence/04.json", False),
        ("data/evidence/06.json", True),
        ("data/evidence/06_more.json", True),
        ("requirements.lock", True),
    ],
)
def test_a_notebook_is_run_again_when_something_that_it_reads_has_changed(course, name, counts):
    before = fingerprint(course / "06_rl.ipynb", course)
    with open(course / name, "a", encoding="utf-8") as file:
        file.write("\n")
    assert (fingerprint(course / "06_rl.ipynb", course) != before) == counts


@pytest.fixture
def nothing_read(monkeypatch):
    """Notebooks that read nothing: a file of the repository may change while a test runs."""
    monkeypatch.setattr("executed_notebooks.files_read", lambda *_: [])


def test_a_run_is_kept_until_the_notebook_changes(tmp_path, nothing_read):
    path, folder = tmp_path / "x.ipynb", tmp_path / "kept"
    nbformat.write(new_notebook(cells=[new_code_cell("1", execution_count=None)]), path)
    assert kept(path, folder) is None
    ran = new_notebook(cells=[new_code_cell("1", execution_count=1)])
    keep(path, Run("x", ran, 2.0, 3.0), fingerprint(path), folder)
    again = kept(path, folder)
    assert again and (again.seconds, again.peak_mb) == (2.0, 3.0) and again.notebook.cells[0].execution_count == 1
    (folder / "x.ipynb").write_text('{"cells": [', encoding="utf-8")  # a full disk, or a kill
    assert kept(path, folder) is None
    keep(path, Run("x", ran, 2.0, 3.0), fingerprint(path), folder)
    nbformat.write(new_notebook(cells=[new_code_cell("2")]), path)
    assert kept(path, folder) is None


def test_without_a_run_the_book_shows_no_results(tmp_path):
    path = tmp_path / "x.ipynb"
    shown = new_output("stream", text="mine")
    nbformat.write(new_notebook(cells=[new_code_cell("1", execution_count=1, outputs=[shown])]), path)
    [cell] = make_book.notebook_of(path, None).cells
    assert cell.outputs == [] and cell.execution_count is None


def test_a_run_that_failed_is_not_kept(tmp_path, nothing_read):
    path = tmp_path / "x.ipynb"
    nbformat.write(new_notebook(), path)
    failed = new_code_cell("1 / 0", execution_count=1, outputs=[new_output("error", ename="", evalue="", traceback=[])])
    keep(path, Run("x", new_notebook(cells=[failed]), 1.0, 1.0), fingerprint(path), tmp_path)
    assert kept(path, tmp_path) is None


def test_a_widget_becomes_its_picture_and_a_way_to_where_it_is_alive():
    text = str(page(small_notebook(), "01_small", executed=True))
    assert "widget-view" not in text
    assert re.search(r"Which is red\?</p><p class=.{1,2}alive.*" + re.escape(colab_address("01_small")), text)


def test_a_folded_cell_is_folded_under_its_title():
    cell = page(small_notebook(), "01_small", executed=True).cells[-1]
    assert cell.metadata.mystnb.code_prompt_show == "Draw blue" and "hide-input" in cell.metadata.tags


@pytest.mark.parametrize(
    ("link", "leads_to"),
    [
        ("](../../../notebooks/01_tokenization.ipynb)", "](/01_tokenization.ipynb)"),
        ("](plans.md#week)", "](/teaching/plans.md#week)"),
        ("](../../../data/README.md)", f"](https://github.com/{REPO}/blob/main/data/README.md)"),
        ("](../../../data)", f"](https://github.com/{REPO}/tree/main/data)"),
        ("](https://example.org/a.md)", "](https://example.org/a.md)"),
        ("](#here)", "](#here)"),
    ],
)
def test_links_lead_to_the_books_pages_or_to_github(link, leads_to):
    assert relink(link, SOURCES / "teaching") == leads_to


def test_the_preview_is_the_tagged_figure_or_the_first_and_small():
    notebook = small_notebook()
    assert best_figure(notebook).alt == "All blue"
    notebook.cells[-1].metadata.tags.remove("preview")
    assert best_figure(notebook).alt == "All red"
    assert best_figure(new_notebook()) is None
    noise = Image.effect_noise((1200, 700), 90)
    png = io.BytesIO()
    noise.save(png, format="PNG")
    small = thumbnail(png.getvalue())
    assert len(small) < LARGEST and Image.open(io.BytesIO(small)).format == "PNG"


def test_a_link_in_a_result_leads_to_the_books_page():
    output = new_output("display_data", {"text/html": '<a href="01_tokenization.ipynb">01</a> <a href="x.ipynb">x</a>'})
    lead_to_pages(output)
    assert output.data["text/html"] == '<a href="01_tokenization.html">01</a> <a href="x.ipynb">x</a>'
    lead_to_pages(new_output("stream", text="no page"))


def test_slides_hold_aims_questions_sections_and_figures_in_order():
    found = slides(small_notebook())
    assert [slide.heading for slide in found] == [
        "After this notebook you can", "01 · Small: a notebook", "1 · Red", "1 · Red", "1 · Red",
    ]  # fmt: skip
    aims, question, section, red, blue = (slide.body for slide in found)
    assert "tell" in aims and "Which is red?" in question and "All red" in red and "All blue" in blue
    assert "<math" in section and "Hint" not in section
    assert not re.search(r"(src|href)=.https?:", deck(small_notebook(), "01_small"))


def glossary() -> list[tuple[str, str, str]]:
    """Each term, its sentence, and the notebook that it links to."""
    text = (SOURCES / "glossary.md").read_text(encoding="utf-8")
    entry = re.compile(r"^(\S.*)\n {4}(.+) \[Notebook (\d\d)\]\(\.\./\.\./notebooks/\3_\w+\.ipynb\)$", re.MULTILINE)
    return [match.groups() for match in entry.finditer(text)]


def test_each_term_of_the_glossary_stands_in_bold_in_its_notebook():
    text = (SOURCES / "glossary.md").read_text(encoding="utf-8")
    entries = glossary()
    assert len(entries) == text.count("[Notebook ") >= 50
    bold = {path.stem[:2]: first_uses(nbformat.read(path, as_version=4)).keys() for path in NOTEBOOKS}
    lost = [entry for entry in entries if not {entry[0].lower(), f"{entry[0].lower()}s"} & bold[entry[2]]]
    assert lost == [], "the notebook no longer defines the term in bold: does another one?"
    first = {}
    for notebook, terms in sorted(bold.items()):
        for term in terms:
            first.setdefault(term, notebook)
    named = {term: {first.get(form) for form in (term.lower(), f"{term.lower()}s")} for term, _, _ in entries}
    later = [term for term, _, notebook in entries if notebook != min(filter(None, named[term]))]
    assert later == [], "an earlier notebook sets the term in bold"


def test_the_books_glossary_leads_to_the_section_that_first_sets_a_term_in_bold():
    cells = [
        new_markdown_cell("# 01 · Small\n\nA **crawl** of pages, `**no term**`.\n\n```\n## No heading\n```"),
        new_markdown_cell("## 1 · Red\n\n**URLs** lead there.\n\n## What `f` does: a summary\n\nA **hash.** A **URL**"),
    ]
    notebook = new_notebook(cells=cells)
    assert first_uses(notebook) == {
        "crawl": "", "urls": "1 · Red", "url": "What f does: a summary", "hash": "What f does: a summary",
    }  # fmt: skip
    entry = "\n    It is one. [Notebook 01](../../notebooks/01_small.ipynb)\n"
    text = "".join(f"\n{term}{entry}" for term in ("crawl", "URL", "hash", "nothing"))
    found = with_sections(text, {"01_small": notebook})
    assert f"\ncrawl{entry}" in found and f"\nnothing{entry}" in found
    assert "\nURL\n    It is one. [Notebook 01, section 1](../../notebooks/01_small.ipynb#1--red)\n" in found
    assert "[Notebook 01, “What f does: a summary”](../../notebooks/01_small.ipynb#what-f-does-a-summary)" in found
    everywhere = with_sections(
        (SOURCES / "glossary.md").read_text(encoding="utf-8"),
        {path.stem: nbformat.read(path, as_version=4) for path in NOTEBOOKS},
    )
    assert everywhere.count(".ipynb#") > 0.9 * everywhere.count("[Notebook ")


def test_each_lesson_in_the_readme_has_its_badges_and_each_picture_exists():
    readme = README.read_text(encoding="utf-8")
    assert [name for _, _, name in FIRST_COLUMN.findall(readme)] == [path.stem for path in NOTEBOOKS]
    assert with_lessons(readme, {}) == readme, "run `make book`"
    pictures = re.findall(r'src="(notebooks/images/[^"]+)"|\]\((notebooks/images/[^)]+)\)', readme)
    assert pictures and all((REPOSITORY / (a or b)).stat().st_size for a, b in pictures)
    assert not pictures_without_alt(readme)


def test_previews_are_small():
    assert all(path.stat().st_size < LARGEST for path in (REPOSITORY / "notebooks/images/previews").glob("*.png"))


def test_a_new_picture_brings_its_description_and_an_old_one_keeps_it(tmp_path):
    row = "| [01 small](notebooks/01_small.ipynb) | claim |"
    (tmp_path / "notebooks/images/previews").mkdir(parents=True)
    (tmp_path / "notebooks/images/previews/01_small.png").touch()
    once = with_lessons(row, {"01_small": "a | b"}, tmp_path)
    assert once.startswith(
        '| <img src="notebooks/images/previews/01_small.png" width="200" alt="a &#124; b"><br>[01 small]'
    )
    assert f"({book_address(REPO)}01_small.html)" in once and once.endswith(" | claim |")
    assert with_lessons(once, {}, tmp_path) == once


def test_the_books_requirements_are_exact():
    lines = (SOURCES / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not re.fullmatch(r"#.*|[\w.-]+==[\w.]+", line)] == []


def make_in(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """From now on make_book works in a folder, with a start page, a glossary and three pages for teachers."""
    pytest.importorskip("myst_nb", reason="needs what `make book` installs")
    sources = folder / "sources"
    shutil.copytree(SOURCES, sources, ignore=shutil.ignore_patterns("[!i]*.md"))
    shutil.copy(SOURCES / "from_pocket_to_real.md", sources)
    text = (SOURCES / "glossary.md").read_text(encoding="utf-8")
    text = re.sub(r" \[Notebook.*", "", text).replace("HTML\n", f"HTML\n    {LINKED}\n\nmarkup\n")
    (sources / "glossary.md").write_text(text, encoding="utf-8")
    for name in ("01_small", "plans", "report_and_assignments"):
        (sources / "teaching" / f"{name}.md").write_text("# Teaching\n\nSay **hello**.\n", encoding="utf-8")
    patch.setattr(make_book, "SOURCES", sources)
    for name in ("LAYOUT", "BOOK", "NOTEBOOKS", "PREVIEWS", "README"):
        patch.setattr(make_book, name, folder / name.lower())


def write_notebook(path: Path, title: str, code: str) -> None:
    cells = [new_markdown_cell(f"# {title}"), new_code_cell(code)]
    nbformat.write(new_notebook(cells=cells, metadata=METADATA), path)


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """A book of two notebooks, of which the second has not run: the folder, and what Sphinx complained of."""
    folder = tmp_path_factory.mktemp("book")
    unrun = folder / "02_next.ipynb"
    write_notebook(unrun, "02 · Next", "1")
    with pytest.MonkeyPatch.context() as patch:
        make_in(folder, patch)
        runs = {folder / "01_small.ipynb": Run("01_small", small_notebook(), 1.0, 1.0), unrun: None}
        complaints = make_book.write_book(runs)
    return folder / "book", complaints


def test_a_notebook_that_fails_costs_no_page_but_its_own(tmp_path, monkeypatch, capsys, nothing_read):
    make_in(tmp_path, monkeypatch)
    for name in ("kept", "run_and_keep"):
        monkeypatch.setattr(make_book, name, partial(getattr(make_book, name), folder=tmp_path / "runs"))
    monkeypatch.setattr(make_book, "check", lambda paths: [])
    monkeypatch.setattr("sys.argv", ["make_book.py"])
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "readme").write_text("| [01 a](notebooks/01_a.ipynb) | claim |", encoding="utf-8")
    write_notebook(tmp_path / "notebooks" / "01_a.ipynb", "01 · A", "print(6 * 7)")
    write_notebook(tmp_path / "notebooks" / "02_b.ipynb", "02 · B", "1 / 0")
    assert make_book.main() == 1
    first = capsys.readouterr().out
    assert "02_b: cell 1 raised" in first and "ZeroDivisionError" in first and "01_a: " not in first
    assert ">42" in (tmp_path / "book" / "01_a.html").read_text(encoding="utf-8")
    assert "ZeroDivisionError" in (tmp_path / "book" / "02_b.html").read_text(encoding="utf-8")

    write_notebook(tmp_path / "notebooks" / "02_b.ipynb", "02 · B", "print(40 + 1)")
    assert make_book.main() == 0
    again = capsys.readouterr().out
    assert "Running 02_b.ipynb" in again and "Running 01_a.ipynb" not in again
    assert ">41" in (tmp_path / "book" / "02_b.html").read_text(encoding="utf-8")


def test_the_book_has_all_pages_and_no_fault_that_sphinx_can_see(book):
    folder, complaints = book
    assert complaints == []
    pages = {path.relative_to(folder).as_posix() for path in folder.rglob("*.html")}
    assert {
        "index.html",
        "01_small.html",
        "02_next.html",
        "glossary.html",
        "teaching/index.html",
        "search.html",
    } <= pages
    assert {"slides/01_small.html", "slides/02_next.html"} <= pages
    glossary = (folder / "glossary.html").read_text(encoding="utf-8")
    [anchor] = re.findall(r'href="01_small.html#([^"]+)"[^>]*>.*Notebook 01, section 1', glossary)
    assert f'id="{anchor}"' in (folder / "01_small.html").read_text(encoding="utf-8")


def test_a_page_of_the_book_shows_what_the_notebook_showed(book):
    text = (book[0] / "01_small.html").read_text(encoding="utf-8")
    scripts = re.findall(r'<script[^>]*src="([^"]+)"', text)
    assert "<math" in text and scripts and all(script.startswith("_static/") for script in scripts)
    assert 'alt="All red"' in text and "Draw blue" in text and 'href="02_next.html"' in text
    assert re.search(r'<details class="[^"]*hide', text)
    assert "has not run yet" not in text and "has not run yet" in (book[0] / "02_next.html").read_text(encoding="utf-8")
    start = (book[0] / "index.html").read_text(encoding="utf-8")
    assert "A minute of computing" in start and 'src="previews/01_small.png"' in start


@pytest.mark.skipif(not find_chromium(), reason="needs a Chromium")
def test_the_book_reads_well_in_a_browser_without_a_network(book):
    assert check(sorted(book[0].rglob("*.html"))) == []


@pytest.mark.skipif(not find_chromium(), reason="needs a Chromium")
def test_the_check_notices_what_a_reader_would(tmp_path):
    pytest.importorskip("axe_playwright_python", reason="needs what `make book` installs")
    bad = tmp_path / "bad.html"
    script = '<script src="https://cdn.example/a.js"></script>'
    style = '<p style="color:#ccc;background:#fff;width:900px">pale</p>'
    bad.write_text(f'<html lang="en"><title>Bad</title>{script}<img src="data:,">{style}</html>', encoding="utf-8")
    found = "\n".join(check([bad]))
    for complaint in ("asked for https://cdn.example", "image-alt", "color-contrast", "wider than a phone"):
        assert complaint in found


@pytest.mark.skipif(not find_chromium(), reason="needs a Chromium")
def test_the_search_finds_a_page_from_the_file_system(book):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(CHROMIUM_OPTIONS))
        page = browser.new_page()
        page.set_default_timeout(PATIENCE * 1000)
        page.goto((book[0] / "search.html").as_uri() + "?q=maps")
        page.wait_for_selector("#search-results li a[href*='01_small']", timeout=PATIENCE * 1000)
        browser.close()
