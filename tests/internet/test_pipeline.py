"""Each stage of cleaning on known cases, on any string at all, and on a crawl whose truth is known."""

import math
import random
import sys
from collections import Counter
from html import escape

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pocketgpt.errors import PocketError
from pocketgpt.internet import (
    STAGES,
    Bands,
    CleanConfig,
    crawl,
    detect_language,
    explain,
    extract_text,
    find_personal_data,
    jaccard,
    mask_personal_data,
    minhash_signature,
    quality,
    raw_text,
    run_pipeline,
    score,
    shingles,
    similarity,
    text_hash,
    url_allowed,
)
from pocketgpt.internet.crawl import CrawlConfig, Page, Truth
from pocketgpt.internet.filters import QualityConfig
from pocketgpt.internet.near_duplicates import caught
from pocketgpt.internet.pipeline import Results
from pocketgpt.internet.web_tables import load_web_data
from pocketgpt.world import documents, load_tables

PARAGRAPH = "The owl lives in the forest, and it eats mice when it is dark. By day the owl sleeps in an old tree."


@pytest.fixture(scope="module")
def pages():
    return list(crawl(load_tables(), CrawlConfig(pages=400), seed=0))


@pytest.fixture(scope="module")
def results(pages):
    return run_pipeline(pages)


# URL


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://bad.example/page", False),
        ("http://www.BAD.example:8080/", False),
        ("https://bad.example./", False),
        ("https://notbad.example/", True),
        ("https://bad.example.good.example/", True),
        ("https://good.example/bad.example", True),
        ("https://bad.example@good.example/", True),
        ("https://good.example@bad.example/", False),
        ("no url at all", False),
        ("http://[", False),
        ("", False),
    ],
)
def test_domains_and_those_below_them_are_blocked(url, allowed):
    assert url_allowed(url, {"bad.example"}) is allowed


# Extraction


def test_only_the_article_is_kept():
    html = f"""<!doctype html><html><head><title>Owls</title><style>p {{ color: red }}</style></head><body>
    <nav><ul><li><a href="/">Home</a></ul></nav> <script>var a = "<p>no</p>";</script>
    <h1>The&nbsp;owl</h1> <p>{PARAGRAPH} <b>It</b> isn&#39;t   loud &amp; <a href="x">shy</a>.</p>
    <p>Filed under <a href="t">birds of the night and their ways</a></p> <div id="sidebar">{PARAGRAPH}</div>
    <aside>{PARAGRAPH}</aside> <h2>Comments</h2> <p>Me too</p> <footer>{PARAGRAPH}</footer></body></html>"""
    assert extract_text(html) == f"The owl\n\n{PARAGRAPH} It isn't loud & shy."


def test_tags_that_were_never_closed():
    assert extract_text(f"<head><title>x<body><p>{PARAGRAPH}<p>{PARAGRAPH}") == f"{PARAGRAPH}\n\n{PARAGRAPH}"
    assert extract_text(f"<div><nav>Home</div><p>{PARAGRAPH}</p>") == PARAGRAPH


def test_line_breaks_stay_and_markup_within_a_word_joins():
    assert extract_text("<p>3 + 4 = 7.<br>The h<b>ow</b>l.</p>") == "3 + 4 = 7.\nThe howl."


def test_explain_gives_every_block_a_verdict():
    verdicts = dict(explain("<nav>Home</nav><p>Short</p><p>We use cookies on this site.</p><h2>Nothing</h2>"))
    assert verdicts == {
        "Home": "in <nav>",
        "Short": "too short",
        "We use cookies on this site.": "a line on policies or scripts",
        "Nothing": "a heading over nothing",
    }


@pytest.mark.parametrize(
    ("html", "text"),
    [
        (f"<h2>Owls</h3><p>{PARAGRAPH}", f"Owls\n\n{PARAGRAPH}"),
        (f"<h2>Owls<h3>Of the night</h2><p>{PARAGRAPH}", f"Of the night\n\n{PARAGRAPH}"),
        (f"<a name='top'><p>{PARAGRAPH}</p>", PARAGRAPH),
        (f"<a href='/'><p>Home</p><p>{PARAGRAPH}</p>", PARAGRAPH),  # a link that nobody closed
        (f"<p><a href='/'>Home<p>{PARAGRAPH}</p>", PARAGRAPH),
        (f"<a href='/1'><h3>Owls</h3><p>{PARAGRAPH}</p></a>", ""),  # a card that is a link as a whole
        (f"<div class='site no-sidebar'><p>{PARAGRAPH}", PARAGRAPH),
        (f"<div class='has-comments'><p>{PARAGRAPH}", PARAGRAPH),
        (f"<div class='menu-open'><p>{PARAGRAPH}", PARAGRAPH),
        (f"<body class='menu'><article id='comments'><p>{PARAGRAPH}", PARAGRAPH),
        (
            f"<nav><a href='/'>Home</a><div><p>{PARAGRAPH}<p>{PARAGRAPH}<p>{PARAGRAPH}</div>",
            "\n\n".join([PARAGRAPH] * 3),
        ),
        (f"<form><p>{PARAGRAPH}<p>{PARAGRAPH}<p>{PARAGRAPH}</form>", "\n\n".join([PARAGRAPH] * 3)),
        (f"<div style='display: none'><p>{PARAGRAPH}<p>{PARAGRAPH}<p>{PARAGRAPH}</div>", ""),
        (f"<table><tr><td><ul class=menu><li>Home</table></td></ul><p>{PARAGRAPH}", PARAGRAPH),
        (
            f"<div><table><tr><td></div><p>{PARAGRAPH}</p></td></tr></table><p>{PARAGRAPH}",
            f"{PARAGRAPH}\n\n{PARAGRAPH}",
        ),
        (f'<p title="a > b">{PARAGRAPH}</p><p x=">{PARAGRAPH}', f"{PARAGRAPH}\n\n{PARAGRAPH}"),
        (f"<!-- <p>No --><p>{PARAGRAPH}<!-- {PARAGRAPH}", PARAGRAPH),
        (f"<p>{PARAGRAPH}<h3>Food</h3><ul><li>Mice<li>Beetles</ul>", f"{PARAGRAPH}\n\nFood\n\nMice\n\nBeetles"),
        (f"<ul><li>Mice<li>Beetles</ul><p>{PARAGRAPH}<ul><li>Once</ul>", PARAGRAPH),
        ("<p>Mice &amp; owls &#" + "9" * 5000 + "; at 3 < 4.", "Mice & owls \ufffd at 3 < 4."),
    ],
)
def test_mistakes_and_names_that_mislead(html, text):
    assert extract_text(html) == text


DEEP = [
    "<div>",
    "<div class=menu>",
    "<b>",
    "<a href=x>",
    "<h1>",
    "<table>",
    "<p",
    "<p x='",
    "</b>",
    "</div>",
    "<!--",
    "&#",
]


@pytest.mark.parametrize(
    "unit", [*DEEP, "<div></b>", "<i><b></i>", "<td></div>", "<a href=x><p>", "<", "</", "1.1", "a."]
)
def test_time_grows_no_faster_than_the_page(unit):
    def work(n: int) -> int:
        """How many lines of Python run: the same on a busy machine."""
        lines = 0

        def count(frame, event, argument):
            nonlocal lines
            lines += 1
            return count

        before = sys.gettrace()
        sys.settrace(count)
        try:
            mask_personal_data(extract_text(unit * n) + raw_text(unit * n))
        finally:
            sys.settrace(before)
        return lines

    assert work(200) < 2.5 * work(100) + 1000
    extract_text(unit * 4_000)  # what doesn't show in lines of Python would take minutes here
    mask_personal_data(unit * 4_000)
    raw_text(unit * 4_000)


@given(st.text())
@example("<![if x]>")
@example("<![CDATA[")
@example("<!doctype [<!x")
@example("&#xD800; &#99999999999; </")
@example("<a" * 50)
def test_any_string_is_html(text):
    assert isinstance(extract_text(text), str) and isinstance(raw_text(text), str)
    assert extract_text(text) == "\n\n".join(block for block, verdict in explain(text) if verdict == "kept")


@given(st.lists(st.sampled_from(["<p>", "</p>", "<nav", ">", "</div>", "<![", "<!--", "&", "owl. ", "<script>"])))
def test_broken_tags_never_raise(pieces):
    extract_text("".join(pieces))


@given(st.text(alphabet=st.characters(categories=["L", "P", "S", "N"], exclude_characters="©"), min_size=1))
def test_escaped_text_comes_back(text):
    assert extract_text(f"<p>{escape(text)} {PARAGRAPH}</p>") == f"{text} {PARAGRAPH}"


def test_raw_text_keeps_menus_and_scripts():
    assert raw_text("<nav>Home</nav><script>go()</script>\n<p>An &lt;owl&gt;") == "Home\ngo()\nAn <owl>"


# Language


def test_languages_of_hand_written_sentences():
    """A truth from outside: each sentence of the pages is known to be in its language."""
    for language in load_web_data().languages:
        guesses = [detect_language(sentence).language for sentence in language.sentences]
        if language.stop_words and language.sentences:
            assert guesses.count(language.name) >= 0.8 * len(guesses), language.name
        assert guesses.count("English") <= 0.05 * len(guesses)


def test_english_of_the_world_is_english():
    texts = [document.text for document, _ in zip(documents(load_tables()), range(300), strict=False)]
    guesses = [detect_language(text) for text in texts]
    assert sum(g.english >= 0.65 or g.language == "unknown" for g in guesses) >= 297


def test_share_of_english_is_one_of_words():
    mixed = detect_language("The cat is in the garden and it sleeps. Der Hund ist in dem Haus und schläft.")
    assert mixed.english == pytest.approx(9 / 17)
    assert detect_language("xyzzy 12 + 3") == detect_language("")


@given(st.text())
def test_judging_any_text(text):
    guess = detect_language(text)
    assert 0 <= guess.english <= 1
    assert isinstance(quality(text), tuple)
    assert len(text_hash(text)) == 64


# Quality


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("The owl sleeps.", "too few words"),
        ("cheap shoes best shoes buy shoes " * 20, "repeats itself"),
        ("Zqx bvnk wrtp lkjh mnbv. " * 3 + "Plmk oknj ijbu uhvy ygct tfxr. " * 3, "few stop words"),
        ("4f8a21; 99cde0; 17ab3e; " * 10, "not words"),
        ("BUY this NOW!!! It is the BEST of all the things!!! CLICK here for more of it!!! " + PARAGRAPH, "shouting"),
        (PARAGRAPH + " function go() { return 1; }", "program code"),
        (PARAGRAPH + " Lorem ipsum dolor sit amet.", "lorem ipsum"),
        ("\n".join([PARAGRAPH] * 3), "repeated lines"),
        (
            "home and about\nnews for you\n" * 2 + "search in all of this site\nlog in to go on\nhelp for you",
            "no sentences",
        ),
        ("The of and to a in is it on at as by we " * 3 + ". ★★★★★★★★★★★★", "odd symbols"),
        ("The " + "supercalifragilistic " * 5 + "internationalisation " * 16, "strange word lengths"),
    ],
)
def test_what_is_wrong_is_said(text, problem):
    assert problem in quality(text)


def test_good_prose_has_no_problems():
    assert quality(PARAGRAPH) == ()


def test_documents_of_the_world_pass():
    texts = [document.text for document, _ in zip(documents(load_tables()), range(500), strict=False)]
    assert sum(quality(text) == () for text in texts) >= 495


# Duplicates


def words(n, seed):
    rng = random.Random(seed)
    return [f"w{rng.randrange(10**6)}" for _ in range(n)]


@pytest.mark.parametrize("changed", [0, 5, 20, 60, 200])
def test_minhash_comes_close_to_the_exact_similarity(changed):
    text = words(200, 1)
    a, b = shingles(" ".join(text)), shingles(" ".join(words(changed, 2) + text[changed:]))
    exact = jaccard(a, b)
    n = 1000
    estimate = similarity(minhash_signature(a, n), minhash_signature(b, n))
    assert abs(estimate - exact) <= 4 * math.sqrt(exact * (1 - exact) / n) + 1e-9


def test_shingles_overlap_and_short_texts_have_one():
    assert shingles("A b c, D e f!", 5) == {"a b c d e", "b c d e f"}
    assert shingles("only three words") == {"only three words"}
    assert shingles("?!") == set()


def test_bands_find_as_many_as_the_curve_says():
    rng = random.Random(0)
    found = 0
    for i in range(300):
        base = [str(rng.random()) for _ in range(100)]
        other = base[:75] + [str(rng.random()) for _ in range(25)]  # 75 shared of 125: 0.6
        bands = Bands(10, 4)
        bands.add("a", minhash_signature(set(base), 40, seed=i))
        found += bands.candidates(minhash_signature(set(other), 40, seed=i)) == ["a"]
    expected = caught(0.6, 10, 4)
    assert abs(found / 300 - expected) < 4 * math.sqrt(expected * (1 - expected) / 300)


@given(st.text())
def test_a_text_is_a_duplicate_of_itself(text):
    bands, signature = Bands(), minhash_signature(shingles(text), 100)
    assert bands.candidates(signature) == []
    bands.add(0, signature)
    bands.add(1, signature)
    assert bands.candidates(signature) == [0, 1]


def test_mistakes_in_sizes_get_a_sentence():
    with pytest.raises(PocketError, match="n_hashes must be at least 1, not 0"):
        minhash_signature({"a"}, 0)
    with pytest.raises(PocketError, match="n_hashes=100"):
        Bands(20, 5).add("a", minhash_signature({"a"}, 99))
    for wrong in (
        lambda: Bands(0, 5),
        lambda: CleanConfig(min_english=math.nan),
        lambda: CleanConfig(rows=1.5),
        lambda: QualityConfig(min_words=math.nan),
        lambda: QualityConfig(max_shouting=-0.1),
    ):
        with pytest.raises(PocketError):
            wrong()


# Personal data


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Write to ada.l+x@mail.example.org.", "Write to [email]."),
        ("(555) 555-0142, +1 555 555 0142, 555.555.0142, 555-0142", "[phone], [phone], [phone], [phone]"),
        ("From 192.0.2.14.", "From [ip]."),
        ("Version 3.11.2 of 2024-05-17, 47 + 35 = 82", None),
        ("999.1.1.1 and 1.2.3.4.5 and 12345-6789", None),
        ("ada (at) example.com", None),
    ],
)
def test_masking(text, masked):
    assert mask_personal_data(text) == (masked or text)


@given(st.text())
def test_masking_twice_changes_nothing_more(text):
    once = mask_personal_data(text)
    assert mask_personal_data(once) == once
    assert (find_personal_data(text) == []) == (once == text)


# The whole


def test_funnel_only_narrows_and_ends_in_the_texts(pages, results):
    counts = [count for _, count in results.funnel()]
    assert [stage for stage, _ in results.funnel()] == ["crawl", *STAGES]
    assert counts[0] == len(pages) and counts == sorted(counts, reverse=True)
    assert counts[-1] == len(results.texts())


def test_a_fate_has_texts_just_up_to_its_end(results):
    for fate in results.fates:
        there = [fate.text_after(stage) is not None for stage in STAGES]
        end = len(STAGES) if fate.dropped_by is None else STAGES.index(fate.dropped_by)
        assert there == [i < end for i in range(len(STAGES))]
        assert bool(fate.why) == (fate.dropped_by is not None)


def test_every_stage_is_good_but_not_perfect(results):
    rows = {row.stage: row for row in score(results)}
    assert list(rows) == list(STAGES)
    for row in rows.values():
        assert 0.8 < row.precision <= 1 and 0.8 < row.recall <= 1, row
    assert any(row.precision < 1 for row in rows.values()) and any(row.recall < 1 for row in rows.values())


def test_no_text_that_is_kept_is_there_twice(results):
    hashes = [text_hash(text) for fate in results.fates if not fate.dropped_by for text in [fate.extracted]]
    assert len(set(hashes)) == len(hashes)


def test_same_pages_same_results(pages, results):
    assert run_pipeline(pages[:50]).fates == results.fates[:50]


def test_the_truth_is_not_looked_at(pages, results):
    blind = [Page(page.url, page.html, Truth("?", None)) for page in pages[:100]]
    assert run_pipeline(blind).texts() == Results(results.fates[:100]).texts()


def test_thresholds_and_blocked_domains_can_be_set(pages, results):
    def dropped(fates):
        return Counter(fate.dropped_by for fate in fates)

    before = dropped(results.fates[:150])
    assert before["language"] < dropped(run_pipeline(pages[:150], None, CleanConfig(min_english=1.0)).fates)["language"]
    assert before["url"] > 0 == dropped(run_pipeline(pages[:150], ()).fates)["url"]


def test_scores_count_as_said():
    body = f"<p>{PARAGRAPH}</p>"
    page = Page("https://a.example/", body, Truth("document", PARAGRAPH))
    copy = Page(
        "https://b.example/", body, Truth("exact_copy", PARAGRAPH, reasons=("exact duplicate",), original=page.url)
    )
    missed = Page("https://c.example/", body.replace("owl", "elk"), Truth("spam", PARAGRAPH, reasons=("spam",)))
    rows = {row.stage: row for row in score(run_pipeline([page, copy, missed], ()))}
    assert (rows["exact"].precision, rows["exact"].recall) == (1, 1)
    assert math.isnan(rows["quality"].precision) and rows["quality"].recall == 0
    n = len(PARAGRAPH.split())
    assert (rows["extract"].rightly, rows["extract"].dropped) == (3 * n - 2, 3 * n)  # two owls are elks
