"""Exercises of notebook 00, the internet in miniature: URL filter, near-duplicates, personal data."""

import re
from urllib.parse import urlsplit

from pocketgpt_lessons.classroom import answer_values
from pocketgpt_lessons.classroom.exercises import Exercise, Mistake


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").lower()


def _allowed(url: str, blocked: set[str]) -> bool:
    labels = _host(url).split(".")
    return not any(".".join(labels[i:]) in blocked for i in range(len(labels)))


_BLOCKED = {"spam.example", "ads.example"}

DOMAIN_ALLOWED = Exercise(
    name="domain_allowed",
    signature="domain_allowed(url, blocked)",
    task="Return False if the URL's host is one of the blocked domains or a subdomain of one, else True.",
    truth=_allowed,
    cases=tuple(
        (url, _BLOCKED)
        for url in (
            "https://spam.example/win",
            "https://news.example/today",
            "https://www.spam.example/",
            "https://notspam.example/",
            "https://news.example/why-spam.example-is-bad",
            "http://ads.example:8080/a",
            "https://spam.example.org/",
            "https://SPAM.example/",
            "https://my.ads.example",
        )
    ),
    read=answer_values.boolean,
    mistakes=(
        Mistake(
            "the answers are turned round: True means that the page may stay.",
            lambda url, blocked: not _allowed(url, blocked),
        ),
        Mistake(
            "a blocked name anywhere in the URL counts, even in the path or inside another name: look at the host.",
            lambda url, blocked: not any(name in url.lower() for name in blocked),
        ),
        Mistake(
            "a blocked name anywhere in the URL counts, even in the path or inside another name: look at the host.",
            lambda url, blocked: not any(name in url for name in blocked),
        ),
        Mistake(
            "a blocked name anywhere inside the host counts: spam.example.org belongs to somebody else.",
            lambda url, blocked: not any(name in _host(url) for name in blocked),
        ),
        Mistake(
            "subdomains slip through: www.spam.example belongs to spam.example.",
            lambda url, blocked: _host(url) not in blocked,
        ),
        Mistake(
            "look-alikes are blocked: notspam.example only ends in the same letters; compare with a dot before them.",
            lambda url, blocked: not _host(url).endswith(tuple(blocked)),
        ),
        Mistake(
            "capital letters slip through: hosts don't distinguish them, so compare in lower case.",
            lambda url, blocked: _allowed(url, blocked) or "SPAM" in url,
        ),
        Mistake(
            "a port slips through: `urlsplit(url).hostname` has no `:8080`, while `.netloc` has.",
            lambda url, blocked: _allowed(url, blocked) or ":8080" in url,
        ),
        Mistake(
            "capital letters and ports slip through: `urlsplit(url).hostname` is in lower case and has no `:8080`.",
            lambda url, blocked: _allowed(url, blocked) or "SPAM" in url or ":8080" in url,
        ),
        Mistake(
            "only one of the blocked domains is looked at: return True after the loop, not inside it.",
            lambda url, blocked: _allowed(url, {min(blocked)}),
        ),
        Mistake(
            "only one of the blocked domains is looked at: return True after the loop, not inside it.",
            lambda url, blocked: _allowed(url, {max(blocked)}),
        ),
        Mistake("nothing is ever blocked.", lambda url, blocked: True),
    ),
    hint='`host = urlsplit(url).hostname`; it is blocked if `host == name or host.endswith("." + name)`.',
    praise="Real pipelines begin like this, with lists of millions of domains.",
)


def _runs(words, n: int, step: int = 1) -> set[str]:
    return {" ".join(words[i : i + n]) for i in range(0, len(words) - n + 1, step)}


SHINGLES = Exercise(
    name="shingles",
    signature="shingles(text, n)",
    task="Split the text at spaces, and return the set of all runs of n neighbouring words.",
    truth=lambda text, n: _runs(text.split(), n),
    cases=(("the cat saw the dog", 2), ("a rose is a rose is a rose", 3), ("one two three", 3), ("too short", 3)),
    read=answer_values.word_set,
    mistakes=(
        Mistake(
            "these are runs of characters: split the text into words first.",
            lambda text, n: {text[i : i + n] for i in range(len(text) - n + 1)},
        ),
        Mistake(
            "the last run is missing: there are len(words) − n + 1 of them.",
            lambda text, n: _runs(text.split()[:-1], n),
        ),
        Mistake(
            "runs at the end are shorter than n words: stop at len(words) − n + 1.",
            lambda text, n: {" ".join(text.split()[i : i + n]) for i in range(len(text.split()))},
        ),
        Mistake(
            "the runs don't overlap: move on by one word, not by n.", lambda text, n: _runs(text.split(), n, step=n)
        ),
        Mistake("the runs are one word too long.", lambda text, n: _runs(text.split(), n + 1)),
        Mistake("the runs are one word too short.", lambda text, n: _runs(text.split(), n - 1)),
        Mistake("these are single words, so that the order of words is lost.", lambda text, n: set(text.split())),
        Mistake(
            "the words within a run are sorted: their order is what tells texts apart.",
            lambda text, n: {" ".join(sorted(run.split())) for run in _runs(text.split(), n)},
        ),
    ),
    hint="A set comprehension: `words[i : i + n]` as a tuple, for i from 0 to len(words) − n.",
    praise="Two copies of a page share most of these, whatever banner stands around them.",
)

JACCARD = Exercise(
    name="jaccard",
    signature="jaccard(a, b)",
    task="Return how much two sets overlap: the share of all their members that are in both; two empty sets give 0.",
    truth=lambda a, b: sum(x in b for x in a) / max(len({*a, *b}), 1),
    cases=(
        ({"a", "b", "c"}, {"b", "c", "d", "e"}),
        ({1, 2}, {1, 2}),
        ({1}, {2, 3}),
        ({1, 2, 3, 4}, {4}),
        (set(), {1}),
        (set(), set()),
    ),
    read=answer_values.scalar,
    mistakes=(
        Mistake(
            "the members in both are counted twice below: divide by the size of the union.",
            lambda a, b: len(a & b) / max(len(a) + len(b), 1),
        ),
        Mistake(
            "this is Dice's coefficient, 2·|both| / (|a| + |b|): divide what is in both by the union.",
            lambda a, b: 2 * len(a & b) / max(len(a) + len(b), 1),
        ),
        Mistake(
            "it is divided by the smaller set, so that a short page inside a long one counts as a copy.",
            lambda a, b: len(a & b) / max(min(len(a), len(b)), 1),
        ),
        Mistake(
            "it is divided by the larger set: divide by the union.", lambda a, b: len(a & b) / max(len(a), len(b), 1)
        ),
        Mistake(
            "it is divided by the first set only: the union belongs below.", lambda a, b: len(a & b) / max(len(a), 1)
        ),
        Mistake(
            "it is divided by the second set only: the union belongs below.", lambda a, b: len(a & b) / max(len(b), 1)
        ),
        Mistake("this is the distance, 1 − overlap.", lambda a, b: 1 - len(a & b) / max(len(a | b), 1)),
        Mistake("this counts the shared members: divide by the size of the union.", lambda a, b: len(a & b)),
        Mistake("the fraction is upside down.", lambda a, b: len(a | b) / max(len(a & b), 1)),
        Mistake(
            "whole-number division throws the fraction away: use `/`.", lambda a, b: len(a & b) // max(len(a | b), 1)
        ),
        Mistake(
            "two empty sets have an empty union, by which one can't divide: return 0 for them.",
            lambda a, b: len(a & b) / len(a | b),
        ),
    ),
    hint="`a & b` is what both have, `a | b` what at least one has; mind an empty union.",
    praise="MinHash estimates this number without comparing the sets themselves.",
)

_ADDRESS = r"[A-Za-z0-9._%+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}"


def _masked(pattern: str, text: str, put: str = "<email>", count: int = 0) -> str:
    return re.sub(pattern, put, text, count=count)


MASK_EMAIL = Exercise(
    name="mask_email",
    signature="mask_email(text)",
    task="Return the text with every e-mail address replaced by <email>, and nothing else changed.",
    truth=lambda text: _masked(_ADDRESS, text),
    cases=tuple(
        (text,)
        for text in (
            "Write to ada@mail.example today.",
            "ada@mail.example or bob@post.example",
            "Mail eve.lee+list@uni.ac.example!",
            "Ask ada@mail.example.",
            "Meet @ada at 5 @ the pier",
            "No address here.",
        )
    ),
    read=answer_values.text,
    mistakes=(
        Mistake(
            "only the first address is replaced: go on to the end of the text.",
            lambda text: _masked(_ADDRESS, text, count=1),
        ),
        Mistake("the address is removed, but nothing stands in its place.", lambda text: _masked(_ADDRESS, text, "")),
        Mistake(
            "the full stop that ends the sentence is swallowed: it isn't part of the address.",
            lambda text: _masked(r"\S+@\S+\.\S+", text),
        ),
        Mistake(
            "the full stop that ends the sentence is swallowed: it isn't part of the address.",
            lambda text: _masked(r"[\w.+-]+@[\w.-]+", text),
        ),
        Mistake(
            "dots, plus or minus before the @ are left standing: `\\w` alone doesn't match them.",
            lambda text: _masked(r"\w+@(?:[\w-]+\.)+\w+", text),
        ),
        Mistake(
            "a domain of more than two parts is cut off: the part with the dot may repeat.",
            lambda text: _masked(r"[\w.+-]+@\w+\.\w+", text),
        ),
        Mistake(
            "the domain stays, and tells where to write: replace what stands behind the @ too.",
            lambda text: _masked(r"[\w.+-]+@(?=\w)", text, "<email>@"),
        ),
        Mistake(
            "everything with an @ is replaced, also handles such as @ada: an address has a name before "
            "the @ and a "
            "dot after it.",
            lambda text: " ".join("<email>" if "@" in word else word for word in text.split(" ")),
        ),
        Mistake("the text is returned unchanged: `re.sub` and `str.replace` return a new text.", lambda text: text),
    ),
    hint='`re.sub(pattern, "<email>", text)`: a name, @, one or more parts that end in a dot, and a last '
    "part without one.",
    praise="Masking keeps the sentence as training text, without the person.",
)

EXERCISES = (DOMAIN_ALLOWED, SHINGLES, JACCARD, MASK_EMAIL)
