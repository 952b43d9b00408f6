"""The lie detector and the figures of notebook 05: numbers are right, text is escaped, every control answers."""

import re
import xml.etree.ElementTree as ET

import pytest
import torch
from tiny import tiny_model

from pocketgpt.errors import PocketError
from pocketgpt.evaluation.probes import Probe
from pocketgpt.sft.conversations import FactQuestion
from pocketgpt.tokenizer import Tokenizer
from pocketgpt.world import load_tables
from pocketgpt_lessons.hallucination.charts import grouped_bars, right_against_wrong, two_groups
from pocketgpt_lessons.hallucination.widgets import (
    LONGEST_NAME,
    Detector,
    Reading,
    Sample,
    coloured_samples,
    draw_samples,
    examine,
    lie_detector,
    lie_detector_view,
    person_called,
    samples_entropy,
)

TOKENIZER = Tokenizer([])


@pytest.fixture(scope="module")
def detector():
    model, other = (tiny_model(seed, vocab_size=TOKENIZER.vocab_size, context=256) for seed in (0, 1))
    probe = Probe(torch.zeros(32), torch.tensor(1.0986123))  # sigmoid: 75%
    return Detector({"plain": model, "other": other}, other, TOKENIZER, load_tables(), probe, layer=2)


def read(html: str) -> str:
    """The words on the page; fails unless the HTML is well-formed."""
    return " ".join("|".join(ET.fromstring(f"<div>{html}</div>").itertext()).split())


SURE = Sample((" Ada", " is", " a", " <b>", "."), (0.5, 1.0, 0.25, 0.0001, 0.9), 3)
LOST = Sample((" Hm",), (0.125,), None)
READING = Reading("Who is <i>?", "baker & on 3 pages", (SURE, LOST), 1.0, " j<", 0.109, 0.004, "I <u>don't</u>.")


# --- Views --------------------------------------------------------------------------------------------------


def test_each_piece_has_its_probability_and_the_fact_is_marked():
    said = read(coloured_samples([SURE, LOST], "two <answers>"))
    for words in ("␣Ada|50.0%", "␣is|100.0%", "␣<b>|<0.1%|▲", "␣Hm|12.5%", "two <answers>"):
        assert words in said
    assert said.count("▲") == 1


def test_a_reading_in_words():
    html = lie_detector_view(READING, "plain <stage>", "mine & yours")
    said = read(html)
    for words in (
        "Who is <i>?",
        "baker & on 3 pages",
        "2 samples of |plain <stage>",
        "1.00 bits",
        "10.9%, for “␣j<”",
        "not known: 0.4%",
        "what mine & yours answers|I <u>don't</u>.",
    ):
        assert words in said, words
    assert not re.search("<(i|u|stage)>", html)


def test_entropy_looks_at_the_facts_only():
    one = Sample((" A", " baker"), (1, 1), 1)
    other = Sample((" The", " job", " baker"), (1, 1, 1), 2)
    third = Sample((" A", " judge"), (1, 1), 1)
    assert samples_entropy([one, other]) == 0
    assert samples_entropy([one, other, third, third]) == 1


def test_people_are_found_whatever_the_case_and_their_pages_told():
    tables = load_tables()
    person, absent = tables.people[0], tables.absent[0]
    assert person_called(tables, person.name.upper()) == (person, f"on {person.mentions} of the pages")
    assert person_called(tables, absent.name) == (absent, "on no page")
    unknown, told = person_called(tables, "Orson Kovats")
    assert unknown.name == "Orson Kovats" and "don't know this name" in told


# --- Readings of a model ------------------------------------------------------------------------------------


def test_samples_are_the_models_own_tokens(detector):
    person = detector.tables.people[0]
    question = FactQuestion(person, "profession", "What is the job?")
    samples = draw_samples(detector.models["plain"], TOKENIZER, detector.tables, question, k=3)
    assert len(samples) == 3 and samples == draw_samples(
        detector.models["plain"], TOKENIZER, detector.tables, question, k=3
    )
    for sample in samples:
        assert len(sample.pieces) == len(sample.probabilities)
        assert all(0 <= share <= 1 for share in sample.probabilities)


def test_the_fact_of_a_known_wording_is_marked(detector, monkeypatch):
    person = detector.tables.people[0]
    answer = f" {person.name} works as a baker."
    ids = [*TOKENIZER.encode(answer), TOKENIZER.special_tokens["<|end|>"]]
    monkeypatch.setattr("pocketgpt_lessons.hallucination.widgets.continuations", lambda *_, **__: [ids])
    question = FactQuestion(person, "profession", "What is the job?")
    [sample] = draw_samples(detector.models["plain"], TOKENIZER, detector.tables, question, k=1)
    assert "".join(sample.pieces) == answer
    assert "".join(sample.pieces[sample.fact :]) == "baker."


def test_examine_tells_the_truth_of_the_tables_and_the_probes_opinion(detector):
    person = detector.tables.people[0]
    found = examine(detector, person.name, "dish", "plain", k=2)
    assert found.truth == f"{person.dish}, on {person.mentions} of the pages"
    assert found.knows == pytest.approx(0.75, abs=1e-4)
    assert len(found.samples) == 2 and 0 < found.largest <= 1
    assert examine(detector, "Nobody Atall", "dish", "plain", k=2).truth.startswith("on no page")


def test_every_control_changes_the_picture(detector):
    viewer = lie_detector(detector, detector.tables.absent[0].name)
    choice, typed, fact, stage, count = viewer.controls
    seen = [viewer.picture.value]

    def changed() -> bool:
        seen.append(viewer.picture.value)
        return seen[-1] != seen[-2]

    choice.value = choice.options[1][1]
    assert typed.value == choice.value and changed()
    typed.value = "<b>Bo {name}</b> %s" + 80 * "x"
    assert changed() and "<b>Bo" not in seen[-1] and 81 * "x" not in seen[-1]
    fact.value = "dish"
    assert changed()
    stage.value = "other"
    assert changed()
    count.value = 6
    assert changed() and "6 samples" in seen[-1]
    typed.value = "  "
    assert changed() and "Type a name" in seen[-1]
    choice.value = choice.options[1][1]
    assert changed()
    typed.value = "Bo Typed"
    assert changed() and choice.value == ""  # the menu names nobody else
    typed.value = choice.options[2][1]
    assert changed() and choice.value == typed.value
    typed.value = LONGEST_NAME * "\N{GRINNING FACE}"
    assert changed() and ("Type a shorter name" in seen[-1] or "\N{GRINNING FACE}" in seen[-1])
    assert "pocket-widget" in viewer._dom_classes and LONGEST_NAME < 80


def test_a_detector_needs_a_model(detector):
    with pytest.raises(PocketError):
        lie_detector(Detector({}, detector.honest, TOKENIZER, detector.tables, detector.probe, 2))


# --- Figures ------------------------------------------------------------------------------------------------


def test_histograms_add_up_to_all_of_each_group():
    figure = two_groups({"known": [0.99, 1.0, 1.0, 0.2], "absent": [0.0, 0.1]}, "They differ", "probability")
    heights = [[bar.get_height() for bar in axes.patches] for axes in figure.axes]
    assert [sum(each) for each in heights] == pytest.approx([100, 100])
    assert heights[0][-1] == 75
    with pytest.raises(PocketError):
        two_groups({"known": []}, "Nobody", "probability")


def test_bars_of_each_series_and_the_interval_of_recorded_runs():
    names, models = ("right", "refused"), {"plain": (0.98, 0.0), "honest": (0.9, 0.95)}
    runs = {"honest": [(0.8, 0.9), (0.9, 0.9), (0.85, 0.9)]}
    figure = grouped_bars(models, names, "Honest", "share (%)", runs=runs, reference=("a coin", 0.5))
    axes = figure.axes[0]
    assert [round(bar.get_height()) for bar in axes.patches] == [98, 0, 90, 95]
    assert [text.get_text() for text in axes.texts] == ["98", "0", "90", "95"]
    [bars, *_] = [drawn for drawn in axes.containers if drawn.get_label().startswith("_")]
    ends = [y for segment in bars.lines[2][0].get_segments() for _, y in segment]
    assert ends == pytest.approx([85 - 16.86, 100, 90, 90], abs=0.1)  # Student's t of 2 degrees: 2.92 · 5 · √(4/3)
    assert "honest: right 90, refused 95" in figure.get_label()
    with pytest.raises(PocketError):
        grouped_bars({"plain": (1, 2, 3)}, names, "Three", "share (%)")


def test_curves_and_points_are_drawn_in_percent():
    curves, points = {"threshold": ([0, 0.1], [0, 0.4])}, {"honest": [(0.05, 0.4), (0.1, 0.5)]}
    figure = right_against_wrong(curves, points, "A compromise")
    assert "honest 5 to 10 wrong, 40 to 50 right" in figure.get_label()
    line, dots = figure.axes[0].lines
    assert line.get_xydata().tolist() == [[0, 0], [10, 40]]
    assert dots.get_xydata().tolist() == [[5, 40], [10, 50]]
