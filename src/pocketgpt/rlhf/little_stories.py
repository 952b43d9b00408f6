"""Little stories of two to six short sentences: what notebook 07 lets a crowd compare.

All begin with somebody who goes somewhere and stop with an ending. What comes between differs, in number, kind and
order: an animal, something said, something sweet, or nothing that anybody would miss.
"""

import random
from dataclasses import dataclass, replace

from pocketgpt.chat.template import Conversation, Message
from pocketgpt.world.pages import story
from pocketgpt.world.tables import Plot, Script, Tables

# Slots are those of stories.jsonl.
OPENINGS = (
    "{hero} went to {place}.", "{hero} and {friend} went to {place}.", "{time}, {hero} went to {place}."
)  # fmt: skip
MIDDLES = (  # (how often a sentence of this kind is there, its wordings)
    (0.5, ("There was {helper}.", "Then a {beast} came along.", "They met {helper}.")),
    (0.5, ("\"Look!\" said {hero}.", "\"Come here!\" said {friend}.", "\"Well done!\" said {friend}.")),
    (0.5, ("They ate {treat}.", "{friend} had {baked}.", "There was {treat}.")),
    (0.5, ("There was a {thing}.", "It was {weather}.", "They heard {sound}.")),
)  # fmt: skip
ENDINGS = (
    "They laughed.", "They were happy.", "They were friends.", "They went home.", "Then it began to rain.",
    "{hero} was {sad}.",
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
        """One of REQUESTS."""
        return cls(rng.choice(REQUESTS))


def little_story(rng: random.Random, script: Script) -> str:
    """Write a little story with the people, animals and things of the world's stories."""
    middles = [texts for share, texts in MIDDLES if rng.random() < share]
    rng.shuffle(middles)
    return story(rng, replace(script, plots=(Plot("little", (OPENINGS, *middles, ENDINGS)),)))


def story_conversations(tables: Tables, n: int, seed: int = 0) -> list[Conversation]:
    """`n` conversations in which somebody asks for a little story and gets one, for fine-tuning."""
    talks = []
    for number in range(n):
        rng = random.Random(f"little story {seed}/{number}")
        told = little_story(rng, tables.stories)
        talks.append([Message("user", Request.draw(rng).question), Message("assistant", told)])
    return talks
