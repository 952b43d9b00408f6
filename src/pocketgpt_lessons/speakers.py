"""Models to talk to, each with what it may use: what the chats of notebooks 04 and 09 have in common."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pocketgpt import checkpoints
from pocketgpt.chat import Conversation, Message, Tools, answers, completed, join_pieces, reply
from pocketgpt.chat.tools import standard_tools
from pocketgpt.sampling.generate import continue_all, prompt_ids, stream
from pocketgpt.world import Tables, load_tables

PAGE_TOKENS = 60  # of a speaker that goes on with a text


@dataclass(frozen=True)
class Speaker:
    """A model to talk to; one that has seen no conversations (`converses=False`) goes on with the text. `tools` are
    None for a model that never learned to call any.
    """

    model: Any
    tokenizer: Any
    converses: bool = True
    tools: Tools | None = None


def load_speakers(names: Sequence[str], own: bool = True, tables: Tables | None = None) -> dict[str, Speaker]:
    """Those of the named checkpoints that there are, with tools where the card says that the model has learned to call
    them. The learner's own go before shipped ones; `own=False` takes shipped ones only. Pages to search are those
    of the `tables`, by default the world's.
    """
    found, tools = {}, None
    for name in names:
        if name in checkpoints.names():
            model, tokenizer, card = checkpoints.load(name, own=own)
            if card.get("tools"):
                tools = tools or standard_tools(tables or load_tables())
            found[name] = Speaker(model, tokenizer, "stage" in card, tools if card.get("tools") else None)
    return found


def growing(
    speaker: Speaker, messages: Sequence[Message], temperature: float = 0.0, seed: int = 0
) -> Iterator[Conversation]:
    """The conversation, again and again, as it grows while the speaker answers its last message, token by token.

    Raises PocketError where that message is too long.
    """
    options: dict[str, Any] = {"temperature": temperature, "seed": seed}
    if speaker.converses:
        pieces = []
        for piece in reply(speaker.model, speaker.tokenizer, messages, speaker.tools, **options):
            pieces.append(piece)
            yield [*messages, *join_pieces(pieces)]
        turn = join_pieces(pieces)
        if (whole := completed(turn)) is not turn:
            yield [*messages, *whole]
        return
    tokenizer, written = speaker.tokenizer, []
    start = prompt_ids(tokenizer, messages[-1].content)
    for [token] in stream(speaker.model, [start], PAGE_TOKENS, stop_ids=[tokenizer.eot_id], **options):
        written += [token] * (token != tokenizer.eot_id)
        yield [*messages, Message("assistant", tokenizer.decode(written).rstrip("\ufffd"))]


def say(speaker: Speaker, texts: Sequence[str], max_tokens: int, temperature: float = 0.0, seed: int = 0) -> list[str]:
    """What the model says to each text, in a conversation of its own and without tools, or how it goes on with it."""
    options: dict[str, Any] = {"temperature": temperature, "seed": seed}
    if speaker.converses:
        talks = [[Message("user", text)] for text in texts]
        return answers(speaker.model, speaker.tokenizer, talks, max_tokens=max_tokens, **options)
    tokenizer = speaker.tokenizer
    prompts = [prompt_ids(tokenizer, text) for text in texts]
    written = continue_all(speaker.model, prompts, max_tokens, stop_ids=[tokenizer.eot_id], **options)
    return [tokenizer.decode([i for i in ids if i != tokenizer.eot_id]).strip() for ids in written]
