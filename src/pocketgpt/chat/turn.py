"""The assistant's turn: the model writes, tools run when it calls them, until it ends its turn.

    talk = [Message("user", "In which year was Ada Byte born?")]
    for piece in reply(model, tokenizer, talk):
        print(piece.text, end="")

`replies` and `answers` do the same for many conversations at once.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pocketgpt.chat.template import Conversation, Message, encode_text, prompt, special_id, turn_stops, with_tools
from pocketgpt.chat.tools import run_call
from pocketgpt.errors import PocketError
from pocketgpt.model import GPT
from pocketgpt.sampling.generate import continue_all, stream
from pocketgpt.tokenizer import AnyTokenizer

RESERVE = {"user": 96, "result": 40}  # tokens left free for what answers a user, or a result
MOST_CALLS = 3  # of tools in one turn
SEED_STRIDE = 10_000  # from the seed of what is written before a call to that of what is written after it

Tools = Mapping[str, Callable[[str], str]]


@dataclass(frozen=True)
class Piece:
    """A bit of the assistant's turn: role assistant, call or result; its ids; the text that they add."""

    role: str
    ids: tuple[int, ...]
    text: str


@dataclass(frozen=True)
class Reply:
    """A whole turn: the new messages, and whether the model ended it by itself with <|end|>."""

    messages: tuple[Message, ...]
    ended: bool

    @property
    def text(self) -> str:
        """The answer: the last thing that the assistant says, "" if it says nothing."""
        return next((m.content for m in reversed(self.messages) if m.role == "assistant"), "")

    @property
    def calls(self) -> list[str]:
        """What the assistant asked of tools."""
        return [message.content for message in self.messages if message.role == "call"]


def parse(ids: Sequence[int], tokenizer: AnyTokenizer) -> Reply:
    """What the model wrote after <|assistant|>, as messages: text, and a call if it is complete."""
    call, stops = special_id(tokenizer, "call"), turn_stops(tokenizer)
    ended = bool(ids) and ids[-1] == special_id(tokenizer, "end")
    words = [i for i in ids if i not in stops]
    cut = words.index(call) if call in words else len(words)
    text = tokenizer.decode(words[:cut]).strip()
    called = tokenizer.decode([i for i in words[cut:] if i != call]).strip()
    messages = [Message("assistant", text)] if text or cut == len(words) or not ended else []
    if cut < len(words) and ended:
        messages.append(Message("call", called))
    return Reply(tuple(messages), ended)


def _next_prompt(model: GPT, tokenizer: AnyTokenizer, talk: Conversation, max_tokens: int) -> list[int] | None:
    """The prompt of the assistant's next stretch; where a tool's result is too long for it, an error takes the
    result's place, also in `talk`. None where not even that fits, after call upon call: the turn is over.
    """
    context, last = model.config.context, talk[-1].role if talk else "user"
    room = context - min(max_tokens, RESERVE.get(last, 0), context // 2)
    try:
        return prompt(talk, tokenizer, room, context)
    except PocketError:
        if last != "result":
            raise
    talk[-1] = Message("result", "error: the result is too long.")
    try:
        return prompt(talk, tokenizer, room, context)
    except PocketError:
        return None


def _result(tools: Tools | None, call: Message, calls: int) -> Message:
    """What comes back from the call, the number `calls` of this turn, counted from 0."""
    if calls >= MOST_CALLS:
        return Message("result", "error: there were too many calls.")
    return Message("result", run_call(tools or {}, call.content))


def reply(
    model: GPT,
    tokenizer: AnyTokenizer,
    messages: Sequence[Message],
    tools: Tools | None = None,
    max_tokens: int = 250,
    **options: Any,
) -> Iterator[Piece]:
    """The assistant's turn, piece by piece, as the model writes it; `join_pieces` makes messages of it.

    When the model has written a call, the tool runs and its result goes into the conversation; the turn ends at
    a call too many. Each stretch of writing ends after `max_tokens` or at the model's context. `options` are
    those of sampling.generate.stream: temperature, top_k, top_p, min_p, seed.
    """
    talk = with_tools(messages, tools)
    for calls in range(MOST_CALLS + 1):
        ids = _next_prompt(model, tokenizer, talk, max_tokens)
        if ids is None:
            return
        written: list[int] = []
        role, shown = "assistant", ""
        for [token] in stream(model, [ids], max_tokens, stop_ids=turn_stops(tokenizer), **options):
            assert token is not None  # a stream of one prompt ends with it
            written.append(token)
            if token == special_id(tokenizer, "call"):
                role, shown = "call", ""
            text = _text_so_far(written, tokenizer)
            yield Piece(role, (token,), text[len(shown) :])
            shown = text
        new = parse(written, tokenizer).messages
        if new[-1].role != "call":
            return
        result = _result(tools, new[-1], calls)
        talk += [*new, result]
        yield Piece("result", tuple(encode_text(result.content, tokenizer)), result.content)


def _text_so_far(ids: Sequence[int], tokenizer: AnyTokenizer) -> str:
    """The text since the last <|call|>, as far as its characters are complete."""
    special = set(tokenizer.special_tokens.values())
    start = max((i + 1 for i, token in enumerate(ids) if token == special_id(tokenizer, "call")), default=0)
    text = tokenizer.decode([i for i in ids[start:] if i not in special])
    # A character of several bytes may still lack some: wait for them.
    return text.rstrip("\ufffd").removeprefix(" ")


def join_pieces(pieces: Iterable[Piece]) -> Conversation:
    """The messages that the pieces of a turn make; a call that was never finished is left out.

    >>> join_pieces([Piece("assistant", (1,), "Go"), Piece("assistant", (2,), "od."), Piece("call", (3,), "")])
    [Message(role='assistant', content='Good.')]
    """
    messages: Conversation = []
    for piece in pieces:
        if messages and messages[-1].role == piece.role:
            messages[-1] = Message(piece.role, messages[-1].content + piece.text)
        else:
            messages.append(Message(piece.role, piece.text))
    return messages[:-1] if messages and messages[-1].role == "call" else messages


def completed(turn: Conversation) -> Conversation:
    """A turn with an answer at its end, so that the chat can go on: nothing is said where a call has never ended.

    >>> completed([])
    [Message(role='assistant', content='')]
    """
    return turn if turn and turn[-1].role == "assistant" else [*turn, Message("assistant", "")]


def replies(
    model: GPT,
    tokenizer: AnyTokenizer,
    conversations: Sequence[Sequence[Message]],
    tools: Tools | None = None,
    max_tokens: int = 100,
    temperature: float = 0.0,
    seed: int = 0,
    batch: int = 128,
) -> list[Reply]:
    """The assistant's turn in many conversations at once, with tools as in `reply`: hundreds take seconds."""
    talks = [with_tools(messages, tools) for messages in conversations]
    lengths = [len(talk) for talk in talks]
    ended = [False] * len(talks)
    todo, stops = list(range(len(talks))), turn_stops(tokenizer)
    for calls in range(MOST_CALLS + 1):
        prompts = {i: _next_prompt(model, tokenizer, talks[i], max_tokens) for i in todo}
        for i in todo:
            ended[i] = ended[i] and prompts[i] is not None  # a turn without room to go on was cut off
        prompts = {i: ids for i, ids in prompts.items() if ids is not None}
        options = {"seed": seed + SEED_STRIDE * calls, "temperature": temperature, "stop_ids": stops}
        found = continue_all(model, list(prompts.values()), max_tokens, batch=batch, **options)
        calling = []
        for i, ids in zip(prompts, found, strict=True):
            new = parse(ids, tokenizer)
            talks[i] += new.messages
            ended[i] = new.ended
            if new.messages[-1].role == "call":
                talks[i].append(_result(tools, new.messages[-1], calls))
                calling.append(i)
        todo = calling
        if not todo:
            break
    return [Reply(tuple(talk[n:]), end) for talk, n, end in zip(talks, lengths, ended, strict=True)]


def answers(
    model: GPT, tokenizer: AnyTokenizer, conversations: Sequence[Sequence[Message]], **options: Any
) -> list[str]:
    """The text of each reply; options as in `replies`."""
    return [found.text for found in replies(model, tokenizer, conversations, **options)]
