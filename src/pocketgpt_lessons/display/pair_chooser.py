"""Buttons to choose between two, pair by pair: what the ranking of notebook 07 and the ballot of 09 have in common."""

import ipywidgets as W

from pocketgpt_lessons.display.viewer import display_with_fallback, row


class PairChooser(W.VBox):
    """One pair at a time, and buttons: choose its first one, its second one, or take the last choice back.

    `choices` has a True for each pair whose first one was chosen. A kind of chooser says in `view` what is shown.
    """

    def __init__(self, total: int, names: tuple[str, str], text: str, *more: W.Widget):
        """`total` pairs, `names` of both buttons, `text` for a page without a kernel, `more` controls behind them."""
        self.total, self.text = total, text
        self.choices: list[bool] = []
        self.picture = W.HTML()
        self.first, self.second, self.back = (
            W.Button(description=name, layout=W.Layout(width="190px")) for name in (*names, "↶ take one back")
        )
        self.first.on_click(lambda _: self.choose(True))
        self.second.on_click(lambda _: self.choose(False))
        self.back.on_click(lambda _: self.take_back())
        self.draw()
        super().__init__([self.picture, row(self.first, self.second, self.back, *more)])
        self.add_class("pocket-widget")

    def view(self) -> str:
        """The pair at which one is, the last one when all are done, as HTML."""
        raise NotImplementedError

    def choose(self, first: bool) -> None:
        """Decide the pair that is shown."""
        if len(self.choices) < self.total:
            self.choices.append(first)
        self.draw()

    def take_back(self) -> None:
        """Forget the last choice."""
        self.choices = self.choices[:-1]
        self.draw()

    def draw(self) -> None:
        """Show where one is, with the buttons that can be pressed there."""
        self.back.disabled = not self.choices
        self.first.disabled = self.second.disabled = len(self.choices) == self.total
        self.picture.value = self.view()

    def _ipython_display_(self) -> None:
        display_with_fallback(self, self.picture.value, self.text)
