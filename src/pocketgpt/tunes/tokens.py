"""What a tune's token is: an event, a letter of its ABC, or a piece of that as byte pair encoding cuts it.

All three turn a Tune into numbers and back without loss. The numbers begin with what the tune is, its kind, metre and
key, and end with an end mark; so a model that is given a beginning goes on with notes.
"""

from collections.abc import Iterable, Sequence
from itertools import product
from typing import Protocol

from pocketgpt.errors import PocketError
from pocketgpt.tokenizer import SPECIAL_TOKENS, Tokenizer
from pocketgpt.tunes.abc import from_abc, head, spell
from pocketgpt.tunes.tune import HIGHEST, KEYS, KINDS, LENGTHS, LOWEST, METRES, REST, Bar, Tune, check_kind, pitch_name

PITCHES = (REST, *range(LOWEST, HIGHEST + 1))
BAR, END = "|", "end"
PIECES = 512  # tokens of the byte pair encoding


class TuneTokens(Protocol):
    """A way to write a tune as numbers below `size`."""

    @property
    def name(self) -> str:
        """What the tokens are called in figures."""

    @property
    def size(self) -> int:
        """How many different tokens there are."""

    @property
    def end(self) -> int:
        """The number of the end mark."""

    def begin(self, kind: str, metre: str, key: str) -> list[int]:
        """The numbers of what a tune is, after which its notes come."""

    def encode(self, tune: Tune) -> list[int]:
        """The numbers of a whole tune: its beginning, its bars, the end mark. PocketError for notes it can't say."""

    def decode(self, numbers: Sequence[int]) -> Tune | None:
        """The tune that numbers say, up to the end mark if there is one; None if they say none."""

    def piece(self, number: int) -> str:
        """What a number stands for, as text."""


class Events:
    """Musical events: what the tune is in three tokens, then a token for each note and one for each end of a bar.

    A note is one token, its pitch with its length.

    >>> events, tune = Events(), Tune("jig", "G", "6/8", (((67, 2), (66, 4)),))
    >>> [events.piece(number) for number in events.encode(tune)]
    ['jig', '6/8', 'key G', 'G4 2', 'F♯4 4', '|', 'end']
    """

    name = "events"
    times: Sequence[int] = LENGTHS  # what a note may have beside its pitch
    joint = " "  # between the two in `piece`

    def __init__(self) -> None:
        self._things = [*KINDS, *METRES, *(f"key {key}" for key in KEYS), BAR, END, *product(PITCHES, self.times)]
        self._numbers = {thing: number for number, thing in enumerate(self._things)}
        self.size, self.end = len(self._things), self._numbers[END]

    def begin(self, kind: str, metre: str, key: str) -> list[int]:
        """Three numbers: kind, metre and key."""
        check_kind(kind, metre, key)
        return [self._numbers[thing] for thing in (kind, metre, f"key {key}")]

    def encode(self, tune: Tune) -> list[int]:
        """The numbers of a tune. PocketError for a note beyond the range, or of a rare length."""
        numbers = self.begin(tune.kind, tune.metre, tune.key)
        for bar in tune.bars:
            numbers += [*self._written(bar), self._numbers[BAR]]
        return [*numbers, self.end]

    def _written(self, bar: Bar) -> list[int]:
        for pitch, length in bar:
            if (pitch, length) not in self._numbers:
                raise PocketError(f"There is no token for the pitch {pitch} with the length {length}: change it.")
        return [self._numbers[note] for note in bar]

    def decode(self, numbers: Sequence[int]) -> Tune | None:
        """The tune of numbers; None for a beginning or a note that is none."""
        things = [self._things[number] for number in _before(numbers, self.end) if 0 <= number < self.size]
        if len(things) < 3 or things[0] not in KINDS or things[1] not in METRES or not _is_key(things[2]):
            return None
        bars = self._bars(things[3:])
        return None if bars is None else Tune(things[0], things[2].removeprefix("key "), things[1], bars)

    def _bars(self, things: Iterable) -> tuple | None:
        bars: list[list] = [[]]
        for thing in things:
            if thing == BAR:
                bars.append([])
            elif isinstance(thing, tuple):
                bars[-1].append(thing)
            else:
                return None
        return tuple(tuple(bar) for bar in bars if bar) or None

    def piece(self, number: int) -> str:
        """Such as "jig", "G4 2" for a note of pitch and length, or "|"."""
        thing = self._things[number]
        return f"{pitch_name(thing[0])}{self.joint}{thing[1]}" if isinstance(thing, tuple) else thing


def _is_key(thing: object) -> bool:
    return isinstance(thing, str) and thing.startswith("key ")


def _before(numbers: Sequence[int], end: int) -> list[int]:
    """The numbers before the first end mark."""
    numbers = list(numbers)
    return numbers[: numbers.index(end)] if end in numbers else numbers


class Letters:
    """ABC text, letter by letter; the letters are those that such text can have.

    >>> letters = Letters()
    >>> tune = Tune("jig", "G", "6/8", (((67, 2), (66, 4)),))
    >>> "".join(map(letters.piece, letters.encode(tune)[-5:]))
    'GF2|end'
    """

    name = "ABC, letter by letter"

    def __init__(self) -> None:
        text = "".join(head(*each) for each in product(KINDS, METRES, KEYS))
        self._letters = sorted(set(text) | set("ABCDEFGabcdefgz0123456789/|^_=,'"))
        self._numbers = {letter: number for number, letter in enumerate(self._letters)}
        self.end = len(self._letters)
        self.size = self.end + 1

    def begin(self, kind: str, metre: str, key: str) -> list[int]:
        """The letters of ABC's four lines before the notes."""
        check_kind(kind, metre, key)
        return self._ids(head(kind, metre, key))

    def encode(self, tune: Tune) -> list[int]:
        """The letters of a tune, as numbers."""
        return [*self.begin(tune.kind, tune.metre, tune.key), *self._ids(spell(tune.bars, tune.key)), self.end]

    def _ids(self, text: str) -> list[int]:
        return [self._numbers[letter] for letter in text]

    def decode(self, numbers: Sequence[int]) -> Tune | None:
        """The tune of numbers; None if their letters aren't ABC."""
        return tune_of("".join(self._letters[number] for number in _before(numbers, self.end)))

    def piece(self, number: int) -> str:
        """The letter."""
        return END if number == self.end else self._letters[number]


class Pieces:
    """ABC text, cut by byte pair encoding as all text of this course; the end mark is <|endoftext|>."""

    name = "ABC, byte pair encoding"

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer
        self.size, self.end = tokenizer.vocab_size, tokenizer.eot_id

    @classmethod
    def learned(cls, tunes: Iterable[Tune], size: int = PIECES) -> "Pieces":
        """Pieces of a tokenizer that is trained on the tunes' notes."""
        texts = [spell(tune.bars, tune.key) for tune in tunes]
        return cls(Tokenizer.train(texts, size, SPECIAL_TOKENS[:1]))

    def begin(self, kind: str, metre: str, key: str) -> list[int]:
        """ABC's four lines before the notes, in pieces."""
        check_kind(kind, metre, key)
        return self.tokenizer.encode(head(kind, metre, key))

    def encode(self, tune: Tune) -> list[int]:
        """The pieces of a tune's ABC, as numbers."""
        body = self.tokenizer.encode(spell(tune.bars, tune.key))
        return [*self.begin(tune.kind, tune.metre, tune.key), *body, self.end]

    def decode(self, numbers: Sequence[int]) -> Tune | None:
        """The tune of numbers; None if their text isn't ABC."""
        return tune_of(self.tokenizer.decode(_before(numbers, self.end)))

    def piece(self, number: int) -> str:
        """The text of a piece."""
        return END if number == self.end else self.tokenizer.token_bytes(number).decode("utf-8", "replace")


def tune_of(text: str) -> Tune | None:
    """The tune of a text in ABC; None if it is none, or has no note."""
    try:
        tune = from_abc(text)
    except PocketError:
        return None
    return tune if tune.bars else None
