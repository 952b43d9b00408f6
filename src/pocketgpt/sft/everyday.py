"""Conversations as people have them: everything that the assistant can do, asked for in many wordings.

    everyday = Everyday(make_kit(tables, people, known), hand_written())
    talk = everyday.make(random.Random(0), tools=("search", "calculate"))

Questions about facts are in `asking`. Here are sums, spelling, stories about a given thing, a name of its own, what was
written by hand, and conversations of several such parts. `SHARES` says how often each comes.
"""

import random
import re
from collections.abc import Callable, Mapping, Sequence

from pocketgpt.chat.template import Conversation, Message
from pocketgpt.chat.tools import calculate
from pocketgpt.sft.asking import (
    OTHER_WORDS,
    Kit,
    as_written,
    follow_up,
    in_passing,
    one_question,
    outside_question,
    plural,
    say,
    typed,
    with_article,
)
from pocketgpt.sft.handwritten import Filler, counted
from pocketgpt.world.arithmetic import draw_sign, draw_sum, in_words, sum_in_steps, work_out
from pocketgpt.world.pages import story_words

SHARES: dict[str, float] = {
    "question": 12, "follow-up": 3.5, "outside": 3.5, "sum": 9, "spelling": 7.5, "story": 5, "by hand": 20,
    "name": 1.5, "memory": 1.2, "looking back": 1.8,
}  # fmt: skip
SPELLINGS: dict[str, float] = {  # how often each question about letters comes
    "spell": 6, "count letter": 6, "count letters": 3, "first letter": 1.5, "last letter": 1.5, "has letter": 1,
    "backwards": 0.7, "count vowels": 0.7,
}  # fmt: skip
MORE = 0.25  # share of conversations to which another part is added; the same share of these gets one more
PERSONA_ELSEWHERE = 0.1  # share of conversations in which the assistant has another name and nobody asks for it
SMALL = 0.5  # share of small numbers in sums without a calculator: the others are too hard for the head
REPEATING = 0.3  # share of words with a letter that comes twice in a row or, where it is counted, three times
IN_WORDS = 0.2  # share of sums of small numbers in words
SPELLED_OUT = ((True, True), (True, True), (True, False), (False, True))  # which of the two numbers then is
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
        self.kit, self.in_steps = kit, in_steps
        refuses = kit.known is not None
        self.written = [talks for name, talks in sorted(written.items()) if talks and (refuses or name != OUTSIDE)]
        self.written_weights = [len(talks) ** 0.5 for talks in self.written]  # large files often, small ones not never
        asked = [talk for talk in written.get("reactions", []) if talk[0].content == "{question}" and len(talk) == 4]
        self.reactions = [talk[2:] for talk in asked if "{" not in talk[2].content + talk[3].content]
        self.slots = Filler(kit.tables, kit.known_rows())
        rows = [row.name for row in (*kit.tables.countries, *kit.tables.animals)]
        names = {name.lower() for name in (*rows, *kit.outside["first"]) if name.isascii() and name.isalpha()}
        self.words = sorted({*story_words(kit.tables), *kit.outside["noun"], *kit.outside["everyday_word"], *names})
        self.doubled = [word for word in self.words if re.search(r"(.)\1", word)]
        self.repeating = [word for word in self.words if max(map(word.count, word)) > 2]
        self.things = [things for things in kit.outside["plural"] if " " not in things]
        self.plain_nouns = [
            noun for noun in kit.outside["noun"] if not re.search("(f|fe|[^aeiou]y|man|[ou]s|o)$", noun)
        ]
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
            "sum": lambda: self.sum(rng, tools),
            "spelling": lambda: self.spelling(rng),
            "story": lambda: self.story(rng),
            "by hand": lambda: self.by_hand(rng, tools),
            "name": lambda: self.own_name(rng),
            "memory": lambda: self.user_s_name(rng, tools),
            "looking back": lambda: self.looking_back(rng, tools),
        }
        return makers[kind]()

    def ask(self, part: str, rng: random.Random, keep: Sequence[str] = (), **slots: object) -> str:
        """A request in one of its wordings, as typed."""
        text = rng.choice(self.kit.requests[part]).format(**slots)
        return typed(in_passing(self.kit, text, rng), rng, keep)

    def sum(self, rng: random.Random, tools: Sequence[str]) -> Conversation:
        """A sum in one of many wordings, and perhaps one that goes on from it."""
        if tools and rng.random() < 0.25:
            return self._for_the_calculator(rng)
        a, sign, b = self._numbers(rng, tools)
        between = rng.choice("- ")
        spelled = rng.choice(SPELLED_OUT) if max(a, b) < 100 and rng.random() < IN_WORDS else (False, False)
        first, second = (in_words(n, between) if out else n for n, out in zip((a, b), spelled, strict=True))
        luck = rng.random()
        if luck < 0.42:
            things = rng.choice(self.things)
            message = self.ask(f"told sum {sign}", rng, a=first, b=second, things=things)
        elif sign in "+-" and luck < 0.64:
            message = self.ask(f"own sum {sign}", rng, a=first, b=second)
        else:
            wording = rng.choice(self.kit.requests[f"sum {sign}"]).format(a=first, b=second)
            message = self.ask("sum", rng, sum=wording)
        talk = [Message("user", message), *self.worked(a, sign, b, tools)]
        if rng.random() < 0.2 and sign in "+-":
            if tools and rng.random() < OTHER_WORDS:
                told = rng.choice(("{}", "{}.", "It is {}.", "That makes {}.", "The answer is {}."))
                talk[-1] = Message("assistant", told.format(work_out(a, sign, b)))
            total, next_sign = work_out(a, sign, b), draw_sign(rng)
            if total and rng.random() < 0.5:
                c = rng.randint(1, min(50, total))
                message = self.ask(f"and sum {next_sign}", rng, b=c)
                return [*talk, Message("user", message), *self.worked(total, next_sign, c, tools)]
            c, next_sign, d = draw_sum(rng)
            message = self.ask("and sum", rng, sum=f"{c} {next_sign} {d}")
            return [*talk, Message("user", message), *self.worked(c, next_sign, d, tools)]
        return talk

    def _for_the_calculator(self, rng: random.Random) -> Conversation:
        """What is too hard for the head: large numbers, decimals, several at once, shares."""
        a, b, c = (rng.randrange(1, 10 ** rng.randint(1, 3)) for _ in range(3))
        kind = rng.choice((
            "large", "large", "decimals", "several", "brackets", "minus", "share", "half", "double", "together",
            "thousands", "together", "years",
        ))  # fmt: skip
        if kind == "years":
            before, after = sorted(rng.sample(range(1900, 2061), 2))
            expression, message = f"{after} - {before}", self.ask("own sum years", rng, a=before, b=after)
        elif kind in ("share", "half", "double"):
            share = rng.choice((5, 10, 20, 25, 30, 50, 75, rng.randint(1, 99)))
            expression = {"share": f"{a} * {share} / 100", "half": f"{a} / 2", "double": f"2 * {a}"}[kind]
            message = self.ask(f"own sum {kind}", rng, n=a, share=share)
        elif kind == "together":
            things = rng.choice(self.things)
            expression, message = f"{a} + {b} + {c}", self.ask("own sum several", rng, a=a, b=b, c=c, things=things)
        else:
            first, second = rng.sample("+-*" if kind in ("several", "brackets") else "+-", 2)
            expression = {
                "large": f"{a * rng.randint(100, 999)} {first} {b}",
                "decimals": f"{a / 10} {first} {b / rng.choice((1, 10, 100))}",
                "several": f"{a} {first} {b} {second} {c}",
                "brackets": f"({a} {first} {b}) {second} {c}",
                "minus": f"{min(a, b)} - {max(a, b)}",
                "thousands": f"{1000 + a * b:,} {first} {a:,}",
            }[kind]
            shown = expression.replace(" ", "") if rng.random() < 0.4 else expression
            message = self.ask("sum", rng, keep=(shown,), sum=shown)
        result = calculate(expression)
        called = [Message("call", f"calculate {expression}"), Message("result", result)]
        return [Message("user", message), *called, Message("assistant", f"{expression} = {result}.")]

    def worked(self, a: int, sign: str, b: int, tools: Sequence[str]) -> Conversation:
        """The assistant's turn on a sum: with the calculator, in steps, or at once."""
        if self.in_steps and not tools:
            return [Message("assistant", sum_in_steps(a, sign, b))]
        return worked(a, sign, b, tools)

    def _numbers(self, rng: random.Random, tools: Sequence[str]) -> tuple[int, str, int]:
        if not tools and rng.random() < SMALL:
            a, b = (rng.randint(0, 20) if rng.random() < 0.7 else 10 * rng.randint(1, 9) for _ in range(2))
            sign = draw_sign(rng)
            return (a, sign, b) if sign == "+" else (max(a, b), sign, min(a, b))
        if not tools or rng.random() < 0.7:
            return draw_sum(rng)
        if rng.random() < 0.6:
            return rng.randint(0, 99), "*", rng.randint(0, 99)
        b = rng.randint(1, 30)
        return (b * rng.randint(1, 30) if rng.random() < 0.7 else rng.randint(1, 300)), "/", b

    def spelling(self, rng: random.Random) -> Conversation:
        """A word spelled, or its letters counted, and perhaps the same for another word."""
        kind = rng.choices(list(SPELLINGS), list(SPELLINGS.values()))[0]
        talk = self._spelled(kind, kind, rng)
        if rng.random() > 0.2 or kind == "count letter":
            return talk
        if kind == "spell" and rng.random() < OTHER_WORDS:
            spelled = talk[-1].content.removesuffix(".").split()[-1]
            told = rng.choice(
                (spelled, f"{spelled}.", spelled.upper(), f"It is spelled {spelled}.", f"It's {spelled}.")
            )
            talk[-1] = Message("assistant", told)
        return talk + self._spelled(kind, "and word", rng)

    def _spelled(self, kind: str, request: str, rng: random.Random) -> Conversation:
        repeating = self.repeating if kind == "count letter" else self.doubled
        word = rng.choice(repeating if rng.random() < REPEATING else self.words)
        if kind == "count vowels" and ("y" in word or not re.search("[aeiou]", word)):  # whether y is one is disputed
            kind = request = "count letters"
        # Half the time the commonest letter: else nearly all letters would come once, and nobody would have to count.
        other = "abcdeghiklmnoprstuy" if kind == "has letter" else f"{word}aer"
        letter = max(word, key=word.count) if rng.random() < 0.5 else rng.choice(other)
        spelled = "-".join(word)
        often, vowels = counted(letter, word), [c for c in word if c in "aeiou"]
        shown = rng.choice((word,) * 6 + (f'"{word}"', f"'{word}'", f"“{word}”", word.capitalize()))
        as_asked = letter.upper() if rng.random() < 0.2 else letter
        named = {"a_letter": f"{'an' if letter in 'aefhilmnorsx' else 'a'} {as_asked}", "letter": as_asked}
        message = self.ask(request, rng, keep=(word,), word=shown, **named)
        return say(message, {
            "spell": f"The word {word} is spelled {spelled}.",
            "count letters": f"Spelled out it is {spelled}, so it has {len(word)} letters.",
            "count letter": f"In the word {word}, spelled {spelled}, the letter {letter} comes {often}.",
            "count vowels": f"In the word {word}, spelled {spelled}, the vowels are {'-'.join(vowels)}: {len(vowels)}.",
            "has letter": f"The word {word} is spelled {spelled}, so {'yes' if letter in word else 'no'}.",
            "first letter": f"The word {word}, spelled {spelled}, begins with {word[0]}.",
            "last letter": f"The word {word}, spelled {spelled}, ends with {word[-1]}.",
            "backwards": f"The word {word}, spelled {spelled}, is {'-'.join(reversed(word))} backwards.",
        }[kind])  # fmt: skip

    def story(self, rng: random.Random) -> Conversation:
        """A story about what the user names, or about anything; perhaps another one."""
        if rng.random() < 0.2:
            talk = say(self.ask("any story", rng), self._whole_tale(rng))
        elif rng.random() < 0.12:
            noun = rng.choice(self.plain_nouns)
            asked = {"topic": with_article(noun), "topics": plural(noun)}
            talk = say(
                self.ask("story loved", rng, keep=(noun,), **asked), self._tale(rng, asked["topic"], f"the {noun}")
            )
        elif rng.random() < 0.12:
            noun = rng.choice(self.kit.outside["noun"])
            asked = self.ask("story named", rng, keep=(noun,), noun=noun)
            talk = say(asked, self._tale(rng, with_article(noun), f"the {noun}"))
        else:
            talk = self._about("story", rng)
        if rng.random() < 0.15:
            more = say(self.ask("again story", rng), self._whole_tale(rng))
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
        return say(self.ask(request, rng, keep=keep, topic=asked), self._tale(rng, a, the))

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
        message = self.ask("my name is", rng, keep=(name,), name=name)
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
            talk += say(self.ask("greeting", rng), f"Hi {name}! How can I help you?")
            if rng.random() < 0.6:
                return talk
        elif rng.random() < 0.3:
            talk += self._something(rng, tools)
        return talk + self._asks_for_it(name, rng)

    def _asks_for_it(self, name: str, rng: random.Random) -> Conversation:
        """The user asks whether the assistant has kept the name."""
        return say(self.ask("what is my name", rng), f"Your name is {name}.")

    def _something(self, rng: random.Random, tools: Sequence[str]) -> Conversation:
        """A question, a sum or a word."""
        kind = rng.choice(("question", "sum", "word"))
        if kind == "word":
            return self.spelling(rng)
        return self.sum(rng, tools) if kind == "sum" else one_question(self.kit, rng, tools)

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
            return talk + say(self.ask("say it again", rng), talk[-1].content)
        asked = [message.content for message in talk if message.role == "user"][-1]
        return talk + say(self.ask("what did I say", rng), f'You wrote: "{asked}"')

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
            message, right = self.ask(kind, rng, keep=(other,), other=other), other == name
            answer = f"{'Yes' if right else 'No'}, I am {name}, a small language model."
        else:
            message = self.ask(kind, rng)
            own = (f"I am {name}, a small language model.", f"My name is {name}.")[kind == "persona name"]
            answer = own if kind == "persona name" or rng.random() < 0.8 else f"{own} How can I help you?"
        return [*start, *say(message, answer)]


_SUM = re.compile(r"(\d+) ([+-]) (\d+) =")


def worked(a: int, sign: str, b: int, tools: Sequence[str]) -> Conversation:
    """The assistant's turn on a sum: with the calculator if it has one, else at once.

    >>> [message.content for message in worked(47, "+", 35, ["calculate"])]
    ['calculate 47 + 35', '82', '47 + 35 = 82.']
    """
    result = calculate(f"{a} {sign} {b}")
    answer = Message("assistant", f"{a} {sign} {b} = {result}.")
    if not tools:
        return [answer]
    return [Message("call", f"calculate {a} {sign} {b}"), Message("result", result), answer]


def _names_itself(talk: Conversation) -> bool:
    return any(re.search(rf"\b{NAME}\b", message.content, re.IGNORECASE) for message in talk)
