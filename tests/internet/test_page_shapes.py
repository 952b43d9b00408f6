"""Extraction on thirty shapes of real pages; tools/benchmarks/bench_extraction.py has trafilatura beside it."""

import sys
from collections import Counter
from itertools import islice
from pathlib import Path

import pytest

from pocketgpt.internet import extract_text
from pocketgpt.world import documents, load_tables

sys.path.append(str(Path(__file__).parents[2] / "tools" / "benchmarks"))
from page_shapes import shaped_pages, shapes  # noqa: E402


@pytest.fixture(scope="module")
def pages():
    texts = [page.text for page in islice(documents(load_tables()), 500) if len(page.text) > 300]
    return {name: (html, article) for name, html, article in shaped_pages(texts)}


@pytest.mark.parametrize("name", shapes())
def test_articles_come_out_of_pages_of_all_shapes(pages, name):
    html, article = pages[name]
    found, true = Counter(extract_text(html).split()), Counter(article.split())
    both = (found & true).total()
    assert both > 0.9 * found.total() and both > 0.95 * true.total()


def test_there_are_thirty_and_none_has_a_word_left_to_fill_in(pages):
    assert len(pages) == 30
    assert all("$" not in html and "[[" not in html for html, _ in pages.values())
