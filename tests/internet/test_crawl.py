"""The pages of the crawl: real-looking, reproducible, and truthful about themselves."""

import re
import shutil
from collections import Counter
from dataclasses import replace
from html import unescape
from itertools import islice
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pocketgpt.errors import PocketError
from pocketgpt.internet import crawl, jaccard, raw_text, shingles, url_allowed
from pocketgpt.internet.crawl import ENGLISH_SHARE, KINDS, CrawlConfig
from pocketgpt.internet.html_pages import encode
from pocketgpt.internet.web_tables import load_web_data
from pocketgpt.paths import DATA
from pocketgpt.world import WorldConfig, documents, load_tables


@pytest.fixture(scope="module")
def tables():
    return load_tables()


@pytest.fixture(scope="module")
def pages(tables):
    return list(crawl(tables, CrawlConfig(pages=1500), seed=3))


def test_same_seed_same_pages(tables, pages):
    assert list(islice(crawl(tables, CrawlConfig(pages=1500), seed=3), 50)) == pages[:50]
    assert list(islice(crawl(tables, CrawlConfig(pages=1500), seed=4), 50)) != pages[:50]


def test_a_longer_crawl_begins_as_a_shorter_one(tables, pages):
    assert list(islice(crawl(tables, CrawlConfig(pages=9999), seed=3), 50)) == pages[:50]


def test_every_kind_comes_about_as_often_as_asked(pages):
    counts = Counter(page.truth.kind for page in pages)
    config = CrawlConfig()
    assert set(counts) == {*KINDS, "document"}
    for kind in KINDS:  # five standard deviations of a binomial
        share = getattr(config, kind)
        assert abs(counts[kind] / 1500 - share) < 5 * (share * (1 - share) / 1500) ** 0.5


def test_documents_are_those_of_the_world(tables, pages):
    """Each document of the world comes once, in order, perhaps with a line on how to reach somebody."""
    own = [page.truth for page in pages if page.truth.kind == "document"]
    mixed = sum(page.truth.kind == "mixed" for page in pages)
    world = {document.text for document in islice(documents(tables, seed=3), len(own) + mixed)}
    bare = [truth for truth in own if truth.text in world]
    longer = [truth for truth in own if truth.text not in world]
    assert len(bare) > 0.7 * len(own)
    assert all(truth.text.rpartition("\n\n")[0] in world for truth in longer)


def test_the_text_is_on_the_page_among_furniture(pages):
    for page in pages:
        assert page.html.startswith("<!doctype html>") and page.html.endswith("</html>\n")
        for tag in ("head", "title", "style", "script", "body"):
            assert f"<{tag}" in page.html and f"</{tag}>" in page.html, tag
        assert page.html.count("<div") == page.html.count("</div>")
        if page.truth.text and page.truth.kind != "gibberish":
            shown = re.sub(r"\W+", "", unescape(re.sub(r"<[^>]*>", "", page.html)))
            assert re.sub(r"\W+", "", page.truth.text.split("\n")[-1]) in shown
        assert len(raw_text(page.html)) > len(page.truth.text or "")


def test_urls_are_unique_and_nobodys(pages):
    assert len({page.url for page in pages}) == len(pages)
    assert {urlsplit(page.url).hostname.rsplit(".", 1)[1] for page in pages} == {"example"}


def test_copies_copy_earlier_good_pages(pages):
    known = {}
    for page in pages:
        if page.truth.original:
            first = known[page.truth.original].truth
            assert first.kind == "document" and first.reasons == ()
            same = page.truth.text == first.text
            assert page.truth.reasons == (("exact duplicate",) if same else ("near duplicate",))
            assert jaccard(shingles(page.truth.text), shingles(first.text)) > 0.2
        known[page.url] = page


def test_reasons_follow_from_the_facts(pages):
    for page in pages:
        truth = page.truth
        if truth.kind in ("document", "mixed", "foreign") and truth.original is None:
            assert ("foreign language" in truth.reasons) == (truth.english < ENGLISH_SHARE)
        assert (truth.text is None) == ("no content" in truth.reasons)
        assert all(value in truth.text for value in truth.personal_data)


def test_the_block_list_is_imperfect_as_real_ones_are():
    web = load_web_data()
    allowed = {site.name: url_allowed(f"https://{site.name}/", web.blocked) for site in web.sites}
    harmful = [allowed[site.name] for site in web.sites if site.kind == "harmful"]
    good = [allowed[site.name] for site in web.sites if site.kind == "good"]
    assert 0 < sum(harmful) < 3 and len(good) - 3 < sum(good) < len(good)
    assert allowed["essex-history.example"] and allowed["casino-theatre-news.example"]


def test_addresses_and_numbers_reach_nobody(pages):
    for page in pages:
        for host in re.findall(r"@([\w.-]+\w)", page.html):
            assert host.endswith(".example") or re.search(r"\bexample\.(com|org|net)$", host), host
        for number in re.findall(r"[\d().+ -]*555[. -]\d{4}", raw_text(page.html)):
            assert re.search(r"555[. -]01\d\d$", number), number
        for address in page.truth.personal_data:
            if re.fullmatch(r"[\d.]+", address) and address.count(".") == 3:
                assert address.rpartition(".")[0] in ("192.0.2", "198.51.100", "203.0.113")


@given(st.text(), st.randoms(use_true_random=False))
def test_encoding_is_undone_by_a_browser(text, rng):
    encoded = encode(text, rng)
    assert "<" not in encoded and '"' not in encoded
    assert unescape(encoded).replace("\xa0", " ") == text.replace("\xa0", " ")


@pytest.mark.parametrize("bad", [{"pages": 0}, {"spam": -0.1}, {"spam": 0.9}, {"personal": 1.5}])
def test_bad_configs_get_a_sentence(bad):
    with pytest.raises(PocketError):
        CrawlConfig(**bad)


def test_a_small_world_can_run_out_of_documents(tables):
    tiny = replace(tables, people=tables.people[:1], countries=(), animals=())
    none = WorldConfig(one_off_share=0, one_off_faq_share=0, stories=2, sums=2, spellings=2, forums=0)
    with pytest.raises(PocketError, match="fewer pages"):
        list(crawl(tiny, CrawlConfig(pages=2000), world=none))


@pytest.mark.parametrize(
    ("name", "line", "message"),
    [
        ("sites.csv", "a.example,newspaper,good,1", "template must be"),
        ("languages.jsonl", '{"language": "Danish"}', "stop_words"),
        ("furniture.jsonl", '{"part": "nav", "texts": []}', "texts"),
    ],
)
def test_a_mistake_in_a_file_is_named(tmp_path, name, line, message):
    folder = tmp_path / "crawl"
    shutil.copytree(DATA / "crawl", folder)
    with (folder / name).open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    with pytest.raises(PocketError, match=f"{name}, line .*{message}"):
        load_web_data(folder)


def test_languages_have_enough_sentences_of_their_own():
    web = load_web_data()
    for language in web.languages:
        assert len(set(language.sentences)) == len(language.sentences)
        assert language.name == "English" or len(language.sentences) >= 25
    every = [sentence for language in web.languages for sentence in language.sentences]
    assert len(set(every)) == len(every)
