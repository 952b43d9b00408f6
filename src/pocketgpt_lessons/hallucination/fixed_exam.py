"""The fixed exam: people whom a model knows well, hardly, or not at all, and how answers are counted.

Nobody whom it asks about is in a conversation of the training data, nor is any of its wordings.
"""

import random
from collections.abc import Mapping, Sequence

from pocketgpt.chat import Reply, Tools, replies
from pocketgpt.model import GPT
from pocketgpt.sft.conversations import FactQuestion, grade, questions_about, split_people
from pocketgpt.sft.stages import WELL_KNOWN
from pocketgpt.world import Person, Tables

KNOWN, RARE, ABSENT = "well known", "rare", "absent"
ASKED = 96  # people of each group
FACTS_ASKED = 2  # of each person

Grades = Mapping[str, Sequence[str]]
"""For each group, "right", "refused" or "wrong" for each of its questions."""


def exam_questions(tables: Tables, seed: int = 0) -> dict[str, list[FactQuestion]]:
    """The fixed exam: questions on held-out people and absent ones, in held-out wordings, by group.

    `KNOWN` are on WELL_KNOWN pages or more, `RARE` on fewer.
    """
    held_out = split_people(tables)[1]
    groups = {
        KNOWN: [person for person in held_out if person.mentions >= WELL_KNOWN],
        RARE: [person for person in held_out if person.mentions < WELL_KNOWN],
        ABSENT: list(tables.absent),
    }
    return {name: some_questions(tables, people[:ASKED], "held-out", seed) for name, people in groups.items()}


def some_questions(tables: Tables, people: Sequence[Person], split: str, seed: int) -> list[FactQuestion]:
    """Questions about FACTS_ASKED facts of each person, drawn by seed."""
    found = []
    for person in people:
        questions = questions_about(tables, [person], split, seed)
        found += random.Random(f"facts {seed}/{person.name}").sample(questions, FACTS_ASKED)
    return found


Asked = Mapping[str, Sequence[FactQuestion]]
Answered = Mapping[str, Sequence[Reply]]


def ask(model: GPT, tokenizer, asked: Asked, tools: Tools | None = None) -> dict[str, list[Reply]]:
    """The likeliest answer to each question of each group."""
    talks = [question.conversation for questions in asked.values() for question in questions]
    found = iter(replies(model, tokenizer, talks, tools, max_tokens=40))
    return {name: [next(found) for _ in questions] for name, questions in asked.items()}


def grades(asked: Asked, answered: Answered) -> dict[str, list[str]]:
    """What the replies are worth."""
    return {
        name: [grade(reply.text, q.value) for reply, q in zip(answered[name], questions, strict=True)]
        for name, questions in asked.items()
    }


def three_rates(found: Grades) -> tuple[float, float, float]:
    """Right of the known, refused of the absent, refused of the known.

    >>> three_rates({KNOWN: ["right", "refused"], ABSENT: ["refused", "wrong", "refused", "refused"]})
    (0.5, 0.75, 0.5)
    """
    known, absent = found[KNOWN], found[ABSENT]
    return (
        known.count("right") / len(known),
        absent.count("refused") / len(absent),
        known.count("refused") / len(known),
    )


def points(found: Grades, penalty: float) -> float:
    """Mean score (%) over all questions: 1 for right, 0 for refused, −penalty for wrong.

    >>> points({KNOWN: ["right", "right"], ABSENT: ["wrong", "refused"]}, 1.0)
    25.0
    """
    wrong, right = wrong_and_right(found)
    return 100 * (right - penalty * wrong)


def wrong_and_right(found: Grades) -> tuple[float, float]:
    """Shares of wrong and of right answers among all questions.

    >>> wrong_and_right({KNOWN: ["right", "right"], ABSENT: ["wrong", "refused"]})
    (0.25, 0.5)
    """
    every = [each for group in found.values() for each in group]
    return every.count("wrong") / len(every), every.count("right") / len(every)


def selective(scores: Sequence[float], right: Sequence[bool]) -> tuple[list[float], list[float]]:
    """Shares of all questions answered wrongly and rightly, if only answers with a score of at least a threshold
    are given; for every threshold that changes something, from the highest to the lowest.

    >>> selective([0.9, 0.2, 0.9, 0.5], [True, False, False, True])
    ([0.0, 0.25, 0.25, 0.5], [0.0, 0.25, 0.5, 0.5])
    """
    wrong_shares, right_shares, n = [0.0], [0.0], len(scores)
    for threshold in sorted(set(scores), reverse=True):
        given = [mark for score, mark in zip(scores, right, strict=True) if score >= threshold]
        wrong_shares.append(given.count(False) / n)
        right_shares.append(given.count(True) / n)
    return wrong_shares, right_shares


def with_threshold(found: Grades, scores: Mapping[str, Sequence[float]], threshold: float) -> Grades:
    """The grades if every answer with a score below the threshold were an "I don't know"."""
    return {
        group: [
            "refused" if score < threshold else each for each, score in zip(found[group], scores[group], strict=True)
        ]
        for group in found
    }


def counts(found: Grades) -> dict[str, dict[str, int]]:
    """How many of each grade, by group."""
    return {
        group: {grade: list(each).count(grade) for grade in ("right", "refused", "wrong")}
        for group, each in found.items()
    }


def unfold(counted: Mapping[str, Mapping[str, int]]) -> dict[str, list[str]]:
    """The grades again, in another order.

    >>> unfold({"rare": {"right": 1, "refused": 2, "wrong": 0}})
    {'rare': ['right', 'refused', 'refused']}
    """
    return {group: [g for g, n in each.items() for _ in range(n)] for group, each in counted.items()}
