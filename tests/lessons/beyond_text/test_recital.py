"""What is recited: which tunes stand how often in the data, what counts as recited, and the figure."""

from collections import Counter
from dataclasses import replace

from tiny import tiny_model

from pocketgpt.tunes.clock import Clock
from pocketgpt.tunes.collection import load_tunes
from pocketgpt_lessons.beyond_text import recital, tunes_study

LEARNED, UNSEEN = load_tunes(), load_tunes(unseen=True)
CLOCK = Clock()


def test_each_tune_stands_in_the_data_as_often_as_its_group_says():
    groups = recital.repeated(LEARNED, seed=1)
    assert {times: len(tunes) for times, tunes in groups.items()} == {1: len(LEARNED) - 80} | recital.TIMES
    assert Counter(tune.name for tunes in groups.values() for tune in tunes) == Counter(t.name for t in LEARNED)
    assert groups != recital.repeated(LEARNED, seed=2) and groups == recital.repeated(LEARNED, seed=1)


def test_recited_is_what_goes_on_note_for_note(monkeypatch):
    tunes = LEARNED[:3]
    rows = [CLOCK.encode(tune) for tune in tunes]
    asked = []

    def by_heart(model, prompts, length, **_):
        asked.extend(prompts)
        found = [row[len(prompt) :][:length] for row, prompt in zip(rows, prompts, strict=True)]
        return [found[0], found[1][:1], [*found[2][:3], (found[2][3] + 1) % CLOCK.size, *found[2][4:]]]

    monkeypatch.setattr(recital, "continue_all", by_heart)
    assert recital.recited(tiny_model(vocab_size=CLOCK.size), CLOCK, tunes) == 1
    for tune, prompt in zip(tunes, asked, strict=True):
        assert CLOCK.decode(prompt).bars == tune.bars[: recital.GIVEN] and prompt[-1] != CLOCK.end


def test_a_run_tells_of_each_group_and_the_figure_names_the_control(monkeypatch):
    monkeypatch.setattr(recital, "LIVE", replace(recital.LIVE, n_layer=1, n_embd=16))
    monkeypatch.setattr(recital, "ASKED", 2)
    found = recital.recital(LEARNED, UNSEEN[:3], seed=0, compute=1)
    assert {name: mark["n"] for name, mark in found["recited"].items()} == {
        recital.UNSEEN: 2, "once": 2, "4 times": 2, "16 times": 2,
    }  # fmt: skip
    marks = {name: {"right": right, "n": 10} for name, right in zip(found["recited"], (0, 1, 2, 9), strict=True)}
    told = recital.recital_figure([{"recited": marks}, found]).get_label()
    assert "never: unseen tunes 0%" in told and "16 times 0–90%" in told


def test_every_tune_has_bars_to_be_recited():
    assert min(len(tune.bars) for tune in (*LEARNED, *UNSEEN)) > recital.GIVEN + recital.NEXT


def test_recorded_what_stood_there_often_is_recited_and_what_never_did_is_not_in_every_seed():
    runs = tunes_study.recorded(LEARNED, UNSEEN, "recital")
    assert [run["seed"] for run in runs] == [0, 1, 2, 3, 4]
    for run in runs:
        never, once, four, sixteen = (mark["right"] / mark["n"] for mark in run["recited"].values())
        assert never == 0 and once < 0.05 and 0.45 < four < 0.75 and sixteen == 1 and 3 < run["epochs"] < 3.3
