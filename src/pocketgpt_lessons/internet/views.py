"""Pictures of a crawl and its cleaning: figures, and one page's way through the stages as HTML.

As in `display.html` and `display.charts`: plain data in, a `Figure` or escaped, well-formed HTML out.
`fate_viewer` is the thin ipywidgets shell over `fate_view`; `watch` is a dashboard over a run.
"""

import math
from collections.abc import Mapping, Sequence
from html import escape

import ipywidgets as W
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter, StrMethodFormatter

from pocketgpt.errors import PocketError
from pocketgpt.internet import STAGES, Fate, Score, detect_language, explain, find_personal_data
from pocketgpt.internet.near_duplicates import caught
from pocketgpt.sampling.generate import generate
from pocketgpt.training.pretrain import Pretraining
from pocketgpt_lessons.display.dashboard import Dashboard
from pocketgpt_lessons.display.figure import OKABE_ITO, Point, labelled_axes, series_style
from pocketgpt_lessons.display.html import MONO, card
from pocketgpt_lessons.display.viewer import Viewer, looks

STAGE_NAMES = {
    "crawl": "pages crawled",
    "url": "URL filter",
    "extract": "text extraction",
    "language": "language",
    "quality": "quality",
    "exact": "exact copies",
    "near": "near copies",
    "personal": "personal data",
}
MAX_SHOWN = 3000  # characters of a text in a view; more is cut off, and said to be
_GREEN, _VERMILION = OKABE_ITO[2], OKABE_ITO[5]
_BOX = (
    "border:1px solid #bbb;padding:6px 8px;max-height:320px;overflow:auto;white-space:pre-wrap;"
    f"overflow-wrap:anywhere;font:12px/1.45 {MONO}"
)


def funnel_chart(funnel: Sequence[tuple[str, int]], title: str) -> Figure:
    """How many pages are left after each stage, as bars with numbers; `funnel` is from Results.funnel().

    >>> bars = funnel_chart([("crawl", 10), ("url", 8)], "Two of ten pages go").axes[0].patches
    >>> [round(bar.get_width()) for bar in bars]
    [10, 8]
    """
    if not funnel or not funnel[0][1]:
        raise PocketError("Give a funnel that begins with at least one page.")
    figure, axes = labelled_axes(title, "pages left", "", height=1.4 + 0.42 * len(funnel))
    counts = [count for _, count in funnel]
    rows = np.arange(len(funnel))
    axes.barh(rows, counts, height=0.7, color=OKABE_ITO[4], edgecolor="black", lw=0.8)
    for row, count in enumerate(counts):
        lost = counts[row - 1] - count if row else 0
        told = f"{count:,} ({count / counts[0]:.0%})" + (f", {lost:,} dropped" if lost else "")
        axes.annotate(told, (count, row), (6, 0), textcoords="offset points", va="center", fontsize=11)
    names = [("" if row == 0 else f"{row} · ") + STAGE_NAMES[stage] for row, (stage, _) in enumerate(funnel)]
    axes.set_yticks(rows, names, fontsize=12)
    axes.set_ylim(len(funnel) - 0.4, -0.6)
    axes.set_xlim(0, 1.45 * counts[0])  # room for the numbers at the bars' ends
    axes.set_xticks(np.linspace(0, counts[0], 6))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.grid(False, axis="y")
    return figure


def score_chart(rows: Sequence[Score], title: str) -> Figure:
    """Precision and recall (%) of each stage, one row a stage; a stage that had nothing to do has no mark."""
    figure, axes = labelled_axes(title, "precision, recall (%)", "", height=1.6 + 0.42 * len(rows))
    height = np.arange(len(rows))
    for index, name in enumerate(("precision", "recall")):
        colour, marker, _ = series_style(index)
        values = [100 * getattr(row, name) for row in rows]
        shifted = height + (index - 0.5) * 0.28  # side by side, or one would hide the other
        axes.hlines(shifted, 0, values, color=colour, lw=1.5)
        axes.plot(values, shifted, marker, color=colour, ms=8, label=name)
        for value, at in zip(values, shifted, strict=True):
            if not math.isnan(value):
                axes.annotate(f"{value:.1f}", (value, at), (8, 0), textcoords="offset points", va="center")
    axes.set_yticks(height, [f"{STAGE_NAMES[row.stage]}\n({row.unit})" for row in rows], fontsize=11)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlim(0, 108)
    axes.grid(False, axis="y")
    figure.legend(frameon=False, fontsize=11, loc="outside upper right", ncols=2)
    return figure


def similarity_curves(curves: Mapping[str, tuple[int, int]], title: str) -> Figure:
    """Chance that two texts land in one bucket, by how similar they are; (bands, rows) by name."""
    figure, axes = labelled_axes(title, "similarity of two texts (Jaccard)", "chance to be compared")
    similarity = np.linspace(0, 1, 201)
    for index, (name, (bands, rows)) in enumerate(curves.items()):
        colour, marker, line = series_style(index)
        found = [caught(s, bands, rows) for s in similarity]
        axes.plot(similarity, found, color=colour, ls=line, marker=marker, markevery=20, lw=2, label=name)
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    axes.legend(frameon=False, fontsize=11, loc="upper left")
    return figure


def extraction_view(html: str) -> str:
    """The blocks of a page in order, each with what text extraction makes of it: kept, or dropped and why."""
    rows = "".join(_block_row(text, verdict) for text, verdict in explain(html))
    return card(rows or "This page has no text at all.", "Blocks of a page, kept or dropped")


def _block_row(text: str, verdict: str) -> str:
    kept = verdict == "kept"
    edge, back = (f"5px solid {_GREEN}", "#E6F5F0") if kept else ("5px dotted #999", "#fff")
    said = "<b>✓ kept</b>" if kept else f"✗ {escape(verdict)}"
    return (
        f'<div style="display:flex;gap:10px;border-left:{edge};background:{back};margin:3px 0;padding:3px 8px">'
        f'<div style="flex:0 0 190px;color:#333">{said}</div>'
        f'<div style="white-space:pre-wrap;overflow-wrap:anywhere">{_shown(text, 400)}</div></div>'
    )


def _columns(texts: Mapping[str, str]) -> str:
    columns = "".join(
        f'<div style="flex:1 1 260px"><b>{escape(name)}</b><div tabindex="0" style="{_BOX}">{_shown(text)}</div></div>'
        for name, text in texts.items()
    )
    return f'<div style="display:flex;flex-wrap:wrap;gap:12px">{columns}</div>'


def fate_view(fate: Fate, number: int) -> str:
    """What stage `number` (from 1) did to a page: the text before and after, its verdict, and the truth.

    PocketError for a number that no stage has.
    """
    if not 1 <= number <= len(STAGES):
        raise PocketError(f"Give a stage from 1 to {len(STAGES)}, not {number}.")
    stage = STAGES[number - 1]
    before, after = _before(fate, number), fate.text_after(stage)
    if before is None:
        gone = f"The page never came here: the stage “{STAGE_NAMES[fate.dropped_by]}” had dropped it."
        body = f'<div style="margin:8px 0">{gone}</div>'
    else:
        body = _verdict(fate, stage)
        shown = {"before": before, "after": after} if after not in (None, before) else {"the text": before}
        body += _columns(shown)
    head = f'<div style="overflow-wrap:anywhere"><b>{_shown(fate.page.url)}</b></div>'
    return card(head + _steps(fate, number) + body + _truth(fate), "One page and its fate")


def _before(fate: Fate, number: int) -> str | None:
    if number == 1:
        return fate.page.url
    return fate.text_after(STAGES[number - 2])


def _steps(fate: Fate, number: int) -> str:
    """The stages in a row: passed ✓, dropped ✗, never reached –; the current one framed."""
    end = STAGES.index(fate.dropped_by) if fate.dropped_by else len(STAGES)
    chips = []
    for i, stage in enumerate(STAGES):
        mark = "✓" if i < end else "✗" if i == end else "–"
        frame = f"3px solid {_VERMILION};font-weight:bold" if i == number - 1 else "1px solid #777"
        chips.append(
            f'<span style="border:{frame};border-radius:4px;padding:2px 7px">{i + 1} {STAGE_NAMES[stage]} {mark}</span>'
        )
    return f'<div style="display:flex;flex-wrap:wrap;gap:5px;margin:8px 0">{"".join(chips)}</div>'


def _verdict(fate: Fate, stage: str) -> str:
    said = f"✗ Dropped: {fate.why}" if fate.dropped_by == stage else f"✓ {_passed(fate, stage)}"
    return f'<div style="margin:8px 0"><b>{_shown(said)}</b></div>'


def _passed(fate: Fate, stage: str) -> str:
    """Why a stage let a page go on, in words."""
    if stage == "language":
        guess = detect_language(fate.extracted)
        if guess.language == "unknown":
            return "Goes on: no small word of any language, so there is no telling"
        return f"Goes on: {guess.english:.0%} of its words are in English sentences"
    if stage == "extract":
        share = len(fate.extracted) / len(fate.page.html)
        return f"Goes on: {share:.0%} of the HTML's characters are text that somebody came to read"
    if stage == "personal":
        found = len(find_personal_data(fate.extracted))
        return f"Kept; pieces of personal data masked: {found}"
    why = {
        "url": "its domain is not on the list",
        "quality": "no rule objects",
        "exact": "no earlier page has the same text",
        "near": "no earlier page is similar enough",
    }
    return f"Goes on: {why[stage]}"


def _truth(fate: Fate) -> str:
    """What should have become of the page, and whether it did."""
    truth = fate.page.truth
    wanted = f"should go ({', '.join(truth.reasons)})" if truth.reasons else "should stay"
    right = bool(truth.reasons) == bool(fate.dropped_by)
    end = "is dropped" if fate.dropped_by else "is kept"
    mark = "✓ rightly" if right else "✗ wrongly"
    told = f"The truth: this page {wanted}. In the end it {end}, {mark}."
    return f'<div style="margin-top:8px;border-top:1px solid #bbb;padding-top:6px">{escape(told)}</div>'


def examples(fates: Sequence[Fate]) -> list[Fate]:
    """One page of each ending: kept (with personal data or without) or dropped by a stage, rightly or wrongly."""
    firsts: dict[tuple, Fate] = {}
    for fate in fates:
        right = bool(fate.page.truth.reasons) == bool(fate.dropped_by)
        masked = fate.masked != fate.extracted
        firsts.setdefault((fate.dropped_by, right, masked), fate)
    order = [None, *STAGES]  # those that were kept first
    return sorted(firsts.values(), key=lambda fate: order.index(fate.dropped_by))


def fate_viewer(fates: Sequence[Fate]) -> Viewer:
    """Choose a page and step through the stages; PocketError if there is no page.

    It opens where a good page is lost, if there is one: at the stage that drops it.
    """
    if not fates:
        raise PocketError("Give at least one page's fate.")
    first = max(range(len(fates)), key=lambda i: _telling(fates[i]))
    start = STAGES.index(fates[first].dropped_by or STAGES[0]) + 1
    names = [f"{i + 1} · {fate.page.url.removeprefix('https://')[:60]}" for i, fate in enumerate(fates)]
    options = list(zip(names, range(len(fates)), strict=True))
    page = W.Dropdown(options=options, value=first, description="Page", **looks("420px"))
    stage = W.IntSlider(start, 1, len(STAGES), description="Stage", **looks("420px"))
    text = f"The fates of {len(fates)} pages, stage by stage (needs a kernel)."
    return Viewer([page, stage], lambda i, number: fate_view(fates[i], number), text)


def _telling(fate: Fate) -> tuple[bool, int]:
    """How much there is to see in a fate: a page that is lost wrongly, and late, tells most."""
    if fate.dropped_by is None:
        return (False, -1)
    return (not fate.page.truth.reasons, STAGES.index(fate.dropped_by))


def watch(run: Pretraining, band: Sequence[Point], title: str) -> None:
    """Train a run to its end on a dashboard, with samples of what it writes."""
    tokenizer = run.corpus.tokenizer

    def sample() -> str:
        return generate(run.model, tokenizer, "", max_tokens=50, temperature=0.8, seed=1)

    for _ in Dashboard(len(run.data.tokens), band, sample, title).watch(run):
        pass


def _shown(text: str, size: int = MAX_SHOWN) -> str:
    r"""The beginning of a text, escaped; characters that can't be shown become U+FFFD, as browsers do.

    >>> _shown("a < b\x0b", 5), _shown("1234567", 4)
    ('a &lt; b… (1 more characters)', '1234… (3 more characters)')
    """
    more = f"… ({len(text) - size:,} more characters)" if len(text) > size else ""
    seen = (c if c.isprintable() or c in "\n\t" else "\N{REPLACEMENT CHARACTER}" for c in text[:size])
    return escape("".join(seen)) + more
