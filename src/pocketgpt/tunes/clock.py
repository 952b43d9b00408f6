"""Events that say when a note ends rather than how long it is: then a model never has to add lengths up."""

from collections.abc import Iterable, Iterator

from pocketgpt.errors import PocketError
from pocketgpt.tunes.tokens import BAR, Events
from pocketgpt.tunes.tune import METRES, Bar


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
    times = range(1, max(METRES.values()) + 1)
    joint = " to "

    def _written(self, bar: Bar) -> list[int]:
        numbers, end = [], 0
        for pitch, length in bar:
            end += length
            if length < 1 or (pitch, end) not in self._numbers:
                raise PocketError(f"There is no token for the pitch {pitch} that ends at {end} in its bar: change it.")
            numbers.append(self._numbers[pitch, end])
        return numbers

    def _bars(self, things: Iterable) -> tuple | None:
        return super()._bars(_by_length(things))


def _by_length(things: Iterable) -> Iterator:
    """Notes with lengths in place of ends; one that would end before it begins is the first of a new bar."""
    end = 0
    for thing in things:
        if isinstance(thing, tuple):
            pitch, next_end = thing
            if next_end <= end:
                yield BAR
                end = 0
            yield pitch, next_end - end
            end = next_end
        else:
            yield thing
            end = 0
