"""Interactive parts: thin ipywidgets shells over functions that return HTML or figures from plain data.

Written to what ipywidgets 7.7 (Colab) and 8.1 share. Each viewer is a pure function of its controls' values
(`attention_view`, `next_token_view`), tested without a browser, and a shell that puts the function's HTML
into a `W.HTML`, the quickest way to the screen. Each leaves something readable where no kernel runs.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from html import escape

import ipywidgets as W
import numpy as np
from IPython import get_ipython
from IPython.display import display
from matplotlib.figure import Figure

from pocketgpt.charts import figure_html, loss_curve, require_alt
from pocketgpt.drawings import attention_grid
from pocketgpt.errors import PocketError
from pocketgpt.fragments import card, next_token_bars, samples_table, token_chips

_WIDGET_MIME = "application/vnd.jupyter.widget-view+json"


def show(picture: Figure | str, alt: str) -> None:
    """Display a figure, or a string of HTML, with a text alternative; PocketError if `alt` is empty."""
    alt = require_alt(alt)
    if isinstance(picture, Figure):
        html = figure_html(picture, alt)
    else:
        html = f'<div role="group" aria-label="{escape(alt)}">{picture}</div>'
    display({"text/html": html, "text/plain": alt}, raw=True)


def display_with_fallback(widget: W.Widget, html: str, text: str) -> None:
    """Display a widget together with what stands for it where no kernel runs: HTML, and a plain sentence.

    One bundle with all three works under ipywidgets 7.7 and 8.1; a page without a kernel takes the HTML.
    """
    view = {"version_major": 2, "version_minor": 0, "model_id": widget.model_id}
    display({_WIDGET_MIME: view, "text/html": html, "text/plain": require_alt(text)}, raw=True)


class Viewer(W.VBox):
    """Controls above a picture: `render`, given the controls' values in order, returns the picture's HTML.

    As a cell's last value, it shows itself with a static fallback.
    """

    def __init__(self, controls: Sequence[W.Widget], render: Callable[..., str], text: str):
        self.controls = tuple(controls)
        self.picture = W.HTML()
        self._render, self._text = render, require_alt(text)
        for control in self.controls:
            control.observe(self._refresh, names="value")
        self._refresh()
        super().__init__([W.HBox(list(self.controls), layout=W.Layout(flex_flow="row wrap")), self.picture])
        self.add_class("pocket-widget")

    def _refresh(self, change=None) -> None:
        self.picture.value = self._render(*(control.value for control in self.controls))

    def _ipython_display_(self) -> None:
        display_with_fallback(self, self.picture.value, self._text)


def attention_view(attention: Sequence, pieces: Sequence[str], layer: int, head: int, query: int) -> str:
    """One head's attention grid as HTML; `attention` holds an (n_head, T, T) array per layer.

    `layer`, `head` and `query` count from 1, as on screen.
    """
    return attention_grid(pieces, np.asarray(attention[layer - 1])[head - 1], query - 1)


def attention_viewer(attention: Sequence, pieces: Sequence[str]) -> Viewer:
    """Choose layer, head and token, and see where that token looks; `attention` as in `attention_view`."""
    if not len(attention) or len(pieces) < 2:
        raise PocketError("Give the attention of at least one layer, on a text of at least two tokens.")
    n_head = len(attention[0])
    controls = [
        W.Dropdown(options=list(range(1, len(attention) + 1)), value=1, description="Layer"),
        W.Dropdown(options=list(range(1, n_head + 1)), value=1, description="Head"),
        _slider("Token", len(pieces), value=len(pieces)),
    ]
    text = f"Attention of {len(attention)} layers of {n_head} heads on {len(pieces)} tokens (needs a kernel)."
    return Viewer(controls, lambda *values: attention_view(attention, pieces, *values), text)


def next_token_view(
    ids: Sequence[int], probabilities: Sequence, piece_of: Callable[[int], str], shown: int, top: int = 8
) -> str:
    """The first `shown` tokens of a text as chips, and bars for the likeliest next ones, the true one marked.

    `probabilities` is (T, V): row t holds the model's probabilities of the token after position t. `piece_of`
    gives an id's text.
    """
    row = np.asarray(probabilities[shown - 1])  # (V,)
    best = list(np.argsort(-row, kind="stable")[:top])
    true = ids[shown] if shown < len(ids) else None
    if true is not None and true not in best:
        best.append(true)
    chips = token_chips([piece_of(i) for i in ids[:shown]], ids[:shown], current=shown - 1)
    return chips + next_token_bars(
        [piece_of(int(i)) for i in best], row[best], true=None if true is None else best.index(true)
    )


def next_token_viewer(ids: Sequence[int], probabilities: Sequence, piece_of: Callable[[int], str]) -> Viewer:
    """Walk through a text token by token, with the model's bars for what comes next.

    Arguments as in `next_token_view`.
    """
    if len(ids) < 2 or len(ids) != len(probabilities):
        raise PocketError("Give a text of two tokens or more, and one row of probabilities for each token.")
    slider = _slider("Tokens read", len(ids), value=1)
    text = f"Next-token viewer on {len(ids)} tokens (needs a kernel)."
    return Viewer([slider], lambda shown: next_token_view(ids, probabilities, piece_of, shown), text)


def _slider(description: str, high: int, value: int) -> W.IntSlider:
    """From 1 to `high`, which must be more than 1: the browser's slider fails on an empty range."""
    looks = {"style": {"description_width": "initial"}, "layout": W.Layout(width="420px", max_width="100%")}
    return W.IntSlider(value, 1, high, description=description, **looks)


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
