"""The recorded tokens of real encodings are true, give the texts back, and stand in where packages are missing."""

import pytest

from pocketgpt.errors import PocketError
from pocketgpt.real_models.gpt_encodings import available, real_encoding, token_pieces
from pocketgpt.tokenizer import Tokenizer
from pocketgpt_lessons.evidence import evidence_of
from pocketgpt_lessons.tokenization import recorded_tokens
from pocketgpt_lessons.tokenization.compare_encodings import LANGUAGES, REAL
from pocketgpt_lessons.tokenization.recorded_tokens import TEXTS, real_or_recorded, recorded


def test_every_recorded_text_comes_back_from_its_tokens():
    records = recorded()
    assert records.keys() == REAL.keys()
    for encoding in records.values():
        assert encoding.known.keys() == set(TEXTS)
        for text in TEXTS:
            pieces = token_pieces(encoding, text)
            assert b"".join(piece for _, piece in pieces).decode() == text
            assert pieces == list(encoding.known[text])


def test_the_records_agree_with_what_the_study_counted_and_with_known_ids():
    records, counted = recorded(), evidence_of("01")["encodings"]
    for name, encoding in records.items():
        for language in ("Finnish", "Russian", "Hindi", "Chinese"):
            assert len(encoding.encode(LANGUAGES[language])) == counted[name]["languages"][language]
        assert all(token_id < counted[name]["vocab_size"] for text in TEXTS for token_id in encoding.encode(text))
    assert records["GPT-2"].encode(" SolidGoldMagikarp") == [43453]  # the token that became famous
    assert records["GPT-2"].encode("world world World WORLD")[1] == 995


@pytest.mark.parametrize(("name", "code"), REAL.items())
def test_the_records_are_those_of_tiktoken(name, code):
    state = available(download=False)[code]
    if state is not True:
        pytest.skip(state)
    encoding = real_encoding(code)
    assert all(token_pieces(encoding, text) == token_pieces(recorded()[name], text) for text in TEXTS)


def test_without_the_packages_the_records_stand_in_and_one_line_says_so(monkeypatch):
    advice = "It isn't here: run `%pip install that` in a cell."
    states = {"gpt2": advice, "cl100k_base": True, "o200k_base": advice}
    real = Tokenizer([])
    monkeypatch.setattr(recorded_tokens, "available", lambda download: states)
    monkeypatch.setattr(recorded_tokens, "real_encoding", lambda code: real)
    encodings, told = real_or_recorded()
    assert list(encodings) == list(REAL) and encodings["GPT-4"] is real
    assert encodings["GPT-2"].encode("to be, or not to be")[0] == 1462
    first, *lines = told.splitlines()
    assert first.startswith(f"Recorded, for the {len(TEXTS)} examples only: GPT-2, GPT-4o. For texts of your own, run ")
    assert lines == ["%pip install that"]
    monkeypatch.setattr(recorded_tokens, "available", lambda download: dict.fromkeys(states, True))
    assert real_or_recorded()[1] == ""


def test_a_missing_or_damaged_file_gets_a_sentence(monkeypatch, tmp_path):
    monkeypatch.setattr(recorded_tokens, "FILE", tmp_path / "recorded.json")
    for content in (None, "{", '{"GPT-2": {}}'):
        if content:
            recorded_tokens.FILE.write_text(content, encoding="utf-8")
        with pytest.raises(PocketError, match="missing or damaged"):
            recorded()
