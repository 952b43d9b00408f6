"""A crowd that compares little stories, and the hidden rule behind its taste.

The rule gives each story a true score. Only the crowd and the exam may use it: a reward model has to guess it from
comparisons, each made by one of many raters, who weigh things differently and don't look closely each time.

    crowd = make_crowd(tables)
    crowd.truth("Then a small frog came along. They laughed.")
    pairs = crowd.judge(pairs, seed=0)

The rule likes an animal, something said, something sweet and a happy end; more than two of anything is too much for
it, and it dislikes repetition and nonsense. Stories that are compared hardly ever repeat or overdo anything, so their
comparisons can't show what the rule thinks of that.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pocketgpt.bounds import SEED, check_number
from pocketgpt.rlhf.little_stories import ENDINGS, MIDDLES, OPENINGS
from pocketgpt.rlhf.pairs import Pair
from pocketgpt.world.tables import Tables

HAPPY = frozenset("laughed smiled smile glad happy joy proud pleased friends together thanked best hugged".split())
FEATURES = ("an animal", "speech", "a treat", "a happy ending", "excess", "repetition", "nonsense")
WEIGHTS = np.array([1.0, 1.0, 1.0, 1.5, -1.0, -4.0, -1.0])  # points of the true score for each of them


def words_of(text: str) -> list[str]:
    """The words of a text in small letters.

    >>> words_of('"What a day!" said Mia.')
    ['what', 'a', 'day', 'said', 'mia']
    """
    return re.findall(r"[a-z']+", text.lower())


def repeated_share(words: Sequence[str], n: int = 3) -> float:
    """Share of runs of n words that the text has had before.

    >>> repeated_share("the end the end the end".split())
    0.5
    """
    runs = [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]
    return 1 - len(set(runs)) / len(runs) if runs else 0.0


def sentences_of(text: str) -> list[str]:
    """The sentences of a text; what is said stays with who says it.

    >>> sentences_of('"Look!" said Mia. They laughed.')
    ['"Look!" said Mia.', 'They laughed.']
    """
    return [part for part in re.split(r"(?<=[.!?])\s+(?=[A-Z\"])", text.strip()) if part]


@dataclass(frozen=True)
class Reader:
    """What a reader notices in a story, who knows the sentences of the world's little stories."""

    animals: frozenset[str]
    treats: tuple[str, ...]
    sense: re.Pattern  # a sentence that somebody would say

    def features(self, story: str) -> np.ndarray:
        """One number for each of FEATURES."""
        words, sentences = words_of(story), sentences_of(story)
        animals = sum(word in self.animals for word in words)
        speeches = story.count('"') // 2
        treats = sum(story.count(treat) for treat in self.treats)
        happy = sum(word in HAPPY for word in words)
        ends_well = bool(sentences) and not HAPPY.isdisjoint(words_of(sentences[-1]))
        excess = sum(max(0, count - 2) for count in (animals, speeches, treats, happy))
        nonsense = sum(not self.sense.fullmatch(sentence) for sentence in sentences)
        return np.array(
            [
                float(animals > 0),
                float(speeches > 0),
                float(treats > 0),
                float(ends_well),
                excess,
                max(0.0, repeated_share(words) - 0.05),
                nonsense / len(sentences) if sentences else 1.0,
            ]
        )


def make_reader(tables: Tables) -> Reader:
    """A reader who knows the people, animals, things and wordings of the world's little stories."""
    parts = tables.stories.parts
    animals = {text.split()[-1] for part in ("beast", "helper") for text in parts[part]}
    names = [re.escape(name) for part in ("boy", "girl") for name in parts[part]]
    slots = {part: f"(?:{'|'.join(map(re.escape, texts))})" for part, texts in parts.items()}
    slots |= dict.fromkeys(("hero", "friend"), f"(?:{'|'.join(names)})")
    wordings = [*OPENINGS, *ENDINGS, *(text for _, texts in MIDDLES for text in texts)]
    patterns = [re.sub(r"\\{(\w+)\\}", lambda slot: slots[slot[1]], re.escape(text)) for text in wordings]
    sense = re.compile("|".join(patterns), re.IGNORECASE)
    return Reader(frozenset(animals), (*parts["treat"], *parts["baked"]), sense)


@dataclass(frozen=True, eq=False)
class Crowd:
    """Raters, each with weights of their own; `noise` is how many points of difference they easily overlook."""

    reader: Reader
    raters: np.ndarray  # (number of raters, number of features)
    noise: float

    def truth(self, story: str) -> float:
        """The hidden rule: points of a story, for the exam's eyes only."""
        return float(self.reader.features(story) @ WEIGHTS)

    def preference(self, points: np.ndarray) -> np.ndarray:
        """How likely one is to prefer what is worth so many points more than the other."""
        return (1 + np.tanh(points / self.noise / 2)) / 2  # the sigmoid, without its overflow

    def chances(self, pairs: Sequence[Pair]) -> np.ndarray:
        """How likely each rater is to prefer the first story of each pair, (pairs, raters)."""
        differences = [self.reader.features(p.first) - self.reader.features(p.second) for p in pairs]
        return self.preference(np.array(differences) @ self.raters.T)

    def judge(self, pairs: Sequence[Pair], seed: int = 0) -> list[Pair]:
        """Each pair judged by one rater, drawn at random."""
        rng = np.random.default_rng(seed)
        chances = self.chances(pairs)
        raters, luck = rng.integers(len(self.raters), size=len(pairs)), rng.random(len(pairs))
        likely = chances[np.arange(len(pairs)), raters]
        return [pair.judged(bool(wins)) for pair, wins in zip(pairs, luck < likely, strict=True)]

    def ceiling(self, pairs: Sequence[Pair]) -> float:
        """The accuracy that nobody beats on these pairs who isn't told who chose: naming most raters' choice."""
        likely = self.chances(pairs).mean(1)
        return float(np.maximum(likely, 1 - likely).mean())

    def agreement(self, pairs: Sequence[Pair]) -> float:
        """How often two raters drawn at random choose alike; each time, also of the same rater, luck counts."""
        likely = self.chances(pairs).mean(1)
        return float((likely**2 + (1 - likely) ** 2).mean())


def make_crowd(tables: Tables, raters: int = 30, disagreement: float = 0.5, noise: float = 0.7, seed: int = 0) -> Crowd:
    """A crowd whose raters' weights stray from the hidden rule by `disagreement` (a share, on average)."""
    check_number("raters", raters, at_least=1, whole=True)
    check_number("disagreement", disagreement, at_least=0)
    check_number("noise", noise, above=0)
    check_number("seed", seed, **SEED, whole=True)
    stray = np.random.default_rng(seed).normal(0, disagreement, (raters, len(WEIGHTS)))
    return Crowd(make_reader(tables), WEIGHTS * (1 + stray), noise)
