"""What notebook 08 shows: colours as they are, words for those who don't see them, titles that follow from numbers."""

import re
import xml.etree.ElementTree as ET

import numpy as np

from pocketgpt.pictures.painted import Painted
from pocketgpt.pictures.palette import from_text
from pocketgpt.pictures.tokens import Blocks, Pixels
from pocketgpt_lessons.beyond_text import views

PICTURE = from_text("/".join(["rr......"] + ["........"] * 7))


def test_a_picture_is_a_square_for_each_pixel_with_its_description():
    svg = ET.fromstring(views.picture_svg(PICTURE))
    squares = svg.findall(".//{*}rect")
    assert len(squares) == 64 and [square.get("fill") for square in squares[:3]] == ["#D53C28", "#D53C28", "#000000"]
    assert svg.get("aria-label").startswith("2 red pixels; row by row rr....../")
    assert ET.fromstring(views.picture_svg(None)).get("aria-label") == "no picture"


def test_what_is_not_drawn_yet_is_said():
    half = np.where(np.arange(64).reshape(8, 8) < 32, 1, views.UNDRAWN)
    assert views.in_words(half) == "32 red pixels; the rest isn't drawn yet"
    assert views.picture_svg(half).count("#DDD") == 32
    assert views.in_words(np.zeros((8, 8), int)).startswith("all black;")


def test_a_models_words_are_escaped():
    shown = views.gallery([(PICTURE, "<b>a ring</b>"), (None, "a & b")], "<Two>", [True, False])
    assert "✓ &lt;b&gt;a ring&lt;/b&gt;" in shown and "✗ a &amp; b" in shown and "<b>" not in shown
    ET.fromstring(shown)


def test_a_picture_as_tokens_counts_them():
    book = Blocks(((0, 0, 0, 0), (1, 1, 0, 0)))
    shown = views.as_tokens(PICTURE, {"pixels": Pixels(), "blocks": book, "painted": Painted(book)})
    assert re.findall(r">(\d+)</td>", shown) == ["64", "16", "6"]
    assert (
        "red · red · black" in shown
        and " …" in shown
        and "red · top 0 · left 0 · height 1 · width 1 · block 1" in shown
    )


def test_titles_say_what_the_figures_show():
    ends = {"a list": (30.0, 10.0), "learned": (40.0, 20.4)}
    series = {name: [{"x": 16, "y": few}, {"x": 64, "y": many}] for name, (few, many) in ends.items()}
    assert "Wrong pixels with 64 entries: a list 10.0%; learned 20.4%" in views.codebook_figure(series).get_label()
    points = [{"x": 1, "right": 2, "n": 10}, {"x": 16, "right": 9, "n": 10}]
    assert "a right picture among 1 try 20%, among 16 90%" in views.tries_figure(points).get_label()
    before, after = ({"people": {"right": n, "n": 10}} for n in (8, 7))
    assert "Facts in words: 8 of 10 right before, 7 after" in views.before_after_figure(before, after).get_label()
    foods = {how: {"right": n, "n": 10, "animals": 2} for how, n in (("at once", 1), ("named first", 9))}
    label = views.food_figure({"right": 10, "n": 10}, foods).get_label()
    assert "of 10 drawings of 2 animals: at once 1, named first 9" in label and "the animal's name 100" in label
    assert "never (0)" in views.marks_figure({"never": {"right": 0, "n": 0}}, "Nothing was asked").get_label()


def test_recorded_ways_say_so_and_show_their_range():
    def marks(n):
        return {"marks": {views.PARTS: {"drawn": {"right": n, "n": 10}}}}

    runs = [{"ways": {"pixels": marks(n), "blocks": marks(1)}} for n in (5, 7, 9)]
    label = views.compared_figure(runs, "drawn").get_label()
    assert "Recorded, equally many tokens" in label and "pixels 50–90%, blocks 10%" in label
    assert f"pixels: {views.PARTS} 70 (50 to 90)" in label
    assert views.best_way(runs) == ("pixels", "Drawn right in 3 runs: pixels 50–90%, blocks 10%.")


def test_a_step_shows_the_next_blocks():
    shown = views.step_view(PICTURE, 3, 16, ["<|block 4|>", "<|block 5|>"], [0.75, 0.25], "")
    assert "3 of 16 tokens" in shown and "75.0%" in shown and "block␣4" in shown
    assert "16 of 16" in views.step_view(PICTURE, 16, 16, [], [], "right")
