"""One model for text, pictures and tunes, or one for each: the same batches, so the same amount of computing.

Part of the study behind data/evidence/08.json. What learns everything sees the batches of both that learn one thing.
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import replace

from matplotlib.figure import Figure

from pocketgpt.model import GPT
from pocketgpt.multimodal import exam
from pocketgpt.multimodal.learn import PictureData, old_pages, with_pictures
from pocketgpt.multimodal.recipe import Recipe
from pocketgpt.multimodal.rows import Album, painted, sample_pictures
from pocketgpt.multimodal.vocabulary import Vocabulary
from pocketgpt.multimodal.with_tunes import AskedInWords, Mixed, with_tunes
from pocketgpt.pictures.digits import load_digits
from pocketgpt.sft.fine_tune import conversation_loss
from pocketgpt.tokenizer import Tokenizer
from pocketgpt.training.data import Data
from pocketgpt.training.loop import PlannedRun
from pocketgpt.tunes.clock import Clock
from pocketgpt.tunes.collection import load_tunes
from pocketgpt.tunes.learn import TuneData, bits_per_note, write
from pocketgpt.tunes.tune import Tune
from pocketgpt.world import Tables
from pocketgpt_lessons.beyond_text import experiments
from pocketgpt_lessons.beyond_text.tunes_experiments import TEMPERATURE, asked_like, tune_marks
from pocketgpt_lessons.beyond_text.views import ends
from pocketgpt_lessons.display.charts import bars
from pocketgpt_lessons.evidence import spread

STEPS = 120  # of pictures, and as many of tunes
MORE, HEARD = 140, 0.7  # steps of a model that has learned pictures and goes on with both; share of these for tunes
TUNES = 16  # tunes in a step: about as many tokens as the pictures of one
ALL, EACH, BETWEEN, ON = "one model for all", "one for each", "pictures and pages", "pictures, then both"


def one_or_each(base: GPT, tokenizer: Tokenizer, tables: Tables, album: Album, seed: int = 0) -> dict[str, dict]:
    """What a copy of the base learns that sees everything in turn, and what two copies learn that see one kind each."""
    model, vocabulary, words = _ready(base, tokenizer, album, seed)
    recipe = replace(experiments.LIVE, seed=seed)
    pictures = PictureData(vocabulary, album, old_pages(tables, tokenizer), recipe)
    learned, unseen = (fitting(words, load_tunes(unseen=which), model.config.context) for which in (False, True))
    tunes = TuneData(words, learned, TUNES, model.config.context, seed)
    everything = _taught(model, Mixed(pictures, tunes), recipe, 2 * STEPS)
    sees = _taught(model, pictures, recipe, STEPS)
    plays = _taught(model, tunes, recipe, STEPS)
    taught = {"before": base, ALL: everything, "pictures": sees, "tunes": plays}
    return {
        ALL: _seen(everything, vocabulary, seed) | _played(everything, words, unseen, seed),
        EACH: _seen(sees, vocabulary, seed) | _played(plays, words, unseen, seed),
        "facts": {name: _facts(each, words, tables) for name, each in taught.items()},
    }


def _facts(model: GPT, words: AskedInWords, tables: Tables) -> dict[str, int]:
    marks = experiments.text_marks(model, words.tokenizer, tables).values()
    return {name: sum(mark[name] for mark in marks) for name in ("right", "n")}


def pages_between(base: GPT, tokenizer: Tokenizer, tables: Tables, album: Album, seed: int = 0) -> dict[str, dict]:
    """The control: the same model sees the same pictures, in turn with old pages where the other one had tunes.

    It takes as many steps, and has the rates fall as late.
    """
    model, vocabulary, _ = _ready(base, tokenizer, album, seed)
    recipe, pages = replace(experiments.LIVE, seed=seed), old_pages(tables, tokenizer)
    data = Mixed(PictureData(vocabulary, album, pages, recipe), pages)
    return _seen(_taught(model, data, recipe, 2 * STEPS), vocabulary, seed)


def _ready(base: GPT, tokenizer: Tokenizer, album: Album, seed: int) -> tuple[GPT, Vocabulary, AskedInWords]:
    model, vocabulary = with_pictures(base, tokenizer, painted(sample_pictures(album)), seed)
    return _with_tunes_too(model, vocabulary, seed)


def _with_tunes_too(model: GPT, vocabulary: Vocabulary, seed: int) -> tuple[GPT, Vocabulary, AskedInWords]:
    model, words = with_tunes(model, vocabulary.tokenizer, Clock(), seed)
    return model, Vocabulary(words.tokenizer, vocabulary.pictures), words


def go_on(
    model: GPT, vocabulary: Vocabulary, album: Album, pages: Data, tunes: Sequence[Tune], seed: int = 0
) -> tuple[PlannedRun, Vocabulary, AskedInWords]:
    """The run in which a copy of a model that has learned pictures goes on with pictures, pages and tunes; and how
    pictures and tunes are written for it. Iterate over the run to train. Tunes longer than the context are left out.
    """
    model, vocabulary, words = _with_tunes_too(model, vocabulary, seed)
    recipe, context = replace(experiments.LIVE, seed=seed + 1), model.config.context
    heard = TuneData(words, fitting(words, tunes, context), TUNES, context, seed)
    data = Mixed(PictureData(vocabulary, album, pages, recipe), heard, HEARD)
    return _planned(model, data, recipe, MORE), vocabulary, words


def gone_on(base: GPT, tokenizer: Tokenizer, tables: Tables, album: Album, seed: int = 0) -> dict[str, dict]:
    """What a copy of the base draws, tells and plays that learns pictures, as live, and then goes on with both."""
    pages = old_pages(tables, tokenizer)
    model, vocabulary = with_pictures(base, tokenizer, painted(sample_pictures(album)), seed)
    experiments.live(model, vocabulary, album, pages, seed).train_all()
    run, vocabulary, words = go_on(model, vocabulary, album, pages, load_tunes(), seed)
    model = run.train_all()
    return _seen(model, vocabulary, seed) | _played(model, words, load_tunes(unseen=True), seed)


def fitting(words: AskedInWords, tunes: Sequence[Tune], context: int) -> list[Tune]:
    """The tunes that a model of this context can read whole."""
    return [tune for tune in tunes if len(words.encode(tune)) <= context]


def _planned(model: GPT, data: Data, recipe: Recipe, steps: int) -> PlannedRun:
    return PlannedRun(model, data, replace(recipe, steps=steps).config, loss=conversation_loss)


def _taught(model: GPT, data: Data, recipe: Recipe, steps: int) -> GPT:
    return _planned(deepcopy(model), data, recipe, steps).train_all()


def _seen(model: GPT, vocabulary: Vocabulary, seed: int) -> dict[str, dict[str, int]]:
    return {
        "scenes drawn": exam.count(exam.mark_drawn(model, vocabulary, seed=seed)),
        "scenes told": exam.count(exam.mark_told(model, vocabulary, seed=seed)),
        "handwriting read": exam.count(exam.mark_read(model, vocabulary, load_digits(unseen=True))),
    }


def _played(model: GPT, words: AskedInWords, unseen: Sequence[Tune], seed: int) -> dict[str, dict]:
    asked = asked_like(unseen)
    marks = tune_marks(write(model, words, asked, TEMPERATURE, seed), asked)
    named = {"bars right": marks["bars"], "metre as asked": marks["metre as asked"]}
    return named | {"bits per note": {"bits": bits_per_note(model, words, unseen)}}


def one_or_each_figure(runs: Sequence[Mapping]) -> Figure:
    """What one model for all gets right, what models for one thing each do, and the control: means, lowest and highest
    of the recorded runs.
    """
    groups = [{**run["one model"], BETWEEN: run[BETWEEN]} for run in runs]
    rows = {
        f"{part}, {who}": spread([each[who][part]["right"] / max(1, each[who][part]["n"]) for each in groups], 100)
        for part, mark in groups[0][ALL].items()
        for who in (ALL, EACH, BETWEEN)
        if "n" in mark and part in groups[0][who]
    }
    told = "; ".join(
        f"{part}: " + ", ".join(f"{ends(rows[f'{part}, {who}'])} {who}" for who in whose)
        for part, whose in (("scenes drawn", (ALL, EACH, BETWEEN)), ("bars right", (ALL, EACH)))
    )
    return bars(rows, f"Recorded: {told}", f"right (%; lines: lowest and highest of {len(runs)} seeds)")
