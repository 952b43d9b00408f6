"""Near-duplicates without comparing every pair: shingles, MinHash signatures, and bands.

Two texts are alike if they share many shingles (runs of five words): their Jaccard similarity is high. A signature
holds, for each of some hash functions, the smallest hash of any shingle; two signatures agree at a place with a
probability that is just that similarity (Broder 1997). Signatures cut into bands bring similar texts together in
one bucket of a table: a text that shares a whole band with an earlier one is a candidate.
"""

import re
import zlib
from collections.abc import Hashable

import numpy as np

from pocketgpt.bounds import check_number
from pocketgpt.errors import PocketError

_PRIME = 4_294_967_311  # the smallest prime above 2**32; a * x + b then still fits 64 bits

EMPTY = 2**32 - 1
"""What a text without shingles has at each place of its signature."""


def shingles(text: str, n: int = 5) -> set[str]:
    """Return the runs of n words of a text, in lower case and without punctuation; a shorter text is one run.

    >>> sorted(shingles("The owl eats mice, at night too.", 5))
    ['eats mice at night too', 'owl eats mice at night', 'the owl eats mice at']
    """
    words = re.findall(r"\w+", text.lower())
    return {" ".join(words[i : i + n]) for i in range(max(1, len(words) - n + 1))} - {""}


def jaccard(a: set, b: set) -> float:
    """Return the size of the intersection over that of the union; two empty sets are equal.

    >>> jaccard({1, 2, 3}, {2, 3, 4})
    0.5
    """
    return len(a & b) / len(a | b) if a | b else 1.0


def minhash_signature(shingle_set: set[str], n_hashes: int = 100, seed: int = 0) -> np.ndarray:
    """Return the signature of a set: (n_hashes,) of uint64, the same on every machine.

    The hash functions are x → (a·x + b) mod p with random a and b, over a 32-bit checksum of the shingle.
    """
    check_number("n_hashes", n_hashes, at_least=1, whole=True)
    if not shingle_set:
        return np.full(n_hashes, EMPTY, dtype=np.uint64)
    rng = np.random.default_rng(seed)
    a = rng.integers(1, 2**32, size=(n_hashes, 1), dtype=np.uint64)
    b = rng.integers(0, 2**32, size=(n_hashes, 1), dtype=np.uint64)
    x = np.array([zlib.crc32(shingle.encode("utf-8", "replace")) for shingle in shingle_set], dtype=np.uint64)
    return ((a * x + b) % np.uint64(_PRIME)).min(axis=1)  # (n_hashes, shingles) -> (n_hashes,)


def similarity(a: np.ndarray, b: np.ndarray) -> float:
    """Estimate the Jaccard similarity of two sets: the share of places at which their signatures agree."""
    return float(np.mean(a == b))


def caught(jaccard_similarity: float, bands: int, rows: int) -> float:
    """Return the probability that two texts share a band, by their similarity: the S-curve 1 − (1 − s^rows)^bands.

    FineWeb's 14 bands of 8 rows catch most pairs above three quarters:

    >>> [round(caught(s, bands=14, rows=8), 2) for s in (0.5, 0.75, 0.9)]
    [0.05, 0.77, 1.0]
    """
    return 1 - (1 - jaccard_similarity**rows) ** bands


class Bands:
    """A table of signatures that finds those which share a band of `rows` places."""

    def __init__(self, bands: int = 20, rows: int = 5) -> None:
        check_number("bands", bands, at_least=1, whole=True)
        check_number("rows", rows, at_least=1, whole=True)
        self.bands, self.rows = bands, rows
        self._buckets: dict[tuple[int, bytes], list[Hashable]] = {}

    def _keys(self, signature: np.ndarray) -> list[tuple[int, bytes]]:
        if len(signature) != self.bands * self.rows:
            wanted = self.bands * self.rows
            raise PocketError(f"The signature has {len(signature)} places; make one with n_hashes={wanted}.")
        return [(i, part.tobytes()) for i, part in enumerate(signature.reshape(self.bands, self.rows))]

    def candidates(self, signature: np.ndarray) -> list[Hashable]:
        """Return the keys of added signatures that share a band with this one, each once, the oldest first."""
        found = (key for bucket in self._keys(signature) for key in self._buckets.get(bucket, ()))
        return list(dict.fromkeys(found))

    def add(self, key: Hashable, signature: np.ndarray) -> None:
        """Remember a signature under a key."""
        for bucket in self._keys(signature):
            self._buckets.setdefault(bucket, []).append(key)
