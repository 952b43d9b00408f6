"""The study behind notebook 00: the ways to read a crawl, equal tokens, and the shipped evidence."""

import re

import nbformat
import numpy as np
import pytest
from notebook_runner import REPOSITORY

from pocketgpt.errors import PocketError
from pocketgpt.internet import run_pipeline
from pocketgpt.tokenizer import Tokenizer
from pocketgpt.world import load_tables
from pocketgpt_lessons.evidence import evidence_of, spread
from pocketgpt_lessons.internet import experiments, study


@pytest.fixture(scope="module")
def tables():
    return load_tables()


@pytest.fixture(scope="module")
def results(tables):
    return run_pipeline(experiments.live_crawl(tables, pages=study.FINGERPRINT_PAGES))


@pytest.fixture(scope="module")
def tokenizer(results):
    return experiments.live_tokenizer(results, vocab_size=512)


def test_each_way_to_read_leaves_less_than_the_one_before(results):
    texts = {way: list(experiments.read(results, way)) for way in experiments.WAYS}
    assert texts[experiments.HTML] == [fate.page.html for fate in results.fates]
    assert texts[experiments.CLEANED] == results.texts()
    sizes = [sum(map(len, texts[way])) for way in experiments.WAYS]
    assert sizes == sorted(sizes, reverse=True)
    tags = {way: sum(len(re.findall(r"</(div|p|script)>", text)) for text in texts[way]) for way in texts}
    assert tags[experiments.HTML] > 1000 and tags[experiments.STRIPPED] == tags[experiments.EXTRACTED] == 0
    scripts = {way: sum("visits.length" in text for text in texts[way]) for way in texts}
    assert scripts[experiments.STRIPPED] == len(results.fates) and scripts[experiments.EXTRACTED] == 0


def test_runs_read_equally_many_tokens_and_are_tested_on_the_same_text(tables, results, tokenizer):
    raw, clean = (
        experiments.corpus(results, way, tokenizer, tables) for way in (experiments.STRIPPED, experiments.CLEANED)
    )
    cut = experiments.first_tokens(raw, len(clean.train))
    assert len(cut.train) == len(clean.train) < len(raw.train)
    assert np.array_equal(cut.train, raw.train[: len(cut.train)])
    assert np.array_equal(cut.test, clean.test) and cut.test_bytes == clean.test_bytes
    plans = [experiments.live_run(data, seed=0).config for data in (cut, clean)]
    assert plans[0] == plans[1] and plans[0].steps > 1


def test_the_tokenizer_favours_neither_text(results, tokenizer):
    """One of its own would save a text a few tokens; the common one must cost both about equally much."""
    cost = []
    for way in (experiments.STRIPPED, experiments.CLEANED):
        texts = list(experiments.read(results, way))
        own = Tokenizer.train(texts, tokenizer.vocab_size)
        cost.append(sum(map(len, tokenizer.encode_many(texts))) / sum(map(len, own.encode_many(texts))))
    assert min(cost) > 1 and max(cost) < 1.3 and abs(cost[0] - cost[1]) < 0.15, cost


def test_people_are_counted_by_the_pages_that_are_about_them(tables, results):
    met = {person.name: person.mentions for person in experiments.met_people(tables, results).people}
    truths = [fate.page.truth for fate in results.fates if fate.page.truth.original is None]
    assert met == {name: sum(name in (truth.text or "") for truth in truths) for name in met}
    assert sum(met.values()) > 100 and min(met.values()) == 0


def test_facts_are_those_of_people_whom_the_crawl_has():
    groups = [
        {"mentions_low": 0, "right": 4, "n": 300},
        {"mentions_low": 1, "right": 1, "n": 10},
        {"mentions_low": 30, "right": 9, "n": 20},
    ]
    assert experiments.facts_known(groups) == (10, 30)


def test_the_notebook_asks_for_an_opinion_in_the_words_of_the_outcome():
    cells = nbformat.read(REPOSITORY / "notebooks" / "00_internet.ipynb", as_version=4).cells
    [asked] = [cell.source for cell in cells if '"00.facts",' in cell.source and "predict(" in cell.source]
    assert all(f'"{opinion}"' in asked for opinion in experiments.OPINIONS)
    assert {experiments.opinion(n, 40) for n in range(200)} == set(experiments.OPINIONS)


def test_results_of_several_seeds_are_put_together():
    group = {"mentions_low": 1, "mentions_high": 3, "right": 1, "n": 10, "low": 0, "high": 1}
    runs = [{"way": "a", "losses": [4.0, 2.0 * k] * 50, "recall": [group]} for k in (0, 1, 2)]
    found = {"runs": [*runs, {"way": "b", "losses": [9.0], "recall": []}]}
    band = study.loss_band(found, "a")  # 100 steps: means of two neighbours, 2 + k
    assert [point["y"] for point in band] == pytest.approx([3.0] * 99)
    assert all(point["low"] < 2.0 and point["high"] > 4.0 for point in band)  # wider than the three runs' range
    assert [point["x"] for point in band[:2]] == pytest.approx([1.5 * 2048, 2.5 * 2048])
    [pooled] = study.pooled_recall(found, "a")
    assert (pooled["right"], pooled["n"]) == (3, 30) and 0 < pooled["low"] < 0.1 < pooled["high"] < 0.3
    assert spread([2.0, 4.0, 9.0]) == {"y": 5.0, "low": 2.0, "high": 9.0}


def test_the_shipped_evidence_belongs_to_todays_pages(results):
    """When tables, crawl or cleaning change, the study must be run again: its numbers no longer hold."""
    assert evidence_of("00")["data_hash"] == study.fingerprint(results)


def test_the_shipped_evidence_shows_what_the_notebook_claims():
    found = evidence_of("00")
    ways = [*experiments.WAYS, experiments.WHOLE]
    bits = {way: [run["val_bits_per_byte"] for run in study.runs_of(found, way)] for way in ways}
    assert all(len(values) >= 3 for values in bits.values())
    for worse, better in zip(experiments.WAYS, experiments.WAYS[1:], strict=False):
        assert min(bits[worse]) > max(bits[better]), (worse, better)
    facts = {way: [experiments.facts_known(run["recall"])[0] for run in study.runs_of(found, way)] for way in ways}
    assert [min(facts[experiments.CLEANED]), max(facts[experiments.CLEANED])] == [85, 90]
    assert [min(facts[experiments.STRIPPED]), max(facts[experiments.STRIPPED])] == [6, 7]
    assert [min(facts[experiments.WHOLE]), max(facts[experiments.WHOLE])] == [43, 76]
    assert min(bits[experiments.WHOLE]) > 1.05 and max(bits[experiments.WHOLE]) < 1.085
    assert min(bits[experiments.CLEANED]) > 0.63 and max(bits[experiments.CLEANED]) < 0.645
    equal = {run["tokens"] for way in experiments.WAYS for run in study.runs_of(found, way)}
    assert len(equal) == 1


@pytest.mark.parametrize(("way", "low", "high"), [(experiments.STRIPPED, 0, 0.15), (experiments.CLEANED, 0.5, 1)])
def test_people_on_30_pages_or_more_are_known_by_the_reader_of_cleaned_text_alone(way, low, high):
    groups = [g for run in study.runs_of(evidence_of("00"), way) for g in run["recall"] if g["mentions_low"] >= 30]
    assert len(groups) == 6 and all(low <= group["right"] / group["n"] <= high for group in groups)


def test_a_run_is_tested_on_raw_pages_that_it_has_not_read(tables, results, tokenizer):
    run = experiments.live_run(experiments.corpus(results, experiments.CLEANED, tokenizer, tables), seed=0)
    untrained = experiments.bits_on_raw_pages(run, tables, pages=3)
    assert 3 < untrained < 12 and run.results()["val_bits_per_byte"] != untrained  # the run's own test stays


def test_missing_evidence_gets_a_sentence():
    with pytest.raises(PocketError, match="python -m pocketgpt_lessons 77"):
        evidence_of("77")
