"""The task of notebook 08: a learner's own way to choose a codebook's blocks, beside counting and learning them."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from pocketgpt.pictures.tokens import Blocks, blocks
from pocketgpt_lessons.classroom import sandbox

Choose = Callable[[np.ndarray, np.ndarray, int], Sequence[int]]
"""Different blocks (n, 4), how often each came (n,), and a size → the numbers of the blocks to keep."""

LIMIT = 30.0  # seconds for one codebook


def kinds_of(shown: Mapping[str, Sequence[np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """All different blocks (n, 4) of pictures, the colours of their four pixels, and how often each came (n,)."""
    pictures = [picture for each in shown.values() for picture in each]
    return np.unique(np.concatenate([blocks(picture) for picture in pictures]), axis=0, return_counts=True)


def own_codebook(choose: Choose, kinds: np.ndarray, counts: np.ndarray, size: int) -> tuple[Blocks | None, str]:
    """The codebook of the blocks that a learner's function chooses; None, and what is wrong, if it chooses none.

    >>> eye = kinds_of({"eye": [np.eye(8, dtype=int)]})
    >>> own_codebook(lambda kinds, counts, size: counts.argsort()[-size:], *eye, 1)[0].entries
    ((0, 0, 0, 0),)
    >>> own_codebook(lambda kinds, counts, size: [0, 0], *eye, 2)[1]
    'it gave 2 numbers, 1 of them different: give 2 different ones'
    """
    ran = sandbox.run(lambda: choose(kinds.copy(), counts.copy(), size), LIMIT)
    if ran.timed_out:
        return None, f"it takes longer than {LIMIT:.0f} seconds for {size} blocks"
    if ran.error is not None or ran.nothing:
        return None, ran.failure
    try:
        numbers = [int(number) for number in ran.value]
    except (TypeError, ValueError, OverflowError):
        return None, "give a list of numbers of blocks, not the blocks or anything else"
    problem = _problem(numbers, size, len(kinds))
    return (None, problem) if problem else (Blocks(tuple(tuple(map(int, kinds[i])) for i in numbers)), "")


def _problem(numbers: Sequence[int], size: int, n: int) -> str:
    if not all(0 <= number < n for number in numbers):
        return f"there are blocks 0 to {n - 1}: give their numbers, not how often they came"
    if len(numbers) != size or len(set(numbers)) < size:
        return f"it gave {len(numbers)} numbers, {len(set(numbers))} of them different: give {size} different ones"
    return ""


def own_codebooks(
    choose: Choose, shown: Mapping[str, Sequence[np.ndarray]], sizes: Sequence[int]
) -> tuple[dict[int, Blocks], str]:
    """A learner's codebooks by size, none unless all can be made; and a sentence on them."""
    kinds, counts = kinds_of(shown)
    found = {}
    for size in sizes:
        book, problem = own_codebook(choose, kinds, counts, size)
        if book is None:
            told = f"Not drawn: {problem}." if problem else "Not attempted yet: `my_codebook` returns nothing."
            return {}, told
        found[size] = book
    return found, "Drawn with your codebooks."
