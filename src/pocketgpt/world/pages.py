"""How a page of each genre is written. Which pages there are, and their `rng`s, `world.documents` decides."""

import random
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from pocketgpt.errors import PocketError
from pocketgpt.world.arithmetic import draw_sum, sum_at_once, sum_in_steps, work_out
from pocketgpt.world.tables import ALL_FACTS, FACTS, KINDS, Row, Script, Tables, Wording

WordingsByFact = dict[tuple[str, str], list[Wording]]
"""Training wordings by fact and kind: ("dish", "question") → list."""


def facts_of(row: Row) -> dict[str, str]:
    """Return the facts of a person, country or animal as strings.

    >>> from pocketgpt.world import Country
    >>> facts_of(Country("Norway", "Oslo", "Europe", "Norwegian"))
    {'capital': 'Oslo', 'continent': 'Europe', 'language': 'Norwegian'}
    """
    return {fact: str(getattr(row, fact)) for fact in FACTS[row.topic]}


def fill(wording: Wording, row: Row) -> str:
    """Return a statement or a question about a row.

    >>> from pocketgpt.world import Animal
    >>> owl = Animal("owl", "bird", "mice", "the forest", 2)
    >>> fill(Wording("animal", "food", "statement", "train", "The {name} eats {value}."), owl)
    'The owl eats mice.'
    """
    return _capital(wording.text.format(name=row.name, value=getattr(row, wording.fact)))


def cloze(wording: Wording, row: Row) -> tuple[str, str]:
    """Split a statement into the prompt that asks for its value, and the value with its leading space.

    The space belongs to the answer because a token such as " Oslo" begins with it; a prompt that ends in a
    space would cut that token in two.

    >>> from pocketgpt.world import Country
    >>> wording = Wording("country", "capital", "statement", "train", "The capital of {name} is {value}.")
    >>> cloze(wording, Country("Norway", "Oslo", "Europe", "Norwegian"))
    ('The capital of Norway is', ' Oslo')
    """
    if wording.kind != "statement":
        raise PocketError(f"{wording.text!r} is a question; a cloze is made of a statement.")
    answer = f" {getattr(row, wording.fact)}"
    return fill(wording, row)[: -len(answer) - 1], answer


def questions(tables: Tables, row: Row, split: str = "train", fact: str | None = None) -> list[tuple[str, str]]:
    """Return pairs of question and answer about a row, for one fact or for all of them.

    The answer is the bare value, such as "Oslo".
    """
    facts = facts_of(row)
    asked = facts if fact is None else {fact: facts[fact]}
    return [(fill(w, row), value) for f, value in asked.items() for w in tables.select(f, "question", split)]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def group_wordings(tables: Tables) -> WordingsByFact:
    """Return the training wordings by fact and kind; pages never use another one."""
    return {(fact, kind): tables.select(fact, kind) for fact in ALL_FACTS for kind in KINDS}


def article(rng: random.Random, row: Row, wordings: WordingsByFact) -> str:
    """Write an encyclopedia page: the name, then every fact once in random order."""
    facts = rng.sample(FACTS[row.topic], len(FACTS[row.topic]))
    sentences = [fill(rng.choice(wordings[fact, "statement"]), row) for fact in facts]
    return f"{_capital(row.name)}\n\n{' '.join(sentences)}"


def faq(rng: random.Random, row: Row, wordings: WordingsByFact) -> str:
    """Write a page of questions and answers: every fact once in random order."""
    blocks = [f"Questions about {'the ' if row.topic == 'animal' else ''}{row.name}"]
    for fact in rng.sample(FACTS[row.topic], len(FACTS[row.topic])):
        question = fill(rng.choice(wordings[fact, "question"]), row)
        answer = fill(rng.choice(wordings[fact, "statement"]), row)
        blocks.append(f"Question: {question}\nAnswer: {answer}")
    return "\n\n".join(blocks)


def draw_other(rng: random.Random, texts: Sequence[str], used: Collection[str]) -> str:
    """Draw one of the texts that aren't used yet; any of them if all are."""
    return rng.choice([text for text in texts if text not in used] or texts)


class Slots(dict):
    """The slots of one page or conversation: each is filled at its first use and stays the same to the end.

    {place} and {place2} are two different things of the same part "place" of the script. `drawn` are slots that go
    together, such as a sum and its result, each group with the function that draws its values.
    """

    def __init__(
        self,
        rng: random.Random,
        script: Script,
        drawn: Mapping[tuple[str, ...], Callable[[random.Random], Sequence[str]]] | None = None,
        **bound: str,
    ) -> None:
        super().__init__(bound)
        self.rng, self.script, self.drawn = rng, script, drawn or {}

    def __missing__(self, slot: str) -> str:
        for names, draw in self.drawn.items():
            if slot in names:
                self.update(zip(names, draw(self.rng), strict=True))
                return self[slot]
        part = slot.rstrip("0123456789")
        used = {value for other, value in self.items() if other.rstrip("0123456789") == part}
        self[slot] = draw_other(self.rng, self.script.parts[part], used).format_map(self)
        return self[slot]


_PRONOUNS = {
    "boy": {"he": "he", "him": "him", "his": "his", "He": "He", "His": "His"},
    "girl": {"he": "she", "him": "her", "his": "her", "He": "She", "His": "Her"},
}


def story(rng: random.Random, script: Script) -> str:
    """Write a small story: one plot, each of its beats in one of its wordings, its slots filled."""
    slots = Slots(rng, script)
    group = rng.choice(("boy", "girl"))
    slots.update(_PRONOUNS[group], hero=slots[group])
    slots["kind"] = slots["beast"] if rng.random() < 0.4 else f"{rng.choice(('little', 'young'))} {group}"
    slots["friend"] = slots[rng.choice(("boy2", "girl2"))]
    plot = rng.choice(script.plots)
    return " ".join(_capital(rng.choice(beat).format_map(slots)) for beat in plot.beats)


def forum(rng: random.Random, tables: Tables, wordings: WordingsByFact) -> str:
    """Write a chat of two or three users: a greeting, one to three exchanges, a good-bye.

    The exchanges are the plots of data/forum.jsonl: small talk, opinions, sums, countries and animals.
    """
    if not (things := tables.countries + tables.animals):
        raise PocketError("A forum asks about countries and animals; add one to a table or set forums=0.")
    script = tables.forum
    handles = _handles(rng, script)
    exchanges = {plot.name: plot for plot in script.plots}
    talk = [name for name in exchanges if name not in ("hello", "bye")]
    turns: list[str] = []
    speaker = ""
    for name in ("hello", *rng.sample(talk, min(len(talk), rng.randint(1, 3))), "bye"):
        me = rng.choice([handle for handle in handles if handle != speaker])
        you = rng.choice([handle for handle in handles if handle != me])
        question, answer = draw_question(rng, things, wordings)
        a, sign, b = draw_sum(rng)
        slots = Slots(rng, script, me=me, you=you, question=question, answer=answer)
        slots.update(sum=f"{a} {sign} {b}", total=str(work_out(a, sign, b)))
        for i, beat in enumerate(exchanges[name].beats):
            speaker = (me, you)[i % 2]
            turns.append(f"{speaker}: {_capital(rng.choice(beat).format_map(slots))}")
    return "\n".join(turns)


def _handles(rng: random.Random, script: Script) -> list[str]:
    firsts = rng.sample(script.parts["handle_first"], 3)
    lasts = rng.sample(script.parts["handle_last"], 3)
    joints = rng.choices(("_", ""), weights=(2, 1), k=3)
    return [f"{a}{j}{b}" for a, j, b in zip(firsts, joints, lasts, strict=True)][: rng.choice((2, 2, 3))]


def draw_question(rng: random.Random, rows: Sequence[Row], wordings: WordingsByFact) -> tuple[str, str]:
    """Draw a question about one of the rows; return it with its answer, a whole sentence."""
    row = rng.choice(rows)
    fact = rng.choice(FACTS[row.topic])
    asked, told = (rng.choice(wordings[fact, kind]) for kind in ("question", "statement"))
    return fill(asked, row), fill(told, row)


def sums(rng: random.Random) -> str:
    """Write a page of worked sums, some at once and some in steps, mostly with small numbers."""
    lines = []
    for _ in range(rng.randint(4, 6)):
        a, sign, b = draw_sum(rng)
        in_steps = max(a, b) > 9 and rng.random() < 0.5
        lines.append(sum_in_steps(a, sign, b) if in_steps else sum_at_once(a, sign, b))
    return "Sums\n\n" + "\n".join(lines)


def story_words(tables: Tables) -> list[str]:
    """Return the sorted plain words of three to nine letters that stories use: those that get spelled."""
    texts = [t for p in tables.stories.plots for beat in p.beats for t in beat]
    texts += [t for part in tables.stories.parts.values() for t in part]
    words = {word.strip('.,!?":;') for text in texts for word in text.split()}
    return sorted(w for w in words if 3 <= len(w) <= 9 and w.isascii() and w.isalpha() and w.islower())


def spelling(rng: random.Random, words: list[str]) -> str:
    """Write a page that spells three to five words letter by letter and counts their letters."""
    if len(words) < 5:
        raise PocketError("There are too few words to spell; add stories to stories.jsonl or set spellings=0.")
    return "Spelling\n\n" + "\n".join(_spell(rng, word) for word in rng.sample(words, rng.randint(3, 5)))


def how_often(count: int) -> str:
    """Return "once", or a number of times.

    >>> how_often(1), how_often(3)
    ('once', '3 times')
    """
    return "once" if count == 1 else f"{count} times"


def _spell(rng: random.Random, word: str) -> str:
    spelled, letter = "-".join(word), rng.choice(word)
    n, times = len(word), how_often(word.count(letter))
    sentences = (
        f"The word {word} is spelled {spelled} and has {n} letters.",
        f"How do you spell {word}? It is spelled {spelled}.",
        f"How many letters does {word} have? Spelled out it is {spelled}, so it has {n} letters.",
        f"The word {word}, spelled {spelled}, begins with {word[0]} and ends with {word[-1]}.",
        f"In the word {word}, spelled {spelled}, the letter {letter} comes {times}.",
    )
    return rng.choice(sentences)


@dataclass(frozen=True)
class Kit:
    """What every page needs and what is worked out once: the training wordings, the words to spell."""

    tables: Tables
    wordings: WordingsByFact
    words: list[str]


def make_kit(tables: Tables) -> Kit:
    """Prepare the writing of pages."""
    return Kit(tables, group_wordings(tables), story_words(tables))


def render(genre: str, row: Row | None, is_faq: bool, rng: random.Random, kit: Kit) -> str:
    """Write one page of a genre."""
    if row is not None:
        return (faq if is_faq else article)(rng, row, kit.wordings)
    if genre == "story":
        return story(rng, kit.tables.stories)
    if genre == "forum":
        return forum(rng, kit.tables, kit.wordings)
    return sums(rng) if genre == "sum" else spelling(rng, kit.words)
