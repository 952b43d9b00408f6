"""Pretraining from the command line: any text file, same numbers each time, a sentence for a bad file."""

import json
import math
import random
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from pocketgpt import checkpoints
from pocketgpt.__main__ import main
from pocketgpt.errors import PocketError
from pocketgpt.sft.learn_to_read import ReadingData
from pocketgpt.tokenizer import Tokenizer
from pocketgpt.training import pretrain
from pocketgpt.training.data import TokenStream
from pocketgpt.training.evaluate import bits_per_byte
from pocketgpt.world import WorldConfig, documents, load_tables

TEXT = "The cat sat on the mat. The dog sat on the cat. The mat was not happy. " * 120
QUICK = ["--steps", "6", "--depth", "1", "--precision", "fp32", "--vocab-size", "300"]


@pytest.fixture(autouse=True)
def own(tmp_path, monkeypatch):
    monkeypatch.setenv("POCKETGPT_OWN", str(tmp_path / "own"))
    return tmp_path / "own"


def last_line(capsys) -> dict:
    return json.loads(capsys.readouterr().out.strip().splitlines()[-1])


def test_any_text_file_can_be_learned_from(tmp_path, capsys):
    file = tmp_path / "mein text é.txt"
    file.write_text(TEXT, encoding="utf-8")
    assert main(["pretrain", "--text", str(file), "--out", str(tmp_path), "--json", *QUICK]) == 0
    result = last_line(capsys)
    assert set(result) == {
        "val_bits_per_byte", "val_loss", "tokens", "seconds", "tokens_per_second", "parameters",
    }  # fmt: skip
    model, tokenizer, card = checkpoints.load(tmp_path / "mein text é.safetensors")
    assert card["metrics"] == result and model.parameters_count == result["parameters"]
    assert 0 < result["val_bits_per_byte"] < 8
    assert main(["generate", "The cat", "--model", str(tmp_path / "mein text é.safetensors"), "--json"]) == 0
    assert last_line(capsys)["prompt"] == "The cat"


def test_same_seed_same_numbers(tmp_path, capsys):
    file = tmp_path / "text.txt"
    file.write_text(TEXT, encoding="utf-8")
    losses = []
    for seed in ("1", "1", "2"):
        main(["pretrain", "--text", str(file), "--json", "--seed", seed, *QUICK])
        losses.append(last_line(capsys)["val_loss"])
    assert losses[0] == losses[1] != losses[2]


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "bytes"),
        (b"Too short.", "bytes"),
        (b"\xff\xfe" * 4000, "UTF-8"),
        (b"PK\0\0" * 2000, "binary"),
        (b" \n" * 4000, "white space"),
    ],
)
def test_a_bad_file_gets_one_sentence(tmp_path, capsys, raw, words):
    file = tmp_path / "bad.txt"
    file.write_bytes(raw)
    assert main(["pretrain", "--text", str(file)]) == 2
    said = capsys.readouterr().err.strip()
    assert words in said and "\n" not in said and "Traceback" not in said


def test_a_missing_file_and_a_missing_model_get_one_sentence(capsys):
    assert main(["pretrain", "--text", "nowhere.txt"]) == 2
    assert "nowhere.txt" in capsys.readouterr().err
    assert main(["generate", "Hello", "--model", "nobody"]) == 2
    assert "nobody" in capsys.readouterr().err


def test_so_many_minutes_become_steps(monkeypatch):
    corpus = pretrain.text_corpus(TEXT, 300)
    run = pretrain.prepare(corpus, pretrain.Recipe(depth=1, minutes=0.02, precision="fp32"))
    assert 1 <= run.config.steps < 5_000
    with pytest.raises(PocketError, match="above 0"):
        pretrain.prepare(corpus, pretrain.Recipe(depth=1, minutes=0))


def test_world_corpus_tests_on_other_pages_and_its_hash_follows_the_seed():
    tables = load_tables()
    small = WorldConfig(stories=5, sums=5, spellings=5, forums=5)
    fewer = {name: getattr(tables, name)[:5] for name in ("people", "countries", "animals")}
    few = type(tables)(**{**tables.__dict__, **fewer})
    one = pretrain.world_corpus(few, small, seed=0, vocab_size=400, test_pages=20)
    again = pretrain.world_corpus(few, small, seed=0, vocab_size=400, test_pages=20)
    other = pretrain.world_corpus(few, small, seed=1, vocab_size=400, test_pages=20)
    assert one.hash == again.hash != other.hash
    assert one.test_bytes == len(one.tokenizer.decode_bytes([i for i in one.test if i < 392]))


def test_bits_per_byte_of_a_uniform_guess_over_bytes_is_eight():
    import math

    assert bits_per_byte(math.log(256), 100, 100) == pytest.approx(8)


def test_a_stopped_run_goes_on_and_is_not_overwritten(tmp_path, capsys, monkeypatch):
    file = tmp_path / "text.txt"
    file.write_text(TEXT, encoding="utf-8")
    command = ["pretrain", "--text", str(file), "--json", *QUICK]
    main([*command, "--out", str(tmp_path / "through")])
    through = last_line(capsys)
    whole = through["val_loss"]

    def stop_at_five(run, report):
        for metrics in run:
            if metrics.step == 5:
                raise KeyboardInterrupt

    out = ["--out", str(tmp_path / "stopped")]
    with monkeypatch.context() as patch:
        patch.setattr(pretrain, "watch", stop_at_five)
        assert main([*command, *out]) == 2
    assert "--resume" in capsys.readouterr().err
    assert main([*command, *out]) == 2  # a fresh start would lose the stopped run
    assert "--resume" in capsys.readouterr().err
    assert main([*command, *out, "--resume"]) == 0
    resumed = last_line(capsys)
    assert (resumed["val_loss"], resumed["tokens"]) == (whole, through["tokens"])
    assert not list((tmp_path / "stopped").glob("*.stopped"))


def test_a_finished_model_can_be_trained_further_on_another_file(tmp_path, capsys):
    first, second = tmp_path / "first.txt", tmp_path / "second.txt"
    first.write_text(TEXT, encoding="utf-8")
    second.write_text(TEXT, encoding="utf-8")
    main(["pretrain", "--text", str(first), "--json", *QUICK])
    start = last_line(capsys)
    assert main(["pretrain", "--text", str(second), "--start", "first", "--json", *QUICK]) == 0
    assert last_line(capsys)["val_loss"] < start["val_loss"]
    _, tokenizer, card = checkpoints.load("second")
    assert card["history"][0]["metrics"] == start
    assert tokenizer == checkpoints.load("first")[1]


def test_an_unknown_device_gets_one_sentence(tmp_path, capsys):
    file = tmp_path / "text.txt"
    file.write_text(TEXT, encoding="utf-8")
    assert main(["pretrain", "--text", str(file), "--device", "abacus", *QUICK]) == 2
    assert "abacus" in capsys.readouterr().err


STOPPED = "learned from other data, or with another loss"


def test_a_stopped_run_remembers_its_text_and_its_seed(tmp_path, capsys, monkeypatch):
    file = tmp_path / "text.txt"
    file.write_text(TEXT, encoding="utf-8")
    command = ["pretrain", "--text", str(file), *QUICK]

    def stop(run, report):
        for metrics in run:
            if metrics.step == 2:
                raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(pretrain, "watch", stop)
        assert main(command) == 2
    capsys.readouterr()
    assert main([*command, "--resume", "--seed", "1"]) == 2
    assert STOPPED in capsys.readouterr().err
    file.write_text(TEXT.replace("not happy", "too happy", 1), encoding="utf-8")
    assert main([*command, "--resume"]) == 2
    assert STOPPED in capsys.readouterr().err
    file.write_text(TEXT, encoding="utf-8")
    assert main([*command, "--resume"]) == 0


def test_a_stopped_reader_remembers_its_tables():
    tables = load_tables()
    tokens = np.arange(9_000).astype(np.uint16) % 264
    data = [
        ReadingData(each, Tokenizer([]), TokenStream(tokens, 3, 64, seed), 1, seed)
        for each, seed in ((tables, 0), (tables, 0), (replace(tables, animals=()), 0), (tables, 1))
    ]
    first, same, animals, seed = (each.fingerprint() for each in data)
    assert first == same and len({first, animals, seed}) == 3


def test_a_recipe_is_checked_when_it_is_made():
    for name, value in [("steps", 0), ("epochs", math.nan), ("minutes", math.inf), ("seed", -1), ("depth", 1.5)]:
        with pytest.raises(PocketError, match=rf"Recipe\.{name} must be "):
            pretrain.Recipe(**{name: value})


def test_separators_end_documents():
    words = "Owls fly at night. Mice hide from them by day and by night. " * 20
    text = "<|endoftext|>".join([words] * 10)
    apart = pretrain.text_corpus(text, 300, separator="<|endoftext|>")
    letters = pretrain.text_corpus(text, 300)
    eot = apart.tokenizer.eot_id
    assert (apart.train == eot).sum() + (apart.test == eot).sum() == 11  # one document is cut in two
    assert (letters.train == eot).sum() + (letters.test == eot).sum() == 2
    with pytest.raises(PocketError, match="no separator '---'"):
        pretrain.text_corpus(text, 300, separator="---")
    with pytest.raises(PocketError, match="no separator ''"):
        pretrain.text_corpus(text, 300, separator="")


def test_what_is_odd_about_a_text_is_told(tmp_path, capsys):
    assert pretrain.notices("\n".join(page.text for page in islice(documents(load_tables()), 50))) == []
    file = tmp_path / "text.txt"
    file.write_text(TEXT.replace("happy. ", "happy.<|endoftext|>"), encoding="utf-8")
    assert main(["pretrain", "--text", str(file), *QUICK]) == 0
    said = capsys.readouterr().out
    assert "<|endoftext|> 120 times" in said and "--separator" in said and "repeats itself" in said
    assert main(["pretrain", "--text", str(file), "--separator", "<|endoftext|>", *QUICK]) == 0
    assert "<|endoftext|>" not in capsys.readouterr().out
    assert main(["pretrain", "--separator", "x"]) == 2
    assert "--text" in capsys.readouterr().err


def test_a_text_of_one_letter_is_said_to_repeat_itself(tmp_path, capsys):
    file = tmp_path / "text.txt"
    file.write_text("a" * 300_000, encoding="utf-8")
    assert main(["pretrain", "--text", str(file), *QUICK]) == 2
    told = capsys.readouterr()
    assert "repeats itself so much" in told.err and "too short" not in told.err
    assert "300,000 characters without a space" in told.out and "Learning a vocabulary" in told.out


def test_a_long_word_can_be_learned_from():
    letters = "".join(random.Random(0).choices("acgt", k=100_000))
    corpus = pretrain.text_corpus(letters, 400)
    assert corpus.tokenizer.vocab_size == 400
    assert corpus.tokenizer.decode(corpus.train[:-1].tolist()) == letters[:95_000]
