"""Rows of text and pictures: what is given, and what has to follow.

A scene, a digit and an animal each come both ways, text → picture and picture → text, and now and then only the upper
half of a picture is given. Only what follows counts in the loss; what is given needs no learning.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pocketgpt.multimodal.recipe import KINDS
from pocketgpt.multimodal.vocabulary import Vocabulary
from pocketgpt.pictures import scenes
from pocketgpt.pictures.animals import load_drawings, redrawn
from pocketgpt.pictures.digits import Digits, load_digits, rewritten, varied
from pocketgpt.pictures.painted import Painted, in_inks
from pocketgpt.pictures.tokens import frequent_blocks

LOOKED_AT = {"scene": 400, "digit": 300, "animal": 240}  # pictures that a codebook is made from
ENTRIES = 256  # of the codebook
REWRITTEN = 0.75  # share of the digits to be told that are bent anew; those to be drawn stay real handwriting
HIDDEN = 0.25  # share of a frame's tokens that a model doesn't see while it learns to tell
WAYS = ("draw", "tell", "finish")  # text → picture, picture → text, half a picture → the rest and the text


@dataclass(frozen=True)
class Row:
    """Token ids in two parts; only the second is learned."""

    given: tuple[int, ...]
    follows: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Album:
    """What rows are made of: real digits and the animals' drawings. Scenes are drawn anew each time."""

    digits: Digits
    drawings: Mapping[str, np.ndarray]


def load_album() -> Album:
    """The digits for training, and all drawings."""
    return Album(load_digits(), load_drawings())


def digit_text(digit: int) -> str:
    """What stands beside a handwritten digit.

    >>> digit_text(7)
    'a handwritten 7'
    """
    return f"a handwritten {digit}"


def title(name: str) -> str:
    """An animal's name as its page begins: its drawing stands before the page's title.

    >>> title("polar bear")
    'Polar bear'
    """
    return name[:1].upper() + name[1:]


def text_first(vocabulary: Vocabulary, text: str) -> list[int]:
    """Ids after which the picture that a text asks for comes: its begin mark is there already."""
    return [vocabulary.tokenizer.eot_id, *vocabulary.tokenizer.encode(text), vocabulary.begin]


def picture_first(vocabulary: Vocabulary, picture: np.ndarray) -> list[int]:
    """Ids after which the text of a picture comes."""
    return [vocabulary.tokenizer.eot_id, *vocabulary.picture_ids(picture)]


def half_first(vocabulary: Vocabulary, picture: np.ndarray) -> list[int]:
    """Ids after which the lower half of a picture comes, and then its text."""
    ids = [vocabulary.tokenizer.eot_id, *vocabulary.picture_ids(picture, whole=True)]
    return ids[: -1 - vocabulary.pictures.cells // 2]


def row(vocabulary: Vocabulary, text: str, picture: np.ndarray, way: str) -> Row:
    """Text and picture and the end of the document, one of WAYS: what is given comes first, the rest follows."""
    tokenizer = vocabulary.tokenizer
    if way == "draw":
        given, rest = text_first(vocabulary, text), vocabulary.picture_ids(picture)[1:]
    elif way == "tell":
        given, rest = picture_first(vocabulary, picture), tokenizer.encode(text)
    else:
        given = half_first(vocabulary, picture)
        whole = [tokenizer.eot_id, *vocabulary.picture_ids(picture, whole=True)]
        rest = [*whole[len(given) :], *tokenizer.encode(text)]
    return Row(tuple(given), (*rest, tokenizer.eot_id))


def veiled(vocabulary: Vocabulary, given: Sequence[int], rng: random.Random) -> list[int]:
    """A picture's ids with some tokens of its frame hidden behind the begin mark, HIDDEN of them.

    So each has to be read on its own. Else a model that never sees a thing at the top right learns "top, so not right".
    """
    if not isinstance(vocabulary.pictures, Painted):
        return list(given)
    first, frame = vocabulary.first, vocabulary.pictures.frame
    return [vocabulary.begin if token - first in frame and rng.random() < HIDDEN else token for token in given]


def pair(kind: str, album: Album, rng: random.Random, way: str = "draw") -> tuple[str, np.ndarray]:
    """A text and a picture of a kind, as training shows them in one of WAYS: scenes are drawn from captions that begin
    with either thing, but told in the order of the picture's tokens.
    """
    if kind == "digit":
        i = rng.randrange(len(album.digits))
        bend = rewritten if way == "tell" and rng.random() < REWRITTEN else varied
        return digit_text(int(album.digits.labels[i])), bend(album.digits.pictures[i], rng)
    if kind == "animal":
        name = rng.choice(list(album.drawings))
        return title(name), redrawn(album.drawings[name], rng)
    scene = scenes.random_scene(rng)
    return scenes.caption(scene, rng, in_order=way != "draw"), scenes.draw(scene)


def sample_pictures(album: Album, seed: int = 0) -> dict[str, list[np.ndarray]]:
    """Pictures of each kind, as training shows them: a codebook is made from such."""
    rng = random.Random(f"pictures for a codebook {seed}")
    return {kind: [pair(kind, album, rng)[1] for _ in range(LOOKED_AT[kind])] for kind in KINDS}


def painted(shown: Mapping[str, Sequence[np.ndarray]], entries: int = ENTRIES) -> Painted:
    """Colours, frame, and the most frequent blocks of first, second … colours; each kind of picture counts alike."""
    return Painted(frequent_blocks([[in_inks(picture) for picture in each] for each in shown.values()], entries))
