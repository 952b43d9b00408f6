"""The shipped models side by side, each with what it may use: who is asked in this lesson."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pocketgpt import checkpoints
from pocketgpt.chat import Tools
from pocketgpt.chat.tools import standard_tools
from pocketgpt.errors import PocketError
from pocketgpt.world import Tables

NAMES = ("base", "assistant", "honest", "reasoner", "preferred")


@dataclass(frozen=True)
class Stage:
    """A model to ask; one that has seen no conversations (`converses=False`) goes on with the text. `tools` are None
    for a model that never learned to call any.
    """

    model: Any
    tokenizer: Any
    converses: bool = True
    tools: Tools | None = None


def load_stages(tables: Tables, names: Sequence[str] = NAMES, own: bool = True) -> dict[str, Stage]:
    """Those of the named checkpoints that there are, by name; PocketError if there is none.

    `own=False` takes shipped models only, even if the learner has one of the same name.
    """
    found, tools = {}, standard_tools(tables)
    for name in [name for name in names if name in checkpoints.names()]:
        model, tokenizer, card = checkpoints.load(name, own=own)
        found[name] = Stage(model, tokenizer, "stage" in card, tools if card.get("tools") else None)
    if not found:
        raise PocketError(f"None of the models {', '.join(names)} is here: restore data/checkpoints.")
    return found


def conversing(stages: Mapping[str, Stage]) -> dict[str, Stage]:
    """Those that have learned to answer."""
    return {name: stage for name, stage in stages.items() if stage.converses}
