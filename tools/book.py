"""Writes executed notebooks as web pages that need no network, with a page that lists them.

    python tools/book.py notebooks/*.ipynb --out build/book

Formulas become MathML, which browsers draw by themselves; a widget, which would need scripts from elsewhere,
gives way to the static picture that it leaves beside itself.
"""

import argparse
import html
import re
import sys
from pathlib import Path

from jinja2 import DictLoader, pass_context
from latex2mathml.converter import convert
from nbconvert import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode
from notebook_runner import Run, execute, problems, table

WIDGET = "application/vnd.jupyter.widget-view+json"

# nbconvert's own page without the three scripts that it would fetch, and with a way back.
PAGE = """{% extends 'lab/index.html.j2' %}
{% block html_head_js %}{% endblock %}
{% block html_head_js_mathjax %}{% endblock %}
{% block html_head_js_mermaidjs %}{% endblock %}
{% block body_header %}
{{ super() }}<p style="padding: 0 1em"><a href="index.html">All notebooks</a></p>
{% endblock %}
"""
INDEX = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Pocket ChatGPT</title>
<style>body {{ font: 1.1em/1.6 sans-serif; max-width: 40em; margin: 2em auto; padding: 0 1em }}</style>
<h1>Pocket ChatGPT</h1>
<p>These pages show the notebooks as they ran. To change and run them yourself, open them with
<code>make lab</code>.</p>
<ul>
{items}
</ul>
</html>
"""


class MathRenderer(IPythonRenderer):
    """Markdown whose formulas are MathML."""

    def inline_math(self, body: str) -> str:
        return convert(body)

    def block_math(self, body: str) -> str:
        return convert(body, display="block")


class BookExporter(HTMLExporter):
    """nbconvert's HTML, with formulas that need no script."""

    @pass_context
    def markdown2html(self, context, source):
        renderer = MathRenderer(escape=False, attachments=context.get("cell", {}).get("attachments", {}))
        return MarkdownWithMath(renderer=renderer).render(source)


def title(notebook: NotebookNode) -> str:
    """The first heading of a notebook."""
    headings = (re.search(r"^# (.+)$", cell.source, re.MULTILINE) for cell in notebook.cells)
    return next((heading[1] for heading in headings if heading), "Untitled")


def without_widgets(notebook: NotebookNode) -> NotebookNode:
    """The notebook with each widget replaced by its static picture, or a line that says where it moves."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.get("data", {}).pop(WIDGET, None) and "text/html" not in output.data:
                output.data["text/html"] = "<em>Interactive: open this notebook in JupyterLab.</em>"
    return notebook


def page(run: Run) -> str:
    """One executed notebook as a page; links to other notebooks lead to their pages."""
    exporter = BookExporter(template_file="page.html.j2", extra_loaders=[DictLoader({"page.html.j2": PAGE})])
    notebook = without_widgets(run.notebook)
    notebook.metadata["title"] = title(notebook)
    body, _ = exporter.from_notebook_node(notebook)
    return re.sub(r'(href="\d\d_\w+)\.ipynb', r"\1.html", body)


def index(runs: list[Run]) -> str:
    """The page that lists all others."""
    links = (f'<li><a href="{run.name}.html">{html.escape(title(run.notebook))}</a>' for run in runs)
    return INDEX.format(items="\n".join(links))


def main() -> int:
    """Execute the notebooks that are named and write them as web pages."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("notebooks", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, default=Path("build/book"))
    arguments = parser.parse_args()
    runs = [execute(path) for path in arguments.notebooks]
    found = [f"{run.name}: {problem}" for run in runs for problem in problems(run.notebook)]
    arguments.out.mkdir(parents=True, exist_ok=True)
    for run in runs:
        (arguments.out / f"{run.name}.html").write_text(page(run), encoding="utf-8")
    (arguments.out / "index.html").write_text(index(runs), encoding="utf-8")
    print(table(runs))
    print("\n".join([*found, f"The book: {(arguments.out / 'index.html').resolve().as_uri()}"]))
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
