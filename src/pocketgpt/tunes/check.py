"""What a program can hear in a tune: are its bars as long as they should be, are its notes in the key?

Each function counts, so that the counts of many tunes can be added up: (how many are right, how many there are).
"""

from collections.abc import Iterable

from pocketgpt.errors import PocketError
from pocketgpt.tunes.tune import METRES, REST, Bar, Tune, scale

Count = tuple[int, int]


def bar_length(bar: Bar) -> int:
    """The length of a bar, in quarters of a crotchet.

    >>> bar_length(((67, 2), (69, 2), (71, 8)))
    12
    """
    return sum(length for _, length in bar)


def right_bars(tune: Tune, metre: str = "") -> Count:
    """How many bars are as long as the metre says (by default the tune's own), and how many there are.

    A short first bar is a pick-up: together with the last bar it makes one.

    >>> right_bars(Tune("jig", "G", "6/8", (((67, 2),), ((67, 12),), ((67, 10),))))
    (2, 2)
    """
    full = METRES[metre or tune.metre]
    lengths = [bar_length(bar) for bar in tune.bars]
    if len(lengths) > 1 and lengths[0] < full:
        lengths = [*lengths[1:-1], lengths[0] + lengths[-1]]
    return sum(length == full for length in lengths), len(lengths)


def in_key(tune: Tune) -> Count:
    """How many notes belong to the tune's key, and how many there are, rests apart.

    >>> in_key(Tune("jig", "G", "6/8", (((66, 2), (65, 2), (0, 8)),)))
    (1, 2)
    """
    known = scale(tune.key)
    pitches = [pitch for pitch, _ in tune.notes if pitch != REST]
    return sum(pitch % 12 in known for pitch in pitches), len(pitches)


def has_metre(tune: Tune, metre: str) -> bool:
    """Are more than half of the bars as long as the metre says?

    >>> has_metre(Tune("jig", "G", "9/8", (((67, 12),),)), "6/8")
    True
    """
    right, n = right_bars(tune, metre)
    return 2 * right > n


def share(counts: Iterable[Count]) -> float:
    """The share that is right of all counts together; PocketError if there is nothing to count.

    >>> share([(1, 2), (2, 2)])
    0.75
    """
    counts = list(counts)
    total = sum(n for _, n in counts)
    if not total:
        raise PocketError("There is nothing to count: give at least one tune with a note.")
    return sum(right for right, _ in counts) / total
