"""What notebook 08 does and shows with tunes: marks, copies, figures, the player, the widget."""

import base64
import io
import json
import re
import wave
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from tiny import tiny_model

from pocketgpt.errors import PocketError
from pocketgpt.tunes.check import in_key
from pocketgpt.tunes.collection import load_tunes
from pocketgpt.tunes.sound import mu_law, play
from pocketgpt.tunes.tokens import Events
from pocketgpt.tunes.tune import Tune
from pocketgpt_lessons import evidence
from pocketgpt_lessons.beyond_text import tunes_experiments as experiments
from pocketgpt_lessons.beyond_text import tunes_study
from pocketgpt_lessons.beyond_text import tunes_views as views
from pocketgpt_lessons.beyond_text import tunes_widgets as widgets

LEARNED, UNSEEN = load_tunes(), load_tunes(unseen=True)
TUNE = LEARNED[0]
SHORT = Tune("jig", "G", "6/8", (((67, 6), (66, 4)), ((0, 12),)), "<b>A & B</b>")


# -------------------------------------------------------------------------------------------- experiments


def test_marks_count_tunes_bars_and_notes():
    off_key = Tune("jig", "G", "6/8", (((65, 12),),))
    marks = experiments.tune_marks([TUNE, SHORT, off_key, None], [("jig", "6/8", "G")] * 4)
    assert {name: each["n"] for name, each in marks.items() if name not in ("bars", "notes in key")} == {
        "readable": 4, "metre as asked": 4, "every bar right": 4,
    }  # fmt: skip
    assert [marks[name]["right"] for name in ("readable", "metre as asked", "every bar right")] == [3, 2, 2]
    assert marks["bars"] == {"right": 16 + 0 + 1, "n": 16 + 1 + 1}
    notes = [in_key(tune) for tune in (TUNE, SHORT, off_key)]
    assert marks["notes in key"] == {"right": sum(n for n, _ in notes), "n": sum(n for _, n in notes)}


def test_the_metre_that_counts_is_the_one_asked_for():
    marks = experiments.tune_marks([TUNE], [("slip jig", "9/8", "G")])
    assert marks["metre as asked"]["right"] == marks["bars"]["right"] == 0


def test_real_tunes_are_the_control():
    real = experiments.real_marks(LEARNED, UNSEEN)
    assert real["marks"]["every bar right"]["right"] == real["marks"]["every bar right"]["n"] == len(UNSEEN)
    notes = real["marks"]["notes in key"]
    assert notes["right"] / notes["n"] > 0.98 and 0 <= real["copied"] < 10


def test_asked_are_as_many_of_each_kind():
    asked = experiments.asked_like(UNSEEN, 40)
    kinds = [kind for kind, _, _ in asked]
    assert {kinds.count(kind) for kind in kinds} == {10} and len(set(asked)) > 8


def test_what_is_copied_is_found_and_what_is_moved_isnt():
    groups = {"same": [TUNE], "higher": [TUNE.transposed(1)], "none": [None], "short": [SHORT]}
    found = experiments.notes_copied(groups, LEARNED)
    assert found["same"] == 100.0 and found["higher"] < 50 and set(found) == {"same", "higher"}
    assert all(experiments.which_copied(TUNE, LEARNED)) and not any(experiments.which_copied(SHORT, LEARNED))
    half = Tune("jig", "G", "6/8", TUNE.bars[:4] + TUNE.transposed(1).bars[4:])
    marks = experiments.which_copied(half, [TUNE])
    n = sum(len(bar) for bar in TUNE.bars[:4])
    assert all(marks[:n]) and not any(marks[n + 1 :])


def test_no_stretch_goes_over_two_tunes():
    two = Tune("jig", "G", "6/8", (LEARNED[0].bars[-1] + LEARNED[1].bars[0] + LEARNED[1].bars[1],))
    first = len(LEARNED[0].bars[-1])
    assert 0 < first < 12 <= len(two.notes)
    assert not experiments.which_copied(two, LEARNED[:2])[0]


def test_the_nearest_tune_is_found_in_another_key():
    found, share = experiments.nearest(LEARNED[40].transposed(-2), LEARNED)
    assert found == LEARNED[40] and share == 1.0
    assert f"is {found.name}, which has 100%" in experiments.nearest_in_words(LEARNED[40], LEARNED)
    assert experiments.nearest_in_words(SHORT, LEARNED).startswith("No tune")


def test_a_run_is_marked_as_in_the_notebook(monkeypatch):
    monkeypatch.setattr(experiments, "ASKED", 4)
    monkeypatch.setattr(experiments.asked_like, "__defaults__", (4,))
    some = experiments.tune_run(Events(), LEARNED[:40], UNSEEN[:4], seed=0, compute=1)
    assert some["bits per note"] > 3 and some["steps"] >= 1 and some["marks"]["readable"]["n"] == experiments.ASKED
    json.dumps(some)


def test_a_stopped_study_keeps_its_runs_and_forgets_those_of_another_recipe(monkeypatch, tmp_path):
    made = []

    def one(tokens, learned, unseen, seed):
        made.append((tokens.name, seed))
        return {"tokens": tokens.name, "seed": seed, "bits per note": 3.0}

    monkeypatch.setattr(evidence, "EVIDENCE", tmp_path)
    monkeypatch.setattr(experiments, "tune_run", one)
    monkeypatch.setattr(experiments, "real_marks", lambda *_: {})
    assert len(tunes_study.study(seeds=(0,))["runs"]) == len(made) == 4
    assert len(tunes_study.study(seeds=(0, 1))["runs"]) == len(made) == 8
    assert len(tunes_study.recorded(LEARNED, UNSEEN)) == 8 and not tunes_study.recorded(LEARNED[1:], UNSEEN)
    monkeypatch.setattr(experiments, "LIVE", replace(experiments.LIVE, n_embd=64))
    assert not tunes_study.recorded(LEARNED, UNSEEN)


def test_a_sample_is_the_notes_of_a_tune_or_says_that_it_is_none(monkeypatch):
    run = experiments.live(Events(), LEARNED[:8], compute=1)
    monkeypatch.setattr(experiments, "write", lambda *_: [SHORT])
    assert experiments.sample(run.model, run.tokens) == "G3F2|z6|"
    monkeypatch.setattr(experiments, "write", lambda *_: [None])
    assert "no tune" in experiments.sample(run.model, run.tokens)


# --------------------------------------------------------------------------------------------------- views


def heard(html):
    data = base64.b64decode(re.search(r"data:audio/wav;base64,([^\"]+)", html)[1])
    with wave.open(io.BytesIO(data)) as file:
        return file.getframerate(), file.getnframes()


def test_the_player_holds_the_sound_and_needs_no_file():
    html = views.audio(play(SHORT), "a <jig> & more")
    ElementTree.fromstring(html)  # well-formed
    assert heard(html) == (16_000, len(play(SHORT)))
    assert "a &lt;jig&gt; &amp; more" in html and 'controls="controls"' in html and "http" not in html
    with pytest.raises(PocketError, match="alt text"):
        views.audio(play(SHORT), " ")


def test_a_tune_is_shown_with_its_notes_and_its_name_escaped():
    html = views.player(SHORT, SHORT.name)
    ElementTree.fromstring(html)
    assert "<b>A" not in html and "&lt;b&gt;A &amp; B" in html and "G3F2|" in html
    assert "0 of 1 bars are as long" in html
    assert "no tune" in views.player(None, "<i>")


def test_the_piano_roll_has_a_box_for_each_note_where_it_sounds():
    figure = views.piano_roll(TUNE, "A tune", [True] * 3 + [False] * (len(TUNE.notes) - 3))
    boxes = figure.axes[0].patches
    assert len(boxes) == len([pitch for pitch, _ in TUNE.notes if pitch])
    assert [box.get_y() + 0.5 for box in boxes[:3]] == [pitch for pitch, _ in TUNE.notes[:3]]
    assert boxes[1].get_x() == TUNE.notes[0][1] / 4 and boxes[1].get_width() == TUNE.notes[1][1] / 4
    assert [bool(box.get_hatch()) for box in boxes[:4]] == [True, True, True, False]
    assert "3 of its" in figure.get_label() and f"a jig in {TUNE.key}" in figure.get_label()
    views.piano_roll(Tune("jig", "G", "6/8", (((0, 12),),)), "Silence")


def test_a_tune_as_tokens_of_each_kind():
    html = views.as_tokens(SHORT, experiments.tokenizers(LEARNED[:60]))
    ElementTree.fromstring(html)
    assert all(name in html for name in ("events", "letter by letter", "byte pair encoding", "G4␣6"))


def test_figures_tell_what_they_show():
    runs = [
        {"tokens": name, "seed": seed, "bits per note": (bits := 3.0 + seed + len(name) / 10),
         "bits per note, learned": bits - 1}
        for seed in (0, 1) for name in ("events", "letters")
    ]  # fmt: skip
    figure = views.bits_figure(runs)
    assert "events 3.10 and 4.10; letters 3.20 and 4.20 (2 seeds, recorded)" in figure.get_label()
    assert [round(bar.get_width(), 2) for bar in figure.axes[0].patches] == [3.1, 4.1, 3.2, 4.2]
    for run, right in zip(runs, (6, 2, 8, 4), strict=True):
        run["marks"] = {"bars": {"right": right, "n": 10}}
    shown = views.bars_figure(runs, experiments.real_marks(LEARNED[:30], UNSEEN))
    assert "events 70%, letters 30%" in shown.get_label() and "real tunes, unseen" in shown.get_label()
    most, told = views.most_right_bars(runs)
    assert most == "events" and "events 60 to 80%; letters 20 to 40%" in told


def test_a_wave_and_what_mu_law_keeps():
    figure = views.wave_figure(play(SHORT), 0.1, 10)
    assert len(figure.axes[0].lines[0].get_xdata()) == 160
    off = float(re.search(r"at most ([0-9.]+) off", figure.get_label())[1])
    assert 0 < off < 0.02


def test_a_second_is_told_as_numbers_and_tokens_and_can_be_heard():
    html, told = views.a_second(play(SHORT))
    assert html.count("<audio") == 2 and "16,000" in told and "50 × 4 = 200" in told
    first = mu_law(play(SHORT)[1_600:1_606])
    assert ", ".join(map(str, first)) in told


# ------------------------------------------------------------------------------------------------- widget


@pytest.fixture
def widget():
    tokens = Events()
    learned = [tune for tune in LEARNED if tune.key in ("G", "Am")][:300]
    found = widgets.AnotherOne(tiny_model(vocab_size=tokens.size, context=40), tokens, learned)
    assert found.key.options == ("G", "Am")  # keys that no tune has aren't offered
    return found


def test_each_press_and_each_control_gives_another_tune(widget, monkeypatch):
    asked = []

    def wrote(model, tokens, wanted, temperature, seed):
        asked.append((*wanted[0], temperature, seed))
        return [SHORT]

    monkeypatch.setattr(widgets, "write", wrote)
    widget.button.click()
    widget.kind.value = "slip jig"
    widget.key.value = "Am"
    widget.temperature.value = 1.2
    assert asked == [
        ("jig", "6/8", "G", 0.85, 1),
        ("slip jig", "9/8", "G", 0.85, 1),
        ("slip jig", "9/8", "Am", 0.85, 1),
        ("slip jig", "9/8", "Am", 1.2, 1),
    ]
    assert "Number 2: a slip jig in Am" in widget.picture.value and "<audio" in widget.picture.value
    assert "0 of 3 notes" in widget.picture.value


def test_what_is_no_tune_is_told(widget, monkeypatch):
    monkeypatch.setattr(widgets, "write", lambda *_: [None])
    widget.another()
    assert "no tune" in widget.picture.value and "<audio" not in widget.picture.value


def test_a_real_models_tune_is_shown_or_told_to_be_none(widget):
    assert 'role="status"' in widget.picture.value
    with pytest.raises(PocketError, match="temperature must be one of"):
        widgets.AnotherOne(widget.model, widget.tokens, LEARNED, temperature=3.0)
    with pytest.raises(PocketError, match="at least one"):
        widgets.AnotherOne(widget.model, widget.tokens, [])


# ----------------------------------------------------------------------------------------- shipped evidence


def by_seed():
    """The recorded runs of each seed, in the order of experiments.tokenizers."""
    runs = tunes_study.recorded(LEARNED, UNSEEN)
    names = [tokens.name for tokens in experiments.tokenizers(LEARNED[:60])]
    found = {run["seed"]: {} for run in runs}
    for run in runs:
        found[run["seed"]][run["tokens"]] = run
    return [[each[name] for name in names] for each in found.values()]


def share(run, mark):
    return run["marks"][mark]["right"] / run["marks"][mark]["n"]


def test_the_clock_needs_fewest_bits_and_keeps_most_bars_in_every_seed():
    assert len(by_seed()) == 5
    for runs in by_seed():
        clock, events, *abc = runs
        assert clock["bits per note"] < events["bits per note"] < min(run["bits per note"] for run in abc) - 0.2
        assert share(clock, "bars") > share(events, "bars") + 0.08
        assert share(events, "bars") > max(share(run, "bars") for run in abc) + 0.1
        assert share(clock, "bars") > 0.89 and share(clock, "metre as asked") > 0.97
        assert min(share(run, "notes in key") for run in runs) > 0.97


def test_pieces_learn_seen_tunes_nearly_as_well_as_events_do_and_carry_that_over_least_in_every_seed():
    for runs in by_seed():
        seen, new = ([run[key] for run in runs] for key in ("bits per note, learned", "bits per note"))
        clock, events, letters, pieces = seen
        assert clock < events < pieces < events + 0.15 < letters - 0.3
        assert max(new) == new[3] and max(b - a for a, b in zip(seen, new, strict=True)) == new[3] - seen[3]
