"""Interactive parts: thin ipywidgets shells over functions that return HTML or figures from plain data.

Written to what ipywidgets 7.7 (Colab) and 8.1 share. Each viewer is a pure function of its controls' values,
tested without a browser, and a shell that puts the function's HTML into a `W.HTML`, the quickest way to the
screen. Each leaves something readable where no kernel runs.
"""

from collections.abc import Callable, Sequence
from html import escape

import ipywidgets as W
from IPython.display import display
from matplotlib.figure import Figure

from pocketgpt.errors import PocketError
from pocketgpt_lessons.display.figure import described, figure_html, require_alt
from pocketgpt_lessons.display.html import card

_WIDGET_MIME = "application/vnd.jupyter.widget-view+json"


def show(picture: Figure | str, alt: str = "") -> None:
    """Display a figure, or a string of HTML, with a text alternative; PocketError if there is none.

    Without `alt` a figure is described by its label, as bars and lines with intervals bring one with their numbers.
    """
    if isinstance(picture, Figure):
        alt = described(picture, alt or str(picture.get_label()))
        html = figure_html(picture, alt)
    else:
        alt = require_alt(alt)
        html = f'<div role="group" aria-label="{escape(alt)}">{picture}</div>'
    display({"text/html": html, "text/plain": alt}, raw=True)


def display_with_fallback(widget: W.Widget, html: str, text: str) -> None:
    """Display a widget together with what stands for it where no kernel runs: HTML, and a plain sentence.

    One bundle with all three works under ipywidgets 7.7 and 8.1; a page without a kernel takes the HTML.
    """
    view = {"version_major": 2, "version_minor": 0, "model_id": widget.model_id}
    display({_WIDGET_MIME: view, "text/html": html, "text/plain": require_alt(text)}, raw=True)


def looks(width: str | None = None, label_width: str = "initial") -> dict:
    """How a control looks, as its options: as wide as `width` at the most, with its description before it in full."""
    layout = {"layout": W.Layout(width=width, max_width="100%")} if width else {}
    return layout | {"style": {"description_width": label_width}}


def tick_box(value: bool, description: str) -> W.Checkbox:
    """A check box no wider than its description."""
    layout = W.Layout(width="auto", margin="0 16px 0 0")
    return W.Checkbox(value, description=description, indent=False, layout=layout)


def row(*parts: W.Widget) -> W.HBox:
    """Controls side by side, on further lines where it is narrow."""
    return W.HBox(list(parts), layout=W.Layout(flex_flow="row wrap"))


def temperature_menu(temperature: float, others: Sequence[float], width: str) -> W.Dropdown:
    """A menu of temperatures, on which the given one stands and is chosen."""
    values = sorted({0.0, *others, float(temperature)})
    named = [(f"{value:g}" if value else "0 (the likeliest token)", value) for value in values]
    return W.Dropdown(options=named, value=temperature, description="Temperature", **looks(width))


def on_enter(box: W.Text, act: Callable[[], None]) -> None:
    """Call `act` when Enter is pressed: ipywidgets 7.7 and 8 both send this; Text.on_submit is deprecated."""

    def receive(_, content: object, __) -> None:
        if isinstance(content, dict) and content.get("event") == "submit":
            act()

    box.on_msg(receive)


class Viewer(W.VBox):
    """Controls above a picture: `render`, given the controls' values in order, returns the picture's HTML.

    As a cell's last value, it shows itself with a static fallback.
    """

    def __init__(self, controls: Sequence[W.Widget], render: Callable[..., str], text: str):
        self.controls = tuple(controls)
        self.picture = W.HTML()
        self.render, self.text = render, require_alt(text)
        for control in self.controls:
            control.observe(self.refresh, names="value")
        self.refresh()
        super().__init__([row(*self.controls), self.picture])
        self.add_class("pocket-widget")

    def refresh(self, change=None) -> None:
        """Draw the picture again, as after a change of a control, or put a sentence in its place that says why not."""
        try:
            self.picture.value = self.render(*(control.value for control in self.controls))
        except PocketError as error:
            if change is None:  # whoever made the viewer has to know
                raise
            self.picture.value = card(escape(str(error)), self.text)

    def _ipython_display_(self) -> None:
        display_with_fallback(self, self.picture.value, self.text)
