"""Asking for a tune in words, and rows of text and tune for a model that has the tokens of both.

"a jig in G" names a kind and a key; the metre is the model's to choose, as the tune's first tokens. The tokens of tunes
are special tokens of the text's tokenizer, so no text that somebody types can become one.
"""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from pocketgpt.tokenizer import Tokenizer
from pocketgpt.tunes.tokens import Events, TuneTokens, token_names
from pocketgpt.tunes.tune import KEYS, KINDS, Tune

WORDINGS = ("a {kind} in {key}", "play a {kind} in {key}", "a {kind}, please, in {key}", "a tune in {key}: a {kind}")
_MODES = {"m": " minor", "mix": " mixolydian", "dor": " dorian", "": ""}


def key_in_words(key: str) -> str:
    """A key as people say it.

    >>> [key_in_words(key) for key in ("G", "Bb", "Am", "Dmix")]
    ['G', 'B flat', 'A minor', 'D mixolydian']
    """
    letter, flat, mode = re.fullmatch(r"([A-G])(b?)(.*)", key).groups()  # type: ignore
    return letter + (" flat" if flat else "") + _MODES[mode]


def request(tune: Tune, rng: random.Random) -> str:
    """What somebody might say who wants a tune like this one.

    >>> request(Tune("jig", "Am", "6/8", ()), random.Random(0))
    'a tune in A minor: a jig'
    """
    return rng.choice(WORDINGS).format(kind=tune.kind, key=key_in_words(tune.key))


def parse(text: str) -> tuple[str, str] | None:
    """Kind and key that a text asks for; None if it doesn't name both.

    >>> parse("Play a slip jig in B flat!"), parse("a song")
    (('slip jig', 'Bb'), None)
    """
    kind = re.search(rf"\b({'|'.join(sorted(KINDS, key=len, reverse=True))})\b", text.lower())
    names = {key_in_words(key).lower(): key for key in KEYS}
    key = re.search(rf"\bin ({'|'.join(sorted(names, key=len, reverse=True))})\b", text.lower())
    return (kind[1], names[key[1]]) if kind and key else None


@dataclass(frozen=True)
class TuneVocabulary:
    """A text tokenizer that knows the tokens of tunes."""

    tokenizer: Tokenizer
    tokens: TuneTokens

    @classmethod
    def extending(cls, tokenizer: Tokenizer, tokens: TuneTokens | None = None) -> "TuneVocabulary":
        """The tokenizer with the tokens of tunes behind all that it has; PocketError if it has them already."""
        tokens = tokens or Events()
        return cls(Tokenizer(tokenizer.merges, [*tokenizer.special_tokens, *token_names(tokens)]), tokens)

    @property
    def begin(self) -> int:
        """The id of the mark before a tune; the tune's tokens follow it, number 0 first."""
        return self.tokenizer.special_tokens["<|tune|>"]

    def tune_ids(self, tune: Tune) -> list[int]:
        """A tune as ids, with the mark before it and its own end mark."""
        return [self.begin, *(self.begin + 1 + number for number in self.tokens.encode(tune))]

    def tune_of(self, ids: Sequence[int]) -> Tune | None:
        """The tune that ids stand for, with or without the mark before them; None if they are no tune."""
        numbers = [token - self.begin - 1 for token in ids if token != self.begin]
        if any(not 0 <= number < self.tokens.size for number in numbers):
            return None
        return self.tokens.decode(numbers)

    def text_first(self, text: str) -> list[int]:
        """Ids after which the tune that a text asks for comes."""
        return [self.tokenizer.eot_id, *self.tokenizer.encode(text), self.begin]

    def row(self, text: str, tune: Tune) -> tuple[list[int], list[int]]:
        """A text and its tune in two parts: what is given, and what has to follow, up to the end of the document."""
        return self.text_first(text), [*self.tune_ids(tune)[1:], self.tokenizer.eot_id]

    @property
    def end(self) -> int:
        """The id of the mark at a tune's end."""
        return self.begin + 1 + self.tokens.end
