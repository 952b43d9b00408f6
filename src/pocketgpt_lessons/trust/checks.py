"""Checks of an answer: ask again, ask often, ask another model, or look it up; what each catches, and what it costs.

A check raises a flag: "don't trust this answer". Its precision is the share of wrong answers among the flagged, its
recall the share of flagged ones among the wrong.
"""

import math
import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from statistics import fmean

import torch

from pocketgpt.chat import Conversation, Message, prompt, replies
from pocketgpt.chat.template import encode_text
from pocketgpt.chat.tools import calculate
from pocketgpt.evaluation.calibration import bootstrap
from pocketgpt.evaluation.confidence import said_value
from pocketgpt.model import GPT
from pocketgpt.rl.tasks import Sum, last_number
from pocketgpt.sft.conversations import FactQuestion
from pocketgpt.world import Tables

SAMPLES = 7
DOUBT = "Are you sure?"
DRAWS = 300  # samples for an interval
TOKENS = {"facts": 40, "sums": 130}  # of an answer, at most


@dataclass(frozen=True)
class Case:
    """A question whose answer we know: how an answer's claim is read, and what a tool is asked to check it."""

    talk: Conversation
    truth: str
    read: Callable[[str], str | None]
    look_up: str  # the title of a page, or an expression
    tokens: int


def fact_cases(tables: Tables, questions: Sequence[FactQuestion]) -> list[Case]:
    """Questions about facts; the claim is the value that an answer names in one of our wordings."""

    def case(question: FactQuestion) -> Case:
        def read(text: str) -> str | None:
            return said_value(tables, question, text)

        return Case(question.conversation, question.value, read, question.row.name, TOKENS["facts"])

    return [case(question) for question in questions]


def sum_cases(n: int, digits: int = 3, seed: int = 0) -> list[Case]:
    """Sums; the claim is the last number of an answer."""

    def case(task: Sum) -> Case:
        talk = [Message("user", task.question)]
        return Case(talk, str(task.result), _last, f"{task.a} {task.sign} {task.b}", TOKENS["sums"])

    return [case(Sum.draw(random.Random(f"checked sum {seed}/{i}"), digits)) for i in range(n)]


def _last(text: str) -> str | None:
    number = last_number(text)
    return None if number is None else str(number)


@dataclass(frozen=True)
class Given:
    """An answer, the claim in it (None: there is none), and how many tokens were written for it."""

    text: str
    claim: str | None
    tokens: int


def written(given: Iterable[Given]) -> float:
    """Tokens of an answer, on average."""
    return fmean(each.tokens for each in given)


def ask(
    model: GPT,
    tokenizer,
    cases: Sequence[Case],
    temperature: float = 0.0,
    seed: int = 0,
    talks: Sequence[Conversation] | None = None,
) -> list[Given]:
    """The model's answer to each case; `talks` are what it is asked, if not the cases' own questions."""
    asked = [case.talk for case in cases] if talks is None else talks
    most = max(case.tokens for case in cases)
    found = replies(model, tokenizer, asked, max_tokens=most, temperature=temperature, seed=seed)
    return [
        Given(reply.text, case.read(reply.text), len(encode_text(reply.text, tokenizer)) + 1)
        for case, reply in zip(cases, found, strict=True)
    ]


def asked_again(case: Case, given: Given, doubt: str = DOUBT) -> Conversation:
    """The question, the answer, and the question once more after a `doubt`; "" for a plain repeat."""
    again = f"{doubt} {case.talk[-1].content}".strip()
    return [*case.talk, Message("assistant", given.text), Message("user", again)]


def ask_again(model: GPT, tokenizer, cases: Sequence[Case], first: Sequence[Given], doubt: str = DOUBT) -> list[Given]:
    """What the model says to `asked_again`."""
    talks = [asked_again(case, given, doubt) for case, given in zip(cases, first, strict=True)]
    return ask(model, tokenizer, cases, talks=talks)


def sample(model: GPT, tokenizer, cases: Sequence[Case], k: int = SAMPLES, seed: int = 0) -> list[list[Given]]:
    """`k` answers to each case at temperature 1."""
    repeated = [case for case in cases for _ in range(k)]
    found = ask(model, tokenizer, repeated, temperature=1.0, seed=seed)
    return [found[i * k : (i + 1) * k] for i in range(len(cases))]


def majority(claims: Sequence[str | None]) -> str | None:
    """The claim that comes most often; of several that come equally often, the one that came first. Answers without a
    claim (None) have no vote; None if there is no other.

    >>> majority(["82", "72", "72", "82", None]), majority([None])
    ('82', None)
    """
    counts = Counter(claim for claim in claims if claim is not None)
    return max(counts, key=lambda claim: counts[claim]) if counts else None


def differs(first: Sequence[Given], second: Sequence[Given | str | None]) -> list[bool]:
    """Flags where the second source names no claim, or another one than the first answer."""
    claims = [each.claim if isinstance(each, Given) else each for each in second]
    return [a.claim is None or a.claim != b for a, b in zip(first, claims, strict=True)]


def changes_its_mind(first: Sequence[Given], second: Sequence[Given]) -> list[bool]:
    """Flags where the second answer makes another claim; one without a claim, such as "Yes.", stands by the first."""
    return [b.claim is not None and a.claim != b.claim for a, b in zip(first, second, strict=True)]


def calculated(cases: Sequence[Case], first: Sequence[Given]) -> list[bool]:
    """Flags where the calculator comes to another result."""
    return [calculate(case.look_up) != given.claim for case, given in zip(cases, first, strict=True)]


def not_on_its_page(search: Callable[[str], str], cases: Sequence[Case], first: Sequence[Given]) -> list[bool]:
    """Flags where a page is found and doesn't hold the claim. Where no page is found there is nothing to flag."""
    flags = []
    for case, given in zip(cases, first, strict=True):
        page = search(case.look_up)
        flags.append(not page.startswith("error:") and (given.claim is None or f" {given.claim}." not in page))
    return flags


def holed(search: Callable[[str], str], share: float, seed: int = 0) -> Callable[[str], str]:
    """A search that lacks the pages of a share of titles, drawn once and for all."""

    def find(title: str) -> str:
        lost = random.Random(f"holes {seed}/{title}").random() < share
        return "error: no page fits this query." if lost else search(title)

    return find


def wrong(cases: Sequence[Case], first: Sequence[Given]) -> list[bool]:
    """Which answers are wrong; one without a claim counts as wrong."""
    return [given.claim != case.truth for case, given in zip(cases, first, strict=True)]


def asked_twice(
    cases: Sequence[Case], first: Sequence[Given], doubted: Sequence[Given], repeated: Sequence[Given]
) -> dict[str, int | dict[str, int]]:
    """How many answers were right at first, `right before`; and once the model was `doubted`, or asked a second time
    without any doubt, `repeated`: how many were `right` then, how many turned (`spoilt`, `mended`), and how many were
    right here and not in the other. A second answer without a claim stands by the first.
    """
    bad = wrong(cases, first)
    later = []
    for second in (doubted, repeated):
        final = [b if b.claim is not None else a for a, b in zip(first, second, strict=True)]
        later.append(wrong(cases, final))
    counts = [
        {
            "right": mine.count(False),
            "spoilt": sum(b and not a for a, b in zip(bad, mine, strict=True)),
            "mended": sum(a and not b for a, b in zip(bad, mine, strict=True)),
            "right here only": sum(b and not a for a, b in zip(mine, other, strict=True)),
        }
        for mine, other in (later, later[::-1])
    ]
    return {"n": len(bad), "right before": bad.count(False), "doubted": counts[0], "repeated": counts[1]}


@dataclass(frozen=True)
class Caught:
    """What a check's flags are worth: of so many flagged answers so many were wrong, of `bad` wrong ones in all."""

    flagged: int
    caught: int
    bad: int
    n: int
    tokens: float = 0.0  # written for the check of one answer, on average

    @property
    def precision(self) -> float | None:
        """Share of wrong answers among the flagged; None if none was flagged."""
        return self.caught / self.flagged if self.flagged else None

    @property
    def recall(self) -> float | None:
        """Share of flagged ones among the wrong; None if none was wrong."""
        return self.caught / self.bad if self.bad else None


def caught(flags: Sequence[bool], bad: Sequence[bool], tokens: float = 0.0) -> Caught:
    """Count a check's flags.

    >>> found = caught([True, True, False, False], [True, False, True, False])
    >>> found.precision, found.recall
    (0.5, 0.5)
    """
    return Caught(sum(flags), sum(f and b for f, b in zip(flags, bad, strict=True)), sum(bad), len(bad), tokens)


# --- A judge --------------------------------------------------------------------------------------------------


def judge_prompt(case: Case, a: str, b: str, tokenizer, room: int) -> list[int]:
    """The question with two answers, A and B, and which of them is right; up to where the judge says A or B."""
    question = case.talk[-1].content
    return prompt([Message("user", f"{question} A: {a}. B: {b}. Which is right, A or B?")], tokenizer, room)


@torch.inference_mode()
def verdicts(judge: GPT, tokenizer, cases: Sequence[Case], others: Sequence[str], truth_first: bool) -> list[bool]:
    """Whether the judge finds "A" likelier than "B" as its next word, with the truth as A (`truth_first`) or as B."""
    letters = [encode_text(letter, tokenizer)[0] for letter in "AB"]
    found = []
    for case, other in zip(cases, others, strict=True):
        pair = (case.truth, other) if truth_first else (other, case.truth)
        ids = judge_prompt(case, *pair, tokenizer, judge.config.context - 2)
        first, second = judge(torch.tensor([ids]))[0, -1, letters].tolist()
        found.append(first > second)
    return found


def judged(judge: GPT, tokenizer, cases: Sequence[Case], others: Sequence[str]) -> dict[str, int]:
    """How often a judge picks the truth, and how often its verdict follows the order: the same letter both times."""
    first = verdicts(judge, tokenizer, cases, others, True)
    second = verdicts(judge, tokenizer, cases, others, False)
    return {
        "n": len(first),
        "right": sum(first) + second.count(False),  # of 2 n verdicts
        "follows order": sum(a == b for a, b in zip(first, second, strict=True)),
        "says A": sum(first) + sum(second),
    }


def others_of(tables: Tables, questions: Sequence[FactQuestion], seed: int = 0) -> list[str]:
    """For each question a wrong value of its fact."""
    return [
        random.Random(f"other {seed}/{q.text}").choice([v for v in tables.values(q.fact) if v != q.value])
        for q in questions
    ]


# --- Several in a row -----------------------------------------------------------------------------------------


def in_a_row(flags: Mapping[str, Sequence[bool]], bad: Sequence[bool]) -> list[dict]:
    """After each check in turn: how many answers pass all so far, how many of those are wrong, and how many right
    ones were stopped.

    >>> in_a_row({"first": [True, False, False]}, [True, True, False])[-1]
    {'name': 'first', 'passed': 2, 'wrong': 1, 'stopped': 0}
    """
    through = [True] * len(bad)
    rows = [{"name": "no check", "passed": len(bad), "wrong": sum(bad), "stopped": 0}]
    for name, each in flags.items():
        through = [a and not flag for a, flag in zip(through, each, strict=True)]
        rows.append(
            {
                "name": name,
                "passed": sum(through),
                "wrong": sum(a and b for a, b in zip(through, bad, strict=True)),
                "stopped": sum(not a and not b for a, b in zip(through, bad, strict=True)),
            }
        )
    return rows


def missed(
    flags: Mapping[str, Sequence[bool]], bad: Sequence[bool], people: Sequence[str] | None = None
) -> dict[str, float]:
    """Of the wrong answers, the share that all checks miss: as it is, and as it would be if their holes had nothing to
    do with each other, the product of what each of them misses. `low` and `high` are the ends of the 95% interval of
    the first minus the second: above 0, the holes line up. Answers about the same of `people`, one name for each
    answer, are drawn together, as they depend on each other.

    >>> found = missed({"a": [True, False, False, False], "b": [True, False, True, True]}, [True, True, True, False])
    >>> round(found["together"], 2), round(found["if independent"], 2)
    (0.33, 0.22)
    """
    groups: dict[object, list[list[bool]]] = {}
    for i, name in enumerate(people or range(len(bad))):
        if bad[i]:
            groups.setdefault(name, []).append([not each[i] for each in flags.values()])

    def shares(sample: Iterable[list[list[bool]]]) -> tuple[float, float]:
        rows = list(chain.from_iterable(sample))
        return fmean(map(all, rows)), math.prod(map(fmean, zip(*rows, strict=True)))

    def difference(sample: list) -> float:
        together, alone = shares(sample)
        return together - alone

    together, alone = shares(groups.values())
    low, high = bootstrap(list(groups.values()), difference, DRAWS)
    return {"together": together, "if independent": alone, "low": low, "high": high}


# --- All of them on facts ---------------------------------------------------------------------------------------

HOLES = 0.2  # share of pages that the search of the last check lacks


Flags = tuple[list[bool], float]
"""A check's flags, and the tokens that were written for one answer, on average."""

AGAIN, MAJORITY, SECOND = DOUBT, f"majority of {SAMPLES}", "a second model"
SEARCH = f"search without {HOLES:.0%} of its pages"


def by_majority(
    model: GPT,
    tokenizer,
    cases: Sequence[Case],
    first: Sequence[Given],
    vote: Callable[[list], str | None] = majority,
    seed: int = 0,
) -> Flags:
    """Flags where the answer isn't what most of SAMPLES samples say."""
    sampled = sample(model, tokenizer, cases, seed=seed)
    most = [vote([given.claim for given in each]) for each in sampled]
    return differs(first, most), SAMPLES * written(chain.from_iterable(sampled))


def fact_checks(
    model: GPT,
    second: GPT,
    tokenizer,
    search: Callable[[str], str],
    cases: Sequence[Case],
    first: Sequence[Given],
    vote: Callable[[list], str | None] = majority,
    seed: int = 0,
) -> dict[str, Flags]:
    """What AGAIN, MAJORITY, SECOND and SEARCH say of a model's first answers.

    `second` is another model, which may refuse: then it doesn't confirm the answer, and the flag is up. The search
    lacks HOLES of its pages, as a real one does.
    """
    again, other = ask_again(model, tokenizer, cases, first), ask(second, tokenizer, cases)
    return {
        AGAIN: (changes_its_mind(first, again), written(again)),
        MAJORITY: by_majority(model, tokenizer, cases, first, vote, seed),
        SEARCH: (not_on_its_page(holed(search, HOLES, seed), cases, first), 0.0),
        SECOND: (differs(first, other), written(other)),
    }
