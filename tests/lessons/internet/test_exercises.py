"""Exercises on the internet: right answers of any design pass, typical wrong ones get their own message."""

import collections
import fractions
import itertools
import re
from urllib.parse import urlparse, urlsplit

import numpy as np
import torch
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


@wrong("mask_email", "nothing takes its place")
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


@right("domain_allowed")
def _(url, blocked):
    labels = urlparse(url).hostname.split(".")
    return not set(itertools.accumulate(reversed(labels), lambda end, label: f"{label}.{end}")) & blocked


@right("domain_allowed")
def _(url, blocked):
    host = re.match(r"\w+://(?:[^/?#]*@)?([^/:?#]+)", url).group(1).lower()
    while host and host not in blocked:
        host = host.partition(".")[2]
    return int(not host)


@right("domain_allowed")
def _(url, blocked):
    host = "." + urlsplit(url).hostname
    return np.all([not host.endswith("." + name) for name in blocked])


@wrong("domain_allowed", "need not end at the next")
def _(url, blocked):
    host = "." + url.split("/")[2].split(":")[0].lower()
    return all(not host.endswith("." + name) for name in blocked)


@wrong("domain_allowed", "need not end at the next")
def _(url, blocked):
    host = re.match(r"https?://([^/:]*)", url).group(1).lower()
    return not any(host == name or host.endswith("." + name) for name in blocked)


@wrong("domain_allowed", "a dot means any sign")
def _(url, blocked):
    return not any(re.search("(^|[.])" + name + "$", urlsplit(url).hostname) for name in blocked)


@wrong("domain_allowed", "look-alikes")
def _(url, blocked):
    return not any(urlparse(url).netloc.endswith(b) for b in blocked)


@wrong("domain_allowed", "look-alikes")
def _(url, blocked):
    return not url.split("//")[1].split("/")[0].split(":")[0].endswith(tuple(blocked))


@wrong("domain_allowed", "subdomains slip through")
def _(url, blocked):
    host = url.split("/")[2]
    return host not in blocked


@wrong("domain_allowed", "anywhere inside the host")
def _(url, blocked):
    host = urlparse(url).netloc
    for name in blocked:  # noqa: SIM110
        if name in host:
            return False
    return True


@wrong("domain_allowed", "begin with a blocked name")
def _(url, blocked):
    host = urlsplit(url).hostname
    return not any(host.startswith(name) for name in blocked)


@wrong("domain_allowed", "the blocked domain itself slips through")
def _(url, blocked):
    host = urlsplit(url).hostname
    return not any(host.endswith("." + name) for name in blocked)


@wrong("domain_allowed", "a blocked domain may have three")
def _(url, blocked):
    return ".".join(urlsplit(url).hostname.split(".")[-2:]) not in blocked


@wrong("domain_allowed", "on both sides")
def _(url, blocked):
    return urlsplit(url).hostname.split(".")[-2:] not in [name.split(".")[-2:] for name in blocked]


@wrong("domain_allowed", "only www. is taken off")
def _(url, blocked):
    return urlsplit(url).hostname.replace("www.", "") not in blocked


@wrong("domain_allowed", "only one level of subdomain")
def _(url, blocked):
    host = urlsplit(url).hostname
    return host not in blocked and host.split(".", 1)[-1] not in blocked


@wrong("domain_allowed", "a port slips through")
def _(url, blocked):
    host = urlparse(url).netloc.lower()
    return not any(host == name or host.endswith("." + name) for name in blocked)


@wrong("domain_allowed", "capital letters slip through")
def _(url, blocked):
    host = urlparse(url).netloc.split(":")[0]
    return not any(host == name or host.endswith("." + name) for name in blocked)


@wrong("domain_allowed", "more than the host")
def _(url, blocked):
    rest = url.split("://")[1]
    return not any(rest == name or rest.endswith("." + name) for name in blocked)


@wrong("domain_allowed", "only if none fits")
def _(url, blocked):
    host = urlsplit(url).hostname
    return any(host != name and not host.endswith("." + name) for name in blocked)


@wrong("domain_allowed", "overwrite a False")
def _(url, blocked):
    host, allowed = urlsplit(url).hostname, True
    for name in blocked:
        allowed = not (host == name or host.endswith("." + name))
    return allowed


@wrong("domain_allowed", "after the loop")
def _(url, blocked):
    host = urlsplit(url).hostname
    for name in blocked:
        if host == name or host.endswith("." + name):  # noqa: SIM103
            return False
        else:
            return True


@wrong("domain_allowed", "nothing is ever blocked")
def _(url, blocked):
    return url not in blocked


@wrong("domain_allowed", "everything is blocked")
def _(url, blocked):
    host = urlsplit(url).hostname
    for name in blocked:
        if host == name or host.endswith("." + name):
            return False
    return False


@wrong("domain_allowed", "every path")
def _(url, blocked):
    host = urlsplit(url).hostname
    for name in blocked:
        if host == name or host.endswith("." + name):
            return False


@right("shingles")
def _(text, n):
    words = np.array(text.split(), dtype=object)
    return frozenset(tuple(words[i : i + n]) for i in range(max(0, len(words) - n + 1)))


@right("shingles")
def _(text, n):
    first, _, rest = text.partition(" ")
    words = text.split()
    return {tuple(words[:n])} | _shingles(rest, n) if len(words) >= n else set()


def _shingles(text, n):
    window, found = collections.deque(maxlen=n), set()
    for word in text.split():
        window.append(word)
        if len(window) == n:
            found.add(" ".join(window))
    return found


right("shingles")(_shingles)


@wrong("shingles", "first run is missing")
def _(text, n):
    words = text.split()
    return {tuple(words[i : i + n]) for i in range(1, len(words) - n + 1)}


@wrong("shingles", "shorter than n")
def _(text, n):
    words = text.split(" ")
    return {" ".join(words[i : i + n]) for i in range(len(words) - n + 2)}


@wrong("shingles", "one word too short")
def _(text, n):
    words = text.split()
    return {tuple(words[i : i + n - 1]) for i in range(len(words) - n + 1)}


@wrong("shingles", "one word too long")
def _(text, n):
    words = text.split()
    return {tuple(words[i : i + n + 1]) for i in range(len(words) - n)}


@wrong("shingles", "n isn't used")
def _(text, n):
    words = text.split()
    return set(zip(words, words[1:]))  # noqa: B905


@wrong("shingles", "aren't neighbours")
def _(text, n):
    return set(itertools.combinations(text.split(), n))


@wrong("shingles", "stuck together")
def _(text, n):
    words = text.split()
    return {"".join(words[i : i + n]) for i in range(len(words) - n + 1)}


@wrong("shingles", "fewer than n words")
def _(text, n):
    words = text.split()
    if len(words) < n:
        return {text}
    return {" ".join(words[i : i + n]) for i in range(len(words) - n + 1)}


@wrong("shingles", "capital letters and punctuation")
def _(text, n):
    words = text.lower().split()
    return {" ".join(words[i : i + n]) for i in range(len(words) - n + 1)}


@wrong("shingles", "capital letters and punctuation")
def _(text, n):
    words = re.findall(r"\w+", text)
    return {" ".join(words[i : i + n]) for i in range(len(words) - n + 1)}


@wrong("shingles", "order is what tells")
def _(text, n):
    words = text.split()
    return {tuple(sorted(words[i : i + n])) for i in range(len(words) - n + 1)}


@wrong("shingles", "single words")
def _(text, n):
    return {word for word in text.split()}  # noqa: C416


@wrong("shingles", "make a tuple of it")
def _(text, n):
    words = text.split()
    return {words[i : i + n] for i in range(len(words) - n + 1)}


@right("jaccard")
def _(a, b):
    return np.float64(len(set(a).intersection(b))) / max(1, len(set(a).union(b)))


@right("jaccard")
def _(a, b):
    both = len([x for x in a if x in b])
    try:
        return fractions.Fraction(both, len(a) + len(b) - both)
    except ZeroDivisionError:
        return False


@right("jaccard")
def _(a, b):
    return torch.tensor([x in a and x in b for x in a | b]).float().mean().nan_to_num()


@wrong("jaccard", "Dice")
def _(a, b):
    return 2 * len(a & b) / (len(a) + len(b)) if a or b else 0


@wrong("jaccard", "larger set")
def _(a, b):
    return len(a & b) / max(len(a), len(b), 1)


@wrong("jaccard", "first set only")
def _(a, b):
    if len(a) == 0:
        return 0
    return len(a & b) / len(a)


@wrong("jaccard", "second set only")
def _(a, b):
    return sum(x in a for x in b) / len(b)


@wrong("jaccard", "only one of the sets")
def _(a, b):
    return len(a & b) / len(a ^ b)


@wrong("jaccard", "upside down")
def _(a, b):
    return len(a | b) / len(a & b) if a & b else 0


@wrong("jaccard", "whole-number")
def _(a, b):
    return len(a & b) // len(a | b) if a | b else 0


@wrong("jaccard", "called equal")
def _(a, b):
    if not a and not b:
        return 1.0
    return len(a & b) / len(a | b)


@wrong("jaccard", "rounded")
def _(a, b):
    return round(len(a & b) / len(a | b), 2) if a | b else 0


@wrong("jaccard", "percent")
def _(a, b):
    return 100 * len(a & b) / len(a | b) if a | b else 0


@wrong("jaccard", "distance")
def _(a, b):
    if not a or not b:
        return 0
    return 1 - len(a & b) / len(a | b)


@wrong("jaccard", "sizes are compared")
def _(a, b):
    return min(len(a), len(b)) / max(len(a), len(b)) if a or b else 0


@wrong("jaccard", "only numbers can be")
def _(a, b):
    return (a & b) / (a | b)


@wrong("jaccard", "empty union")
def _(a, b):
    return len(a & b) / len({*a, *b})


@right("mask_email")
def _(text):
    return re.compile(r"[^\s@<>()]+@([a-z\d-]+\.)+[a-z]+", re.IGNORECASE).sub("<email>", text)


@right("mask_email")
def _(text):
    for address in set(re.findall(r"[\w.%+-]+@[\w.-]+\.\w+", text)):
        text = text.replace(address, "<email>")
    return np.str_(text)


@right("mask_email")
def _(text):
    found = re.search(r"[\w.+-]+@[\w-]+(\.[\w-]+)+", text)
    return text[: found.start()] + "<email>" + _masked(text[found.end() :]) if found else text


def _masked(text):
    parts = re.split(r"([\w.+-]+@[\w-]+(?:\.[\w-]+)+)", text)
    return "".join("<email>" if i % 2 else part for i, part in enumerate(parts))


right("mask_email")(_masked)


@wrong("mask_email", "before the @ is cut off")
def _(text):
    return re.sub(r"\w+@\w+\.\w+", "<email>", text)


@wrong("mask_email", "before the @ is cut off")
def _(text):
    return re.sub(r"[a-zA-Z0-9.]+@[a-zA-Z0-9]+\.[a-zA-Z]+", "<email>", text)


@wrong("mask_email", "before the @ is cut off")
def _(text):
    return re.sub(r"[a-z]+@[a-z.]+\.[a-z]+", "<email>", text)


@wrong("mask_email", "more than two parts")
def _(text):
    return re.sub(r"[\w.+-]+@[\w-]+\.[\w]+", "<email>", text)


@wrong("mask_email", "digits and hyphens")
def _(text):
    return re.sub(r"[\w.+-]+@(\w+\.)+\w+", "<email>", text)


@wrong("mask_email", "capital ones too")
def _(text):
    return re.sub(r"[a-z0-9._%+-]+@[a-z0-9.-]+\.[a-z]{2,}", "<email>", text)


@wrong("mask_email", "capital ones too")
def _(text):
    return re.sub(r"[A-Za-z0-9._%+-]+@[a-z0-9.-]+\.[a-z]+", "<email>", text)


@wrong("mask_email", "more than two parts")
def _(text):
    return re.sub(r"[\w.+-]+@[\w.-]+\.example", "<email>", text)


@wrong("mask_email", "no upper end")
def _(text):
    return re.sub(r"[\w.+-]+@[\w.-]+\.[A-Za-z]{2,4}", "<email>", text)


@wrong("mask_email", "full stop")
def _(text):
    return re.sub(r"\S+@\S+", "<email>", text)


@wrong("mask_email", "brackets")
def _(text):
    return re.sub(r"[^@\s]+@[^@\s]+\.[^@\s]+", "<email>", text)


@wrong("mask_email", "a line end is missed")
def _(text):
    pattern = r"[\w.+-]+@[\w-]+(\.[\w-]+)+"
    return " ".join("<email>" if re.fullmatch(pattern, word) else word for word in text.split())


@wrong("mask_email", "spaces and line ends are changed")
def _(text):
    return " ".join(re.sub(r"[\w.+-]+@[\w-]+(\.[\w-]+)+", "<email>", word) for word in text.split())


@wrong("mask_email", "spaces and line ends are changed")
def _(text):
    return re.sub(r"[\w.+-]+@[\w-]+(\.[\w-]+)+", "<email>", text).strip()


@wrong("mask_email", "lower case")
def _(text):
    return re.sub(r"[a-z\d_.+-]+@[a-z\d-]+(\.[a-z]+)+", "<email>", text.lower())


@wrong("mask_email", "matches spaces too")
def _(text):
    return re.sub(r".+@.+\..+", "<email>", text)


@wrong("mask_email", "name before the @ stays")
def _(text):
    return re.sub(r"@[\w-]+(\.[\w-]+)+", "<email>", text)


@wrong("mask_email", "exactly `<email>`")
def _(text):
    return re.sub(r"[\w.+-]+@[\w-]+(\.[\w-]+)+", "[email]", text)


@wrong("mask_email", "no `match`")
def _(text):
    return "<email>" if re.fullmatch(r"[\w.+-]+@[\w-]+(\.[\w-]+)+", text) else text


@wrong("mask_email", "the pattern finds nothing")
def _(text):
    return re.sub("\b[\\w.+-]+@[\\w.-]+\b", "<email>", text)  # without r, "\b" is a backspace


@wrong("mask_email", "isn't used")
def _(text):
    for word in text.split():
        if "@" in word:
            text.replace(word, "<email>")
    return text


@wrong("mask_email", "the order is")
def _(text):
    return re.sub(r"[\w.+-]+@[\w-]+(\.[\w-]+)+", text, "<email>")


@wrong("mask_email", "handles")
def _(text):
    return " ".join("<email>" if "@" in word else word for word in text.split())


@wrong("mask_email", "only the first")
def _(text):
    return re.sub(r"[\w.+-]+@[\w-]+(\.[\w-]+)+", "<email>", text, count=1)


@wrong("mask_email", "the text, a str")
def _(text):
    return re.findall(r"[\w.+-]+@[\w-]+(\.[\w-]+)+", text)


@wrong("domain_allowed", "anywhere inside the host")
def _(url, blocked):
    host = urlsplit(url).hostname
    return not any(f".{name}." in f".{host}." for name in blocked)


@wrong("jaccard", "brackets are missing")
def _(a, b):
    both = len(a & b)
    return both / len(a) + len(b) - both if a or b else 0


@wrong("shingles", "joined by another sign")
def _(text, n):
    words = text.split()
    return {"-".join(words[i : i + n]) for i in range(len(words) - n + 1)}


@wrong("shingles", "single words")
def _(text, n):
    return set(text.split(" "))


@right("minhash")
def _(shingles, numberings):
    return [min(numbering[shingle] for shingle in shingles) for numbering in numberings]


@right("minhash")
def _(shingles, numberings):
    signature = []
    for numbering in numberings:
        smallest = None
        for shingle in shingles:
            if smallest is None or numbering[shingle] < smallest:
                smallest = numbering[shingle]
        signature.append(smallest)
    return np.array(signature)


@wrong("minhash", "look only at the shingles that this page has")
def _(shingles, numberings):
    return [min(numbering.values()) for numbering in numberings]


@wrong("minhash", "a shingle comes back")
def _(shingles, numberings):
    return [sorted(shingles, key=numbering.get)[0] for numbering in numberings]


@wrong("minhash", "one for each numbering")
def _(shingles, numberings):
    smallest = 2**40
    for numbering in numberings:
        smallest = min(numbering[shingle] for shingle in shingles)
    return [smallest] if numberings else []


@wrong("minhash", "return after the loop")
def _(shingles, numberings):
    signature = []
    for numbering in numberings:
        signature.append(min(numbering[shingle] for shingle in shingles))
        return signature
    return signature


@wrong("minhash", "keep only the smallest of each numbering")
def _(shingles, numberings):
    return [sorted(numbering[shingle] for shingle in shingles) for numbering in numberings]


@wrong("minhash", "both places stay")
def _(shingles, numberings):
    signature = []
    for numbering in numberings:
        smallest = min(map(numbering.get, shingles))
        if smallest not in signature:
            signature.append(smallest)
    return signature


@wrong("minhash", "may be below all of these")
def _(shingles, numberings):
    found = []
    for numbering in numberings:
        best = 10**6
        for shingle in shingles:
            best = min(best, numbering[shingle])
        found.append(best)
    return found


@wrong("domain_allowed", "anywhere inside the host")
def _(url, blocked):
    host = urlsplit(url).hostname
    return not any(host == name or "." + name in host for name in blocked)


@wrong("domain_allowed", "a hyphen counts as a border")
def _(url, blocked):
    host = urlsplit(url).hostname
    return not any(re.search(rf"\b{re.escape(name)}$", host) for name in blocked)


@wrong("domain_allowed", "what is special about the case")
def _(url, blocked):  # the last two and the last three labels
    labels = urlsplit(url).hostname.split(".")
    return ".".join(labels[-2:]) not in blocked and ".".join(labels[-3:]) not in blocked


@wrong("domain_allowed", "a `?` or `#` ends it")
def _(url, blocked):
    host = url.split("//")[1].split("/")[0].split("?")[0].split("@")[-1].split(":")[0].lower()
    return not any(host == name or host.endswith("." + name) for name in blocked)


@wrong("mask_email", "the fourth place of `re.sub`")
def _(text):
    return re.sub(r"[\w.%+-]+@(?:[\w-]+\.)+\w+", "<email>", text, re.IGNORECASE)  # noqa: B034


@wrong("mask_email", "the fourth place of `re.sub`")
def _(text):
    return re.sub(r"[a-z0-9._%+-]+@(?:[a-z0-9-]+\.)+[a-z]{2,}", "<email>", text, re.IGNORECASE)  # noqa: B034


@wrong("mask_email", "what is special about the case")
def _(text):
    return re.sub(r"\w\S*@\S*\w", "<email>", text)


@wrong("mask_email", "what is special about the case")
def _(text):
    return re.sub(r"[\w.%+-]+@[\w-]+(?:\.[\w-]+)*", "<email>", text)


@wrong("mask_email", "`findall` gives tuples")
def _(text):
    for address in re.findall(r"([\w.%+-]+)@(\w[\w-]*(\.\w[\w-]*)+)", text):
        text = text.replace(address, "<email>")
    return text


@wrong("jaccard", "sets can't")
def _(a, b):
    return len(a & b) / (a | b)


@wrong("jaccard", "other arguments than it takes")
def _(a, b):
    return len(a & b) / len(a, b)


@wrong("jaccard", "other arguments than it takes")
def _(a, b):
    return len(a & b) / len(set(a, b))


@wrong("jaccard", "brackets are missing behind a method")
def _(a, b):
    return len(a.intersection) / len(a.union)


@wrong("minhash", "what is special about the case")
def _(shingles, numberings):
    signature = []
    for numbering in numberings:
        best = None
        for shingle in shingles:
            if not best or numbering[shingle] < best:  # 0 counts as nothing found
                best = numbering[shingle]
        signature.append(best)
    return signature


(
    test_right_answers_of_any_design_pass,
    test_typical_wrong_answers_get_their_own_message,
    test_every_check_tells_at_least_four_wrong_answers_apart,
) = CASES.tests()
