"""Widgets of the lesson on pretraining: what a token looks at, and what may come next."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

import ipywidgets as W
import numpy as np
import torch

from pocketgpt.errors import PocketError
from pocketgpt.model import GPT
from pocketgpt.sampling.generate import prompt_ids
from pocketgpt.tokenizer import Tokenizer
from pocketgpt_lessons.display.attention_grid import attention_grid
from pocketgpt_lessons.display.html import FONT, code, next_token_bars
from pocketgpt_lessons.display.viewer import Viewer, looks

BARS = 4  # likeliest tokens that get a bar, and the true one


def attention_view(attention: Sequence, pieces: Sequence[str], layer: int, head: int, query: int) -> str:
    """One head's attention grid as HTML; `attention` holds an (n_head, T, T) array per layer.

    `layer`, `head` and `query` count from 1, as on screen.
    """
    return attention_grid(pieces, np.asarray(attention[layer - 1])[head - 1], query - 1)


def strongest_look(attention: Sequence, query: int, places: Sequence[int]) -> tuple[int, int, float]:
    """Layer and head, counted from 1, that look most from one token at some places, and the share of their look.

    `attention` as in `attention_view`; `query` and `places` count from 0.

    >>> strongest_look([np.array([[[1, 0], [0.8, 0.2]], [[1, 0], [0.1, 0.9]]])], 1, [0])
    (1, 1, 0.8)
    """
    shares = np.array([np.asarray(layer)[:, query, list(places)].sum(-1) for layer in attention])  # (layers, heads)
    layer, head = np.unravel_index(shares.argmax(), shares.shape)
    return int(layer) + 1, int(head) + 1, float(shares[layer, head])


def attention_viewer(
    attention: Sequence, pieces: Sequence[str], layer: int = 1, head: int = 1, query: int | None = None
) -> Viewer:
    """Choose layer, head and token, and see where that token looks; arguments as in `attention_view`.

    It opens on those that are given, and on the last token where none is.
    """
    if not len(attention) or len(pieces) < 2:
        raise PocketError("Give the attention of at least one layer, on a text of at least two tokens.")
    n_head = len(attention[0])
    controls = [
        W.Dropdown(options=list(range(1, len(attention) + 1)), value=layer, description="Layer"),
        W.Dropdown(options=list(range(1, n_head + 1)), value=head, description="Head"),
        _slider("Token", len(pieces), value=query or len(pieces)),
    ]
    text = f"Attention of {len(attention)} layers of {n_head} heads on {len(pieces)} tokens (needs a kernel)."
    return Viewer(controls, lambda *values: attention_view(attention, pieces, *values), text)


@dataclass(frozen=True)
class Reading:
    """A sentence after a beginning of its own, and what a model expected after each of its tokens."""

    label: str
    beginning: str
    pieces: Sequence[str]  # of the sentence, from which the model guesses
    expected: np.ndarray  # (len(pieces) + 1, V): row t holds the probabilities after t of the pieces
    true: Sequence[int]  # (len(pieces) + 1): the ids of the sentence and of the first token of its end


@torch.no_grad()
def read(model: GPT, tokenizer: Tokenizer, label: str, beginning: str, sentence: str, end: str) -> Reading:
    """What the model expects while it reads a sentence after a beginning, up to where the `end` is due."""
    whole = prompt_ids(tokenizer, beginning + sentence)
    ids = whole[-len(tokenizer.encode(sentence)) :]
    expected = model(torch.tensor([whole]))[0, -len(ids) - 1 :].softmax(-1).numpy()
    pieces = [tokenizer.decode([i]) for i in ids]
    return Reading(label, beginning, pieces, expected, [*ids, tokenizer.encode(end)[0]])


def readings_view(readings: Sequence[Reading], piece_of: Callable[[int], str], shown: int) -> str:
    """Side by side, what is expected after `shown` tokens of a sentence that several texts share, as HTML.

    `piece_of` gives an id's text.
    """
    return (
        f'<div style="display:grid;gap:12px;{FONT};grid-template-columns:repeat(auto-fit,minmax(min(100%,400px),1fr))">'
        f"{''.join(_reading_view(reading, piece_of, shown) for reading in readings)}</div>"
    )


def _reading_view(reading: Reading, piece_of: Callable[[int], str], shown: int) -> str:
    row, true = reading.expected[shown], reading.true[shown]
    best = list(np.argsort(-row, kind="stable")[:BARS])
    best += [true] * (true not in best)
    bars = next_token_bars([piece_of(int(i)) for i in best], row[best], true=best.index(true))
    text = code(reading.beginning + "".join(reading.pieces[:shown]), ";overflow-wrap:anywhere")
    return f"<div><b>{escape(reading.label)}</b><br/>{text}{bars}</div>"


def readings_viewer(readings: Sequence[Reading], piece_of: Callable[[int], str]) -> Viewer:
    """Walk through a sentence token by token, in several texts at once; it opens before the sentence's end."""
    steps = {len(reading.pieces) for reading in readings}
    if len(steps) != 1:
        raise PocketError("Give at least one reading, and each of the same sentence.")
    slider = W.IntSlider(max(steps), 0, max(steps), description="Tokens read", **looks("420px"))
    text = f"Next-token bars for {len(readings)} texts (needs a kernel)."
    return Viewer([slider], lambda shown: readings_view(readings, piece_of, shown), text)


def _slider(description: str, high: int, value: int) -> W.IntSlider:
    """From 1 to `high`, which must be more than 1: the browser's slider fails on an empty range."""
    return W.IntSlider(value, 1, high, description=description, **looks("420px"))
