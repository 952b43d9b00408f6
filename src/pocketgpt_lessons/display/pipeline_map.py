"""The pipeline's map: every stage from the internet to a chat, with the learner's place in it."""

from collections.abc import Mapping
from html import escape

from pocketgpt.errors import PocketError
from pocketgpt_lessons.display.html import FONT, card

STAGES = (
    ("00", "the internet", "web pages → clean text"),
    ("01", "tokens", "text → token ids"),
    ("02", "pretraining", "ids → base model"),
    ("03", "sampling", "probabilities → text"),
    ("04", "SFT", "base → assistant"),
    ("05", "hallucination", "bluff → “I don't know”"),
    ("06", "RL", "right answers rewarded"),
    ("07", "RLHF", "liked answers rewarded"),
    ("08", "beyond text", "pictures and tunes"),
    ("09", "trust", "check what it says"),
)
_LEFT, _STEP, _ROWS, _WIDTH, _HEIGHT = 10, 180, (8, 142), 160, 78  # of the map's boxes, in its own units


def pipeline_map(current: str, scores: Mapping[str, float] | None = None) -> str:
    """The whole pipeline as one picture, the stage `current` ("00" to "09") lit.

    `scores` are shares of the exam (0 to 1) by stage, for those known. PocketError if there is no such stage.

    >>> "you are here" in pipeline_map("02", {"02": 0.61})
    True
    """
    numbers = [number for number, _, _ in STAGES]
    if current not in numbers:
        raise PocketError(f"There is no stage {current!r}: use one of {', '.join(numbers)}.")
    scores = scores or {}
    boxes = "".join(_stage_box(i, number == current, scores.get(number)) for i, number in enumerate(numbers))
    name = STAGES[numbers.index(current)][1]
    exam = {number: f", exam {share:.0%}" for number, share in scores.items()}
    told = "; ".join(f"{number} {title}{exam.get(number, '')}" for number, title, _ in STAGES)
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 900 230" width="100%" role="img" '
        f'aria-label="{escape(f"Map of the ten stages. You are at {current}, {name}.")}" style="{FONT}">'
        f"<title>You are at {current}, {escape(name)}</title><desc>{escape(told)}</desc>"
        f"{_arrows()}{boxes}</svg>"
    )
    note = "<div>Exam: facts about people on 30 pages or more, asked in new wordings.</div>" if scores else ""
    return card(svg + note, "The pipeline")


def _arrows() -> str:
    """From each stage to its neighbour, and from the end of the first row to the start of the second."""
    starts = [(_LEFT + _STEP * i + _WIDTH + 1, y + _HEIGHT / 2) for y in _ROWS for i in range(4)]
    lines = [f"M{x} {y} h15" for x, y in starts]
    heads = [f"M{x + 18} {y} l-7 -4 v8 z" for x, y in starts]
    first, last = _LEFT + _WIDTH / 2, _LEFT + 4 * _STEP + _WIDTH / 2
    lines.append(f"M{last} {_ROWS[0] + _HEIGHT} v26 H{first} V{_ROWS[1] - 4}")
    heads.append(f"M{first} {_ROWS[1] - 1} l-4 -7 h8 z")
    return (
        f'<path d="{" ".join(lines)}" fill="none" stroke="#555" stroke-width="1.5"/>'
        f'<path d="{" ".join(heads)}" fill="#555"/>'
    )


def _stage_box(index: int, current: bool, score: float | None) -> str:
    number, title, caption = STAGES[index]
    x, y = _LEFT + _STEP * (index % 5), _ROWS[index // 5]
    middle, bold = x + _WIDTH / 2, 'font-weight="bold"'
    fill, stroke, width = ("#FFF1CC", "#111", 4) if current else ("#F4F6F8", "#777", 1.2)
    lines = [
        f'<rect x="{x}" y="{y}" width="{_WIDTH}" height="{_HEIGHT}" rx="8" fill="{fill}" stroke="{stroke}" '
        f'stroke-width="{width}"/>',
        f'<text x="{middle}" y="{y + 24}" font-size="15.5" {bold}>{number} {escape(title)}</text>',
        f'<text x="{middle}" y="{y + 43}" font-size="12.5">{escape(caption)}</text>',
    ]
    if score is not None:
        lines.append(f'<text x="{middle}" y="{y + 61}" font-size="13" {bold}>exam {score:.0%}</text>')
    if current:
        lines.append(
            f'<rect x="{middle - 53}" y="{y + 67}" width="106" height="22" rx="11" fill="#111"/>'
            f'<text x="{middle}" y="{y + 82}" font-size="13" {bold} fill="#fff">you are here</text>'
        )
    return f'<g text-anchor="middle" fill="#111">{"".join(lines)}</g>'
