"""Tunes as waves: their frequencies, their files, and µ-law, against what is known of each."""

import io
import math
import wave

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pocketgpt.errors import PocketError
from pocketgpt.tunes.sound import RATE, frequency, from_mu_law, mu_law, play, play_notes, tone, wav_bytes
from pocketgpt.tunes.tune import Tune

TUNE = Tune("jig", "G", "6/8", (((67, 2), (0, 4), (71, 6)),))


@pytest.mark.parametrize(("pitch", "hertz"), [(69, 440), (60, 261.6256), (55, 195.9977), (81, 880)])
def test_frequencies_are_those_of_equal_temperament(pitch, hertz):
    assert frequency(pitch) == pytest.approx(hertz, abs=1e-3)


@pytest.mark.parametrize("pitch", [55, 69, 86])
def test_the_strongest_frequency_of_a_tone_is_its_own(pitch):
    spectrum = np.abs(np.fft.rfft(tone(pitch, 1.0)))
    assert abs(int(spectrum.argmax()) - frequency(pitch)) < 1


def test_a_tune_lasts_as_long_as_its_tempo_says():
    samples = play(TUNE, tempo=60)  # two dotted crotchets, at one a second
    assert len(samples) == 2 * RATE and np.abs(samples).max() <= 1
    rest = samples[round(RATE / 3) + 1 : RATE - 1]
    assert not rest.any() and samples[: RATE // 3].any() and samples[RATE:].any()


def test_a_tone_begins_and_ends_softly():
    samples = tone(60, 0.5)
    assert samples[0] == 0 and abs(samples[-1]) < 0.01 < np.abs(samples).max()
    assert len(tone(60, 0.0)) == 0 and len(play_notes((), 1.0)) == 0


def test_a_wav_file_holds_the_wave():
    samples = play(TUNE)
    with wave.open(io.BytesIO(wav_bytes(samples))) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE)
        held = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32767
    assert np.abs(held - samples).max() < 1e-4
    loud = np.frombuffer(wav_bytes(np.array([2.0, -2.0]))[44:], "<i2")
    assert loud.tolist() == [32767, -32767]


def test_mu_law_as_its_formula_has_it():
    for x in (0.0, 0.001, 0.1, 0.5, 1.0):
        squeezed = math.log(1 + 255 * x) / math.log(256)
        assert mu_law(np.array([x]))[0] == int((squeezed + 1) / 2 * 255 + 0.5)
        assert mu_law(np.array([-x]))[0] == int((1 - squeezed) / 2 * 255 + 0.5)


@given(st.integers(0, 255))
def test_every_number_of_mu_law_comes_back(number):
    assert mu_law(from_mu_law(np.array([number])))[0] == number


@given(st.floats(-1, 1))
def test_mu_law_is_near_for_all_and_nearer_for_what_is_soft(x):
    [back] = from_mu_law(mu_law(np.array([x])))
    assert abs(back - x) <= (1 + 255 * abs(x)) / 255 * (256 ** (1 / 255) - 1) + 1e-9  # half a step outwards


def test_even_steps_are_worse_for_soft_sounds():
    soft = 0.01 * np.sin(np.arange(1000) / 7)
    even = np.round((soft + 1) / 2 * 255) / 255 * 2 - 1
    assert np.abs(from_mu_law(mu_law(soft)) - soft).mean() < np.abs(even - soft).mean() / 5


def test_mistakes_are_told():
    with pytest.raises(PocketError, match="tempo must be"):
        play(TUNE, tempo=0)
    with pytest.raises(PocketError, match="last longer than 600 seconds"):
        play_notes(((60, 10**6),), 1.0)
    with pytest.raises(PocketError, match="metre '5/4' is unknown"):
        play(Tune("jig", "G", "5/4", TUNE.bars))
