"""README's table of lessons: each notebook's picture, and its badges for the book and for Colab."""

import re
from html import escape
from pathlib import Path

from book_pages import colab_address
from notebook_runner import REPOSITORY
from setup_cells import REPO, book_address

IMAGES = "notebooks/images"
FIRST_COLUMN = re.compile(r"^\|(.*?)(\[\d\d [^\]]+\]\(notebooks/(\w+)\.ipynb\))[^|]*\|", re.MULTILINE)


def with_lessons(readme: str, alts: dict[str, str], root: Path = REPOSITORY) -> str:
    """README's text with the pictures and badges of its lessons.

    `alts` describes the pictures that are new, by the notebooks' names; the others keep their descriptions.
    """

    def column(row: re.Match) -> str:
        before, link, name = row.groups()
        alt = re.search(r'alt="([^"]*)"', before)
        shown = escape(alts[name]).replace("|", "&#124;") if name in alts else alt[1] if alt else ""
        picture = ""
        if shown and (root / IMAGES / "previews" / f"{name}.png").exists():
            picture = f'<img src="{IMAGES}/previews/{name}.png" width="200" alt="{shown}"><br>'
        book = f"[![Read in the book]({IMAGES}/badge-book.svg)]({book_address(REPO)}{name}.html)"
        colab = f"[![Open in Colab]({IMAGES}/badge-colab.svg)]({colab_address(name)})"
        return f"| {picture}{link}<br>{book} {colab} |"

    return FIRST_COLUMN.sub(column, readme)
