"""Conversations as plain messages, and the template that makes tokens of them; `turn` has the assistant's turn.

The template has one block a message, in special tokens that no typed text can produce:

    <|endoftext|><|system|> text<|end|><|user|> text<|end|><|assistant|> text<|end|> …

A call of a tool belongs to the assistant's turn and may break off a sentence; after the result, the assistant
begins a new turn:

    <|assistant|> Ada works as a<|call|> search Ada<|end|><|result|> Ada works as a baker.<|end|><|assistant|> …

Every text has a space before it, so that its first word has the same tokens as within a page.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from pocketgpt.errors import PocketError
from pocketgpt.tokenizer import AnyTokenizer

ROLES = ("system", "user", "assistant", "call", "result")
FOLLOWS = {  # role → the roles that it may come after; "" is the beginning
    "system": ("",),
    "user": ("", "system", "assistant", "result"),
    "assistant": ("user", "result"),
    "call": ("user", "assistant", "result"),
    "result": ("call",),
}


@dataclass(frozen=True)
class Message:
    """Who speaks (a role of ROLES), and what."""

    role: str
    content: str


Conversation = list[Message]


def hash_of(talks: Sequence[Sequence[Message]]) -> str:
    """Sixteen characters that change with any word of the conversations.

    >>> hash_of([[Message("user", "Hi")]]), hash_of([[Message("user", "Ho")]])
    ('b8065fa2f4419520', '37e015713de2b842')
    """
    plain = json.dumps([[asdict(message) for message in talk] for talk in talks])
    return hashlib.sha256(plain.encode()).hexdigest()[:16]


def check(messages: Sequence[Message]) -> None:
    """Raise PocketError unless the messages are a conversation: known roles, in an order that can happen."""
    before = ""
    for number, message in enumerate(messages, start=1):
        if message.role not in ROLES:
            raise PocketError(f"Message {number} has the role {message.role!r}; use one of {', '.join(ROLES)}.")
        if before not in FOLLOWS[message.role]:
            allowed = " or ".join(role or "nothing" for role in FOLLOWS[message.role])
            raise PocketError(
                f"Message {number} is of the role {message.role!r} and comes after {before or 'nothing'!r}; "
                f"put it after {allowed}."
            )
        before = message.role


def encode_text(text: str, tokenizer: AnyTokenizer) -> list[int]:
    """A message's text as ids, with a space before it; text that looks like a special token stays text.

    >>> from pocketgpt.tokenizer import Tokenizer
    >>> encode_text("Hi", Tokenizer([])), encode_text(" ", Tokenizer([]))
    ([32, 72, 105], [])
    """
    text = text.strip()
    return tokenizer.encode(f" {text}") if text else []


def special_id(tokenizer: AnyTokenizer, name: str) -> int:
    """The id of <|name|>."""
    token = f"<|{name}|>"
    if token not in tokenizer.special_tokens:
        raise PocketError(f"This tokenizer has no {token}: take one with pocketgpt's special tokens.")
    return tokenizer.special_tokens[token]


def turn_stops(tokenizer: AnyTokenizer) -> list[int]:
    """The special tokens that end what the assistant writes: all but <|call|>, which a tool's name follows."""
    call = special_id(tokenizer, "call")
    return [i for i in tokenizer.special_tokens.values() if i != call]


def render(messages: Sequence[Message], tokenizer: AnyTokenizer) -> tuple[list[int], list[int]]:
    """A conversation as token ids, and a mask of equal length: 1 on what the assistant must learn to write.

    That is its text, its calls and the <|end|> of both; never <|assistant|>, which the program writes, nor
    what others say, tools included.

    >>> from pocketgpt.tokenizer import Tokenizer
    >>> ids, mask = render([Message("user", "a"), Message("assistant", "b")], Tokenizer([]))
    >>> ids  # <|endoftext|>  <|user|>, space, a, <|end|>  <|assistant|>, space, b, <|end|>
    [256, 258, 32, 97, 260, 259, 32, 98, 260]
    >>> mask
    [0, 0, 0, 0, 0, 0, 1, 1, 1]
    """
    check(messages)
    special = {name: special_id(tokenizer, name) for name in (*ROLES, "end")}
    ids, mask = [tokenizer.eot_id], [0]
    for i, message in enumerate(messages):
        before = messages[i - 1].role if i else ""
        after = messages[i + 1].role if i + 1 < len(messages) else ""
        opening = [special[message.role]]
        if message.role == "call" and before != "assistant":
            opening = [special["assistant"], special["call"]]
        text = encode_text(message.content, tokenizer)
        breaks_off = message.role == "assistant" and after == "call"
        block = opening + text + ([] if breaks_off else [special["end"]])
        own = message.role in ("assistant", "call")
        ids += block
        mask += [int(own and token != special["assistant"]) for token in block]
    return ids, mask


def _exchanges(messages: Sequence[Message]) -> list[list[Message]]:
    """Cut at each user's message: a question stays with its answer."""
    parts: list[list[Message]] = []
    for message in messages:
        if message.role == "user" or not parts:
            parts.append([])
        parts[-1].append(message)
    return parts


def shorten(
    messages: Sequence[Message], tokenizer: AnyTokenizer, room: int, context: int | None = None
) -> Conversation:
    """The conversation without its oldest exchanges (a question with its answer), until it has at most `room`
    tokens; the system message stays, and no exchange is cut in two.

    Raises PocketError if the system message and the last exchange alone are too long; it names the model's context,
    if that is given.
    """
    check(messages)
    system = list(messages[:1]) if messages and messages[0].role == "system" else []
    exchanges = _exchanges(messages[len(system) :])
    while True:
        kept = system + [message for exchange in exchanges for message in exchange]
        length = len(render(kept, tokenizer)[0])
        if length <= room:
            return kept
        if len(exchanges) <= 1:
            where = "" if context is None else f" beside an answer into this model's context of {context}"
            raise PocketError(
                f"The last question with all that belongs to it has {length} tokens, and {room} fit{where}: "
                "shorten it, or take a model with a longer context."
            )
        exchanges = exchanges[1:]


def prompt(messages: Sequence[Message], tokenizer: AnyTokenizer, room: int, context: int | None = None) -> list[int]:
    """Ids up to the open <|assistant|>, at most `room`; the oldest exchanges may be left out, as `shorten` does."""
    if not messages or messages[-1].role not in ("user", "result"):
        raise PocketError("It isn't the assistant's turn: end the messages with one of the user's.")
    kept = shorten(messages, tokenizer, room - 1, context)
    return render(kept, tokenizer)[0] + [special_id(tokenizer, "assistant")]


def with_tools(messages: Sequence[Message], tools: Iterable[str] | None) -> Conversation:
    """The conversation with a system message that names the tools: only so does a model know of them.

    >>> with_tools([Message("user", "Hi")], ["search"])[0]
    Message(role='system', content='Tools: search.')
    """
    if not tools:
        return list(messages)
    line = f"Tools: {', '.join(tools)}."
    if messages and messages[0].role == "system":
        return [Message("system", f"{messages[0].content} {line}"), *messages[1:]]
    return [Message("system", line), *messages]
