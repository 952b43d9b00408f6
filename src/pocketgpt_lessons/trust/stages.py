"""The shipped models side by side: who is asked in this lesson."""

from collections.abc import Mapping, Sequence

from pocketgpt.errors import PocketError
from pocketgpt.world import Tables
from pocketgpt_lessons.speakers import Speaker, load_speakers

NAMES = ("base", "assistant", "honest", "reasoner", "preferred")


def load_stages(tables: Tables, names: Sequence[str] = NAMES, own: bool = True) -> dict[str, Speaker]:
    """Those of the named checkpoints that there are, as `load_speakers`; PocketError if there is none."""
    found = load_speakers(names, own, tables)
    if not found:
        raise PocketError(f"None of the models {', '.join(names)} is here: restore data/checkpoints.")
    return found


OWN = ("my-assistant", "my-honest", "my-preferred")  # what notebooks 04, 05 and 07 save


def own_stages(tables: Tables) -> dict[str, Speaker]:
    """Those models that the learner has trained and saved in earlier notebooks."""
    return load_speakers(OWN, own=True, tables=tables)


def conversing(stages: Mapping[str, Speaker]) -> dict[str, Speaker]:
    """Those that have learned to answer."""
    return {name: stage for name, stage in stages.items() if stage.converses}
