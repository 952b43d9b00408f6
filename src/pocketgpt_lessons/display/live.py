"""The live picture of a run: one place of the page that is drawn again and again while something goes on."""

import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from contextlib import suppress

from IPython import get_ipython
from IPython.display import display
from matplotlib.figure import Figure

from pocketgpt_lessons.display.figure import figure_html


class LivePicture(ABC):
    """Passes a run's steps on, and draws what it has seen of them; each kind of run says how, in four methods.

    Display updates only, no widget: the last frame stays in the notebook's file. Outside of Jupyter its line
    of text is printed. Jupyter's stop button ends `watch` cleanly.
    """

    last = None  # the newest step
    _handle, _quiet_until = None, 0.0

    @abstractmethod
    def take(self, step) -> None:
        """Take in one step."""

    @abstractmethod
    def status(self) -> str:
        """One line on how far the run is."""

    @abstractmethod
    def ending(self) -> str:
        """One line on how far the run came."""

    @abstractmethod
    def picture(self, line: str) -> str:
        """The frame as HTML, the line included."""

    def watch(self, run: Iterable) -> Iterator:
        """Pass on the run's steps, draw them, and end quietly when the learner presses stop."""
        steps = iter(run)
        try:
            for step in steps:
                self.update(step)
                yield step
        except KeyboardInterrupt:
            _hand_on_interrupt(steps)
        finally:
            if self.last is not None:
                self._draw(self.ending())

    def update(self, step) -> None:
        """Take in one step; draw at most twice a second."""
        self.last = step
        self.take(step)
        now = time.monotonic()
        if now >= self._quiet_until:
            self._draw(self.status())
            drawn = time.monotonic()
            self._quiet_until = drawn + max(0.5, 20 * (drawn - now))  # may cost 5% of the time

    def _draw(self, line: str) -> None:
        bundle = {"text/html": self.picture(line), "text/plain": line}
        if get_ipython() is None:
            print(line)
        elif self._handle is None:
            self._handle = display(bundle, raw=True, display_id=True)
        else:
            self._handle.update(bundle, raw=True)


def frame_html(figure: Figure, alt: str) -> str:
    """The figure as an `<img>`; drawn again and again: half as many pixels cost half the time."""
    figure.set_dpi(100)
    return figure_html(figure, alt)


def _hand_on_interrupt(steps: Iterator) -> None:
    """Tell a run that stop was pressed while it was waiting, so that it, too, can save what it has."""
    throw = getattr(steps, "throw", None)
    if throw is not None:
        with suppress(KeyboardInterrupt, StopIteration):
            throw(KeyboardInterrupt())
