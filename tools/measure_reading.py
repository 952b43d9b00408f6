"""Measures what a large text costs on its way to training: seconds, and memory at its highest.

    python tools/measure_reading.py --megabytes 1000

Writes that many megabytes of the world's pages as rows of a .jsonl file into a temporary folder (a tenth of them are
made, and written ten times), turns them into tokens on disk in a process of its own, as `pretrain --text` does, and
reads 1,000 batches from there. Beside it stands what the same process needs for a thousandth of the text.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from itertools import count
from pathlib import Path

from pocketgpt.world import documents, load_tables

READ = """
import os, sys, time
from pathlib import Path
import psutil
from pocketgpt.training.data import TokenStream
from pocketgpt.training.shards import sharded_corpus

start = time.perf_counter()
corpus = sharded_corpus([Path(sys.argv[1])], "text", 8192, report=lambda line: None)
read = time.perf_counter() - start
start, data = time.perf_counter(), TokenStream(corpus.train, 16, 512)
for step in range(1000):
    data.batch(step)
batches = time.perf_counter() - start
memory = psutil.Process().memory_info()
peak = getattr(memory, "peak_wset", 0) / 1e6
if not peak:
    import resource
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
size, tokens = Path(sys.argv[1]).stat().st_size / 1e6, len(corpus.train) / 1e6
print(f"{size:8,.0f} MB, {tokens:6.1f} million tokens: read in {read:6.0f} s ({size / read:.1f} MB/s), "
      f"1,000 batches in {batches:.1f} s, at most {peak:,.0f} MB of memory", flush=True)
"""


def write_pages(path: Path, megabytes: float, times: int = 10) -> None:
    """Write rows of pages, so many megabytes of them."""
    tables, rows, size = load_tables(), [], 0
    for seed in count():
        for page in documents(tables, seed=seed):
            rows.append(json.dumps({"text": page.text}) + "\n")
            size += len(rows[-1])
            if size >= megabytes * 1e6 / times:
                with path.open("w", encoding="utf-8") as file:
                    for _ in range(times):
                        file.writelines(rows)
                return


def main() -> int:
    """Measure a thousandth, then all."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--megabytes", type=float, default=1000.0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for megabytes in (arguments.megabytes / 1000, arguments.megabytes):
            path = Path(folder) / f"{megabytes:g}.jsonl"
            write_pages(path, megabytes)
            command = [sys.executable, "-c", READ, str(path)]
            environment = {"POCKETGPT_OWN": str(Path(folder) / "own")}
            subprocess.run(command, check=True, env={**os.environ, **environment})
    return 0


if __name__ == "__main__":
    sys.exit(main())
