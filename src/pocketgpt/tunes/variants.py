"""Which tunes are variants of one melody: old books print many twice, under two names or in two keys.

A tune is looked at as its intervals, the steps in semitones from note to note. They stay the same in another key. Two
tunes are kin when many of their runs of intervals are the same: as with near-duplicates of web pages, in notebook 00.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence

from pocketgpt.tunes.tune import REST, Tune

RUN = 8  # intervals in a row: about a bar
KIN = 0.2  # of the shorter tune's runs, this share in the other makes them variants


def runs(tune: Tune, n: int = RUN) -> frozenset[tuple[int, ...]]:
    """All runs of n intervals that the tune has; rests are left out.

    >>> sorted(runs(Tune("jig", "G", "6/8", (((60, 2), (62, 2), (64, 2), (60, 2)),)), n=2))
    [(2, -4), (2, 2)]
    """
    pitches = [pitch for pitch, _ in tune.notes if pitch != REST]
    steps = [b - a for a, b in zip(pitches, pitches[1:], strict=False)]
    return frozenset(tuple(steps[i : i + n]) for i in range(len(steps) - n + 1))


def overlap(a: frozenset, b: frozenset) -> float:
    """The share of the smaller set's members that the other has too; 0 if it has none.

    >>> overlap(frozenset("abcd"), frozenset("bc"))
    1.0
    """
    return len(a & b) / max(1, min(len(a), len(b)))


def families(tunes: Sequence[Tune]) -> list[int]:
    """For each tune the number of the first one that it is kin to, straight or through others; else its own.

    Tunes of one name are kin as well, whatever their notes.
    """
    known = [runs(tune) for tune in tunes]
    holders: dict[object, list[int]] = defaultdict(list)
    head = list(range(len(tunes)))

    def first(i: int) -> int:
        while head[i] != i:
            i = head[i]
        return i

    for i, own in enumerate(known):
        shared = Counter(j for run in own for j in holders[run])
        kin = [j for j in shared if overlap(own, known[j]) >= KIN]
        for j in kin + holders[tunes[i].name][:1]:
            a, b = sorted((first(i), first(j)))
            head[b] = a
        for key in (*own, tunes[i].name):
            holders[key].append(i)
    return [first(i) for i in range(len(tunes))]
