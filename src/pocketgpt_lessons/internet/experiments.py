"""Models of one size read equally many tokens of one crawl, as it came or after cleaning."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice

from pocketgpt.internet import Results, crawl, extract_text, raw_text
from pocketgpt.internet.crawl import CrawlConfig, Page
from pocketgpt.tokenizer import Tokenizer
from pocketgpt.training.data import pack
from pocketgpt.training.pretrain import HELD_OUT_SEED, Corpus, Pretraining, Recipe, prepare
from pocketgpt.world import Tables, WorldConfig, documents, sample_people, with_people

LIVE_PAGES = 10_000
LIVE_PEOPLE = 60
LIVE_WORLD = WorldConfig(stories=400, sums=300, spellings=100, forums=200)
LIVE = Recipe(depth=2, batch_size=8, precision="fp32")
TEST_PAGES = 300

HTML, STRIPPED, EXTRACTED, CLEANED = "HTML as it came", "tags stripped", "text extracted", "cleaned"
WAYS = (HTML, STRIPPED, EXTRACTED, CLEANED)
"""Ways to read a crawl: each does one thing more than the one before; CLEANED is the whole pipeline."""

WHOLE = "tags stripped, whole crawl"
"""The run that goes on until it has seen every page, many more tokens than the others."""

OPINIONS = (
    "The raw one: its text has all the facts, and more",
    "Both the same",
    "The cleaned one, a little",
    "The cleaned one, by far",
)
"""What a learner may guess of the facts that the two models know; the notebook asks in the same words."""


def small_tables(tables: Tables) -> Tables:
    """A world small enough for a crawl of it to be read in a quarter of a minute, with the same long tail."""
    some = sample_people(tables, LIVE_PEOPLE, seed=0)
    return replace(some, countries=tables.countries[:20], animals=tables.animals[:20])


def live_crawl(tables: Tables, pages: int = LIVE_PAGES) -> list[Page]:
    """The first pages of the crawl that notebook 00 cleans; the same for every run."""
    return list(crawl(small_tables(tables), CrawlConfig(pages=pages), seed=0, world=LIVE_WORLD))


def read(results: Results, way: str) -> Iterator[str]:
    """The texts that a model is given to read, page by page, in one of WAYS."""
    if way == CLEANED:
        return iter(results.texts())
    of_html: dict[str, Callable[[str], str]] = {HTML: str, STRIPPED: raw_text, EXTRACTED: extract_text}
    return filter(None, (of_html[way](fate.page.html) for fate in results.fates))


def _first(texts: Iterable[str], characters: int) -> Iterator[str]:
    """Texts from the start until they have so many characters together."""
    for text in texts:
        yield text
        characters -= len(text)
        if characters <= 0:
            return


def live_tokenizer(results: Results, vocab_size: int = 1024) -> Tokenizer:
    """A tokenizer trained on stripped and on cleaned text in equal parts, so that it favours neither."""
    halves = (_first(read(results, way), 500_000) for way in (STRIPPED, CLEANED))
    return Tokenizer.train((text for half in halves for text in half), vocab_size)


def corpus(results: Results, way: str, tokenizer: Tokenizer, tables: Tables) -> Corpus:
    """All that the crawl holds, read in one of WAYS; to be tested on clean pages that no crawl has."""
    unseen = documents(small_tables(tables), LIVE_WORLD, HELD_OUT_SEED)
    texts = [page.text for page in islice(unseen, TEST_PAGES)]
    n_bytes = sum(len(text.encode()) for text in texts)
    return Corpus(tokenizer, pack(read(results, way), tokenizer), pack(texts, tokenizer), n_bytes)


def first_tokens(whole: Corpus, n: int) -> Corpus:
    """The same corpus, of which only the first n tokens are read."""
    return replace(whole, train=whole.train[:n])


def live_run(data: Corpus, seed: int) -> Pretraining:
    """A run of the notebook, once through its tokens: iterate over it to train."""
    return prepare(data, replace(LIVE, seed=seed))


def bits_on_raw_pages(run: Pretraining, tables: Tables, pages: int = 100) -> float:
    """Bits per byte of a finished run on pages of a fresh crawl, with their tags stripped."""
    fresh = crawl(small_tables(tables), CrawlConfig(pages=pages), seed=HELD_OUT_SEED, world=LIVE_WORLD)
    texts = [text for page in fresh if (text := raw_text(page.html))]
    n_bytes = sum(len(text.encode()) for text in texts)
    raw = replace(run.corpus, test=pack(texts, run.corpus.tokenizer), test_bytes=n_bytes)
    return replace(run, corpus=raw).results()["val_bits_per_byte"]


def met_people(tables: Tables, results: Results) -> Tables:
    """The small world with each person's mentions as counted on the crawl's pages, copies left out."""
    truths = [fate.page.truth for fate in results.fates]
    pages = Counter(truth.subject for truth in truths if truth.original is None)
    small = small_tables(tables)
    return with_people(small, (replace(p, mentions=pages[p.name], faq_pages=0) for p in small.people))


def facts_known(groups: Sequence[dict]) -> tuple[int, int]:
    """Facts recalled and facts asked, on all people whom the crawl has; `groups` is from exam.recall_by_mentions.

    >>> facts_known([{"mentions_low": 0, "right": 2, "n": 9}, {"mentions_low": 1, "right": 3, "n": 5}])
    (3, 5)
    """
    met = [group for group in groups if group["mentions_low"]]
    return sum(group["right"] for group in met), sum(group["n"] for group in met)


def opinion(cleaned: int, raw: int) -> str:
    """The one of OPINIONS that fits so many facts known by each of the two models.

    >>> opinion(90, 6), opinion(50, 40), opinion(4, 5)
    ('The cleaned one, by far', 'The cleaned one, a little', 'Both the same')
    """
    ratio = cleaned / max(1, raw)
    return OPINIONS[sum(ratio >= least for least in (0.8, 1.2, 3))]
