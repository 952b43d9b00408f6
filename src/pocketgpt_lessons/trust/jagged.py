"""Jagged edges: what each stage can and can't do, kind by kind, the same questions for all."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pocketgpt.evaluation import exam
from pocketgpt.rl.tasks import Decimals, Letters, Sum
from pocketgpt.sft.conversations import FactQuestion, grade, questions_about, split_people
from pocketgpt.world import Tables
from pocketgpt.world.pages import how_often, story_words
from pocketgpt.world.tables import Row
from pocketgpt_lessons.speakers import Speaker, say

ASKED = 48  # questions of each kind
ANSWER_TOKENS = 150  # sums worked in steps are long
PAGE_TOKENS = 30  # of a stage that goes on with the text
PAGES = {"people on 1 to 3 pages": (1, 3), "people on 10 to 29": (10, 29), "people on 30 or more": (30, 10**9)}
SHORT, LONG = (3, 5), (7, 9)  # letters of a word


@dataclass(frozen=True)
class Item:
    """A question as a chat asks it, how its answer is marked, and the text that a base model completes instead."""

    question: str
    right: Callable[[str], bool]
    page: exam.Question | None = None


def _fact(tables: Tables, question: FactQuestion, seed: int) -> Item:
    asked = exam.fact_questions(tables, [question.row], "held-out", seed)
    page = next(each for each in asked if each.answer == f" {question.value}")
    return Item(question.text, lambda answer: grade(answer, question.value) == "right", page)


def _facts(tables: Tables, rows: Sequence[Row], n: int, seed: int) -> list[Item]:
    questions = questions_about(tables, rows, seed=seed)
    chosen = random.Random(f"jagged {seed}").sample(questions, min(n, len(questions)))
    return [_fact(tables, question, seed) for question in chosen]


def _sum(task: Sum) -> Item:
    page = exam.Question(f"Sums\n\n{task.a} {task.sign} {task.b} =", f" {task.result}")
    return Item(task.question, lambda answer: task.reward(answer) == 1, page)


def _letters(task: Letters) -> Item:
    start = f"Spelling\n\nIn the word {task.word}, the letter {task.letter} comes"
    page = exam.Question(start, f" {how_often(task.word.count(task.letter))}")
    return Item(task.question, lambda answer: task.reward(answer) == 1, page)


def _decimals(task: Decimals) -> Item:
    return Item(task.question, lambda answer: task.reward(answer) == 1)


def kinds(tables: Tables, n: int = ASKED, seed: int = 0) -> dict[str, list[Item]]:
    """At most `n` questions of each kind, by the kind's name; people are held out, in wordings that are held out."""
    held_out = split_people(tables)[1]
    groups: dict[str, Sequence[Row]] = {
        name: [person for person in held_out if low <= person.mentions <= high] for name, (low, high) in PAGES.items()
    }
    groups |= {"countries": tables.countries, "animals": tables.animals}
    found = {name: _facts(tables, rows, n, seed) for name, rows in groups.items() if rows}
    rngs = [random.Random(f"jagged {seed}/{i}") for i in range(n)]
    for digits in (1, 2, 3, 4):
        found[f"sums of {digits}-digit numbers"] = [_sum(Sum.draw(rng, digits)) for rng in rngs]
    for low, high in (SHORT, LONG):
        words = [word for word in story_words(tables) if low <= len(word) <= high]
        # Of letters that come once, "once" would be right without any counting.
        pairs = sorted({(word, letter) for word in words for letter in word if word.count(letter) > 1})
        name = f"letters that come twice or more, in words of {low} to {high}"
        found[name] = [_letters(Letters(*rng.choice(pairs))) for rng in rngs]
    found["two decimals in order"] = [_decimals(Decimals.draw(rng)) for rng in rngs]
    return found


def mark(stage: Speaker, items: Sequence[Item]) -> list[bool] | None:
    """Which of the questions a stage answers correctly, without tools; None where it can't be asked."""
    if stage.converses:
        given = say(stage, [item.question for item in items], ANSWER_TOKENS)
        return [item.right(text) for item, text in zip(items, given, strict=True)]
    pages = [item.page for item in items if item.page]
    return exam.mark(stage.model, stage.tokenizer, pages) if len(pages) == len(items) else None


def short_answers(stages: Mapping[str, Speaker], questions: Sequence[str]) -> list[list[str]]:
    """What each stage says to the same questions, without tools, a row each: its name, then the answers.

    A stage that doesn't converse goes on with the text.
    """
    rows = []
    for name, stage in stages.items():
        given = say(stage, questions, ANSWER_TOKENS if stage.converses else PAGE_TOKENS)
        rows.append([name, *(" ".join(text.split()) for text in given)])
    return rows


def profile(stage: Speaker, asked: Mapping[str, Sequence[Item]]) -> dict[str, dict[str, int] | None]:
    """For each kind how many answers are `right` of `n`; None where the stage can't be asked."""
    found: dict[str, dict[str, int] | None] = {}
    for name, items in asked.items():
        marks = mark(stage, items)
        found[name] = None if marks is None else {"right": sum(marks), "n": len(marks)}
    return found
