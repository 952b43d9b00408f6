"""What notebook 08 shows of tunes: a player, a piano roll, a tune as tokens, and figures."""

import base64
from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from pocketgpt.tunes.abc import spell
from pocketgpt.tunes.check import right_bars
from pocketgpt.tunes.sound import RATE, TEMPO, from_mu_law, mu_law, play, wav_bytes
from pocketgpt.tunes.tokens import TuneTokens
from pocketgpt.tunes.tune import REST, Tune, pitch_name
from pocketgpt_lessons.display.charts import bars, lines_with_intervals
from pocketgpt_lessons.display.figure import OKABE_ITO, labelled_axes, require_alt
from pocketgpt_lessons.display.html import MONO, SMALL, card, named_table, token_chips
from pocketgpt_lessons.evidence import spread

PLAYED = 8_000  # numbers a second of what a page plays: half the size, and these tones have nothing above 4,000 swings
SHOWN_BARS = 2  # of a tune as tokens


def audio(samples: np.ndarray, label: str, rate: int = RATE) -> str:
    """Samples (from −1 to 1) as a page's player with its label, which needs no other file; keys work it too."""
    label = escape(require_alt(label))
    data = base64.b64encode(wav_bytes(samples, rate)).decode("ascii")
    return (
        f'<figure style="margin:4px 0"><figcaption style="{SMALL}">{label}</figcaption>'
        f'<audio controls="controls" preload="metadata" aria-label="{label}" style="width:100%;max-width:480px" '
        f'src="data:audio/wav;base64,{data}">This page can\'t play sound.</audio></figure>'
    )


def in_words(tune: Tune) -> str:
    """A tune in a few words, for those who don't hear it."""
    right, n = right_bars(tune)
    low, high = _ends(tune)
    span = f", from {pitch_name(low)} to {pitch_name(high)}" if high else ""
    return (
        f"a {tune.kind} in {tune.key}, {tune.metre}: {len(tune.notes)} notes{span}; {right} of {n} bars are as long as "
        "they should be"
    )


def _ends(tune: Tune) -> tuple[int, int]:
    pitches = [pitch for pitch, _ in tune.notes if pitch != REST]
    return (min(pitches), max(pitches)) if pitches else (0, 0)


def player(tune: Tune | None, title: str, tempo: float = TEMPO) -> str:
    """A tune to be heard, with its notes in ABC below; None is told to be no tune."""
    if tune is None:
        return card(f"<b>{escape(title)}</b>: the model wrote something that is no tune.", title)
    notes = escape(spell(tune.bars, tune.key)).replace("|", "|<wbr/>")
    return card(
        f"<b>{escape(title)}</b>{audio(play(tune, tempo, PLAYED), in_words(tune), PLAYED)}"
        f'<div style="font-family:{MONO};font-size:12px;overflow-wrap:anywhere">{notes}</div>',
        f"{title}: {in_words(tune)}",
    )


def piano_roll(tune: Tune, title: str, marked: Sequence[bool] = (), mark: str = "copied") -> Figure:
    """A tune's notes as boxes, time to the right and pitch upwards; lines show where bars end.

    Notes that are `marked` are hatched; `mark` says why they are. The figure describes itself, with its first notes.
    """
    figure, axes = labelled_axes(title, "time (quarter notes)", "pitch", height=3.6)
    marks, at = list(marked) or [False] * len(tune.notes), 0
    for (pitch, length), is_marked in zip(tune.notes, marks, strict=True):
        if pitch != REST:
            axes.add_patch(_box(at / 4, pitch, length / 4, is_marked))
        at += length
    end = 0
    for bar in tune.bars:
        end += sum(length for _, length in bar)
        axes.axvline(end / 4, color="#BBBBBB", lw=0.8)
    low, high = _ends(tune)
    axes.set(xlim=(0, max(at, 1) / 4), ylim=(low - 1.5, high + 1.5))
    ticks = [pitch for pitch in range(low, high + 1) if "♯" not in pitch_name(pitch)]
    axes.set_yticks(ticks, [pitch_name(pitch) for pitch in ticks], fontsize=8)
    if any(marks):
        shown = [_box(0, 0, 1, True, mark), _box(0, 0, 1, False, "other notes")]
        axes.legend(handles=shown, frameon=False, fontsize=10, loc="upper left", bbox_to_anchor=(0, 1.14), ncols=2)
    told = f" {sum(marks)} of its {len(marks)} notes are {mark}." if any(marks) else ""
    figure.set_label(f"{title}. Piano roll of {in_words(tune)}.{told} {_first_notes(tune)}")
    return figure


def _box(x: float, pitch: float, width: float, is_marked: bool, label: str = "") -> Rectangle:
    look = {"facecolor": OKABE_ITO[1], "hatch": "////"} if is_marked else {"facecolor": OKABE_ITO[4]}
    return Rectangle((x, pitch - 0.5), width, 1, edgecolor="black", lw=0.6, label=label, **look)


def _first_notes(tune: Tune, n: int = 12) -> str:
    names = ", ".join(pitch_name(pitch) for pitch, _ in tune.notes[:n])
    return f"It begins {names}."


def as_tokens(tune: Tune, ways: Sequence[TuneTokens], n: int = SHOWN_BARS) -> str:
    """The first bars of a tune as each tokenizer has them, without its beginning, and how many tokens all of it is."""
    start = Tune(tune.kind, tune.key, tune.metre, tune.bars[:n], tune.name)
    parts = []
    for tokens in ways:
        begin = len(tokens.begin(tune.kind, tune.metre, tune.key))
        numbers = tokens.encode(start)[begin:-1]
        length = len(tokens.encode(tune)) - begin
        head = f"<b>{escape(tokens.name)}</b>: {tokens.size} different tokens; all of this tune is {length} of them"
        parts.append(f"<div>{head}</div>{token_chips([tokens.piece(number) for number in numbers], numbers)}")
    return card("".join(parts), f"The first {n} bars of {tune.name or 'a tune'} as tokens of {len(ways)} kinds")


def bits_figure(runs: Sequence[Mapping], recorded: bool = True) -> Figure:
    """Bits per note of learned and of unseen tunes by tokenizer; over several seeds the lowest and the highest too."""
    names = list(dict.fromkeys(run["tokens"] for run in runs))
    keys = {"learned": "bits per note, learned", "unseen": "bits per note"}
    rows = {
        f"{name}: {which}": spread([run[key] for run in runs if run["tokens"] == name])
        for name in names
        for which, key in keys.items()
    }
    seeds = len({run["seed"] for run in runs})
    ends = {name: [f"{rows[f'{name}: {which}']['y']:.2f}" for which in keys] for name in names}
    told = "; ".join(f"{name} {learned} and {unseen}" for name, (learned, unseen) in ends.items())
    title = f"Bits for a note of learned and of unseen tunes: {told}"
    unit = "bits per note, fewer are better"
    if recorded:
        title, unit = f"{title} ({seeds} seeds, recorded)", f"{unit} (lines: lowest and highest run)"
    return bars(rows, title, unit)


def bars_figure(runs: Sequence[Mapping], real: Mapping) -> Figure:
    """Bars of the right length in the recorded runs' tunes by tokenizer, beside those of real tunes."""
    rows, seeds = _right_bars(runs), len({run["seed"] for run in runs})
    told = ", ".join(f"{name} {row['y']:.0f}%" for name, row in rows.items())
    line = ("real tunes, unseen", 100 * _share(real["marks"]["bars"]))
    title = f"Recorded: bars as long as they should be: {told}"
    return bars(rows, title, f"right bars (%; lines: lowest and highest of {seeds} seeds)", line)


def most_right_bars(runs: Sequence[Mapping]) -> tuple[str, str]:
    """The tokenizer whose models' tunes have most bars of the right length, and all of them in a sentence."""
    rows = _right_bars(runs)
    told = "; ".join(f"{name} {row['low']:.0f} to {row['high']:.0f}%" for name, row in rows.items())
    return max(rows, key=lambda name: rows[name]["y"]), f"Right bars, lowest and highest run: {told}."


def _right_bars(runs: Sequence[Mapping]) -> dict[str, dict[str, float]]:
    """Bars of the right length by tokenizer, in percent: mean, lowest and highest run."""
    names = dict.fromkeys(run["tokens"] for run in runs)
    return {n: spread([_share(run["marks"]["bars"]) for run in runs if run["tokens"] == n], 100) for n in names}


def _share(mark: Mapping) -> float:
    return mark["right"] / max(1, mark["n"])


def marks_in_words(marks: Mapping[str, Mapping], copied: float | None = None) -> str:
    """All marks of some tunes as one line.

    >>> marks_in_words({"bars": {"right": 1, "n": 4}}, 12.5)
    'bars 25% (1 of 4); 12.5% of stretches copied'
    """
    told = [
        f"{name} {each['right'] / max(1, each['n']):.0%} ({each['right']} of {each['n']})"
        for name, each in marks.items()
    ]
    return "; ".join(told + ([] if copied is None else [f"{copied:.1f}% of stretches copied"]))


def wave_figure(samples: np.ndarray, start: float = 0.1, milliseconds: float = 10, rate: int = RATE) -> Figure:
    """A few milliseconds of a wave: its numbers, and what µ-law's 256 levels keep of them."""
    first, n = round(start * rate), round(milliseconds / 1000 * rate)
    part = np.asarray(samples)[first : first + n]
    kept = from_mu_law(mu_law(part))
    time = [1000 * i / rate for i in range(len(part))]
    series = {
        "the wave": [{"x": x, "y": float(y)} for x, y in zip(time, part, strict=True)],
        "after µ-law, one of 256 levels": [{"x": x, "y": float(y)} for x, y in zip(time, kept, strict=True)],
    }
    title = f"{len(part)} numbers are {milliseconds:g} thousandths of a second"
    figure = lines_with_intervals(series, title, "time (thousandths of a second)", "loudness (from −1 to 1)")
    lowest, highest = float(part.min()), float(part.max())
    figure.axes[0].set_ylim(1.1 * lowest, 1.4 * highest)
    off = float(np.abs(kept - part).max())
    figure.set_label(
        f"{title}. A wave that swings between {lowest:.2f} and {highest:.2f}; after µ-law it is at most {off:.3f} off."
    )
    return figure


def a_second(samples: np.ndarray, start: float = 0.1, rate: int = RATE) -> tuple[str, str]:
    """A second of a wave as numbers, as µ-law's tokens and as a codec's, to read and to hear; and the same in words."""
    part = np.asarray(samples)[round(start * rate) :][:rate]
    tokens = mu_law(part)
    rows = [
        ["the wave", f"{len(part):,}", "65,536 levels", ", ".join(f"{x:.3f}" for x in part[:3]) + ", …"],
        ["µ-law", f"{len(tokens):,}", "256", ", ".join(map(str, tokens[:6])) + ", …"],
        ["MusicGen's codec", "50 × 4 = 200", "2,048", "learned, as a codebook is"],
    ]
    caption = (
        "One second of sound; looking back on 256 tokens, a model sees a sixtieth of the wave, or all by the codec"
    )
    table, told = named_table(["written as", "tokens", "kinds of them", "the first"], rows, caption)
    heard = audio(part, "The second as a wave", rate) + audio(from_mu_law(tokens), "The same from µ-law's tokens", rate)
    return table + card(heard, "The second, to be heard as a wave and after µ-law"), told
