"""Exercises of notebook 08: blocks and back, the nearest entry, what counts, half a picture; and a tune's bars."""

from itertools import chain, pairwise
from math import isqrt

from pocketgpt_lessons.beyond_text.tunes_exercises import BAR_LENGTHS
from pocketgpt_lessons.classroom import answer_values
from pocketgpt_lessons.classroom.exercises import Exercise, Mistake

IGNORE = -100


def _cut(picture, n=2, order="rows"):
    side = range(0, len(picture), n)
    corners = [(i, j) for i in side for j in side] if order == "rows" else [(i, j) for j in side for i in side]
    return [[picture[i + a][j + b] for a in range(n) for b in range(n)] for i, j in corners]


_FOUR = [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12], [13, 14, 15, 16]]

CUT = Exercise(
    name="cut",
    signature="cut(picture)",
    task="Cut a square picture, a list of rows, into blocks of 2 × 2 pixels: from the top left, row by row of blocks. "
    "Return a list of blocks, each a list of its four pixels, its upper row first.",
    truth=_cut,
    cases=(
        ([[1, 2], [3, 4]],),
        (_FOUR,),
        ([[0, 0, 0, 7], [0, 5, 0, 0], [0, 0, 1, 2], [9, 0, 3, 4]],),
        ([[10 * i + j for j in range(6)] for i in range(6)],),
        ([[0, 0, 0, 0], [1, 1, 0, 0], [0, 0, 0, 0], [0, 2, 0, 0]],),
    ),
    read=answer_values.matrix,
    mistakes=(
        Mistake("these are the picture's rows: a block has two pixels of one row and two of the next.", lambda p: p),
        Mistake(
            "the blocks come column by column: take those of the upper row first, from left to right.",
            lambda p: _cut(p, order="columns"),
        ),
        Mistake(
            "the pixels go round the block: its lower row, too, goes from left to right.",
            lambda p: [[b[0], b[1], b[3], b[2]] for b in _cut(p)],
        ),
        Mistake(
            "the lower row of each block comes first: its upper row should.",
            lambda p: [[b[2], b[3], b[0], b[1]] for b in _cut(p)],
        ),
        Mistake(
            "within a block the pixels go downwards: its upper row comes first.",
            lambda p: [[b[0], b[2], b[1], b[3]] for b in _cut(p)],
        ),
        Mistake(
            "the blocks overlap: move on by two pixels, not by one.",
            lambda p: [
                [p[i][j], p[i][j + 1], p[i + 1][j], p[i + 1][j + 1]]
                for i in range(len(p) - 1)
                for j in range(len(p) - 1)
            ],
        ),
        Mistake(
            "four pixels in a row make no block: take two of a row and the two below them.",
            lambda p: [list(flat) for flat in zip(*[iter([x for row in p for x in row])] * 4, strict=False)],
        ),
        Mistake(
            "a block that comes twice is kept once: keep every block, in its place.",
            lambda p: [block for i, block in enumerate(_cut(p)) if block not in _cut(p)[:i]],
        ),
    ),
    hint="Two loops over `range(0, len(picture), 2)`: the upper left corner of each block.",
    praise="Joined again, the blocks give the same picture: cutting alone loses nothing.",
)


def _join(blocks, places=range(4)):
    """The rows of a picture from its blocks, of whose pixels `places` says which stands where."""
    side, (a, b, c, d) = isqrt(len(blocks)), places
    strips = [blocks[start : start + side] for start in range(0, len(blocks), side)]
    halves = [[[x for block in strip for x in (block[i], block[j])] for i, j in ((a, b), (c, d))] for strip in strips]
    return list(chain.from_iterable(halves))


def _columns_first(blocks):
    side = isqrt(len(blocks))
    return _join([blocks[j * side + i] for i in range(side) for j in range(side)])


def _in_order(blocks):
    pixels = list(chain.from_iterable(blocks))
    side = isqrt(len(pixels))
    return [pixels[start : start + side] for start in range(0, len(pixels), side)]


JOIN = Exercise(
    name="join",
    signature="join(blocks)",
    task="Put blocks, in the order in which `cut` gives them, together again: return the square picture, a list of "
    "rows.",
    truth=_join,
    cases=tuple((_cut(picture),) for (picture,) in CUT.cases),
    read=answer_values.matrix,
    mistakes=(
        Mistake("these are the blocks: a row of the picture takes two pixels of each block in it.", lambda b: b),
        Mistake(
            "all pixels stand one after the other: a row takes two pixels of each block in it, not four of one.",
            _in_order,
        ),
        Mistake("the blocks go down the columns: those that follow each other stand side by side.", _columns_first),
        Mistake("the lower row of each block came first: its upper row should.", lambda b: _join(b, (2, 3, 0, 1))),
        Mistake("within a block the pixels go downwards: its upper row is first.", lambda b: _join(b, (0, 2, 1, 3))),
        Mistake("the lower row of each block is missing: each row of blocks gives two rows.", lambda b: _join(b)[::2]),
        Mistake(
            "all blocks stand side by side: a picture of n × n blocks has n of them in each row.",
            lambda b: [[x for block in b for x in block[:2]], [x for block in b for x in block[2:]]],
        ),
        Mistake(
            "all upper rows come first: below a block's upper row is its lower one.",
            lambda b: _join(b)[::2] + _join(b)[1::2],
        ),
        Mistake(
            "this takes every picture for one of 8 × 8: the number of blocks tells its size.",
            lambda b: [
                [x for block in b[start : start + 4] for x in block[half : half + 2]]
                for start in range(0, len(b), 4)
                for half in (0, 2)
            ],
        ),
    ),
    hint="`n = int(len(blocks) ** 0.5)` blocks stand side by side. They give two rows: one of their first two pixels, "
    "one of their last two.",
    praise="So nothing was lost: only a codebook loses something.",
)


def _distances(vector, entries, power=2):
    return [sum(abs(a - b) ** power for a, b in zip(vector, entry, strict=True)) for entry in entries]


def _nearest(vector, entries):
    distances = _distances(vector, entries)
    return distances.index(min(distances))


def _squares(vector, entries):
    return [[(a - b) ** 2 for a, b in zip(vector, entry, strict=True)] for entry in entries]


def _place_of_least(numbers):
    return numbers.index(min(numbers))


def _dots(vector, entries):
    dots = [sum(a * b for a, b in zip(vector, entry, strict=True)) for entry in entries]
    return dots.index(max(dots))


NEAREST = Exercise(
    name="nearest",
    signature="nearest(vector, entries)",
    task="Return the number of the entry nearest to the vector: the sum of the squared differences is smallest. Of "
    "equals, the first.",
    truth=_nearest,
    cases=(
        ([1.0], [[4.0], [0.5]]),
        ([0.0, 0.0], [[3.0, 0.0], [1.5, 1.6], [9.0, 9.0]]),
        ([1.0, 1.0], [[5.0, 5.0], [1.0, 0.0], [0.0, 1.0]]),
        ([2.0, -1.0, 0.0], [[9.0, 9.0, 9.0], [-2.0, 1.0, 0.0], [2.0, 0.0, 1.0], [2.0, -1.0, 2.5]]),
        ([0.0, 0.0], [[2.0, -2.0], [1.0, 0.0]]),
        ([0.0, 0.0], [[0.5, 9.0], [1.0, 1.0]]),
        ([0.0, 0.0, 0.0], [[2.0, 2.0, 2.0], [3.0, 0.0, 0.0]]),
        ([0.0], [[40.0], [20.0]]),
        ([2.0, 5.0], [[2.5, 4.0], [2.0, 8.0], [7.0, 5.0]]),
        ([4.0, 4.0, 1.0], [[4.0, 4.0, 9.0], [9.0, 9.0, 1.0], [5.0, 3.0, 2.0]]),
        ([0.0], [[3.0], [-3.0]]),
        ([0.0], [[1.0], [3.0], [2.0]]),
        ([0.0], [[2.0], [3.0], [1.0]]),
        ([0.0, 10.0], [[10.0, 0.0], [0.0, 10.0]]),
        ([0.0], [[4e4], [2e4]]),
        ([0.0] * 4, [[0.0, 0.0, 0.0, 3.0], [1.0, 0.0, 0.0, 0.0]]),
    ),
    read=answer_values.scalar,
    mistakes=(
        Mistake(
            "this is the farthest entry: take the smallest distance.",
            lambda v, e: _distances(v, e).index(max(_distances(v, e))),
        ),
        Mistake("this is the distance: return the entry's number, from 0.", lambda v, e: min(_distances(v, e))),
        Mistake(
            "of equals this is the last: take the first.",
            lambda v, e: len(e) - 1 - _distances(v, e)[::-1].index(min(_distances(v, e))),
        ),
        *(
            Mistake(
                "only some of the numbers are compared: add up the squared differences of all.",
                lambda v, e, part=part: _nearest(v[part], [entry[part] for entry in e]),
            )
            for part in (slice(1), slice(-1, None), slice(2), slice(3))
        ),
        Mistake(
            "only the largest difference counts here: add up the squares of all.",
            lambda v, e: _place_of_least([max(abs(a - b) for a, b in zip(v, entry, strict=True)) for entry in e]),
        ),
        Mistake(
            "the smallest of all numbers is looked for: add up each entry's squares first, `.sum(1)`.",
            lambda v, e: _place_of_least([d for entry in _squares(v, e) for d in entry]),
        ),
        Mistake(
            "the squares are added up down the entries: each entry's own belong together, `.sum(1)`.",
            lambda v, e: _place_of_least([sum(column) for column in zip(*_squares(v, e), strict=True)]),
        ),
        *(
            Mistake(
                "the search begins with a distance that may be below all others: begin with the first entry's, or with "
                '`float("inf")`.',
                lambda v, e, start=start: _nearest(v, e) if min(_distances(v, e)) < start else 0,
            )
            for start in (1, 10, 100, 999, 1000, 9999, 1e4, 1e5, 1e6)
        ),
        Mistake(
            "this is always 0: does a search begin at 0, or were the distances sorted?",
            lambda v, e: _place_of_least(sorted(_distances(v, e))),
        ),
        Mistake(
            "each distance is compared with the one before: compare it with the smallest so far.",
            lambda v, e: max(
                k for k, (before, now) in enumerate(pairwise([float("inf"), *_distances(v, e)])) if now < before
            ),
        ),
        Mistake(
            "each number of the vector is compared with all numbers of the entry: pair them up, `zip(vector, entry)`.",
            lambda v, e: _place_of_least([sum((a - b) ** 2 for a in v for b in entry) for entry in e]),
        ),
        Mistake("this is the entry itself: return its number, from 0.", lambda v, e: e[_nearest(v, e)]),
        Mistake("the largest product isn't the smallest distance: long entries win it.", _dots),
        Mistake(
            "differences are added up with their signs: square each first.",
            lambda v, e: min(range(len(e)), key=lambda k: abs(sum(a - b for a, b in zip(v, e[k], strict=True)))),
        ),
        Mistake(
            "the differences aren't squared: a single large one must weigh more than several small ones.",
            lambda v, e: _distances(v, e, 1).index(min(_distances(v, e, 1))),
        ),
        Mistake("the number counts from 1: Python counts from 0.", lambda v, e: _nearest(v, e) + 1),
    ),
    hint="Make a list of distances, one for each entry; `distances.index(min(distances))` is the first smallest.",
    praise="This is all that a codebook does when it reads a picture.",
)


def _targets(given, follows):
    return [IGNORE] * (len(given) - 1) + list(follows)


TARGETS = Exercise(
    name="targets",
    signature="targets(given, follows)",
    task="The model reads given + follows without the last token. Return what it should say at each of these places: "
    "the next token where that is one of `follows`, and -100, which doesn't count, elsewhere.",
    truth=_targets,
    cases=(([1], [2]), ([7, 8], [9]), ([5, 6, 7], [8, 9]), ([1, 1, 1, 1], [1, 2, 3]), ([1024, 300], [1025, 300])),
    read=answer_values.vector,
    mistakes=(
        Mistake(
            "everything counts: what is given needs no learning, put -100 there.", lambda g, f: list(g[1:]) + list(f)
        ),
        Mistake(
            "one place too many: nothing is read behind the last token, so the targets are one fewer.",
            lambda g, f: [IGNORE] * len(g) + list(f),
        ),
        Mistake(
            "the first token that follows is left out: it is said at the last place of what is given.",
            lambda g, f: [IGNORE] * len(g) + list(f[1:]),
        ),
        Mistake(
            "this is the other way round: what follows counts, what is given doesn't.",
            lambda g, f: list(g[1:]) + [IGNORE] * len(f),
        ),
        Mistake("these are the inputs: each target is the token after them.", lambda g, f: list(g) + list(f[:-1])),
        Mistake("0 is a token like any other: use -100.", lambda g, f: [0] * (len(g) - 1) + list(f)),
        Mistake("-1 isn't the sign for what doesn't count: use -100.", lambda g, f: [-1] * (len(g) - 1) + list(f)),
        *(
            Mistake(
                "-100 stands at the end: what is given comes first, and the last target is the last token.",
                lambda g, f, n=n: list(f) + [IGNORE] * (len(g) - n),
            )
            for n in (0, 1)
        ),
        Mistake(
            "there is one target too many: nothing is read, and nothing said, behind the last token.",
            lambda g, f: [*_targets(g, f), IGNORE],
        ),
    ),
    hint="There are len(given) + len(follows) − 1 places. At the last place of `given` the first of `follows` is due.",
    praise="The same mask as in notebook 04: there it hid the user, here it hides what is given.",
)


def _half(ids, cells):
    return list(ids[: -1 - cells // 2])


HALF = Exercise(
    name="half",
    signature="half(ids, cells)",
    task="The ids of a picture end with its cells, an even number of them, and a mark. Return the prompt after which "
    "the lower half is to come: everything but the second half of the cells and the mark at the end.",
    truth=_half,
    cases=(
        ([90, 5, 1, 2, 91], 2),
        ([90, 3, 7, 8, 1, 2, 3, 4, 91], 4),
        ([90, 6, 1, 1, 2, 2, 3, 3, 91], 6),
        ([1024, 700, 300, 300, 1025], 2),
        ([90, 4, 91, 2, 3, 91, 91], 4),
    ),
    read=answer_values.vector,
    mistakes=(
        Mistake("this is the lower half: keep what comes before it.", lambda i, n: i[-1 - n // 2 : -1]),
        Mistake(
            "what comes before the cells is missing: mark, colours and frame.", lambda i, n: i[-1 - n : -1 - n // 2]
        ),
        Mistake("the end mark says that the picture is complete: leave it out.", lambda i, n: [*_half(i, n), i[-1]]),
        Mistake("one cell too many: the mark at the end isn't one of the cells.", lambda i, n: i[: len(i) - n // 2]),
        Mistake("all cells are gone: take off only their second half.", lambda i, n: i[: -1 - n]),
        Mistake("this is the whole picture: take off half of the cells as well.", lambda i, n: i[:-1]),
        Mistake(
            "a cell may have the mark's number: count from the end, don't look for the mark.",
            lambda i, n: i[: i.index(i[-1]) - n // 2],
        ),
        Mistake(
            "the mark isn't 91 everywhere: it is whatever comes last.",
            lambda i, n: i[: (i.index(91) if 91 in i else len(i)) - n // 2],
        ),
    ),
    hint="A slice with a negative end: how many ids have to go, the mark included?",
    praise="Nothing else is needed: to continue is what the model does.",
)

EXERCISES = (CUT, JOIN, NEAREST, TARGETS, HALF, BAR_LENGTHS)
