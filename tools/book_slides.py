"""A deck of slides from an executed notebook: its sections, figures, predictions and questions.

A deck needs no network and no program but a browser. It is a page of slides below each other, so it can be scrolled,
printed, and read on a phone; keys move from slide to slide.
"""

import re
from dataclasses import dataclass
from html import escape

from book_pages import SOURCES, title
from jinja2 import Environment, FileSystemLoader
from latex2mathml.converter import convert
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode

SECTION = re.compile(r"^## (.+)$", re.MULTILINE)
FIRST_PARAGRAPH = re.compile(r"\A\s*(?!\*\*Try it|[-|#<`])(.+?)(?:\n\s*\n|\Z)", re.DOTALL)
AIMS = "After this notebook you can"


@dataclass(frozen=True)
class Slide:
    """A heading (text), and what is shown below it (HTML)."""

    heading: str
    body: str


class MathRenderer(IPythonRenderer):
    """Markdown whose formulas are MathML."""

    def inline_math(self, body: str) -> str:
        return convert(body)

    def block_math(self, body: str) -> str:
        return convert(body, display="block")


def to_html(markdown: str) -> str:
    """Markdown as HTML."""
    return MarkdownWithMath(renderer=MathRenderer(escape=False)).render(markdown)


def slides(notebook: NotebookNode) -> list[Slide]:
    """A slide for each section's beginning and for each picture, prediction and quiz, in the notebook's order."""
    heading, found = title(notebook), []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            if AIMS in cell.source:
                found.append(Slide(AIMS, to_html("\n".join(re.findall(r"^- .+$", cell.source, re.MULTILINE)))))
            for section in SECTION.finditer(cell.source):
                heading = section[1]
                found.append(Slide(heading, to_html(beginning(cell.source[section.end() :]))))
        verdicts = "# Exercise:" in cell.source  # on a stub: nothing to show
        for output in [] if verdicts else cell.get("outputs", []):
            picture = output.get("data", {}).get("text/html")
            if picture:
                found.append(Slide(heading, picture))
    return found


def beginning(text: str) -> str:
    """What a section says first: a paragraph, or the list with which it begins.

    >>> beginning("\\n\\nOne idea.\\n\\nAnother.")
    'One idea.'
    """
    paragraph = FIRST_PARAGRAPH.match(text)
    if paragraph:
        return paragraph[1]
    points = re.match(r"\s*((?:- .+\n?)+)", text)
    return points[1] if points else ""


def deck(notebook: NotebookNode, name: str) -> str:
    """The deck as a page, to stand in a folder beside the notebook's page."""
    template = Environment(loader=FileSystemLoader(SOURCES), autoescape=False).get_template("slides.html")
    return template.render(title=escape(title(notebook)), name=name, slides=slides(notebook), escape=escape)
