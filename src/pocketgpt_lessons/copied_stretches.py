"""How much of a text or a tune is copied: stretches of tokens that also occur in what the model read."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

import numpy as np

STRETCH = 16  # tokens in a row: about 45 letters


def stretches(tokens: Sequence[int] | np.ndarray, n: int = STRETCH) -> np.ndarray:
    """A 64-bit number for each stretch of n tokens: equal stretches get equal numbers, and different ones in
    practice never.
    """
    tokens = np.asarray(tokens).astype(np.uint64) + np.uint64(1)
    found = np.zeros(max(0, len(tokens) - n + 1), dtype=np.uint64)
    for i in range(n):
        found = found * np.uint64(0x9E3779B97F4A7C15) + tokens[i : i + len(found)]
    return found


def copied_stretches(pages: Sequence[Sequence[int]], corpus: np.ndarray, n: int = STRETCH) -> list[np.ndarray]:
    """For each page (token ids), which of its stretches of n tokens occur in the corpus, as True and False.

    >>> copied_stretches([[1, 2, 3]], np.array([9, 1, 2, 5]), n=2)
    [array([ True, False])]
    """
    hashes = [stretches(page, n) for page in pages]
    wanted = np.unique(np.concatenate(hashes))
    seen = np.zeros(len(wanted), dtype=bool)
    for start in range(0, len(corpus), 2**20):  # in parts, so that little memory is needed
        part = stretches(corpus[start : start + 2**20 + n - 1], n)
        place = np.minimum(np.searchsorted(wanted, part), len(wanted) - 1)
        seen[place[wanted[place] == part]] = True
    return [seen[np.searchsorted(wanted, each)] for each in hashes]


def percent_copied(found: Iterable[np.ndarray]) -> float:
    """Percent of all stretches that are copied, of what `copied_stretches` gives for some pages."""
    return 100 * float(np.concatenate(list(found)).mean())


def copied(written: Mapping[str, Sequence[Sequence[int]]], corpus: np.ndarray, n: int = STRETCH) -> dict[str, float]:
    """For each group of pages (token ids), how many percent of its stretches of n tokens occur in the corpus.

    >>> copied({"a": [[1, 2, 3]]}, np.array([9, 1, 2, 5]), n=2)
    {'a': 50.0}
    """
    found = iter(copied_stretches([page for pages in written.values() for page in pages], corpus, n))
    return {name: percent_copied(islice(found, len(pages))) for name, pages in written.items()}


def covered(found: np.ndarray, n: int = STRETCH) -> list[bool]:
    """Which tokens of a page lie in a copied stretch.

    >>> covered(np.array([True, False, False]), n=2)
    [True, True, False, False]
    """
    return [bool(found[max(0, i - n + 1) : i + 1].any()) for i in range(len(found) + n - 1)]
