"""A live dashboard for training: the loss as it falls, and what the model writes meanwhile."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from html import escape

from IPython import get_ipython
from IPython.display import display
from matplotlib.figure import Figure

from pocketgpt.errors import PocketError
from pocketgpt_lessons.display.charts import figure_html, loss_curve
from pocketgpt_lessons.display.html import card, samples_table


class Dashboard:
    """Live picture of a training run: loss, speed, time left, and samples at 1, 2, 4, 8 … % of it.

    Display updates only, no widget: the last frame stays in the notebook's file. Jupyter's stop button ends
    `watch` cleanly.

        dashboard = Dashboard(total_tokens=3_000_000, sample=lambda: generate(model, tokenizer, "Once"))
        for metrics in dashboard.watch(train(model, data, config)):
            pass
    """

    def __init__(
        self,
        total_tokens: int,
        band: Mapping[str, Sequence[float]] | None = None,
        sample: Callable[[], str] | None = None,
        title: str = "Loss falls as the model reads",
        uniform: float | None = None,
    ):
        if total_tokens <= 0:
            raise PocketError("Give the number of tokens that the whole run will see, more than 0.")
        self.total_tokens, self.band, self.sample = total_tokens, band, sample
        self.title, self.uniform = title, uniform
        self.tokens: list[int] = []
        self.losses: list[float] = []
        self.samples: list[tuple[int, str]] = []
        self._next_sample = 0.01  # share of the run
        self._metrics = None
        self._figure: Figure | None = None
        self._handle = None
        self._quiet_until = 0.0

    def watch(self, run: Iterable) -> Iterator:
        """Pass on the run's metrics, draw them, and end quietly when the learner presses stop."""
        steps = iter(run)
        try:
            for metrics in steps:
                self.update(metrics)
                yield metrics
        except KeyboardInterrupt:
            _hand_on_interrupt(steps)
        finally:
            self.finish()

    def update(self, metrics) -> None:
        """Take in one step's loss, tokens, seconds and tokens_per_second; draw at most twice a second."""
        self._metrics = metrics
        self.tokens.append(metrics.tokens)
        self.losses.append(metrics.loss)
        if self.sample is not None and metrics.tokens >= self._next_sample * self.total_tokens:
            self.samples.append((metrics.tokens, self.sample()))
            while metrics.tokens >= self._next_sample * self.total_tokens:
                self._next_sample *= 2
        self._draw_at_times()

    def _draw_at_times(self) -> None:
        now = time.monotonic()
        if now >= self._quiet_until:
            self._draw(self._status())
            drawn = time.monotonic()
            self._quiet_until = drawn + max(0.5, 20 * (drawn - now))  # may cost 5% of the time

    def finish(self) -> None:
        """Draw the last frame and say in one line how far the run came."""
        if self._metrics is None:
            return
        seen, share = self._metrics.tokens, self._metrics.tokens / self.total_tokens
        if self.sample is not None and (not self.samples or self.samples[-1][0] < seen):
            self.samples.append((seen, self.sample()))
        how = "Finished" if share > 0.995 else f"Stopped at {share:.0%}; what was learned so far is kept"
        took = _duration(self._metrics.seconds)
        self._draw(f"{how}: {seen:,} tokens in {took}, loss {self.losses[-1]:.2f}.")

    def _status(self) -> str:
        m = self._metrics
        share = m.tokens / self.total_tokens
        line = f"{share:.0%} · {m.tokens:,} of {self.total_tokens:,} tokens · loss {m.loss:.2f}"
        if m.tokens_per_second > 0:
            left = max(self.total_tokens - m.tokens, 0) / m.tokens_per_second
            line += f" · {m.tokens_per_second:,.0f} tokens/s · about {_duration(left)} left"
        return line + " · ■ (the stop button) ends the run and keeps the result"

    def _draw(self, line: str) -> None:
        self._figure = loss_curve(
            self.tokens, self.losses, self.title, self.band, self.uniform, self.total_tokens, self._figure
        )
        self._figure.set_dpi(100)  # drawn again and again: half as many pixels cost half the time
        html = figure_html(self._figure, f"Training loss against tokens seen. {line}")
        html += f'<div style="font-weight:bold">{escape(line)}</div>'
        if self.samples:
            html += samples_table(self.samples)
        bundle = {"text/html": card(html, "Training dashboard"), "text/plain": line}
        if get_ipython() is None:
            print(line)
        elif self._handle is None:
            self._handle = display(bundle, raw=True, display_id=True)
        else:
            self._handle.update(bundle, raw=True)


def _hand_on_interrupt(steps: Iterator) -> None:
    """Tell a run that stop was pressed while it was waiting, so that it, too, can save what it has."""
    throw = getattr(steps, "throw", None)
    if throw is not None:
        with suppress(KeyboardInterrupt, StopIteration):
            throw(KeyboardInterrupt())


def _duration(seconds: float) -> str:
    """
    >>> _duration(7.2), _duration(83)
    ('7 s', '1 min 23 s')
    """
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
