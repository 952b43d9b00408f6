"""The texts of pages that nobody wants: harm, spam, gibberish, and nothing at all."""

import random
from collections.abc import Callable

from pocketgpt.internet.web_tables import WebData

Unwanted = tuple[str | None, str, float, tuple[str, ...]]
"""Main content, language, share of English, reasons to drop the page: as in `internet.crawl.Truth`."""


def _harmful(web: WebData, rng: random.Random) -> Unwanted:
    return " ".join(rng.sample(web.parts["harmful"], rng.randint(4, 7))), "English", 1.0, ("blocked domain",)


def _spam(web: WebData, rng: random.Random) -> Unwanted:
    """Write a page of stuffed keywords, of shouting, or, rarely, one that reads like honest prose."""
    topic = rng.choice(web.parts["spam_topic"])
    way = rng.choices(("stuffed", "shouted", "sly"), (5, 4, 1))[0]
    if way == "stuffed":
        words = rng.sample(web.parts["spam_word"], 7)
        text = " ".join(rng.choice((topic, rng.choice(words))) for _ in range(rng.randint(60, 160)))
    else:
        texts = web.parts["spam_sentence" if way == "shouted" else "sly_spam"]
        text = " ".join(rng.choice(texts).format(topic=topic) for _ in range(rng.randint(5, 9)))
    return text, "English", 1.0, ("spam",)


def _link_farm(web: WebData, rng: random.Random) -> Unwanted:
    return f"Links about {rng.choice(web.parts['spam_topic'])}", "English", 1.0, ("spam",)


def _gibberish(web: WebData, rng: random.Random) -> Unwanted:
    """Write letters at random, text in a broken encoding, codes, or, rarely, real words in random order."""
    way = rng.choices(("letters", "broken", "codes", "salad"), (4, 3, 3, 1))[0]
    words = " ".join(web.parts["contact"] + web.parts["comment"] + web.parts["harmless"]).split()
    if way == "broken":
        sentences = rng.sample(rng.choice(web.languages[1:4]).sentences, 8)
        text = " ".join(sentences).encode("utf-16-le").decode("latin-1")
        return text.replace("\0", "\N{REPLACEMENT CHARACTER}"), "none", 0.0, ("low quality",)
    make: dict[str, Callable[[], str]] = {
        "letters": lambda: "".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=rng.randint(2, 11))),
        "codes": lambda: f"{rng.randrange(16**8):08x}{rng.choice(';:|=')}",
        "salad": lambda: rng.choice(words).strip("{}"),
    }
    text = " ".join(make[way]() for _ in range(rng.randint(40, 90))) + "."
    return text, "none", 0.0, ("low quality",)


def _boilerplate(web: WebData, rng: random.Random) -> Unwanted:
    return None, "English", 1.0, ("no content",)


UNWANTED: dict[str, Callable[[WebData, random.Random], Unwanted]] = {
    "harmful": _harmful,
    "spam": _spam,
    "link_farm": _link_farm,
    "gibberish": _gibberish,
    "boilerplate": _boilerplate,
}
"""Who writes a page of each kind."""
