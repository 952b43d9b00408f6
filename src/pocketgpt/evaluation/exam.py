"""The fixed exam: the same questions for every model, so that each stage shows what it gained and lost.

Every question is a text to be continued, such as "Ada Byte was born in the town of"; the model's likeliest
continuation, up to the full stop or the end of the line, must be the answer, letter for letter. No luck is
involved: the same model always gets the same marks.
"""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from os.path import commonprefix

import torch
from torch import Tensor

from pocketgpt.evaluation.metrics import Score, auroc, score, wilson
from pocketgpt.model import GPT
from pocketgpt.sampling.generate import (
    BATCH,
    by_length,
    check_room,
    continuations,
    pad_left,
    prompt_ids,
    sentence_stops,
)
from pocketgpt.tokenizer import AnyTokenizer
from pocketgpt.world.documents import one_off_people
from pocketgpt.world.pages import cloze, how_often, story_words
from pocketgpt.world.tables import FACTS, Person, Tables

# People by number of pages that mention them.
GROUPS = ((1, 1), (2, 3), (4, 9), (10, 29), (30, 99), (100, 10**9))


@dataclass(frozen=True)
class Question:
    """A text to continue and the answer, with its leading space, as it stands in the text."""

    prompt: str
    answer: str


def fact_questions(tables: Tables, rows: Iterable, split: str = "train", seed: int = 0) -> list[Question]:
    """One question on each fact of each row (people, countries, animals), in a wording drawn from `split`."""
    questions = []
    for row in rows:
        rng = random.Random(f"exam {seed}/{row.name}/{split}")
        for fact in FACTS[row.topic]:
            questions.append(Question(*cloze(rng.choice(tables.select(fact, "statement", split)), row)))
    return questions


def sum_questions(digits: int, n: int, seed: int = 0) -> list[Question]:
    """Sums and differences of numbers with `digits` digits, answered at once."""
    rng = random.Random(f"exam {seed}/sums/{digits}")
    low, high = (10 ** (digits - 1) if digits > 1 else 0), 10**digits - 1
    questions = []
    for _ in range(n):
        a, b = sorted((rng.randint(low, high) for _ in range(2)), reverse=True)
        sign, result = rng.choice((("+", a + b), ("-", a - b)))
        questions.append(Question(f"Sums\n\n{a} {sign} {b} =", f" {result}"))
    return questions


def letter_questions(tables: Tables, n: int, seed: int = 0) -> list[Question]:
    """How often a letter comes in a word, without spelling it out first: tokens hide letters."""
    rng = random.Random(f"exam {seed}/letters")
    questions = []
    for word in rng.sample(story_words(tables), n):
        letter = rng.choice(word)
        prompt = f"Spelling\n\nIn the word {word}, the letter {letter} comes"
        questions.append(Question(prompt, f" {how_often(word.count(letter))}"))
    return questions


def answers(
    model: GPT, tokenizer: AnyTokenizer, prompts: Sequence[str], max_tokens: int = 12, batch: int = BATCH
) -> list[str]:
    """The likeliest continuation of each prompt, up to the first full stop or line break."""
    stops = [*sentence_stops(tokenizer), tokenizer.eot_id]
    texts = [""] * len(prompts)
    for part in by_length(map(len, prompts), batch):
        rows = [prompt_ids(tokenizer, prompts[i]) for i in part]
        found = continuations(model, rows, max_tokens, temperature=0, stop_ids=stops)
        for i, new in zip(part, found, strict=True):
            texts[i] = tokenizer.decode(new).split(".")[0].split("\n")[0].split("<|endoftext|>")[0].rstrip()
    return texts


def mark(model: GPT, tokenizer: AnyTokenizer, questions: Sequence[Question]) -> list[bool]:
    """Which questions the model answers rightly."""
    given = answers(model, tokenizer, [q.prompt for q in questions])
    return [text == q.answer for text, q in zip(given, questions, strict=True)]


@torch.inference_mode()
def confidences(model: GPT, tokenizer: AnyTokenizer, prompts: Sequence[str], batch: int = BATCH) -> list[float]:
    """The largest next-token probability after each prompt: how sure the model is of its answer's first token."""
    found: list[float] = []
    for start in range(0, len(prompts), batch):
        ids, pad = pad_left([prompt_ids(tokenizer, p) for p in prompts[start : start + batch]], pad_id=0)
        check_room(ids.size(1), model.config.context)
        cache = model.new_cache(len(ids), ids.size(1), pad.to(model.device))
        logits: Tensor = model.next_logits(ids.to(model.device), cache)
        found += logits.softmax(-1).amax(-1).tolist()
    return found


def before_the_fact(tables: Tables, people: Sequence[Person], seed: int = 0) -> list[str]:
    """Texts that stop where the fact begins to differ: all years of birth may begin with 19, which tells nothing."""
    shared = {fact: commonprefix(tables.values(fact)) for fact in FACTS["person"]}
    starts = [f" {shared[fact]}" if shared[fact] else "" for _ in people for fact in FACTS["person"]]
    questions = fact_questions(tables, people, seed=seed)
    return [q.prompt + start for q, start in zip(questions, starts, strict=True)]


def known_or_not(model: GPT, tokenizer: AnyTokenizer, tables: Tables, at_least: int = 30, seed: int = 0) -> float:
    """AUROC with which confidence at the fact tells people with `at_least` mentions from absent people."""
    known = [p for p in tables.people if p.mentions >= at_least]
    known = random.Random(f"exam {seed}/known").sample(known, min(len(known), len(tables.absent)))
    sure, unsure = (
        confidences(model, tokenizer, before_the_fact(tables, people, seed)) for people in (known, tables.absent)
    )
    return auroc(sure, unsure)


def people_of(tables: Tables, low: int, high: int, limit: int, seed: int = 0) -> list:
    """Up to `limit` people whom low to high pages mention."""
    group = [p for p in tables.people if low <= p.mentions <= high]
    return random.Random(f"exam {seed}/group").sample(group, min(len(group), limit))


def recall_by_mentions(
    model: GPT, tokenizer: AnyTokenizer, tables: Tables, split: str = "train", per_group: int = 60, seed: int = 0
) -> list[dict]:
    """Share of facts recalled by how many pages mention the person; absent people are the group 0."""
    rows = []
    for low, high in ((0, 0), *GROUPS):
        people = tables.absent[:per_group] if high == 0 else people_of(tables, low, high, per_group, seed)
        if people:
            marks = mark(model, tokenizer, fact_questions(tables, people, split, seed))
            top = min(high, max(p.mentions for p in people)) if high else 0
            result = score("", marks)
            rows.append({"mentions_low": low, "mentions_high": top, "right": result.right, "n": result.n})
            rows[-1] |= {"low": result.low, "high": result.high}
    return rows


def pooled(recalls: Iterable[Sequence[dict]]) -> list[dict]:
    """What `recall_by_mentions` gave for several models, with their questions added up.

    >>> [group] = pooled([[{"mentions_low": 1, "right": r, "n": 5}] for r in (2, 4)])
    >>> group["right"], group["n"]
    (6, 10)
    """
    groups = []
    for same in zip(*recalls, strict=True):
        right, n = sum(group["right"] for group in same), sum(group["n"] for group in same)
        low, high = wilson(right, n)
        groups.append({**same[0], "right": right, "n": n, "low": low, "high": high})
    return groups


def chance(tables: Tables) -> float:
    """Share of facts that guessing at random among the values of the tables would get right."""
    return sum(1 / len(tables.values(fact)) for fact in FACTS["person"]) / len(FACTS["person"])


def stop_rate(
    model: GPT, tokenizer: AnyTokenizer, tables: Tables, n: int = 60, max_tokens: int = 160, seed: int = 0
) -> Score:
    """Share of biographies that the model ends by itself, rather than writing on without end."""
    titles = [f"{person.name}\n\n" for person in one_off_people(tables, n, seed)]
    rows = continuations(
        model, [prompt_ids(tokenizer, title) for title in titles], max_tokens, seed=seed, stop_ids=[tokenizer.eot_id]
    )
    return score("a biography ends", [row[-1] == tokenizer.eot_id for row in rows])


def run(
    model: GPT, tokenizer: AnyTokenizer, tables: Tables, per_group: int = 60, n: int = 100, seed: int = 0
) -> list[Score]:
    """The whole exam, a row for each kind of question; some seconds on two cores with the default sizes."""
    rows = []
    for split, wording in (("train", "wordings of the pages"), ("held-out", "new wordings")):
        for low, high in GROUPS:
            people = people_of(tables, low, high, per_group, seed)
            if people:
                name = f"people on {_range(low, high)}, {wording}"
                rows.append(score(name, mark(model, tokenizer, fact_questions(tables, people, split, seed))))
    asked = {"absent people (chance: guessing)": fact_questions(tables, tables.absent[:per_group], "train", seed)}
    for name, members in (("countries", tables.countries), ("animals", tables.animals)):
        asked[name] = fact_questions(tables, members, "train", seed)[: 3 * n]
    rows += [score(name, mark(model, tokenizer, each)) for name, each in asked.items() if each]  # some tables are empty
    for digits in (1, 2, 3):
        name = f"sums, {digits} digits, at once"
        rows.append(score(name, mark(model, tokenizer, sum_questions(digits, n, seed))))
    rows.append(score("letters in words", mark(model, tokenizer, letter_questions(tables, n, seed))))
    rows.append(stop_rate(model, tokenizer, tables, n=per_group, seed=seed))
    return rows


def _range(low: int, high: int) -> str:
    if low == high:
        return "1 page" if low == 1 else f"{low} pages"
    return f"{low}+ pages" if high >= 10**9 else f"{low}–{high} pages"
