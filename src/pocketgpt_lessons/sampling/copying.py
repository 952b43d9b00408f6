"""Pages that the base model writes, and how much of them is copied from what it read."""

from collections.abc import Collection, Iterator, Sequence
from itertools import islice

import numpy as np

from pocketgpt.model import GPT
from pocketgpt.sampling.generate import continuations, prompt_ids
from pocketgpt.tokenizer import Tokenizer
from pocketgpt.training.data import pack
from pocketgpt.training.pretrain import HELD_OUT_SEED
from pocketgpt.world import Tables, documents
from pocketgpt_lessons.copied_stretches import copied, copied_stretches, covered, percent_copied, stretches

__all__ = ["copied", "copied_stretches", "covered", "percent_copied", "stretches"]  # used by these names in 03

TEMPERATURES = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5)
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
    known, met = {person.name for person in tables.people}, all_met(tables, read)
    groups: dict[str, list[np.ndarray]] = {KNOWN: [], UNREAD: [], OTHER: []}
    for page, each in zip(pages, found, strict=True):
        name = subject(tokenizer.decode(page))
        groups[KNOWN if name in known else UNREAD if name and name not in met else OTHER].append(each)
    return {name: {"copied": percent_copied(each), "pages": len(each)} for name, each in groups.items() if each}


def all_met(tables: Tables, read: Collection[str]) -> set[str]:
    """The names that were `read`, and those of countries: any other that heads a page is new."""
    return {*read, *(country.name for country in tables.countries)}


def new_names(
    pages: Sequence[Sequence[int]], tokenizer: Tokenizer, tables: Tables, read: Collection[str]
) -> dict[str, int | list[str]]:
    """How many pages are about a name that was not `read`, in how many of these both of its words were, as somebody's
    first and somebody's last name, and the other names: they are garbled.
    """
    firsts, lasts = ({name.split(" ")[i] for name in read if name.count(" ") == 1} for i in (0, 1))
    met = all_met(tables, read)
    new = [name for page in pages if (name := subject(tokenizer.decode(page))) and name not in met]
    garbled = [name for name in new if name.split(" ")[0] not in firsts or name.split(" ")[1] not in lasts]
    return {"n": len(new), "both words read": len(new) - len(garbled), "garbled": sorted(set(garbled))}
