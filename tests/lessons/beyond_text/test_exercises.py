"""Exercises on pictures as tokens: right answers of any design pass, typical wrong ones get their own message."""

import numpy as np
from exercise_cases import Cases

from pocketgpt.pictures.tokens import blocks
from pocketgpt_lessons.beyond_text.exercises import CUT, EXERCISES, JOIN

CASES = Cases([each for each in EXERCISES if each.name != "bar_lengths"])  # that one is in test_tunes_exercises.py
right, wrong = CASES.right, CASES.wrong


@right("cut")
def _(picture):
    side = range(0, len(picture), 2)
    return [picture[i][j : j + 2] + picture[i + 1][j : j + 2] for i in side for j in side]


@right("cut")
def _(picture):
    a = np.array(picture)
    n = len(a) // 2
    return a.reshape(n, 2, n, 2).transpose(0, 2, 1, 3).reshape(-1, 4)


@wrong("cut", "these are the picture's rows")
def _(picture):
    return [list(row) for row in picture]


@wrong("cut", "column by column")
def _(picture):
    side = range(0, len(picture), 2)
    return [picture[i][j : j + 2] + picture[i + 1][j : j + 2] for j in side for i in side]


@wrong("cut", "the blocks overlap")
def _(picture):
    side = range(len(picture) - 1)
    return [picture[i][j : j + 2] + picture[i + 1][j : j + 2] for i in side for j in side]


@wrong("cut", "the pixels go downwards")
def _(picture):
    side = range(0, len(picture), 2)
    return [[picture[i][j], picture[i + 1][j], picture[i][j + 1], picture[i + 1][j + 1]] for i in side for j in side]


@wrong("cut", "four pixels in a row")
def _(picture):
    return np.array(picture).reshape(-1, 4)


@right("join")
def _(blocks):
    n, rows = int(len(blocks) ** 0.5), []
    for start in range(0, len(blocks), n):
        beside = blocks[start : start + n]
        rows.append([x for block in beside for x in block[:2]])
        rows.append([x for block in beside for x in block[2:]])
    return rows


@right("join")
def _(blocks):
    n = int(len(blocks) ** 0.5)
    return np.array(blocks).reshape(n, n, 2, 2).transpose(0, 2, 1, 3).reshape(2 * n, 2 * n)


@wrong("join", "these are the blocks")
def _(blocks):
    return np.array(blocks)


@wrong("join", "one after the other")
def _(blocks):
    side = int((4 * len(blocks)) ** 0.5)
    return np.array(blocks).reshape(side, side)


@wrong("join", "go down the columns")
def _(blocks):
    n = int(len(blocks) ** 0.5)
    return np.array(blocks).reshape(n, n, 2, 2).transpose(1, 2, 0, 3).reshape(2 * n, 2 * n)


@wrong("join", "the pixels go downwards")
def _(blocks):
    n = int(len(blocks) ** 0.5)
    return np.array(blocks).reshape(n, n, 2, 2).transpose(0, 3, 1, 2).reshape(2 * n, 2 * n)


@wrong("join", "is missing")
def _(blocks):
    n = int(len(blocks) ** 0.5)
    return [[x for block in blocks[start : start + n] for x in block[:2]] for start in range(0, len(blocks), n)]


@wrong("join", "all upper rows come first")
def _(blocks):
    n = int(len(blocks) ** 0.5)
    return [
        [x for block in blocks[start : start + n] for x in block[half : half + 2]]
        for half in (0, 2)
        for start in range(0, len(blocks), n)
    ]


@wrong("join", "one of 8 × 8")
def _(blocks):
    rows = []
    for start in range(0, len(blocks), 4):
        beside = blocks[start : start + 4]
        rows += [[x for block in beside for x in block[:2]], [x for block in beside for x in block[2:]]]
    return rows


@right("nearest")
def _(vector, entries):
    return min(range(len(entries)), key=lambda k: sum((a - b) ** 2 for a, b in zip(vector, entries[k], strict=True)))


@right("nearest")
def _(vector, entries):
    return int(((np.array(entries) - np.array(vector)) ** 2).sum(1).argmin())


@wrong("nearest", "the farthest")
def _(vector, entries):
    return int(((np.array(entries) - np.array(vector)) ** 2).sum(1).argmax())


@wrong("nearest", "this is the distance")
def _(vector, entries):
    return float(((np.array(entries) - np.array(vector)) ** 2).sum(1).min())


@wrong("nearest", "take the first")
def _(vector, entries):
    best = 0
    for k in range(len(entries)):
        if sum((a - b) ** 2 for a, b in zip(vector, entries[k], strict=True)) <= sum(
            (a - b) ** 2 for a, b in zip(vector, entries[best], strict=True)
        ):
            best = k
    return best


@wrong("nearest", "largest product")
def _(vector, entries):
    return int((np.array(entries) @ np.array(vector)).argmax())


@wrong("nearest", "with their signs")
def _(vector, entries):
    return int(abs((np.array(vector) - np.array(entries)).sum(1)).argmin())


@wrong("nearest", "aren't squared")
def _(vector, entries):
    return int(abs(np.array(vector) - np.array(entries)).sum(1).argmin())


@right("targets")
def _(given, follows):
    return [-100] * (len(given) - 1) + follows


@right("targets")
def _(given, follows):
    every = given + follows
    return [every[i + 1] if i + 1 >= len(given) else -100 for i in range(len(every) - 1)]


@wrong("targets", "everything counts")
def _(given, follows):
    return (given + follows)[1:]


@wrong("targets", "one place too many")
def _(given, follows):
    return [-100] * len(given) + follows


@wrong("targets", "the first token that follows is left out")
def _(given, follows):
    return [-100] * len(given) + follows[1:]


@wrong("targets", "these are the inputs")
def _(given, follows):
    return (given + follows)[:-1]


@wrong("targets", "0 is a token")
def _(given, follows):
    return [0] * (len(given) - 1) + follows


@right("half")
def _(ids, cells):
    return ids[: len(ids) - 1 - cells // 2]


@right("half")
def _(ids, cells):
    *before, _ = ids
    return before[: len(before) - cells // 2]


@wrong("half", "this is the lower half")
def _(ids, cells):
    return ids[:-1][-cells // 2 :]


@wrong("half", "what comes before the cells is missing")
def _(ids, cells):
    return ids[:-1][-cells:][: cells // 2]


@wrong("half", "leave it out")
def _(ids, cells):
    return ids[: -1 - cells // 2] + ids[-1:]


@wrong("half", "one cell too many")
def _(ids, cells):
    return ids[: -cells // 2]


@wrong("half", "the whole picture")
def _(ids, cells):
    return ids[:-1]


@wrong("nearest", "only some of the numbers")
def _(vector, entries):
    return min(range(len(entries)), key=lambda k: (vector[0] - entries[k][0]) ** 2)


@wrong("nearest", "only the largest difference")
def _(vector, entries):
    return int(abs(np.array(entries) - np.array(vector)).max(1).argmin())


@wrong("nearest", "only some of the numbers")
def _(vector, entries):
    return int(((np.array(entries)[:, :3] - np.array(vector)[:3]) ** 2).sum(1).argmin())


@wrong("nearest", "with the one before")
def _(vector, entries):
    before, place = float("inf"), 0
    for k, entry in enumerate(entries):
        distance = sum((a - b) ** 2 for a, b in zip(vector, entry, strict=True))
        if distance < before:
            place = k
        before = distance
    return place


@wrong("nearest", "with all numbers of the entry")
def _(vector, entries):
    distances = []
    for entry in entries:
        distance = 0
        for a in vector:
            for b in entry:
                distance += (a - b) ** 2
        distances.append(distance)
    return distances.index(min(distances))


@wrong("nearest", "what is special")
def _(vector, entries):  # stops at the first that isn't nearer
    best, place = float("inf"), 0
    for k, entry in enumerate(entries):
        distance = sum((a - b) ** 2 for a, b in zip(vector, entry, strict=True))
        if distance < best:
            best, place = distance, k
        else:
            break
    return place


def searches_from(start):
    """A learner's function whose search for the nearest begins with this distance."""

    def nearest(vector, entries):
        best, place = start, 0
        for k, entry in enumerate(entries):
            distance = sum((a - b) ** 2 for a, b in zip(vector, entry, strict=True))
            if distance < best:
                best, place = distance, k
        return place

    return nearest


wrong("nearest", "this is always 0")(searches_from(0))
for start in (1, 10, 100, 999, 1000, 9999, 1e4, 1e5, 1e6):
    wrong("nearest", "may be below all others")(searches_from(start))


@wrong("nearest", "this is always 0")
def _(vector, entries):
    distances = sorted(sum((a - b) ** 2 for a, b in zip(vector, entry, strict=True)) for entry in entries)
    return distances.index(distances[0])


@wrong("cut", "kept once")
def _(picture):
    side = range(0, len(picture), 2)
    pieces = []
    for i in side:
        for j in side:
            piece = picture[i][j : j + 2] + picture[i + 1][j : j + 2]
            if piece not in pieces:
                pieces.append(piece)
    return pieces


@wrong("cut", "what is special")
def _(picture):  # the place of a row that comes twice
    pieces = []
    for row in picture[::2]:
        i = picture.index(row)
        pieces += [picture[i][j : j + 2] + picture[i + 1][j : j + 2] for j in range(0, len(picture), 2)]
    return pieces


@wrong("cut", "what is special")
def _(picture):  # no blank blocks
    side = range(0, len(picture), 2)
    pieces = [picture[i][j : j + 2] + picture[i + 1][j : j + 2] for i in side for j in side]
    return [piece for piece in pieces if any(piece)]


test_right_answers_pass, test_wrong_ones_get_their_message, test_there_are_four_messages = CASES.tests()


def test_the_exercise_cuts_as_the_system_does():
    picture = np.arange(64).reshape(8, 8)
    assert CUT.truth(picture.tolist()) == blocks(picture).tolist()
    assert JOIN.truth(blocks(picture).tolist()) == picture.tolist()
