"""Exercises of notebook 00, the internet in miniature: URL filter, near-duplicates, personal data."""

import itertools
import operator
import re
from urllib.parse import urlsplit

from pocketgpt_lessons.classroom import answer_values
from pocketgpt_lessons.classroom.exercises import Exercise, Mistake


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").lower()


def _netloc(url: str) -> str:
    return urlsplit(url).netloc


def _without_port(url: str) -> str:
    return _netloc(url).split(":")[0]


def _to_slash(url: str) -> str:
    """What stands between `//` and the next `/`, which need not be the host alone."""
    return url.split("/")[2]


def _above(host: str) -> list[str]:
    """The host and all domains above it."""
    labels = host.split(".")
    return [".".join(labels[i:]) for i in range(len(labels))]


def _allowed(url: str, blocked: set[str]) -> bool:
    return blocked.isdisjoint(_above(_host(url)))


def _belongs(host: str, name: str) -> bool:
    return name in _above(host)


def _unless(hit, part=_host):
    """A filter that blocks where `hit(part of the URL, blocked name)` is true."""
    return lambda url, blocked: not any(hit(part(url), name) for name in blocked)


_SPAM = {"spam.example", "ads.example"}
_SHOPS = {"win.shop.invalid", "lotto.test", "bets.test"}
_IN_URL = "a blocked name anywhere in the URL counts, even in the path or inside another name: look at the host."
_IN_HOST = "a blocked name anywhere inside the host counts: spam.example.org belongs to somebody else."
_BEHIND = "more than the host is compared: cut off what comes after the next `/`, or use `urlsplit(url).hostname`."
_ONE_BLOCKED = (
    "only one of the blocked domains counts: return True after the loop, not inside it, and let no later "
    "domain overwrite a False."
)
_HOST_FORMS = (_host, _netloc, _without_port, lambda url: _netloc(url).lower())
_HOST_FORMS += (_to_slash, lambda url: _to_slash(url).split(":")[0], lambda url: _to_slash(url).split(":")[0].lower())
_WRONG_HITS = (  # what to say, and when a name counts as hit; each is tried on every form of the host
    ("subdomains slip through: www.spam.example belongs to spam.example.", operator.eq),
    (
        "look-alikes are blocked: notspam.example only ends in the same letters; compare with a dot before them.",
        str.endswith,
    ),
    (_IN_HOST, operator.contains),
    (_IN_HOST, lambda host, name: f".{name}." in f".{host}."),
    (_IN_HOST, lambda host, name: host == name or f".{name}" in host),
    (
        "a hyphen counts as a border: not-spam.example isn't spam.example.",
        lambda host, name: re.search(rf"\b{re.escape(name)}$", host),
    ),
    (
        "hosts that begin with a blocked name are blocked: spam.example.org isn't spam.example, but www.spam.example "
        "belongs to it. Compare the end.",
        str.startswith,
    ),
    (
        "the blocked domain itself slips through: its host has no dot before the name.",
        lambda host, name: host.endswith("." + name),
    ),
    (
        "only the last two parts of the host are compared: a blocked domain may have three.",
        lambda host, name: ".".join(host.split(".")[-2:]) == name,
    ),
    (
        "only the last two parts are compared, on both sides: shop.invalid isn't blocked because win.shop.invalid is.",
        lambda host, name: host.split(".")[-2:] == name.split(".")[-2:],
    ),
    (
        "only www. is taken off: every subdomain belongs to its domain, my.ads.example too.",
        lambda host, name: host.removeprefix("www.") == name,
    ),
    (
        "only one level of subdomain is seen: a.b.casino.test belongs to casino.test too.",
        lambda host, name: name in (host, host.partition(".")[2]),
    ),
)

DOMAIN_ALLOWED = Exercise(
    name="domain_allowed",
    signature="domain_allowed(url, blocked)",
    task="Return False if the URL's host is one of the blocked domains or a subdomain of one, else True.",
    truth=_allowed,
    cases=(
        ("https://spam.example/win", _SPAM),
        ("https://news.example/today", _SPAM),
        ("https://www.spam.example/", _SPAM),
        ("https://notspam.example/", _SPAM),
        ("https://news.example/why-spam.example-is-bad", _SPAM),
        ("http://ads.example:8080/a", _SPAM),
        ("https://spam.example.org/", _SPAM),
        ("https://SPAM.example/", _SPAM),
        ("https://my.ads.example", _SPAM),
        ("http://a.b.casino.test/", {"casino.test"}),
        ("https://casino.test.news.example/", {"casino.test"}),
        ("https://eu.win.shop.invalid/", _SHOPS),
        ("https://deals.shop.invalid/lotto", _SHOPS),
        ("https://news.example/see/www.spam.example", _SPAM),
        ("https://news.example/", set()),
        ("https://win-shop.invalid/", _SHOPS),
        ("https://spam.example?x=1", _SPAM),
        ("https://news.example@spam.example/", _SPAM),
        ("https://www.spam.example.org/", {"spam.example"}),
        ("https://not-spam.example/", {"spam.example"}),
        ("https://a.b.c.d.shop.invalid/", {"c.d.shop.invalid", "d.e.f.test"}),
        ("https://spam.example#top", {"spam.example"}),
    ),
    read=answer_values.boolean,
    mistakes=(
        Mistake(
            "the answers are turned round: True means that the page may stay.",
            lambda url, blocked: not _allowed(url, blocked),
        ),
        *(Mistake(_IN_URL, _unless(operator.contains, part)) for part in (str, str.lower)),
        *(Mistake(message, _unless(hit, part)) for message, hit in _WRONG_HITS for part in _HOST_FORMS),
        Mistake(
            "capital letters slip through: hosts don't distinguish them, so compare in lower case.",
            _unless(_belongs, _without_port),
        ),
        Mistake(
            "a port slips through: `urlsplit(url).hostname` has no `:8080`, while `.netloc` has.",
            _unless(_belongs, lambda url: _netloc(url).lower()),
        ),
        *(
            Mistake(
                "capital letters and ports slip through: `urlsplit(url).hostname` is in lower case and has no `:8080`.",
                _unless(_belongs, part),
            )
            for part in (_netloc, _to_slash)
        ),
        *(
            Mistake(_BEHIND, _unless(hit, part))
            for hit in (_belongs, str.endswith)
            for part in (
                str,
                lambda url: url.rstrip("/"),
                lambda url: url.split("//")[1],
                lambda url: url.split("//")[1].rstrip("/"),
            )
        ),
        *(
            Mistake(
                "the host need not end at the next `/`: a `?` or `#` ends it, too, and a name with @ may stand before "
                "it. `urlsplit(url).hostname` knows all this.",
                _unless(_belongs, part),
            )
            for part in (
                lambda url: _without_port(url).lower(),
                lambda url: _to_slash(url).split(":")[0].lower(),
                lambda url: re.split("[/:?#]", url.split("//")[1])[0].lower(),
                lambda url: _to_slash(url).split("@")[-1].split(":")[0].lower(),
                lambda url: re.split("[/:?]", url.split("//")[1].split("@")[-1])[0].lower(),
            )
        ),
        Mistake(
            "in a pattern a dot means any sign, so win-shop.invalid fits win.shop.invalid: write `re.escape(name)`.",
            _unless(lambda host, name: re.search(rf"(^|\.){name}$", host)),
        ),
        Mistake(
            "one blocked domain that doesn't fit lets the page through: it may stay only if none fits.",
            lambda url, blocked: not all(_belongs(_host(url), name) for name in blocked),
        ),
        *(
            Mistake(_ONE_BLOCKED, lambda url, blocked, pick=pick: _allowed(url, set(pick(blocked))))
            for pick in (
                lambda names: list(names)[:1],
                lambda names: list(names)[-1:],
                lambda names: sorted(names)[:1],
                lambda names: sorted(names)[-1:],
            )
        ),
        Mistake(
            "nothing is ever blocked: compare the host (`urlsplit(url).hostname`), not the URL as a whole, and "
            "return False where it fits.",
            lambda url, blocked: True,
        ),
        Mistake("everything is blocked: return True where no blocked domain fits.", lambda url, blocked: False),
    ),
    hint='`host = urlsplit(url).hostname`; it is blocked if `host == name or host.endswith("." + name)`.',
    praise="Real pipelines begin like this, with lists of millions of domains.",
)


def _runs(words, n: int, step: int = 1) -> set[str]:
    return {" ".join(words[i : i + n]) for i in range(0, len(words) - n + 1, step)}


_TOO_LONG = "the runs are one word too long."
_TOO_SHORT = "the runs are one word too short."
_CUTS = (str.split, lambda text: text.split(" "))
_ENDS_SHORT = "runs at the end are shorter than n words: stop at len(words) − n + 1."

SHINGLES = Exercise(
    name="shingles",
    signature="shingles(text, n)",
    task="Split the text at spaces, and return the set of all runs of n neighbouring words.",
    truth=lambda text, n: _runs(text.split(), n),
    cases=(
        ("the cat saw the dog", 2),
        ("a rose is a rose is a rose", 3),
        ("one two three", 3),
        ("too short", 3),
        ("Stop! stop, Stop.", 1),
        ("No no NO, no 7 no 7 no", 4),
        ("", 3),
    ),
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
        Mistake("the first run is missing: begin at word 0.", lambda text, n: _runs(text.split()[1:], n)),
        Mistake(_ENDS_SHORT, lambda text, n: {" ".join(text.split()[i : i + n]) for i in range(len(text.split()))}),
        *(
            Mistake(
                _ENDS_SHORT, lambda text, n, cut=cut: {" ".join(cut(text)[i : i + n]) for i in range(len(cut(text)))}
            )
            for cut in _CUTS
        ),
        Mistake(
            _ENDS_SHORT, lambda text, n: {" ".join(text.split()[i : i + n]) for i in range(len(text.split()) - n + 2)}
        ),
        Mistake(
            "the runs don't overlap: move on by one word, not by n.", lambda text, n: _runs(text.split(), n, step=n)
        ),
        Mistake(_TOO_LONG, lambda text, n: _runs(text.split(), n + 1)),
        Mistake(
            _TOO_LONG, lambda text, n: {" ".join(text.split()[i : i + n + 1]) for i in range(len(text.split()) - n + 1)}
        ),
        Mistake(_TOO_SHORT, lambda text, n: _runs(text.split(), n - 1)),
        Mistake(
            _TOO_SHORT,
            lambda text, n: {" ".join(text.split()[i : i + n - 1]) for i in range(len(text.split()) - n + 1)},
        ),
        *(
            Mistake(
                "these are single words, so that the order of words is lost.", lambda text, n, cut=cut: set(cut(text))
            )
            for cut in _CUTS
        ),
        *(
            Mistake(f"n isn't used: every run has {size} words.", lambda text, n, size=size: _runs(text.split(), size))
            for size in (2, 3)
        ),
        Mistake(
            "the words within a run are sorted: their order is what tells texts apart.",
            lambda text, n: {" ".join(sorted(run.split())) for run in _runs(text.split(), n)},
        ),
        Mistake(
            "words that aren't neighbours are put together: a run is `words[i : i + n]`.",
            lambda text, n: {" ".join(some) for some in itertools.combinations(text.split(), n)},
        ),
        *(
            Mistake(
                "the words of a run are stuck together, or joined by another sign: join them with a space, or make the "
                "run a tuple.",
                lambda text, n, sign=sign: {run.replace(" ", sign) for run in _runs(text.split(), n)},
            )
            for sign in ("", "-", "_", ",", ", ")
        ),
        Mistake(
            "a text of fewer than n words has no run: return the empty set for it.",
            lambda text, n: _runs(text.split(), n) or {" ".join(text.split())},
        ),
        *(
            Mistake(
                "words are changed on the way: keep capital letters and punctuation as they are.",
                lambda text, n, clean=clean: _runs(clean(text), n),
            )
            for clean in (
                lambda text: text.lower().split(),
                lambda text: re.findall(r"\w+", text),
                lambda text: re.findall(r"\w+", text.lower()),
            )
        ),
    ),
    hint="A set comprehension: `words[i : i + n]` as a tuple, for i from 0 to len(words) − n.",
    praise="Two copies of a page share most of these, whatever banner is around them.",
)


def _jaccard(a, b) -> float:
    return len(a & b) / len(a | b)


_DISTANCE = "this is the distance, 1 − overlap."
_BRACKETS = "brackets are missing: divide by all of (len(a) + len(b) − what is in both)."
_SIZES = "the sizes are compared, not the members: `a & b` holds what is in both."
_WRONG_FRACTIONS = (
    (
        "the members in both are counted twice below: divide by the size of the union.",
        lambda a, b: len(a & b) / (len(a) + len(b)),
    ),
    (
        "this is Dice's coefficient, 2·|both| / (|a| + |b|): divide what is in both by the union.",
        lambda a, b: 2 * len(a & b) / (len(a) + len(b)),
    ),
    (
        "it is divided by the smaller set, so that a short page inside a long one counts as a copy.",
        lambda a, b: len(a & b) / min(len(a), len(b)),
    ),
    ("it is divided by the larger set: divide by the union.", lambda a, b: len(a & b) / max(len(a), len(b))),
    ("it is divided by the first set only: the union belongs below.", lambda a, b: len(a & b) / len(a)),
    ("it is divided by the second set only: the union belongs below.", lambda a, b: len(a & b) / len(b)),
    (
        "it is divided by what is in only one of the sets, `a ^ b`: what is in both belongs to the union too.",
        lambda a, b: len(a & b) / len(a ^ b),
    ),
    (_DISTANCE, lambda a, b: 1 - _jaccard(a, b)),
    (_DISTANCE, lambda a, b: 1 - (_jaccard(a, b) if a | b else 0)),
    (_DISTANCE, lambda a, b: 1 - _jaccard(a, b) if a and b else 0),
    ("this counts the shared members: divide by the size of the union.", lambda a, b: len(a & b)),
    ("this counts the members of both sets: it is what belongs below.", lambda a, b: len(a | b)),
    ("the fraction is upside down.", lambda a, b: len(a | b) / len(a & b)),
    ("whole-number division throws the fraction away: use `/`.", lambda a, b: len(a & b) // len(a | b)),
    ("this is in percent: return a share between 0 and 1.", lambda a, b: 100 * _jaccard(a, b)),
    ("what is only in the first set is counted above: that must be `a & b`.", lambda a, b: len(a - b) / len(a | b)),
    (_BRACKETS, lambda a, b: len(a & b) / len(a) + len(b) - len(a & b)),
    (_BRACKETS, lambda a, b: len(a & b) / (len(a) + len(b)) - len(a & b)),
    (_SIZES, lambda a, b: len(a) / len(b)),
    (
        "`and` and `or` pick one of the two sets: `a & b` holds what is in both, `a | b` what is in any.",
        lambda a, b: len(a and b) / len(a or b),
    ),
    (_SIZES, lambda a, b: min(len(a), len(b)) / max(len(a), len(b))),
    ("the share is rounded: return it as it is.", lambda a, b: round(_jaccard(a, b), 2)),
    ("the share is rounded: return it as it is.", lambda a, b: round(_jaccard(a, b), 1)),
)


def _or_zero(fraction):
    """The fraction, and 0 where it can't be computed."""

    def safe(a, b):
        try:
            return fraction(a, b)
        except ZeroDivisionError:
            return 0

    return safe


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
        ({"the owl", "owl saw", "saw me"}, {"the owl", "owl saw", "saw it", "it ran", "ran off"}),
        ({300, (0, 1), ""}, {300, (0, 1), "", 256}),
        (set(), {1}),
        ({0}, set()),
        (set(), set()),
    ),
    read=answer_values.scalar,
    mistakes=(
        *(Mistake(message, _or_zero(fraction)) for message, fraction in _WRONG_FRACTIONS),
        Mistake("two empty sets have an empty union, and nothing can be divided by 0: return 0 for them.", _jaccard),
        Mistake("two empty sets are called equal: return 0 for them.", lambda a, b: _jaccard(a, b) if a | b else 1),
    ),
    hint="`a & b` is what both have, `a | b` what at least one has; mind an empty union.",
    praise="MinHash estimates this number without comparing the sets themselves.",
)

_A = {"the owl": 5, "owl saw": 2, "saw me": 9, "me run": 1}
_B = {"the owl": 3, "owl saw": 8, "saw me": 0, "me run": 7}
_C = {"the owl": 4_000_000_000, "owl saw": 300, "saw me": 301, "me run": 299}
_TUPLES = {("a", "b"): 12, ("b", "c"): 7, ("c", "a"): 3}
_NOT_THE_NUMBER = "a shingle comes back instead of its number: return the smallest number that any of them has."
_ONE_NUMBER = "one number comes back for all numberings together: each numbering gives a number of its own."


def _numbers(shingles, numbering) -> list[int]:
    return [numbering[shingle] for shingle in shingles]


MINHASH = Exercise(
    name="minhash",
    signature="minhash(shingles, numberings)",
    task="Each numbering is a dictionary from shingle to number; look numbers up, and don't loop over it. Return a "
    "list: for each numbering the smallest number that any of these shingles has.",
    truth=lambda shingles, numberings: [sorted(_numbers(shingles, numbering))[0] for numbering in numberings],
    cases=(
        ({"the owl", "owl saw", "saw me"}, [_A, _B]),
        ({"the owl"}, [_A, _B]),
        ({"the owl"}, [_C]),
        ({"the owl", "saw me"}, [_B, _A, _B, _C]),
        ({"owl saw", "saw me", "me run"}, [_C]),
        ({("a", "b"), ("b", "c")}, [_TUPLES]),
        ({"the owl", "me run"}, []),
        ({"the owl", "owl saw"}, [{"the owl": 0, "owl saw": 5}, {"the owl": 5, "owl saw": 0}]),
    ),
    read=answer_values.vector,
    mistakes=(
        Mistake(
            "the largest numbers come back: take the smallest, `min(…)`.",
            lambda shingles, numberings: [max(_numbers(shingles, numbering)) for numbering in numberings],
        ),
        Mistake(
            "the smallest number of the whole numbering is taken: look only at the shingles that this page has.",
            lambda shingles, numberings: [min(numbering.values()) for numbering in numberings],
        ),
        *(
            Mistake(_NOT_THE_NUMBER, lambda shingles, numberings, pick=pick: [pick(shingles, n) for n in numberings])
            for pick in (
                lambda shingles, numbering: min(shingles, key=numbering.__getitem__),
                lambda shingles, numbering: min(shingles),
                lambda shingles, numbering: min(numbering),
            )
        ),
        *(
            Mistake(
                "the search begins with a number that may be below all of these: begin with the first of them, or with "
                '`float("inf")`.',
                lambda shingles, numberings, start=start: [min(start, *_numbers(shingles, n)) for n in numberings],
            )
            for start in (0, 100, *(10**digits for digits in range(3, 10)))
        ),
        Mistake(
            "the smallest number is kept from one numbering to the next: begin anew with each.",
            lambda shingles, numberings: list(
                itertools.accumulate((min(_numbers(shingles, n)) for n in numberings), min)
            ),
        ),
        Mistake(
            "the first shingle of the alphabet is taken, not the one with the smallest number.",
            lambda shingles, numberings: [numbering[min(shingles)] for numbering in numberings],
        ),
        Mistake(
            "only the first numbering is used: go through them all, and return after the loop.",
            lambda shingles, numberings: [min(_numbers(shingles, numbering)) for numbering in numberings[:1]],
        ),
        Mistake(
            "only the last numbering is used: collect the numbers in a list, one for each numbering.",
            lambda shingles, numberings: [min(_numbers(shingles, numbering)) for numbering in numberings[-1:]],
        ),
        Mistake(
            _ONE_NUMBER,
            lambda shingles, numberings: min(min(_numbers(shingles, numbering)) for numbering in numberings),
        ),
        Mistake(
            _ONE_NUMBER,
            lambda shingles, numberings: [min(n for numbering in numberings for n in _numbers(shingles, numbering))],
        ),
        Mistake(
            "all numbers come back: keep only the smallest of each numbering.",
            lambda shingles, numberings: [sorted(_numbers(shingles, numbering)) for numbering in numberings],
        ),
        Mistake(
            "the numbers are added up: take the smallest of them.",
            lambda shingles, numberings: [sum(_numbers(shingles, numbering)) for numbering in numberings],
        ),
        Mistake(
            "there is one number for each shingle, but it must be one for each numbering: loop over the numberings.",
            lambda shingles, numberings: [min(n[shingle] for n in numberings) for shingle in sorted(shingles)],
        ),
        Mistake(
            "the order of the numberings is lost: place i belongs to numbering i, so sort nothing.",
            lambda shingles, numberings: sorted(min(_numbers(shingles, numbering)) for numbering in numberings),
        ),
        Mistake(
            "equal numbers are kept only once: two numberings may give the same number, and both places stay.",
            lambda shingles, numberings: list(dict.fromkeys(min(_numbers(shingles, n)) for n in numberings)),
        ),
    ),
    on_the_way=lambda shingles, numberings: (
        "under the first numbering the shingles have " + ", ".join(map(str, _numbers(shingles, numberings[0])[:6]))
        if numberings
        else "there is no numbering, so nothing to look up"
    ),
    hint="For each numbering: `min(numbering[shingle] for shingle in shingles)`.",
    praise="Two pages agree at a place with a probability that is their Jaccard similarity.",
)

_ADDRESS = r"[A-Za-z0-9._%+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}"


def _masked(pattern: str, text: str, put: str = "<email>", count: int = 0) -> str:
    return re.sub(pattern, put, text, count=count)


def _word_by_word(text: str, is_address, separator: str | None) -> str:
    return " ".join("<email>" if is_address(word) else word for word in text.split(separator))


_NAME = "the name before the @ is cut off: letters, capital ones too, digits and `._%+-` may all be part of it."
_DOMAIN = (
    "addresses are missed, or cut off behind the @: a domain may have more than two parts, each with letters "
    "(capital ones too), digits and hyphens."
)
_AROUND = (
    "what stands around an address is swallowed, such as the full stop that ends a sentence, or brackets: no part "
    "of a domain is empty, and `\\S` matches every sign."
)
_ENDING = "the last part of a domain may have two letters or many: `{2,}` has no upper end."
_NAMES = ((r"[\w.+-]+", ""), (r"\w+", _NAME), (r"[a-z]+", _NAME), (r"[a-z0-9._%+-]+", _NAME), (r"[^\s@]+", _AROUND))
_DOMAINS = (
    (r"(?:[\w-]+\.)+\w+", ""),
    (r"[\w-]+\.\w+", _DOMAIN),
    (r"\w+\.\w+", _DOMAIN),
    (r"(?:\w+\.)+\w+", _DOMAIN),
    (r"[a-z]+\.[a-z]+", _DOMAIN),
    (r"(?:[a-z]+\.)+[a-z]+", _DOMAIN),
    (r"(?:[a-z0-9-]+\.)+[a-z]+", _DOMAIN),
    (r"(?:[\w-]+\.)+example", _DOMAIN),
    (r"(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,3}", _ENDING),
    (r"(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,4}", _ENDING),
    (r"[\w.-]+", _AROUND),
    (r"[\w.]+", _AROUND),
    (r"\S+", _AROUND),
    (r"\S+\.\S+", _AROUND),
    (r"[^\s@]+", _AROUND),
    (r"[^\s@]+\.[^\s@]+", _AROUND),
)


def _pattern_mistakes():
    """Each name with each domain; of two faults the one is told that cuts more off."""
    for (name, name_fault), (domain, domain_fault) in itertools.product(_NAMES, _DOMAINS):
        faults = [fault for fault in (_NAME, _DOMAIN, _ENDING, _AROUND) if fault in (name_fault, domain_fault)]
        if faults:
            yield Mistake(faults[0], lambda text, pattern=f"{name}@{domain}": _masked(pattern, text))


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
            "Mail Eve_7.lee-k+list@uni.example!",
            "Ask ada@mail.example.",
            "x@math.uni.ac.example",
            "bob@post-24.test",
            "ADA@Mail.TEST",
            "Ada <ada@mail.example>, i@y.zz",
            "Meet @ada at 5 @ the pier",
            "  Two  spaces,\n\tthen ada@mail.example \n",
            "No address here.",
            "",
            "ada@mail.example, bob@post.example; (eve@uni.example)",
            "Lunch at 2@noon, or me@home?",
        )
    ),
    read=answer_values.text,
    mistakes=(
        Mistake(
            "only the first address is replaced: go on to the end of the text.",
            lambda text: _masked(_ADDRESS, text, count=1),
        ),
        *(
            Mistake(
                "only the first two are replaced: the fourth place of `re.sub` is a count; write "
                "`flags=re.IGNORECASE`.",
                lambda text, pattern=pattern: _masked(pattern, text, count=int(re.IGNORECASE)),
            )
            for pattern in (_ADDRESS, _ADDRESS.replace("A-Z", ""))
        ),
        Mistake("the address is removed, but nothing takes its place.", lambda text: _masked(_ADDRESS, text, "")),
        *(
            Mistake("put exactly `<email>` in an address's place.", lambda t, put=put: _masked(_ADDRESS, t, put))
            for put in ("<EMAIL>", "[email]", "email", "EMAIL", "<e-mail>")
        ),
        *_pattern_mistakes(),
        Mistake(
            "the domain stays, and tells where to write: replace what comes after the @, too.",
            lambda text: _masked(r"[\w.+-]+@(?=\w)", text, "<email>@"),
        ),
        Mistake(
            "the name before the @ stays: replace the whole address.",
            lambda text: _masked(r"@(?=\S+\.)[\w.-]*\w", text),
        ),
        Mistake("the name before the @ stays: replace the whole address.", lambda text: _masked(r"@\S+", text)),
        Mistake("the name before the @ stays: replace the whole address.", lambda text: _masked(r"@\w+\.\w+", text)),
        *(
            Mistake(
                "everything with an @ is replaced, also handles such as @ada: an address has a name before the @ and a "
                "dot after it.",
                mask,
            )
            for mask in (
                lambda text: _word_by_word(text, lambda word: "@" in word, " "),
                lambda text: _word_by_word(text, lambda word: "@" in word, None),
                lambda text: _masked(r"\S*@\S*", text),
            )
        ),
        *(
            Mistake(_AROUND, lambda text, at=at: _word_by_word(text, lambda word: "@" in word and "." in word, at))
            for at in (" ", None)
        ),
        *(
            Mistake(
                "an address beside a full stop, a bracket or a line end is missed: don't cut the text into words, "
                "replace inside it with `re.sub`.",
                lambda text, at=at: _word_by_word(text, re.compile(_ADDRESS).fullmatch, at),
            )
            for at in (" ", None)
        ),
        *(
            Mistake(
                "spaces and line ends are changed: `split()` and `strip()` lose them. Replace inside the text.", mask
            )
            for mask in (
                lambda text: " ".join(_masked(_ADDRESS, text).split()),
                lambda text: _masked(_ADDRESS, text).strip(),
            )
        ),
        Mistake(
            "the rest of the text becomes lower case: it must stay as it is.",
            lambda text: _masked(_ADDRESS, text.lower()),
        ),
        Mistake(
            "a whole line or text is swallowed: `.` matches spaces too; say which signs an address may have.",
            lambda text: _masked(r".+@.+", text),
        ),
        Mistake(
            "a whole line or text is swallowed: `.` matches spaces too; say which signs an address may have.",
            lambda text: _masked(r".+@.+\..+", text),
        ),
        Mistake(
            "an address is found only where the text is nothing else: leave out `^` and `$`, and use no `match`.",
            lambda text: _masked(rf"^{_ADDRESS}$", text),
        ),
        Mistake(
            "the text comes back unchanged: either the pattern finds nothing (what does `re.findall(pattern, text)` "
            "give?), or the new text that `re.sub` or `str.replace` returns isn't used.",
            lambda text: text,
        ),
        Mistake("only <email> is left: the order is `re.sub(pattern, replacement, text)`.", lambda text: "<email>"),
    ),
    hint='`re.sub(pattern, "<email>", text)`: a name, @, one or more parts that end in a dot, and a last '
    "part without one.",
    praise="Masking keeps the sentence as training text, without the person.",
)

EXERCISES = (DOMAIN_ALLOWED, SHINGLES, JACCARD, MINHASH, MASK_EMAIL)
