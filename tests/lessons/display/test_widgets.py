"""Widgets without a browser: what a moved control changes, and what stays where no kernel runs."""

import xml.etree.ElementTree as ET
from itertools import count
from types import SimpleNamespace

import ipywidgets as W
import numpy as np
import pytest
from IPython.core.displaypub import CapturingDisplayPublisher
from IPython.core.interactiveshell import InteractiveShell

from pocketgpt.errors import PocketError
from pocketgpt_lessons.display import charts, live, viewer
from pocketgpt_lessons.display import dashboard as dashboards
from pocketgpt_lessons.pretraining import widgets

PIECES = ["The", " capital", " <script>"]
ATTENTION = [np.tril(np.full((2, 3, 3), 0.1) + np.arange(2)[:, None, None] + layer) for layer in range(2)]


@pytest.fixture
def published(monkeypatch):
    """What a frontend would be sent: a list of bundles, of displays and updates alike."""
    shell = InteractiveShell.instance()
    publisher = CapturingDisplayPublisher()
    monkeypatch.setattr(shell, "display_pub", publisher)
    monkeypatch.setattr(live, "get_ipython", lambda: shell)
    yield publisher.outputs
    InteractiveShell.clear_instance()


def step(number):
    return SimpleNamespace(loss=8 / number, tokens=number, seconds=float(number), tokens_per_second=1.0)


def test_show_needs_alt_text_and_keeps_it(published):
    viewer.show(charts.loss_curve([0, 1], [2.0, 1.0], "Loss falls"), "A falling line")
    viewer.show("<b>chips</b>", "Chips")
    figure, html = (output["data"] for output in published)
    assert 'alt="A falling line"' in figure["text/html"]
    assert ET.fromstring(html["text/html"]).get("aria-label") == "Chips"
    assert html["text/plain"] == "Chips"
    for picture in ("<b>chips</b>", charts.loss_curve([0, 1], [2.0, 1.0], "Loss falls")):
        with pytest.raises(PocketError):
            viewer.show(picture, "")


def test_a_figure_that_describes_itself_needs_no_alt_text(published):
    figure = charts.bars({"a": {"y": 9, "low": 8, "high": 10}}, "It is 9", "tokens")
    viewer.show(figure)
    (output,) = published
    assert output["data"]["text/plain"] == figure.get_label() in output["data"]["text/html"]


def test_fallback_stands_in_one_bundle_with_the_widget(published):
    slider = W.IntSlider()
    viewer.display_with_fallback(slider, "<p>static</p>", "A slider")
    (output,) = published
    assert output["data"]["application/vnd.jupyter.widget-view+json"]["model_id"] == slider.model_id
    assert output["data"]["text/html"] == "<p>static</p>"
    assert output["data"]["text/plain"] == "A slider"


def test_attention_viewer_follows_its_controls():
    viewer = widgets.attention_viewer(ATTENTION, PIECES)
    layer, head, token = viewer.controls
    assert "pocket-widget" in viewer._dom_classes
    for control, value in ((layer, 2), (head, 2), (token, 1)):
        before = viewer.picture.value
        control.value = value
        assert viewer.picture.value != before
        assert control.description
    assert viewer.picture.value == widgets.attention_view(ATTENTION, PIECES, 2, 2, 1)
    assert "<script>" not in viewer.picture.value


def test_a_viewer_shows_itself_with_its_picture_as_fallback(published):
    viewer = widgets.attention_viewer(ATTENTION, PIECES)
    viewer._ipython_display_()
    (output,) = published
    assert output["data"]["text/html"] == viewer.picture.value
    assert output["data"]["text/plain"].startswith("Attention of 2 layers")


def test_viewers_refuse_what_they_cannot_show():
    with pytest.raises(PocketError):
        widgets.attention_viewer(ATTENTION, ["one"])
    with pytest.raises(PocketError):
        dashboards.Dashboard(0)


def test_what_cannot_be_drawn_is_told_in_the_pictures_place():
    def render(text: str) -> str:
        if "<" in text:
            raise PocketError(f"Type something else than {text}.")
        return f"drawn: {text}"

    box = W.Text("a")
    shown = viewer.Viewer([box], render, "A text")
    for typed, picture in (("<b>", "Type something else than &lt;b&gt;."), ("c", "drawn: c")):
        box.value = typed
        assert picture in shown.picture.value
    with pytest.raises(PocketError):  # at once, whoever makes it is told
        viewer.Viewer([W.Text("<")], render, "A text")


def test_dashboard_draws_rarely_updates_one_output_and_ends_on_the_last_step(published, monkeypatch):
    clock = count()  # every look at it takes a tenth of a second, so a picture may come every two seconds
    monkeypatch.setattr(live, "time", SimpleNamespace(monotonic=lambda: next(clock) / 10))
    dashboard = dashboards.Dashboard(100, sample=lambda: "<script>")
    assert len(list(dashboard.watch(step(i) for i in range(1, 101)))) == 100
    assert len(published) == 6
    assert [output["update"] for output in published] == [False] + 5 * [True]
    assert len({output["transient"]["display_id"] for output in published}) == 1
    last = published[-1]["data"]
    assert last["text/plain"] == "Finished: 100 tokens in 1 min 40 s, mean loss of the last 5 steps 0.08."
    assert "<script>" not in last["text/html"]
    assert [tokens for tokens, _ in dashboard.samples] == [1, 2, 4, 8, 16, 32, 64, 100]
    assert ET.fromstring(last["text/html"]).find(".//img").get("alt").startswith("Training loss")


def test_stop_ends_the_loop_cleanly_and_tells_the_run(published):
    told = []

    def run():
        try:
            for number in range(1, 11):
                yield step(number)
        except KeyboardInterrupt:
            told.append("saved")
            raise

    def sample():
        if len(told) == 0 and len(dashboard.losses) == 4:
            raise KeyboardInterrupt  # the learner presses stop while the run waits
        return "text"

    dashboard = dashboards.Dashboard(100, sample=sample)
    seen = [metrics.tokens for metrics in dashboard.watch(run())]
    assert seen == [1, 2, 3]
    assert told == ["saved"]
    line = published[-1]["data"]["text/plain"]
    assert line.startswith("Stopped at 4%; what was learned so far is kept: 4 tokens")


def test_stop_inside_the_run_ends_the_loop_cleanly(published):
    def run():
        yield step(1)
        raise KeyboardInterrupt

    assert len(list(dashboards.Dashboard(2).watch(run()))) == 1
    assert published[-1]["data"]["text/plain"].startswith("Stopped at 50%")


def test_dashboard_speaks_without_ipython(capsys, monkeypatch):
    monkeypatch.setattr(live, "get_ipython", lambda: None)
    list(dashboards.Dashboard(1).watch([step(1)]))
    assert capsys.readouterr().out.splitlines()[-1].startswith("Finished: 1 tokens")
