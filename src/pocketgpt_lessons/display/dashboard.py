"""A live dashboard for training: the loss as it falls, and what the model writes meanwhile."""

from collections.abc import Callable, Sequence
from html import escape
from statistics import fmean

from matplotlib.figure import Figure

from pocketgpt.errors import PocketError
from pocketgpt_lessons.display.charts import loss_curve, window_so_far
from pocketgpt_lessons.display.figure import Point
from pocketgpt_lessons.display.html import card, samples_table
from pocketgpt_lessons.display.live import LivePicture, frame_html


class Dashboard(LivePicture):
    """Live picture of a training run: loss, speed, time left, and samples at 1, 2, 4, 8 … % of it.

    A step tells its loss, tokens, seconds and tokens_per_second.

        dashboard = Dashboard(total_tokens=3_000_000, sample=lambda: generate(model, tokenizer, "Once"))
        for metrics in dashboard.watch(train(model, data, config)):
            pass
    """

    def __init__(
        self,
        total_tokens: int,
        band: Sequence[Point] = (),
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
        self._figure: Figure | None = None

    def take(self, step) -> None:
        self.tokens.append(step.tokens)
        self.losses.append(step.loss)
        if self.sample is not None and step.tokens >= self._next_sample * self.total_tokens:
            self.samples.append((step.tokens, self.sample()))
            while step.tokens >= self._next_sample * self.total_tokens:
                self._next_sample *= 2

    def status(self) -> str:
        m = self.last
        share = m.tokens / self.total_tokens
        line = f"{share:.0%} · {m.tokens:,} of {self.total_tokens:,} tokens · loss {m.loss:.2f}"
        if m.tokens_per_second > 0:
            left = max(self.total_tokens - m.tokens, 0) / m.tokens_per_second
            line += f" · {m.tokens_per_second:,.0f} tokens/s · about {_duration(left)} left"
        return line + " · ■ (the stop button) ends the run and keeps the result"

    def ending(self) -> str:
        seen, share = self.last.tokens, self.last.tokens / self.total_tokens
        if self.sample is not None and (not self.samples or self.samples[-1][0] < seen):
            self.samples.append((seen, self.sample()))
        how = "Finished" if share > 0.995 else f"Stopped at {share:.0%}; what was learned so far is kept"
        # The loss of a single step is noise, and in a short run so is the curve's mean.
        window = max(window_so_far(self.tokens, self.total_tokens), min(len(self.losses), 5))
        what = f"mean loss of the last {window} steps" if window > 1 else "loss"
        loss = fmean(self.losses[-window:])
        return f"{how}: {seen:,} tokens in {_duration(self.last.seconds)}, {what} {loss:.2f}."

    def picture(self, line: str) -> str:
        self._figure = loss_curve(
            self.tokens, self.losses, self.title, self.band, self.uniform, self.total_tokens, self._figure
        )
        html = frame_html(self._figure, f"Training loss against tokens seen. {line}")
        html += f'<div style="font-weight:bold">{escape(line)}</div>'
        if self.samples:
            html += samples_table(self.samples)
        return card(html, "Training dashboard")


def _duration(seconds: float) -> str:
    """Seconds in words.

    >>> _duration(7.2), _duration(83)
    ('7 s', '1 min 23 s')
    """
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
