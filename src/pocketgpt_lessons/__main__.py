"""`python -m pocketgpt_lessons NUMBER …`: runs the studies behind the notebooks' reference bands."""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from pocketgpt_lessons import LESSONS


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the studies named, all of them by default, and write their evidence files."""
    parser = argparse.ArgumentParser(
        prog="python -m pocketgpt_lessons",
        description="Run a notebook's experiments over several seeds, and write data/evidence/NUMBER.json: "
        "the notebook's reference bands. Each takes minutes, some an hour.",
    )
    told = f"a notebook's number: {', '.join(LESSONS)}; without any: all of them"
    parser.add_argument("numbers", nargs="*", metavar="NUMBER", help=told)
    numbers = parser.parse_args(arguments).numbers
    if unknown := [number for number in numbers if number not in LESSONS]:
        print(f"There is no study {unknown[0]!r}; there are: {', '.join(LESSONS)}.", file=sys.stderr)
        return 2
    from pocketgpt.world import load_tables  # PyTorch takes seconds, which --help need not wait for
    from pocketgpt_lessons.evidence import save

    tables = load_tables()
    for number in numbers or LESSONS:
        found = import_module(f"pocketgpt_lessons.{LESSONS[number]}.study").study(tables)
        print(f"Saved {save(number, found)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
