"""Runs every benchmark beside this file, each against a peer in the same run, and prints one table.

    python tools/benchmarks/run.py --out build/bench.json [encoding training …]

A module bench_*.py lists its functions in BENCHMARKS. Each returns a dict: name, ours and peer (what was
measured, as numbers or as text with a unit), ratio and target (numbers), reached (bool).
"""

import argparse
import importlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
COLUMNS = ("name", "ours", "peer", "ratio", "target", "reached")


def benchmarks(words: list[str]) -> Iterator[Callable[[], dict]]:
    """All benchmark functions, or those whose module's name holds one of the words."""
    tools, tests = FOLDER.parent, FOLDER.parents[1] / "tests"  # for browser.py there, and peers.py here
    sys.path[:0] = map(str, (FOLDER, tools, tests))
    for path in sorted(FOLDER.glob("bench_*.py")):
        if not words or any(word in path.stem for word in words):
            yield from importlib.import_module(path.stem).BENCHMARKS


def text(value: object) -> str:
    """A cell of the table.

    >>> text(True), text(4.25), text("0.3 s")
    ('yes', '4.25', '0.3 s')
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def table(rows: list[dict]) -> str:
    """The rows below their column names, each column as wide as its widest cell."""
    cells = [COLUMNS, *([text(row[column]) for column in COLUMNS] for row in rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(COLUMNS))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in cells)
    return "\n".join(line.rstrip() for line in lines)


def main() -> int:
    """Run the benchmarks; exit with 1 if a target was not reached."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("words", nargs="*", help="run only the modules whose names hold one of these")
    parser.add_argument("--out", type=Path, default=Path("build/bench.json"))
    arguments = parser.parse_args()
    rows = []
    for benchmark in benchmarks(arguments.words):
        print(f"running {benchmark.__name__} …", file=sys.stderr)
        rows.append(benchmark())
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(json.dumps(rows, indent=2), encoding="utf-8")
    print(table(rows))
    return int(not all(row["reached"] for row in rows))


if __name__ == "__main__":
    sys.exit(main())
