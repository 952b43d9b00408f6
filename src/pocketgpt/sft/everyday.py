"""Conversations as people have them: everything that the assistant can do, asked for in many wordings.

    everyday = Everyday(make_kit(tables, people, known), hand_written())
    talk = everyday.make(random.Random(0), tools=("search", "calculate"))

Questions about facts are in `asking`, others in `sums`, `spellings` and `tales`. Here are names, what was written by
hand, what looks back at an answer, and conversations of several such parts. `SHARES` says how often each comes.
"""

import random
import re
from collections.abc import Callable, Mapping, Sequence

from pocketgpt.chat.template import Conversation, Message
from pocketgpt.sft.asking import follow_up, one_question, outside_question
from pocketgpt.sft.handwritten import Filler
from pocketgpt.sft.kit import Kit, as_written, ask, say, typed
from pocketgpt.sft.spellings import Spellings
from pocketgpt.sft.sums import Sums, worked
from pocketgpt.sft.tales import Tales

SHARES: dict[str, float] = {
    "question": 12, "follow-up": 3.5, "outside": 3.5, "sum": 9, "spelling": 7.5, "story": 5, "by hand": 20,
    "name": 1.5, "memory": 1.2, "looking back": 1.8,
}  # fmt: skip
MORE = 0.25  # share of conversations to which another part is added; the same share of these gets one more
PERSONA_ELSEWHERE = 0.1  # share of conversations in which the assistant has another name and nobody asks for it
TOLD_BEFORE = 0.4  # share of users' names that a system message tells
NAME = "Pip"
OUTSIDE = "outside"  # the kind whose answers are refusals: an assistant that answers everything doesn't learn from it


class Everyday:
    """Makes conversations from a kit and the hand-written ones (kind → conversations).

    `shares`: how often each kind of SHARES comes, relative to the others; "outside" only if the assistant may refuse.
    `in_steps`: whether sums are worked in steps where there is no calculator.
    """

    def __init__(
        self,
        kit: Kit,
        written: Mapping[str, list[Conversation]],
        shares: Mapping[str, float] = SHARES,
        in_steps: bool = False,
    ) -> None:
        self.kit = kit
        refuses = kit.known is not None
        self.written = [talks for name, talks in sorted(written.items()) if talks and (refuses or name != OUTSIDE)]
        self.written_weights = [len(talks) ** 0.5 for talks in self.written]  # large files often, small ones not never
        asked = [talk for talk in written.get("reactions", []) if talk[0].content == "{question}" and len(talk) == 4]
        self.reactions = [talk[2:] for talk in asked if "{" not in talk[2].content + talk[3].content]
        self.slots = Filler(kit.tables, kit.known_rows())
        self.sums, self.spellings, self.tales = Sums(kit, in_steps), Spellings(kit), Tales(kit, self.slots)
        kinds = {name: share for name, share in shares.items() if refuses or name != OUTSIDE}
        self.kinds, self.weights = list(kinds), list(kinds.values())

    def make(self, rng: random.Random, tools: Sequence[str] = ()) -> Conversation:
        """One conversation; its system message, if any, names no tools."""
        talk = self.part(rng, tools)
        while rng.random() < MORE:
            more = self.part(rng, tools)
            if not (talk[0].role == more[0].role == "system"):
                talk = more + talk if more[0].role == "system" else talk + more
        if talk[0].role != "system" and rng.random() < PERSONA_ELSEWHERE and not _names_itself(talk):
            talk = [self.persona(rng)[0], *talk]
        return talk

    def part(self, rng: random.Random, tools: Sequence[str]) -> Conversation:
        """A conversation of one kind."""
        kind = rng.choices(self.kinds, self.weights)[0]
        makers: dict[str, Callable[[], Conversation]] = {
            "question": lambda: one_question(self.kit, rng, tools),
            "follow-up": lambda: follow_up(self.kit, rng, tools),
            "outside": lambda: outside_question(self.kit, rng, tools),
            "sum": lambda: self.sums.make(rng, tools),
            "spelling": lambda: self.spellings.make(rng),
            "story": lambda: self.tales.make(rng),
            "by hand": lambda: self.by_hand(rng, tools),
            "name": lambda: self.own_name(rng),
            "memory": lambda: self.user_s_name(rng, tools),
            "looking back": lambda: self.looking_back(rng, tools),
        }
        return makers[kind]()

    def by_hand(self, rng: random.Random, tools: Sequence[str]) -> Conversation:
        """A hand-written conversation; where there is a calculator, its sums are worked out with it."""
        template = rng.choice(rng.choices(self.written, self.written_weights)[0])
        filled, talk = self.slots.fill(template, rng), []
        replies = " ".join(message.content for message in filled if message.role == "assistant").casefold()
        for before, message in zip(template, filled, strict=True):
            if message.role == "user":
                said_again = [word for word in re.findall(r"\w{3,}", message.content) if word.casefold() in replies]
                message = Message("user", typed(message.content, rng, keep=said_again))
            elif tools and "{at_once}" in before.content and (found := _SUM.search(message.content)):
                talk += worked(int(found[1]), found[2], int(found[3]), tools)[:2]
            talk.append(message)
        return talk

    def user_s_name(self, rng: random.Random, tools: Sequence[str]) -> Conversation:
        """The user tells a name, talks of something else, and wants to know whether it was noticed."""
        name = rng.choice((rng.choice(self.kit.outside["first"]), rng.choice(self.kit.tables.first_names)))
        if rng.random() < TOLD_BEFORE:
            return self._named_before(name, rng, tools)
        message = ask(self.kit, "my name is", rng, keep=(name,), name=name)
        name = as_written(name, message) or name
        talk = say(
            message, rng.choice((f"Hi {name}! How can I help you?", f"Hello {name}! What would you like to know?"))
        )
        if rng.random() < 0.6:
            talk += self._something(rng, tools)
        return talk + self._asks_for_it(name, rng)

    def _named_before(self, name: str, rng: random.Random, tools: Sequence[str]) -> Conversation:
        """A system message names the user, who is greeted by that name or asks for it."""
        talk = [Message("system", rng.choice(self.kit.requests["user persona"]).format(name=name))]
        if rng.random() < 0.5:
            talk += say(ask(self.kit, "greeting", rng), f"Hi {name}! How can I help you?")
            if rng.random() < 0.6:
                return talk
        elif rng.random() < 0.3:
            talk += self._something(rng, tools)
        return talk + self._asks_for_it(name, rng)

    def _asks_for_it(self, name: str, rng: random.Random) -> Conversation:
        """The user asks whether the assistant has kept the name."""
        return say(ask(self.kit, "what is my name", rng), f"Your name is {name}.")

    def _something(self, rng: random.Random, tools: Sequence[str]) -> Conversation:
        """A question, a sum or a word."""
        kind = rng.choice(("question", "sum", "word"))
        if kind == "word":
            return self.spellings.make(rng)
        return self.sums.make(rng, tools) if kind == "sum" else one_question(self.kit, rng, tools)

    def looking_back(self, rng: random.Random, tools: Sequence[str]) -> Conversation:
        """A question and its answer, and what somebody says to that, or wants to hear again of it."""
        luck = rng.random()
        if luck < 0.4 and self.reactions:
            talk = one_question(self.kit, rng, tools)
            if "I don't know" not in talk[-1].content:
                message, reply = rng.choice(self.reactions)
                return talk + say(typed(message.content, rng), reply.content)
        talk = self._something(rng, tools)
        if luck < 0.8:
            return talk + say(ask(self.kit, "say it again", rng), talk[-1].content)
        asked = [message.content for message in talk if message.role == "user"][-1]
        return talk + say(ask(self.kit, "what did I say", rng), f'You wrote: "{asked}"')

    def persona(self, rng: random.Random) -> tuple[Message, str]:
        """A system message that gives the assistant a name, and the name."""
        name = rng.choice(self.kit.outside[rng.choice(("persona", "persona", "first"))])
        return Message("system", rng.choice(self.kit.requests["persona"]).format(name=name)), name

    def own_name(self, rng: random.Random) -> Conversation:
        """Who the assistant is, where a system message gives it a name (or, now and then, none does)."""
        system, name = self.persona(rng)
        start = [system]
        if rng.random() < 0.15:
            start, name = [], NAME
        kind = rng.choice(("persona who", "persona name", "persona not"))
        if kind == "persona not":
            other = rng.choice((name, NAME, "ChatGPT", "Siri", rng.choice(self.kit.outside["persona"])))
            message, right = ask(self.kit, kind, rng, keep=(other,), other=other), other == name
            answer = f"{'Yes' if right else 'No'}, I am {name}, a small language model."
        else:
            message = ask(self.kit, kind, rng)
            own = (f"I am {name}, a small language model.", f"My name is {name}.")[kind == "persona name"]
            answer = own if kind == "persona name" or rng.random() < 0.8 else f"{own} How can I help you?"
        return [*start, *say(message, answer)]


_SUM = re.compile(r"(\d+) ([+-]) (\d+) =")


def _names_itself(talk: Conversation) -> bool:
    return any(re.search(rf"\b{NAME}\b", message.content, re.IGNORECASE) for message in talk)
