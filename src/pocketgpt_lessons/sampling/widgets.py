"""Sampling playground and tree of continuations: what temperature and filters do, and where a text may go.

As in `display.viewer`, each is a pure function that returns HTML and a thin ipywidgets shell.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from html import escape

import ipywidgets as W
import numpy as np
import torch

from pocketgpt.errors import PocketError
from pocketgpt.model import GPT
from pocketgpt.sampling.distribution import next_token_distribution
from pocketgpt.sampling.generate import prompt_ids
from pocketgpt.tokenizer import AnyTokenizer
from pocketgpt_lessons.display.figure import OKABE_ITO
from pocketgpt_lessons.display.html import FONT, MONO, SMALL, card, code, percent, visible
from pocketgpt_lessons.display.viewer import Viewer, looks

DRAWS = 12
ROWS = 12  # tokens with a bar of their own
TOP_K = (*range(1, 11), 15, 20, 30, 50, 100)
MAX_LEAVES = 24  # of a tree: with four branches and five levels it would have 1,024

_SKY, _ORANGE, _VERMILION = OKABE_ITO[4], OKABE_ITO[1], OKABE_ITO[5]
_LOOK = {"width": "390px", "label_width": "110px"}  # of the controls

Path = list[tuple[int, float]]  # tokens after the prompt, each with its probability given all before


def entropy_bits(probabilities: np.ndarray) -> float:
    """Entropy of a distribution (V,) in bits: 0 if one token is certain, log2 V if all are alike.

    >>> entropy_bits(np.array([0.5, 0.25, 0.25, 0.0]))
    1.5
    """
    kept = probabilities[probabilities > 0]
    return float(-(kept * np.log2(kept)).sum())


def playground_view(
    logits: Sequence,
    piece_of: Callable[[int], str],
    temperature: float = 1.0,
    top_k: int = 0,
    top_p: float = 1.0,
    min_p: float = 0.0,
    seed: int = 0,
) -> str:
    """One next-token distribution before and after temperature and filters, and some draws from it, as HTML.

    `logits` is (V,); `piece_of` gives an id's text; `top_k` 0 keeps all tokens. Filters apply in the order of
    the arguments.

    >>> html = playground_view([3.0, 2.0, 1.0], "abc".__getitem__, top_k=2)
    >>> "2 of 3 tokens left" in html, html.count("✗ cut off")
    (True, 1)
    """
    logits = torch.as_tensor(logits, dtype=torch.float64)  # float32 would round unlikely tokens to 0
    before = logits.softmax(-1).numpy()
    # A limit of 1 keeps all, but rounding of the running total could drop the last token.
    filtered = next_token_distribution(logits, temperature, top_k or None, top_p if top_p < 1 else None, min_p)
    after = filtered.numpy()
    generator = torch.Generator().manual_seed(seed)
    draws = torch.multinomial(filtered, DRAWS, replacement=True, generator=generator).tolist()
    order = np.argsort(-before, kind="stable")
    rows = [_token_row(piece_of(int(i)), before[i], after[i]) for i in order[:ROWS]]
    rest = order[ROWS:]
    if len(rest):
        rows.append(_rest_row(len(rest), before[rest].sum(), after[rest]))
    told = (
        f"Temperature {temperature:.1f}, top-k {top_k or 'all'}, top-p {top_p:.2f}, min-p {min_p:.2f}: "
        f"{np.count_nonzero(after):,} of {len(after):,} tokens left · entropy {entropy_bits(before):.2f} bits "
        f"before, {entropy_bits(after):.2f} after"
    )
    return card(
        f'<div style="margin-bottom:6px"><b>{told}</b></div>{_two_bar_grid(rows)}{_drawn(draws, piece_of, seed)}',
        f"A next-token distribution before and after temperature and filters: {told}",
    )


def _two_bar_grid(rows: Sequence[str]) -> str:
    head = "".join(f"<div><b>{name}</b></div>" for name in ("token", "", "before", "after", ""))
    return (
        '<div style="display:grid;gap:3px 10px;align-items:center;grid-template-columns:'
        f'max-content minmax(120px,1fr) max-content max-content minmax(70px,max-content)">{head}'
        f'{"".join(rows)}</div><div style="{SMALL};margin-top:4px">Upper, pale bar: before. Lower, dark-framed bar: '
        "after. A token that is struck through can't be drawn any more.</div>"
    )


def _token_row(piece: str, before: float, after: float) -> str:
    name = code(piece)
    if after > 0:
        return _row(name, before, after, "")
    return _row(f"<s>{name}</s>", before, after, "✗ cut off")


def _rest_row(count: int, before: float, after: np.ndarray) -> str:
    left = np.count_nonzero(after)
    note = "" if left == count else f"{left:,} left"
    return _row(f"<i>{count:,} others</i>", before, after.sum(), note)


def _row(name: str, before: float, after: float, note: str) -> str:
    """Five cells of the grid: name (HTML), two bars, two percentages, a note."""
    return (
        f'<div>{name}</div><div style="background:#F4F4F4">'
        f'<div style="height:7px;width:{100 * before:.2f}%;background:#BFE0F5"></div>'
        f'<div style="height:9px;box-sizing:border-box;width:{100 * after:.2f}%;background:{_ORANGE};'
        f'{"border:1px solid #000" if after > 0 else ""}"></div></div>'
        f'<div style="text-align:right">{percent(before)}</div>'
        f'<div style="text-align:right"><b>{percent(after) if after > 0 else "–"}</b></div><div>{note}</div>'
    )


def _drawn(draws: Iterable[int], piece_of: Callable[[int], str], seed: int) -> str:
    frame = "display:inline-block;border:1px solid #555;border-radius:4px;padding:0 5px;margin:2px"
    chips = "".join(f'<span style="{frame};font-family:{MONO}">{escape(visible(piece_of(i)))}</span>' for i in draws)
    return f'<div style="margin-top:8px"><b>{DRAWS} draws with seed {seed}:</b> {chips}</div>'


def sampling_playground(
    model: GPT, tokenizer: AnyTokenizer, prompt: str, temperature: float = 1.0, top_p: float = 1.0
) -> Viewer:
    """A prompt to change, and sliders for temperature, top-k, top-p, min-p and the seed; opens on what is given."""
    pieces = [tokenizer.decode([i]) for i in range(tokenizer.vocab_size)]

    @cache
    def logits_after(prompt: str) -> torch.Tensor:
        with torch.inference_mode():
            return model(torch.tensor([prompt_ids(tokenizer, prompt)], device=model.device))[0, -1].cpu()

    def render(prompt: str, *values) -> str:
        if len(prompt_ids(tokenizer, prompt)) > model.config.context:
            return card(f"Shorten the prompt: the model reads {model.config.context} tokens at most.", "Playground")
        return playground_view(logits_after(prompt), pieces.__getitem__, *values)

    wide = {"width": "560px", "label_width": "110px"}
    controls = [
        W.Textarea(prompt, description="Prompt", continuous_update=False, rows=3, **looks(**wide)),
        W.FloatSlider(temperature, min=0.1, max=3.0, step=0.1, description="Temperature", **looks(**_LOOK)),
        W.SelectionSlider(
            options=[*((str(k), k) for k in TOP_K), ("all", 0)], value=0, description="Top-k", **looks(**_LOOK)
        ),
        W.FloatSlider(top_p, min=0.05, max=1.0, step=0.05, description="Top-p", **looks(**_LOOK)),
        W.FloatSlider(0.0, min=0.0, max=1.0, step=0.05, description="Min-p", **looks(**_LOOK)),
        W.IntSlider(0, 0, 20, description="Seed", **looks(**_LOOK)),
    ]
    return Viewer(controls, render, f"Sampling playground over {len(pieces):,} tokens (needs a kernel).")


def likely_paths(
    next_probabilities: Callable[[Sequence[tuple[int, ...]]], Sequence[np.ndarray]],
    branches: int,
    depth: int,
    end: int | None = None,
    keep: int = MAX_LEAVES,
) -> list[Path]:
    """The likeliest `branches` tokens after each token, `depth` levels deep: at most `keep` likeliest paths.

    `next_probabilities` gives, for each of several rows of tokens after the prompt, the probabilities (V,) of
    the next one. A path ends after the token `end`. The greedy path, which always takes the likeliest token,
    comes first and is never left out; neighbours in the list share their beginnings.
    """
    paths: list[Path] = [[]]
    for level in range(depth):
        going = [path for path in paths if len(path) == level and not (path and path[-1][0] == end)]
        found = next_probabilities([tuple(token for token, _ in path) for path in going])
        grown: dict[int, list[Path]] = {}
        for path, row in zip(going, found, strict=True):
            best = np.argsort(-row, kind="stable")[:branches]
            grown[id(path)] = [[*path, (int(i), float(row[i]))] for i in best]
        paths = [longer for path in paths for longer in grown.get(id(path), [path])]
        worth = sorted(range(1, len(paths)), key=lambda i: -path_probability(paths[i]))[: keep - 1]
        paths = [paths[i] for i in [0, *sorted(worth)]]
    return paths


def path_probability(path: Path) -> float:
    """Product of a path's probabilities.

    >>> path_probability([(7, 0.5), (9, 0.5)])
    0.25
    """
    return math.prod(probability for _, probability in path)


# Of the tree, in its own units: a level, a box, a leaf, the first level.
_STEP, _BOX, _LINE, _LEFT = 152, 128, 27, 44


def tree_view(prompt: str, paths: Sequence[Path], piece_of: Callable[[int], str]) -> str:
    """Paths, as `likely_paths` returns them, as a tree in SVG on a card; the first one is the greedy path."""
    if not paths or not paths[0]:
        raise PocketError("Give at least one path of at least one token.")
    greedy = "".join(piece_of(token) for token, _ in paths[0])
    share = percent(path_probability(paths[0]))
    together = percent(sum(map(path_probability, paths)))
    told = f"Greedy path “{visible(greedy)}”: {share}. All {len(paths)} paths shown: {together} together."
    depth = max(map(len, paths))
    width, height = _LEFT + _STEP * depth + 130, _LINE * len(paths) + 8
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'style="max-width:100%;width:{width}px;{FONT}" aria-label="{escape(f"Tree of continuations. {told}")}">'
        f"<title>Tree of continuations</title><desc>{escape(told)}</desc>{_branches(paths, piece_of)}</svg>"
    )
    head = f"<div><b>After</b> {code(prompt)}</div>"
    foot = (
        f'<div style="{SMALL}">In each box: a token and its probability after what stands before it; at the end: '
        "the probability of the whole path. ★ and a thick frame: the greedy path.</div>"
    )
    return card(f"{head}{svg}<div>{escape(told)}</div>{foot}", "Tree of continuations")


def _branches(paths: Sequence[Path], piece_of: Callable[[int], str]) -> str:
    """Lines first, boxes above them: each beginning of a path once, at the middle of the paths that share it."""
    leaves: dict[tuple[int, ...], list[int]] = {}
    probability: dict[tuple[int, ...], float] = {}
    for row, path in enumerate(paths):
        tokens = tuple(token for token, _ in path)
        for n in range(len(tokens) + 1):
            leaves.setdefault(tokens[:n], []).append(row)
            probability[tokens[:n]] = path[n - 1][1] if n else 1.0
    place = {key: (_LEFT + _STEP * (len(key) - 1), _LINE * np.mean(rows) + 17) for key, rows in leaves.items()}
    place[()] = (8 - _BOX, place[()][1])  # where the lines begin
    lines = [_line(place[key[:-1]], place[key], probability[key], 0 in leaves[key]) for key in leaves if key]
    boxes = [_box(place[key], piece_of(key[-1]), probability[key], 0 in leaves[key]) for key in leaves if key]
    return "".join(lines + boxes + [_leaf(place, path, row == 0) for row, path in enumerate(paths)])


def _line(start: tuple[float, float], end: tuple[float, float], share: float, greedy: bool) -> str:
    (x, y), (to_x, to_y) = (start[0] + _BOX, start[1]), end
    colour = "#000" if greedy else "#777"
    return (
        f'<path d="M{x:.0f} {y:.1f} C{x + 14:.0f} {y:.1f} {to_x - 14:.0f} {to_y:.1f} {to_x:.0f} {to_y:.1f}" '
        f'fill="none" stroke="{colour}" stroke-width="{0.7 + 4 * share:.1f}"/>'
    )


def _box(place: tuple[float, float], piece: str, share: float, greedy: bool) -> str:
    x, y = place
    text = visible(piece)
    text = text if len(text) <= 9 else text[:8] + "…"
    frame = f'stroke="{_VERMILION}" stroke-width="2.5"' if greedy else 'stroke="#555" stroke-width="1"'
    return (
        f'<rect x="{x:.0f}" y="{y - 11:.1f}" width="{_BOX}" height="22" rx="4" fill="#fff" {frame}/>'
        f'<rect x="{x + 1.5:.1f}" y="{y + 6.5:.1f}" width="{(_BOX - 3) * share:.1f}" height="3" fill="{_SKY}"/>'
        f'<text x="{x + 6:.0f}" y="{y + 3.5:.1f}" font-size="13" font-family="{MONO}" fill="#000">'
        f'{escape(text)}</text><text x="{x + _BOX - 5:.0f}" y="{y + 3.5:.1f}" font-size="12" text-anchor="end" '
        f'fill="#000">{_short_percent(share)}</text>'
    )


def _leaf(place: dict, path: Path, greedy: bool) -> str:
    x, y = place[tuple(token for token, _ in path)]
    mark = " ★" if greedy else ""
    return (
        f'<text x="{x + _BOX + 8:.0f}" y="{y + 4.5:.1f}" font-size="13" font-weight="bold" fill="#000">'
        f"{_short_percent(path_probability(path))}{mark}</text>"
    )


def _short_percent(share: float) -> str:
    """A percentage that fits into a box, as HTML."""
    return escape(percent(share).replace("under ", "<"))


class NextProbabilities:
    """A model's next-token probabilities after a prompt and some more tokens, each row computed only once."""

    def __init__(self, model: GPT, prompt: Sequence[int]):
        self.model, self.prompt = model, list(prompt)
        self.known: dict[tuple[int, ...], np.ndarray] = {}

    @torch.inference_mode()
    def __call__(self, rows: Sequence[tuple[int, ...]]) -> list[np.ndarray]:
        """Probabilities (V,) for each row of tokens; all rows are of one length."""
        new = [row for row in rows if row not in self.known]
        if new:
            ids = torch.tensor([self.prompt + list(row) for row in new], device=self.model.device)
            found = self.model(ids)[:, -1].softmax(-1).cpu().numpy()
            self.known |= dict(zip(new, found, strict=True))
        return [self.known[row] for row in rows]


def continuation_tree(model: GPT, tokenizer, prompt: str, branches: int = 3, depth: int = 3) -> Viewer:
    """Sliders for how many tokens to follow at each place (1 to 4) and how far (1 to 5).

    All that the sliders can ask for is computed at once, so that they answer at once later.
    """
    if not 1 <= branches <= 4 or not 1 <= depth <= 5:
        raise PocketError("Choose 1 to 4 branches and a depth of 1 to 5.")
    ids = prompt_ids(tokenizer, prompt)
    if len(ids) + 5 > model.config.context:
        raise PocketError(f"Shorten the prompt to {model.config.context - 6} tokens.")
    ask = NextProbabilities(model, ids)

    def render(branches: int, depth: int) -> str:
        paths = likely_paths(ask, branches, depth, tokenizer.eot_id)
        return tree_view(prompt, paths, lambda token: tokenizer.decode([token]))

    for most in range(1, 5):
        likely_paths(ask, most, 5, tokenizer.eot_id)
    controls = [
        W.IntSlider(branches, 1, 4, description="Branches", **looks(**_LOOK)),
        W.IntSlider(depth, 1, 5, description="Depth in tokens", **looks(**_LOOK)),
    ]
    return Viewer(controls, render, f"Tree of continuations of “{prompt}” (needs a kernel).")
