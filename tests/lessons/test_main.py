"""`python -m pocketgpt_lessons`: what it says without running a study."""

import json
import subprocess
import sys

import pytest

from pocketgpt_lessons import progress
from pocketgpt_lessons.__main__ import main


def test_help_comes_without_waiting_for_pytorch():
    show = "import sys, runpy; sys.argv = ['x', '--help']; runpy.run_module('pocketgpt_lessons', run_name='__main__')"
    code = f"try:\n    {show}\nexcept SystemExit:\n    print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "over several seeds" in done.stdout and done.stdout.endswith("False\n")


def test_an_unknown_study_is_told_before_any_is_run(capsys):
    assert main(["02", "77"]) == 2
    assert capsys.readouterr().err.startswith("There is no study '77'; there are: 00, 01, ")


@pytest.mark.parametrize("words", [["repot"], ["assign", "01"], ["assign", "77", "--out", "x"], ["report"]])
def test_a_wrong_command_is_told_with_the_right_ones(words, capsys):
    with pytest.raises(SystemExit):
        main(words)
    assert "usage: python -m pocketgpt_lessons" in capsys.readouterr().err


def test_export_and_report_go_together(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("POCKETGPT_OWN", str(tmp_path / "own"))
    monkeypatch.setattr(progress, "_memory", {})
    progress.record_check("merge", True)
    (tmp_path / "class").mkdir()
    assert main(["export", str(tmp_path / "class" / "ada.json")]) == 0
    assert json.loads((tmp_path / "class" / "ada.json").read_text(encoding="utf-8"))["exercises_passed"] == 1
    assert main(["report", str(tmp_path / "class"), "--out", str(tmp_path)]) == 0
    assert "Read 1 file, left out 0." in capsys.readouterr().out
    assert "ada" in (tmp_path / "class_report.html").read_text(encoding="utf-8")
    assert main(["report", str(tmp_path / "own" / "missing")]) == 2
    assert capsys.readouterr().err.startswith("There is no folder")


def test_an_assignment_is_written(tmp_path, capsys):
    assert main(["assign", "01", "--out", str(tmp_path)]) == 0
    assert capsys.readouterr().out.count(str(tmp_path)) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["01_tokenization.ipynb", "grade_01.ipynb"]
