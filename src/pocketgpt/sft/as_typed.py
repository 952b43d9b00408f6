"""Messages as people type them: in small letters, without marks, with "what's" and "pls", and with slips of a key.

    as_typed("What is the capital of Peru?", random.Random(3), keep=("Peru",))

Conversations made by scripts all come in clean sentences; a model that met no others understands no others.
"""

import random
import re
from collections.abc import Collection

SMALL = 0.5  # shares of messages that are typed so, among those that aren't left clean
CAPITALS = 0.14
NO_MARK = 0.5
MORE_MARKS = 0.1
SHORTENED = 0.4
POLITE = 0.22
SLIP = 0.18
SPACES = 0.05
HESITANT = 0.04

_SHORT = (  # (what is written out, how people shorten it); those after the first four only in small letters
    (r"\b(What|Who|Where|How|When) is\b", r"\1's"),
    (r"\b(What|Who|Where|How|When) is\b", r"\1s"),
    (r"\b([Dd]o|[Dd]oes|[Ii]s|[Aa]re|[Cc]an|[Cc]ould) not\b", r"\1n't"),
    (r"\bI am\b", "I'm"),
    (r"\bI am\b", "im"),
    (r"\b(What|Who|Where|How|When|I|You|That|It)'(s|m|re)\b", r"\1\2"),
    (r"\b[Yy]ou\b", "u"),
    (r"\b[Yy]our\b", "ur"),
    (r"\b[Aa]re\b", "r"),
    (r"\b[Pp]lease\b", "pls"),
    (r"\b[Pp]lease\b", "plz"),
    (r"\b[Tt]hanks\b", "thx"),
    (r"\b[Aa]nd\b", "&"),
    (r"\b[Ff]or\b", "4"),
    (r"\b[Ww]hat\b", "wat"),
    (r"\b[Tt]he ", ""),
)
_OPENINGS = (
    "Please", "Hey,", "Hi,", "Hello,", "Hi!", "So,", "Ok,", "And", "Well,", "Sorry,", "Excuse me,", "Pip,",
    "Quick question:", "Question:", "One question:", "Now", "Um,", "Could you tell me:", "Please tell me:", "I wonder:",
    "Hi Pip,", "I have a question:", "Hey Pip,", "Good morning,", "Good evening,",
)  # fmt: skip
_ENDINGS = (
    "please", "please", "please", "please", "please", "pls", "plz", "thanks", "thx", "please!", "thank you", ":)",
    "...", "if you can", "I wonder", "Pip",
)  # fmt: skip
_HESITATIONS = ("um", "uh", "er", "erm", "hmm", "like", "like", "you know", "well", "...")
# A key beside each key.
_NEAR: dict[str, str] = dict(zip("qwertyuiopasdfghjklzxcvbnm", "wqrtyuioposdfghjklkxcvbnmn", strict=True))


def slip(word: str, rng: random.Random) -> str:
    """The word with one slip: two letters swapped, one left out, doubled, or hit beside the key.

    >>> [slip("capital", random.Random(seed)) for seed in range(4)]
    ['capiyal', 'caiptal', 'cpaital', 'caital']
    """
    place = rng.randrange(1, len(word) - 1)
    a, b = word[place], word[place + 1]
    kinds = (b + a, b, a + a + b, _NEAR.get(a.lower(), a) + b)
    return word[:place] + rng.choice(kinds) + word[place + 2 :]


def _slipped(text: str, rng: random.Random) -> str:
    """The text with a slip in a word of four letters or more."""
    words = list(re.finditer(r"[A-Za-z]{4,}", text))
    if not words:
        return text
    word = rng.choice(words)
    return text[: word.start()] + slip(word[0], rng) + text[word.end() :]


def _shortened(text: str, rng: random.Random) -> str:
    for pattern, short in rng.sample(_SHORT, 6):
        text = re.sub(pattern, short, text)
    return text[:1].upper() + text[1:]


def _spaced(text: str, rng: random.Random) -> str:
    """The text with a space too few or too many, or with other marks in place of its spaces."""
    kind = rng.randrange(6)
    if kind < 3:
        return text.replace(", ", ",")
    return text.replace(" ", rng.choice(("  ", "   ")), 1) if kind < 5 else text.replace(" ", rng.choice(",-."))


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


def _framed(text: str, rng: random.Random) -> str:
    """The text with a polite opening or ending."""
    if rng.random() < 0.5:
        return f"{rng.choice(_OPENINGS)} {text[:1].lower() if text[1:2].islower() else text[:1]}{text[1:]}"
    mark = re.search(r"[?!.]*$", text)[0]  # type: ignore[index]  # the pattern matches every text
    return f"{text.removesuffix(mark)}{rng.choice((' ', ', '))}{rng.choice(_ENDINGS)}{mark}"


def as_typed(text: str, rng: random.Random, keep: Collection[str] = ()) -> str:
    """The message as somebody may type it; the words of `keep` may change in case, but not in their letters."""
    kept = [part.casefold() for part in keep if part.casefold() in text.casefold()]
    polite = rng.random() < POLITE and len(text.split()) > 1
    for share, change in (
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
