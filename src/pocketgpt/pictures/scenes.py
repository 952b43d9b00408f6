"""Scenes whose truth is known: one or two things on a grid of 8 × 8 pixels, a caption, and a checker of both.

A picture is an array (8, 8) of numbers of `palette.COLOURS`; 0 is the black background. `draw` makes one of a Scene,
`read` finds the Scene in a picture, `caption` says it in one of several wordings, and `parse` finds the Scene in a
caption. So what a model draws or says is marked by a program. Some combinations are never shown in training (`is_new`).
"""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pocketgpt.pictures.palette import COLOURS, SIDE

SCENE_COLOURS = COLOURS[1:7]
# Shape → its drawing, small and big.
PATTERNS = {
    "ring": ("###/#.#/###", "####/#..#/#..#/####"),
    "plus": (".#./###/.#.", ".##./####/####/.##."),
    "gate": ("###/#.#/#.#", "####/#..#/#..#/#..#"),
    "hook": ("#../#../###", "#.../#.../#.../####"),
    "cup": ("#.#/#.#/###", "#..#/#..#/#..#/####"),
    "tee": ("###/.#./.#.", "####/.##./.##./.##."),
}
SHAPES = tuple(PATTERNS)
SIZES = {"small": 3, "big": 4}  # pixels
ROWS, COLUMNS = ("top", "middle", "bottom"), ("left", "middle", "right")
RELATIONS = {"above": "below", "below": "above", "left of": "right of", "right of": "left of"}  # and its opposite
# Colour and shape that never come together in training. Each of these is made of blocks of 2 × 2 pixels that other
# shapes of its colour have: who has seen red gates and cups can put a red ring together.
NEW_PARTS = frozenset(
    [("red", "ring"), ("gold", "gate"), ("green", "cup"), ("blue", "tee"), ("pink", "ring"), ("white", "gate")]
)
NEW_PLACES = frozenset({("top", "right"), ("bottom", "left")})  # rows and columns that never do


@dataclass(frozen=True, order=True)
class Thing:
    """What a scene shows: a small red ring."""

    size: str
    colour: str
    shape: str

    def __str__(self) -> str:
        return f"{self.size} {self.colour} {self.shape}"


@dataclass(frozen=True)
class Scene:
    """One thing and where it is, such as ("top", "left"); or two things and how the first lies to the second."""

    things: tuple[Thing, ...]
    where: tuple[str, ...]

    def turned(self) -> "Scene":
        """The same scene, told from its second thing.

        >>> parse("a small red ring above a big blue plus").turned().where
        ('below',)
        """
        if len(self.things) == 1:
            return self
        return Scene(self.things[::-1], (RELATIONS[self.where[0]],))

    def same(self, other: "Scene | None") -> bool:
        """Do both say the same, whichever thing is told first?"""
        return other is not None and (self == other or self.turned() == other)


def is_new(scene: Scene) -> bool:
    """Does the scene have a combination that training never shows?

    >>> is_new(parse("a small red ring above a big blue plus"))  # no red ring is ever shown
    True
    """
    parts = {(thing.colour, thing.shape) for thing in scene.things}
    return bool(parts & NEW_PARTS) or scene.where in NEW_PLACES


# --- Drawing --------------------------------------------------------------------------------------------------


def pattern(shape: str, size: str) -> np.ndarray:
    """The pixels (n, n) of a shape, true where it is: n is 3 or 4.

    >>> pattern("plus", "small").astype(int).tolist()
    [[0, 1, 0], [1, 1, 1], [0, 1, 0]]
    """
    rows = PATTERNS[shape][size == "big"].split("/")
    return np.array([[pixel == "#" for pixel in row] for row in rows])


def third(offset: int) -> int:
    """In which third of the picture a thing lies that begins at pixel `offset`: 0, 1 or 2.

    >>> [third(offset) for offset in range(6)]
    [0, 0, 1, 1, 2, 2]
    """
    return offset // 2


def _offsets(scene: Scene, rng: random.Random) -> list[tuple[int, int]]:
    """Row and column where each thing begins: always an even one, so that no block has parts of two things."""
    if len(scene.things) == 1:
        return [(2 * ROWS.index(scene.where[0]), 2 * COLUMNS.index(scene.where[1]))]
    relation, across = scene.where[0], rng.choice((0, 2, 4))
    along = (0, 4) if relation in ("above", "left of") else (4, 0)
    return [(at, across) if relation in ("above", "below") else (across, at) for at in along]


def draw(scene: Scene, rng: random.Random) -> np.ndarray:
    """A picture (8, 8) of the scene; where two things lie across their relation is up to `rng`.

    >>> scene = parse("a small red ring at the top left")
    >>> read(draw(scene, random.Random(0))) == scene
    True
    """
    picture = np.zeros((SIDE, SIDE), np.uint8)
    for thing, (row, column) in zip(scene.things, _offsets(scene, rng), strict=True):
        n = SIZES[thing.size]
        picture[row : row + n, column : column + n][pattern(thing.shape, thing.size)] = COLOURS.index(thing.colour)
    return picture


def random_scene(rng: random.Random, new: bool = False) -> Scene:
    """A scene that training may show; with `new` one that it never shows."""
    while True:
        colours = rng.sample(SCENE_COLOURS, rng.choices((1, 2), (3, 1))[0])
        things = tuple(Thing(rng.choice(list(SIZES)), colour, rng.choice(SHAPES)) for colour in colours)
        where = (rng.choice(ROWS), rng.choice(COLUMNS)) if len(things) == 1 else (rng.choice(list(RELATIONS)),)
        scene = Scene(things, where)
        if is_new(scene) == new:
            return scene


# --- Reading a picture ----------------------------------------------------------------------------------------


def _thing_in(picture: np.ndarray, colour: int) -> tuple[Thing, int, int] | None:
    """The thing that a colour's pixels make, and the row and column where it begins; None if they make none."""
    rows, columns = np.nonzero(picture == colour)
    top, left = rows.min(), columns.min()
    found = (picture == colour)[top : rows.max() + 1, left : columns.max() + 1]
    for shape in SHAPES:
        for size in SIZES:
            if np.array_equal(found, pattern(shape, size)):
                return Thing(size, COLOURS[colour], shape), int(top), int(left)
    return None


def read(picture: np.ndarray) -> Scene | None:
    """The scene that a picture (8, 8) shows, found pixel by pixel; None if it shows none.

    >>> read(np.zeros((8, 8), int)) is None
    True
    """
    colours = [int(colour) for colour in np.unique(picture) if colour]
    if not 1 <= len(colours) <= 2 or any(COLOURS[colour] not in SCENE_COLOURS for colour in colours):
        return None
    found = [_thing_in(picture, colour) for colour in colours]
    if any(each is None for each in found):
        return None
    things, tops, lefts = zip(*[each for each in found if each], strict=True)
    if len(things) == 1:
        return Scene(things, (ROWS[third(tops[0])], COLUMNS[third(lefts[0])]))
    n = [SIZES[thing.size] for thing in things]
    upright = [tops[0] + n[0] <= tops[1], tops[1] + n[1] <= tops[0]]
    sideways = [lefts[0] + n[0] <= lefts[1], lefts[1] + n[1] <= lefts[0]]
    if any(upright) == any(sideways):
        return None
    relation = ("above", "below")[upright[1]] if any(upright) else ("left of", "right of")[sideways[1]]
    return Scene(things, (relation,))


# --- Captions -------------------------------------------------------------------------------------------------

_ONE = ("a {0} at the {place}", "at the {place}: a {0}", "there is a {0} at the {place}")
_TWO = ("a {0} {relation} a {1}", "there is a {0} {relation} a {1}", "a {1}, and {relation} it a {0}")
_THING = rf"({'|'.join(SIZES)}) ({'|'.join(SCENE_COLOURS)}) ({'|'.join(SHAPES)})"


def place_name(where: tuple[str, str]) -> str:
    """A place in words.

    >>> place_name(("top", "left")), place_name(("top", "middle")), place_name(("middle", "middle"))
    ('top left', 'top', 'middle')
    """
    names = [name for name in where if name != "middle"]
    return " ".join(names) or "middle"


_PLACES = {place_name((row, column)): (row, column) for row in ROWS for column in COLUMNS}


def caption(scene: Scene, rng: random.Random) -> str:
    """The scene in words; `rng` chooses the wording, and which of two things is told first.

    >>> caption(parse("at the top: a big blue plus"), random.Random(0))
    'at the top: a big blue plus'
    """
    scene = rng.choice((scene, scene.turned()))
    if len(scene.things) == 1:
        return rng.choice(_ONE).format(*scene.things, place=place_name(scene.where))
    return rng.choice(_TWO).format(*scene.things, relation=scene.where[0])


def _patterns() -> Iterator[tuple[bool, re.Pattern]]:
    for wordings, relation in ((_ONE, ""), (_TWO, "|".join(RELATIONS))):
        for wording in wordings:
            slots = {
                "place": f"(?P<where>{'|'.join(sorted(_PLACES, key=len, reverse=True))})",
                "relation": f"(?P<where>{relation})",
            }
            yield wording.index("{0}") > wording.find("{1}") >= 0, re.compile(wording.format(_THING, _THING, **slots))


_READERS = tuple(_patterns())


def parse(text: str) -> Scene | None:
    """The scene that a caption describes, in one of our wordings; None if it is no such caption.

    >>> parse("a big blue plus, and above it a small red ring").where
    ('above',)
    >>> parse("a cat") is None
    True
    """
    for turned, reader in _READERS:
        if match := reader.fullmatch(text.strip().removesuffix(".")):
            words = [word for word in match.groups() if word != match["where"]]
            things = [Thing(*words[i : i + 3]) for i in range(0, len(words), 3)]
            if len(things) == 1:
                return Scene(tuple(things), _PLACES[match["where"]])
            return Scene(tuple(things[::-1] if turned else things), (match["where"],))
    return None
