"""Widgets of the lesson on pretraining: what a token looks at, and what may come next."""

from collections.abc import Callable, Sequence

import ipywidgets as W
import numpy as np

from pocketgpt.errors import PocketError
from pocketgpt_lessons.display.attention_grid import attention_grid
from pocketgpt_lessons.display.html import next_token_bars, token_chips
from pocketgpt_lessons.display.viewer import Viewer, looks


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
    return W.IntSlider(value, 1, high, description=description, **looks("420px"))
