"""Tokens on disk: the same as in memory, read once, resumed where they stopped, refused when they don't fit."""

import json
import subprocess
import sys

import numpy as np
import pytest

from pocketgpt import checkpoints
from pocketgpt.__main__ import main
from pocketgpt.errors import PocketError
from pocketgpt.tokenizer import Tokenizer
from pocketgpt.training import shards
from pocketgpt.training.data import TokenStream, pack
from pocketgpt.training.shards import Shards, read_manifest, shard_name, sharded_corpus

TEXT = "The cat sat on the mat. The dog sat on the cat. The mat was not happy. " * 60


@pytest.fixture(autouse=True)
def own(tmp_path, monkeypatch):
    monkeypatch.setenv("POCKETGPT_OWN", str(tmp_path / "own"))
    monkeypatch.setattr(shards, "SHARD", 3_000)
    monkeypatch.setattr(shards, "BATCH", 1_000)
    return tmp_path / "own"


@pytest.fixture
def paths(tmp_path):
    """Rows, a plain text and an empty file."""
    rows = [f"Page {i}. {TEXT[: 40 * i]}" for i in range(60)]
    lines = "".join(json.dumps({"text": row}) + "\n" for row in rows)
    (tmp_path / "a.jsonl").write_text(lines, encoding="utf-8")
    (tmp_path / "b.txt").write_text(TEXT, encoding="utf-8")
    (tmp_path / "c.txt").write_text("", encoding="utf-8")
    return [tmp_path / "a.jsonl", tmp_path / "b.txt", tmp_path / "c.txt"], [*rows, TEXT, ""]


def corpus(paths, tokenizer=None, said=None, field="text"):
    return sharded_corpus(paths, field, 300, tokenizer, (said if said is not None else []).append)


def folders(own):
    return sorted((own / "tokens").iterdir())


def test_the_tokens_are_those_of_the_texts_in_memory(paths, own):
    files, texts = paths
    found = corpus(files)
    packed = pack(texts, found.tokenizer)
    assert np.array_equal(np.concatenate([found.train.read(), found.test]), packed)
    assert found.train.dtype == packed.dtype and found.tokenizer.vocab_size <= 300
    assert len(found.test) == len(packed) // 20
    assert found.test_bytes == len(found.tokenizer.decode_bytes(i for i in found.test if i != found.tokenizer.eot_id))
    [folder] = folders(own)
    manifest = read_manifest(folder)
    assert len(manifest.shards) > 3 and manifest.complete
    assert [source.name for source in manifest.sources] == ["a.jsonl", "b.txt", "c.txt"]


def test_training_sees_the_same_batches_as_from_memory(paths):
    files, texts = paths
    tokenizer = Tokenizer([])
    found = corpus(files, tokenizer)
    packed = pack(texts, tokenizer)[: len(found.train)]
    on_disk, in_memory = (TokenStream(tokens, 8, 32, seed=1) for tokens in (found.train, packed))
    assert on_disk.steps_per_epoch == in_memory.steps_per_epoch
    for step in (0, 5, on_disk.steps_per_epoch):
        assert all((a == b).all() for a, b in zip(on_disk.batch(step), in_memory.batch(step), strict=True))


def test_a_stopped_run_knows_its_shards_again(paths, own):
    files, _ = paths
    one, again = (TokenStream(corpus(files).train, 2, 16) for _ in range(2))
    assert one.fingerprint() == again.fingerprint()
    assert TokenStream(corpus(files[:1]).train, 2, 16).fingerprint() != one.fingerprint()


def test_slices_and_places(tmp_path):
    row = np.arange(100, dtype="<u4")
    for number, part in enumerate(np.split(row, [30, 31, 70])):
        part.tofile(tmp_path / shard_name(number))
    found = Shards(tmp_path, [30, 1, 39, 30], "<u4")
    assert len(found) == 100 and np.array_equal(found.read(), row)
    assert np.array_equal(found[25:75].read(), row[25:75]) and np.array_equal(found[25:75][5:].read(), row[30:75])
    assert len(found[60:40]) == 0
    places = np.array([[0, 29, 30], [31, 99, 0]])
    assert np.array_equal(found[places], row[places]) and np.array_equal(found[10:][places[:1]], row[10:][places[:1]])


def test_a_second_run_reads_no_text(paths, own, monkeypatch):
    files, _ = paths
    first = corpus(files)
    monkeypatch.setattr(shards, "pieces", None)
    again = corpus(files)
    assert np.array_equal(first.train.read(), again.train.read()) and first.hash == again.hash
    assert again.tokenizer == first.tokenizer and len(folders(own)) == 1


@pytest.mark.parametrize("stop_at", [1, 2, 4])
def test_a_stopped_reading_goes_on_behind_the_last_shard(paths, own, monkeypatch, stop_at):
    files, _ = paths
    tokenizer = Tokenizer([])
    with monkeypatch.context() as patch:
        patch.setenv("POCKETGPT_OWN", str(own) + "-whole")
        whole = corpus(files, tokenizer).train.read()
    writes, encoded = [], []
    write_shard, ids_of = shards.write_shard, shards.ids_of

    def stopped(*args):
        writes.append(args)
        if len(writes) > stop_at:
            raise KeyboardInterrupt
        return write_shard(*args)

    with monkeypatch.context() as patch:
        patch.setattr(shards, "write_shard", stopped)
        with pytest.raises(KeyboardInterrupt):
            corpus(files, tokenizer)
    [folder] = folders(own)
    assert len(read_manifest(folder).shards) == stop_at and not list(folder.glob("*.part"))
    with monkeypatch.context() as patch:
        patch.setattr(shards, "ids_of", lambda *args: encoded.append(1) or ids_of(*args))
        resumed = corpus(files, tokenizer)
    assert np.array_equal(resumed.train.read(), whole)
    assert len(encoded) < sum(len(path.read_bytes()) for path in files) / 1_000  # what was done isn't done again


def test_an_interrupt_while_reading_gets_a_sentence(paths, monkeypatch, capsys):
    def interrupted(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(shards, "write_shard", interrupted)
    assert main(["pretrain", "--text", *map(str, paths[0]), "--vocab-size", "300"]) == 2
    assert "the same command goes on" in capsys.readouterr().err


def test_other_texts_fields_and_tokenizers_have_folders_of_their_own(paths, own):
    files, _ = paths
    hashes = {corpus(files).hash, corpus(files[:2]).hash, corpus(files, Tokenizer([])).hash}
    files[1].write_text(TEXT + "More.", encoding="utf-8")
    hashes.add(corpus(files).hash)
    assert len(hashes) == len(folders(own)) == 4


def harm_shard(folder):
    (folder / shard_name(0)).write_bytes(b"x")


def lose_shard(folder):
    (folder / shard_name(1)).unlink()


def harm_manifest(folder):
    (folder / "manifest.json").write_text('{"kind": "pocketgpt tokens"}', encoding="utf-8")


def change_tokenizer(folder):
    Tokenizer([]).save(folder / "tokenizer.json")


@pytest.mark.parametrize("harm", [harm_shard, lose_shard, harm_manifest, change_tokenizer], ids=lambda f: f.__name__)
def test_a_damaged_folder_gets_a_sentence(paths, own, harm):
    files, _ = paths
    corpus(files)
    harm(folders(own)[0])
    with pytest.raises(PocketError, match="delete"):
        corpus(files)


def test_the_command_takes_a_folder_and_files(paths, tmp_path, own, capsys):
    files, _ = paths
    quick = ["--steps", "3", "--depth", "1", "--precision", "fp32", "--vocab-size", "300"]
    texts = tmp_path / "texts"
    texts.mkdir()
    for file in files:
        file.rename(texts / file.name)
    assert main(["pretrain", "--text", str(texts), *quick]) == 0
    _, _, card = checkpoints.load("texts")
    assert card["data_hash"] == folders(own)[0].name
    assert main(["pretrain", "--text", str(texts / "a.jsonl"), str(texts / "b.txt"), "--field", "body", *quick]) == 2
    assert "--field (text)" in capsys.readouterr().err


MEMORY = """
import resource, sys
from pathlib import Path
from pocketgpt.tokenizer import Tokenizer
from pocketgpt.training.data import TokenStream
from pocketgpt.training.shards import sharded_corpus
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
corpus = sharded_corpus([Path(sys.argv[1])], "text", 300, Tokenizer([]), lambda line: None)
data = TokenStream(corpus.train, 8, 64)
for step in range(100):
    data.batch(step)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / (1e6 if sys.platform == "darwin" else 1e3))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no module resource")
def test_memory_does_not_grow_with_the_text(tmp_path):
    # 8 MB of text: held as a whole, with its ids as a list of 8 bytes each, that would be 72 MB.
    with (tmp_path / "a.txt").open("w", encoding="utf-8") as file:
        for _ in range(8_000_000 // len(TEXT)):
            file.write(TEXT)
    command = [sys.executable, "-c", MEMORY, str(tmp_path / "a.txt")]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=True)
    assert float(done.stdout) < 60
