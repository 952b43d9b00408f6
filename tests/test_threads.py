"""PyTorch's threads wait briefly for each other, and learn so before torch is there."""

import os
import subprocess
import sys

import pytest

from pocketgpt.threads import BRIEFLY, wait_briefly


@pytest.mark.parametrize("chosen", ["GOMP_SPINCOUNT", "KMP_BLOCKTIME", "OMP_WAIT_POLICY"])
def test_who_has_chosen_how_to_wait_keeps_it(chosen):
    environment = {chosen: "7"}
    wait_briefly(environment)
    assert environment == {chosen: "7"}


@pytest.mark.parametrize("first", ["pocketgpt.model", "pocketgpt_lessons.display", "pocketgpt_lessons.rl.widgets"])
def test_it_is_said_before_torch_is_loaded(first):
    """The libraries behind torch read it once, when they are loaded."""
    script = (
        "import os, sys\n"
        "class Watch:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'torch':\n"
        "            print(os.environ.get('GOMP_SPINCOUNT'), os.environ.get('KMP_BLOCKTIME'))\n"
        "            raise SystemExit\n"
        "sys.meta_path.insert(0, Watch())\n"
        f"import {first}, torch\n"
    )
    fresh = {name: value for name, value in os.environ.items() if name not in (*BRIEFLY, "OMP_WAIT_POLICY")}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=fresh)
    assert done.stdout.split() == list(BRIEFLY.values()), done.stderr
