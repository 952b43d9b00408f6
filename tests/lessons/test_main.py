"""`python -m pocketgpt_lessons`: what it says without running a study."""

import subprocess
import sys

from pocketgpt_lessons.__main__ import main


def test_help_comes_without_waiting_for_pytorch():
    show = "import sys, runpy; sys.argv = ['x', '--help']; runpy.run_module('pocketgpt_lessons', run_name='__main__')"
    code = f"try:\n    {show}\nexcept SystemExit:\n    print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "over several seeds" in done.stdout and done.stdout.endswith("False\n")


def test_an_unknown_study_is_told_before_any_is_run(capsys):
    assert main(["02", "77"]) == 2
    assert capsys.readouterr().err.startswith("There is no study '77'; there are: 00, 01, ")
