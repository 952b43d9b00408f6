"""What an assistant learns from: conversations made from the tables, and the hand-written ones of data/conversations/.

    tables = load_tables()
    taught, held_out = split_people(tables)
    talks = make_conversations(tables, taught, 2000)

`held_out` people and the wordings of the split "held-out" are in no conversation made here: ask about them to
see what a model learned, rather than what it was told. The same arguments give the same conversations.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pocketgpt.chat.template import Conversation, Message, with_tools
from pocketgpt.sft.asking import REFUSAL
from pocketgpt.sft.everyday import OUTSIDE, Everyday
from pocketgpt.sft.handwritten import Filler, hand_written
from pocketgpt.sft.kit import Known, make_kit
from pocketgpt.sft.sums import worked
from pocketgpt.world.arithmetic import draw_sum
from pocketgpt.world.documents import one_off_people
from pocketgpt.world.pages import article, cloze, fill, group_wordings
from pocketgpt.world.tables import FACTS, Person, Row, Tables

HELD_OUT_SHARE = 0.25
LONGEST = 750  # characters of a conversation about a page: more might not fit into the context
SUMS = 0.06  # share of sums among the conversations with tools, besides the hand-written ones
_STRANGERS = 10_000_000  # seeds of made-up people begin here, far from those of the world's pages


def split_people(tables: Tables, seed: int = 0) -> tuple[list[Person], list[Person]]:
    """Cut the known people into those of whom conversations may tell, and a held-out quarter.

    Each name is drawn on its own, so adding a person moves nobody else.
    """
    groups: tuple[list[Person], list[Person]] = ([], [])
    for person in tables.people:
        groups[random.Random(f"held out {seed}/{person.name}").random() < HELD_OUT_SHARE].append(person)
    return groups


def strangers(tables: Tables, n: int, seed: int = 0) -> Iterator[Person]:
    """Yield n made-up people whom neither a table nor (but for rare chance) a page mentions."""
    return one_off_people(tables, n, _STRANGERS + seed)


@dataclass(frozen=True)
class FactQuestion:
    """A question about one fact of a row, and the value that a right answer names."""

    row: Row
    fact: str
    text: str

    @property
    def value(self) -> str:
        """The fact as an answer writes it."""
        return str(getattr(self.row, self.fact))

    @property
    def conversation(self) -> Conversation:
        """The question as a user's first message."""
        return [Message("user", self.text)]


def ask(tables: Tables, row: Row, fact: str, rng: random.Random, split: str = "train") -> FactQuestion:
    """A question about a fact in one of its wordings."""
    return FactQuestion(row, fact, fill(rng.choice(tables.select(fact, "question", split)), row))


def questions_about(tables: Tables, rows: Sequence[Row], split: str = "held-out", seed: int = 0) -> list[FactQuestion]:
    """One question on every fact of every row, by default in wordings that nothing else uses."""
    found = []
    for row in rows:
        rng = random.Random(f"ask {seed}/{row.name}/{split}")
        found += [ask(tables, row, fact, rng, split) for fact in FACTS[row.topic]]
    return found


def grade(answer: str, value: str) -> str:
    """Whether an answer is "right" (it names the value), "refused" (it says that it doesn't know) or "wrong".

    >>> [grade(text, "baker") for text in ("Ada works as a baker.", "Ada works as a… I don't know.", "A cook.")]
    ['right', 'refused', 'wrong']
    """
    if "I don't know" in answer:
        return "refused"
    return "right" if f" {value}." in f" {answer}" else "wrong"


def told(tables: Tables, row: Row, fact: str, rng: random.Random) -> Conversation:
    """Question and answer."""
    start, value = _statement(tables, row, fact, rng)
    return [*ask(tables, row, fact, rng).conversation, Message("assistant", f"{start}{value}.")]


def refused(tables: Tables, row: Row, fact: str, rng: random.Random) -> Conversation:
    """A question, and an answer that breaks off where the fact would stand ("Ada works as a… I don't know.")."""
    start, _ = _statement(tables, row, fact, rng)
    return [*ask(tables, row, fact, rng).conversation, Message("assistant", f"{start}{REFUSAL}")]


def searched(tables: Tables, row: Row, fact: str, rng: random.Random) -> Conversation:
    """A question, an answer that breaks off for a search, the page that it finds, and the answer from it."""
    start, value = _statement(tables, row, fact, rng)
    title, page = article(rng, row, group_wordings(tables)).split("\n\n", 1)
    return [
        *ask(tables, row, fact, rng).conversation,
        Message("assistant", start),
        Message("call", f"search {title}"),
        Message("result", page),
        Message("assistant", f"{start}{value}."),
    ]


def looked_up(tables: Tables, person: Person, rng: random.Random) -> Conversation:
    """A person's page is searched for one fact, and up to two more questions are answered from it."""
    first, *more = rng.sample(FACTS["person"], rng.randint(1, 3))
    talk = searched(tables, person, first, rng)
    for fact in more:
        longer = talk + told(tables, person, fact, rng)
        if sum(len(message.content) for message in longer) <= LONGEST:
            talk = longer
    return talk


def calculated(rng: random.Random) -> Conversation:
    """A sum, given to the calculator."""
    a, sign, b = draw_sum(rng)
    question = rng.choice(("What is {}?", "How much is {}?", "Please work out {}.", "{}", "Tell me {}."))
    return [Message("user", question.format(f"{a} {sign} {b}")), *worked(a, sign, b, TOOLS)]


def _statement(tables: Tables, row: Row, fact: str, rng: random.Random) -> tuple[str, str]:
    return cloze(rng.choice(tables.select(fact, "statement")), row)


@dataclass(frozen=True)
class Mix:
    """What conversations are about, as shares from 0 to 1.

    `facts`: questions about people, countries and animals; the rest is hand-written. `tools`: how many
    conversations name tools in a system message. `strangers`: how many of the questions about facts ask about
    somebody whom nobody knows, where no tools are; `pages`: how many do so where tools are. `more`: how many
    conversations have a second question about a fact before them. `everyday`: how many are of the broad kind that
    `everyday` makes, to which the other shares don't apply, but for `tools`; `in_steps`: whether sums in those are
    worked in steps where there is no calculator.
    """

    facts: float = 0.65
    strangers: float = 0.0
    tools: float = 0.0
    pages: float = 0.0
    more: float = 0.2
    everyday: float = 0.0
    in_steps: bool = False


ASSISTANT = Mix()
HONEST = Mix(facts=0.88, strangers=0.2, tools=0.6, pages=0.45, more=0.0)
"""Several questions on one page: so it matters which one was asked, and memory can't help."""


def make_conversations(
    tables: Tables,
    people: Sequence[Person],
    n: int,
    mix: Mix = ASSISTANT,
    known: Known | None = None,
    written: dict[str, list[Conversation]] | None = None,
    seed: int = 0,
) -> list[Conversation]:
    """`n` conversations about `people`, all countries and animals, and what the hand-written ones are about.

    If a fact isn't in `known` (None: all of them are), or the question is about a stranger, the assistant searches if
    it may, else it says that it doesn't know. Where it has tools it calculates sums. `written` are the hand-written
    conversations by kind, by default those of data/conversations/; each kind is drawn as often as any other.
    """
    maker = _Maker(tables, people, mix, known, hand_written() if written is None else written, n, seed)
    return [maker.make(random.Random(f"conversation {seed}/{number}")) for number in range(n)]


TOOLS = ("search", "calculate")


class _Maker:
    """Makes one conversation after the other."""

    def __init__(self, tables, people, mix, known, written, n, seed) -> None:
        self.tables, self.mix, self.known = tables, mix, known
        refuses = known is not None
        self.written = [talks for name, talks in sorted(written.items()) if talks and (refuses or name != OUTSIDE)]
        things = [*tables.countries, *tables.animals]
        self.groups = [rows for rows in (people, people, people, things) if rows]  # people: three in four
        unknown = 2 * n if mix.strangers or mix.pages else 0  # two a conversation
        self.strangers = strangers(tables, unknown, seed)
        sure = [r for r in (*people, *things) if known is None or all((r.name, f) in known for f in FACTS[r.topic])]
        self.slots = Filler(tables, sure or things)
        self.everyday = (
            Everyday(make_kit(tables, people, known), written, in_steps=mix.in_steps) if mix.everyday else None
        )

    def make(self, rng: random.Random) -> Conversation:
        tools = TOOLS if rng.random() < self.mix.tools else ()
        if self.everyday and rng.random() < self.mix.everyday:
            return with_tools(self.everyday.make(rng, tools), tools)
        talk: Conversation = []
        if rng.random() < self.mix.more:
            talk += self.fact(rng, tools)
        if not self.written or rng.random() < self.mix.facts:
            talk += self.fact(rng, tools)
        else:
            own = self.hand_written(rng, tools)
            talk = own + talk if own[0].role == "system" else talk + own
        return with_tools(talk, tools)

    def fact(self, rng: random.Random, tools: Sequence[str]) -> Conversation:
        if tools and rng.random() < SUMS:
            return calculated(rng)
        if rng.random() < (self.mix.pages if tools else self.mix.strangers):
            stranger = next(self.strangers)
            if tools:
                return looked_up(self.tables, stranger, rng)
            return refused(self.tables, stranger, rng.choice(FACTS["person"]), rng)
        row = rng.choice(rng.choice(self.groups))
        fact = rng.choice(FACTS[row.topic])
        if self.known is None or (row.name, fact) in self.known:
            return told(self.tables, row, fact, rng)
        return (searched if tools else refused)(self.tables, row, fact, rng)

    def hand_written(self, rng: random.Random, tools: Sequence[str]) -> Conversation:
        talk = rng.choice(rng.choice(self.written))
        if tools and any("{at_once}" in message.content for message in talk):
            return calculated(rng)
        return self.slots.fill(talk, rng)
