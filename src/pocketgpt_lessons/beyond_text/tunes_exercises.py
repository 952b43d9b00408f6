"""Exercises of notebook 08 on tunes: how long each bar is, the same melody higher, and µ-law."""

import math

from pocketgpt_lessons.classroom import answer_values
from pocketgpt_lessons.classroom.exercises import Exercise, Mistake


def _bar_lengths(lengths):
    found, sum_so_far = [], 0
    for length in lengths:
        if length:
            sum_so_far += length
        else:
            found.append(sum_so_far)
            sum_so_far = 0
    return found


def _so_far(lengths):
    sums, total = [], 0
    for length in lengths:
        total += length
        if not length:
            sums.append(total)
    return sums


def _note_counts(lengths):
    return _bar_lengths([min(length, 1) for length in lengths])


BAR_LENGTHS = Exercise(
    name="bar_lengths",
    signature="bar_lengths(lengths)",
    task="A list holds the lengths of a tune's notes, with a 0 at the end of each bar. Return a list with the length "
    "of each bar: the sum of its notes' lengths.",
    truth=_bar_lengths,
    cases=(
        ([4, 0],),
        ([2, 2, 4, 0, 6, 2, 0],),
        ([2, 0, 4, 2, 4, 2, 0, 6, 6, 0, 3, 1, 6, 0],),
        ([12, 0, 2, 2, 2, 2, 2, 2, 0, 10, 0],),
    ),
    read=answer_values.vector,
    mistakes=(
        Mistake("these are numbers of notes: add up how long the notes are.", _note_counts),
        Mistake("the sum goes on over the bar: start again at 0 after each end of a bar.", _so_far),
        Mistake("the last bar is missing: a 0 closes it like the others.", lambda lengths: _bar_lengths(lengths)[:-1]),
        Mistake("this is one sum for the whole tune: return one for each bar.", lambda lengths: [sum(lengths)]),
        Mistake(
            "there is a bar too many at the end: nothing follows the last 0.",
            lambda lengths: [*_bar_lengths(lengths), 0],
        ),
        Mistake(
            "only the last note of each bar is there: add the notes before it.",
            lambda lengths: [lengths[i - 1] for i, length in enumerate(lengths) if not length],
        ),
    ),
    hint="Keep a sum. At a 0 append it to the result and set it to 0, else add the length to it.",
    praise="This is how a program hears whether a bar is right: in 6/8 each must be 12 quarters of a crotchet long.",
)


def _transpose(pitches, semitones):
    return [pitch and pitch + semitones for pitch in pitches]


TRANSPOSE = Exercise(
    name="transpose",
    signature="transpose(pitches, semitones)",
    task="Return the pitches of the same melody, so many semitones higher. A pitch is a whole number, one more for "
    "each semitone. 0 is a rest, which stays a rest.",
    truth=_transpose,
    cases=(([60], 2), ([67, 0, 71], 3), ([60, 62, 64, 0, 0, 65], 12), ([72, 0, 67, 71], -5), ([60, 61], 0)),
    read=answer_values.vector,
    mistakes=(
        Mistake(
            "a rest has become a note: 0 stays 0.", lambda pitches, semitones: [pitch + semitones for pitch in pitches]
        ),
        Mistake(
            "the rests are gone: without them all later notes come too early.",
            lambda pitches, semitones: [pitch + semitones for pitch in pitches if pitch],
        ),
        Mistake(
            "the melody lies lower, not higher: add the semitones.",
            lambda pitches, semitones: _transpose(pitches, -semitones),
        ),
        Mistake(
            "these are octaves: a semitone is 1, not 12.",
            lambda pitches, semitones: _transpose(pitches, 12 * semitones),
        ),
        Mistake(
            "only the first note has moved: all have to.",
            lambda pitches, semitones: [*_transpose(pitches[:1], semitones), *pitches[1:]],
        ),
        Mistake("nothing has moved: add the semitones to each note.", lambda pitches, semitones: list(pitches)),
    ),
    hint="A list comprehension with a condition: `pitch + semitones if pitch else 0`.",
    praise="The steps from note to note are the same as before, so everybody hears the same tune.",
)


def _squeezed(x):
    return math.copysign(math.log(1 + 255 * abs(x)) / math.log(256), x) if x else 0.0


MU_LAW = Exercise(
    name="mu_law",
    signature="mu_law(x)",
    task="x is a number of a wave, from -1 to 1. Return the sign of x, times ln(1 + 255·|x|), divided by ln(256).",
    truth=_squeezed,
    cases=((1.0,), (0.0,), (0.5,), (-0.01,), (-1.0,), (0.001,)),
    read=answer_values.scalar,
    mistakes=(
        Mistake("the sign is lost: a wave swings to both sides of 0.", lambda x: abs(_squeezed(x))),
        Mistake(
            "the 255 is missing within the logarithm: without it soft sounds get no more room than loud ones.",
            lambda x: math.copysign(math.log(1 + abs(x)) / math.log(256), x) if x else 0.0,
        ),
        Mistake("it isn't divided by ln(256), so it goes far beyond 1.", lambda x: _squeezed(x) * math.log(256)),
        Mistake(
            "it is divided by ln(255): at x = 1 the result must be exactly 1.",
            lambda x: _squeezed(x) * math.log(256) / math.log(255),
        ),
        Mistake("nothing is squeezed: take the logarithm.", lambda x: x),
        Mistake(
            "the 1 is missing within the logarithm, which makes soft sounds negative.",
            lambda x: math.copysign(math.log(255 * abs(x)) / math.log(256), x) if x else 0.0,
        ),
    ),
    hint="`math.copysign(y, x)` gives y the sign of x; `math.log` is the natural logarithm.",
    praise="A hundredth of the full loudness already gets a fifth of the numbers: ears hear soft sounds finely.",
)

TUNE_EXERCISES = (BAR_LENGTHS, TRANSPOSE, MU_LAW)
