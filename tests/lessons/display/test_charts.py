"""Figures and fragments: the data is in the picture, labelled, and what comes from outside is escaped."""

import base64
import math
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from matplotlib.text import Text

from pocketgpt.errors import PocketError
from pocketgpt_lessons.display import attention_grid, charts, html
from pocketgpt_lessons.display.figure import BAND, draw_band, figure_html, labelled_axes, series_style
from pocketgpt_lessons.display.pipeline_map import STAGES, pipeline_map

EVIL = "<script>alert('x')</script>"
REFERENCE = [{"x": x, "y": y, "low": y - 0.1, "high": y + 0.1} for x, y in ((0, 7.5), (100, 5.0), (200, 4.0))]


def group(low, high, right, n=100):
    return {"mentions_low": low, "mentions_high": high, "right": right, "n": n, "low": 0.1, "high": 0.9}


def point(parameters, loss):
    return {"x": parameters, "y": loss, "low": loss - 0.1, "high": loss + 0.1}


def row(name, right, n):
    return {"name": name, "right": right, "n": n, "low": right / n - 0.05, "high": min(right / n + 0.05, 1)}


FIGURES = {
    "loss": lambda: charts.loss_curve([0, 100, 200], [7.6, 5.2, 4], "Loss falls", REFERENCE, math.log(2048), 400),
    "recall": lambda: charts.recall_by_mentions(
        {"training wordings": [group(0, 0, 3), group(1, 1, 10), group(4, 9, 60)], "new": [group(4, 9, 40)]},
        "Often read, well known",
        chance=0.05,
    ),
    "bars": lambda: charts.bars_with_intervals(
        ["whole", "no attention"], [98, 3], [96, 1], [99, 6], "Attention matters", "right (%)", ("whole", 98)
    ),
    "scaling": lambda: charts.scaling_prediction(
        [point(1e5, 3.0), point(4e5, 2.5)], point(1.6e6, 2.08), "The line holds", point(1.6e6, 2.1)
    ),
}


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_is_titled_labelled_and_drawn(name):
    figure = FIGURES[name]()
    (axes,) = figure.axes
    assert figure.get_suptitle()
    assert axes.get_xlabel()
    ticks = [tick.get_text() for tick in axes.get_yticklabels()]
    assert axes.get_ylabel() or ticks == ["whole", "no attention"]
    page = ET.fromstring(figure_html(figure, "What it shows"))
    assert page.get("alt").startswith("What it shows")
    png = base64.b64decode(page.get("src").removeprefix("data:image/png;base64,"))
    assert png.startswith(b"\x89PNG")


@pytest.mark.parametrize("word", ["WWW", "Wider", "illi", "100%", "$x$"])
def test_a_long_title_is_broken_at_the_figures_edge_and_stands_above_the_axes(word):
    figure, axes = labelled_axes(" ".join([word] * (150 // len(word))), "x", "y")
    figure.draw_without_rendering()
    (title,) = [text for text in figure.findobj(Text) if text.get_text() == figure.get_suptitle()]
    box = title.get_window_extent()
    assert 0.6 * figure.bbox.width < box.x1 <= figure.bbox.width
    assert axes.get_tightbbox().y1 < box.y0 and box.y1 <= figure.bbox.height


def curve(axes, label):
    (line,) = [line for line in axes.lines if line.get_label() == label]
    return line


def test_loss_curve_holds_run_band_and_uniform_line():
    (axes,) = FIGURES["loss"]().axes
    assert curve(axes, "this run").get_ydata() == pytest.approx([7.6, 5.2, 4.0])
    assert curve(axes, "reference runs: mean").get_ydata() == pytest.approx([7.5, 5.0, 4.0])
    band = axes.collections[0].get_paths()[0].vertices[:, 1]
    assert (band.min(), band.max()) == (3.9, 7.6)
    assert "7.62" in axes.lines[-1].get_label()
    assert axes.get_xlim()[1] >= 400


def test_the_grey_area_is_explained_in_legend_and_alt_text():
    figure = FIGURES["loss"]()
    assert BAND in [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert ET.fromstring(figure_html(figure, "It falls.")).get("alt") == f"It falls. The grey area is {BAND}."
    assert ET.fromstring(figure_html(figure, f"Grey: {BAND}")).get("alt") == f"Grey: {BAND}"
    assert ET.fromstring(figure_html(FIGURES["bars"](), "Two bars.")).get("alt") == "Two bars."


@pytest.mark.parametrize(
    ("scale", "unit", "y", "drawn"),
    [
        (1, "right (%)", 90, (70, 100)),
        (100, "", 0.9, (70, 100)),
        (1, "tokens", 90, (70, 110)),
        (1, "change (%)", -10, (-30, 10)),
    ],
)
def test_a_band_of_percentages_ends_at_100(scale, unit, y, drawn):
    _, axes = labelled_axes("A band", "step", unit)
    draw_band(axes, [{"x": x, "y": y, "low": y - 20 / scale, "high": y + 20 / scale} for x in (0, 1)], scale)
    vertices = axes.collections[0].get_paths()[0].vertices[:, 1]
    assert (vertices.min(), vertices.max()) == pytest.approx(drawn)


def test_a_long_noisy_run_is_drawn_with_its_running_mean():
    (axes,) = charts.loss_curve(range(200), [1.0, 3.0] * 100, "Noise").axes
    assert curve(axes, "this run: mean of 4 steps").get_ydata() == pytest.approx(np.full(197, 2.0))
    assert len(curve(axes, "this run: every step").get_ydata()) == 200


@pytest.mark.parametrize(("steps", "window"), [(1, 1), (3, 3), (12, 12), (100, 12), (632, 12)])
def test_a_run_that_goes_on_is_smoothed_as_it_will_be_at_its_end(steps, window):
    tokens, losses = [2048 * step for step in range(1, steps + 1)], np.geomspace(7, 1, steps)
    (axes,) = charts.loss_curve(tokens, losses, "So far", total_tokens=2048 * 632).axes
    label = f"this run: mean of {window} steps" if window > 1 else "this run"
    assert curve(axes, label).get_ydata() == pytest.approx(charts.running_mean(losses, window))


def test_the_width_of_the_mean_follows_steps_and_not_where_a_run_began():
    assert charts.window_so_far([5000 + 10 * step for step in range(1, 21)], 5000) == 10
    assert charts.window_so_far(range(10, 2001, 10), 1000) == 4  # it read more than was planned
    assert charts.window_so_far([]) == charts.window_so_far([0, 0], 100) == 1


def test_loss_curve_draws_again_on_the_same_figure():
    figure = FIGURES["loss"]()
    assert charts.loss_curve([0], [7.0], "Again", figure=figure) is figure
    assert len(figure.axes) == 1


def test_recall_stands_at_the_middle_of_each_group_and_absent_people_apart():
    (axes,) = FIGURES["recall"]().axes
    line = next(line for line in axes.lines if len(line.get_xdata()) == 2 and line.get_linestyle() == "-")
    assert line.get_ydata() == pytest.approx([10, 60])
    assert line.get_xdata() == pytest.approx([1, 6], rel=0.1)
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["none", "1", "3"]
    assert axes.get_xscale() == "log"


def test_series_differ_by_more_than_colour():
    styles = [series_style(i) for i in range(6)]
    for part in range(3):
        assert len({str(style[part]) for style in styles}) == 6


def test_bars_keep_order_values_and_intervals():
    (axes,) = FIGURES["bars"]().axes
    assert [bar.get_width() for bar in axes.patches] == [98, 3]
    ends = [segment[:, 0].tolist() for segment in axes.collections[0].get_segments()]
    assert ends == [[96, 99], [1, 6]]
    assert [text.get_text() for text in axes.texts] == ["98", "3"]
    assert axes.yaxis_inverted()


def test_bars_and_lines_are_described_by_their_numbers():
    bars = charts.bars({"a": {"y": 9000, "low": 8e3, "high": 1e4}, "b": point(1, 2)}, "A wins", "tokens", ("all", 5))
    assert bars.get_label() == (
        "A wins. Bars, tokens: a 9,000 (8,000 to 10,000); b 2 (1.9 to 2.1); the line is all, 5."
    )
    series = {"few": [{"x": 1, "y": 40}, {"x": 8, "y": 90.25}], "many": [{"x": x, "y": x / 2} for x in range(20)]}
    lines = charts.lines_with_intervals(series, "More is more", "examples", "right (%)")
    assert lines.get_label() == (
        "More is more. Lines, right (%) against examples. few: 40 at 1, 90.2 at 8; many: 0 at 0, 9.5 at 19."
    )


def test_a_power_law_is_a_straight_line_in_the_scaling_figure():
    predicted = point(1.6e6, 3.0 * (2.5 / 3.0) ** 2)
    (axes,) = charts.scaling_prediction([point(1e5, 3.0), point(4e5, 2.5)], predicted, "A law").axes
    line = curve(axes, "line through the smaller models")
    slopes = np.diff(np.log(line.get_ydata())) / np.diff(np.log(line.get_xdata()))
    assert slopes[0] == pytest.approx(slopes[1])
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")


def test_a_dollar_sign_is_no_mathematics():
    figure = charts.bars_with_intervals(["$a_{", "b$"], [1, 2], [1, 2], [1, 2], "$1 or $2_{", "$")
    assert figure_html(figure, "Prices")


@pytest.mark.parametrize(
    "call",
    [
        lambda: figure_html(FIGURES["loss"](), "  "),
        lambda: charts.loss_curve([1, 2], [1.0], "t"),
        lambda: charts.loss_curve([1], [1.0], " "),
        lambda: charts.recall_by_mentions({}, "t"),
        lambda: html.card("", ""),
        lambda: html.token_chips(["a"], [1, 2]),
        lambda: html.next_token_bars(["a"], []),
        lambda: pipeline_map("10"),
        lambda: attention_grid.attention_grid(["a", "b"], [[1.0]]),
        lambda: attention_grid.attention_grid(["a"], [[1.0]], query=1),
    ],
)
def test_bad_input_is_told_in_one_sentence(call):
    with pytest.raises(PocketError, match=r"^[A-Z].*\.$"):
        call()


FRAGMENTS = {
    "card": lambda text: html.card("", text),
    "chips": lambda text: html.token_chips([text, "\n"], [1, 2], [0.5, 0.1], current=0),
    "bars": lambda text: html.next_token_bars([text], [0.5], chosen=0, true=0),
    "scores": lambda text: html.score_table({text: [row(text, 1, 2)]}, text),
    "samples": lambda text: html.samples_table([(1, text)], text),
    "map": lambda text: pipeline_map("02", {"01": 0.5}),
    "grid": lambda text: attention_grid.attention_grid([text, text], np.eye(2), query=1),
}


@pytest.mark.parametrize("name", FRAGMENTS)
def test_every_fragment_is_escaped_well_formed_and_labelled(name):
    page = FRAGMENTS[name](EVIL + '" onload="x')
    root = ET.fromstring(page)
    assert "script" not in {element.tag for element in root.iter()}
    assert not any("onload" in element.attrib for element in root.iter())
    assert root.get("aria-label")
    for svg in root.iter("{http://www.w3.org/2000/svg}svg"):
        assert svg.get("aria-hidden") == "true" or (svg.get("role") == "img" and svg.get("aria-label"))


def test_alt_text_is_escaped():
    page = figure_html(FIGURES["bars"](), f'"{EVIL}')
    assert "<script>" not in page
    assert ET.fromstring(page).get("alt") == f'"{EVIL}'


def text_of(html):
    return re.sub(r"\s+", " ", " ".join(ET.fromstring(html).itertext()))


def test_chips_show_whitespace_ids_and_probabilities():
    shown = text_of(html.token_chips([" a", "\n", "\u200b"], [7, 8, 9], [0.25, 0.0001, 0], current=1))
    for part in ("␣a", "↵", "⟨U+200B⟩", "7", "25.0%", "under 0.1%", "▲"):
        assert part in shown


def test_bars_keep_the_given_order_and_mark_rows_in_words():
    page = html.next_token_bars(["b", "a"], [0.2, 0.7], chosen=0, true=1)
    shown = text_of(page)
    assert shown.index("b 20.0% ● chosen") < shown.index("a 70.0% ◀ true next token")
    assert "width:70.00%" in page


def test_later_stages_append_columns_to_the_score_table():
    table = ET.fromstring(html.score_table({"base": [row("facts", 97, 100)], "chat": [row("stops", 9, 10)]}, "Exam"))
    head = [cell.text for cell in table.iter("th") if cell.get("scope") == "col"]
    assert head == ["exam", "base", "chat"]
    cells = [" ".join(cell.itertext()) for cell in table.iter("td")]
    assert [cell.split()[0] for cell in cells] == ["97%", "–", "–", "90%"]
    assert "[92–100]" in cells[0]
    assert "97/100" in cells[0]


def test_the_map_lights_one_stage():
    assert "Exam:" not in pipeline_map("05")
    svg = pipeline_map("05", {"02": 0.61})
    assert "Exam: facts" in svg
    assert svg.count("you are here") == 1
    assert "exam 61%" in text_of(svg)
    assert all(title in svg for _, title, _ in STAGES)


def test_the_grid_leaves_the_future_blank_and_writes_the_largest_weights():
    weights = np.array([[1, 0, 0], [0.25, 0.75, 0], [0.1, 0.3, 0.6]])
    html = attention_grid.attention_grid(["a", "b", "c"], weights, query=2)
    tips = [text for text in re.findall(r"<title>([^<]*)</title>", html) if text.startswith("from")]
    assert len(tips) == 6
    assert "from c to b: 30.0%" in tips
    assert "“c” (token 3) 60.0%, “b” (token 2) 30.0%, “a” (token 1) 10.0%" in text_of(html)
