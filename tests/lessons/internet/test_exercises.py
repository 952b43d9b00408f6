"""Exercises on the internet: right answers of any design pass, typical wrong ones get their own message."""

import re
from urllib.parse import urlsplit

from exercise_cases import Cases

from pocketgpt_lessons.internet.exercises import EXERCISES

CASES = Cases(EXERCISES)
right, wrong = CASES.right, CASES.wrong


@right("domain_allowed")
def _(url, blocked):
    host = urlsplit(url).hostname
    return not any(host == name or host.endswith("." + name) for name in blocked)


@wrong("domain_allowed", "turned round")
def _(url, blocked):
    host = urlsplit(url).hostname
    return any(host == name or host.endswith("." + name) for name in blocked)


@wrong("domain_allowed", "subdomains slip through")
def _(url, blocked):
    return urlsplit(url).hostname not in blocked


@wrong("domain_allowed", "look-alikes")
def _(url, blocked):
    return not any(urlsplit(url).hostname.endswith(name) for name in blocked)


@wrong("domain_allowed", "anywhere in the URL")
def _(url, blocked):
    return not any(name in url for name in blocked)


@wrong("domain_allowed", "capital letters and ports")
def _(url, blocked):
    host = url.split("/")[2]
    return not any(host == name or host.endswith("." + name) for name in blocked)


@wrong("domain_allowed", "after the loop")
def _(url, blocked):
    host = urlsplit(url).hostname
    for name in sorted(blocked):
        return not (host == name or host.endswith("." + name))


@wrong("domain_allowed", "changes its input")
def _(url, blocked):
    host = urlsplit(url).hostname
    bad = any(host == name or host.endswith("." + name) for name in blocked)
    blocked.add(host)
    return not bad


@right("shingles")
def _(text, n):
    words = text.split()
    return {tuple(words[i : i + n]) for i in range(len(words) - n + 1)}


@right("shingles")
def _(text, n):
    words = text.split()
    return {" ".join(run) for run in zip(*(words[i:] for i in range(n)))}  # noqa: B905


@wrong("shingles", "runs of characters")
def _(text, n):
    return {text[i : i + n] for i in range(len(text) - n + 1)}


@wrong("shingles", "last run is missing")
def _(text, n):
    words = text.split()
    return {tuple(words[i : i + n]) for i in range(len(words) - n)}


@wrong("shingles", "shorter than n")
def _(text, n):
    words = text.split()
    return {tuple(words[i : i + n]) for i in range(len(words))}


@wrong("shingles", "overlap")
def _(text, n):
    words = text.split()
    return {tuple(words[i : i + n]) for i in range(0, len(words) - n + 1, n)}


@wrong("shingles", "Return a set")
def _(text, n):
    words = text.split()
    return [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]


@right("jaccard")
def _(a, b):
    return len(a & b) / len(a | b) if a | b else 0.0


@wrong("jaccard", "empty union")
def _(a, b):
    return len(a.intersection(b)) / len(a.union(b))


@wrong("jaccard", "counted twice")
def _(a, b):
    if not a and not b:
        return 0
    return len(a & b) / (len(a) + len(b))


@wrong("jaccard", "counted twice")
def _(a, b):
    return len(a & b) / (len(a) + len(b))  # also divides by zero, but that isn't its first mistake


@wrong("jaccard", "smaller set")
def _(a, b):
    return len(a & b) / min(len(a), len(b)) if a and b else 0


@wrong("jaccard", "distance")
def _(a, b):
    return 1 - len(a & b) / len(a | b) if a | b else 1


@wrong("jaccard", "counts the shared")
def _(a, b):
    return len([x for x in a if x in b])


@wrong("jaccard", "changes its input")
def _(a, b):
    size = len(a | b)
    a &= b
    return len(a) / size if size else 0


@right("mask_email")
def _(text):
    return re.sub(r"[\w.+-]+@\w[\w-]*(\.\w[\w-]*)+", "<email>", text)


@wrong("mask_email", "only the first")
def _(text):
    found = re.search(r"[\w.+-]+@[\w-]+(\.[\w-]+)+", text)
    return text.replace(found.group(), "<email>") if found else text


@wrong("mask_email", "nothing stands in its place")
def _(text):
    return re.sub(r"[\w.+-]+@[\w-]+(\.[\w-]+)+", "", text)


@wrong("mask_email", "full stop")
def _(text):
    return re.sub(r"[\w.+-]+@[\w.-]+", "<email>", text)


@wrong("mask_email", "before the @")
def _(text):
    return re.sub(r"\w+@\w+(\.\w+)+", "<email>", text)


@wrong("mask_email", "unchanged")
def _(text):
    re.sub(r"[\w.+-]+@[\w-]+(\.[\w-]+)+", "<email>", text)
    return text


@wrong("mask_email", "handles")
def _(text):
    return " ".join("<email>" if "@" in word else word for word in text.split(" "))


(
    test_right_answers_of_any_design_pass,
    test_typical_wrong_answers_get_their_own_message,
    test_every_check_tells_at_least_four_wrong_answers_apart,
) = CASES.tests()
