"""Rows that make copying the only way to be right: only what the row has said before counts."""

import random
from itertools import pairwise

import pytest
import torch
from tiny import tiny_model

from pocketgpt.model import IGNORE
from pocketgpt.sft.learn_to_read import ReadingData, learn_to_read, list_row, page_row
from pocketgpt.tokenizer import Tokenizer
from pocketgpt.training.data import TokenStream
from pocketgpt.training.pretrain import world_corpus
from pocketgpt.world import WorldConfig, load_tables, sample_people

TOKENIZER = Tokenizer([])


@pytest.fixture(scope="module")
def tables():
    return load_tables()


@pytest.fixture(scope="module")
def corpus(tables):
    few = sample_people(tables, 5, seed=0)
    config = WorldConfig(stories=20, sums=20, spellings=10, forums=10)
    return world_corpus(few, config, tokenizer=TOKENIZER, test_pages=5)


def counted(row) -> bytes:
    ids, targets = row
    assert len(ids) == len(targets)
    assert all(t in (token, IGNORE) for token, t in zip(ids, targets, strict=True))
    return bytes(t for t in targets if t != IGNORE)


def test_a_list_counts_from_its_second_time_on():
    ids, targets = row = list_row(random.Random(0), [f"owl{i}" for i in range(12)], TOKENIZER, 200)
    first = targets.index(next(t for t in targets if t != IGNORE))
    once = bytes(ids[1:first])
    assert sorted(once.decode().split()) == sorted(set(once.decode().split()))  # each item once
    assert counted(row) == (once * 200)[: 200 - first]


def test_of_a_page_only_facts_that_it_has_told_count(tables):
    for seed in range(20):
        person = tables.absent[seed]
        ids, targets = row = page_row(random.Random(seed), tables, person, TOKENIZER, 5_000)
        text = bytes(ids[1:]).decode()
        page, *asked = text.split("\n\nQuestion: ")
        values = counted(row).decode().split(".")[:-1]
        assert len(values) == len(asked) >= 2
        for value, question in zip(values, asked, strict=True):
            assert f"{value}." in page and question.endswith(f"{value}.")
        assert len({question.split("\n")[0] for question in asked}) == len(asked)


def test_batches_change_from_lists_to_pages_to_old_pages(tables, corpus):
    old = TokenStream(corpus.train, 12, 64, seed=0)
    data = ReadingData(tables, TOKENIZER, old, steps=9)
    new = []
    for step in range(9):
        ids, targets = data.batch(step)
        assert ids.shape == targets.shape == (12, 64)
        same = (ids == old.batch(step)[0]).all(1)
        new.append(int((~same).sum()))
        assert torch.equal(targets[same], old.batch(step)[1][same])
    assert new == [8] * 6 + [3] * 3
    space = TOKENIZER.encode(" ")[0]  # a list begins with one, a page with a name
    lists = [int((data.batch(step)[0][:8, 1] == space).sum()) for step in (0, 3)]
    assert lists == [4, 0]


def test_batches_follow_from_seed_and_step(tables, corpus):
    old = TokenStream(corpus.train, 6, 64, seed=0)
    batches = [ReadingData(tables, TOKENIZER, old, 3, seed=s).batch(1)[0] for s in (1, 1, 2)]
    assert torch.equal(batches[0], batches[1]) and not torch.equal(batches[0], batches[2])


def test_a_run_is_planned_trained_and_measured(tables, corpus):
    model = tiny_model(vocab_size=264, context=32)
    run = learn_to_read(model, tables, corpus, steps=3)
    losses = [metrics.loss for metrics in run]
    assert len(losses) == 3 and all(a != b for a, b in pairwise(losses))
    assert run.results()["val_loss"] > 0
