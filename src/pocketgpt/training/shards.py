"""Much text as tokens on disk: read once, as a stream, into shards that training maps into memory page by page.

A folder of shards has a manifest, which names the sources by their hashes, and the tokenizer. Another run on the same
texts finds the folder and reads no text at all; one that was stopped goes on behind the last complete shard. So
memory holds a few megabytes of text at a time, however much there is.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from pocketgpt.errors import PocketError
from pocketgpt.files import replacing, write_text
from pocketgpt.paths import own_folder
from pocketgpt.tokenizer import Tokenizer
from pocketgpt.training.distributed import agreed, is_first
from pocketgpt.training.pretrain import Corpus, text_corpus
from pocketgpt.training.text_sources import Piece, pieces

FORMAT = 1
SHARD = 1 << 24  # tokens of a shard: 32 MB, what a stopped run does again at most
SAMPLE = 4_000_000  # characters, taken from all sources, that a tokenizer is trained on
BATCH = 1 << 20  # characters that are encoded at once
TEST_TOKENS = 200_000  # at most so many, and at most a twentieth, are kept for the test

Report = Callable[[str], None]


@dataclass(frozen=True)
class Source:
    """A file that was read: its name, and its contents by their hash (SHA-256)."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What a folder of shards holds, and how far reading has come: `pieces` of source number `source` are done."""

    sources: tuple[Source, ...]
    field: str
    tokenizer: str  # hash
    dtype: str
    shards: tuple[int, ...] = ()  # tokens of each
    source: int = 0
    pieces: int = 0

    @property
    def complete(self) -> bool:
        """Whether all sources have been read."""
        return self.source == len(self.sources)


class Shards:
    """A row of tokens that lies in the shards of a folder; indexed by a slice or by an array of places.

    A shard is mapped into memory for each access anew: a map that stayed would keep each page that it ever met.
    """

    def __init__(
        self, folder: Path, counts: Sequence[int], dtype: str, start: int = 0, stop: int | None = None
    ) -> None:
        self.folder, self.counts, self.dtype = folder, tuple(counts), np.dtype(dtype)
        self.begins = [0, *np.cumsum(self.counts).tolist()]
        self.start, self.stop = start, self.begins[-1] if stop is None else stop

    def __len__(self) -> int:
        return self.stop - self.start

    def __repr__(self) -> str:
        """Which tokens they are: the folder is named after a hash of its sources, so a stopped run knows them again."""
        return f"Shards({self.folder.name}, {self.start}, {self.stop})"

    def __getitem__(self, key: Any) -> Any:
        """For a slice, the same without what lies outside it; for an array of places, their tokens in its shape."""
        if isinstance(key, slice):
            start, stop, _ = key.indices(len(self))
            whole = self.folder, self.counts, self.dtype.str
            return Shards(*whole, self.start + start, self.start + max(start, stop))
        places = np.asarray(key) + self.start
        found = np.empty(places.shape, dtype=self.dtype)
        shard_of = np.searchsorted(self.begins, places, side="right") - 1
        for shard in np.unique(shard_of):
            here = shard_of == shard
            found[here] = self._mapped(shard)[places[here] - self.begins[shard]]
        return found

    def _mapped(self, shard: int) -> np.ndarray:
        return np.memmap(self.folder / shard_name(shard), dtype=self.dtype, mode="r", shape=(self.counts[shard],))

    def read(self) -> np.ndarray:
        """All of it, in memory."""
        return self[np.arange(len(self))]


@dataclass(frozen=True)
class ShardedCorpus(Corpus):
    """A corpus whose hash is known without reading its tokens."""

    key: str = ""

    @property
    def hash(self) -> str:
        """A fingerprint of the sources and the tokenizer."""
        return self.key[:16]


def shard_name(number: int) -> str:
    """The file of a shard."""
    return f"{number:05d}.tokens"


def sharded_corpus(
    paths: Sequence[Path], field: str, vocab_size: int, tokenizer: Tokenizer | None = None, report: Report = print
) -> ShardedCorpus:
    """The texts of files as tokens, in the learner's own folder; the end of the last ones is kept for the test.

    Without a tokenizer, one is trained on a sample of all files. Of several processes, the first one reads
    while the others wait, for half an hour at most: let one alone read many gigabytes before.
    """
    problem = None
    place: tuple[str, str] | None = None
    if is_first():
        try:
            place = _prepare(paths, field, vocab_size, tokenizer, report)
        except PocketError as error:  # the others wait to hear
            problem = str(error)
    place, problem = agreed((place, problem))
    if place is None:
        raise PocketError(problem or "The texts could not be read: try again.")
    folder, key = Path(place[0]), place[1]
    manifest, tokenizer = read_manifest(folder), Tokenizer.load(folder / "tokenizer.json")
    tokens = Shards(folder, manifest.shards, manifest.dtype)
    cut = len(tokens) - min(len(tokens) // 20, TEST_TOKENS)
    test = tokens[cut:].read()
    n_bytes = len(tokenizer.decode_bytes([i for i in test.tolist() if i != tokenizer.eot_id]))
    return ShardedCorpus(tokenizer, tokens[:cut], test, n_bytes, key)  # pyrefly: ignore[bad-argument-type]


def _prepare(
    paths: Sequence[Path], field: str, vocab_size: int, tokenizer: Tokenizer | None, report: Report
) -> tuple[str, str]:
    """Bring the folder of shards for these files to its end; returns it, and its fingerprint."""
    sources = tuple(described(path) for path in paths)
    made_with = json.dumps(tokenizer.to_dict()) if tokenizer else str(vocab_size)
    key = _hash([[source.sha256 for source in sources], field, made_with])
    folder = own_folder() / "tokens" / key[:16]
    if not (folder / "manifest.json").exists():
        tokenizer = tokenizer or text_corpus(sample(paths, field), vocab_size).tokenizer
        tokenizer.save(folder / "tokenizer.json")
        dtype = "<u2" if tokenizer.vocab_size <= 2**16 else "<u4"
        write_manifest(folder, Manifest(sources, field, _hash(tokenizer.to_dict()), dtype))
    manifest = read_manifest(folder)
    tokenizer = Tokenizer.load(folder / "tokenizer.json")
    if _hash(tokenizer.to_dict()) != manifest.tokenizer:
        raise PocketError(f"The tokenizer in {folder} has been changed: delete that folder, then try again.")
    if not manifest.complete:
        report(f"Reading {sum(source.bytes for source in sources) / 1e6:,.0f} MB of text into {folder}")
        manifest = write_shards(folder, manifest, paths, tokenizer, report)
    _check_shards(folder, manifest)
    return str(folder), key


def described(path: Path) -> Source:
    """Name, size and hash of a file."""
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return Source(path.name, path.stat().st_size, digest)
    except OSError:
        raise PocketError(f"{path} can't be read: check that the file is there.") from None


def sample(paths: Sequence[Path], field: str) -> str:
    """The beginnings of all files, of equal length, SAMPLE characters together."""
    share, found = max(1, SAMPLE // len(paths)), []
    for path in islice(paths, SAMPLE):
        room = share
        with closing(pieces(path, field)) as stream:
            for text, _ in stream:
                found.append(text[:room])
                room -= len(text)
                if room <= 0:
                    break
    return "\n".join(found)


def write_shards(
    folder: Path, manifest: Manifest, paths: Sequence[Path], tokenizer: Tokenizer, report: Report
) -> Manifest:
    """Read on from where the manifest stands to the end, a shard after the other."""
    waiting: list[np.ndarray] = []
    count = 0
    for at, ids in _encoded(manifest, paths, tokenizer):
        waiting += [ids]
        count += len(ids)
        if count >= SHARD or at[0] == len(paths):
            if count:
                manifest = write_shard(folder, manifest, np.concatenate(waiting))
            # Only now, with the shard in place, does its text count as read.
            manifest = replace(manifest, source=at[0], pieces=at[1])
            write_manifest(folder, manifest)
            report(f"{sum(manifest.shards):,} tokens, file {min(at[0] + 1, len(paths))} of {len(paths)}")
            waiting, count = [], 0
    return manifest


def write_shard(folder: Path, manifest: Manifest, tokens: np.ndarray) -> Manifest:
    """Write the next shard; returns the manifest that names it, which is not written yet."""
    with replacing(folder / shard_name(len(manifest.shards))) as temporary:
        tokens.tofile(temporary)
    return replace(manifest, shards=(*manifest.shards, len(tokens)))


def _encoded(
    manifest: Manifest, paths: Sequence[Path], tokenizer: Tokenizer
) -> Iterator[tuple[tuple[int, int], np.ndarray]]:
    """Tokens of about BATCH characters at a time, each with the place behind them: number of the file, and pieces."""
    for number in range(manifest.source, len(paths)):
        done = manifest.pieces if number == manifest.source else 0
        batch: list[Piece] = []
        size = 0
        for piece in islice(pieces(paths[number], manifest.field), done, None):
            batch.append(piece)
            size += len(piece[0])
            if size >= BATCH:
                done += len(batch)
                yield (number, done), ids_of(batch, tokenizer, manifest.dtype)
                batch, size = [], 0
        yield (number + 1, 0), ids_of(batch, tokenizer, manifest.dtype)


def ids_of(batch: Sequence[Piece], tokenizer: Tokenizer, dtype: str) -> np.ndarray:
    """The tokens of pieces in a row, with <|endoftext|> where a document ends."""
    row: list[int] = []
    for ids, (_, ends) in zip(tokenizer.encode_many(text for text, _ in batch), batch, strict=True):
        row += ids
        if ends:
            row.append(tokenizer.eot_id)
    return np.array(row, dtype=dtype)


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest, as a whole or not at all."""
    about = {"kind": "pocketgpt tokens", "format": FORMAT}
    write_text(folder / "manifest.json", json.dumps(about | asdict(manifest), indent=1))


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a folder; PocketError if it isn't one of ours."""
    try:
        saved = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        assert saved.pop("kind") == "pocketgpt tokens" and saved.pop("format") == FORMAT
        saved |= {"sources": tuple(Source(**one) for one in saved["sources"]), "shards": tuple(saved["shards"])}
        return Manifest(**saved)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, AssertionError):
        raise PocketError(f"{folder} holds no tokens that can be used: delete that folder, then try again.") from None


def _check_shards(folder: Path, manifest: Manifest) -> None:
    """Raise PocketError unless each shard is there with its size."""
    size = np.dtype(manifest.dtype).itemsize
    for number, count in enumerate(manifest.shards):
        path = folder / shard_name(number)
        if not path.is_file() or path.stat().st_size != count * size:
            raise PocketError(f"{path} is missing or damaged: delete its folder, then try again.")
    if not sum(manifest.shards):
        raise PocketError("There is no text to learn from: give at least one document.")
