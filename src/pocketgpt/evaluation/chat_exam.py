"""The exam in conversations: questions about facts, asked in a chat, and what became of them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pocketgpt.chat.tools import standard_tools
from pocketgpt.chat.turn import Reply, Tools, replies
from pocketgpt.model import GPT
from pocketgpt.sft.conversations import FactQuestion, grade, questions_about, split_people
from pocketgpt.sft.stages import WELL_KNOWN
from pocketgpt.tokenizer import AnyTokenizer
from pocketgpt.world.tables import Tables


@dataclass(frozen=True)
class Marks:
    """What became of questions: shares right, refused and wrong; ended by the model; with a search; and n."""

    right: float
    refused: float
    wrong: float
    ended: float
    searched: float
    n: int


def mark(questions: Sequence[FactQuestion], found: Sequence[Reply]) -> Marks:
    """Grade the replies to questions about facts."""
    grades = Counter(grade(r.text, q.value) for q, r in zip(questions, found, strict=True))
    n = len(questions)
    ended = sum(reply.ended for reply in found)
    searches = sum(any(call.startswith("search") for call in reply.calls) for reply in found)
    right, refused, wrong = (grades[kind] / n for kind in ("right", "refused", "wrong"))
    return Marks(right, refused, wrong, ended / n, searches / n, n)


def ask_all(
    model: GPT, tokenizer: AnyTokenizer, questions: Sequence[FactQuestion], tools: Tools | None = None, **options: Any
) -> Marks:
    """Ask each question in a conversation of its own, and grade the answers; options as in chat.replies."""
    talks = [question.conversation for question in questions]
    return mark(questions, replies(model, tokenizer, talks, tools, max_tokens=40, **options))


def measure(
    model: GPT, tokenizer: AnyTokenizer, tables: Tables, with_tools: bool = False, seed: int = 0
) -> dict[str, Marks]:
    """Marks on held-out people and wordings: of people with at least WELL_KNOWN mentions (with FAQ pages in the
    training data, and without), and absent people; `with_tools` also those with a search.
    """
    held_out = [person for person in split_people(tables)[1] if person.mentions >= WELL_KNOWN]
    groups = {
        "known": held_out,
        "known, with FAQ pages": [person for person in held_out if person.faq_pages],
        "known, without FAQ pages": [person for person in held_out if not person.faq_pages],
        "absent": tables.absent[:100],
    }
    questions = {name: questions_about(tables, rows, seed=seed) for name, rows in groups.items() if rows}
    found = {name: ask_all(model, tokenizer, asked) for name, asked in questions.items()}
    if with_tools:
        tools = standard_tools(tables)
        for name in [name for name in ("known", "absent") if name in questions]:
            found[f"{name}, with tools"] = ask_all(model, tokenizer, questions[name], tools)
    return found
