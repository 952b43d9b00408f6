"""Runs a script in two processes that learn together, as torchrun starts them."""

import subprocess
import sys
from pathlib import Path


def run_in_two(script: str, test_file: str, folder: Path) -> None:
    """Run the text of a script; its arguments are the folder of the test and one for what it writes."""
    path = folder / "script.py"
    path.write_text(script, encoding="utf-8")
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    command = [*torchrun, path, Path(test_file).parent, folder]
    result = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace")
    assert result.returncode == 0, result.stderr
