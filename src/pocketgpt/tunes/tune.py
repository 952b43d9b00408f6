"""A tune as plain data: its kind, key and metre, and bars of notes.

A note is a pair of whole numbers. The first is its pitch as MIDI counts it: 60 is the middle C, one more is a semitone
higher; 0 is a rest. The second is its length in quarters of a crotchet: 1 is a semiquaver, 2 a quaver, 4 a crotchet.
"""

from dataclasses import dataclass, replace

from pocketgpt.errors import PocketError

Note = tuple[int, int]
Bar = tuple[Note, ...]

REST = 0
LOWEST, HIGHEST = 55, 88  # a fiddle's open G string, and the E that is its highest note in these tunes
LENGTHS = (1, 2, 3, 4, 6, 8, 12, 16)
KINDS = ("jig", "reel", "hornpipe", "slip jig")
METRES = {"6/8": 12, "9/8": 18, "2/4": 8, "2/2": 16}  # and the length of a bar
KEYS = ("C", "G", "D", "A", "F", "Bb", "Am", "Em", "Bm", "Dm", "Gm", "Dmix", "Amix", "Ador", "Edor")
SEMITONES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
FIFTHS = "FCGDAEB"  # in this order sharps are added to a key; flats in the other
MODES = {"": 0, "m": -3, "mix": -1, "dor": -2}  # sharps that a mode has more than major, or fewer


@dataclass(frozen=True)
class Tune:
    """A melody. The first bar may be shorter than the metre says, a pick-up; then the last one lacks that much."""

    kind: str
    key: str
    metre: str
    bars: tuple[Bar, ...]
    name: str = ""

    @property
    def notes(self) -> tuple[Note, ...]:
        """All notes, rests included, one after the other."""
        return tuple(note for bar in self.bars for note in bar)

    def transposed(self, semitones: int) -> "Tune":
        """The same melody, so many semitones higher. What it says of its key stays as it was.

        >>> Tune("jig", "G", "6/8", (((67, 2), (0, 2)),)).transposed(2).bars
        (((69, 2), (0, 2)),)
        """
        bars = tuple(tuple((pitch and pitch + semitones, length) for pitch, length in bar) for bar in self.bars)
        return replace(self, bars=bars)


def sharps(key: str) -> int:
    """How many sharps a key has; flats count below 0. PocketError for a key that isn't spelled as in KEYS.

    >>> [sharps(key) for key in ("G", "Em", "Bb", "Ador")]
    [1, 1, -2, 1]
    """
    letter, rest = key[:1], key[1:]
    flat = rest.startswith("b")
    mode = rest[1:] if flat else rest
    if letter not in SEMITONES or mode not in MODES:
        raise PocketError(f"The key {key!r} is unknown: take one of {', '.join(KEYS)}.")
    return FIFTHS.index(letter) - 1 - 7 * flat + MODES[mode]


def signature(key: str) -> dict[str, int]:
    """For each letter, by how many semitones the key raises it: 1 for a sharp, −1 for a flat.

    >>> signature("D")
    {'C': 1, 'D': 0, 'E': 0, 'F': 1, 'G': 0, 'A': 0, 'B': 0}
    """
    n = sharps(key)
    raised, lowered = FIFTHS[: max(n, 0)], FIFTHS[::-1][: max(-n, 0)]
    return {letter: (letter in raised) - (letter in lowered) for letter in SEMITONES}


def scale(key: str) -> frozenset[int]:
    """The seven notes of a key, as semitones above C.

    >>> sorted(scale("G"))
    [0, 2, 4, 6, 7, 9, 11]
    """
    return frozenset((SEMITONES[letter] + shift) % 12 for letter, shift in signature(key).items())


def pitch_name(pitch: int) -> str:
    """A pitch as musicians call it: 60 is C4; "rest" for none.

    >>> pitch_name(67), pitch_name(66), pitch_name(0)
    ('G4', 'F♯4', 'rest')
    """
    names = ("C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B")
    return f"{names[pitch % 12]}{pitch // 12 - 1}" if pitch else "rest"
