"""When the test leaks: a copy of a model learns the exam's own questions with their answers, and what that shows.

What it is asked then: the exam as it leaked, the same facts in new words, and new questions of the same kinds. Only
the last tell whether it learned anything but the exam. A control learns as many other questions, in the same way.
"""

import random
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, replace

from pocketgpt.chat import Conversation, Message, answers
from pocketgpt.model import GPT
from pocketgpt.rl.tasks import Sum
from pocketgpt.sft.conversations import FactQuestion, grade, questions_about, split_people
from pocketgpt.sft.fine_tune import FineTuning, fine_tune
from pocketgpt.sft.recipe import Recipe
from pocketgpt.world import Tables, fill

PEOPLE = 12  # in the exam, with all their facts
SUMS = 60
LEAK = Recipe(steps=60, matrix_lr=0.02, embed_lr=0.2, head_lr=0.02)
NEW_WORDS = "Please work out {}."
ANSWER_TOKENS = 30
EXAM, REWORDED, FRESH = "the exam as it leaked", "the same in new words", "new questions of the same kinds"


@dataclass(frozen=True)
class Leak:
    """An exam of facts and sums: its questions, the same in new words, others of the same kinds, and still others, for
    a control to learn.
    """

    facts: list[FactQuestion]
    reworded: list[FactQuestion]
    fresh: list[FactQuestion]
    sums: list[Sum]
    fresh_sums: list[Sum]
    others: list[FactQuestion]
    other_sums: list[Sum]


def make_leak(tables: Tables, seed: int = 0) -> Leak:
    """An exam about held-out people whom 10 to 29 pages mention, and about sums of three-digit numbers."""
    people = [person for person in split_people(tables)[1] if 10 <= person.mentions <= 29]
    rng = random.Random(f"leak {seed}")
    rng.shuffle(people)
    inside, outside, rest = (people[i * PEOPLE : (i + 1) * PEOPLE] for i in range(3))
    drawn = [Sum.draw(rng, 3) for _ in range(4 * SUMS)]
    sums = list(dict.fromkeys(drawn))
    return Leak(
        questions_about(tables, inside, "train", seed),
        questions_about(tables, inside, "held-out", seed),
        questions_about(tables, outside, "train", seed),
        sums[:SUMS],
        sums[SUMS : 2 * SUMS],
        questions_about(tables, rest, "train", seed),
        sums[2 * SUMS : 3 * SUMS],
    )


def control_of(leak: Leak) -> Leak:
    """The same with the other questions as its exam: what the control learns."""
    return replace(leak, facts=leak.others, sums=leak.other_sums)


def leaked_talks(tables: Tables, leak: Leak, seed: int = 0) -> list[Conversation]:
    """The exam's questions with their answers, as conversations."""
    rng = random.Random(f"leaked {seed}")
    talks: list[Conversation] = []
    for question in leak.facts:
        told = fill(rng.choice(tables.select(question.fact, "statement")), question.row)
        talks.append([*question.conversation, Message("assistant", told)])
    for task in leak.sums:
        talks.append([Message("user", task.question), Message("assistant", task.at_once())])
    return talks


def leaked_run(model: GPT, tokenizer, talks: Sequence[Conversation], seed: int = 0) -> FineTuning:
    """The run on a copy of the model: iterate over it to train."""
    return fine_tune(deepcopy(model), talks, tokenizer, replace(LEAK, seed=seed))


def _facts_right(model: GPT, tokenizer, questions: Sequence[FactQuestion]) -> list[bool]:
    found = answers(model, tokenizer, [q.conversation for q in questions], max_tokens=ANSWER_TOKENS)
    return [grade(text, q.value) == "right" for text, q in zip(found, questions, strict=True)]


def _sums_right(model: GPT, tokenizer, tasks: Sequence[Sum], wording: str = "What is {}?") -> list[bool]:
    asked = [[Message("user", wording.format(f"{task.a} {task.sign} {task.b}"))] for task in tasks]
    found = answers(model, tokenizer, asked, max_tokens=ANSWER_TOKENS)
    return [task.reward(text) == 1 for text, task in zip(found, tasks, strict=True)]


def scores(model: GPT, tokenizer, leak: Leak) -> dict[str, dict[str, dict[str, int]]]:
    """How many answers are `right` of `n`, for facts and for sums, to EXAM, REWORDED and FRESH."""
    marks = {
        "facts": {
            EXAM: _facts_right(model, tokenizer, leak.facts),
            REWORDED: _facts_right(model, tokenizer, leak.reworded),
            FRESH: _facts_right(model, tokenizer, leak.fresh),
        },
        "sums": {
            EXAM: _sums_right(model, tokenizer, leak.sums),
            REWORDED: _sums_right(model, tokenizer, leak.sums, NEW_WORDS),
            FRESH: _sums_right(model, tokenizer, leak.fresh_sums),
        },
    }
    return {
        kind: {name: {"right": sum(each), "n": len(each)} for name, each in of_kind.items()}
        for kind, of_kind in marks.items()
    }
