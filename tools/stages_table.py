"""The table of ten messages and what each stage of the shipped model replies, as it stands in README.md.

    make stages        after `make checkpoints`

Nothing is chosen: the messages are typed as below, each stage replies at temperature 0, and the base model, which knows
no conversations, continues the message as a text. What a stage asks of a tool stands before its answer.
"""

import re
import sys
from pathlib import Path

from pocketgpt import checkpoints
from pocketgpt.chat import Message
from pocketgpt.chat.tools import standard_tools
from pocketgpt.chat.turn import replies
from pocketgpt.files import write_text
from pocketgpt.sampling.generate import continue_all, prompt_ids
from pocketgpt.world import Tables, load_tables

README = Path(__file__).resolve().parent.parent / "README.md"
STAGES = ("base", "assistant", "honest", "reasoner", "preferred")
MESSAGES = (
    "hey", "who are you?", "capital of france", "what does {known} do for a living?", "what does {absent} do?",
    "Who was Napoleon?", "47+35", "story about a bear please", "how many r's are in strawberry?", "book me a flight",
)  # fmt: skip
WORDS = 24  # of the base model, which never ends by itself
BEGIN, END = "<!-- ten messages: `make stages` writes them -->", "<!-- end of the ten messages -->"


def messages(tables: Tables) -> list[str]:
    """The ten messages: the person most read about, and the first of those of whom no page tells."""
    known = max(tables.people, key=lambda person: person.mentions)
    return [text.format(known=known.name, absent=tables.absent[0].name) for text in MESSAGES]


def column(stage: str, asked: list[str], tables: Tables) -> list[str]:
    """What a stage replies to each message."""
    model, tokenizer, card = checkpoints.load(stage, own=False)
    if stage == "base":
        written = continue_all(model, [prompt_ids(tokenizer, text) for text in asked], WORDS, temperature=0)
        return [f"…{tokenizer.decode(ids).split('<|endoftext|>')[0].rstrip()}…" for ids in written]
    tools = standard_tools(tables) if card.get("tools") else None
    found = replies(model, tokenizer, [[Message("user", text)] for text in asked], tools)
    return ["".join(f"*{call}* → " for call in reply.calls) + reply.text for reply in found]


def _cell(text: str) -> str:
    return re.sub(r"\s+", " ", text).replace("|", "\\|").replace("<", "&lt;")


def table() -> str:
    """The table in Markdown, between its two marks."""
    tables = load_tables()
    asked = messages(tables)
    columns = [column(stage, asked, tables) for stage in STAGES]
    lines = [" | ".join(("message", *STAGES)), " | ".join("---" for _ in ("", *STAGES))]
    lines += [" | ".join(map(_cell, row)) for row in zip(asked, *columns, strict=True)]
    return "\n".join((BEGIN, "", *(f"| {line} |" for line in lines), "", END))


def written(readme: str) -> str:
    """README's text with the table as it is now."""
    return re.sub(rf"{re.escape(BEGIN)}.*{re.escape(END)}", lambda _: table(), readme, flags=re.DOTALL)


if __name__ == "__main__":
    old = README.read_text(encoding="utf-8")
    if BEGIN not in old:
        sys.exit(f"README.md lacks the line {BEGIN}: put it back.")
    write_text(README, written(old))
