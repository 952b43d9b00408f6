"""Sphinx's settings for the book. make_book.py lays out the pages and calls Sphinx."""

from docutils import nodes
from latex2mathml.converter import convert

project = "Pocket ChatGPT"
html_title = "Pocket ChatGPT"
language = "en"
extensions = ["myst_nb"]

nb_execution_mode = "off"  # make_book.py has executed them
nb_ipywidgets_js = {}  # scripts that a page would fetch from elsewhere
nb_merge_streams = True
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 2  # the glossary links to sections

html_theme = "furo"
html_static_path = ["static"]
html_css_files = ["book.css"]
html_js_files = [("book.js", {"defer": "defer"})]
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False
html_math_renderer = "mathml"


def inline_formula(writer, node):
    """A formula as MathML, which browsers draw without a script."""
    writer.body.append(convert(node.astext()))
    raise nodes.SkipNode


def formula(writer, node):
    """The same on a line of its own."""
    writer.body.append(f'<div class="formula">{convert(node.astext(), display="block")}</div>')
    raise nodes.SkipNode


def setup(app):
    app.add_html_math_renderer("mathml", (inline_formula, None), (formula, None))
