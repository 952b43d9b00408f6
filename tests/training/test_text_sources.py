"""Texts from files of many kinds: the same tokens as of the whole text, and a sentence for what can't be read."""

import gzip
import io
import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pocketgpt.errors import PocketError
from pocketgpt.tokenizer import split
from pocketgpt.training import text_sources
from pocketgpt.training.text_sources import find_sources, fits_memory, pieces

DOCUMENTS = ["Ada bakes.\nShe sings.", "A line\u2028end that is none, \x85 nor this.", "", "Käthe fährt."]


def read(path, field="text") -> list[str]:
    """The documents of a file, put together again."""
    found, open_part = [], ""
    for text, ends in pieces(path, field):
        open_part += text
        if ends:
            found.append(open_part)
            open_part = ""
    assert open_part == ""
    return found


def write_rows(path, rows=DOCUMENTS, pack=lambda raw: raw):
    path.write_bytes(pack("".join(json.dumps({"text": row, "n": 1}) + "\n" for row in rows).encode()))
    return path


def test_rows_are_documents(tmp_path):
    assert read(write_rows(tmp_path / "a.jsonl")) == DOCUMENTS
    assert read(write_rows(tmp_path / "a.jsonl.gz", pack=gzip.compress)) == DOCUMENTS
    (tmp_path / "raw.jsonl").write_text('\ufeff{"text": "a\u2028b"}\n\n{"text": null}', encoding="utf-8")
    assert read(tmp_path / "raw.jsonl") == ["a\u2028b", ""]


def test_zstandard_with_several_frames_and_cut_off(tmp_path):
    zstandard = pytest.importorskip("zstandard")
    pack = zstandard.ZstdCompressor().compress
    raw = "".join(json.dumps({"text": row}) + "\n" for row in DOCUMENTS).encode()
    path = tmp_path / "a.jsonl.zst"
    path.write_bytes(pack(raw[:20]) + pack(raw[20:]))
    assert read(path) == DOCUMENTS
    path.write_bytes(pack(raw)[:-9])
    with pytest.raises(PocketError, match="can't be read to its end"):
        read(path)
    path.write_bytes(b"no zstandard at all")
    with pytest.raises(PocketError, match="can't be read to its end"):
        read(path)


def test_parquet(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    path = tmp_path / "a.parquet"
    parquet.write_table(pyarrow.table({"body": [*DOCUMENTS, None], "n": range(5)}), path, row_group_size=2)
    assert read(path, "body") == [*DOCUMENTS, ""]
    with pytest.raises(PocketError, match=r"no field 'text': name one with --field \(body, n\)"):
        read(path)
    with pytest.raises(PocketError, match="no text in the field 'n'"):
        read(path, "n")
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(PocketError, match="no Parquet file"):
        read(path)


@pytest.mark.parametrize(("name", "package"), [("a.txt.zst", "zstandard"), ("a.parquet", "pyarrow")])
def test_a_missing_package_gets_a_sentence(tmp_path, monkeypatch, name, package):
    (tmp_path / name).write_bytes(b"x")
    for module in (package, f"{package}.parquet"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(PocketError, match=f"needs {package}: run `python -m pip install {package}`"):
        read(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "raw", "words"),
    [
        ("a.jsonl", b'{"text": "a"}\nnot json\n', "line 2, isn't JSON"),
        ("a.jsonl", b'{"text": "a"}\n["b"]\n', "line 2, has no field 'text'"),
        ("a.jsonl", b'{"body": "a"}', r"--field \(body\)"),
        ("a.jsonl", b'{"text": 7}', "no text in the field"),
        ("a.jsonl", b"[" * 100_000, "isn't JSON"),
        ("a.jsonl", b'{"text": "\xff"}', "UTF-8"),
        ("a.txt", b"\xff\xfe" * 100, "UTF-8"),
        ("a.txt", b"a\0b", "binary"),
        ("a.txt.gz", b"no gzip", "can't be read to its end"),
        ("a.txt.gz", gzip.compress(b"a" * 10_000, mtime=0)[:-9], "can't be read to its end"),
    ],
)
def test_what_cannot_be_read_gets_a_sentence(tmp_path, name, raw, words):
    (tmp_path / name).write_bytes(raw)
    with pytest.raises(PocketError, match=words) as caught:
        read(tmp_path / name)
    assert "\n" not in str(caught.value) and name in str(caught.value)


ALPHABET = st.sampled_from([*"ab1é.!?' \n\r\t", "\u2028", "\x1c", "\x85", "\xa0", "  ", "\r\n", "\n\n", "'s"])


@given(st.lists(ALPHABET, max_size=80).map("".join))
def test_pieces_of_a_text_have_the_tokens_of_the_whole(text):
    raw = io.BytesIO(text.encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_sources, "PIECE", 4)
        found = [piece for piece, _ in text_sources.plain_pieces("x", raw)]
    whole = text.replace("\r\n", "\n")
    assert "".join(found) == whole
    if all(len(piece) < 4 * 16 for piece in found):  # none was cut for its length alone
        assert [chunk for piece in found for chunk in split(piece)] == split(whole)


def test_a_text_without_a_blank_comes_in_bounded_pieces(tmp_path):
    (tmp_path / "a.txt").write_text("a" * 3_000_000, encoding="utf-8")
    found = [text for text, _ in pieces(tmp_path / "a.txt")]
    assert "".join(found) == "a" * 3_000_000 and max(map(len, found)) <= 17 * text_sources.PIECE


def test_a_folder_means_the_texts_below_it(tmp_path):
    for name in ("b.txt", "sub/a.jsonl.gz", "sub/c.parquet", "picture.png", ".hidden.txt", "d.TXT", "e.txt.zst"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    found = [path.relative_to(tmp_path).as_posix() for path in find_sources([tmp_path])]
    assert found == ["b.txt", "d.TXT", "e.txt.zst", "sub/a.jsonl.gz", "sub/c.parquet"]
    assert find_sources([tmp_path / "picture.png"]) == [tmp_path / "picture.png"]  # who names a file, means it
    (tmp_path / "empty").mkdir()
    with pytest.raises(PocketError, match="holds no text"):
        find_sources([tmp_path / "empty"])
    with pytest.raises(PocketError, match="nowhere.txt can't be read"):
        find_sources([tmp_path / "nowhere.txt"])


def test_one_small_plain_text_fits_memory(tmp_path, monkeypatch):
    text, rows = tmp_path / "a.txt", tmp_path / "a.jsonl"
    text.write_bytes(b"abc")
    rows.write_bytes(b"{}")
    assert fits_memory([text]) and fits_memory(["nowhere.txt"])
    assert not any(map(fits_memory, ([text, text], [rows], [tmp_path], [tmp_path / "a.txt.gz"])))
    monkeypatch.setattr(text_sources, "SMALL_TEXT", 2)
    assert not fits_memory([text])
