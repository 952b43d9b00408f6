"""What a search, a page in the context, and a calculator do for a model, and which words it can spell."""

import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from pocketgpt.chat import Conversation, Message, Reply, Tools, encode_text, prompt, replies, with_tools
from pocketgpt.chat.tools import standard_tools
from pocketgpt.evaluation.exam import sum_questions
from pocketgpt.model import GPT
from pocketgpt.sampling.generate import continuations
from pocketgpt.sft.conversations import FactQuestion, grade, searched
from pocketgpt.world import FACTS, Tables, story_words
from pocketgpt_lessons.hallucination.fixed_exam import ABSENT, KNOWN, ask, exam_questions


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


def page_or_memory(
    model: GPT, tokenizer, tables: Tables, questions: Sequence[FactQuestion], seed: int = 0
) -> dict[str, float]:
    """What a model says of people whom it knows, once it read a page with another value: shares of answers with
    the page's value, with the one from memory, and others.
    """
    talks, values = zip(*(with_page(tables, question, seed) for question in questions), strict=True)
    found = replies(model, tokenizer, talks, max_tokens=40)
    page = sum(grade(r.text, value) == "right" for r, value in zip(found, values, strict=True))
    memory = sum(grade(r.text, q.value) == "right" for r, q in zip(found, questions, strict=True))
    n = len(questions)
    return {"the page": page / n, "memory": memory / n, "something else": (n - page - memory) / n}


def tool_figures(model: GPT, tokenizer, tables: Tables) -> dict:
    """All that is measured of a model with tools, on the questions of the fixed exam: for the study."""
    asked = {name: questions for name, questions in exam_questions(tables).items() if name in (KNOWN, ABSENT)}
    answered = ask(model, tokenizer, asked, standard_tools(tables))
    return {
        "searches": asdict(count_searches(*asked.values(), *answered.values())),
        "page or memory": page_or_memory(model, tokenizer, tables, asked[KNOWN]),
    }


def sums_right(model: GPT, tokenizer, digits: int, n: int, tools: Tools | None = None) -> list[bool]:
    """Which of the exam's sums the model answers rightly."""
    asked = [(q.prompt.split("\n\n")[1].removesuffix(" ="), q.answer) for q in sum_questions(digits, n)]
    talks = [[Message("user", f"What is {text}?")] for text, _ in asked]
    found = replies(model, tokenizer, talks, tools, max_tokens=40)
    return [reply.text.endswith(f"={result}.") for reply, (_, result) in zip(found, asked, strict=True)]


def words_by_spelling(tables: Tables, n: int, seed: int = 0) -> tuple[list[str], list[str]]:
    """`n` words that the world's spelling pages spell, and `n` that they don't: professions, instruments, dishes."""
    rng = random.Random(f"words {seed}")
    spelled = story_words(tables)
    values = {value for fact in FACTS["person"] for value in map(str, tables.values(fact))}
    others = sorted(v for v in values - set(spelled) if v.isascii() and v.isalpha() and v.islower())
    return rng.sample(spelled, n), rng.sample(others, n)


def spellings(model: GPT, tokenizer, words: Sequence[str]) -> list[str]:
    """How a model spells words, such as "b-a-k-e-r": the answer is begun for it, and then is the likeliest."""
    begun = encode_text("It is spelled", tokenizer)
    questions = [[Message("user", f"How do you spell {word}?")] for word in words]
    prompts = [prompt(talk, tokenizer, model.config.context // 2) + begun for talk in questions]
    stops = [i for i in range(tokenizer.vocab_size) if b"." in tokenizer.token_bytes(i)]
    stops += tokenizer.special_tokens.values()
    found = continuations(model, prompts, 40, temperature=0, stop_ids=stops)
    return [tokenizer.decode(ids).split(".")[0].strip() for ids in found]
