"""The fixed exam: people whom a model knows well, partly, hardly or not at all, and how answers are counted.

Nobody whom it asks about is in a conversation of the training data, nor is any of its wordings.
"""

import math
import random
from collections.abc import Callable, Mapping, Sequence

from pocketgpt.chat import Reply, Tools, replies
from pocketgpt.model import GPT
from pocketgpt.sft.conversations import FactQuestion, grade, questions_about, split_people
from pocketgpt.sft.stages import WELL_KNOWN
from pocketgpt.world import Person, Tables

KNOWN, SOME, HARDLY, ABSENT = "well known", "on 10 to 29 pages", "on 1 to 3 pages", "absent"
PAGES = {KNOWN: (WELL_KNOWN, 10**9), SOME: (10, 29), HARDLY: (1, 3)}  # that mention a person, from and to
ASKED = 96  # people of each group, at most
FACTS_ASKED = {KNOWN: 2, SOME: 3, HARDLY: 3, ABSENT: 2}  # of each person

GRADES = ("right", "refused", "wrong")
Grades = Mapping[str, Sequence[str]]
"""For each group, "right", "refused" or "wrong" for each of its questions."""


def exam_questions(tables: Tables, seed: int = 0) -> dict[str, list[FactQuestion]]:
    """The fixed exam: questions on held-out people and absent ones, in held-out wordings, by group."""
    held_out = split_people(tables)[1]
    groups: dict[str, Sequence[Person]] = {
        name: [person for person in held_out if low <= person.mentions <= high] for name, (low, high) in PAGES.items()
    }
    groups[ABSENT] = tables.absent
    return {
        name: some_questions(tables, people[:ASKED], "held-out", seed, FACTS_ASKED[name])
        for name, people in groups.items()
    }


def some_questions(
    tables: Tables, people: Sequence[Person], split: str, seed: int, facts: int = FACTS_ASKED[KNOWN]
) -> list[FactQuestion]:
    """Questions about so many facts of each person, drawn by seed."""
    found = []
    for person in people:
        questions = questions_about(tables, [person], split, seed)
        found += random.Random(f"facts {seed}/{person.name}").sample(questions, facts)
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


def known_or_absent(found: Grades) -> tuple[list[str], list[bool]]:
    """The grades of known and of absent people in one list, and for each whether its question is about a known one."""
    known, absent = found[KNOWN], found[ABSENT]
    return [*known, *absent], [True] * len(known) + [False] * len(absent)


def tabled(found: Grades) -> str:
    """The grades as a table in text: a line a group, in per cent.

    >>> print(tabled({KNOWN: ["right", "wrong"]}))
                           right  refused    wrong
    well known               50%       0%      50%
    """
    rows = [f"{'':<19}" + "".join(f"{grade:>9}" for grade in GRADES)]
    for group, each in found.items():
        rows.append(f"{group:<19}" + "".join(f"{each.count(grade) / len(each):>9.0%}" for grade in GRADES))
    return "\n".join(rows)


def refused_instead(before: Grades, after: Grades, group: str = KNOWN) -> dict[str, int]:
    """Of a group's questions that the second model refuses: how many the first had right, and how many wrong.

    >>> refused_instead({KNOWN: ["right", "wrong", "right"]}, {KNOWN: ["refused", "refused", "right"]})
    {'right': 1, 'wrong': 1}
    """
    pairs = list(zip(before[group], after[group], strict=True))
    return {grade: pairs.count((grade, "refused")) for grade in ("right", "wrong")}


def break_even(bold: Grades, careful: Grades, trick_share: float) -> float:
    """What a wrong answer must cost, in points, for the careful model to earn as much as the bold one, on a test
    in which that share of the questions is about absent people and the rest about well-known ones. 0 if it earns as
    much at no cost; infinite if it is never ahead.

    >>> bold = {KNOWN: ["right"] * 10, ABSENT: ["wrong"] * 10}
    >>> careful = {KNOWN: ["right"] * 8 + ["refused"] * 2, ABSENT: ["refused"] * 10}
    >>> round(break_even(bold, careful, 0.5), 3), break_even(bold, careful, 0.0)
    (0.2, inf)
    """
    lost = saved = 0.0
    for group, weight in ((KNOWN, 1 - trick_share), (ABSENT, trick_share)):
        (wrong, right), (fewer, less) = (wrong_and_right({group: found[group]}) for found in (bold, careful))
        lost, saved = lost + weight * (right - less), saved + weight * (wrong - fewer)
    if lost <= 0:
        return 0.0
    return lost / saved if saved > 0 else math.inf


def points(found: Grades, trick_share: float, penalty: float, score: Callable[[float, float], float]) -> float:
    """The mean score of a question, where "I don't know" earns 0, on a test in which that share of the questions is
    about absent people and the rest about well-known ones. `score`: of an answer that is right with probability p, as
    in the exercise expected_score(p, penalty).

    >>> found = {KNOWN: ["right"] * 3 + ["refused"], ABSENT: ["wrong"] * 2}
    >>> points(found, 0.5, 1.0, lambda p, penalty: p - (1 - p) * penalty)
    -0.125
    """
    total = 0.0
    for group, weight in ((KNOWN, 1 - trick_share), (ABSENT, trick_share)):
        wrong, right = wrong_and_right({group: found[group]})
        if wrong + right:
            total += weight * (wrong + right) * score(right / (wrong + right), penalty)
    return total


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
    return {group: {grade: list(each).count(grade) for grade in GRADES} for group, each in found.items()}


def unfold(counted: Mapping[str, Mapping[str, int]]) -> dict[str, list[str]]:
    """The grades again, in another order.

    >>> unfold({"absent": {"right": 1, "refused": 2, "wrong": 0}})
    {'absent': ['right', 'refused', 'refused']}
    """
    return {group: [g for g, n in each.items() for _ in range(n)] for group, each in counted.items()}
