"""The table of tunes, data/tunes.csv, and which of them stay unseen.

Old books hold many a melody twice. Tunes of one family, as `variants` finds them, are all learned from or all unseen.
"""

import zlib
from dataclasses import dataclass
from pathlib import Path

from pocketgpt.errors import PocketError
from pocketgpt.paths import DATA
from pocketgpt.tunes.abc import read
from pocketgpt.tunes.tune import KEYS, KINDS, METRES, Tune
from pocketgpt.world.table_files import fault, read_rows

ONE_IN = 8  # families that stay unseen


@dataclass(frozen=True)
class _Row:
    name: str
    kind: str
    key: str
    metre: str
    source: str
    family: str
    notes: str


def load_tunes(path: Path = DATA / "tunes.csv", unseen: bool = False) -> tuple[Tune, ...]:
    """The tunes to learn from, or with `unseen` the others: one family in eight, by a hash of its name.

    Raises PocketError, naming file and line, where the table is damaged.

    >>> load_tunes()[0].name
    'The Walls Of Liscarroll'
    """
    rows = read_rows(path, _Row).items()
    return tuple(_tune(path, line, row) for line, row in rows if _is_unseen(row.family) == unseen)


def _is_unseen(family: str) -> bool:
    return zlib.crc32(family.encode()) % ONE_IN == 0


def _tune(path: Path, line: int, row: _Row) -> Tune:
    for what, value, known in (("kind", row.kind, KINDS), ("key", row.key, KEYS), ("metre", row.metre, METRES)):
        if value not in known:
            raise fault(path, line, f"{what} is {value!r}; it must be one of {', '.join(known)}")
    try:
        return Tune(row.kind, row.key, row.metre, read(row.notes, row.key), row.name)
    except PocketError as error:
        raise fault(path, line, str(error).rstrip(".")) from None
