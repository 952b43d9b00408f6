"""Stories about what the user names, or about anything; each line of a tale is drawn anew."""

import random
import re

from pocketgpt.chat.template import Conversation, Message
from pocketgpt.sft.handwritten import Filler
from pocketgpt.sft.kit import Kit, ask, plural, say, with_article


class Tales:
    """Makes conversations in which a story is asked for; `slots` fills what its tale leaves open."""

    def __init__(self, kit: Kit, slots: Filler) -> None:
        self.kit, self.slots = kit, slots
        self.plain_nouns = [
            noun for noun in kit.outside["noun"] if not re.search("(f|fe|[^aeiou]y|man|[ou]s|o)$", noun)
        ]

    def make(self, rng: random.Random) -> Conversation:
        """A story about what the user names, or about anything; perhaps another one."""
        if rng.random() < 0.2:
            talk = say(ask(self.kit, "any story", rng), self._whole_tale(rng))
        elif rng.random() < 0.12:
            noun = rng.choice(self.plain_nouns)
            asked = {"topic": with_article(noun), "topics": plural(noun)}
            talk = say(
                ask(self.kit, "story loved", rng, keep=(noun,), **asked), self._tale(rng, asked["topic"], f"the {noun}")
            )
        elif rng.random() < 0.12:
            noun = rng.choice(self.kit.outside["noun"])
            asked = ask(self.kit, "story named", rng, keep=(noun,), noun=noun)
            talk = say(asked, self._tale(rng, with_article(noun), f"the {noun}"))
        else:
            talk = self._about("story", rng)
        if rng.random() < 0.15:
            more = say(ask(self.kit, "again story", rng), self._whole_tale(rng))
            talk += self._about("again story about", rng) if rng.random() < 0.5 else more
        return talk

    def _about(self, request: str, rng: random.Random) -> Conversation:
        """A story about a thing, as somebody may name it: "a bus", "my bus", "my aunt's bus", "a bus in the rain"."""
        a, the, keep = self._topic(rng)
        luck, asked = rng.random(), a
        if luck > 0.8:
            asked = the.removeprefix("the ")
        if the.startswith("the ") and a.startswith(("a ", "an ")) and " and " not in a:
            noun = a.split(" ", 1)[1]
            if luck > 0.94:
                asked = f"my {noun}"
            elif luck > 0.88:
                asked = f"{rng.choice(self.kit.requests['story owner'])}'s {noun}"
            elif luck < 0.16:
                asked = f"{a} {rng.choice(self.kit.requests['story clause'])}"
        return say(ask(self.kit, request, rng, keep=keep, topic=asked), self._tale(rng, a, the))

    def _whole_tale(self, rng: random.Random) -> str:
        return self._filled(rng.choice(self.kit.requests["whole tale"]), rng)

    def _filled(self, text: str, rng: random.Random) -> str:
        return self.slots.fill([Message("assistant", text)], rng)[0].content

    def _topic(self, rng: random.Random) -> tuple[str, str, list[str]]:
        """What a story is about: "a red fox", "the fox", and the words that no slip may change."""
        pick = {name: rng.choice(texts) for name, texts in self.kit.outside.items()}
        noun, luck = pick["noun"], rng.random()
        if luck < 0.55:
            return with_article(noun), f"the {noun}", [noun]
        if luck < 0.75:
            return with_article(f"{pick['adjective']} {noun}"), f"the {noun}", [pick["adjective"], noun]
        if luck < 0.83:
            other = rng.choice(self.kit.outside["noun"])
            both = f"{with_article(noun)} and {with_article(other)}"
            return both, f"the {noun} and the {other}", [noun, other]
        if luck < 0.9:
            return pick["plural"], f"the {pick['plural']}", [pick["plural"]]
        if luck < 0.95:
            who = rng.choice(("boy", "girl", "little girl", "little boy", "cat", "dog", "king", "robot", noun))
            return f"{with_article(who)} named {pick['first']}", pick["first"], [noun, pick["first"]]
        return pick["first"], pick["first"], [pick["first"]]

    def _tale(self, rng: random.Random, a: str, the: str) -> str:
        several = " and " in a or (the.startswith("the ") and not a.startswith(("a ", "an ", "the ")))
        tales = self.kit.requests["tale"]
        if not several:
            tales = (*tales, *self.kit.requests["the one tale"])
        tale = rng.choice(tales).replace("{a}", a).replace("{the}", the)
        if several:
            tale = re.sub(rf"(?<=\b{re.escape(a)} )was\b|(?<=there )was(?= {re.escape(a)})", "were", tale)
            tale = tale.replace(f"{the} was", f"{the} were")
        told = self._filled(tale, rng)
        # After '!" ' or '?" ' follows who said it.
        return re.sub(r"(?:^|(?<=[.!?] )|(?<=\.\" ))[a-z]", lambda match: match[0].upper(), told)
