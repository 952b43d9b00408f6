"""A dozen texts as GPT-2, GPT-4 and GPT-4o cut them, recorded, for machines without these encodings.

To write data/recorded_tokens.json, where the encodings can be had (see `pocketgpt.real_models.gpt_encodings`):

    python -m pocketgpt_lessons.tokenization.recorded_tokens
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pocketgpt.errors import PocketError
from pocketgpt.files import write_text
from pocketgpt.paths import DATA
from pocketgpt.real_models.gpt_encodings import available, real_encoding, token_pieces
from pocketgpt_lessons.tokenization.compare_encodings import LANGUAGES, REAL, named_encodings

FILE = DATA / "recorded_tokens.json"
TEXTS = (
    "Hello world, hello  World! Zoë paid 12345.67 for a strawberry ice cream.",
    "world world World WORLD",
    "1234 + 56 = 1290, and 123456 is not 12 345 6",
    "strawberry Strawberry STRAWBERRY",
    "Antidisestablishmentarianism is a long word.",
    "to be, or not to be",
    " SolidGoldMagikarp",
    "def add(a, b):\n    return a + b",
    "https://www.example.com/page?id=42",
    "🙂 ☕ 👩‍🚀",
    "Thanks!<|end|><|endoftext|>",
    LANGUAGES["Finnish"],
    LANGUAGES["Russian"],
    LANGUAGES["Hindi"],
    LANGUAGES["Chinese"],
)

Pieces = tuple[tuple[int, bytes], ...]


@dataclass(frozen=True)
class Recorded:
    """An encoding that knows only some texts: each with its tokens, as (id, bytes)."""

    name: str
    known: Mapping[str, Pieces]

    @cached_property
    def _bytes(self) -> dict[int, bytes]:
        return dict(piece for pieces in self.known.values() for piece in pieces)

    def encode(self, text: str) -> list[int]:
        """The text's ids; PocketError for a text that isn't recorded.

        >>> Recorded("GPT-0", {"hi!": ((7, b"hi"), (8, b"!"))}).encode("hi!")
        [7, 8]
        """
        if text not in self.known:
            raise PocketError(f"{self.name} is recorded for the examples only: choose one, or install its table.")
        return [token_id for token_id, _ in self.known[text]]

    def token_bytes(self, token_id: int) -> bytes:
        """The bytes that an id of a recorded text stands for."""
        return self._bytes[token_id]


def recorded() -> dict[str, Recorded]:
    """The recorded encodings by name; PocketError where their file is missing or damaged."""
    try:
        found = json.loads(FILE.read_text(encoding="utf-8"))
        return {
            name: Recorded(
                name,
                {text: tuple((i, bytes.fromhex(piece)) for i, piece in pieces) for text, pieces in found[name].items()},
            )
            for name in REAL
        }
    except (OSError, ValueError, KeyError):
        raise PocketError(f"{FILE} is missing or damaged: get the file again.") from None


def real_or_recorded(download: bool = False) -> tuple[dict[str, Any], str]:
    """GPT-2's, GPT-4's and GPT-4o's encodings, real where they can be had and recorded elsewhere; and which are which.

    What is told says how to get the real ones, and is "" where all are there.
    """
    states, records = available(download), recorded()
    encodings = {name: real_encoding(code) if states[code] is True else records[name] for name, code in REAL.items()}
    missing = {name: str(states[code]) for name, code in REAL.items() if states[code] is not True}
    lines = dict.fromkeys(line for advice in missing.values() for line in re.findall("`(%pip [^`]*)`", advice))
    told = f"Recorded, for the {len(TEXTS)} examples only: {', '.join(missing)}. "
    told += "For texts of your own, run this in a cell, then this cell again:"
    return encodings, "\n".join([told, *lines]) if missing else ""


def record() -> None:
    """Write the file anew; PocketError where an encoding can't be had."""
    found = {
        name: {text: [[i, piece.hex()] for i, piece in token_pieces(encoding, text)] for text in TEXTS}
        for name, encoding in named_encodings().items()
    }
    parts = []
    for name, texts in found.items():
        rows = (f"  {json.dumps(text, ensure_ascii=False)}: {json.dumps(pieces)}" for text, pieces in texts.items())
        parts.append(f" {json.dumps(name)}: {{\n" + ",\n".join(rows) + "\n }")
    write_text(FILE, "{\n" + ",\n".join(parts) + "\n}\n")


if __name__ == "__main__":
    record()
