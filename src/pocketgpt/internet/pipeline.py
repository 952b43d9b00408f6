"""The cleaning pipeline: from a crawl to text worth training on, and how well each stage did.

    results = run_pipeline(crawl(tables))
    print(results.funnel())
    for row in score(results):
        print(row.stage, row.precision, row.recall)

The stages are those of FineWeb (https://arxiv.org/abs/2406.17557) in small.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from pocketgpt.bounds import SHARE, bounded, check_fields
from pocketgpt.internet.crawl import Page
from pocketgpt.internet.extraction import extract_text
from pocketgpt.internet.filters import (
    QualityConfig,
    detect_language,
    find_personal_data,
    mask_personal_data,
    quality,
    url_allowed,
)
from pocketgpt.internet.near_duplicates import Bands, minhash_signature, shingles, similarity
from pocketgpt.internet.web_tables import load_web_data

STAGES = ("url", "extract", "language", "quality", "exact", "near", "personal")
"""The stages in order. The last drops no page; it changes texts."""

_REASONS = {
    "url": ("blocked domain",),
    "language": ("foreign language",),
    "quality": ("spam", "low quality", "no content"),
    "exact": ("exact duplicate",),
    "near": ("near duplicate",),
}


@dataclass(frozen=True)
class CleanConfig:
    """Thresholds of the pipeline.

    FineWeb has 14 bands of 8 rows. One changed word changes five shingles, which weigh more in a page of 60 words
    than in one of 600; so our bands are narrower, and catch pairs that are less similar.
    """

    min_english: float = bounded(0.65, **SHARE)
    quality: QualityConfig = field(default_factory=QualityConfig)
    bands: int = bounded(25, at_least=1)
    rows: int = bounded(4, at_least=1)
    min_similarity: float = bounded(0.5, **SHARE)

    def __post_init__(self) -> None:
        check_fields(self)


@dataclass(frozen=True)
class Fate:
    """What became of a page: the stage that dropped it (None if it was kept), why, and its text on the way."""

    page: Page
    dropped_by: str | None
    why: str = ""
    extracted: str = ""
    masked: str = ""

    def text_after(self, stage: str) -> str | None:
        """Return the HTML or text that a stage passed on, None if the page didn't come so far."""
        if self.dropped_by and STAGES.index(self.dropped_by) <= STAGES.index(stage):
            return None
        return {"url": self.page.html, "personal": self.masked}.get(stage, self.extracted)


@dataclass(frozen=True)
class Results:
    """The fates of all pages, in the order of the crawl."""

    fates: tuple[Fate, ...]

    def texts(self) -> list[str]:
        """Return the cleaned texts: what a model should be trained on."""
        return [fate.masked for fate in self.fates if fate.dropped_by is None]

    def reaching(self, stage: str) -> list[Fate]:
        """Return the fates of the pages that a stage got to see."""
        at = STAGES.index(stage)
        return [fate for fate in self.fates if not fate.dropped_by or STAGES.index(fate.dropped_by) >= at]

    def funnel(self) -> list[tuple[str, int]]:
        """Return how many pages the crawl had and how many were left after each stage."""
        dropped = Counter(fate.dropped_by for fate in self.fates)
        left = [("crawl", len(self.fates))]
        for stage in STAGES:
            left.append((stage, left[-1][1] - dropped[stage]))
        return left


def text_hash(text: str) -> str:
    """Return a hash that is the same for texts that differ only in case, spaces or punctuation.

    >>> text_hash("An owl!") == text_hash("an  owl") != text_hash("a bowl")
    True
    """
    return hashlib.sha256(" ".join(re.findall(r"\w+", text.lower())).encode("utf-8", "replace")).hexdigest()


class _Seen:
    """The texts that were kept so far: the only memory that the pipeline has."""

    def __init__(self, config: CleanConfig) -> None:
        self.config, self.hashes = config, {}
        self.bands = Bands(config.bands, config.rows)
        self.signatures: dict[Hashable, np.ndarray] = {}

    def check(self, url: str, text: str) -> tuple[str, str] | None:
        """Return stage and reason if the text is no news; else remember it under its URL."""
        key = text_hash(text)
        if key in self.hashes:
            return "exact", f"the same text as {self.hashes[key]}"
        signature = minhash_signature(shingles(text), self.config.bands * self.config.rows)
        for other in self.bands.candidates(signature):
            share = similarity(signature, self.signatures[other])
            if share >= self.config.min_similarity:
                return "near", f"about {share:.0%} the same as {other}"
        self.hashes[key] = url
        self.signatures[url] = signature
        self.bands.add(url, signature)
        return None


def run_pipeline(
    pages: Iterable[Page], blocked: Collection[str] | None = None, config: CleanConfig | None = None
) -> Results:
    """Send pages through all stages; `blocked` is the list of domains, that of `data/crawl` if None."""
    blocked = load_web_data().blocked if blocked is None else blocked
    config = config or CleanConfig()
    seen = _Seen(config)
    return Results(tuple(_fate(page, blocked, config, seen) for page in pages))


def _fate(page: Page, blocked: Collection[str], config: CleanConfig, seen: _Seen) -> Fate:
    if not url_allowed(page.url, blocked):
        return Fate(page, "url", "its domain is blocked")
    text = extract_text(page.html)
    if not text:
        return Fate(page, "extract", "no text")
    guess = detect_language(text)
    # Without a stop word of any language there is no telling; the quality filter judges such a page.
    if guess.language != "unknown" and guess.english < config.min_english:
        return Fate(page, "language", f"{guess.language}, {guess.english:.0%} English", text)
    if problems := quality(text, config.quality):
        return Fate(page, "quality", ", ".join(problems), text)
    if duplicate := seen.check(page.url, text):
        return Fate(page, *duplicate, text)
    return Fate(page, None, "", text, mask_personal_data(text))


@dataclass(frozen=True)
class Score:
    """How well a stage did, in pages, words or items.

    Of `dropped`, `rightly` deserved it; of `wanted`, which it should have dropped, it `found` so many. For the
    stage "extract" read "kept" for "dropped". The two counts differ where a stage drops, rightly, what is
    another one's business.
    """

    stage: str
    unit: str
    rightly: int
    dropped: int
    found: int
    wanted: int

    @property
    def precision(self) -> float:
        """The share of what it dropped that deserved it; nan if it dropped nothing."""
        return self.rightly / self.dropped if self.dropped else float("nan")

    @property
    def recall(self) -> float:
        """The share of what it should have dropped that it did; nan if there was nothing."""
        return self.found / self.wanted if self.wanted else float("nan")


def score(results: Results) -> list[Score]:
    """Return precision and recall of each stage, among the pages that it got to see.

    A page counts as rightly dropped if there was any reason to drop it. A copy counts as wanted only if its
    original got so far too.
    """
    rows = [_score_pages(results, stage) for stage in _REASONS]
    return [rows[0], _score_words(results), *rows[1:], _score_items(results)]


def _score_pages(results: Results, stage: str) -> Score:
    reaching = results.reaching(stage)
    urls = {fate.page.url for fate in reaching}
    dropped = [fate for fate in reaching if fate.dropped_by == stage]
    wanted = [
        fate
        for fate in reaching
        if set(fate.page.truth.reasons) & set(_REASONS[stage])
        and (fate.page.truth.original is None or fate.page.truth.original in urls)
    ]
    rightly = sum(bool(fate.page.truth.reasons) for fate in dropped)
    found = sum(fate.dropped_by == stage for fate in wanted)
    return Score(stage, "pages", rightly, len(dropped), found, len(wanted))


def _overlap(pairs: Iterator[tuple[Counter, Counter]]) -> tuple[int, int, int]:
    """Return how many elements both sides share, how many the first has, how many the second."""
    both = first = second = 0
    for a, b in pairs:
        both, first, second = both + (a & b).total(), first + a.total(), second + b.total()
    return both, first, second


def _score_words(results: Results) -> Score:
    """Compare the extracted words of each page that has a main content with those of the truth."""
    pairs = (
        (Counter(fate.extracted.split()), Counter((fate.page.truth.text or "").split()))
        for fate in results.reaching("extract")
    )
    both, kept, true = _overlap(pairs)
    return Score("extract", "words kept", both, kept, both, true)


def _score_items(results: Results) -> Score:
    """Compare the personal data found in the kept pages with those that were put there."""
    pairs = (
        (Counter(item for _, item in find_personal_data(fate.extracted)), Counter(fate.page.truth.personal_data))
        for fate in results.reaching("personal")
    )
    both, found, true = _overlap(pairs)
    return Score("personal", "items", both, found, both, true)
