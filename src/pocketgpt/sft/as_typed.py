"""Messages as people type them: in small letters, without marks, with "what's" and "pls", with slips of a key, by ear.

    as_typed("What is the capital of Peru?", random.Random(3), keep=("Peru",))

Conversations made by scripts all come in clean sentences; a model that met no others understands no others.
"""

import random
import re
from collections.abc import Callable, Collection

SMALL = 0.5  # shares of messages that are typed so, among those that aren't left clean
CAPITALS = 0.25
NO_MARK = 0.5
MORE_MARKS = 0.1
SHORTENED = 0.4
WRAPPED = 0.12
POLITE = 0.2
SLIP = 0.2
SECOND_SLIP = 0.25
SPACES = 0.07
HESITANT = 0.03
MANY_SLIPS = 0.1  # share of messages with slips that have one in every other word
BY_EAR, OFTEN_BY_EAR = 0.25, 0.6  # shares of slips that write a word as it sounds: of few, and of many in a message

_SHORT: tuple[tuple[str, str | Callable[[re.Match], str]], ...] = (  # what is written out, how people shorten it
    (r"\b(What|Who|Where|How|When) is\b", r"\1's"),
    (r"\b(What|Who|Where|How|When) is\b", r"\1s"),
    (r"\b([Dd]o|[Dd]oes|[Ii]s|[Aa]re|[Cc]an|[Cc]ould) not\b", r"\1n't"),
    (r"\bI am\b", "I'm"),
    (r"\bI am\b", "im"),
    (r"\b(What|Who|Where|How|When|I|You|That|It)'(s|m|re|ve|d)\b", r"\1\2"),
    (r"\b(\w+n)'t\b", r"\1t"),
    (r"\b[Yy]ou\b", "u"),
    (r"\b[Yy]ou\b", "ya"),
    (r"\b[Yy]our\b", "ur"),
    (r"\b[Aa]re\b", "r"),
    (r"\b[Pp]lease\b", "pls"),
    (r"\b[Pp]lease\b", "plz"),
    (r"\b[Tt]hanks\b", "thx"),
    (r"\b[Aa]nd\b", "&"),
    (r"\b[Ff]or\b", "4"),
    (r"\b[Ww]hat\b", "wat"),
    (r"\b[Aa]bout\b", "abt"),
    (r"\b[Pp]eople\b", "ppl"),
    (r"\b[Ss]omething\b", "smth"),
    (r"\b[Ff]avou?rite\b", "fav"),
    (r"\b[Bb]ecause\b", "cos"),
    (r"\b[Ww]ant to\b", "wanna"),
    (r"\b[Gg]oing to\b", "gonna"),
    (r"\b[Gg]ive me\b", "gimme"),
    (r"\b[Ll]et me\b", "lemme"),
    (r"\b[Tt]he ", ""),
    (
        r"\b(?:[Hh]ey|[Hh]i|[Hh]ello|[Ss]o|[Pp]lease|[Tt]hanks|[Bb]ye|[Nn]o|[Yy]es|[Ww]ow)\b",
        lambda m: m[0] + 2 * m[0][-1],
    ),
)
_OPENINGS = (
    "Hey,", "Hi,", "Hello,", "Hi!", "So,", "Ok,", "Ok so", "And", "Well,", "Um,", "Pip,", "Hey Pip,", "Hi Pip,", "Now",
    "Good morning,", "Good evening,", "Yo,", "Oh,", "Hmm,", "Lol", "Right,", "Btw,", "By the way,", "Also,",
    "Alright,", "Sorry,", "Hey bot,", "Okay,", "Actually,",
)  # fmt: skip
_ASKING_OPENINGS = (
    *_OPENINGS, "Please", "Please", "Quick question:", "Question:", "One question:", "I have a question:", "I wonder:",
    "Excuse me,", "Next question:", "Another question:", "Random question:", "Silly question:", "Just curious:",
    "Homework question:", "For my homework:", "For a quiz:", "My son asks:", "My daughter asks:", "My teacher asks:",
    "Can you help?", "Help me with this:", "I forgot:", "I need this for school:", "Could you tell me:",
    "Please tell me:", "Thanks! And", "Great, and", "Sorry to bother you, but",
)  # fmt: skip
_ENDINGS = (":)", "...", "Pip", "lol", "haha", "mate", "bro", "you know", "tbh", "my friend", "!")
_ASKING_ENDINGS = (
    "please", "please", "please", "please", "pls", "plz", "thanks", "thx", "please!", "thank you", ":)", "...", "Pip",
    "if you can", "if you know", "I wonder", "do you know", "any idea", "ty", "thanks in advance", "I forgot", "lol",
    "for my homework", "it's for school", "it's for a quiz", "my son asks", "my friend wants to know", "mate", "bro",
    "quick", "many thanks", "pretty please", "can you tell me",
)  # fmt: skip
_TELLING = re.compile(
    r"(?:I|I'[a-z]+|My|We|It|It's|You|You're|That|That's|This|He|She|Thank|Thanks|Bye|Good|Hello|Hi|Hey|Yes|No|Ok)\b",
    re.IGNORECASE,
)
_WRAPPINGS = (  # of a question, whose words may then change their order
    "Can you tell me", "Could you tell me", "Could you please tell me", "Can u tell me", "Please tell me", "Tell me",
    "Do you know", "Do you happen to know", "Would you mind telling me", "Will you tell me",
    "Could you please be so kind as to tell me", "I want to know", "I need to know", "I'd like to know",
    "I would love to know", "I'm trying to find out", "I was wondering", "I wonder", "Can I ask", "May I ask",
    "Any idea", "Any chance you know", "My son wants to know", "My daughter asked me", "A friend asked me",
    "For my homework I need to know", "We want to know", "Remind me", "Help me find out", "You know",
    "Please explain to me", "Not sure if you know, but",
)  # fmt: skip
_ORDERS = (  # (a question, the same within a sentence)
    (r"(what|who|where|when|how (?:old|big|tall|long|far|much)) (?:is|'s) (.+)", r"\1 \2 is"),
    (r"(what|who|where|how) are (.+)", r"\1 \2 are"),
    (r"how do (?:you|i) (.+)", r"how to \1"),
    (r"(what|where) does (.+) (eat|live)", r"\1 \2 \3s"),
    (r"(what|where|how many \w+) do (.+)", r"\1 \2"),
)
_NO_END = re.compile(r"\b(called|located|spoken|spelled|written|like|from|for|about|made|in|on|to|up|it|there|found)$")
_HESITATIONS = ("um", "uh", "er", "erm", "hmm", "like", "like", "you know", "well", "...")
# A key beside each key.
_NEAR: dict[str, str] = dict(zip("qwertyuiopasdfghjklzxcvbnm", "wqrtyuioposdfghjklkxcvbnmn", strict=True))

_LONG = re.compile(r"[A-Za-z]{3,}")
_SOUNDS = (  # how a word is spelled, how somebody spells it who goes by the sound
    ("ea", "ee"), ("ee", "ea"), ("oe(?=s)", "o"), ("ie", "ei"), ("ei", "ie"), ("ou(?=[lrn])", "u"), ("ai", "ay"),
    ("ough", "uff"), ("ight", "ite"), ("tion", "shun"), ("wh", "w"), ("ph", "f"), ("ck", "k"), ("kn", "n"),
    ("c(?=[aoulr])", "k"), ("(?<=[a-z]{2})e$", ""), ("(?<=[a-z]{3})y$", "ie"), (r"([a-z])\1", r"\1"),
    ("(?<=[aeiou])([lmnpt])(?=e|i|o)", r"\1\1"), ("(?<=[a-z]{2})er$", "a"), ("ing$", "in"), ("or", "er"),
    ("ant$", "ent"), ("ent$", "ant"), ("s(?=e)", "z"), ("th", "t"),
)  # fmt: skip


def by_ear(word: str, rng: random.Random) -> str:
    """The word with one of its sounds spelled otherwise; as it is if there is none.

    >>> [by_ear(word, random.Random(1)) for word in ("does", "have", "cow", "knight", "up")]
    ['dos', 'hav', 'kow', 'knite', 'up']
    """
    heard = {re.sub(sound, other, word, count=1, flags=re.IGNORECASE) for sound, other in _SOUNDS} - {word}
    return rng.choice(sorted(heard)) if heard else word


def slip(word: str, rng: random.Random) -> str:
    """The word with one slip: two letters swapped, one left out, doubled, or hit beside the key.

    >>> [slip("capital", random.Random(seed)) for seed in range(4)]
    ['capiital', 'cspital', 'acpital', 'cspital']
    """
    place = rng.randrange(len(word) - 1)
    a, b = word[place], word[place + 1]
    # The most common slip swaps two letters; the first letter is seldom hit otherwise.
    kinds = (b + a, b + a, b, a + a + b, _NEAR.get(a.lower(), a) + b) if place else (b + a,)
    return word[:place] + rng.choice(kinds) + word[place + 2 :]


def _slipped(text: str, rng: random.Random) -> str:
    """The text with a slip in a word of three letters or more, now and then in two of them, or in every other one."""
    luck = rng.random()
    many = luck < MANY_SLIPS
    slips = len(_LONG.findall(text)) // 2 if many else 1 + (luck < MANY_SLIPS + SECOND_SLIP)
    for _ in range(slips):
        words = list(_LONG.finditer(text))
        if words:
            word = rng.choice(words)
            written = by_ear if rng.random() < (OFTEN_BY_EAR if many else BY_EAR) else slip
            text = text[: word.start()] + written(word[0], rng) + text[word.end() :]
    return text


def _shortened(text: str, rng: random.Random) -> str:
    for pattern, short in rng.sample(_SHORT, 9):
        text = re.sub(pattern, short, text)
    return text[:1].upper() + text[1:]


def _spaced(text: str, rng: random.Random) -> str:
    """The text with a space too few or too many, or with other marks in place of its spaces."""
    kind = rng.randrange(8)
    if kind < 2:
        return text.replace(", ", ",")
    if kind < 4:
        return " ".join(rng.choice(("", "", " ", "  ")) + word for word in text.split(" ")).lstrip()
    if kind == 4:
        return text.replace(" ", rng.choice(",-."))
    before, *after = text.split(" ")
    if kind == 5 or not after:
        return text.replace(" ", rng.choice(("  ", "   ")), 1)
    place = rng.randrange(len(after))  # two words in one
    return " ".join([before, *after[:place]]) + " ".join(after[place:])


def _marked(text: str, rng: random.Random) -> str:
    """The text with its last mark left out, doubled or spaced; now and then with a space too many, or too few."""
    if rng.random() < SPACES:
        text = _spaced(text, rng)
    luck, bare = rng.random(), text.rstrip("?!. ")
    if not bare or luck > NO_MARK + MORE_MARKS:
        return text
    if luck < NO_MARK:
        return bare
    mark = text[len(bare) :][:1] or "?"
    return bare + rng.choice((mark * 2, mark * 3, f" {mark}", "?!", f" {mark}{mark}", "..."))


def _hesitant(text: str, rng: random.Random) -> str:
    """The text with a hesitation between two words, and now and then with another one before it."""
    words = text.split(" ")
    place = rng.randrange(1, len(words)) if len(words) > 1 else 0
    begun = [rng.choice(_HESITATIONS)] if rng.random() < 0.3 else []
    return " ".join([*begun, *words[:place], rng.choice(_HESITATIONS), *words[place:]])


def _asks(text: str) -> bool:
    """Whether the text asks or wants something, rather than tells it."""
    return "?" in text or not _TELLING.match(text)


def _framed(text: str, rng: random.Random) -> str:
    """The text with an opening or an ending: a polite one, or one that says what it is for."""
    openings, endings = (_ASKING_OPENINGS, _ASKING_ENDINGS) if _asks(text) else (_OPENINGS, _ENDINGS)
    if rng.random() < 0.5:
        return f"{rng.choice(openings)} {text[:1].lower() if text[1:2].islower() else text[:1]}{text[1:]}"
    mark = re.search(r"[?!.]*$", text)[0]  # type: ignore[index]  # the pattern matches every text
    return f"{text.removesuffix(mark)}{rng.choice((' ', ', '))}{rng.choice(endings)}{mark}"


def _wrapped(text: str, rng: random.Random) -> str:
    """A question within a sentence, "Can you tell me what … is?"; any other text as it is."""
    if not re.match(r"(What|Which|Who|Where|When|How|Why)\b.* .* ?", text):
        return text
    asked = text[:1].lower() + text[1:].rstrip("?!. ")
    if rng.random() < 0.6 and not _NO_END.search(asked):
        for question, order in _ORDERS:
            if re.fullmatch(question, asked):
                asked = re.sub(question, order, asked)
                break
    return f"{rng.choice(_WRAPPINGS)} {asked}{rng.choice('??.')}"


def as_typed(text: str, rng: random.Random, keep: Collection[str] = ()) -> str:
    """The message as somebody may type it; the words of `keep` may change in case, but not in their letters."""
    kept = [part.casefold() for part in keep if part.casefold() in text.casefold()]
    polite = rng.random() < POLITE and len(text.split()) > 1
    for share, change in (
        (WRAPPED, _wrapped),
        (polite, _framed),
        (SHORTENED, _shortened),
        (HESITANT, _hesitant),
        (SLIP, _slipped),
        (1.0, _marked),
    ):
        if rng.random() < share:
            changed = change(text, rng)
            text = changed if all(part in changed.casefold() for part in kept) else text
    if rng.random() < SMALL:
        return text.lower()
    return text.upper() if rng.random() < CAPITALS else text
