"""Token explorer and merge stepper: what tokenizers make of a text, and how merges get there; a run to watch.

As in `display.viewer`, the first two are pure functions that return HTML, with thin ipywidgets shells.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

import ipywidgets as W

from pocketgpt.errors import PocketError
from pocketgpt.real_models.gpt_encodings import token_pieces
from pocketgpt.tokenizer import Pair, Tokenizer, count_pairs, merge, merge_steps, split
from pocketgpt.training.pretrain import Pretraining
from pocketgpt_lessons.display.dashboard import Dashboard
from pocketgpt_lessons.display.figure import OKABE_ITO
from pocketgpt_lessons.display.html import SMALL, card, chip, chip_notes, code, piece_text, token_chips, visible
from pocketgpt_lessons.display.viewer import Viewer, display_with_fallback, looks, tick_box

MAX_CHARACTERS = 4000  # of the explorer's text; more is cut off, and said to be
MAX_CHIPS = 300  # a tokenizer; the browser would crawl with more
MAX_STEPPER_CHARACTERS = 400


def token_explorer_view(text: str, encodings: Mapping[str, Any]) -> str:
    """A text as each tokenizer cuts it: chips with ids, how many tokens, and bytes per token, as HTML.

    `encodings` holds, by name, Tokenizers, tiktoken Encodings, or anything else with `encode(text)` → ids and
    `token_bytes(id)` → bytes. Look-alikes of special tokens are taken as text.

    >>> html = token_explorer_view("Hi <b>", {"bytes": Tokenizer([])})
    >>> "6 tokens" in html, "<b>Hi" in html
    (True, False)
    """
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # UTF-8 has no lone surrogates
    notes = []
    if len(text) > MAX_CHARACTERS:
        notes.append(f"Of {len(text):,} characters only the first {MAX_CHARACTERS:,} are looked at.")
        text = text[:MAX_CHARACTERS]
    size = len(text.encode())
    if not text:
        notes.append("Type some text.")
    elif not encodings:
        notes.append("Tick a tokenizer.")
    rows = [_explorer_row(label, encoding, text, size) for label, encoding in encodings.items() if text]
    head = f"<div><b>{_count(len(text), 'character')}, {_count(size, 'byte')}</b> in UTF-8</div>"
    said = "".join(f"<div>{note}</div>" for note in notes)
    return card(head + said + "".join(rows), "A text as tokenizers cut it")


def _explorer_row(label: str, encoding: Any, text: str, size: int) -> str:
    try:
        tokens = token_pieces(encoding, text)
    except PocketError as problem:  # an encoding that is only recorded knows some texts alone
        return f'<div style="margin-top:10px"><b>{escape(label)}</b>: {escape(str(problem))}</div>'
    shown = tokens[:MAX_CHIPS]
    chips = token_chips([piece_text(piece) for _, piece in shown], [token_id for token_id, _ in shown])
    more = f"<div>… and {len(tokens) - MAX_CHIPS:,} more</div>" if len(tokens) > MAX_CHIPS else ""
    return (
        f'<div style="margin-top:10px"><b>{escape(label)}: {_count(len(tokens), "token")}</b>, '
        f"{size / len(tokens):.1f} bytes per token</div>{chips}{more}"
    )


def _count(number: int, noun: str) -> str:
    """A number with its noun.

    >>> _count(1, "byte"), _count(2000, "byte")
    ('1 byte', '2,000 bytes')
    """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def token_explorer(text: str, encodings: Mapping[str, Any], examples: Sequence[str] = ()) -> Viewer:
    """Type a text, or choose one of the examples, and see how each ticked tokenizer cuts it.

    Other arguments as in `token_explorer_view`.
    """
    if not encodings:
        raise PocketError("Give at least one tokenizer, by name, such as {'ours': tokenizer}.")
    layout = W.Layout(width="100%", height="5em")
    area = W.Textarea(text, description="Text", layout=layout, **looks())
    boxes = [tick_box(True, label) for label in encodings]

    def render(typed: str, *ticked: bool) -> str:
        pairs = zip(encodings.items(), ticked, strict=True)
        return token_explorer_view(typed, dict(item for item, chosen in pairs if chosen))

    names = ", ".join(encodings)
    viewer = Viewer([area, *boxes], render, f"Token explorer with the tokenizers {names} (needs a kernel).")
    if examples:
        viewer.children = (_menu(examples, area), *viewer.children)
    return viewer


def _menu(examples: Sequence[str], area: W.Textarea) -> W.Dropdown:
    """A menu that puts an example into the text area, and follows what is typed there."""
    options = [("(a text of your own)", None), *((visible(example[:50]), example) for example in examples)]
    menu = W.Dropdown(
        options=options, value=area.value if area.value in examples else None, description="Example", **looks("480px")
    )

    def choose(change: dict) -> None:
        if change["new"] is not None:
            area.value = change["new"]

    def typed(change: dict) -> None:
        menu.value = change["new"] if change["new"] in examples else None

    menu.observe(choose, names="value")
    area.observe(typed, names="value")
    return menu


def merge_steps_view(text: str, merges: Tokenizer | Iterable[Pair], step: int) -> str:
    """A short text after the first `step` merges, as HTML: what was merged last, what comes next.

    `merges` is a tokenizer or its list of merges, learnt from this text or from another. PocketError for a
    text of none or of more than MAX_STEPPER_CHARACTERS characters, and for a step that isn't there.

    >>> import re
    >>> html = merge_steps_view("low lower", [(108, 111), (256, 119)], 1)
    >>> "lo, id 256, replaced 2 pairs" in re.sub("<[^>]*>", "", html)
    True
    """
    chunks = _stepper_chunks(text)
    tokenizer = merges if isinstance(merges, Tokenizer) else Tokenizer(merges, special_tokens=())
    done, last = tokenizer.merges[:step], len(tokenizer.merges)
    if not 0 <= step <= last:
        raise PocketError(f"Give a step from 0 to {last}, the number of merges, not {step}.")
    states = _after(chunks, done)
    length, size = _total(states), _total(chunks)
    pieces = [code(piece_text(tokenizer.token_bytes(i)), ";white-space:pre") for i in range(256 + last)]
    upcoming = tokenizer.merges[step] if step < last else None
    so_far = f"After {step} of {_count(last, 'merge')}: {_count(length, 'token')}"
    told = [
        f"<b>{so_far}</b> for {_count(size, 'byte')}",
        f"Vocabulary: 256 bytes + {_count(step, 'merge')} = {256 + step} ids",
        _just_merged(done, pieces, _total(_after(chunks, done[:-1])) - length),
        _merged_next(upcoming, pieces, states),
    ]
    new_id = 255 + step if step else None
    frames = [_chunk_frame(ids, pieces, new_id, upcoming) for ids in states]
    lines = "".join(f"<div>{line}</div>" for line in told)
    legend = (
        "Grey frame: a chunk of the text; no merge crosses it. Below each token: its id; “new” (thick frame): "
        "made by the last merge; “next” (dashed frame): to be joined by the next one."
    )
    return card(
        f'{lines}<div style="margin:8px 0">{"".join(frames)}</div><div style="{SMALL}">{legend}</div>',
        f"The text after {_count(step, 'merge')}",
    )


def _stepper_chunks(text: str) -> list[bytes]:
    if not 0 < len(text) <= MAX_STEPPER_CHARACTERS:
        raise PocketError(f"Give a text of 1 to {MAX_STEPPER_CHARACTERS} characters, not {len(text)}.")
    return [chunk.encode("utf-8", "replace") for chunk in split(text)]


def _after(chunks: Iterable[bytes], merges: Sequence[Pair]) -> list[list[int]]:
    """Each chunk's ids when these merges are done."""
    new_ids = {pair: new_id for new_id, pair in enumerate(merges, 256)}
    return [list(merge_steps(chunk, new_ids))[-1] for chunk in chunks]


def _total(chunks: Iterable[Sequence[int]]) -> int:
    return sum(map(len, chunks))


def _just_merged(merges: Sequence[Pair], pieces: Sequence[str], replaced: int) -> str:
    if not merges:
        return "Nothing is merged yet: every byte is a token."
    (left, right), new_id = merges[-1], 255 + len(merges)
    return (
        f"Just merged: {pieces[left]} + {pieces[right]} → {pieces[new_id]}, id {new_id}, "
        f"replaced {_count(replaced, 'pair')} in this text"
    )


def _merged_next(pair: Pair | None, pieces: Sequence[str], states: Sequence[list[int]]) -> str:
    if pair is None:
        return "There are no more merges."
    count = sum(count_pairs(ids)[pair] for ids in states)
    return f"Next: {pieces[pair[0]]} + {pieces[pair[1]]}, {_count(count, 'pair')} in this text"


def _chunk_frame(ids: Sequence[int], pieces: Sequence[str], new_id: int | None, upcoming: Pair | None) -> str:
    chips, i = [], 0
    while i < len(ids):
        joined = tuple(ids[i : i + 2]) == upcoming
        for token_id in ids[i : i + 1 + joined]:
            chips.append(_chip(token_id, pieces[token_id], token_id == new_id, joined))
        i += 1 + joined
    frame = "display:inline-block;border:1px solid #999;border-radius:6px;margin:2px;padding:1px 2px"
    return f'<span style="{frame}">{"".join(chips)}</span>'


def _chip(token_id: int, piece: str, new: bool, joined: bool) -> str:
    """A token with its id and, in words and by its border, whether it is new or about to be merged."""
    border, tint = "1px solid #555", "#fff"
    if new:
        border, tint = f"3px solid {OKABE_ITO[2]}", "#DDF2EA"
    if joined:
        border, tint = f"3px dashed {OKABE_ITO[5]}", "#FDF0D5"
    look = (
        f"box-sizing:border-box;padding:1px 4px;min-width:24px;min-height:28px;border:{border};border-radius:4px;"
        f"background:{tint};color:#000"
    )
    return chip(piece, chip_notes([str(token_id)] + ["new"] * new + ["next"] * joined), look)


class MergeStepper(Viewer):
    """A slider over the merges, with a button for one back and one on. Made by `merge_stepper`."""

    def __init__(self, text: str, tokenizer: Tokenizer):
        last = len(tokenizer.merges)
        self.slider = W.IntSlider(0, 0, last, description="Merges done", **looks("360px"))
        self.back = W.Button(description="◀ one back", layout=W.Layout(width="auto"))
        self.forward = W.Button(description="one on ▶", layout=W.Layout(width="auto"))
        self.back.on_click(lambda _: self._go(-1))
        self.forward.on_click(lambda _: self._go(+1))
        told = f"Merge stepper over {last} merges (needs a kernel)."
        super().__init__([self.slider], lambda step: merge_steps_view(text, tokenizer, step), told)
        self.children[0].children = (self.back, self.slider, self.forward)

    def _go(self, steps: int) -> None:
        self.slider.value += steps

    def refresh(self, change=None) -> None:
        super().refresh(change)
        self.back.disabled = self.slider.value == 0
        self.forward.disabled = self.slider.value == self.slider.max

    def _ipython_display_(self) -> None:
        last = self.slider.max
        stills = "".join(map(self.render, sorted({0, last // 2, last})))  # what a page without a kernel shows
        display_with_fallback(self, stills, self.text)


def merge_stepper(text: str, n_merges: int = 20) -> MergeStepper:
    """Learn merges from a short text and watch them one by one; fewer where the text has no more pairs.

    PocketError for a text of more than MAX_STEPPER_CHARACTERS characters, or with no pair to merge.
    """
    merges = _learn(_stepper_chunks(text), n_merges)
    if not merges:
        raise PocketError("Give a text with at least one word of two letters, and n_merges of at least 1.")
    return MergeStepper(text, Tokenizer(merges, special_tokens=()))


def _learn(chunks: Iterable[bytes], wanted: int) -> list[Pair]:
    """The merges that Tokenizer.train would learn, but no error where there are fewer of them.

    >>> _learn([b"low", b" low"], 9)
    [(108, 111), (256, 119), (32, 257)]
    """
    states, merges = [list(chunk) for chunk in chunks], []
    while len(merges) < wanted:
        counts: Counter[Pair] = sum(map(count_pairs, states), Counter())
        if not counts:
            break
        merges.append(min(counts, key=lambda pair: (-counts[pair], pair)))
        states = [merge(ids, merges[-1], 255 + len(merges)) for ids in states]
    return merges


def watch(run: Pretraining) -> dict:
    """Train a run to its end on a dashboard; returns its results."""
    size = run.corpus.tokenizer.vocab_size
    dashboard = Dashboard(run.planned_tokens, title=f"{size:,} ids: the loss per token falls", uniform=math.log(size))
    for _ in dashboard.watch(run):
        pass
    return run.results()
