"""Predict, then run: a guess before a key output, shown beside the outcome. It never blocks Run All."""

import dataclasses
import html
import math
from collections.abc import Callable, Sequence

from pocketgpt.errors import PocketError
from pocketgpt_lessons.classroom import markup, progress
from pocketgpt_lessons.classroom.markup import BLUE, GREEN, GREY, number_text, panel, paragraph, prose

_shown: dict[str, tuple[object, str]] = {}  # outcomes shown in this session: key → value and sentence
_MOST_STOPS = 1001  # of a slider; more could hardly be told apart


@dataclasses.dataclass(frozen=True)
class Prediction:
    """What is asked: a choice of `options`, or a number, within the range of a `slider` or free."""

    key: str
    question: str
    options: tuple[str, ...] = ()
    slider: tuple[float, ...] = ()  # (low, high) or (low, high, step)

    def __post_init__(self) -> None:
        if self.options and self.slider:
            raise PocketError(f"Prediction {self.key}: give either options or a slider, not both.")
        if len(self.options) == 1 or len(set(self.options)) < len(self.options):
            raise PocketError(f"Prediction {self.key}: give at least two options, no two alike.")
        if self.slider and (len(self.slider) not in (2, 3) or self.slider[0] >= self.slider[1]):
            raise PocketError(f"Prediction {self.key}: give the slider as (low, high) or (low, high, step).")
        if self.slider and not (self.step > 0 and 2 <= len(self.stops) <= _MOST_STOPS):
            raise PocketError(f"Prediction {self.key}: give the slider a step that makes 2 to {_MOST_STOPS:,} stops.")

    @property
    def step(self) -> float:
        """How far apart two stops of the slider are: as given, or 1 for whole numbers, or a hundredth of the range."""
        low, high, *step = self.slider
        return step[0] if step else (1 if isinstance(low, int) and isinstance(high, int) else (high - low) / 100)

    @property
    def stops(self) -> list[float]:
        """The values that the slider can take, whole ones as whole numbers.

        >>> Prediction("k", "How much?", slider=(0.0, 0.3, 0.1)).stops
        [0.0, 0.1, 0.2, 0.3]
        """
        low, high = self.slider[:2]
        count = int((high - low) / self.step + 1e-9) + 1
        return [round(low + i * self.step, 10) for i in range(count)]


def predict(
    key: str, question: str, options: Sequence[object] | None = None, slider: Sequence[float] | None = None
) -> None:
    """Show a form for a guess: buttons for `options`, a `slider=(low, high[, step])`, or a box for a number.

    Slider and box begin empty, so that no number suggests itself. The key, such as "02.first_loss", ties the guess
    to its `outcome`.
    """
    prediction = Prediction(key, question, tuple(map(str, options or ())), tuple(slider or ()))
    if not markup.in_notebook():
        print(fallback_text(prediction))
        return
    from pocketgpt_lessons.display.viewer import display_with_fallback

    display_with_fallback(build_form(prediction), fallback_html(prediction), fallback_text(prediction))


def outcome(key: str, value: object, sentence: str = "") -> None:
    """Show what really happened beside the guess, if there is one, and an optional sentence on why."""
    value = value.item() if hasattr(value, "item") else value  # a number out of a tensor or array
    _shown[key] = (value, sentence)
    entry = progress.recall("predictions", key)
    note = progress.record("predictions", key, {**entry, "outcome": value})
    told = (value, entry.get("guess"), entry.get("late", False), sentence)
    markup.show(outcome_html(*told) + paragraph(note), "\n".join(filter(None, [*_lines(*told), note])))


def commit(key: str, guess: object) -> str:
    """Keep a guess, and return the HTML to show under the form.

    A guess made once its outcome has been shown is kept as late, and never replaces one made in time.
    """
    entry = progress.recall("predictions", key)
    late = key in _shown or "outcome" in entry  # in this session, or on an earlier day
    if late and "guess" in entry and not entry.get("late"):
        return paragraph(f"Your guess from before the outcome stays: {number_text(entry['guess'])}.")
    note = progress.record("predictions", key, {**entry, "guess": guess, "late": late})
    if late:
        value, sentence = _shown.get(key, (entry.get("outcome"), ""))
        return outcome_html(value, guess, late, sentence) + paragraph(note)
    told = f"✓ Your guess: {number_text(guess)}. You may change it until the outcome is shown."
    return paragraph(told) + paragraph(note)


def gap(guess: object, value: object) -> str:
    """One sentence on how far a guess was from the outcome.

    >>> gap(4.0, 5.0)
    'Your guess was 1 too low, 20% of the outcome.'
    >>> gap(30, 10)
    'Your guess was 3 times too high.'
    >>> gap("cats", "dogs")
    'It came out otherwise than you guessed.'
    """
    if not _is_number(guess) or not _is_number(value):
        same = str(guess) == str(value)
        return "It came out as you guessed." if same else "It came out otherwise than you guessed."
    if guess == value:
        return "You guessed it exactly."
    side = "high" if guess > value else "low"
    if guess > 0 and value > 0 and max(guess / value, value / guess) >= 2:
        return f"Your guess was {number_text(round(max(guess / value, value / guess), 1))} times too {side}."
    share = f", {abs(guess - value) / abs(value):.0%} of the outcome" if value else ""
    return f"Your guess was {number_text(abs(guess - value))} too {side}{share}."


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _lines(value: object, guess: object, late: bool, sentence: str) -> list[str]:
    """The outcome as lines of text: the outcome, the guess, the gap, the sentence."""
    lines = [f"Outcome: {number_text(value)}"]
    if guess is not None:
        lines += [f"Your guess{', made after the outcome was shown' if late else ''}: {number_text(guess)}"]
        lines += [gap(guess, value)]
    return [*lines, sentence] if sentence else lines


def outcome_html(value: object, guess: object = None, late: bool = False, sentence: str = "") -> str:
    """The guess beside the outcome, as HTML; without a guess the outcome alone."""
    title, *rest = _lines(value, guess, late, sentence)
    if guess is None:
        return panel(title, "".join(map(paragraph, rest)), BLUE)
    pair = [(f"Your guess{' (late)' if late else ''}", guess), ("Outcome", value)]
    cells = "".join(
        f'<div>{label}<br><strong style="font-size:150%">{html.escape(number_text(shown))}</strong></div>'
        for label, shown in pair
    )
    marked = ["Made after the outcome was shown."] if late else []
    body = f'<div style="display:flex;gap:2em">{cells}</div>' + "".join(map(paragraph, marked + rest[1:]))
    return panel("Predicted and seen", body, GREY if late else GREEN)


def fallback_text(prediction: Prediction) -> str:
    """The question for a page without a kernel, as text."""
    choice = f" ({' / '.join(prediction.options)})" if prediction.options else ""
    if prediction.slider:
        choice = f" (from {number_text(prediction.slider[0])} to {number_text(prediction.slider[1])})"
    return f"Predict: {prediction.question}{choice}"


def fallback_html(prediction: Prediction) -> str:
    """The question for a page without a kernel, as HTML."""
    return panel("Predict, then run", paragraph(fallback_text(prediction).removeprefix("Predict: ")), BLUE)


def build_form(prediction: Prediction):
    """The ipywidgets form: a button for each answer, or a slider or box with a button that commits it."""
    import ipywidgets as W

    entry = progress.recall("predictions", prediction.key)
    so_far = f"Your guess so far: {number_text(entry['guess'])}." if "guess" in entry else ""
    feedback = W.HTML(paragraph(so_far))

    def answer(guess: object) -> None:
        feedback.value = commit(prediction.key, guess)

    question = W.HTML(f"<strong>Predict:</strong> {prose(prediction.question)}")
    controls = _buttons(W, prediction, answer) if prediction.options else _number(W, prediction, answer)
    form = W.VBox([question, controls, feedback])
    form.add_class("pocket-widget")
    return form


def _buttons(W, prediction: Prediction, answer: Callable[[object], None]):
    buttons = [W.Button(description=option, layout=W.Layout(width="auto")) for option in prediction.options]
    for button in buttons:
        button.on_click(lambda pressed: answer(pressed.description))
    return W.HBox(buttons, layout=W.Layout(flex_flow="row wrap"))


def _number(W, prediction: Prediction, answer: Callable[[object], None]):
    """A slider or a box, both without a value at first, the button that commits it, and what is chosen, in words."""
    if prediction.slider:
        # Its first stop is no value: a plain slider would have to start at some number, and suggest it.
        stops = [("?", "?"), *((number_text(stop), stop) for stop in prediction.stops)]
        wide = W.Layout(width="420px", max_width="100%")  # so that each stop can be reached with a mouse
        box = W.SelectionSlider(options=stops, description="Your guess", layout=wide)
    else:
        box = W.Text(placeholder="a number", description="Your guess")
    # sliders have no accessible name or value text
    echo = W.HTML(f"{'Move the slider' if prediction.slider else 'Type a number'}, then press the button.")

    def repeat(_) -> None:
        value = _as_number(box.value)
        told = f"Chosen: {number_text(value)}. Press the button to make it your guess."
        echo.value = "This is no number yet." if value is None else told

    def press(_) -> None:
        value = _as_number(box.value)
        if value is None:
            echo.value = "Nothing is kept yet: choose a number, then press the button."
        else:
            answer(value)

    box.observe(repeat, names="value")
    button = W.Button(description="This is my guess", layout=W.Layout(width="auto"))
    button.on_click(press)
    return W.HBox([box, button, echo], layout=W.Layout(flex_flow="row wrap"))


def _as_number(chosen: float | str) -> float | None:
    """What was chosen or typed as a number, or None if it is none.

    >>> _as_number(4.0), _as_number("1,200"), _as_number(" 0.5 "), _as_number("?"), _as_number("nan")
    (4.0, 1200, 0.5, None, None)
    """
    if not isinstance(chosen, str):
        return chosen
    try:
        number = float(chosen.replace(",", ""))
    except ValueError:
        return None
    if not math.isfinite(number):
        return None
    return int(number) if number.is_integer() else number
