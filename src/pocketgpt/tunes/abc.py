"""Tunes in ABC notation, as folk musicians type them: a letter is a note, a number behind it lengthens it.

Written with quavers as the unit: `G` is a quaver, `G2` a crotchet, `G/` a semiquaver. Small letters are an octave
higher, commas and apostrophes move by more. `^` is a sharp, `_` a flat, `=` a natural; `z` rests, `|` ends a bar. The
sharps and flats of the key aren't written. The standard: https://abcnotation.com/wiki/abc:standard:v2.1
"""

import re

from pocketgpt.errors import PocketError
from pocketgpt.tunes.tune import KEYS, KINDS, METRES, REST, SEMITONES, Bar, Tune, sharps, signature

MARKS = {1: "^", 0: "=", -1: "_"}
_SHIFTS = {mark: shift for shift, mark in MARKS.items()}
_NOTE = re.compile(r"([_^=]?)([A-Ga-gz])([,']*)(\d*)(/?)")
_HEAD = re.compile(r"R:(.*)\nM:(.*)\nL:1/8\nK:(.*)\n(.*)", re.DOTALL)


def head(kind: str, metre: str, key: str) -> str:
    r"""The lines of ABC that stand before the notes.

    >>> head("jig", "6/8", "G")
    'R:jig\nM:6/8\nL:1/8\nK:G\n'
    """
    return f"R:{kind}\nM:{metre}\nL:1/8\nK:{key}\n"


def to_abc(tune: Tune) -> str:
    r"""The tune as text, its bars in one line.

    >>> to_abc(Tune("jig", "G", "6/8", (((67, 2), (66, 4)), ((65, 1), (0, 6)))))
    'R:jig\nM:6/8\nL:1/8\nK:G\nGF2|=F/z3|'
    """
    return head(tune.kind, tune.metre, tune.key) + spell(tune.bars, tune.key)


def spell(bars: tuple[Bar, ...], key: str) -> str:
    """The notes of bars in ABC.

    >>> spell((((76, 2), (79, 3)), ((62, 8),)), "G")
    'eg3/|D4|'
    """
    return "".join(_spell_bar(bar, key) + "|" for bar in bars)


def _spell_bar(bar: Bar, key: str) -> str:
    ruled, text = signature(key), ""
    marked: set[str] = set()  # letters that had a mark in this bar: whatever a reader makes of it, mark them again
    for pitch, length in bar:
        if pitch == REST:
            text += "z" + _number(length)
            continue
        letter, shift = _letter(pitch, ruled, sharps(key))
        mark = ""
        if shift != ruled[letter] or letter in marked:
            mark = MARKS[shift]
            marked.add(letter)
        octave = (pitch - shift) // 12 - 5  # 0 for the octave above the middle C
        name = letter + "," * -octave if octave < 1 else letter.lower() + "'" * (octave - 1)
        text += mark + name + _number(length)
    return text


def _letter(pitch: int, ruled: dict[str, int], n: int) -> tuple[str, int]:
    """Letter and shift of a pitch: as the key has it, or else natural, or else sharp or flat as the key's own are."""
    for shifts in (ruled, dict.fromkeys(ruled, 0), dict.fromkeys(ruled, 1 if n >= 0 else -1)):
        for letter, semitone in SEMITONES.items():
            if (semitone + shifts[letter] - pitch) % 12 == 0:
                return letter, shifts[letter]
    raise AssertionError("each of twelve notes is a natural one, or beside one")


def _number(length: int) -> str:
    """A length in ABC, whose unit is 2 of ours: 1 → "/", 2 → "", 3 → "3/", 4 → "2"."""
    whole, half = divmod(length, 2)
    if half:
        return f"{length if length > 1 else ''}/"
    return str(whole) if whole > 1 else ""


def from_abc(text: str, name: str = "") -> Tune:
    """The tune that `to_abc` wrote, or that somebody typed in the same way. PocketError for text that is none."""
    parts = _HEAD.fullmatch(text)
    if not parts:
        raise PocketError("A tune begins with the four lines R:, M:, L:1/8 and K:, then come its notes.")
    kind, metre, key, body = parts.groups()
    for what, value, known in (("kind", kind, KINDS), ("metre", metre, METRES), ("key", key, KEYS)):
        if value not in known:
            raise PocketError(f"The {what} {value!r} is unknown: take one of {', '.join(known)}.")
    return Tune(kind, key, metre, read(body, key), name)


def read(body: str, key: str) -> tuple[Bar, ...]:
    """The bars of notes in ABC; PocketError that shows what can't be read. A last bar without its | is one too.

    >>> read("eg3/|D4", "G")
    (((76, 2), (79, 3)), ((62, 8),))
    """
    bars = [_read_bar(part, key) for part in "".join(body.split()).split("|")]
    return tuple(bar for bar in bars if bar)


def _read_bar(text: str, key: str) -> Bar:
    shifts, notes, at = signature(key), [], 0
    while at < len(text):
        found = _NOTE.match(text, at)
        if not found:
            raise PocketError(f"These notes can't be read: {text[at : at + 12]!r}. Write letters from A to G or z.")
        mark, name, octaves, count, half = found.groups()
        at = found.end()
        length = int(count[:4] or 1) * (1 if half else 2)
        if name == "z":
            notes.append((REST, length))
            continue
        letter = name.upper()
        if mark:
            shifts[letter] = _SHIFTS[mark]
        above = 5 + name.islower() + octaves.count("'") - octaves.count(",")
        notes.append((12 * above + SEMITONES[letter] + shifts[letter], length))
    return tuple(notes)
