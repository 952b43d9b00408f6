"""What everyday conversations are made of."""

from dataclasses import replace

import pytest

from pocketgpt.errors import PocketError
from pocketgpt.paths import DATA
from pocketgpt.sft.handwritten import read_parts
from pocketgpt.sft.kit import make_kit, plural


@pytest.mark.parametrize(
    ("one", "several"), [("wolf", "wolves"), ("sheep", "sheep"), ("shark", "sharks"), ("fox", "foxes")]
)
def test_animals_have_a_plural(one, several):
    assert plural(one) == several


def test_a_kit_needs_things_to_ask_about(tables):

    with pytest.raises(PocketError, match="countries and animals"):
        make_kit(replace(tables, animals=()), ())


def test_every_wording_can_be_filled():
    names = "name names value values a_value he his him a b c as bs sum n share things word noun letter a_letter topic"
    slots = [*names.split(), "topics", "other", "first", "second"]
    tales = ("tale", "the one tale", "whole tale")  # filled by the script of the stories
    for part, texts in read_parts(DATA / "requests.jsonl").items():
        for text in texts if part not in tales else ():
            assert "{" not in text.format(**dict.fromkeys(slots, "x")), (part, text)
