"""Tunes as ABC and as tokens: there and back for any tune, and against the real tunes of the table."""

from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pocketgpt.errors import PocketError
from pocketgpt.tunes.abc import from_abc, read, spell, to_abc
from pocketgpt.tunes.clock import Clock
from pocketgpt.tunes.collection import load_tunes
from pocketgpt.tunes.tokens import PITCHES, Events, Letters, Pieces
from pocketgpt.tunes.tune import KEYS, KINDS, LENGTHS, METRES, Tune, scale, sharps

TUNES = load_tunes()[:40]
WAYS = {"clock": Clock(), "events": Events(), "letters": Letters(), "pieces": Pieces.learned(TUNES)}
NOTES = st.tuples(st.sampled_from(PITCHES), st.sampled_from(LENGTHS))


def short(bar):
    """The notes of a bar that fit into the longest metre."""
    ends = accumulate(length for _, length in bar)
    return tuple(note for note, end in zip(bar, ends, strict=True) if end <= max(METRES.values()))


BARS = st.lists(st.lists(NOTES, min_size=1, max_size=9).map(short), min_size=1, max_size=5).map(tuple)
ANY = st.builds(Tune, st.sampled_from(KINDS), st.sampled_from(KEYS), st.sampled_from(list(METRES)), BARS)


@given(tune=ANY)
def test_abc_there_and_back(tune):
    assert from_abc(to_abc(tune)) == tune


@pytest.mark.parametrize("way", WAYS)
@given(tune=ANY)
def test_tokens_there_and_back(way, tune):
    tokens = WAYS[way]
    numbers = tokens.encode(tune)
    assert tokens.decode(numbers) == tokens.decode(numbers[:-1]) == tune  # with its end mark or cut off
    begin = tokens.begin(tune.kind, tune.metre, tune.key)
    assert numbers[: len(begin)] == begin and numbers[-1] == tokens.end
    assert max(numbers) < tokens.size and all(isinstance(tokens.piece(number), str) for number in numbers)


@pytest.mark.parametrize("way", WAYS)
@given(data=st.data())
def test_whatever_a_model_writes_is_a_tune_or_none(way, data):
    tokens = WAYS[way]
    begin = data.draw(st.sampled_from([[], tokens.begin("jig", "6/8", "G")]))
    found = tokens.decode([*begin, *data.draw(st.lists(st.integers(0, tokens.size - 1), max_size=30))])
    assert found is None or (found.notes and found.metre in METRES)


@pytest.mark.parametrize("way", ["events", "clock"])
def test_an_event_for_each_note_and_each_bar(way):
    for tune in TUNES:
        assert len(WAYS[way].encode(tune)) == 3 + len(tune.notes) + len(tune.bars) + 1


def test_by_the_clock_right_bars_end_with_the_same_time():
    clock, jig = WAYS["clock"], next(tune for tune in TUNES if tune.metre == "6/8")
    pieces = [clock.piece(number) for number in clock.encode(jig)][3:-1]
    ends = [pieces[i - 1].split(" to ")[1] for i, piece in enumerate(pieces) if piece == "|"]
    assert set(ends[1:-1]) == {"12"}


def test_a_note_that_ends_too_early_begins_a_new_bar():
    clock = WAYS["clock"]
    one, two = (clock.encode(Tune("jig", "G", "6/8", bars)) for bars in ((((67, 6), (69, 6)),), (((67, 2),),)))
    assert clock.decode([*one[:5], *two[3:4], clock.end]).bars == (((67, 6), (69, 6)), ((67, 2),))


def test_pieces_are_fewer_than_letters():
    letters, pieces = (sum(len(WAYS[way].encode(tune)) for tune in TUNES) for way in ("letters", "pieces"))
    assert pieces < 0.7 * letters


@pytest.mark.parametrize(
    ("text", "key", "notes"),
    [  # as the standard has it: https://abcnotation.com/wiki/abc:standard:v2.1
        ("C,CcC'", "C", [48, 60, 72, 72]),
        ("c'^c=c_c", "C", [84, 73, 72, 71]),
        ("FCf", "D", [66, 61, 78]),
        ("F=FF", "G", [66, 65, 65]),  # a mark holds to the end of the bar …
        ("=F|F", "G", [65, 66]),  # … and not beyond
        ("BE", "Bb", [70, 63]),
        ("FC", "Dmix", [66, 60]),
    ],
)
def test_pitches_as_the_standard_has_them(text, key, notes):
    assert [pitch for bar in read(text, key) for pitch, _ in bar] == notes


def test_lengths_as_the_standard_has_them():
    assert [length for _, length in read("A/AA3/A2A3A4A6", "C")[0]] == [1, 2, 3, 4, 6, 8, 12]


@pytest.mark.parametrize(
    ("key", "n", "notes"),
    [("G", 1, {0, 2, 4, 6, 7, 9, 11}), ("Em", 1, {0, 2, 4, 6, 7, 9, 11}), ("Bb", -2, {0, 2, 3, 5, 7, 9, 10}),
     ("Ador", 1, {0, 2, 4, 6, 7, 9, 11}), ("Gm", -2, {0, 2, 3, 5, 7, 9, 10}), ("Bm", 2, {1, 2, 4, 6, 7, 9, 11})],
)  # fmt: skip
def test_keys_as_music_has_them(key, n, notes):
    assert sharps(key) == n and scale(key) == notes


@pytest.mark.parametrize("text", ["", "jig", "R:polka\nM:6/8\nL:1/8\nK:G\nG|", "R:jig\nM:6/8\nL:1/8\nK:H\nG|"])
def test_text_that_is_no_tune_is_refused_in_a_sentence(text):
    with pytest.raises(PocketError, match="take one of|four lines"):
        from_abc(text)


def test_what_cant_be_read_is_shown():
    with pytest.raises(PocketError, match="can't be read: '<b>'"):
        read("GA<b>", "G")
    with pytest.raises(PocketError, match="no token for the pitch 20"):
        Events().encode(Tune("jig", "G", "6/8", (((20, 2),),)))
    with pytest.raises(PocketError, match="the pitch 67 that ends at 20"):
        Clock().encode(Tune("jig", "G", "6/8", (((67, 12), (67, 8)),)))
    with pytest.raises(PocketError, match="'samba' is unknown"):
        Letters().begin("samba", "6/8", "G")


def test_a_huge_number_from_a_model_is_no_tune_that_cant_be_played():
    assert read("G" + "9" * 50, "G") == (((67, 19998),),)


def test_other_tunes_have_the_same_text_whatever_their_names():
    assert spell(TUNES[0].bars, "G") == spell(TUNES[0].transposed(0).bars, "G")
