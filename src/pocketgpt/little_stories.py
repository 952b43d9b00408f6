"""Little stories of three to six sentences: what notebook 07 lets a crowd compare.

Each sentence but the first, the second and the last may be missing, so stories differ in what a reader may like: an
animal, something said, something sweet, a happy end.
"""

import random
from dataclasses import dataclass, replace

from .genres import story
from .tables import Plot, Script, Tables
from .template import Conversation, Message

# (how often the sentence is there, its wordings); slots are those of stories.jsonl
SENTENCES: tuple[tuple[float, tuple[str, ...]], ...] = (
    (1.0, (
        "{hero} and {friend} went to {place}.", "{time}, {hero} met {friend} near {place}.",
        "{hero} the {kind} lived near {place}.", "{time}, {hero} walked to {place}.",
        "{hero} wanted to see {place}, and {friend} came along.",
    )),
    (1.0, (
        "There {he} found a {thing}.", "On the way {he} lost {his} {thing}.", "There they heard {sound}.",
        "It was {weather}, and {he} was {sad}.", "They wanted to build {building}.", "{He} wanted to {skill}.",
        "They both wanted the same {toy}.", "Suddenly the sky grew dark.",
    )),
    (0.5, (
        "Then {helper} came by.", "{helper} showed them the way.", "A {beast} helped them.",
        "Behind a tree sat {helper}.",
    )),
    (0.5, (
        "\"Let us try,\" said {hero}.", "\"Do not cry,\" said {friend}.", "\"Look at this!\" cried {hero}.",
        "\"Go slowly,\" said {friend}.", "\"I am sorry,\" said {hero}.",
    )),
    (0.4, ("They ate {treat}.", "{friend} had {baked} for all.", "There was {treat} for everybody.")),
    (1.0, (
        "In the evening {he} was {feeling}.", "They laughed and went home.", "They were the best of friends.",
        "{hero} went home with a smile.", "Then it began to rain.", "{hero} went home alone.",
        "In the evening {he} was {sad}.", "Then {he} went to bed.",
    )),
)  # fmt: skip

REQUESTS = (
    "Tell me a little story.", "Write a little story.", "A little story, please!", "Make up a little story."
)  # fmt: skip


@dataclass(frozen=True)
class Request:
    """Somebody asks for a little story: there is no right answer to check."""

    question: str

    @classmethod
    def draw(cls, rng: random.Random) -> "Request":
        return cls(rng.choice(REQUESTS))


def little_story(rng: random.Random, script: Script) -> str:
    """Write a little story with the people, animals and things of the world's stories."""
    beats = tuple(texts for share, texts in SENTENCES if rng.random() < share)
    return story(rng, replace(script, plots=(Plot("little", beats),)))


def story_conversations(tables: Tables, n: int, seed: int = 0) -> list[Conversation]:
    """`n` conversations in which somebody asks for a little story and gets one, for fine-tuning."""
    talks = []
    for number in range(n):
        rng = random.Random(f"little story {seed}/{number}")
        told = little_story(rng, tables.stories)
        talks.append([Message("user", Request.draw(rng).question), Message("assistant", told)])
    return talks
