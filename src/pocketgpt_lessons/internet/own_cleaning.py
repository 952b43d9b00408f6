"""What a learner's functions are put to: numberings for MinHash, and a cleaning of their own that is graded."""

import random
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pocketgpt.errors import PocketError
from pocketgpt.internet import Results
from pocketgpt.internet.crawl import Page


class Numbering(Mapping):
    """A random number for every shingle there may be; used like a dictionary, but nothing is stored."""

    def __init__(self, seed: int) -> None:
        rng = random.Random(f"numbering {seed}")
        self._factor, self._shift = rng.randrange(1, 2**32), rng.randrange(2**32)

    def __getitem__(self, shingle: object) -> int:
        return (self._factor * zlib.crc32(str(shingle).encode()) + self._shift) % 4_294_967_311  # a prime above 2**32

    def __iter__(self) -> Iterator:
        raise PocketError("A numbering has no end: ask it for the numbers of your shingles, numbering[shingle].")

    def __len__(self) -> int:
        return 2**32


def numberings(n: int) -> list[Numbering]:
    """`n` numberings, the same for every run."""
    return [Numbering(seed) for seed in range(n)]


@dataclass(frozen=True)
class Cleaned:
    """What a cleaning kept: of the good pages, of the copies, of other rubbish, and of e-mail addresses."""

    good: tuple[int, int]  # kept, of how many
    copies: tuple[int, int]
    rubbish: tuple[int, int]
    addresses: tuple[int, int]

    def __str__(self) -> str:
        parts = {"good pages": self.good, "copies": self.copies, "other rubbish": self.rubbish}
        parts["e-mail addresses"] = self.addresses
        return "kept: " + ", ".join(f"{kept} of {n} {name}" for name, (kept, n) in parts.items())


def grade(clean: Callable[[list[tuple[str, str]]], Mapping[str, str]], pages: Sequence[Page]) -> Cleaned:
    """How a learner's cleaning did: it is given (URL, HTML) of each page, and returns {URL: text} of those it keeps."""
    kept = clean([(page.url, page.html) for page in pages])
    urls = {page.url for page in pages}
    if not isinstance(kept, Mapping) or not all(url in urls and isinstance(kept[url], str) for url in kept):
        raise PocketError("Let your function return a dictionary from a page's URL, as it was given, to its text.")
    return _graded(kept, pages)


def _graded(kept: Mapping[str, str], pages: Sequence[Page]) -> Cleaned:
    def share(group: Sequence[Page]) -> tuple[int, int]:
        return sum(page.url in kept for page in group), len(group)

    copies = [page for page in pages if {"exact duplicate", "near duplicate"} & set(page.truth.reasons)]
    rubbish = [page for page in pages if page.truth.reasons and page not in copies]
    addresses = [(page.url, data) for page in pages for data in page.truth.personal_data if "@" in data]
    left = sum(data in kept.get(url, "") for url, data in addresses)
    return Cleaned(
        share([page for page in pages if not page.truth.reasons]), share(copies), share(rubbish), (left, len(addresses))
    )


def grade_ours(results: Results, n: int) -> Cleaned:
    """How the seven stages did on the first `n` pages."""
    fates = results.fates[:n]
    kept = {fate.page.url: fate.masked for fate in fates if fate.dropped_by is None}
    return _graded(kept, [fate.page for fate in fates])
