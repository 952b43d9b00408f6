"""Stories in conversations: they are about what was asked for."""

import random
import re
from collections import Counter
from dataclasses import replace

from pocketgpt.sft import kit as kits
from pocketgpt.sft.handwritten import Filler
from pocketgpt.sft.tales import Tales

AROUND = r"^Now: |^We love | \(a tale\)$| \(who sings\)$|\(Zed\)'s "  # what stands around a story's thing, in a test


def test_stories_name_their_thing(kit):
    loved = {"story loved": ["We love {topics}"]}  # who loves buses hears of a bus: see the next test
    tales = Tales(replace(kit, requests={**kit.requests, **loved}), Filler(kit.tables, kit.known_rows()))
    named = 0
    for seed in range(2000):
        talk = tales.make(random.Random(seed))
        assert '" Said' not in talk[1].content
        found = re.search(r"stor.* about (?:an? )?(\w+)$", re.sub(r"\W+$", "", talk[0].content).lower())
        if found and found[1] not in ("it", "that", "them"):
            named += 1
            assert found[1] in talk[1].content.lower(), talk
    assert named > 60


def test_a_story_is_about_the_thing_and_not_about_what_is_said_around_it(kit, monkeypatch):
    monkeypatch.setattr(kits, "CLEAN", 1.0)
    monkeypatch.setattr(kits, "IN_PASSING", 0)
    asked = {
        "story": ["{topic}"], "again story about": ["Now: {topic}"], "story loved": ["We love {topics}"],
        "story clause": ["(who sings)"], "story owner": ["(Zed)"], "story named": ["{noun} (a tale)"],
    }  # fmt: skip
    tales = Tales(replace(kit, requests={**kit.requests, **asked}), Filler(kit.tables, kit.known_rows()))
    kinds = Counter()
    for seed in range(1500):
        talk = tales.make(random.Random(seed))
        for message, told in zip(talk[::2], talk[1::2], strict=True):
            around = re.findall(AROUND, message.content)
            thing = re.sub(AROUND, "", message.content).split()[-1]
            for what in around:
                one = re.sub("e?s$", "", thing) if "love" in what else thing
                assert one in told.content and not re.search("sings|Zed", told.content), talk
                kinds[what] += 1
    assert len(kinds) == 5 and min(kinds.values()) > 30
