"""The lie detector: what a model answers about a person, and all that its numbers say about how sure it is.

As in `display.viewer`: `examine` computes, `lie_detector_view` makes HTML of it, `lie_detector` is the shell.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape

import ipywidgets as W

from pocketgpt.chat import answers, prompt
from pocketgpt.errors import PocketError
from pocketgpt.evaluation.confidence import (
    answer_entropy,
    begun_answers,
    last_states,
    next_probabilities,
    token_probabilities,
)
from pocketgpt.evaluation.probes import Probe
from pocketgpt.model import GPT
from pocketgpt.sampling.generate import continuations
from pocketgpt.sft.conversations import FactQuestion
from pocketgpt.world import FACTS, Person, Tables, fill
from pocketgpt_lessons.display.html import (
    CELL,
    card,
    percent,
    piece_text,
    shade,
    table_cell,
    table_row,
    token_chip,
    visible,
)
from pocketgpt_lessons.display.viewer import Viewer, looks
from pocketgpt_lessons.hallucination.confidence_signals import fact_place

LONGEST_NAME = 40  # characters
SAMPLES = (2, 8)
ANSWER_TOKENS = 40
_CELL = f"padding:4px 10px;{CELL}"
_TABLE = '<table style="border-collapse:collapse;margin:6px 0;width:100%">'


@dataclass(frozen=True)
class Sample:
    """One answer as pieces of text with their probabilities; `fact` is the index of the fact's first piece."""

    pieces: tuple[str, ...]
    probabilities: tuple[float, ...]
    fact: int | None


@dataclass(frozen=True)
class Reading:
    """All that the detector shows about one question."""

    question: str
    truth: str
    samples: tuple[Sample, ...]
    entropy: float  # bits, over the samples' answers
    guess: str  # the likeliest token where the fact must come
    largest: float  # its probability
    knows: float  # the probe's probability that the name is known
    honest: str  # what the honest model answers


@dataclass(frozen=True, eq=False)
class Detector:
    """What the detector looks with: `models` by stage, the first of which `probe` reads at `layer`, and the model
    whose answer stands below.
    """

    models: Mapping[str, GPT]
    honest: GPT
    tokenizer: object
    tables: Tables
    probe: Probe
    layer: int


def person_called(tables: Tables, name: str) -> tuple[Person, str]:
    """The person of that name in the tables, and in words how many pages mention them; else an unknown one."""
    for people, told in ((tables.people, "on {} of the pages"), (tables.absent, "on no page")):
        for person in people:
            if person.name.casefold() == name.casefold():
                return person, told.format(person.mentions)
    return Person(name, 0, "", "", "", ""), "on no page: the tables don't know this name"


def draw_samples(
    model: GPT, tokenizer, tables: Tables, asked: FactQuestion, k: int, seed: int = 0
) -> tuple[Sample, ...]:
    """`k` answers of a model to one question, at temperature 1."""
    start = prompt(asked.conversation, tokenizer, model.config.context - ANSWER_TOKENS)
    stops = list(tokenizer.special_tokens.values())
    found = continuations(model, [start] * k, ANSWER_TOKENS, seed=seed, stop_ids=stops)
    return tuple(_sample(model, tokenizer, tables, asked, start, ids) for ids in found)


def _sample(model, tokenizer, tables, asked: FactQuestion, start: list[int], ids: list[int]) -> Sample:
    """An answer without the mark that ends it, or, if it is nothing else, that mark."""
    shown = [i for i in ids if i not in tokenizer.special_tokens.values()] or ids
    probabilities = token_probabilities(model, [*start, *shown], len(start))
    fact = fact_place(tables, tokenizer, asked, shown)
    pieces = tuple(piece_text(tokenizer.token_bytes(i)) for i in shown)
    return Sample(pieces, tuple(probabilities), fact)


def samples_entropy(samples: Sequence[Sample]) -> float:
    """Entropy in bits of the samples' facts, of whole answers where no fact was found."""
    return answer_entropy(["".join(sample.pieces[sample.fact or 0 :]) for sample in samples])


def examine(detector: Detector, name: str, fact: str, stage: str, k: int, seed: int = 0) -> Reading:
    """Ask about one person's fact: `k` samples of the stage's model at temperature 1, and the signals."""
    tables, tokenizer, model = detector.tables, detector.tokenizer, detector.models[stage]
    person, where = person_called(tables, name)
    asked = FactQuestion(person, fact, fill(tables.select(fact, "question", "held-out")[0], person))
    samples = draw_samples(model, tokenizer, tables, asked, k, seed)
    [begun] = begun_answers(tables, tokenizer, [asked])
    probabilities = next_probabilities(model, last_states(model, [begun]))[0]
    inside = last_states(next(iter(detector.models.values())), [begun])[detector.layer]
    [honest] = answers(detector.honest, tokenizer, [asked.conversation], max_tokens=ANSWER_TOKENS)
    return Reading(
        question=asked.text,
        truth=f"{asked.value}, {where}" if person.birthplace else where,
        samples=samples,
        entropy=samples_entropy(samples),
        guess=piece_text(tokenizer.token_bytes(int(probabilities.argmax()))),
        largest=float(probabilities.max()),
        knows=float(detector.probe(inside)[0]),
        honest=honest,
    )


def coloured_samples(samples: Sequence[Sample], title: str) -> str:
    """Samples one below the other, as chips with the probability of each, as HTML."""
    return card(f"<div><b>{escape(title)}</b></div>{_samples_table(samples)}", f"Samples: {title}")


def _samples_table(samples: Sequence[Sample]) -> str:
    return _TABLE + "".join(_row(str(i), _chips(each)) for i, each in enumerate(samples, start=1)) + "</table>"


def lie_detector_view(reading: Reading, stage: str = "assistant", honest: str = "honest") -> str:
    """A reading as HTML: the question, samples as chips with the probability of each, and the signals in words."""
    k = len(reading.samples)
    opinion = "known" if reading.knows >= 0.5 else "not known"
    signals = (
        ("entropy of the answers", f"{reading.entropy:.2f} bits ({k} answers that agree: 0)"),
        ("largest probability at the fact", f"{percent(reading.largest)}, for “{visible(reading.guess)}”"),
        ("probe inside the assistant", f"{opinion}: {percent(reading.knows)} for “I know this person”"),
        (f"what {honest} answers", reading.honest or "(nothing)"),
    )
    told = "".join(_row(name, f"<b>{escape(text)}</b>") for name, text in signals)
    return card(
        f"<div><b>{escape(reading.question)}</b></div><div>The tables say: {escape(reading.truth)}.</div>"
        f'<div style="margin-top:6px">{k} samples of <b>{escape(stage)}</b>; below each piece its probability, and a '
        f"▲ where the fact begins:</div>{_samples_table(reading.samples)}{_TABLE}{told}</table>",
        f"Lie detector on the question: {reading.question}",
    )


def _row(name: str, html: str) -> str:
    narrow = f"{_CELL};white-space:nowrap;width:1%;font-weight:normal"
    return table_row(table_cell(escape(name), narrow, "row"), table_cell(html, _CELL))


def _chips(sample: Sample) -> str:
    marks = [["▲"] if i == sample.fact else [] for i in range(len(sample.pieces))]
    return "".join(
        token_chip(piece, [percent(share).replace("under ", "&lt;"), *mark], shade(share), bool(mark))
        for piece, share, mark in zip(sample.pieces, sample.probabilities, marks, strict=True)
    )


def _suggestions(tables: Tables) -> list[tuple[str, str]]:
    """Some people from well known to absent, as (label, name)."""
    ranked = sorted(tables.people, key=lambda person: -person.mentions)
    places = (0.02, 0.15, 0.35, 0.5, 0.7, 0.95)
    chosen = [ranked[int(place * len(ranked))] for place in places] if ranked else []
    found = [(f"{p.name} ({p.mentions} pages)", p.name) for p in chosen]
    return found + [(f"{p.name} (absent)", p.name) for p in tables.absent[:3]]


def lie_detector(detector: Detector, name: str = "Orson Kovats", honest: str = "honest") -> Viewer:
    """Type or choose a name, choose a fact, the stage that is sampled and how often; `honest` names that model."""
    if not detector.models:
        raise PocketError("Give the detector at least one model, by the name of its stage.")
    look = {"width": "390px", "label_width": "100px"}
    typed = W.Text(name, description="Name", continuous_update=False, **looks(**look))
    suggestions: Sequence = [("a name of your own, typed", ""), *_suggestions(detector.tables)]
    choice = W.Dropdown(options=suggestions, value="", description="… or choose", **looks(**look))
    facts = [(fact.replace("_", " "), fact) for fact in FACTS["person"]]
    controls = [
        choice,
        typed,
        W.Dropdown(options=facts, value="profession", description="Fact", **looks(**look)),
        W.Dropdown(options=list(detector.models), description="Samples of", **looks(**look)),
        W.IntSlider(4, *SAMPLES, description="Samples", continuous_update=False, **looks(**look)),
    ]

    def take(change: dict) -> None:
        typed.value = change["new"] or typed.value

    @cache  # a change of two controls at a time asks twice
    def read(name: str, fact: str, stage: str, k: int) -> str:
        return lie_detector_view(examine(detector, name, fact, stage, k), stage, honest)

    def render(_, typed: str, fact: str, stage: str, k: int) -> str:
        name = " ".join(typed.split())[:LONGEST_NAME]
        if not name:
            return card("Type a name, such as Orson Kovats.", "Lie detector")
        try:
            return read(name, fact, stage, k)
        except PocketError:  # letters that are many tokens
            return card("Type a shorter name.", "Lie detector")

    def let_go(change: dict) -> None:
        choice.value = change["new"] if change["new"] in [value for _, value in suggestions] else ""

    choice.observe(take, names="value")
    typed.observe(let_go, names="value")
    text = f"Lie detector on {name}: samples, their entropy, probabilities, and a probe (needs a kernel)."
    return Viewer(controls, render, text)
