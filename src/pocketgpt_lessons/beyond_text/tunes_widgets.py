"""Interactive part of notebook 08 on tunes: ask for a tune, hear it, ask for another one.

A thin shell over the HTML of `tunes_views`, in what ipywidgets 7.7 and 8 share.
"""

from collections.abc import Sequence

import ipywidgets as W

from pocketgpt.errors import PocketError
from pocketgpt.model import GPT
from pocketgpt.tunes.learn import write
from pocketgpt.tunes.tokens import TuneTokens
from pocketgpt.tunes.tune import KEYS, KINDS, Tune
from pocketgpt_lessons.beyond_text.tunes_experiments import which_copied
from pocketgpt_lessons.beyond_text.tunes_views import in_words, piano_roll, player
from pocketgpt_lessons.display.figure import figure_html
from pocketgpt_lessons.display.viewer import display_with_fallback, looks

USUAL = {"jig": "6/8", "slip jig": "9/8", "reel": "2/2", "hornpipe": "2/2"}  # each kind's metre
TEMPERATURES = (0.5, 0.7, 0.85, 1.0, 1.2, 1.5)


class AnotherOne(W.VBox):
    """Choose kind, key and temperature; the button writes a tune, which is played, drawn and checked.

    Each press is another seed, the same in each session. Notes copied from the tunes learned from are hatched.
    """

    def __init__(self, model: GPT, tokens: TuneTokens, learned: Sequence[Tune], temperature: float = 0.85):
        if not learned:
            raise PocketError("Give the tunes that the model learned from: at least one.")
        if temperature not in TEMPERATURES:
            raise PocketError(f"temperature must be one of {', '.join(map(str, TEMPERATURES))}.")
        self.model, self.tokens, self.learned, self.seed = model, tokens, learned, 0
        self.kind = W.Dropdown(options=KINDS, value="jig", description="Kind", **looks("180px"))
        keys = [key for key in KEYS if key in {tune.key for tune in learned}]
        self.key = W.Dropdown(options=keys, value="G" if "G" in keys else keys[0], description="Key", **looks("140px"))
        self.temperature = W.Dropdown(
            options=TEMPERATURES, value=temperature, description="Temperature", **looks("180px")
        )
        self.button = W.Button(description="Another one")
        self.picture = W.HTML()
        self.button.on_click(lambda _: self.another())
        for control in (self.kind, self.key, self.temperature):
            control.observe(lambda _: self.refresh(), names="value")
        top = W.HBox([self.kind, self.key, self.temperature, self.button], layout=W.Layout(flex_flow="row wrap"))
        super().__init__([top, self.picture])
        self.add_class("pocket-widget")
        self.refresh()

    def another(self) -> None:
        """Write the next tune."""
        self.seed += 1
        self.refresh()

    def refresh(self) -> None:
        """Write the tune of the controls and the seed again."""
        asked = (self.kind.value, USUAL[self.kind.value], self.key.value)
        [tune] = write(self.model, self.tokens, [asked], self.temperature.value, self.seed)
        title = f"Number {self.seed + 1}: a {asked[0]} in {asked[2]} was asked for"
        shown = player(tune, title)
        if tune is not None:
            marks = which_copied(tune, self.learned)
            told = f"{sum(marks)} of {len(marks)} notes lie in stretches copied from the tunes learned from"
            figure = piano_roll(tune, told, marks)
            shown += figure_html(figure, str(figure.get_label()))
        self.picture.value = f'<div role="status">{shown}</div>'
        self.tune = tune

    def _ipython_display_(self) -> None:
        told = "none" if self.tune is None else in_words(self.tune)
        display_with_fallback(self, self.picture.value, f"Tunes that the model writes, one by one; now {told}.")
