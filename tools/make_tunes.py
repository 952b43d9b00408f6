"""Take the dance tunes of two old books out of the corpus of music21, and write data/tunes.csv.

    pip install --target FOLDER music21==10.5.1
    PYTHONPATH=src:FOLDER python tools/make_tunes.py            # writes data/tunes.csv again
    PYTHONPATH=src:FOLDER python tools/make_tunes.py --out mine.csv

music21 is needed for this alone. It reads the ABC files of volunteers: keys, accidentals, dotted rhythms. Tunes of four
kinds are kept whose bars add up, without triplets, second endings or ties over a bar. Ornaments, the lower notes of
chords and all remarks are left out. The script tells what it left out and why. The same corpus gives the same bytes.
"""

import argparse
import csv
import io
import re
import sys
from collections import Counter
from fractions import Fraction
from pathlib import Path

from pocketgpt.files import write_text
from pocketgpt.tunes.abc import read, spell
from pocketgpt.tunes.tune import HIGHEST, KEYS, LENGTHS, LOWEST, METRES, REST, SEMITONES, Bar, Tune
from pocketgpt.tunes.variants import families

COLUMNS = ("name", "kind", "key", "metre", "source", "family", "notes")
BOOKS = {"oneills1850": "O'Neill 1903", "ryansMammoth": "Ryan 1883"}
SECTIONS = {"jig": (701, 1115), "slip jig": (1116, 1175), "reel": (1176, 1555), "hornpipe": (1556, 1780)}  # of O'Neill
PRINTED = {"6/8": "6/8", "9/8": "9/8", "2/4": "2/4", "C|": "2/2", "2/2": "2/2"}
TRUE_METRES = {"jig": ("6/8",), "slip jig": ("9/8",), "reel": ("2/4", "2/2"), "hornpipe": ("2/4", "2/2")}
MODE_NAMES = {"": "", "M": "", "maj": "", "major": "", "m": "m", "min": "m", "minor": "m"}
MODE_NAMES |= {"mix": "mix", "mixolydian": "mix", "dor": "dor", "dorian": "dor"}
MOST_BARS = 17  # with a pick-up
FEWEST_BARS = 8


class LeftOut(Exception):
    """Why a tune isn't taken."""


def printed_tunes(corpus: Path) -> list[tuple[str, str, str]]:
    """Book, file name and ABC text of every tune, in the order of the files."""
    found = []
    for book in BOOKS:
        for path in sorted((corpus / book).glob("*.abc")):
            text = path.read_bytes().decode("utf-8", "replace")
            found += [(book, path.stem, part) for part in re.split(r"(?m)^(?=X:)", text) if part.startswith("X:")]
    return found


def tokens_of(text: str) -> list:
    """What music21 finds in a tune's ABC."""
    from music21 import abcFormat  # only here: the tests of the rest do without

    handler = abcFormat.ABCHandler()
    handler.tokenize(text)
    handler.tokenProcess()
    return handler.tokens


def fields_of(tokens: list) -> dict[str, str]:
    """The tune's header: letter → text. LeftOut if metre, unit or key change on the way."""
    fields: dict[str, str] = {}
    for token in tokens:
        if type(token).__name__ == "ABCMetadata":
            if token.tag in "MLK" and token.tag in fields:
                raise LeftOut("metre, unit or key change")
            fields.setdefault(token.tag, token.data.strip())
    return fields


def kind_of(book: str, fields: dict[str, str]) -> str:
    """O'Neill's book has a section for each kind; Ryan's tunes are called a jig or a reel."""
    if book == "oneills1850":
        number = int(fields["X"])
        kinds = [kind for kind, (first, last) in SECTIONS.items() if first <= number <= last]
        kind = kinds[0] if kinds else ""
    else:
        kind = fields.get("R", "").lower().replace("slipjig", "slip jig")
        if kind == "jig" and fields.get("M") == "9/8":
            kind = "slip jig"
    if kind not in SECTIONS:
        raise LeftOut("another kind")
    return kind


def key_of(text: str) -> str:
    """A key as KEYS spells it; LeftOut for one that isn't there.

    >>> key_of("A Minor"), key_of("Dmix"), key_of("GM")
    ('Am', 'Dmix', 'G')
    """
    found = re.fullmatch(r"([A-G]b?) *([A-Za-z]*)", text)
    if not found:
        raise LeftOut("a rare key")
    mode = found[2] if found[2] in ("m", "M") else found[2].lower()
    key = found[1] + MODE_NAMES.get(mode, "?")
    if key not in KEYS:
        raise LeftOut("a rare key")
    return key


def midi(name: str) -> int:
    """music21's name of a pitch as a number: "F#4" is 66."""
    letter, marks, octave = re.fullmatch(r"([A-G])([#n-]*)(\d+)", name).groups()
    return 12 * (int(octave) + 1) + SEMITONES[letter] + marks.count("#") - marks.count("-")


def bars_of(tokens: list) -> list[list[tuple[int, int]]]:
    """The notes between bar lines. LeftOut for what a Tune can't say."""
    bars, tied = [[]], False
    for token in tokens:
        kind = type(token).__name__
        if kind == "ABCBar":
            if token.src in ("[1", "[2"):
                raise LeftOut("two endings")
            bars.append([])
        elif kind == "ABCTie":
            tied = True
        elif kind in ("ABCNote", "ABCChord") and not token.inGrace:
            pitch, length = note_of(token, kind)
            if tied and (not bars[-1] or bars[-1][-1][0] != pitch):
                raise LeftOut("a tie over a bar line")
            if tied:
                length += bars[-1].pop()[1]
            bars[-1].append((pitch, length))
            tied = False
    return [bar for bar in bars if bar]


def note_of(token: object, kind: str) -> tuple[int, int]:
    """Pitch and length of a note, or of a chord's highest note."""
    length = Fraction(token.quarterLength).limit_denominator(96) * 4
    if token.activeTuplet is not None or length.denominator != 1:
        raise LeftOut("triplets, or very short notes")
    if kind == "ABCChord":
        return max(midi(note.pitchName) for note in token.subTokens if note.pitchName), int(length)
    return (REST if token.isRest else midi(token.pitchName)), int(length)


def joined(bars: list[list[tuple[int, int]]], full: int) -> tuple[Bar, ...]:
    """Whole bars: where a part ends short and the next begins with a pick-up, these two are one bar.

    >>> joined([[(60, 8)], [(60, 6)], [(60, 2)], [(60, 8)]], 8)
    (((60, 8),), ((60, 6), (60, 2)), ((60, 8),))
    """
    found, at = [], 0
    lengths = [sum(length for _, length in bar) for bar in bars]
    while at < len(bars):
        split = 0 < at < len(bars) - 1 and max(lengths[at : at + 2]) < full and sum(lengths[at : at + 2]) == full
        found.append(tuple(bars[at] + bars[at + 1] if split else bars[at]))
        at += 1 + split
    return tuple(found)


def check_bars(bars: tuple[Bar, ...], full: int) -> None:
    """LeftOut unless the bars add up and all notes are common ones."""
    lengths = [sum(length for _, length in bar) for bar in bars]
    if not FEWEST_BARS <= len(bars) <= MOST_BARS:
        raise LeftOut("very short or long")
    ends_fit = lengths[0] == lengths[-1] == full or (lengths[0] < full and lengths[0] + lengths[-1] == full)
    if any(length != full for length in lengths[1:-1]) or not ends_fit:
        raise LeftOut("bars that don't add up")
    notes = [note for bar in bars for note in bar]
    if not all(length in LENGTHS for _, length in notes):
        raise LeftOut("a rare length")
    if not all(pitch == REST or LOWEST <= pitch <= HIGHEST for pitch, _ in notes):
        raise LeftOut("out of range")


def title(text: str) -> str:
    """A tune's name in plain letters, without its kind, its capitals or a full stop.

    >>> title("FOX-HUNTER'S --  JIG, THE"), title("Abitha Muggins' Favorite -- Reel")
    ("The Fox-Hunter's Jig", "Abitha Muggins' Favorite")
    """
    text = re.sub(r"\s*--\s*(reel|hornpipe)\.?\s*$", "", text.strip(), flags=re.IGNORECASE)
    words = " ".join(text.replace("--", " ").strip(" .").split())
    words = re.sub(r"^(.*), (the)$", r"\2 \1", words, flags=re.IGNORECASE)
    if words.isupper():
        words = re.sub(r"[A-Z]+('[A-Z]+)?", lambda found: found[0].capitalize(), words)
    return words


def tune_of(book: str, text: str) -> tuple[Tune, str]:
    """A tune, and its number in O'Neill's book. LeftOut if it isn't taken."""
    tokens = tokens_of(text)
    fields = fields_of(tokens)
    kind = kind_of(book, fields)
    metre = PRINTED.get(fields.get("M", ""))
    if metre not in TRUE_METRES[kind]:
        raise LeftOut("a rare metre")
    name, key = title(fields.get("T", "")), key_of(fields.get("K", ""))
    if not name.isascii() or not name:
        raise LeftOut("a damaged name")
    bars = joined(bars_of(tokens), METRES[metre])
    check_bars(bars, METRES[metre])
    return Tune(kind, key, metre, bars, name), fields["X"]


def take(printed: list[tuple[str, str, str]]) -> tuple[list[tuple[Tune, str]], Counter]:
    """All tunes that are taken, with their sources, and how many were left out for which reason."""
    taken, why, seen = [], Counter(), set()
    for book, file, text in printed:
        try:
            tune, number = tune_of(book, text)
        except LeftOut as reason:
            why[str(reason)] += 1
            continue
        if tune.bars in seen:
            why["printed twice, note for note"] += 1
            continue
        seen.add(tune.bars)
        taken.append((tune, f"{BOOKS[book]}, {'no. ' + number if book == 'oneills1850' else file}"))
    return taken, why


def csv_text(taken: list[tuple[Tune, str]]) -> str:
    """The table: names that come again get a number."""
    tunes, used, rows = [tune for tune, _ in taken], Counter(), []
    first = families(tunes)
    for (tune, source), family in zip(taken, first, strict=True):
        used[tune.name.casefold()] += 1
        count = used[tune.name.casefold()]
        name = tune.name if count == 1 else f"{tune.name} ({count})"
        notes = spell(tune.bars, tune.key)
        assert read(notes, tune.key) == tune.bars
        rows.append((name, tune.kind, tune.key, tune.metre, source, family, notes))
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([COLUMNS, *rows])
    return out.getvalue()


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Write the table of dance tunes from music21's corpus.")
    data = Path(__file__).resolve().parent.parent / "data"
    parser.add_argument("--out", type=Path, default=data / "tunes.csv", help="file to write (default: data/tunes.csv)")
    args = parser.parse_args(argv)
    try:
        import music21
    except ImportError:
        raise SystemExit(
            "music21 isn't there: pip install music21==10.5.1 into a folder, as this script says."
        ) from None
    taken, why = take(printed_tunes(Path(music21.__file__).parent / "corpus"))
    write_text(args.out, csv_text(taken))
    for reason, count in why.most_common():
        print(f"left out: {count:5}  {reason}", file=sys.stderr)
    print(f"{len(taken)} tunes are in {args.out}.", file=sys.stderr)


if __name__ == "__main__":
    main()
