"""Scenes whose truth is known: one or two things on a grid of 8 × 8 pixels, a caption, and a checker of both.

A picture is an array (8, 8) of numbers of `palette.COLOURS`; 0 is the black background. `draw` makes one of a Scene,
`read` finds the Scene in a picture, `caption` says it in one of several wordings, and `parse` finds the Scene in a
caption. So what a model draws or says is marked by a program. Some combinations are never shown in training (`news`).
"""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pocketgpt.errors import PocketError
from pocketgpt.pictures.palette import COLOURS, SIDE

SCENE_COLOURS = ("red", "gold", "green", "blue", "pink", "brown")
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
UPRIGHT = ("above", "below")
# Colour and shape that never come together in training.
NEW_PARTS = frozenset(
    [("red", "ring"), ("gold", "gate"), ("green", "cup"), ("blue", "tee"), ("pink", "hook"), ("brown", "plus")]
)
NEWS = ("", "parts", "places", "both")
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
    """One thing and where it is, such as ("top", "left"); or two things, how the first lies to the second, and where
    they lie across that, such as ("above", "left") or ("right of", "top").
    """

    things: tuple[Thing, ...]
    where: tuple[str, ...]

    def turned(self) -> "Scene":
        """The same scene, told from its second thing.

        >>> parse("a small red ring above a big blue plus, at the left").turned().where
        ('below', 'left')
        """
        if len(self.things) == 1:
            return self
        return Scene(self.things[::-1], (RELATIONS[self.where[0]], self.where[1]))

    def same(self, other: "Scene | None") -> bool:
        """Do both say the same, whichever thing is told first?"""
        return other is not None and (self == other or self.turned() == other)


def news(scene: Scene) -> str:
    """What the scene has that training never shows: "parts", "places", "both" or nothing, "".

    >>> news(parse("a small red ring at the middle left"))  # no red ring is ever shown
    'parts'
    """
    parts = bool({(thing.colour, thing.shape) for thing in scene.things} & NEW_PARTS)
    places = scene.where in NEW_PLACES
    return ("both" if places else "parts") if parts else "places" if places else ""


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


def _offsets(scene: Scene) -> list[tuple[int, int]]:
    """Row and column where each thing begins: always an even one, so that no block has parts of two things."""
    if len(scene.things) == 1:
        return [(2 * ROWS.index(scene.where[0]), 2 * COLUMNS.index(scene.where[1]))]
    relation, across = scene.where
    along = (0, 4) if relation in ("above", "left of") else (4, 0)
    if relation in UPRIGHT:
        return [(at, 2 * COLUMNS.index(across)) for at in along]
    return [(2 * ROWS.index(across), at) for at in along]


def draw(scene: Scene) -> np.ndarray:
    """The picture (8, 8) of the scene.

    >>> scene = parse("a small red ring at the top left")
    >>> read(draw(scene)) == scene
    True
    """
    picture = np.zeros((SIDE, SIDE), np.uint8)
    for thing, (row, column) in zip(scene.things, _offsets(scene), strict=True):
        n = SIZES[thing.size]
        picture[row : row + n, column : column + n][pattern(thing.shape, thing.size)] = COLOURS.index(thing.colour)
    return picture


def random_scene(rng: random.Random, new: str = "") -> Scene:
    """A scene that training may show, or one with such `news` as it never shows. PocketError for other news."""
    if new not in NEWS:
        raise PocketError(f"Nothing in a scene is new in the way of {new!r}; choose {', '.join(map(repr, NEWS))}.")
    while True:
        colours = rng.sample(SCENE_COLOURS, rng.choice((1, 2)))
        things = tuple(Thing(rng.choice(list(SIZES)), colour, rng.choice(SHAPES)) for colour in colours)
        where = (rng.choice(ROWS), rng.choice(COLUMNS))
        if len(things) == 2:
            relation = rng.choice(list(RELATIONS))
            where = (relation, where[relation in UPRIGHT])
        scene = Scene(things, where)
        if news(scene) == new:
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
    if lefts[0] == lefts[1]:
        starts, relations, across = tops, ("above", "below"), COLUMNS[third(lefts[0])]
    elif tops[0] == tops[1]:
        starts, relations, across = lefts, ("left of", "right of"), ROWS[third(tops[0])]
    else:
        return None
    apart = [starts[0] + n[0] <= starts[1], starts[1] + n[1] <= starts[0]]
    return Scene(things, (relations[apart[1]], across)) if any(apart) else None


# --- Captions -------------------------------------------------------------------------------------------------

_ONE = ("a {0} at the {place}", "at the {place}: a {0}", "there is a {0} at the {place}")
_TWO = (
    "a {0} {relation} a {1}, at the {place}",
    "at the {place}: a {0} {relation} a {1}",
    "a {1}, and {relation} it a {0}, at the {place}",
)
_THING = rf"({'|'.join(SIZES)}) ({'|'.join(SCENE_COLOURS)}) ({'|'.join(SHAPES)})"


def place_name(where: tuple[str, ...]) -> str:
    """A place in words: the row, then the column.

    >>> place_name(("top", "left")), place_name(("middle", "middle"))
    ('top left', 'middle middle')
    """
    return " ".join(where)


_PLACES = {place_name((row, column)): (row, column) for row in ROWS for column in COLUMNS}


def caption(scene: Scene, rng: random.Random) -> str:
    """The scene in words; `rng` chooses the wording, and which of two things is told first.

    >>> caption(parse("at the top middle: a big blue plus"), random.Random(0))
    'at the top middle: a big blue plus'
    """
    scene = rng.choice((scene, scene.turned()))
    if len(scene.things) == 1:
        return rng.choice(_ONE).format(*scene.things, place=place_name(scene.where))
    return rng.choice(_TWO).format(*scene.things, relation=scene.where[0], place=scene.where[1])


def _patterns() -> Iterator[tuple[bool, re.Pattern]]:
    places = "|".join(sorted(_PLACES, key=len, reverse=True))
    across = "|".join(dict.fromkeys((*ROWS, *COLUMNS)))
    slots = {"relation": f"(?P<relation>{'|'.join(RELATIONS)})"}
    for wordings, place in ((_ONE, places), (_TWO, across)):
        for wording in wordings:
            form = wording.format(_THING, _THING, **slots, place=f"(?P<place>{place})")
            yield wording.index("{0}") > wording.find("{1}") >= 0, re.compile(form)


_READERS = tuple(_patterns())


def parse(text: str) -> Scene | None:
    """The scene that a caption describes, in one of our wordings; None if it is no such caption.

    >>> parse("a big blue plus, and above it a small red ring, at the left").where
    ('above', 'left')
    >>> parse("a cat") is None
    True
    """
    for turned, reader in _READERS:
        if match := reader.fullmatch(text.strip().removesuffix(".")):
            named = match.groupdict()
            words = [word for word in match.groups() if word not in named.values()]
            things = [Thing(*words[i : i + 3]) for i in range(0, len(words), 3)]
            if len(things) == 1:
                return Scene(tuple(things), _PLACES[named["place"]])
            if named["place"] not in (COLUMNS if named["relation"] in UPRIGHT else ROWS):
                return None
            return Scene(tuple(things[::-1] if turned else things), (named["relation"], named["place"]))
    return None
