"""New tokens for an old model: marks where a picture begins and ends, and a token for each thing it is made of.

They are special tokens of the tokenizer, so no text that somebody types can become one. The model gets a row for each
in its two tables, the embedding and the output layer. All else stays as it was: what it knew, it still knows.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from pocketgpt.errors import PocketError
from pocketgpt.model import GPT, rms_norm
from pocketgpt.pictures.framed import Framed
from pocketgpt.pictures.painted import Painted
from pocketgpt.pictures.palette import COLOURS
from pocketgpt.pictures.tokens import Blocks, PictureTokens, Pixels
from pocketgpt.tokenizer import Tokenizer

HEAD_SIZE = 0.02  # root mean square of a new row in the output layer
BEGIN, END = "<|picture|>", "<|/picture|>"


def with_tokens(tokenizer: Tokenizer, names: Iterable[str]) -> Tokenizer:
    """The tokenizer with more special tokens, behind all that it has; PocketError for a name that it has.

    >>> with_tokens(Tokenizer([]), ["<|picture|>"]).special_tokens["<|picture|>"]
    264
    """
    return Tokenizer(tokenizer.merges, [*tokenizer.special_tokens, *names])


@torch.no_grad()
def with_rows(model: GPT, size: int, seed: int = 0) -> GPT:
    """A copy of the model with `size` tokens: old rows as they were, new ones as in a fresh model.

    Raises PocketError for fewer tokens than it has.
    """
    old = model.config.vocab_size
    if size < old:
        raise PocketError(f"The model has {old} tokens already: ask for at least as many.")
    larger = GPT(replace(model.config, vocab_size=size), seed)
    for (name, new), weights in zip(larger.named_parameters(), model.parameters(), strict=True):
        if name in ("embed.weight", "head.weight"):
            new[:old] = weights
        else:
            new.copy_(weights)
    return larger.to(model.device).train(model.training)


@torch.no_grad()
def relate_blocks(model: GPT, vocabulary: "Vocabulary", seed: int = 0) -> None:
    """Let the model's new rows begin related, in place: blocks with the same colour at the same pixel share a part.

    A row is a sum of random vectors, one for each colour at each pixel and one for each colour wherever it is. So what
    is learned of one red block serves the others. In the output layer the rows begin small.
    """
    generator = torch.Generator().manual_seed(seed)
    width = model.config.n_embd
    at_pixel = torch.randn(4, len(COLOURS), width, generator=generator)
    anywhere = torch.randn(len(COLOURS), width, generator=generator)
    book, first = vocabulary.pictures, vocabulary.first
    while not isinstance(book, Blocks):
        if isinstance(book, Pixels):
            return
        first += len(COLOURS) if isinstance(book, Painted) else book.first
        book = Framed(book.book) if isinstance(book, Painted) else book.inner
    for number, entry in enumerate(book.entries):
        mixed = torch.stack([at_pixel[place, colour] + anywhere[colour] for place, colour in enumerate(entry)])
        row = rms_norm(mixed.sum(0))
        model.embed.weight[first + number] = row
        model.head.weight[first + number] = HEAD_SIZE * row


def token_names(pictures: PictureTokens) -> list[str]:
    """The names of the tokens that a picture needs, its two marks first.

    >>> token_names(Pixels())[:4]
    ['<|picture|>', '<|/picture|>', '<|black|>', '<|red|>']
    """
    return [BEGIN, END, *(f"<|{name}|>" for name in _names(pictures))]


def _names(pictures: PictureTokens) -> list[str]:
    if isinstance(pictures, Painted):
        return [*COLOURS, *_names(Framed(pictures.book))]
    if isinstance(pictures, Framed):
        places = [f"{part} {n}" for part in ("top", "left") for n in range(pictures.side)]
        frame = [*places, *(f"{part} {n + 1}" for part in ("height", "width") for n in range(pictures.side))]
        return frame + _names(pictures.inner)
    return list(COLOURS) if isinstance(pictures, Pixels) else [f"block {number}" for number in range(pictures.size)]


@dataclass(frozen=True)
class Vocabulary:
    """A tokenizer that knows pictures, and how these become tokens."""

    tokenizer: Tokenizer
    pictures: PictureTokens

    @classmethod
    def extending(cls, tokenizer: Tokenizer, pictures: PictureTokens) -> "Vocabulary":
        """The vocabulary of a text tokenizer and of pictures."""
        return cls(with_tokens(tokenizer, token_names(pictures)), pictures)

    @classmethod
    def of_card(cls, tokenizer: Tokenizer, card: Mapping) -> "Vocabulary":
        """The vocabulary of a model from a file; PocketError if its card tells nothing of pictures."""
        return cls(tokenizer, described(card.get("pictures")))

    @property
    def begin(self) -> int:
        """The id of the mark before a picture."""
        return self.tokenizer.special_tokens[BEGIN]

    @property
    def end(self) -> int:
        """The id of the mark behind a picture."""
        return self.tokenizer.special_tokens[END]

    @property
    def first(self) -> int:
        """The id of the picture token number 0; the others follow."""
        return self.end + 1

    def picture_ids(self, picture: np.ndarray, whole: bool = False) -> list[int]:
        """A picture (8, 8) as ids, with its two marks; `whole` as in `PictureTokens.encode`."""
        return [self.begin, *(self.first + number for number in self.pictures.encode(picture, whole)), self.end]

    def picture_of(self, ids: Sequence[int]) -> np.ndarray | None:
        """The picture that ids stand for, marks or none around them; None if they are no picture."""
        numbers = [token - self.first for token in ids if token not in (self.begin, self.end)]
        if min(numbers, default=0) < 0:  # a token of text
            return None
        try:
            return self.pictures.decode(numbers)
        except PocketError:
            return None


def describe(pictures: PictureTokens) -> dict:
    """How pictures become tokens, ready for a checkpoint's card.

    >>> describe(Pixels())
    {'kind': 'pixels'}
    """
    if isinstance(pictures, Painted):
        return describe(pictures.book) | {"kind": "painted"}
    if isinstance(pictures, Framed):
        return describe(pictures.inner) | {"framed": True}
    if isinstance(pictures, Pixels):
        return {"kind": "pixels"}
    return {"kind": "blocks", "entries": [list(entry) for entry in pictures.entries]}


def described(told: object) -> PictureTokens:
    """What `describe` described. Raises PocketError for anything else.

    >>> described(describe(Blocks(((0, 0, 0, 1),))))
    Blocks(entries=((0, 0, 0, 1),))
    """
    if isinstance(told, dict) and told.get("kind") == "painted":
        return Painted(described(told | {"kind": "blocks"}))  # type: ignore
    if isinstance(told, dict) and told.get("framed"):
        return Framed(described({key: value for key, value in told.items() if key != "framed"}))  # type: ignore
    if told == {"kind": "pixels"}:
        return Pixels()
    try:
        entries = tuple(tuple(int(pixel) for pixel in entry) for entry in told["entries"])  # type: ignore
    except (KeyError, TypeError, ValueError):
        raise PocketError("This model's card doesn't tell how it sees pictures: take one that does.") from None
    if not entries or any(len(entry) != 4 or not all(0 <= p < len(COLOURS) for p in entry) for entry in entries):
        raise PocketError("This model's codebook is damaged: copy or train the model again.")
    return Blocks(entries)
