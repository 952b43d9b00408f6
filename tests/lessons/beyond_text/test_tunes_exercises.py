"""Exercises on tunes: right answers of any design pass, typical wrong ones get their own message."""

import itertools
import math

import numpy as np
from exercise_cases import Cases

from pocketgpt.tunes.check import bar_length
from pocketgpt.tunes.collection import load_tunes
from pocketgpt.tunes.sound import mu_law
from pocketgpt_lessons.beyond_text.tunes_exercises import BAR_LENGTHS, MU_LAW, TRANSPOSE, TUNE_EXERCISES
from pocketgpt_lessons.classroom.exercises import judge

CASES = Cases(TUNE_EXERCISES)
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


@right("transpose")
def _(pitches, semitones):
    return [pitch + semitones if pitch else 0 for pitch in pitches]


@right("transpose")
def _(pitches, semitones):
    pitches = np.array(pitches)
    return np.where(pitches > 0, pitches + semitones, 0)


@wrong("transpose", "a rest has become a note")
def _(pitches, semitones):
    return np.array(pitches) + semitones


@wrong("transpose", "the rests are gone")
def _(pitches, semitones):
    return [pitch + semitones for pitch in pitches if pitch != 0]


@wrong("transpose", "lies lower")
def _(pitches, semitones):
    return [pitch - semitones if pitch else 0 for pitch in pitches]


@wrong("transpose", "these are octaves")
def _(pitches, semitones):
    return [pitch + 12 * semitones if pitch else 0 for pitch in pitches]


@wrong("transpose", "only the first note")
def _(pitches, semitones):
    pitches = list(pitches)
    pitches[0] += semitones
    return pitches


@right("mu_law")
def _(x):
    return np.sign(x) * np.log1p(255 * abs(x)) / np.log(256)


@right("mu_law")
def _(x):
    squeezed = math.log(1 + 255 * abs(x), 256)
    return squeezed if x >= 0 else -squeezed


@wrong("mu_law", "the sign is lost")
def _(x):
    return math.log(1 + 255 * abs(x)) / math.log(256)


@wrong("mu_law", "the 255 is missing")
def _(x):
    return np.sign(x) * math.log(1 + abs(x)) / math.log(256)


@wrong("mu_law", "isn't divided by ln(256)")
def _(x):
    return np.sign(x) * math.log(1 + 255 * abs(x))


@wrong("mu_law", "divided by ln(255)")
def _(x):
    return np.sign(x) * math.log(1 + 255 * abs(x)) / math.log(255)


@wrong("mu_law", "nothing is squeezed")
def _(x):
    return x


test_right_answers_pass, test_wrong_ones_get_their_message, _ = CASES.tests()


def test_there_are_four_messages_for_each():
    for exercise in TUNE_EXERCISES:
        messages = {judge(exercise, mistake.answer).likely for mistake in exercise.mistakes}
        assert len(messages) >= 4, exercise.name


def test_the_exercises_do_as_the_system_does():
    tune = load_tunes()[0]
    lengths = [length for bar in tune.bars for length in (*(length for _, length in bar), 0)]
    assert BAR_LENGTHS.truth(lengths) == [bar_length(bar) for bar in tune.bars]
    pitches = [pitch for pitch, _ in tune.notes]
    assert TRANSPOSE.truth(pitches, 3) == [pitch for pitch, _ in tune.transposed(3).notes]
    for x in (-1.0, -0.01, 0.0, 0.3, 1.0):
        assert int((MU_LAW.truth(x) + 1) / 2 * 255 + 0.5) == mu_law(np.array([x]))[0]
