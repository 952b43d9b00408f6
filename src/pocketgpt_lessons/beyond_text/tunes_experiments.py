"""What notebook 08 and its study do alike with tunes: four tokenizers at equal compute, marks, what is copied."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from pocketgpt.model import GPT
from pocketgpt.tunes.abc import spell
from pocketgpt.tunes.check import has_metre, in_key, right_bars
from pocketgpt.tunes.clock import Clock
from pocketgpt.tunes.learn import Asked, Recipe, TuneRun, bits_per_note, learn_tunes, write
from pocketgpt.tunes.tokens import Events, Letters, Pieces, TuneTokens
from pocketgpt.tunes.tune import KINDS, Tune
from pocketgpt.tunes.variants import overlap, runs
from pocketgpt_lessons.copied_stretches import copied, copied_stretches, covered

LIVE = Recipe(compute=1.2e12)  # 28 seconds of one core for each 1e12, as measured
ASKED = 48  # tunes that a model is asked for
TEMPERATURE = 0.8  # at 1 the tail of rare notes spoils bars: of events, 73% were right in a run, now 82%
STRETCH = 12  # notes in a row: two bars of a jig
REAL = "real tunes, unseen"  # the control of all marks: people wrote them

Count = Mapping[str, int]


def tokenizers(tunes: Sequence[Tune]) -> tuple[TuneTokens, ...]:
    """The four ways to make tokens of a tune; the last learns its pieces from the tunes."""
    return Clock(), Events(), Letters(), Pieces.learned(tunes)


def live(tokens: TuneTokens, tunes: Sequence[Tune], seed: int = 0, compute: float = LIVE.compute) -> TuneRun:
    """The run that the notebook shows: iterate over it to train."""
    return learn_tunes(tokens, tunes, replace(LIVE, seed=seed, compute=compute))


def sample(model: GPT, tokens: TuneTokens, asked: Asked = ("jig", "6/8", "G"), temperature: float = 0.7) -> str:
    """What a model, trained to the end or not, writes when it is asked for a tune: its notes in ABC."""
    [tune] = write(model, tokens, [asked], temperature)
    return "something that is no tune" if tune is None else spell(tune.bars, tune.key)


def asked_like(tunes: Sequence[Tune], n: int = ASKED) -> list[Asked]:
    """Kind, metre and key of n tunes, as many of each kind as there can be, over and over if there are too few.

    >>> [kind for kind, _, _ in asked_like([Tune(kind, "G", "6/8", ()) for kind in ("jig", "jig", "reel")], 3)]
    ['jig', 'reel', 'jig']
    """
    by_kind = [[(t.kind, t.metre, t.key) for t in tunes if t.kind == kind] for kind in KINDS]
    by_kind = [each for each in by_kind if each]
    return [by_kind[i % len(by_kind)][i // len(by_kind) % len(by_kind[i % len(by_kind)])] for i in range(n)]


def tune_marks(found: Sequence[Tune | None], asked: Sequence[Asked]) -> dict[str, Count]:
    """What programs hear in tunes that were written as asked: of tunes, of bars and of notes, how many are right.

    What is no tune counts as a wrong tune; it has no bars and no notes.
    """
    read = [(tune, metre) for tune, (_, metre, _) in zip(found, asked, strict=True) if tune]
    bars = [right_bars(tune, metre) for tune, metre in read]
    notes = [in_key(tune) for tune, _ in read]
    return {
        "readable": {"right": len(read), "n": len(found)},
        "metre as asked": {"right": sum(has_metre(*each) for each in read), "n": len(found)},
        "every bar right": {"right": sum(right == n for right, n in bars), "n": len(found)},
        "bars": {"right": sum(right for right, _ in bars), "n": sum(n for _, n in bars)},
        "notes in key": {"right": sum(right for right, _ in notes), "n": sum(n for _, n in notes)},
    }


def as_row(tune: Tune) -> list[int]:
    """The tune's notes as one number each, whatever its tokenizer, bars left out.

    >>> as_row(Tune("jig", "G", "6/8", (((67, 2),), ((0, 4),))))
    [67000002, 4]
    """
    return [10**6 * pitch + length for pitch, length in tune.notes]


def all_notes(tunes: Sequence[Tune]) -> np.ndarray:
    """The notes of all tunes in one row. A number that no note has parts them, so that no stretch is of two tunes."""
    return np.array([number for tune in tunes for number in (*as_row(tune), 10**12)], dtype=np.int64)


def notes_copied(groups: Mapping[str, Sequence[Tune | None]], learned: Sequence[Tune]) -> dict[str, float]:
    """For each group of tunes, how many percent of its stretches of 12 notes occur in the tunes learned from.

    Pitches and lengths must be the same. Groups without such a stretch are left out.
    """
    rows = {name: [as_row(tune) for tune in tunes if tune] for name, tunes in groups.items()}
    long = {name: each for name, each in rows.items() if any(len(row) >= STRETCH for row in each)}
    return copied(long, all_notes(learned), STRETCH) if long else {}


def which_copied(tune: Tune, learned: Sequence[Tune]) -> list[bool]:
    """Which notes of a tune lie in a stretch of 12 that also occurs in the tunes learned from."""
    if len(tune.notes) < STRETCH:
        return [False] * len(tune.notes)
    [found] = copied_stretches([as_row(tune)], all_notes(learned), STRETCH)
    return covered(found, STRETCH)


def note_lengths(tune: Tune) -> list[int]:
    """The lengths of a tune's notes in sixteenth notes, with a 0 at the end of each bar, as the exercise takes them.

    >>> note_lengths(Tune("jig", "G", "6/8", (((67, 2), (69, 4)), ((0, 12),))))
    [2, 4, 0, 12, 0]
    """
    return [length for bar in tune.bars for length in (*(length for _, length in bar), 0)]


def nearest(tune: Tune, learned: Sequence[Tune]) -> tuple[Tune, float]:
    """The learned tune most like this one, in whatever key, and the share of runs of 8 intervals that both have."""
    own = runs(tune)
    shares = [overlap(own, runs(other)) for other in learned]
    best = int(np.argmax(shares))
    return learned[best], shares[best]


def nearest_in_words(tune: Tune, learned: Sequence[Tune]) -> str:
    """Which learned tune is most like this one, in a sentence."""
    found, share = nearest(tune, learned)
    if not share:
        return "No tune learned from has 8 intervals in a row that are in this one"
    return f"The nearest tune learned from is {found.name}, which has {share:.0%} of its runs of 8 intervals"


def tune_run(
    tokens: TuneTokens, learned: Sequence[Tune], unseen: Sequence[Tune], seed: int, compute: float = LIVE.compute
) -> dict:
    """A run with one tokenizer and one seed, marked as in the notebook."""
    run = live(tokens, learned, seed, compute)
    model = run.train_all()
    asked = asked_like(unseen)
    found = write(model, tokens, asked, TEMPERATURE, seed)
    return {
        "tokens": tokens.name,
        "seed": seed,
        "compute": compute,
        "steps": run.config.steps,
        "epochs": round(run.epochs, 2),
        "bits per note": bits_per_note(model, tokens, unseen),
        "bits per note, learned": bits_per_note(model, tokens, learned[: len(unseen)]),
        "marks": tune_marks(found, asked),
        "copied": notes_copied({tokens.name: found}, learned).get(tokens.name),
    }


def real_marks(learned: Sequence[Tune], unseen: Sequence[Tune]) -> dict:
    """The control: what the same programs say of real tunes that no model read."""
    asked = [(tune.kind, tune.metre, tune.key) for tune in unseen]
    return {"marks": tune_marks(unseen, asked), "copied": notes_copied({REAL: unseen}, learned)[REAL]}
