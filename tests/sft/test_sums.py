"""Sums in conversations, against the calculator."""

import random
import re
from collections import Counter

from pocketgpt.sft.sums import Sums


def test_with_tools_sums_are_worked_out_by_the_calculator(talks):
    for talk in talks[1::2]:
        for before, message in zip(talk, talk[1:], strict=False):
            if message.role == "assistant" and re.fullmatch(r"\d+ [-+*/] \d+ = \S+\.", message.content):
                said_again = message in talk[: talk.index(before)]
                assert before.role == "result" or said_again


def test_each_number_of_a_sum_may_stand_in_figures_or_in_words(kit, monkeypatch):
    monkeypatch.setattr("pocketgpt.sft.sums.IN_WORDS", 1.0)
    sums, figures = Sums(kit), Counter()
    for seed in range(300):
        asked, told = sums.make(random.Random(seed), ())[:2]
        numbers = re.findall(r"\d+", told.content.split("=")[0])
        figures[sum(number in re.findall(r"\d+", asked.content) for number in numbers)] += 1
    assert figures[0] > 50 and figures[1] > 50
