"""Interactive parts of notebook 08: the live run, a caption that becomes a picture token by token, a grid to draw on.

Thin shells, as in `display.viewer`, over the HTML of `views`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

import ipywidgets as W
import numpy as np
import torch

from pocketgpt.errors import PocketError
from pocketgpt.model import GPT
from pocketgpt.multimodal import exam
from pocketgpt.multimodal.rows import text_first
from pocketgpt.multimodal.vocabulary import Vocabulary
from pocketgpt.pictures import scenes
from pocketgpt.pictures.painted import Painted
from pocketgpt.pictures.palette import COLOURS, LETTERS, SIDE
from pocketgpt.sampling.distribution import next_token_distribution
from pocketgpt.sampling.generate import continuations
from pocketgpt.training.loop import PlannedRun
from pocketgpt.tunes.tokens import TuneTokens
from pocketgpt_lessons.beyond_text import tunes_experiments
from pocketgpt_lessons.beyond_text.exercises import HALF
from pocketgpt_lessons.beyond_text.temperature import TEMPERATURES
from pocketgpt_lessons.beyond_text.views import UNDRAWN, gallery, hex_colour, step_view
from pocketgpt_lessons.display.dashboard import Dashboard
from pocketgpt_lessons.display.viewer import Viewer, display_with_fallback, looks

LONGEST_TEXT = 200  # characters of a caption that is typed
LIKELIEST = 6  # tokens shown of the next one's distribution
MOST = 24  # tokens that the slider reaches; scenes take 9 to 22


@dataclass(frozen=True)
class Drawing:
    """A picture on its way: its tokens, and before each the likeliest ones with their probabilities."""

    ids: list[int]
    likely: list[tuple[list[str], list[float]]]


@torch.inference_mode()
def watched(model: GPT, vocabulary: Vocabulary, text: str, temperature: float = 0.0, seed: int = 0) -> Drawing:
    """The picture that the model draws for a text, with what it thought at each token; one that has come is first."""
    prompt = text_first(vocabulary, text[:LONGEST_TEXT])
    room = vocabulary.pictures.length
    [ids] = continuations(model, [prompt], room, temperature=temperature, seed=seed, stop_ids=[vocabulary.end])
    logits = model(torch.tensor([[*prompt, *ids]], device=model.device))[0, len(prompt) - 1 :]
    likely = []
    for place, row in enumerate(next_token_distribution(logits)):
        best = row.topk(LIKELIEST).indices.tolist()
        if place < len(ids):
            best = [ids[place], *(token for token in best if token != ids[place])][:LIKELIEST]
        names = [vocabulary.tokenizer.token_bytes(token).decode("utf-8", "replace") for token in best]
        likely.append((names, row[best].tolist()))
    return Drawing(ids, likely)


def so_far(vocabulary: Vocabulary, ids: Sequence[int]) -> np.ndarray:
    """The picture (8, 8) of the first ids of a painted one, with UNDRAWN where nothing is yet."""
    pictures = vocabulary.pictures
    if not isinstance(pictures, Painted):
        raise PocketError("Only painted pictures are watched while they grow: take a vocabulary of such.")
    picture, drawn = pictures.begun([token - vocabulary.first for token in ids if token > vocabulary.end])
    return np.where(drawn, picture.astype(int), UNDRAWN)


def verdict(vocabulary: Vocabulary, text: str, ids: Sequence[int]) -> str:
    """What the checker says of a finished picture, in a sentence."""
    wanted, picture = scenes.parse(text), vocabulary.picture_of(ids)
    if picture is None:
        return "The model wrote something that is no picture."
    if wanted is None:
        return "The checker can't read this caption, so nobody marks the picture."
    known = "a combination that was never shown" if scenes.news(wanted) else "a combination that was shown"
    return f"The checker says: {'right' if exam.shows(picture, wanted) else 'wrong'} ({known})."


def type_and_watch(model: GPT, vocabulary: Vocabulary, text: str = "a small red ring at the top left") -> Viewer:
    """Type a caption, and take tokens of its picture back with the slider: each shows what the model thought of it."""
    kept: dict[tuple, Drawing] = {}

    def render(text: str, temperature: float, seed: int, to_come: int) -> str:
        key = (text.strip(), temperature, seed)
        if key not in kept:
            kept.clear()
            kept[key] = watched(model, vocabulary, *key)
        drawing = kept[key]
        at = max(0, len(drawing.ids) - to_come)
        names, shares = drawing.likely[at] if at < len(drawing.ids) else ([], [])
        told = "" if at < len(drawing.ids) else verdict(vocabulary, key[0], drawing.ids)
        chance = f"luck {seed}" if temperature else f"luck {seed}, which plays no part at temperature 0"
        head = f"“{key[0][:LONGEST_TEXT]}”, {chance}. {told}"
        return step_view(so_far(vocabulary, drawing.ids[:at]), at, len(drawing.ids), names, shares, head)

    controls = [
        W.Text(text, description="Caption", continuous_update=False, **looks("460px")),
        W.Dropdown(options=TEMPERATURES, value=0.0, description="Temperature", **looks("180px")),
        W.IntSlider(0, 0, 20, description="Luck", **looks("240px")),
        W.IntSlider(0, 0, MOST, description="Tokens to come", **looks("320px")),
    ]
    return Viewer(controls, render, "A caption becomes a picture, one token at a time (needs a kernel).")


def dashboard(
    run: PlannedRun, model: GPT, vocabulary: Vocabulary, picture: np.ndarray, words: TuneTokens | None = None
) -> Dashboard:
    """The dashboard of a live run, with what the model says of a picture meanwhile; with `words`, in which tunes are
    written for it, also the notes that it writes.
    """

    def sample() -> str:
        [told] = exam.tell_pictures(model, vocabulary, [picture])
        return told if words is None else f"{told}; a jig: {tunes_experiments.sample(model, words)}"

    return Dashboard(run.planned_tokens, sample=sample)


Half = Callable[[list[int], int], list[int]]


def finished(model: GPT, vocabulary: Vocabulary, picture: np.ndarray, half: Half) -> np.ndarray | None:
    """The picture with a lower half by the model, which goes on behind what `half` makes of the picture's ids and the
    number of its cells; None where that is no picture.
    """
    cells = vocabulary.pictures.cells
    whole = [vocabulary.tokenizer.eot_id, *vocabulary.picture_ids(picture, whole=True)]
    prompt = [int(token) for token in half(whole, cells)]
    [new] = continuations(model, [prompt], cells // 2 + 1, temperature=0, stop_ids=[vocabulary.end])
    return vocabulary.picture_of([*prompt[1:], *new])


class Easel(W.VBox):
    """A grid of 8 × 8 buttons to draw on; the model tells what it sees after each, or draws the lower half anew.

    Each button shows its colour's letter, so that no one needs to see the colour; Tab and Enter reach all of them.
    `half` makes the prompt behind which the lower half comes, as in the exercise.
    """

    def __init__(self, model: GPT, vocabulary: Vocabulary, first: np.ndarray, half: Half = HALF.truth):
        if np.shape(first) != (SIDE, SIDE):
            raise PocketError(f"Give a picture of {SIDE} × {SIDE} pixels to begin with.")
        self.model, self.vocabulary, self.half = model, vocabulary, half
        self.drawn = np.array(first, np.uint8)
        self.letters = {COLOURS.index(colour): letter for letter, colour in LETTERS.items()}
        named = [(f"{self.letters[i]}  {colour}", i) for i, colour in enumerate(COLOURS)]
        self.colour = W.Dropdown(options=named, value=1, description="Colour")
        self.tell, self.finish, self.clear = (
            W.Button(description=text, layout=W.Layout(width="auto"))
            for text in ("What is this?", "Finish the lower half", "Clear")
        )
        self.picture, self.line = W.HTML(), W.HTML()
        self.colour.observe(lambda _: self._say(f"Now painting in {COLOURS[self.colour.value]}."), names="value")
        self.pixels = [self._pixel(place) for place in range(SIDE * SIDE)]
        layout = W.Layout(grid_template_columns=f"repeat({SIDE}, 30px)", grid_gap="1px")
        self.tell.on_click(lambda _: self.ask())
        self.finish.on_click(lambda _: self.complete())
        self.clear.on_click(lambda _: self.wipe())
        top = W.HBox([self.colour, self.tell, self.finish, self.clear], layout=W.Layout(flex_flow="row wrap"))
        super().__init__([top, W.GridBox(self.pixels, layout=layout), self.line, self.picture])
        self.add_class("pocket-widget")
        self.show(self.drawn)
        self.picture.value = gallery([(self.drawn, "to begin with")], "A picture to begin with")

    def _pixel(self, place: int) -> W.Button:
        button = W.Button(layout=W.Layout(width="30px", height="30px", padding="0", margin="0"))
        button.on_click(lambda _: self.paint(place))
        return button

    def paint(self, place: int) -> None:
        """Give a pixel, counted row by row, the chosen colour."""
        row, column = divmod(place, SIDE)
        self.drawn[row, column] = self.colour.value
        self._colour(place)
        text = self.ask()
        self._say(f"Row {row + 1}, column {column + 1} is {COLOURS[self.colour.value]}. The model says: {text}")

    def wipe(self) -> None:
        """Make everything black."""
        self.show(np.zeros((SIDE, SIDE), np.uint8))
        self._say("All is black.")

    def show(self, picture: np.ndarray) -> None:
        """Put a picture on the grid."""
        self.drawn = np.array(picture, np.uint8)
        for place in range(SIDE * SIDE):
            self._colour(place)

    def _colour(self, place: int) -> None:
        number = int(self.drawn[divmod(place, SIDE)])
        self.pixels[place].description = self.letters[number]
        self.pixels[place].style.button_color = hex_colour(number)

    def _say(self, status: str) -> None:
        self.line.value = f'<div role="status">{escape(status)}</div>'

    def ask(self) -> str:
        """Let the model say what it sees, and return it; beside it, what its tokens keep of the drawing."""
        [text] = exam.tell_pictures(self.model, self.vocabulary, [self.drawn])
        seen = self.vocabulary.pictures.decode(self.vocabulary.pictures.encode(self.drawn))
        shown = [(self.drawn, "your drawing"), (seen, f"as its tokens have it. It says: {text}")]
        self.picture.value = gallery(shown, f"The model says: {text}")
        return text

    def complete(self) -> None:
        """Let the model draw the lower half anew."""
        done = finished(self.model, self.vocabulary, self.drawn, self.half)
        told = "with a lower half by the model" if done is not None else "the model made no picture of it"
        self.picture.value = gallery([(self.drawn, "your drawing"), (done, told)], "A drawing finished by the model")

    def _ipython_display_(self) -> None:
        display_with_fallback(self, self.picture.value, "A grid to draw on, and what the model sees (needs a kernel).")
