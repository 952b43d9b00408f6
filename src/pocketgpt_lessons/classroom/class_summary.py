"""What a class did, counted: exercises and their mistakes, guesses beside outcomes, quiz questions by difficulty."""

import math
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.ticker import MaxNLocator

from pocketgpt_lessons.classroom.class_files import Guess, Learner
from pocketgpt_lessons.classroom.markup import number_text
from pocketgpt_lessons.classroom.predictions import Prediction

_BINS = 10  # of a histogram of numbers, at most


@dataclass(frozen=True)
class ExerciseSummary:
    """One exercise in the class; each mistake with the number of learners who made it and how often they did."""

    name: str
    tried: int  # learners
    passed: int  # learners
    tries: float  # mean of those who tried; 0 if nobody did
    mistakes: tuple[tuple[str, int, int], ...]  # the one that most learners made first


@dataclass(frozen=True)
class Bar:
    """One bar of a histogram: what it stands for, how many guessed so, how many saw it come out so."""

    label: str
    guesses: int
    outcomes: int


@dataclass(frozen=True)
class PredictionSummary:
    """One prediction in the class; guesses made after the outcome was shown are only counted."""

    key: str
    question: str
    bars: tuple[Bar, ...]
    guesses: int
    late: int
    right: int  # guesses in the bar of the learner's own outcome
    compared: int  # guesses of learners who have an outcome, too


@dataclass(frozen=True)
class QuestionSummary:
    """One quiz question in the class, by first choices."""

    quiz: str
    question: str
    right: int
    answered: int
    wrong: tuple[tuple[str, int], ...]  # the options wrongly chosen, the commonest first

    @property
    def share(self) -> float:
        """The share of right answers, 0 to 1."""
        return self.right / self.answered


def exercise_summaries(learners: Sequence[Learner], names: Iterable[str]) -> list[ExerciseSummary]:
    """One summary for each exercise named, in that order."""
    return [_exercise(name, [one.exercises[name] for one in learners if name in one.exercises]) for name in names]


def _exercise(name: str, tried: list) -> ExerciseSummary:
    by_learner = Counter(mistake for one in tried for mistake in one.mistakes)
    times = sum((Counter(one.mistakes) for one in tried), Counter())
    mistakes = sorted(((text, count, times[text]) for text, count in by_learner.items()), key=lambda m: (-m[1], m[0]))
    tries = statistics.mean(one.tries for one in tried) if tried else 0.0
    return ExerciseSummary(name, len(tried), sum(one.passed for one in tried), tries, tuple(mistakes))


def prediction_summaries(learners: Sequence[Learner], asked: Mapping[str, Prediction]) -> list[PredictionSummary]:
    """One summary for each prediction on which somebody made a guess, in the order of their keys."""
    keys = sorted({key for one in learners for key, entry in one.predictions.items() if entry.guess is not None})
    found = ((key, [one.predictions[key] for one in learners if key in one.predictions]) for key in keys)
    return [_prediction(key, entries, asked.get(key, Prediction(key, ""))) for key, entries in found]


def _prediction(key: str, entries: list[Guess], asked: Prediction) -> PredictionSummary:
    made = [entry for entry in entries if entry.guess is not None]
    timely = [entry for entry in made if not entry.late]
    outcomes = [entry.outcome for entry in entries if entry.outcome is not None]
    guesses = [entry.guess for entry in timely]
    numbers = not asked.options and all(isinstance(value, (int, float)) for value in guesses + outcomes)
    place, labels = _by_number(guesses + outcomes, asked.slider) if numbers else _by_text(guesses + outcomes, asked)
    counts, seen = Counter(map(place, guesses)), Counter(map(place, outcomes))
    pairs = [(place(entry.guess), place(entry.outcome)) for entry in timely if entry.outcome is not None]
    return PredictionSummary(
        key,
        asked.question,
        tuple(Bar(label, counts[i], seen[i]) for i, label in enumerate(labels)),
        len(guesses),
        len(made) - len(timely),
        sum(guess == outcome for guess, outcome in pairs),
        len(pairs),
    )


def _by_text(values: Sequence[object], asked: Prediction):
    labels = list(dict.fromkeys([*asked.options, *sorted(map(str, values), key=_rank)]))
    return (lambda value: labels.index(str(value))), labels


def _rank(label: str) -> tuple[float, str]:
    """Numbers by size, and before other texts."""
    try:
        return float(label.replace(",", "")), label
    except ValueError:
        return math.inf, label


def _by_number(values: Sequence[float], slider: Sequence[float]):
    """Which bar a number belongs to, and the bars' labels: equal widths, the outer ones open where need be."""
    low, high = slider[:2] if slider else np.quantile(values, [0.05, 0.95]) if values else (0.0, 1.0)
    edges = MaxNLocator(_BINS).tick_values(float(low), float(high))
    labels = [f"{number_text(float(a))} to {number_text(float(b))}" for a, b in zip(edges, edges[1:], strict=False)]
    if any(value < edges[0] for value in values):
        labels[0] = f"under {number_text(float(edges[1]))}"
    if any(value > edges[-1] for value in values):
        labels[-1] = f"over {number_text(float(edges[-2]))}"
    return (lambda value: int(np.searchsorted(edges[1:-1], value, side="right"))), labels


def question_summaries(learners: Sequence[Learner]) -> list[QuestionSummary]:
    """One summary for each quiz question that somebody answered, the hardest first."""
    by_question: dict[tuple[str, str], list] = {}
    for one in learners:
        for quiz, answers in one.quizzes.items():
            for answer in answers:
                by_question.setdefault((quiz, answer.question), []).append(answer)
    found = []
    for (quiz, question), answers in by_question.items():
        wrong = Counter(answer.chosen for answer in answers if not answer.right).most_common()
        found.append(QuestionSummary(quiz, question, sum(a.right for a in answers), len(answers), tuple(wrong)))
    return sorted(found, key=lambda one: (one.share, one.quiz, one.question))
