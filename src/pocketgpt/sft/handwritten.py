"""Hand-written conversations: JSON Lines of messages, whose slots, such as {sum}, are filled anew each time."""

import json
import random
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path

from pocketgpt.chat.template import Conversation, Message, check
from pocketgpt.errors import PocketError
from pocketgpt.files import lines, write_text
from pocketgpt.paths import DATA
from pocketgpt.world.arithmetic import draw_sum, sum_at_once, sum_in_steps
from pocketgpt.world.pages import Slots, draw_question, group_wordings, how_often, story_words
from pocketgpt.world.table_files import are_texts, fault, read_json_lines
from pocketgpt.world.tables import Row, Tables

FOLDER = DATA / "conversations"
Parts = Mapping[str, Sequence[str]]
EXAMPLE = '{"messages": [{"role": "user", "content": "…"}, {"role": "assistant", "content": "…"}]}'


@cache
def read_parts(path: Path) -> Parts:
    """The parts of a JSON Lines file of {"part": name, "texts": [...]}. Raises PocketError naming file and line."""
    parts: dict[str, tuple[str, ...]] = {}
    for line, entry in read_json_lines(path):
        if set(entry) != {"part", "texts"} or not isinstance(entry["part"], str) or not are_texts(entry["texts"]):
            raise fault(path, line, 'write {"part": "…", "texts": ["…"]}')
        parts[entry["part"]] = tuple(dict.fromkeys(entry["texts"]))
    return parts


def read_conversations(path: Path | str) -> list[Conversation]:
    """The conversations of a JSON Lines file, one a line. Raises PocketError naming file and line."""
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise PocketError(f"There is no file {path}; check the name.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise PocketError(f"{path} can't be read ({error}); save it as UTF-8 text.") from None
    talks = []
    for number, line in enumerate(lines(text), start=1):
        if line.strip():
            try:
                talks.append(_parse(line))
            except PocketError as error:
                raise PocketError(f"{path}, line {number}: {error}") from None
    if not talks:
        raise PocketError(f"{path} is empty; write one conversation a line, as {EXAMPLE}.")
    return talks


def _parse(line: str) -> Conversation:
    try:
        value = json.loads(line)
        talk = [Message(**message) for message in value["messages"]]
        whole = set(value) == {"messages"} and all(isinstance(m.content, str) for m in talk)
    except (ValueError, TypeError, KeyError, RecursionError):
        talk, whole = [], False
    if not whole:
        raise PocketError(f"this is no conversation; write it as {EXAMPLE}.")
    check(talk)
    if not talk or talk[-1].role != "assistant":
        raise PocketError("the conversation doesn't end with the assistant; add its answer.")
    if not all(message.content.strip() for message in talk):
        raise PocketError("a message is empty; write something or delete the line.")
    return talk


def write_conversations(path: Path | str, talks: Iterable[Sequence[Message]]) -> None:
    """Write conversations as JSON Lines, for `read_conversations` and for human eyes."""
    written = (json.dumps({"messages": [asdict(m) for m in talk]}, ensure_ascii=False) for talk in talks)
    write_text(path, "".join(f"{line}\n" for line in written))


def hand_written(folder: Path | str = FOLDER) -> dict[str, list[Conversation]]:
    """All conversations of a folder, by the name of their file: {"greetings": …, "identity": …, …}."""
    paths = sorted(Path(folder).glob("*.jsonl"))
    if not paths:
        raise PocketError(f"There are no .jsonl files in {folder}; put one there or name another folder.")
    return {path.stem: read_conversations(path) for path in paths}


def renamed(talks: Iterable[Sequence[Message]], name: str, old: str = "Pip") -> list[Conversation]:
    """The conversations with another name for the assistant.

    >>> renamed([[Message("user", "Who are you?"), Message("assistant", "I am Pip.")]], "Nova")[0][1].content
    'I am Nova.'
    """
    word = re.compile(rf"\b{re.escape(old)}\b")
    return [[Message(m.role, word.sub(lambda _: name, m.content)) for m in talk] for talk in talks]


class Filler:
    """Fills the slots of hand-written conversations.

    Those worked out here: {sum} with {at_once} or {in_steps}; {word} with {spelled}, {letters}, {first}, {last}, and
    {letter} with {times}; {question} with {answer}, about one of `rows`; {newname}, a first name. Also, every part of
    stories.jsonl, such as {girl} or {place}; {place2} is another place; and every list of outside.jsonl, such as
    {food}. All other curly brackets stay as they are.
    """

    _SLOT = re.compile(r"\{([a-z_]+)(\d?)\}")

    def __init__(self, tables: Tables, rows: Sequence[Row]) -> None:
        self.script, words, wordings = tables.stories, story_words(tables), group_wordings(tables)
        lists = read_parts(DATA / "outside.jsonl")
        self.drawn: dict[tuple[str, ...], Callable[[random.Random], Sequence[str]]] = {
            ("sum", "at_once", "in_steps"): _draw_sum,
            ("word", "spelled", "letters", "first", "last", "letter", "times"): lambda rng: _draw_word(rng, words),
            ("question", "answer"): lambda rng: draw_question(rng, rows, wordings),
            ("newname",): lambda rng: (rng.choice(tables.first_names),),
            **{(name,): _drawn_from(texts) for name, texts in lists.items() if name not in self.script.parts},
        }
        self.slots = {name for names in self.drawn for name in names}

    def fill(self, talk: Sequence[Message], rng: random.Random) -> Conversation:
        """The conversation with each slot filled; the same slot is the same throughout it."""
        values = Slots(rng, self.script, self.drawn)
        return [Message(message.role, self._fill(message.content, values)) for message in talk]

    def _fill(self, text: str, values: Slots) -> str:
        def value(match: re.Match) -> str:
            if match[1] not in self.script.parts and (match[1] not in self.slots or match[2]):
                return match[0]
            found = values[match[1] + match[2]]
            starts_sentence = re.search(r'(^|[.!?]"? |^")$', text[: match.start()])
            return found[:1].upper() + found[1:] if starts_sentence else found

        return self._SLOT.sub(value, text)


def _drawn_from(texts: Sequence[str]) -> Callable[[random.Random], Sequence[str]]:
    return lambda rng: (rng.choice(texts),)


def _draw_sum(rng: random.Random) -> tuple[str, ...]:
    a, sign, b = draw_sum(rng)
    return f"{a} {sign} {b}", sum_at_once(a, sign, b), sum_in_steps(a, sign, b)


def _draw_word(rng: random.Random, words: Sequence[str]) -> tuple[str, ...]:
    word = rng.choice(words)
    letter = rng.choice(word)
    return word, "-".join(word), str(len(word)), word[0], word[-1], letter, counted(letter, word)


def counted(letter: str, word: str) -> str:
    """How often a letter comes in a word, after all these letters: what is written can be counted.

    >>> counted("l", "llama"), counted("e", "llama")
    ('l-l, so 2 times', '0 times')
    """
    times = word.count(letter)
    return f"{'-'.join(times * letter)}, so {how_often(times)}" if times else how_often(times)
