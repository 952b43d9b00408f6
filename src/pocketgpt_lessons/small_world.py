"""The pocket world in small: a corpus that a notebook reads in a minute or two."""

from dataclasses import replace

from pocketgpt.training.pretrain import Corpus, Pretraining, Recipe, prepare, world_corpus
from pocketgpt.world import Tables, WorldConfig, sample_people

LIVE_PEOPLE = 100
LIVE_WORLD = WorldConfig(stories=400, sums=500, spellings=150, forums=300)
LIVE = Recipe(depth=3, batch_size=8, precision="fp32")


def small_tables(tables: Tables) -> Tables:
    """The part of the world that a model can read in a minute: 100 people with the same long tail, 30
    countries, 20 animals.
    """
    some = sample_people(tables, LIVE_PEOPLE, seed=0)
    return replace(some, countries=tables.countries[:30], animals=tables.animals[:20])


def live_corpus(tables: Tables) -> Corpus:
    """The small world's pages as tokens, the same for every run."""
    return world_corpus(small_tables(tables), LIVE_WORLD, seed=0, vocab_size=1024, test_pages=200)


def live_run(corpus: Corpus, seed: int, depth: int = LIVE.depth) -> Pretraining:
    """The run that notebook 02 shows: iterate over it to train."""
    return prepare(corpus, replace(LIVE, seed=seed, depth=depth))
