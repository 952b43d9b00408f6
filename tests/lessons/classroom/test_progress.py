"""The learner's progress is kept, and survives damage."""

import json

import pytest
import torch

from pocketgpt.errors import PocketError
from pocketgpt_lessons import check
from pocketgpt_lessons.classroom import progress


def test_progress_is_kept_and_read_again(own_folder, monkeypatch):
    assert progress.record("exercises", "merge", {"passed": True}) == ""
    monkeypatch.setattr(progress, "_memory", {})
    assert progress.recall("exercises", "merge") == {"passed": True}
    assert sorted(path.name for path in own_folder.iterdir()) == ["progress.json"]


@pytest.mark.parametrize(
    "content",
    [b"{", b"\xff\xfe", b"[]", b'{"pocketgpt_progress": 99}', b'{"pocketgpt_progress": 1, "exercises": {"merge": 3}}'],
)
def test_a_damaged_file_is_set_aside_with_one_sentence(own_folder, content):
    own_folder.mkdir()
    progress.file().write_bytes(content)
    said = progress.record("exercises", "merge", {"passed": True})
    assert "progress-damaged-1.json" in said
    assert (own_folder / "progress-damaged-1.json").read_bytes() == content
    assert progress.recall("exercises", "merge") == {"passed": True}
    progress.file().write_bytes(b"{")
    progress.load()
    assert (own_folder / "progress-damaged-2.json").read_bytes() == b"{"


def test_a_folder_that_cannot_be_written_gives_one_sentence_once(tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("POCKETGPT_OWN", str(tmp_path / "file" / "own"))
    check.causal_mask(lambda T: torch.ones(T, T))
    check.causal_mask(lambda T: torch.ones(T, T).tril())
    out = capsys.readouterr().out
    assert out.count("can't be kept") == 1
    assert "✓ Right" in out
    assert progress.recall("exercises", "causal_mask")["passed"]  # remembered in this session


def test_a_failed_write_leaves_the_old_file(own_folder, monkeypatch):
    progress.record("exercises", "merge", {"passed": True})
    before = progress.file().read_bytes()

    def full(*_):
        raise OSError("disk full")

    monkeypatch.setattr(progress.os, "replace", full)
    assert "can't be kept" in progress.record("exercises", "encode", {"passed": True})
    assert progress.file().read_bytes() == before
    assert len(list(own_folder.iterdir())) == 1


def test_export_for_a_teacher(tmp_path):
    progress.record("exercises", "merge", {"passed": True})
    progress.record("exercises", "encode", {"passed": False})
    progress.record("quizzes", "02.start", {"asked": 3, "right": 2})
    target = progress.export(tmp_path / "ada.json")
    content = json.loads(target.read_text(encoding="utf-8"))
    assert content["exercises_passed"] == 1
    assert content["quiz_questions_right_at_first"] == 2
    assert content["exercises"]["encode"] == {"passed": False}
    with pytest.raises(PocketError, match="exists already"):
        progress.export(target)
    with pytest.raises(PocketError, match="can't be written"):
        progress.export(tmp_path / "missing" / "ada.json")
    with pytest.raises(PocketError, match="give a name such as bob.json"):
        progress.export(tmp_path / "bob")
    assert not (tmp_path / "bob").exists()


def test_mistakes_are_counted_by_their_sentence(own_folder):
    check.causal_mask(lambda T: torch.ones(T, T))
    check.causal_mask(lambda T: torch.ones(T, T))
    check.causal_mask(lambda T: torch.ones(T, T).tril())
    entry = progress.recall("exercises", "causal_mask")
    assert (entry["passed"], entry["tries"]) == (True, 3)
    assert [*entry["mistakes"].values()] == [2]


def test_endless_kinds_of_mistakes_fill_no_file():
    for number in range(100):
        progress.record_check("merge", False, f"mistake {number}")
    progress.record_check("merge", False, "mistake 0")
    mistakes = progress.recall("exercises", "merge")["mistakes"]
    assert len(mistakes) < 50 and mistakes["mistake 0"] == 2


def test_reset_keeps_a_backup(own_folder):
    assert progress.reset() is None
    for number in (1, 2):
        progress.record("exercises", "merge", {"passed": True})
        assert progress.reset() == own_folder / f"progress-backup-{number}.json"
        assert progress.load() == {"exercises": {}, "predictions": {}, "quizzes": {}, "choices": {}}
