"""A small picture of a notebook's best figure, for README.md and the book's start page."""

import base64
import io
from dataclasses import dataclass
from html.parser import HTMLParser

from nbformat import NotebookNode
from PIL import Image

WIDTH, LARGEST = 480, 25_000  # pixels, bytes
PNG = "data:image/png;base64,"


@dataclass(frozen=True)
class Picture:
    """A figure of a notebook: its PNG, and the text that describes it."""

    png: bytes
    alt: str


class Pictures(HTMLParser):
    """Collects the PNGs that stand in some HTML itself."""

    def __init__(self):
        super().__init__()
        self.found: list[Picture] = []

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        source = values.get("src") or ""
        if tag == "img" and source.startswith(PNG):
            self.found.append(Picture(base64.b64decode(source.removeprefix(PNG)), values.get("alt") or ""))


def best_figure(notebook: NotebookNode) -> Picture | None:
    """The figure of the cell with the tag "preview", else the first figure; None if there is none."""
    shown = [cell for cell in notebook.cells if cell.get("outputs")]
    shown.sort(key=lambda cell: "preview" not in cell.metadata.get("tags", []))
    for cell in shown:
        pictures = Pictures()
        pictures.feed("".join(output.get("data", {}).get("text/html", "") for output in cell.outputs))
        if pictures.found:
            return pictures.found[0]
    return None


def thumbnail(png: bytes) -> bytes:
    """The same picture, small: a PNG of 480 pixels' width, less where it would have more than 25,000 bytes."""
    whole = Image.open(io.BytesIO(png)).convert("RGB")
    for width in range(WIDTH, 0, -40):
        small = whole.resize((width, round(whole.height * width / whole.width)), Image.Resampling.LANCZOS)
        data = io.BytesIO()
        small.quantize(64).save(data, format="PNG", optimize=True)
        if data.tell() < LARGEST:
            break
    return data.getvalue()
