"""Files are written as a whole or not at all."""

import os
from contextlib import nullcontext, suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pocketgpt import files
from pocketgpt.files import lines, replacing, write_text


def test_text_is_utf8_with_plain_line_ends_in_a_folder_that_is_made(tmp_path):
    path = tmp_path / "Größe und Maß" / "note.txt"
    write_text(path, "naïve\nπ ≈ 3\n")
    write_text(path, "π ≈ 3.14\n")
    assert path.read_bytes() == "π ≈ 3.14\n".encode()
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_an_error_leaves_the_old_file_and_nothing_else(error, tmp_path):
    path = tmp_path / "note.txt"
    write_text(path, "old")
    with pytest.raises(error), replacing(path) as temporary:
        temporary.write_text("half of the ne", encoding="utf-8")
        raise error
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_before_anything_is_written_leaves_nothing(tmp_path):
    with pytest.raises(RuntimeError), replacing(tmp_path / "note.txt"):
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_the_temporary_file_lies_beside_the_other(tmp_path):
    # Else the last step would be a copy, which can be cut short.
    with replacing(tmp_path / "note.txt") as temporary:
        assert temporary.parent == tmp_path and temporary.name != "note.txt"
        temporary.write_text("new", encoding="utf-8")
    assert (tmp_path / "note.txt").read_text(encoding="utf-8") == "new"


ENDS = "\v\f\x1c\x1d\x1e\x85\u2028\u2029"  # where str.splitlines() would also cut


@given(st.lists(st.text(st.sampled_from(f"ab {ENDS}"), min_size=1)), st.sampled_from(["\n", "\r\n", "\r"]))
def test_lines_end_where_files_end_them_and_nowhere_else(texts, end):
    assert lines("".join(text + end for text in texts)) == lines(end.join(texts)) == texts


def test_half_a_character_is_written_as_json_escapes_it(tmp_path):
    write_text(tmp_path / "a", "\ud800 é")
    assert (tmp_path / "a").read_bytes() == b"\\ud800 \xc3\xa9"


@pytest.mark.parametrize(("held", "written"), [(0, True), (3, True), (9, False)])
def test_a_file_that_is_held_for_a_moment_as_on_windows(tmp_path, monkeypatch, held, written):
    path, replace, tries = tmp_path / "note.txt", os.replace, []
    write_text(path, "old")

    def locked(source, target):
        tries.append(1)
        if len(tries) <= held:
            raise PermissionError(13, "The process cannot access the file because another process uses it")
        replace(source, target)

    monkeypatch.setattr(os, "replace", locked)
    monkeypatch.setattr(files, "PATIENCE", (0, 0, 0))
    with suppress(PermissionError) if not written else nullcontext():
        write_text(path, "new")
    assert path.read_text(encoding="utf-8") == ("new" if written else "old")
    assert list(tmp_path.iterdir()) == [path]


def test_windows_own_line_ends_are_never_written(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "linesep", "\r\n")
    write_text(tmp_path / "note.txt", "a\nb\n")
    assert (tmp_path / "note.txt").read_bytes() == b"a\nb\n"
