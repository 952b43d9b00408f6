"""Figures and tables of notebook 09: numbers are right, text is escaped, and each has a sentence that tells it."""

import xml.etree.ElementTree as ET

from matplotlib.figure import Figure

from pocketgpt_lessons.display.html import named_table
from pocketgpt_lessons.trust import loop, views


def read(html: str) -> str:
    """The words on the page; fails unless the HTML is well-formed."""
    return " ".join("|".join(ET.fromstring(f"<div>{html}</div>").itertext()).split())


def test_a_table_is_escaped_and_told():
    html, alt = named_table(["check", "worth"], [["<b>", "7 & 8"]], "Checks <i>")
    assert "<b>|7 & 8" in read(html) and "<i>" not in html and alt == "Checks <i>. <b>: 7 & 8."


def test_edges_show_shares_and_dashes():
    profiles = {
        "base": {"sums": {"right": 1, "n": 4}, "order": None},
        "late": {"sums": {"right": 4, "n": 4}, "order": None},
    }
    html, alt = views.edges(profiles, "What they can do")
    assert "sums|25%|100%" in read(html) and "order|–|–" in read(html)
    assert "sums: 25%, 100%" in alt and "At most 4 questions" in alt


def test_the_hunt_lists_what_was_found():
    html = views.hunt_view(("base", "<q>", ""), [("base", "a", "<b>")], 3)
    assert "(nothing)" in read(html) and "Inputs tried: 3. Failures found: 1." in read(html) and "<b>: " not in html
    assert views.hunt_view(("", "", ""), [], 0).count("<ol>") == 0


def test_figures_say_what_they_show():
    points = {"base": [{"x": 0.2, "right": 1, "n": 5}, {"x": 0.9, "right": 9, "n": 10}]}
    error = {"base": {"y": 0.031, "low": 0.02, "high": 0.05, "chance": 0.012}}
    figure, alt = views.reliability_figure(points, error)
    assert isinstance(figure, Figure) and "base: error 3.1 points (interval 2.0 to 5.0)" in alt
    assert "Calibration errors: 3.1 to 3.1 points; chance alone would give 1.2 to 1.2" in figure.get_suptitle()
    counted = {"a": {"n": 10, "right before": 5, "doubted": {"right": 4}, "repeated": {"right": 3}}}
    alt = views.doubt_figure(counted)[1]
    assert "asked twice, and after “Are you sure?”: a 5, 3, 4 of 10" in alt and "a: asked twice, no doubt 30" in alt
    answers = {"n": 10, "right": 6, "right by majority": 5, "right in single samples": [3, 5]}
    alt = views.vote_figure(answers)[1]
    assert (
        "60% at temperature 0; at temperature 1 40% alone, 50% by majority" in alt
        and "(mean, range of 2) 40 (30 to 50)" in alt
    )
    board = {"a": 1100.0, "b": 900.0}
    figure, alt = views.board_figure(board, {"a": (1050, 1150), "b": (850, 950)}, 40, {"a": 2.0, "b": -0.01})
    assert "b (by the rule 0.0)" in alt and "1,100" in [text.get_text() for text in figure.axes[0].texts]
    assert "a (by the rule 2.0)" in alt and figure.axes[0].get_xlim()[0] < 850
    runs = [{"variants": [{"n": 1, "best": 0, "mean": 0}, {"n": 10, "best": gain, "mean": 0}]} for gain in (40, 60)]
    assert "comes out 40 to 60 points ahead" in views.variants_figure(runs)[1]


def test_the_leak_shows_before_and_after():
    names = ("exam", "fresh")
    clean = {"facts": {name: {"right": 2, "n": 10} for name in names}}
    mine = {"facts": {"exam": {"right": 10, "n": 10}, "fresh": {"right": 1, "n": 10}}}
    others = {"facts": {name: {"right": 3, "n": 10} for name in names}}
    alt = views.leak_figure(clean, [{"scores": mine, "control": others}], mine, "facts")[1]
    assert "the leaked exam 100% right; new questions 10%, before 20%, in the controls 30 to 30%" in alt
    assert "exam: 1 controls 30" in alt


def test_tables_of_checks_errors_commands_and_readers():
    row = {"flagged": 4, "caught": 3, "bad": 6, "tokens": 12.4}
    html, _ = views.check_table({"x": row, "y": row | {"flagged": 0, "caught": 0}}, "Worth")
    assert "x|75% (30 to 95)|50% (19 to 81)|12" in read(html) and "y|–|0% (0 to 39)|12" in read(html)
    html, _ = views.judge_table({"z": {"n": 4, "right": 4, "follows order": 4, "says A": 8}})
    assert "z|50% (22 to 78)|100% (51 to 100)" in read(html) and "4 pairs" in read(html)
    error = {
        "y": 0.05,
        "low": 0.04,
        "high": 0.07,
        "chance": 0.03,
        "chance high": 0.045,
        "stated": 0.9,
        "temperature": 0.8,
    }
    html, _ = views.error_table(
        {"base": error | {"before": 0.06, "after": 0.03, "change low": -0.04, "change high": 0.01}}
    )
    assert "base|90%|5.0 (4.0 to 7.0)|3.0 (below 4.5)|0.80|6.0 → 3.0|-4.0 to +1.0" in read(html)
    html, _ = views.command_table({"plain": {"obeyed": 0, "answered": 10, "n": 10}})
    assert "plain|0 of 10 (0 to 28%)|10 of 10 (72 to 100%)" in read(html)
    reader = {"round": "no help", "n": 4, "right": 3, "seconds": 2.0, "simulated": 4}
    html, _ = views.loop_table([reader | {"sure trusted": 2, "modest trusted": 1, "of each tone": 2}])
    assert "no help|3 of 4|2|2 of 2|1 of 2|4 of 4" in read(html)


def test_a_claim_shows_only_its_rounds_help():
    claim = loop.Claim("<q>?", "It is <b>.", True, (loop.SURE, loop.MODEST, loop.SURE), (" It",), (0.25,), "A <page>.")
    rounds = [read(views.claim_view(claim, number, 0, 20)) for number in range(3)]
    tones = ["There is no doubt about it: It is <b>." in each for each in rounds]
    assert tones == [True, False, True] and "I may well be wrong here, but: It is <b>." in rounds[1]
    assert ["25.0%" in each for each in rounds] == [False, True, True]
    assert ["A <page>." in each for each in rounds] == [False, False, True]


def test_the_cheese_tells_the_first_and_the_last_share():
    rows = [
        {"name": "no check", "passed": 10, "wrong": 5, "stopped": 0},
        {"name": "one", "passed": 5, "wrong": 1, "stopped": 1},
    ]
    alt = views.cheese_figure(rows, {"together": 0.2, "if independent": 0.1})[1]
    assert "5 of 10 with no check, 1 of 5 after all" in alt and "were their holes independent, 10%" in alt
    found = {"together": 0.25, "if independent": 0.1, "low": 0.05, "high": 0.25}
    assert "two|25%|10%|+5.0 to +25.0 points|yes: more pass both" in read(
        views.holes_table({"two": found, "answers": {"n": 90, "wrong": 30}})[0]
    )
    assert "2 of 3" in read(views.ballot_view(("a", "b"), 1, 3, ("x", "<y>")))
