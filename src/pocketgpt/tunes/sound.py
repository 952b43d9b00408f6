"""Tunes as sound: a wave is 16,000 numbers a second, from −1 to 1; a WAV file holds them; µ-law makes tokens of them.

The tones are additive: a few sine waves at multiples of the note's frequency, the higher the softer, which swell for a
moment and die away. Frequencies are those of equal temperament, with A4, MIDI's 69, at 440 Hz.
"""

import io
import wave

import numpy as np

from pocketgpt.bounds import check_number
from pocketgpt.errors import PocketError
from pocketgpt.tunes.tune import METRES, REST, Note, Tune

RATE = 16_000  # numbers a second
TEMPO = 110  # beats a minute
BEATS = {"6/8": 6, "9/8": 6, "2/4": 4, "2/2": 8}  # lengths in a beat: a dotted crotchet, a crotchet or a minim
PARTIALS = (1.0, 0.5, 0.25, 0.12)  # how loud each sine wave of a tone is
SWELL, FADE = 0.01, 0.03  # seconds
LOUDNESS = 0.45  # the highest value of a wave; the rest is left for safety
LONGEST = 600.0  # seconds that one wave may last
MU = 255  # of µ-law: 256 levels


def frequency(pitch: int) -> float:
    """How many times a second a pitch swings.

    >>> frequency(69), frequency(57)
    (440.0, 220.0)
    """
    return 440.0 * 2 ** ((pitch - 69) / 12)


def seconds_per_length(metre: str, tempo: float = TEMPO) -> float:
    """How long a quarter of a crotchet lasts, in seconds, at `tempo` beats a minute.

    >>> seconds_per_length("2/4", tempo=60)
    0.25
    """
    check_number("tempo", tempo, at_least=20, at_most=400)
    return 60 / tempo / BEATS[metre]


def tone(pitch: int, seconds: float, rate: int = RATE) -> np.ndarray:
    """A note as floats, `seconds` × `rate` of them; a rest is silence."""
    time = np.arange(round(seconds * rate)) / rate
    if pitch == REST:
        return np.zeros(len(time))
    heard = [(n, loud) for n, loud in enumerate(PARTIALS, 1) if n * frequency(pitch) < rate / 2]
    sound = sum((loud * np.sin(2 * np.pi * n * frequency(pitch) * time) for n, loud in heard), np.zeros(len(time)))
    envelope = np.exp(-1.5 * time) * np.minimum(1, time / SWELL) * np.minimum(1, (seconds - time) / FADE)
    return LOUDNESS / sum(PARTIALS) * sound * envelope


def play(tune: Tune, tempo: float = TEMPO, rate: int = RATE) -> np.ndarray:
    """The tune as floats between −1 and 1, `rate` a second.

    >>> len(play(Tune("reel", "G", "2/4", (((67, 4), (0, 4)),)), tempo=60))
    32000
    """
    if tune.metre not in METRES:
        raise PocketError(f"The metre {tune.metre!r} is unknown: take one of {', '.join(METRES)}.")
    return play_notes(tune.notes, seconds_per_length(tune.metre, tempo), rate)


def play_notes(notes: tuple[Note, ...], unit: float, rate: int = RATE) -> np.ndarray:
    """Notes as floats, one after the other; a length of 1 lasts `unit` seconds. PocketError above ten minutes."""
    if unit * sum(length for _, length in notes) > LONGEST:
        raise PocketError(f"These notes last longer than {LONGEST:.0f} seconds: play fewer.")
    return np.concatenate([tone(pitch, length * unit, rate) for pitch, length in notes] or [np.zeros(0)])


def wav_bytes(samples: np.ndarray, rate: int = RATE) -> bytes:
    """A WAV file, 16 bits mono, of floats; what lies beyond −1 and 1 is cut off.

    >>> wav_bytes(np.zeros(2))[:4], len(wav_bytes(np.zeros(2)))
    (b'RIFF', 48)
    """
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes((np.clip(samples, -1, 1) * 32767).round().astype("<i2").tobytes())
    return file.getvalue()


def mu_law(samples: np.ndarray) -> np.ndarray:
    """Each float from −1 to 1 as one of 256 numbers: fine steps for what is soft, coarse ones for what is loud.

    As in WaveNet (van den Oord et al. 2016, arXiv:1609.03499, section 2.2), after telephony's G.711.

    >>> mu_law(np.array([-1.0, 0.0, 0.01, 1.0])).tolist()
    [0, 128, 157, 255]
    """
    clipped = np.clip(np.asarray(samples, float), -1, 1)
    squeezed = np.sign(clipped) * np.log1p(MU * np.abs(clipped)) / np.log1p(MU)
    return ((squeezed + 1) / 2 * MU + 0.5).astype(np.uint8)


def from_mu_law(numbers: np.ndarray) -> np.ndarray:
    """The floats that `mu_law` made numbers of, as near as 256 steps allow.

    >>> from_mu_law(np.array([0, 255])).round(6).tolist()
    [-1.0, 1.0]
    """
    squeezed = 2 * np.asarray(numbers, float) / MU - 1
    return np.sign(squeezed) * np.expm1(np.abs(squeezed) * np.log1p(MU)) / MU
