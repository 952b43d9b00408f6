"""Our extraction of text from HTML beside trafilatura's, which FineWeb uses: how many words are right, in one run.

`python tools/benchmarks/run.py extraction` reads 200 pages of the crawl and thirty shapes of real pages. Precision is
the share of the extracted words that belong to the article, recall the share of the article's words that are extracted.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from itertools import islice

import trafilatura
from page_shapes import shaped_pages

from pocketgpt.internet.crawl import CrawlConfig, crawl
from pocketgpt.internet.extraction import extract_text
from pocketgpt.world.documents import documents
from pocketgpt.world.table_files import load_tables

PAGES = 200
WITHIN = 0.05
LONG = 300  # characters of a text that makes a paragraph of an article


def theirs(html: str) -> str:
    """What trafilatura takes for the main text, without comments, and with what it finds in tables."""
    return trafilatura.extract(html, include_comments=False, include_tables=True, deduplicate=False) or ""


def marks(extract: Callable[[str], str], pages: Iterable[tuple[str, str]]) -> tuple[float, float]:
    """Precision and recall in words, over all pages (HTML and article)."""
    both = got = wanted = 0
    for html, article in pages:
        found, true = Counter(extract(html).split()), Counter(article.split())
        both, got, wanted = both + (found & true).total(), got + found.total(), wanted + true.total()
    return both / max(1, got), both / max(1, wanted)


def crawled() -> list[tuple[str, str]]:
    """Pages that we make: those of a crawl that have a text."""
    pages = crawl(load_tables(), CrawlConfig(pages=4 * PAGES), seed=1)
    return list(islice(((page.html, page.truth.text) for page in pages if page.truth.text), PAGES))


def shaped() -> list[tuple[str, str]]:
    """The shapes of real pages."""
    texts = [page.text for page in islice(documents(load_tables()), 2_000) if len(page.text) > LONG]
    return [(html, article) for _, html, article in shaped_pages(texts)]


def compare(name: str, pages: list[tuple[str, str]]) -> dict:
    """A row of the table: by how much the worse of precision and recall falls behind trafilatura's."""
    (p, r), (their_p, their_r) = marks(extract_text, pages), marks(theirs, pages)
    behind = max(their_p - p, their_r - r)
    return {
        "name": f"extraction, {len(pages)} {name}: precision, recall",
        "ours": f"{p:.1%}, {r:.1%}",
        "peer": f"{their_p:.1%}, {their_r:.1%} (trafilatura {trafilatura.__version__})",
        "ratio": behind,
        "target": WITHIN,
        "reached": behind <= WITHIN,
    }


def pages_of_the_crawl() -> dict:
    """Two hundred pages that we make."""
    return compare("pages of the crawl", crawled())


def shapes_of_real_pages() -> dict:
    """Thirty shapes of real pages."""
    return compare("shapes of real pages", shaped())


BENCHMARKS = [pages_of_the_crawl, shapes_of_real_pages]
