"""Exercises on tunes: right answers of any design pass, typical wrong ones get their own message."""

import itertools

from exercise_cases import Cases

from pocketgpt.tunes.check import bar_length
from pocketgpt.tunes.collection import load_tunes
from pocketgpt_lessons.beyond_text.tunes_exercises import BAR_LENGTHS

CASES = Cases((BAR_LENGTHS,))
right, wrong = CASES.right, CASES.wrong


@right("bar_lengths")
def _(lengths):
    found = [0]
    for length in lengths:
        if length == 0:
            found.append(0)
        found[-1] += length
    return found[:-1]


@right("bar_lengths")
def _(lengths):
    return [sum(bar) for inside, bar in itertools.groupby(lengths, key=bool) if inside]


@wrong("bar_lengths", "numbers of notes")
def _(lengths):
    return [len(list(bar)) for inside, bar in itertools.groupby(lengths, key=bool) if inside]


@wrong("bar_lengths", "start again at 0")
def _(lengths):
    found, total = [], 0
    for length in lengths:
        total += length
        if length == 0:
            found.append(total)
    return found


@wrong("bar_lengths", "the last bar is missing")
def _(lengths):
    found = [0]
    for length in lengths[:-1]:
        found = [*found, 0] if length == 0 else [*found[:-1], found[-1] + length]
    return found[:-1]


@wrong("bar_lengths", "one sum for the whole tune")
def _(lengths):
    return [sum(lengths)]


@wrong("bar_lengths", "a bar too many")
def _(lengths):
    found = [0]
    for length in lengths:
        found = [*found, 0] if length == 0 else [*found[:-1], found[-1] + length]
    return found


test_right_answers_pass, test_wrong_ones_get_their_message, test_there_are_four_messages = CASES.tests()


def test_the_exercises_do_as_the_system_does():
    tune = load_tunes()[0]
    lengths = [length for bar in tune.bars for length in (*(length for _, length in bar), 0)]
    assert BAR_LENGTHS.truth(lengths) == [bar_length(bar) for bar in tune.bars]
