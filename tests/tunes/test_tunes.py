"""The table of tunes, what programs hear in them, and what a small model makes of them."""

import csv
import doctest
import math
import zlib
from collections import defaultdict

import make_tunes
import pytest
import torch
from tiny import tiny_model

from pocketgpt.errors import PocketError
from pocketgpt.paths import DATA
from pocketgpt.training.scale import flop_per_token
from pocketgpt.tunes.check import has_metre, in_key, right_bars, share
from pocketgpt.tunes.collection import load_tunes
from pocketgpt.tunes.learn import Recipe, TuneData, TuneRun, bits_per_note, write, written
from pocketgpt.tunes.tokens import Events, Letters
from pocketgpt.tunes.tune import HIGHEST, KINDS, LENGTHS, LOWEST, REST, Tune
from pocketgpt.tunes.variants import KIN, families, overlap, runs

LEARNED, UNSEEN = load_tunes(), load_tunes(unseen=True)
ALL = [*LEARNED, *UNSEEN]
SMALL = Recipe(compute=1, n_layer=1, n_head=2, n_embd=16, batch_size=4)
TUNE = Tune("jig", "G", "6/8", (((67, 2),), ((67, 2), (69, 4), (71, 6)), ((66, 10),)))


def rows():
    with open(DATA / "tunes.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


UNSEEN_NAMES = [
    "The Highway To Dublin",
    "Castle Donovan",
]  # the first two: another split would make recorded results worthless


# ---------------------------------------------------------------------------------------------- the table


def test_the_table_is_plain_text_of_real_tunes():
    data = (DATA / "tunes.csv").read_bytes()
    assert data.isascii() and b"\r" not in data and len(data) < 300_000
    table = rows()
    assert list(table[0]) == list(make_tunes.COLUMNS) and 600 <= len(table) <= 900
    assert all(cell and cell == cell.strip() for row in table for cell in row.values())
    assert {row["source"].partition(",")[0] for row in table} == set(make_tunes.BOOKS.values())
    assert {row["kind"] for row in table} == set(KINDS)


def test_every_bar_adds_up_and_no_note_is_rare():
    assert all(right == n for right, n in map(right_bars, ALL))
    notes = [note for tune in ALL for note in tune.notes]
    assert {length for _, length in notes} <= set(LENGTHS)
    assert all(pitch == REST or LOWEST <= pitch <= HIGHEST for pitch, _ in notes)
    assert max(len(tune.bars) for tune in ALL) <= make_tunes.MOST_BARS
    assert share(map(in_key, ALL)) > 0.98  # or keys were misread


def test_a_tune_that_everybody_knows_is_as_it_is_sung():
    [tune] = [tune for tune in ALL if tune.name == "Garryowen"]
    assert (tune.kind, tune.metre, tune.key) == ("jig", "6/8", "G")
    assert [pitch for pitch, _ in tune.bars[1]] == [76, 74, 72, 71, 69, 67]  # down the scale from E, as it is whistled


def test_no_unseen_tune_is_a_variant_of_one_to_learn():
    holders = defaultdict(set)
    for tune in LEARNED:
        for run in runs(tune):
            holders[run].add(tune)
    near = [(tune, other) for tune in UNSEEN for other in {t for run in runs(tune) for t in holders[run]}]
    assert len(near) > 100  # some cadences are everybody's
    assert max(overlap(runs(tune), runs(other)) for tune, other in near) < KIN
    assert not {tune.name for tune in LEARNED} & {tune.name for tune in UNSEEN}
    assert 0.08 < len(UNSEEN) / len(ALL) < 0.17


def test_families_in_the_table_are_those_of_its_tunes():
    by_name = {tune.name: tune for tune in ALL}
    table = rows()
    names = [row["name"] for row in table]
    plain = [Tune("jig", "G", "6/8", by_name[name].bars, name.partition(" (")[0]) for name in names[:200]]
    for row, first in zip(table, families(plain), strict=False):
        assert int(row["family"]) <= first  # among more tunes there may be more kin, never fewer


def test_kin_are_found_in_another_key_and_through_others():
    a = ALL[0]
    other = ALL[5]
    mixed = Tune("jig", "G", "6/8", a.bars[:8] + other.bars[8:], "mixed")
    assert families([a, a.transposed(5), ALL[9]]) == [0, 0, 2]
    assert overlap(runs(a), runs(other)) < KIN
    assert families([a, other, mixed]) == [0, 0, 0]
    same_name = [Tune("jig", "G", "6/8", tune.bars, "Both") for tune in (a, other)]
    assert families(same_name) == [0, 0]


@pytest.mark.parametrize(
    ("cells", "message"),
    [("x,polka,G,6/8,s,0,G|", "line 2: kind is 'polka'"), ("x,jig,G,6/8,s,0,G?", "line 2: These notes can't be read")],
)
def test_a_damaged_table_is_told_with_its_line(tmp_path, cells, message):
    path = tmp_path / "tunes.csv"
    path.write_text(",".join(make_tunes.COLUMNS) + "\n" + cells + "\n", encoding="utf-8")
    with pytest.raises(PocketError, match=message.replace("?", ".")):
        [*load_tunes(path), *load_tunes(path, unseen=True)]


def test_the_script_that_makes_the_table():
    assert doctest.testmod(make_tunes).failed == 0
    for bad in ("Glyd", "K", "F#m", "HP"):
        with pytest.raises(make_tunes.LeftOut, match="rare key"):
            make_tunes.key_of(bad)
    with pytest.raises(make_tunes.LeftOut, match="add up"):
        make_tunes.check_bars((((60, 8),),) * 7 + (((60, 6),), ((60, 8),)), 8)
    make_tunes.check_bars((((60, 2),), *(((60, 8),),) * 7, ((60, 6),)), 8)


# ------------------------------------------------------------------------------------------- what is heard


def test_bars_of_wrong_length_are_found():
    assert right_bars(TUNE) == (2, 2)
    assert right_bars(Tune("jig", "G", "6/8", (*TUNE.bars[:2], ((66, 9),)))) == (1, 2)  # the pick-up isn't made up for
    assert right_bars(TUNE, "9/8") == (0, 2)
    assert right_bars(Tune("jig", "G", "6/8", (((60, 6),),))) == (0, 1)


def test_notes_out_of_key_are_found_and_rests_arent_counted():
    assert in_key(Tune("jig", "G", "6/8", (((66, 2), (0, 2), (65, 2), (68, 6)),))) == (1, 3)
    assert share([in_key(TUNE)]) == 1
    with pytest.raises(PocketError, match="nothing to count"):
        share([(0, 0)])


def test_the_metre_is_that_of_most_bars():
    assert has_metre(TUNE, "6/8") and not has_metre(TUNE, "2/4")


# ------------------------------------------------------------------------------------------------ learning


def test_only_what_follows_the_beginning_counts():
    data = TuneData(Events(), LEARNED[:4], 4, 384, seed=0)
    ids, targets = data.batch(0)
    assert ids.shape == targets.shape and (targets[:, :2] == -100).all()
    for row, i in enumerate(data.chosen(0)):
        wanted = data.rows[i]
        assert targets[row][targets[row] != -100].tolist() == wanted[3:]
        assert ids[row, : len(wanted) - 1].tolist() == wanted[:-1]


def test_an_epoch_has_every_tune_once():
    data = TuneData(Events(), LEARNED[:8], 2, 384, seed=1)
    epochs = [sorted(i for step in range(4) for i in data.chosen(4 * epoch + step)) for epoch in (0, 1)]
    assert epochs == [list(range(8))] * 2
    assert data.fingerprint() != TuneData(Events(), LEARNED[:8], 2, 384, seed=2).fingerprint()


def test_each_tokenizer_gets_the_arithmetic_that_it_pays_for():
    recipe = Recipe(compute=3e10, n_layer=1, n_head=2, n_embd=16, batch_size=4)
    for tokens in (Events(), Letters()):
        run = TuneRun(tokens, LEARNED[:40], recipe)
        spent, tokens_read = 0.0, 0
        for step in range(run.steps):
            ids, _ = run.data.batch(step)
            spent += flop_per_token(run.model.config, ids.size(1) // 2) * ids.numel()
            tokens_read += ids.numel()
        assert tokens_read == run.planned_tokens
        assert 0.9 * recipe.compute < spent <= recipe.compute


def test_a_run_learns_a_few_tunes_and_recites_them():
    recipe = Recipe(compute=1.6e9, n_layer=1, n_head=2, n_embd=32, batch_size=2)
    some = [Tune(tune.kind, tune.key, tune.metre, tune.bars[:2]) for tune in (LEARNED[0], LEARNED[300])]
    run = TuneRun(Events(), some, recipe)
    before = bits_per_note(run.model, run.tokens, some)
    for _ in run:
        pass
    assert bits_per_note(run.model, run.tokens, some) < 0.5 < before
    found = write(run.model, run.tokens, [(tune.kind, tune.metre, tune.key) for tune in some], temperature=0)
    assert found == some


def test_bits_of_a_model_that_knows_nothing_are_those_of_an_even_choice():
    run = TuneRun(Events(), LEARNED[:4], SMALL)  # a fresh output layer makes all tokens equally likely
    tunes = LEARNED[:3]
    said = sum(len(tune.notes) + len(tune.bars) + 1 for tune in tunes)
    even = math.log2(run.tokens.size) * said / sum(len(tune.notes) for tune in tunes)
    assert bits_per_note(run.model, run.tokens, tunes) == pytest.approx(even, rel=1e-5)


def test_what_is_written_begins_as_asked_and_ends_in_the_context():
    tokens = Events()
    model = tiny_model(vocab_size=tokens.size, context=24)
    asked = [("jig", "6/8", "G"), ("reel", "2/2", "D")]
    rows = written(model, tokens, asked, seed=3)
    assert [row[:3] for row in rows] == [tokens.begin(*each) for each in asked]
    assert all(len(row) <= 24 for row in rows) and rows == written(model, tokens, asked, seed=3)
    assert rows != written(model, tokens, asked, seed=4)


def test_mistakes_are_told():
    with pytest.raises(PocketError, match="no tunes to learn from"):
        TuneData(Events(), [], 2, 384, 0)
    with pytest.raises(PocketError, match="raise the context"):
        TuneData(Events(), LEARNED[:1], 2, 20, 0)
    with pytest.raises(PocketError, match="no tunes to be marked"):
        bits_per_note(tiny_model(), Events(), [])


def test_the_split_doesnt_depend_on_the_machine():
    assert zlib.crc32(b"123456789") == 0xCBF43926  # CRC-32's own check value
    assert [tune.name for tune in UNSEEN[:2]] == UNSEEN_NAMES
    batches = [TuneData(Events(), LEARNED[:9], 3, 384, 5).batch(2)[0] for _ in range(2)]
    assert torch.equal(*batches)
