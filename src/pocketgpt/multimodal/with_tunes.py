"""Tunes beside text and pictures in one model: words say what tune is meant, a mark begins it, events follow.

model, asked_in_words = with_tunes(model, vocabulary.tokenizer, Clock())
data = Mixed(PictureData(vocabulary, album, pages, recipe), TuneData(asked_in_words, tunes, 16, 256, seed))
"""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from pocketgpt.errors import PocketError
from pocketgpt.model import GPT
from pocketgpt.multimodal.vocabulary import with_rows, with_tokens
from pocketgpt.tokenizer import Tokenizer
from pocketgpt.training.data import Data, digest, fingerprint_of
from pocketgpt.tunes.tokens import TuneTokens
from pocketgpt.tunes.tune import Tune, check_kind

MARK = "<|tune|>"


class AskedInWords:
    """A way to write tunes as numbers (TuneTokens) of a model that also knows text: "a jig in G, 6/8", then the notes.

    The notes are written as `tunes` has them; its tokens are the tokenizer's last, behind the mark.

    >>> from pocketgpt.tunes.clock import Clock
    >>> words, tune = AskedInWords(Tokenizer([]), Clock()), Tune("jig", "G", "6/8", (((67, 2), (66, 4)),))
    >>> "".join(map(words.piece, words.encode(tune)))
    '<|endoftext|>a jig in G, 6/8<|tune|>G4 to 2F♯4 to 6|end'
    """

    def __init__(self, tokenizer: Tokenizer, tunes: TuneTokens) -> None:
        self.tunes = tunes
        new = [MARK, *(f"<|tune: {tunes.piece(number)}|>" for number in range(tunes.size))]
        self.tokenizer = tokenizer if MARK in tokenizer.special_tokens else with_tokens(tokenizer, new)
        self.mark = self.tokenizer.special_tokens[MARK]
        self.first = self.mark + 1  # of the tunes' tokens
        self.size, self.end = self.first + tunes.size, self.first + tunes.end
        if self.tokenizer.vocab_size != self.size:
            raise PocketError(f"The tokenizer's tokens behind {MARK} aren't those of {tunes.name}: take another one.")
        self.name = f"{tunes.name}, asked for in words"

    def begin(self, kind: str, metre: str, key: str) -> list[int]:
        """The words that ask for a tune, between the end of what came before and the mark."""
        check_kind(kind, metre, key)
        return [self.tokenizer.eot_id, *self.tokenizer.encode(f"a {kind} in {key}, {metre}"), self.mark]

    def encode(self, tune: Tune) -> list[int]:
        """The words, and the tune's bars."""
        said = len(self.tunes.begin(tune.kind, tune.metre, tune.key))
        notes = [self.first + number for number in self.tunes.encode(tune)[said:]]
        return [*self.begin(tune.kind, tune.metre, tune.key), *notes]

    def decode(self, numbers: Sequence[int]) -> Tune | None:
        """The tune of numbers; None if their words ask for none, or no notes follow."""
        if self.mark not in numbers:
            return None
        at = list(numbers).index(self.mark)
        asked = self._asked(self.tokenizer.decode([n for n in numbers[:at] if n != self.tokenizer.eot_id]))
        notes = [number - self.first for number in numbers[at + 1 :]]
        return self.tunes.decode([*asked, *notes]) if asked else None

    def _asked(self, text: str) -> list[int] | None:
        kind, _, rest = text.removeprefix("a ").partition(" in ")
        key, _, metre = rest.partition(", ")
        try:
            return self.tunes.begin(kind, metre, key)
        except PocketError:
            return None

    def piece(self, number: int) -> str:
        """What a number stands for, as text."""
        if number >= self.first:
            return self.tunes.piece(number - self.first)
        return self.tokenizer.decode([number])


def with_tunes(model: GPT, tokenizer: Tokenizer, tunes: TuneTokens, seed: int = 0) -> tuple[GPT, AskedInWords]:
    """A copy of the model with rows for the mark and a tune's tokens, and how tunes are written for it."""
    words = AskedInWords(tokenizer, tunes)
    return with_rows(model, words.size, seed), words


@dataclass(frozen=True)
class Mixed:
    """Data of two kinds for train(): `share` of the steps have a batch of the second one."""

    first: Data
    second: Data
    share: float = 0.5

    def batch(self, step: int) -> tuple[Tensor, Tensor]:
        """The batch that comes next of the step's kind."""
        before = int(step * self.share)  # batches of the second kind so far
        if int((step + 1) * self.share) > before:
            return self.second.batch(before)
        return self.first.batch(step - before)

    def fingerprint(self) -> str:
        """A hash of both kinds."""
        return digest(fingerprint_of(self.first), fingerprint_of(self.second), self.share)
