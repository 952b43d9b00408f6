"""The mover sees an answer wherever it stands in the container, and doesn't take a slider's own number for one."""

import pytest
from browser import browser_page, find_chromium
from widget_mover import move_widgets

# As ipywidgets builds them: a slider of named stops has no class jupyter-widgets of its own.
PAGE = """
<div class="pocket-widget"><div class="jupyter-widgets widget-hbox">
  <div class="CLASSES"><label class="widget-label">Guess</label><div role="slider" tabindex="0">o</div><i>0</i></div>
  <b>nothing chosen</b>
</div></div>
<script>
  document.querySelector("[role=slider]").addEventListener("keydown", () => {
    document.querySelector("i").textContent = "1";
    if (ANSWERS) document.querySelector("b").textContent = "1 is chosen";
  });
</script>
"""


@pytest.fixture(scope="module")
def page():
    if not find_chromium():
        pytest.skip("needs a Chromium")
    with browser_page([]) as page:
        yield page


@pytest.mark.parametrize("classes", ["jupyter-widgets widget-slider", "widget-slider"])
@pytest.mark.parametrize("answers", [True, False])
def test_a_slider_is_answered_from_beside_it(classes, answers, page, monkeypatch):
    monkeypatch.setattr("widget_mover.ANSWER_MS", 1000 if not answers else 60_000)
    page.set_content(PAGE.replace("CLASSES", classes).replace("ANSWERS", str(answers).lower()))
    found = move_widgets(page, lambda: None)
    assert found == ([] if answers else ["nothing answered when the slider “Guess” was moved"])
