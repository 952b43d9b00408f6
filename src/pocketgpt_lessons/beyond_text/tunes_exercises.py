"""The exercise of notebook 08 on tunes: how long each bar is."""

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
        ([],),
        ([300, 0, 24, 0],),
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
    praise="This is how a program hears whether a bar is right: in 6/8 each must be 12 sixteenth notes long.",
)
