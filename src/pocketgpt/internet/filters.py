"""The stages of cleaning that look at one page: its address, language, quality and personal data."""

import re
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields
from functools import cache
from itertools import pairwise
from urllib.parse import urlsplit

from pocketgpt.bounds import check_number
from pocketgpt.internet.web_tables import load_web_data

_WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")
_LETTERS = re.compile(r"[^\W\d_]+")
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_LINE_END = re.compile(r"[.!?:…\d][\"'”’)]*$")
_TOKEN = re.compile(r"[^\W\d_]+(?:[-'’._][^\W\d_]+)*|\d[\d.,:/-]*|[-+=–&]|\S+@\S+|[\d.()+-]+")
_COMMON = re.compile(r"[\w\s.,;:!?'\"’“”()+=&@/–-]")


def url_allowed(url: str, blocked: Collection[str]) -> bool:
    """Return whether neither the host of a URL nor a domain above it is blocked; no host, no permission.

    >>> [url_allowed(f"https://{host}/", {"bad.example"}) for host in ("www.bad.example", "notbad.example")]
    [False, True]
    """
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return False
    parts = host.rstrip(".").split(".")
    return bool(host) and not any(".".join(parts[i:]) in blocked for i in range(len(parts)))


@dataclass(frozen=True)
class LanguageGuess:
    """The language of most words ("unknown" if there is no telling), and the share of English among the rest."""

    language: str
    english: float


@cache
def _stop_words() -> dict[str, tuple[str, ...]]:
    """Return the languages of each stop word; English comes first, so that it wins where all is equal."""
    languages: dict[str, tuple[str, ...]] = {}
    for language in sorted(load_web_data().languages, key=lambda each: each.name != "English"):
        for word in language.stop_words:
            languages[word] = (*languages.get(word, ()), language.name)
    return languages


def detect_language(text: str) -> LanguageGuess:
    """Guess the language of each sentence by the small words in it, and count the words of each language.

    A word that several languages have counts for each of them in part. Sentences without any stop word don't
    count. FineWeb uses fastText's classifier, which knows 176 languages.

    >>> detect_language("The owl sleeps. Die Eule schläft im Wald.")
    LanguageGuess(language='German', english=0.375)
    """
    words: Counter[str] = Counter()
    for sentence in _SENTENCE.split(text):
        found = [word.lower() for word in _LETTERS.findall(sentence)]
        votes: dict[str, float] = {}
        for word in found:
            languages = _stop_words().get(word, ())
            for language in languages:
                votes[language] = votes.get(language, 0.0) + 1 / len(languages)
        if votes:
            words[max(votes, key=votes.__getitem__)] += len(found)
    if not words:
        return LanguageGuess("unknown", 0.0)
    return LanguageGuess(words.most_common(1)[0][0], words["English"] / words.total())


@dataclass(frozen=True)
class QualityConfig:
    """Thresholds in the spirit of Gopher (arXiv 2112.11446), C4 (arXiv 1910.10683) and FineWeb.

    Ours are looser where our pages are shorter: Gopher asks for 50 words, and for letters in 80% of them, which
    no page of sums has.
    """

    min_words: int = 20
    min_mean_length: float = 2.5
    max_mean_length: float = 9.0
    min_stop_words: float = 0.15
    max_odd_symbols: float = 0.03
    min_plain_words: float = 0.8
    max_repeated_ngrams: float = 0.2
    max_repeated_lines: float = 0.3
    min_finished_lines: float = 0.12
    max_shouting: float = 0.1

    def __post_init__(self) -> None:
        for each in fields(self):
            check_number(each.name, getattr(self, each.name), at_least=0)


def quality(text: str, config: QualityConfig | None = None) -> tuple[str, ...]:
    """Return what is wrong with a text, () if nothing is.

    >>> quality("buy shoes cheap shoes " * 20)
    ('few stop words', 'repeats itself', 'no sentences')
    """
    config = config or QualityConfig()
    tokens, words = text.split(), [word.lower() for word in _WORD.findall(text)]
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(tokens) < config.min_words or not lines:
        return ("too few words",)
    stop_words = sum("English" in _stop_words().get(word, ()) for word in words)
    mean_length = sum(map(len, words)) / max(1, len(words))
    # A page of sums has hardly any words with letters; what can't be judged isn't held against it.
    has_prose = len(words) >= 10
    problems = {
        "strange word lengths": has_prose and not config.min_mean_length <= mean_length <= config.max_mean_length,
        "few stop words": has_prose and stop_words / len(words) < config.min_stop_words,
        "odd symbols": len(_COMMON.sub("", text)) / len(text) > config.max_odd_symbols,
        "not words": _share(_is_plain(token) for token in tokens) < config.min_plain_words,
        "repeats itself": _repeated(tokens, 4) > config.max_repeated_ngrams,
        "repeated lines": 1 - len(set(lines)) / len(lines) > config.max_repeated_lines,
        "no sentences": _share(bool(_LINE_END.search(line)) for line in lines) < config.min_finished_lines,
        "shouting": _shouting(text) > config.max_shouting,
        "program code": "{" in text or "}" in text,
        "lorem ipsum": "lorem ipsum" in text.lower(),
    }
    return tuple(name for name, is_true in problems.items() if is_true)


def _share(flags: Iterable[bool]) -> float:
    values = list(flags)
    return sum(values) / len(values)


def _is_plain(token: str) -> bool:
    return _TOKEN.fullmatch(token.strip(".,;:!?\"'“”()…")) is not None


def _repeated(tokens: list[str], n: int) -> float:
    """Return the share of n-grams that were there before."""
    ngrams = list(zip(*(tokens[i:] for i in range(n)), strict=False))
    return 1 - len(set(ngrams)) / len(ngrams) if ngrams else 0.0


def _shouting(text: str) -> float:
    """Return the share of words in capitals or followed by several exclamation marks."""
    tokens = text.split()
    loud = [len(t) > 2 and t.isupper() and t.isalpha() or t.endswith(("!!", "...")) for t in tokens]
    return sum(a or b for a, b in pairwise([*loud, False])) / max(1, len(tokens))


_BYTE = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
_PERSONAL = re.compile(
    # RFC 5321 allows 64 characters before the @: so a long row of dotted digits isn't searched from each of them.
    r"(?P<email>[\w.+-]{1,64}+@[\w-]++(?:\.[\w-]++)+)"
    rf"|(?P<ip>(?<![\d.])(?:{_BYTE}\.){{3}}{_BYTE}(?!\.?\d))"
    r"|(?P<phone>(?<![\w.-])(?:(?:\+\d{1,3}[ .-])?(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4}|\d{3}[.-]\d{4})(?![\w-]))"
)


def find_personal_data(text: str) -> list[tuple[str, str]]:
    """Return e-mail addresses, IP addresses and phone numbers in order, each with its kind.

    >>> find_personal_data("Write to ada@example.com or ring 555-0142.")
    [('email', 'ada@example.com'), ('phone', '555-0142')]
    """
    return [(match.lastgroup or "", match.group()) for match in _PERSONAL.finditer(text)]


def mask_personal_data(text: str) -> str:
    """Replace personal data by placeholders.

    >>> mask_personal_data("Write to ada@example.com or ring 555-0142.")
    'Write to [email] or ring [phone].'
    """
    return _PERSONAL.sub(lambda match: f"[{match.lastgroup}]", text)
