"""The last chat: the same message to every stage, side by side, as data; `chat_views` makes HTML of it.

    columns = [Column(name, stage) for name, stage in stages.items()]
    for column in in_turn(columns, "Who are you?"): ...  # each time, the column that has grown

Also the trace of one question through the system, step by step.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import torch

from pocketgpt.chat import Conversation, Message, prompt, render, with_tools
from pocketgpt.chat.template import shorten
from pocketgpt.errors import PocketError
from pocketgpt.evaluation.confidence import next_probabilities, token_probabilities
from pocketgpt.sampling.distribution import token_at
from pocketgpt.sampling.generate import prompt_ids
from pocketgpt_lessons.display.html import piece_text, visible
from pocketgpt_lessons.speakers import Speaker, growing

LONGEST_MESSAGE = 400  # characters


@dataclass
class Column:
    """One stage's side of the chat: its name, the stage, and what has been said."""

    name: str
    stage: Speaker
    messages: Conversation = field(default_factory=list)
    note: str = ""  # why it said no more


def in_turn(columns: Sequence[Column], question: str, temperature: float = 0.0, seed: int = 0) -> Iterator[Column]:
    """Ask all columns the same, and let each write one token after the other: the column that has just grown.

    So all first tokens come before any second one. A stage that can't take the message says so in its `note`.
    """
    running = []
    for column in columns:
        column.messages, column.note = [*column.messages, Message("user", question)], ""
        running.append((column, growing(column.stage, list(column.messages), temperature, seed)))
    while running:
        going = []
        for column, run in running:
            try:
                column.messages = next(run)
                going.append((column, run))
            except StopIteration:
                pass
            except PocketError as error:
                column.messages, column.note = column.messages[:-1], str(error)
            yield column
        running = going


@dataclass(frozen=True)
class SeenToken:
    """A token as the model has it before it: its text, its id, whether the model wrote it, and with which chance."""

    piece: str
    id: int
    own: bool
    probability: float


def seen_tokens(column: Column) -> list[SeenToken]:
    """All tokens that the stage has before it now, or, of a stage that goes on with a text, the last text's."""
    stage, messages = column.stage, column.messages
    tokenizer, context = stage.tokenizer, stage.model.config.context
    if not messages:
        return []
    if stage.converses:
        ids, own = render(shorten(with_tools(messages, stage.tools), tokenizer, context), tokenizer)
    else:
        last = max(i for i, message in enumerate(messages) if message.role == "user")
        start = prompt_ids(tokenizer, messages[last].content)
        more = tokenizer.encode("".join(message.content for message in messages[last + 1 :]))
        ids, own = (start + more)[:context], ([0] * len(start) + [1] * len(more))[:context]
    shares = [1.0, *token_probabilities(stage.model, ids, 1)] if len(ids) > 1 else [1.0]
    rows = zip(ids, own, shares, strict=True)
    return [SeenToken(piece_text(tokenizer.token_bytes(i)), i, bool(mine), share) for i, mine, share in rows]


# --- One question, end to end -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """One step of a trace: its name, what is there after it, and the notebook that explains it."""

    name: str
    shown: str
    notebook: str


NOTEBOOKS: Mapping[str, str] = {
    "tokens": "01_tokenization",
    "model": "02_pretraining",
    "draw": "03_sampling",
    "template": "04_sft",
    "tools": "05_hallucination",
}


@torch.inference_mode()
def trace(stage: Speaker, question: str, luck: float = 0.5) -> list[Step]:
    """What happens to a question: bytes, tokens, template, layers, distribution, draw, calls, results, answer.

    `luck`, from 0 to 1, is the random number of the one draw that is shown, at temperature 1; the answer itself is
    the likeliest one. PocketError for an empty or overlong question, or a stage that doesn't converse.
    """
    question = question.strip()
    if not question or len(question) > LONGEST_MESSAGE or not stage.converses:
        raise PocketError(f"Ask a stage that converses something of 1 to {LONGEST_MESSAGE} characters.")
    model, tokenizer = stage.model, stage.tokenizer
    talk = [Message("user", question)]
    own = tokenizer.encode(f" {question}")
    ids = prompt(with_tools(talk, stage.tools), tokenizer, model.config.context - 100)
    states = torch.stack([x[0, -1] for x in model.residuals(torch.tensor([ids]))])[:, None]  # (n_layer + 1, 1, n_embd)
    best = [int(model.logits(state).argmax()) for state in states]
    chances = next_probabilities(model, states)[0]
    top = chances.topk(5)
    drawn = int(token_at(chances[None], torch.tensor([[luck]]))[0, 0])

    def piece(token: int) -> str:
        return f"“{visible(piece_text(tokenizer.token_bytes(token)))}”"

    raw = f" {question}".encode()
    layers = ", ".join(f"{'embedding' if i == 0 else f'layer {i}'}: {piece(token)}" for i, token in enumerate(best))
    likeliest = ", ".join(f"{piece(int(i))} {100 * p:.1f}%" for p, i in zip(top.values, top.indices, strict=True))
    steps = [
        Step("bytes", f"{len(raw)} of them: {' '.join(map(str, raw[:24]))}{' …' if len(raw) > 24 else ''}", "tokens"),
        Step("tokens", f"{len(own)}: " + " ".join(map(piece, own)), "tokens"),
        Step("template", f"{len(ids)} tokens: " + "".join(piece(i).strip("“”") for i in ids), "template"),
        Step("layers", f"what the model would write next, after each: {layers}", "model"),
        Step("distribution", f"over {len(chances):,} tokens; the likeliest: {likeliest}", "model"),
        Step("draw", f"the random number {luck:g} falls on {piece(drawn)}", "draw"),
    ]
    names = {"call": ("call", "tools"), "result": ("result", "tools"), "assistant": ("answer", "template")}
    *_, whole = growing(stage, talk)
    for message in whole[1:]:
        name, notebook = names[message.role]
        steps.append(Step(name, message.content, notebook))
    return [Step(step.name, step.shown, NOTEBOOKS[step.notebook]) for step in steps]
