"""Noise in what users type: it changes a message, and leaves what a reply has to name."""

import random
import re

from hypothesis import given
from hypothesis import strategies as st

from pocketgpt.sft.as_typed import as_typed, slip

MESSAGE = "What is the capital of Peru?"


def variants(text: str, n: int = 2000, keep: tuple[str, ...] = ()) -> list[str]:
    return [as_typed(text, random.Random(seed), keep) for seed in range(n)]


def test_messages_come_in_every_way_that_people_type_them():
    found = variants(MESSAGE)
    assert 0.3 < sum(text == text.lower() for text in found) / len(found) < 0.7
    assert 0.3 < sum(not re.search(r"[?!.]", text) for text in found) / len(found) < 0.7
    assert sum("??" in text for text in found) > 20
    assert sum(text.startswith(("whats", "Whats", "What's", "what's")) for text in found) > 100
    assert sum("apit" not in text.lower() for text in found) > 20  # slips of a key
    assert len(set(found)) > 500


def test_a_question_may_stand_within_a_sentence():
    found = {text.lower().rstrip("?.! ") for text in variants(MESSAGE, 8_000)}
    assert "can you tell me what the capital of peru is" in found and "tell me what is the capital of peru" in found
    owls = {text.lower().rstrip("?.! ") for text in variants("What does the owl eat?", 8_000)}
    assert "do you know what the owl eats" in owls


def test_what_is_told_is_not_framed_as_a_question():
    asking = re.compile(r"question|homework|quiz|my son asks|excuse me|do you know|please tell", re.IGNORECASE)
    assert not [text for text in variants("I am so sad today.") if asking.search(text)]
    assert [text for text in variants(MESSAGE) if asking.search(text)]


def test_the_words_to_keep_change_only_in_case():
    assert all("peru" in text.lower() for text in variants(MESSAGE, keep=("Peru",)))
    title = "The Lord of the Rings"
    assert all(title.lower() in text.lower() for text in variants(f"Who wrote {title} for you?", keep=(title,)))
    assert any("peru" not in text.lower() for text in variants(MESSAGE))


@given(st.text(max_size=60), st.integers(0, 10**6))
def test_any_message_can_be_typed(text, seed):
    assert isinstance(as_typed(text, random.Random(seed)), str)


@given(st.from_regex(r"[a-z]{4,12}", fullmatch=True), st.integers(0, 10**6))
def test_a_slip_changes_little(word, seed):
    found = slip(word, random.Random(seed))
    assert abs(len(found) - len(word)) <= 1 and word[0] in found[:2]
