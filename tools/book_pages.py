"""What stands on the book's pages: a notebook as its page, a lesson's card on the start page, links that lead on."""

import re
from html import escape
from pathlib import Path

from book_previews import best_figure
from nbformat import NotebookNode
from notebook_runner import REPOSITORY
from setup_cells import BADGE_LINE, COLAB, REF, REPO

SOURCES = REPOSITORY / "tools" / "book"
WIDGET = "application/vnd.jupyter.widget-view+json"
LINK = re.compile(r"\]\((?![a-z]+:|#|/)([^)\s#]+)")
FOLD_TITLE = re.compile(r"# @title (.+)")
# Both folders are laid out side by side at the book's root.
ROOTS = (REPOSITORY / "notebooks", SOURCES)

WITHOUT_RESULTS = "```{note}\nThis notebook has not run yet, so its results are missing.\n```"


def colab_address(name: str) -> str:
    """Where a notebook opens in Colab."""
    return f"{COLAB}{REPO}/blob/{REF}/notebooks/{name}.ipynb"


def title(notebook: NotebookNode) -> str:
    """The first heading of a notebook."""
    headings = (re.search(r"^# (.+)$", cell.source, re.MULTILINE) for cell in notebook.cells)
    return next((heading[1] for heading in headings if heading), "Untitled")


def costs(notebook: NotebookNode) -> str:
    """The line in italics below the title: minutes, memory and device; "" if there is none."""
    line = re.search(r"^\*([^*].+)\*$", notebook.cells[0].source, re.MULTILINE)
    return line[1] if line else ""


def relink(text: str, folder: Path) -> str:
    """Markdown whose links to files, as seen from a folder of the repository, lead to the book's pages or to GitHub."""

    def lead_on(link: re.Match) -> str:
        target = (folder / link[1]).resolve()
        for root in ROOTS:
            if target.is_relative_to(root):
                return f"](/{target.relative_to(root).as_posix()}"
        kind = "tree" if target.is_dir() else "blob"
        return f"](https://github.com/{REPO}/{kind}/{REF}/{target.relative_to(REPOSITORY).as_posix()}"

    return LINK.sub(lead_on, text)


def page(notebook: NotebookNode, name: str, executed: bool) -> NotebookNode:
    """A notebook as its page in the book; the notebook itself is changed."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = relink(cell.source, REPOSITORY / "notebooks")
            continue
        if fold := FOLD_TITLE.match(cell.source):
            cell.metadata["mystnb"] = {"code_prompt_show": fold[1], "code_prompt_hide": fold[1]}
        for output in cell.get("outputs", []):
            without_widget(output, name)
            lead_to_pages(output)
    slides = f'<a href="slides/{name}.html">Slides</a>'
    note = "" if executed else f"\n\n{WITHOUT_RESULTS}"
    head, _, rest = BADGE_LINE.sub("", notebook.cells[0].source).partition("\n")
    notebook.cells[0].source = f"{head}\n\n[Open in Colab]({colab_address(name)}) · {slides}{note}\n{rest}"
    return notebook


def without_widget(output: NotebookNode, name: str) -> None:
    """Replace a widget by the static picture that it left beside itself, and a line that says where it is alive."""
    if output.get("data", {}).pop(WIDGET, None):
        picture = output.data.get("text/html", "")
        where = f'<code>make lab</code> or <a href="{colab_address(name)}">in Colab</a>'
        output.data["text/html"] = f'{picture}<p class="alive">Interactive in the notebook: open it with {where}.</p>'


def lead_to_pages(output: NotebookNode) -> None:
    """Let links in what a cell shows lead to the book's pages in place of notebooks."""
    html = output.get("data", {}).get("text/html")
    if isinstance(html, str):
        output.data["text/html"] = re.sub(r'href="(\d\d_\w+)\.ipynb"', r'href="\1.html"', html)


def card(notebook: NotebookNode, name: str) -> str:
    """A lesson on the start page: a link with its picture and its title, and what it costs."""
    figure = best_figure(notebook)
    picture = f'<img alt="{escape(figure.alt)}" src="previews/{name}.png">' if figure else ""
    return (
        f'<li><a href="{name}.html">{picture}<strong>{escape(title(notebook))}</strong></a>'
        f"<p>{escape(costs(notebook))}</p></li>"
    )
