"""Buttons to choose between two, pair by pair: what the ranking of notebook 07 and the ballot of 09 have in common.

Choices are kept among the learner's progress, so that a kernel that starts again asks for none twice.
"""

from collections.abc import Sequence
from hashlib import sha256
from html import escape

import ipywidgets as W

from pocketgpt_lessons.classroom import progress
from pocketgpt_lessons.display.viewer import display_with_fallback, row


class PairChooser(W.VBox):
    """One pair at a time, and buttons: choose its first one, its second one, or take the last choice back.

    `choices` has a True for each pair whose first one was chosen. A kind of chooser says in `view` what is shown.
    """

    def __init__(self, pairs: Sequence[object], names: tuple[str, str], text: str, key: str, *more: W.Widget):
        """The `names` of both buttons, `text` for a page without a kernel, `more` controls behind them. Under `key`
        choices are kept, and found again where the pairs are the same (by their repr).
        """
        self.total, self.text, self.key = len(pairs), text, key
        self.about = sha256(repr(list(pairs)).encode("utf-8", "replace")).hexdigest()[:16]
        self.choices = self._kept()
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
        self._keep()

    def take_back(self) -> None:
        """Forget the last choice."""
        self.choices = self.choices[:-1]
        self._keep()

    def _kept(self) -> list[bool]:
        entry = progress.recall("choices", self.key)
        kept = entry.get("first") if entry.get("about") == self.about else None
        fits = isinstance(kept, list) and len(kept) <= self.total and all(isinstance(each, bool) for each in kept)
        return list(kept) if fits else []

    def _keep(self) -> None:
        trouble = progress.record("choices", self.key, {"about": self.about, "first": self.choices})
        self.draw()
        if trouble:
            self.picture.value += f'<div role="status">{escape(trouble)}</div>'

    def draw(self) -> None:
        """Show where one is, with the buttons that can be pressed there."""
        self.back.disabled = not self.choices
        self.first.disabled = self.second.disabled = len(self.choices) == self.total
        self.picture.value = self.view()

    def _ipython_display_(self) -> None:
        display_with_fallback(self, self.picture.value, self.text)
