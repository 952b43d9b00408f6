"""The book's glossary: each term leads to the section that explains it, where its notebook first sets it in bold."""

import re
from collections.abc import Mapping

from nbformat import NotebookNode

ENTRY = re.compile(r"^(\S.*)\n( {4}.+) \[(Notebook \d\d)\]\((?:\S*/)?(\d\d_\w+)\.ipynb\)$", re.MULTILINE)


def first_uses(notebook: NotebookNode) -> dict[str, str]:
    """For all that a notebook sets in bold, in lower case, without article and full stop: the heading above its first
    place, "" before any.
    """
    found: dict[str, str] = {}
    heading = ""
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    for line in re.sub(r"```.*?```", "", text, flags=re.DOTALL).splitlines():
        if line.startswith("## "):
            heading = line.removeprefix("## ").replace("`", "").strip()
        for bold in re.findall(r"\*\*([^*]+)\*\*", re.sub(r"`[^`]*`", "", line)):
            found.setdefault(re.sub(r"^an? |[.:]$", "", bold.lower()), heading)
    return found


def slug(heading: str) -> str:
    """A heading's address on its page, as MyST makes it.

    >>> slug("5 · An arena")
    '5--an-arena'
    """
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def with_sections(text: str, notebooks: Mapping[str, NotebookNode]) -> str:
    """The glossary with links that lead to sections; an entry whose term its notebook doesn't set in bold stays as it
    is.
    """
    uses = {name: first_uses(notebook) for name, notebook in notebooks.items()}

    def entry(match: re.Match) -> str:
        term, _, label, name = match.groups()
        words = {term.lower(), f"{term.lower()}s"}
        heading = next((heading for bold, heading in uses.get(name, {}).items() if bold in words), "")
        if not heading:
            return match[0]
        number = re.match(r"\d+", heading)
        label = f"[{label}, section {number[0]}]" if number else f"[{label}, “{heading}”]"
        return match[0].replace(f"[{match[3]}]", label).replace(".ipynb)", f".ipynb#{slug(heading)})")

    return ENTRY.sub(entry, text)
