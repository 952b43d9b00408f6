"""Events that say when a note ends rather than how long it is: then a model never has to add lengths up."""

from itertools import product

from pocketgpt.errors import PocketError
from pocketgpt.tunes.tokens import BAR, END, PITCHES, Events
from pocketgpt.tunes.tune import KEYS, KINDS, METRES, Bar, pitch_name


class Clock(Events):
    """Events whose notes are a pitch and the time at which it ends, in quarters of a crotchet from the bar's beginning.

    A bar of events is right if its lengths add up to the metre; one of these, if its last note ends there. The same
    idea, as tokens of their own for places in a bar, is in REMI (Huang and Yang 2020, arXiv 2002.00212).

    >>> from pocketgpt.tunes.tune import Tune
    >>> clock, tune = Clock(), Tune("jig", "G", "6/8", (((67, 2), (66, 4)),))
    >>> [clock.piece(number) for number in clock.encode(tune)]
    ['jig', '6/8', 'key G', 'G4 to 2', 'F♯4 to 6', '|', 'end']
    """

    name = "events by the clock"

    def __init__(self) -> None:
        times = range(1, max(METRES.values()) + 1)
        self._number_all([*KINDS, *METRES, *(f"key {key}" for key in KEYS), BAR, END, *product(PITCHES, times)])

    def _written(self, bar: Bar) -> list[int]:
        numbers, end = [], 0
        for pitch, length in bar:
            end += length
            if length < 1 or (pitch, end) not in self._numbers:
                raise PocketError(f"There is no token for the pitch {pitch} that ends at {end} in its bar: change it.")
            numbers.append(self._numbers[pitch, end])
        return numbers

    def _bars(self, things: list) -> tuple | None:
        """As of events; a note that would end before it begins is the first of a new bar."""
        bars, end = [[]], 0
        for thing in things:
            if thing == BAR:
                bars.append([])
                end = 0
            elif isinstance(thing, tuple):
                pitch, next_end = thing
                if next_end <= end:
                    bars.append([])
                    end = 0
                bars[-1].append((pitch, next_end - end))
                end = next_end
            else:
                return None
        return tuple(tuple(bar) for bar in bars if bar) or None

    def piece(self, number: int) -> str:
        """Such as "jig", "G4 to 2" for a note of a pitch that ends at 2, or "|"."""
        thing = self._things[number]
        return f"{pitch_name(thing[0])} to {thing[1]}" if isinstance(thing, tuple) else thing
