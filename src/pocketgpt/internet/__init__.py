"""A small internet: a crawl of it, the stages that clean the crawl, and how well each of them did."""

from pocketgpt.internet.crawl import crawl
from pocketgpt.internet.extraction import explain, extract_text, raw_text
from pocketgpt.internet.filters import (
    QualityConfig,
    detect_language,
    find_personal_data,
    mask_personal_data,
    quality,
    url_allowed,
)
from pocketgpt.internet.near_duplicates import Bands, jaccard, minhash_signature, shingles, similarity
from pocketgpt.internet.pipeline import STAGES, CleanConfig, Fate, Results, Score, run_pipeline, score, text_hash

__all__ = [
    "STAGES", "Bands", "CleanConfig", "Fate", "QualityConfig", "Results", "Score", "crawl", "detect_language",
    "explain", "extract_text", "find_personal_data", "jaccard", "mask_personal_data", "minhash_signature",
    "quality", "raw_text", "run_pipeline", "score", "shingles", "similarity", "text_hash", "url_allowed",
]  # fmt: skip
