"""How much of a text is copied: stretches of tokens that also occur in what the model read."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

import numpy as np

from pocketgpt.model import GPT
from pocketgpt.sampling.generate import continuations, prompt_ids
from pocketgpt.tokenizer import Tokenizer
from pocketgpt.training.data import pack
from pocketgpt.training.pretrain import HELD_OUT_SEED
from pocketgpt.world import Tables, documents

TEMPERATURES = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5)
STRETCH = 16  # tokens in a row: about 45 letters
PAGES, PAGE_TOKENS = 96, 160
KNOWN, UNREAD, OTHER = "people it read about", "names it never read", "all other pages"


def everything_read(tables: Tables, tokenizer: Tokenizer) -> tuple[np.ndarray, set[str]]:
    """All that `base` was trained on, as one row of tokens, and the names of all that its pages are about."""
    names: set[str] = set()

    def texts() -> Iterator[str]:
        for page in documents(tables):
            names.add(page.subject)
            yield page.text

    return pack(texts(), tokenizer), names - {""}


def write_pages(
    model: GPT, tokenizer: Tokenizer, temperature: float, seed: int, n: int = PAGES, start: str = ""
) -> list[list[int]]:
    """Pages that the model writes, from nothing or from a `start`, as tokens without the end mark."""
    prompts = [prompt_ids(tokenizer, start)] * n
    stop = tokenizer.eot_id
    rows = continuations(model, prompts, PAGE_TOKENS, temperature=temperature, seed=seed, stop_ids=[stop])
    return [[*tokenizer.encode(start), *(i for i in row if i != stop)] for row in rows]


def fresh_pages(tables: Tables, tokenizer: Tokenizer) -> list[list[int]]:
    """Pages of the same world that the model never read: how alike pages are without anybody copying."""
    pages = islice(documents(tables, seed=HELD_OUT_SEED), 2 * PAGES)
    return [tokenizer.encode(page.text)[:PAGE_TOKENS] for page in pages]


def stretches(tokens: Sequence[int] | np.ndarray, n: int = STRETCH) -> np.ndarray:
    """A 64-bit number for each stretch of n tokens: equal stretches get equal numbers, and different ones in
    practice never.
    """
    tokens = np.asarray(tokens).astype(np.uint64) + np.uint64(1)
    found = np.zeros(max(0, len(tokens) - n + 1), dtype=np.uint64)
    for i in range(n):
        found = found * np.uint64(0x9E3779B97F4A7C15) + tokens[i : i + len(found)]
    return found


def copied_stretches(pages: Sequence[Sequence[int]], corpus: np.ndarray, n: int = STRETCH) -> list[np.ndarray]:
    """For each page (token ids), which of its stretches of n tokens occur in the corpus, as True and False.

    >>> copied_stretches([[1, 2, 3]], np.array([9, 1, 2, 5]), n=2)
    [array([ True, False])]
    """
    hashes = [stretches(page, n) for page in pages]
    wanted = np.unique(np.concatenate(hashes))
    seen = np.zeros(len(wanted), dtype=bool)
    for start in range(0, len(corpus), 2**20):  # in parts, so that little memory is needed
        part = stretches(corpus[start : start + 2**20 + n - 1], n)
        place = np.minimum(np.searchsorted(wanted, part), len(wanted) - 1)
        seen[place[wanted[place] == part]] = True
    return [seen[np.searchsorted(wanted, each)] for each in hashes]


def percent_copied(found: Iterable[np.ndarray]) -> float:
    """Percent of all stretches that are copied, of what `copied_stretches` gives for some pages."""
    return 100 * float(np.concatenate(list(found)).mean())


def copied(written: Mapping[str, Sequence[Sequence[int]]], corpus: np.ndarray, n: int = STRETCH) -> dict[str, float]:
    """For each group of pages (token ids), how many percent of its stretches of n tokens occur in the corpus.

    >>> copied({"a": [[1, 2, 3]]}, np.array([9, 1, 2, 5]), n=2)
    {'a': 50.0}
    """
    found = iter(copied_stretches([page for pages in written.values() for page in pages], corpus, n))
    return {name: percent_copied(islice(found, len(pages))) for name, pages in written.items()}


def covered(found: np.ndarray, n: int = STRETCH) -> list[bool]:
    """Which tokens of a page lie in a copied stretch.

    >>> covered(np.array([True, False, False]), n=2)
    [True, True, False, False]
    """
    return [bool(found[max(0, i - n + 1) : i + 1].any()) for i in range(len(found) + n - 1)]


def subject(page: str) -> str:
    r"""The name in a page's heading, "" if it has none that could be a person's: two words with capitals.

    >>> subject("Questions about Ada Byte"), subject("Ada Byte\n\nAda Byte plays."), subject("Sums\n\n1 + 1")
    ('Ada Byte', 'Ada Byte', '')
    """
    name = page.partition("\n")[0].removeprefix("Questions about ")
    words = name.split(" ")
    return name if len(words) == 2 and all(word.istitle() and word.isalpha() for word in words) else ""


def by_subject(
    pages: Sequence[Sequence[int]], found: Sequence[np.ndarray], tokenizer: Tokenizer, tables: Tables, read: set[str]
) -> dict[str, dict]:
    """Percent copied and number of pages, apart for pages on people of the tables, on names that are not among those
    that were `read`, and for all others.
    """
    known, countries = {person.name for person in tables.people}, {country.name for country in tables.countries}
    groups: dict[str, list[np.ndarray]] = {KNOWN: [], UNREAD: [], OTHER: []}
    for page, each in zip(pages, found, strict=True):
        name = subject(tokenizer.decode(page))
        unread = name and name not in read and name not in countries
        groups[KNOWN if name in known else UNREAD if unread else OTHER].append(each)
    return {name: {"copied": percent_copied(each), "pages": len(each)} for name, each in groups.items() if each}
