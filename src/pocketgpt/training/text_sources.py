"""Text in files of many kinds, as a stream: plain, JSON Lines, Parquet, compressed or not; never a whole file at once.

    for text, ends in pieces(Path("wiki.jsonl.zst"), field="text"):
        ...                       # ends: a document ends here

A plain text file is one document, cut into pieces at places where a tokenizer would cut, too, so that the pieces
have the tokens of the whole. Of the other kinds each row is a document.
"""

import gzip
import io
import json
import re
import zlib
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import IO, Any

from pocketgpt.errors import PocketError

PIECE = 1 << 16  # characters of a plain text that are read at once
SMALL_TEXT = 64_000_000  # bytes: a single plain text up to here is learned from in memory
COMPRESSED = (".gz", ".zst")
ROWS = (".jsonl", ".ndjson", ".parquet")
PLAIN = (".txt", ".text", ".md")

# Where a tokenizer always cuts: behind a line end before what is no blank, and before a blank behind what is none.
_LINE_END = re.compile(r"\n(?=\S)")
_BLANK = re.compile(r"(?<=\S)(?= )")

Piece = tuple[str, bool]


def kind(path: Path) -> str:
    """The ending that tells what is in a file, without that of its compression.

    >>> kind(Path("wiki.jsonl.zst")), kind(Path("notes"))
    ('.jsonl', '')
    """
    return Path(path.stem if path.suffix.lower() in COMPRESSED else path.name).suffix.lower()


def fits_memory(names: Sequence[str | Path]) -> bool:
    """Whether it is one plain text, not packed, of at most SMALL_TEXT bytes; or one that isn't there."""
    path, *more = map(Path, names)
    plain = path.suffix.lower() not in COMPRESSED and kind(path) not in ROWS and not path.is_dir()
    return plain and not more and (not path.exists() or path.stat().st_size <= SMALL_TEXT)


def find_sources(names: Sequence[str | Path]) -> list[Path]:
    """The files meant: a file as it is named, a folder as all files below it whose endings we know, sorted."""
    found: list[Path] = []
    for path in map(Path, names):
        below = [path]
        if path.is_dir():
            inside = (file for file in path.rglob("*") if kind(file) in (*PLAIN, *ROWS) and file.is_file())
            below = sorted(file for file in inside if not file.name.startswith("."))
            if not below:
                raise PocketError(f"{path} holds no text: put files into it that end in {', '.join(PLAIN + ROWS)}.")
        elif not path.is_file():
            raise PocketError(f"{path} can't be read: check that the file is there and is a text file.")
        found += below
    return found


def pieces(path: Path, field: str = "text") -> Generator[Piece, None, None]:
    """The text of a file, piece by piece, each with whether a document ends there; PocketError if it can't be read."""
    try:
        if kind(path) == ".parquet":
            yield from _parquet_rows(path, field)
        else:
            with _opened(path) as raw:
                yield from (_json_rows if kind(path) in ROWS else plain_pieces)(path, raw, field)
    except UnicodeDecodeError:
        raise PocketError(f"{path} isn't UTF-8 text: save it as UTF-8, or take another file.") from None
    except (OSError, EOFError, zlib.error):
        raise PocketError(f"{path} can't be read to its end: check that it is there and whole.") from None


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    """The bytes of a file, unpacked on the way."""
    if path.suffix.lower() == ".gz":
        with gzip.open(path) as file:
            yield io.BufferedReader(file)
    elif path.suffix.lower() == ".zst":
        library = _optional(path, "zstandard")
        with path.open("rb") as packed:
            try:
                yield io.BufferedReader(_Unpacked(packed, library.ZstdDecompressor))
            except library.ZstdError:
                raise EOFError from None
    else:
        with path.open("rb") as file:
            yield file


class _Unpacked(io.RawIOBase):
    """The bytes of a Zstandard file: of all its frames, where the library's own reader ends after the first.

    Raises EOFError for a file that was cut off.
    """

    def __init__(self, packed: IO[bytes], make: Callable[[], Any]) -> None:
        self.packed, self.make = packed, make
        self.frame = make().decompressobj()
        self.inside = False  # a frame
        self.left = b""  # unpacked, not read yet

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self.left:
            chunk = self.frame.unused_data if self.frame.eof else b""
            if self.frame.eof:
                self.frame, self.inside = self.make().decompressobj(), False
            chunk = chunk or self.packed.read(1 << 17)
            if not chunk:
                if self.inside:
                    raise EOFError
                return 0
            self.left, self.inside = self.frame.decompress(chunk), True
        count = min(len(buffer), len(self.left))
        buffer[:count], self.left = self.left[:count], self.left[count:]
        return count


def _optional(path: Path, module: str) -> Any:
    """A module that only some files need."""
    try:
        return import_module(module)
    except ImportError:
        package = module.partition(".")[0]
    raise PocketError(f"Reading {path} needs {package}: run `python -m pip install {package}`, then try again.")


def plain_pieces(path: Path | str, raw: IO[bytes], field: str = "") -> Iterator[Piece]:
    """The pieces of a plain text: none is longer than 17 × PIECE, and only those may be cut within a word."""
    text, waiting, half = io.TextIOWrapper(raw, encoding="utf-8-sig", newline=""), "", ""
    while new := text.read(PIECE):
        if "\0" in new:
            raise PocketError(f"{path} looks like a binary file: give a plain text file.")
        new = half + new
        half = "\r" if new.endswith("\r") else ""  # its "\n" may come with what is read next
        waiting += new.removesuffix(half).replace("\r\n", "\n")
        if len(waiting) < PIECE:
            continue
        # The last characters stay: what follows may change how they are cut, such as "\n" behind "\r".
        cut = _last_cut(waiting[:-1]) or (len(waiting) - 1 if len(waiting) > 16 * PIECE else 0)
        if cut:
            yield waiting[:cut], False
            waiting = waiting[cut:]
    yield waiting + half, True


def _last_cut(text: str) -> int:
    """The last place where a tokenizer cuts for sure, 0 if there is none."""
    for pattern in (_LINE_END, _BLANK):
        if places := [match.end() for match in pattern.finditer(text)]:
            return places[-1]
    return 0


def _json_rows(path: Path, raw: IO[bytes], field: str) -> Iterator[Piece]:
    # Cut at "\n" alone: a text may hold other characters that Python takes for line ends.
    for number, line in enumerate(io.TextIOWrapper(raw, encoding="utf-8-sig", newline="\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            raise PocketError(f"{path}, line {number}, isn't JSON: each line must be one object.") from None
        fields = row if isinstance(row, dict) else {}
        yield _field_of(fields, field, f"{path}, line {number},", list(fields)), True


def _parquet_rows(path: Path, field: str) -> Iterator[Piece]:
    pyarrow, parquet = _optional(path, "pyarrow"), _optional(path, "pyarrow.parquet")
    try:
        with parquet.ParquetFile(path) as file:
            names = file.schema_arrow.names
            columns = [field] if field in names else []
            number = 0
            for batch in file.iter_batches(batch_size=256, columns=columns):
                for row in batch.to_pylist():
                    number += 1
                    yield _field_of(row, field, f"{path}, row {number},", names), True
    except pyarrow.ArrowException:
        raise PocketError(f"{path} is damaged or no Parquet file: copy it again.") from None


def _field_of(row: dict, field: str, where: str, names: Sequence[str]) -> str:
    """The text of a row; a row may lack it, as null."""
    if field not in row:
        raise PocketError(f"{where} has no field {field!r}: name one with --field ({', '.join(names) or 'none'}).")
    text = row[field]
    if text is not None and not isinstance(text, str):
        raise PocketError(f"{where} has no text in the field {field!r}: name another one with --field.")
    return text or ""
