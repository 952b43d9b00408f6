"""The fuzzer: it finds faults that are there, lets sentences pass, and runs on all that it knows, if only a little."""

import random

import fuzz
import pytest
from hypothesis import strategies as st

from pocketgpt.errors import PocketError


def refuse(text: str) -> None:
    if "1" in text:
        raise PocketError("Write no 1.")


@pytest.mark.parametrize(
    ("use", "fault"), [(len, ""), (refuse, ""), (int, "ValueError"), (lambda text: 1 / (len(text) - 1), "ZeroDivision")]
)
def test_a_fault_is_whatever_is_no_sentence(use, fault):
    found = fuzz.try_out(("x", st.text("1a"), use), 50)
    assert found.startswith(fault) and bool(found) == bool(fault)


@pytest.mark.parametrize(("power", "slow"), [(1, False), (2, True)])
def test_what_takes_more_than_in_proportion_is_found(monkeypatch, power, slow):
    clock = [0.0]

    def use(text: str) -> None:
        clock[0] += (len(text) / 10_000) ** power

    monkeypatch.setattr(fuzz.time, "process_time", lambda: clock[0])
    assert bool(fuzz.too_slow(use, 3, random.Random(0))) == slow


def test_everything_is_tried(capsys):
    faults = fuzz.fuzz(100, ["files", "tokenizer", "template", "tools", "crawl", "tasks", "commands"])
    said = capsys.readouterr().out
    assert faults == 0 and said.count("fine") > 20, said
