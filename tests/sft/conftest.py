"""What the tests of everyday conversations share."""

import random

import pytest

from pocketgpt.sft.conversations import split_people
from pocketgpt.sft.everyday import Everyday
from pocketgpt.sft.handwritten import hand_written
from pocketgpt.sft.kit import make_kit
from pocketgpt.world import FACTS, load_tables

TOOLS = ("search", "calculate")


@pytest.fixture(scope="session")
def tables():
    return load_tables()


@pytest.fixture(scope="session")
def kit(tables):
    people = split_people(tables)[0]
    things = (*tables.countries, *tables.animals)
    known = {(row.name, fact) for row in (*people[::2], *things) for fact in FACTS[row.topic]}
    return make_kit(tables, people, known)


@pytest.fixture(scope="session")
def talks(kit):
    everyday = Everyday(kit, hand_written())
    return [everyday.make(random.Random(f"test {i}"), TOOLS if i % 2 else ()) for i in range(3000)]
