"""The pictures of notebook 00 on pages whose fate is known: what they say, that they escape, that they move."""

import math
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pocketgpt.errors import PocketError
from pocketgpt.internet import STAGES, Fate, Score, run_pipeline
from pocketgpt.internet.crawl import Page, Truth
from pocketgpt.training.pretrain import Recipe, prepare, text_corpus
from pocketgpt_lessons.internet.views import (
    MAX_SHOWN,
    STAGE_NAMES,
    examples,
    extraction_view,
    fate_view,
    fate_viewer,
    funnel_chart,
    score_chart,
    similarity_curves,
    watch,
)

PROSE = "The owl lives in the forest, and it eats mice when it is dark. By day the owl sleeps in an old tree."
GERMAN = "Die Eule schläft im Wald, und sie frisst Mäuse. Der Hund ist in dem Haus und wartet auf das Essen."


def page(host: str, text: str, *reasons: str) -> Page:
    html = f"<nav><script>go()</script>Home</nav><p>{text}</p>"
    return Page(f"https://{host}.example/a", html, Truth("document", text, reasons=reasons))


FATES = run_pipeline(
    [
        page("bad", PROSE, "blocked domain"),
        page("good", f"{PROSE} Write to ada@example.com."),
        page("copy", f"{PROSE} Write to ada@example.com.", "exact duplicate"),
        page("german", GERMAN),
        page("plain", PROSE.replace("owl", "elk").replace("mice", "moss and bark and grass")),
        page("missed", PROSE.replace("owl", "sofa").replace("dark", "cheap, cheap, cheap"), "spam"),
    ],
    blocked={"bad.example"},
).fates
BAD, GOOD, COPY, FOREIGN, PLAIN, MISSED = FATES


def read(html: str) -> str:
    """The words on the page; fails unless the HTML is well-formed."""
    return " ".join("".join(f"{text}|" for text in ET.fromstring(html).itertext()).split())


def test_the_funnel_has_a_bar_and_the_numbers_of_each_stage():
    figure = funnel_chart([("crawl", 2000), ("url", 1500), ("extract", 1500)], "A quarter goes")
    axes = figure.axes[0]
    assert [bar.get_width() for bar in axes.patches] == [2000, 1500, 1500]
    assert [text.get_text() for text in axes.texts] == ["2,000 (100%)", "1,500 (75%), 500 dropped", "1,500 (75%)"]
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        "pages crawled",
        "1 · URL filter",
        "2 · text extraction",
    ]
    with pytest.raises(PocketError, match="at least one page"):
        funnel_chart([], "Nothing")


def test_scores_stand_at_their_values_and_what_cannot_be_said_is_left_out():
    rows = [Score("url", "pages", 9, 10, 9, 18), Score("near", "pages", 0, 0, 0, 4)]
    figure = score_chart(rows, "One stage did nothing")
    precision, recall = figure.axes[0].lines
    assert precision.get_xdata()[0] == 90 and math.isnan(precision.get_xdata()[1])
    assert list(recall.get_xdata()) == [50, 0]
    assert [text.get_text() for text in figure.axes[0].texts] == ["90.0", "50.0", "0.0"]


def test_similarity_curves_rise_where_they_should():
    figure = similarity_curves({"FineWeb": (14, 8), "one": (1, 1)}, "Curves")
    fineweb, straight = figure.axes[0].lines
    at = dict(zip(fineweb.get_xdata().round(3), fineweb.get_ydata(), strict=True))
    assert at[0.75] == pytest.approx(0.77, abs=0.005)  # the value in FineWeb's paper
    assert list(straight.get_xdata()) == pytest.approx(list(straight.get_ydata()))


def test_extraction_says_of_each_block_what_became_of_it():
    said = read(extraction_view(f"<nav>Home</nav><p>{PROSE}</p><p>1 &lt; 2 &amp;</p>"))
    assert "✗ in <nav>|Home" in said
    assert f"✓ kept|{PROSE}" in said
    assert "✗ too short|1 < 2 &" in said
    assert "no text at all" in read(extraction_view(""))


def test_a_kept_page_is_told_stage_by_stage():
    told = [read(fate_view(GOOD, number)) for number in range(1, 8)]
    assert "not on the list" in told[0] and "before|https://good.example/a" in told[0]
    assert "of the HTML's characters" in told[1] and "<script>go()</script>" in told[1]
    assert "100% of its words are in English sentences" in told[2] and f"the text|{PROSE}" in told[2]
    assert "no rule objects" in told[3]
    assert "no earlier page has the same text" in told[4]
    assert "no earlier page is similar enough" in told[5]
    assert "pieces of personal data masked: 1" in told[6]
    assert "ada@example.com" in told[6] and "Write to [email]." in told[6]
    assert all("should stay. In the end it is kept, ✓ rightly" in text for text in told)
    assert all(f"{i + 1} {STAGE_NAMES[stage]} ✓" in told[0] for i, stage in enumerate(STAGES))


def test_a_dropped_page_ends_where_it_was_dropped():
    end = STAGES.index("exact") + 1
    assert "✗ Dropped: the same text as https://good.example/a" in read(fate_view(COPY, end))
    after = read(fate_view(COPY, end + 1))
    assert "never came here: the stage “exact copies” had dropped it" in after
    assert "exact copies ✗" in after and "near copies –" in after and PROSE not in after
    assert "should go (exact duplicate). In the end it is dropped, ✓ rightly" in after
    assert "✗ Dropped: its domain is blocked" in read(fate_view(BAD, 1))


def test_mistakes_of_the_pipeline_are_named():
    assert "should stay. In the end it is dropped, ✗ wrongly" in read(fate_view(FOREIGN, 3))
    assert "should go (spam). In the end it is kept, ✗ wrongly" in read(fate_view(MISSED, 7))


def test_stages_beyond_the_pipeline_are_refused():
    for number in (0, 8):
        with pytest.raises(PocketError, match="from 1 to 7"):
            fate_view(GOOD, number)


def test_a_page_without_any_known_word_is_told_as_such():
    fate = Fate(page("x", "47 + 35 = 82."), None, "", "47 + 35 = 82.", "47 + 35 = 82.")
    assert "no telling" in read(fate_view(fate, 3))


@settings(max_examples=40)
@given(st.text(st.characters()))
def test_any_page_gives_well_formed_html(html):
    fate = Fate(Page(f"https://{html}", html, Truth("?", None)), "url", html)
    read(fate_view(fate, 1))
    read(extraction_view(html))


def test_long_texts_are_cut_and_it_is_said():
    html = "x" * (MAX_SHOWN + 7)
    said = read(fate_view(Fate(Page("https://a.example", html, Truth("?", None)), "url", html), 1))
    assert "… (18 more characters)" in said  # the address and a line break stand before the HTML
    assert "x" * (MAX_SHOWN + 1) not in said


def test_watching_a_run_trains_it_to_its_end():
    run = prepare(
        text_corpus(f"{PROSE}\n" * 200), Recipe(depth=1, context=16, batch_size=2, steps=12, precision="fp32")
    )
    watch(run, (), "A small run")
    assert run.last.step == 12


def test_examples_show_each_ending_once_and_kept_pages_first():
    assert examples([*FATES, *FATES]) == [GOOD, PLAIN, MISSED, BAD, FOREIGN, COPY]


@pytest.mark.parametrize(
    ("fates", "page", "stage"),
    [([GOOD], 0, 1), ([GOOD, BAD, COPY], 2, 5), ([GOOD, FOREIGN, BAD, COPY], 1, 3)],
    ids=["all are kept", "the last to be dropped", "dropped wrongly"],
)
def test_the_viewer_opens_where_there_is_most_to_see(fates, page, stage):
    assert [control.value for control in fate_viewer(fates).controls] == [page, stage]


def test_the_viewer_follows_both_controls():
    viewer = fate_viewer([GOOD, COPY])
    chosen, stage = viewer.controls
    assert viewer.picture.value == fate_view(COPY, 5)
    chosen.value = 0
    assert viewer.picture.value == fate_view(GOOD, 5)
    stage.value = 2
    assert viewer.picture.value == fate_view(GOOD, 2)
    assert [name for name, _ in chosen.options] == ["1 · good.example/a", "2 · copy.example/a"]
    assert "pocket-widget" in viewer._dom_classes and all(c.description for c in viewer.controls)
    with pytest.raises(PocketError, match="at least one page"):
        fate_viewer([])
