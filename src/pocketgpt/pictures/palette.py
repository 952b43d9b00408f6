"""The colours of all pictures: twelve, so that a pixel is one of twelve tokens.

A picture is an array (8, 8) of their numbers. ImageGPT (Chen et al. 2020) found its 512 colours by k-means; ours are
chosen by hand. Handwriting has 17 levels of ink, which become the nearest of five: black, three greys, white.
"""

import numpy as np

SIDE = 8  # pixels: every picture is as wide as it is high
RGB = {
    "black": (0, 0, 0),
    "red": (213, 60, 40),
    "gold": (240, 205, 50),
    "green": (0, 158, 115),
    "blue": (60, 110, 220),
    "pink": (240, 150, 200),
    "white": (255, 255, 255),
    "brown": (140, 90, 50),
    "orange": (235, 140, 30),
    "dark grey": (64, 64, 64),
    "grey": (128, 128, 128),
    "light grey": (191, 191, 191),
}
COLOURS = tuple(RGB)
BLACK = 0
LETTERS: dict[str, str] = dict(zip(".rygbpwnodel", COLOURS, strict=True))  # a letter → the colour that it spells
INK = ("black", "dark grey", "grey", "light grey", "white")  # from none to 16, the most
MOST_INK = 16
GREYS = tuple(COLOURS.index(colour) for colour in INK[1:])  # from dark to light


def from_text(text: str) -> np.ndarray:
    """The picture that lines of letters spell, one of LETTERS for each pixel.

    >>> from_text(".r/w.").tolist()
    [[0, 1], [6, 0]]
    """
    return np.array([[COLOURS.index(LETTERS[letter]) for letter in row] for row in text.split("/")], np.uint8)


def as_text(picture: np.ndarray) -> str:
    """A picture as lines of letters, as `from_text` reads them.

    >>> as_text(from_text(".r/w."))
    '.r/w.'
    """
    letters = {COLOURS.index(colour): letter for letter, colour in LETTERS.items()}
    return "/".join("".join(letters[int(pixel)] for pixel in row) for row in picture)


def from_ink(levels: np.ndarray) -> np.ndarray:
    """Levels of ink, from 0 to 16, as numbers of the nearest of five colours.

    >>> [COLOURS[i] for i in from_ink(np.array([0, 5, 16]))]
    ['black', 'dark grey', 'white']
    """
    numbers = np.array([COLOURS.index(colour) for colour in INK], np.uint8)
    return numbers[np.rint(np.asarray(levels) * (len(INK) - 1) / MOST_INK).astype(int)]


def rgb(picture: np.ndarray) -> np.ndarray:
    """The picture's colours (…, 3), from 0 to 255.

    >>> rgb(np.array([[6]])).tolist()
    [[[255, 255, 255]]]
    """
    return np.array(list(RGB.values()), np.uint8)[picture]
