"""What the tests of the classroom share: each test is a learner of its own."""

import pytest

from pocketgpt_lessons.classroom import predictions, progress


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    """Each test is a learner of its own, in a new session."""
    folder = tmp_path / "own"
    monkeypatch.setenv("POCKETGPT_OWN", str(folder))
    monkeypatch.setattr(progress, "_memory", {})
    monkeypatch.setattr(progress, "_told", set())
    monkeypatch.setattr(predictions, "_shown", {})
    return folder
