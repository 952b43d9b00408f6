"""Letters in conversations, against those of the words."""

import random
import re

from pocketgpt.sft.spellings import Spellings


def test_letters_are_counted_after_the_word_is_written_out(kit):
    spellings, kinds = Spellings(kit), set()
    for seed in range(1500):
        talk = spellings.make(random.Random(seed))
        for place, message in enumerate(talk):
            if message.role == "user":
                continue
            if place + 1 < len(talk) and re.fullmatch(r"(It is spelled |It's )?\w(-\w)+\.?", message.content):
                kinds.add("in other words")
                continue
            letters = re.search(r"\b\w(?:-\w)+\b", message.content)[0].split("-")
            word, rest = "".join(letters), message.content
            if found := re.search(r"so it has (\d+) letters", rest):
                assert int(found[1]) == len(word)
            elif found := re.search(r"the letter (\w) comes (?:([\w-]+), so )?(?:once|(\d+) times)\.", rest):
                assert (found[2] or "").count(found[1]) == word.count(found[1])
                assert int(found[3] or 1) == word.count(found[1])
            elif found := re.search(r"the vowels are ([\w-]+): (\d+)\.", rest):
                assert found[1].replace("-", "") == re.sub("[^aeiou]", "", word)
                assert int(found[2]) == len(re.findall("[aeiou]", word))
            elif found := re.search(r"is ([\w-]+) backwards", rest):
                assert found[1].replace("-", "") == word[::-1]
            elif found := re.search(r"(begins|ends) with (\w)\.", rest):
                assert found[2] == word[0 if found[1] == "begins" else -1]
            else:
                assert re.fullmatch(rf"The word {word} is spelled {'-'.join(word)}(, so (yes|no))?\.", rest)
            kinds.add(re.sub(r"\W.*", "", found[0]) if found else rest[-4:])
    assert len(kinds) > 7 and "in other words" in kinds
