"""Words spelled, and their letters counted: all letters come first, and what is asked can be read off them."""

import random
import re

from pocketgpt.chat.template import Conversation, Message
from pocketgpt.sft.handwritten import counted
from pocketgpt.sft.kit import OTHER_WORDS, Kit, ask, say
from pocketgpt.world.pages import story_words

SPELLINGS: dict[str, float] = {  # how often each question about letters comes
    "spell": 6, "count letter": 6, "count letters": 3, "first letter": 1.5, "last letter": 1.5, "has letter": 1,
    "backwards": 0.7, "count vowels": 0.7,
}  # fmt: skip
REPEATING = 0.3  # share of words with a letter that comes twice in a row or, where it is counted, three times


class Spellings:
    """Makes conversations about the letters of words: those of stories, of things, and of names."""

    def __init__(self, kit: Kit) -> None:
        self.kit = kit
        rows = [row.name for row in (*kit.tables.countries, *kit.tables.animals)]
        names = {name.lower() for name in (*rows, *kit.outside["first"]) if name.isascii() and name.isalpha()}
        self.words = sorted({*story_words(kit.tables), *kit.outside["noun"], *kit.outside["everyday_word"], *names})
        self.doubled = [word for word in self.words if re.search(r"(.)\1", word)]
        self.repeating = [word for word in self.words if max(map(word.count, word)) > 2]

    def make(self, rng: random.Random) -> Conversation:
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
        message = ask(self.kit, request, rng, keep=(word,), word=shown, **named)
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
