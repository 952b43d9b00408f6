"""The strangers' exam: messages as people type them who don't know the course, and rules for a sensible reply.

data/exam/strangers.jsonl has lines of three sorts: {"phrases": name, "any": patterns}, to which rules refer as "@name";
{"kind": name, "wants": sentence, "rules": rules}, which hold for all messages of the kind; and the messages, each with
rules of its own. Training data may use the wordings of the split "open", never those of "held-out".

A reply passes if it ended by itself and keeps every rule; reply_rules.py tells which rules there are.

Slots are filled from the tables, with the same rows each time: {Country}, {Animal}, {Person} (a well-known one) and
{Absent}, in lower case where the slot is; {Person.dish} is a fact and {Person.first} the first name.
"""

import json
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pocketgpt.chat.template import Message, check
from pocketgpt.chat.tools import standard_tools
from pocketgpt.chat.turn import Reply, replies
from pocketgpt.errors import PocketError
from pocketgpt.evaluation.metrics import Score, score
from pocketgpt.evaluation.reply_rules import checked, keeps, spelled_out
from pocketgpt.files import lines
from pocketgpt.model import GPT
from pocketgpt.paths import DATA
from pocketgpt.sft.stages import WELL_KNOWN
from pocketgpt.world.tables import FACTS, Tables

EXAM = DATA / "exam" / "strangers.jsonl"
_SLOT = re.compile(r"\{([A-Za-z]+)(?:\.(\w+))?\}")


@dataclass(frozen=True)
class Item:
    """A message, after what was said before it, and the rules for a reply. `tools`: whether it may be given any."""

    id: str
    kind: str
    split: str
    messages: tuple[Message, ...]
    rules: tuple[dict, ...]
    tools: bool = True


@dataclass(frozen=True)
class Result:
    """An item as it was asked, the reply, and whether that passed."""

    item: Item
    reply: Reply
    passed: bool


def load_exam(path: Path | str = EXAM, split: str | None = None) -> list[Item]:
    """The messages of a split, "open" or "held-out" (None: of both), their slots unfilled.

    Raises PocketError naming file and line.
    """
    kinds: dict[str, list] = {}
    phrases: dict[str, list[str]] = {}
    items: dict[str, Item] = {}
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise PocketError(f"The exam {path} can't be read ({error}); put it back.") from None
    for number, line in enumerate(lines(text), start=1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
            rules = checked(entry.get("rules", []), phrases)
            if "phrases" in entry:
                phrases[entry["phrases"]] = spelled_out(entry["any"], phrases)
            elif "id" not in entry:
                kinds[entry["kind"]] = rules
            elif entry["id"] in items:
                raise PocketError(f"the id {entry['id']!r} is there twice; change one.")
            else:
                items[entry["id"]] = _item({**entry, "rules": (*kinds[entry["kind"]], *rules)})
        except (ValueError, TypeError, LookupError, AttributeError, StopIteration, re.error) as error:
            told = isinstance(error, PocketError)
            problem = error if told else f"this is no line of an exam ({error!r}); mend it."
            raise PocketError(f"{path}, line {number}: {problem}") from None
    return [item for item in items.values() if split in (None, item.split)]


def _item(entry: dict) -> Item:
    for slot, fact in _SLOT.findall(json.dumps(entry)):
        facts = {"absent": FACTS["person"], **FACTS}.get(slot.lower())
        if facts is None or fact not in ("", "first", *facts):
            raise PocketError(f"the slot {slot} {fact} is unknown; use one that strangers.py describes.")
    messages = tuple(Message(**message) for message in entry["messages"])
    check(messages)
    if entry["split"] not in ("open", "held-out") or messages[-1].role != "user":
        raise PocketError("the split must be open or held-out, and the last message the user's; change that.")
    return Item(**{**entry, "messages": messages})


def filled(item: Item, tables: Tables) -> Item:
    """The item with rows in its slots; each item has its own, the same each time."""
    well_known = [person for person in tables.people if person.mentions >= WELL_KNOWN]
    things = {"country": tables.countries, "animal": tables.animals}
    pools = {**things, "person": well_known, "absent": tables.absent}

    def draw(match: re.Match) -> str:
        slot, fact = match[1].lower(), match[2] or "name"
        rows = pools[slot]
        if not rows:
            raise PocketError(f"The tables have no row for {match[0]} in {item.id}; take the shipped ones.")
        row = random.Random(f"strangers {item.id} {slot}").choice(rows)
        text = row.name.split()[0] if fact == "first" else str(getattr(row, fact))
        return text.lower() if match[1].islower() else text

    def fill(value):
        if isinstance(value, dict):
            return {key: fill(part) for key, part in value.items()}
        if isinstance(value, list | tuple):
            return type(value)(fill(part) for part in value)
        return _SLOT.sub(draw, value) if isinstance(value, str) else value

    messages = tuple(Message(m.role, fill(m.content)) for m in item.messages)
    return replace(item, messages=messages, rules=fill(item.rules))


def passes(item: Item, reply: Reply, tables: Tables) -> bool:
    """Whether the reply ended by itself and keeps the item's rules."""
    item = filled(item, tables)
    asked = [message.content for message in item.messages if message.role != "system"]
    return reply.ended and all(keeps(rule, reply.text, asked, tables) for rule in item.rules)


def sit(model: GPT, tokenizer, tables: Tables, items: Sequence[Item], tools: bool = True) -> list[Result]:
    """Ask every item at temperature 0. `tools`: name search and calculator, as a chat does with a model that has
    learned to use them, but for the items that go without.
    """
    asked = [filled(item, tables) for item in items]
    found: dict[str, Reply] = {}
    for given in (standard_tools(tables) if tools else None, None):
        group = [item for item in asked if item.id not in found and (given is None or item.tools)]
        made = replies(model, tokenizer, [item.messages for item in group], given, max_tokens=120)
        found |= {item.id: reply for item, reply in zip(group, made, strict=True)}
    return [Result(item, found[item.id], passes(item, found[item.id], tables)) for item in asked]


def by_kind(results: Sequence[Result]) -> list[Score]:
    """How many replies passed, of each kind and in total, with 95% intervals."""
    kinds = {result.item.kind: [] for result in results}
    for result in results:
        kinds[result.item.kind].append(result.passed)
    return [score(kind, marks) for kind, marks in (*kinds.items(), ("total", [r.passed for r in results]))]
