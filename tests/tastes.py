"""A taste that a tiny model learns, for tests of what learns from choices."""

import random

from pocketgpt.rlhf.pairs import Pair


def vowel_pairs(n: int, seed: int = 0) -> list[Pair]:
    """Pairs whose better answer has more of the letter e: a taste that a tiny model learns."""
    rng = random.Random(seed)
    pairs = []
    while len(pairs) < n:
        first, second = ("".join(rng.choice("eabc") for _ in range(rng.randint(4, 9))) for _ in range(2))
        if first.count("e") != second.count("e"):
            pairs.append(Pair("Go", first, second, first.count("e") > second.count("e")))
    return pairs
