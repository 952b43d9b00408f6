"""What a search does for a model, and what it believes: the page before it, or its memory."""

import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from pocketgpt.chat import Conversation, Reply, replies, with_tools
from pocketgpt.chat.tools import standard_tools
from pocketgpt.model import GPT
from pocketgpt.sft.conversations import FactQuestion, grade, searched
from pocketgpt.world import Tables
from pocketgpt_lessons.hallucination.fixed_exam import ABSENT, KNOWN, ask, exam_questions

PAGE, MEMORY, OTHER = "the page", "memory", "something else"


@dataclass(frozen=True)
class Searches:
    """Of questions about known and about absent people: shares right, and with a search; and how many of the
    searches were for absent people.
    """

    known_right: float
    absent_right: float
    needless: float  # known people searched
    absent_searched: float
    precision: float  # of all searches, those for absent people; 0 if there were none


def count_searches(
    known: Sequence[FactQuestion],
    absent: Sequence[FactQuestion],
    known_replies: Sequence[Reply],
    absent_replies: Sequence[Reply],
) -> Searches:
    """Put the replies to both groups together."""

    def right(questions, found) -> float:
        marks = [grade(reply.text, q.value) == "right" for reply, q in zip(found, questions, strict=True)]
        return sum(marks) / len(marks)

    needless, wanted = (
        sum(any(call.startswith("search ") for call in reply.calls) for reply in found)
        for found in (known_replies, absent_replies)
    )
    return Searches(
        right(known, known_replies),
        right(absent, absent_replies),
        needless / len(known),
        wanted / len(absent),
        wanted / (wanted + needless) if wanted + needless else 0.0,
    )


def with_page(tables: Tables, question: FactQuestion, seed: int = 0) -> tuple[Conversation, str]:
    """A conversation in which the search has just found a page that gives a person another value for the fact,
    and that value.
    """
    rng = random.Random(f"false page {seed}/{question.text}")
    value = rng.choice([value for value in tables.values(question.fact) if value != question.value])
    row = replace(question.row, **{question.fact: value})
    _, *rest, _ = searched(tables, row, question.fact, rng)
    return with_tools([*question.conversation, *rest], ["search", "calculate"]), value


@dataclass(frozen=True)
class Believed:
    """An answer after a false page: what it was asked, what the page and the tables say, and whom it follows."""

    question: str
    on_page: str
    in_tables: str
    answer: str
    follows: str  # PAGE, MEMORY or OTHER


def page_or_memory(
    model: GPT, tokenizer, tables: Tables, questions: Sequence[FactQuestion], seed: int = 0
) -> list[Believed]:
    """What a model says of people whom it knows, once it has read a page with another value."""
    talks, values = zip(*(with_page(tables, question, seed) for question in questions), strict=True)
    found = []
    for q, value, reply in zip(questions, values, replies(model, tokenizer, talks, max_tokens=40), strict=True):
        of_page, of_tables = (grade(reply.text, each) == "right" for each in (value, q.value))
        follows = PAGE if of_page else MEMORY if of_tables else OTHER
        found.append(Believed(q.text, value, q.value, reply.text, follows))
    return found


def shares(found: Sequence[Believed]) -> dict[str, float]:
    """How often the answers follow the page, memory, or neither."""
    return {name: sum(each.follows == name for each in found) / len(found) for name in (PAGE, MEMORY, OTHER)}


def tool_figures(model: GPT, tokenizer, tables: Tables) -> dict:
    """All that is measured of a model with tools, on the questions of the fixed exam: for the study."""
    asked = {name: questions for name, questions in exam_questions(tables).items() if name in (KNOWN, ABSENT)}
    answered = ask(model, tokenizer, asked, standard_tools(tables))
    return {
        "searches": asdict(count_searches(*asked.values(), *answered.values())),
        "page or memory": shares(page_or_memory(model, tokenizer, tables, asked[KNOWN])),
    }
