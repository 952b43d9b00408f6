"""Interactive conversations: a viewer of the template with its loss mask, and a chat that shows its tokens.

Thin ipywidgets shells over the HTML of `sft.views`, as in `display.viewer`.
"""

import threading
import time
from collections.abc import Mapping, Sequence
from html import escape

import ipywidgets as W

from pocketgpt.chat import Conversation, Message, render, with_tools
from pocketgpt.chat.template import shorten
from pocketgpt.errors import PocketError
from pocketgpt.sampling.generate import prompt_ids
from pocketgpt_lessons.display.html import piece_text, token_chips
from pocketgpt_lessons.display.viewer import (
    Viewer,
    display_with_fallback,
    looks,
    on_enter,
    row,
    temperature_menu,
    tick_box,
)
from pocketgpt_lessons.sft.views import chat_view, template_view
from pocketgpt_lessons.speakers import Speaker, growing, load_speakers

STAGES = ("base", "assistant", "honest")


def template_viewer(conversations: Mapping[str, Sequence[Message]], tokenizer) -> Viewer:
    """Choose one of several conversations, by name, and switch mask and ids on and off."""
    if not conversations:
        raise PocketError("Give at least one conversation, by name, such as {'a greeting': messages}.")
    menu = W.Dropdown(options=list(conversations), description="Conversation", **looks("320px"))
    boxes = [tick_box(True, "Show what counts"), tick_box(False, "Show ids")]

    def view(name: str, mask: bool, ids: bool) -> str:
        return template_view(conversations[name], tokenizer, mask, ids)

    text = f"Template viewer of {len(conversations)} conversations (needs a kernel)."
    if len(conversations) == 1:  # a menu with a single choice would be no control
        return Viewer(boxes, lambda *values: view(menu.value, *values), text)
    return Viewer([menu, *boxes], view, text)


def seen_view(messages: Sequence[Message], speaker: Speaker) -> str:
    """What the model has before it, as tokens: the template with what it wrote marked, or the bare page."""
    tokenizer, context = speaker.tokenizer, speaker.model.config.context
    if not speaker.converses:
        ids = prompt_ids(tokenizer, "".join(m.content for m in messages[-2:]))[:context]
        return token_chips([piece_text(tokenizer.token_bytes(i)) for i in ids], ids)
    kept = shorten(with_tools(messages, speaker.tools), tokenizer, context)
    used = len(render(kept, tokenizer)[0])
    note = f"The model's context: {used} of {context} tokens. ✓ marks what the assistant wrote."
    return f'{template_view(kept, tokenizer)}<div style="font-size:12px">{note}</div>'


class Chat(W.VBox):
    """A chat with one of several models. Made by `chat`."""

    def __init__(self, models: Mapping[str, Speaker], question: str, system: str, temperature: float):
        self.models, self.messages, self.status = dict(models), [], ""
        self._busy = threading.Lock()  # a second key press must not start a second answer
        self.stage = W.Dropdown(options=list(models), value=list(models)[-1], description="Model")
        self.temperature = temperature_menu(temperature, (0.3, 0.5, 0.7, 1.0, 1.5), "270px")
        self.tokens = tick_box(False, "Show tokens")
        self.system = W.Text(system, description="System message", placeholder="none", **looks("420px"))
        self.text = W.Text("", description="Your message", placeholder="Ask something", **looks("560px"))
        self.button, self.fresh = W.Button(description="Send"), W.Button(description="New conversation")
        self.picture = W.HTML()
        if question:
            self.ask(question)
        self._draw()
        self._listen()
        chosen = [self.stage] if len(models) > 1 else []  # a menu with a single choice would be no control
        first, last = row(*chosen, self.temperature, self.tokens), row(self.text, self.button, self.fresh)
        super().__init__([first, row(self.system), self.picture, last])
        self.add_class("pocket-widget")

    def _listen(self) -> None:
        self.stage.observe(lambda _: self._start_again(), names="value")
        self.temperature.observe(lambda _: self._answer_again(), names="value")
        self.tokens.observe(lambda _: self._draw(), names="value")
        self.button.on_click(lambda _: self._submit())
        self.fresh.on_click(lambda _: self._clear())
        on_enter(self.text, self._submit)
        on_enter(self.system, self._start_again)

    @property
    def speaker(self) -> Speaker:
        return self.models[self.stage.value]

    def ask(self, question: str) -> None:
        """Say something, and wait for the answer."""
        said = [message for message in self.messages if message.role != "system"]
        if said and said[-1].role == "user":  # it was never answered
            said.pop()
        self._answer([*self._opening(), *said, Message("user", question)])

    def _opening(self) -> Conversation:
        words = self.system.value.strip()
        return [Message("system", words)] if words else []

    def _submit(self) -> None:
        question = self.text.value.strip()
        if not question:
            self._say("Type a message first, then press Enter or Send.")
            return
        self.ask(question)
        if not self.status:
            self.text.value = ""

    def _start_again(self) -> None:
        """A new conversation that begins with the last question: the same one to another model."""
        questions = [message for message in self.messages if message.role == "user"]
        self._answer([*self._opening(), *questions[-1:]])

    def _answer_again(self) -> None:
        places = [i for i, message in enumerate(self.messages) if message.role == "user"]
        self._answer(self.messages[: places[-1] + 1] if places else self.messages)

    def _clear(self) -> None:
        self.messages = []
        self._say("A new conversation. Type a message.")

    def _answer(self, messages: Conversation) -> None:
        """Take over the messages, and let the model answer if it is its turn."""
        if not self._busy.acquire(blocking=False):
            self._say("One moment: the last answer isn't complete yet.")
            return
        before, self.messages, self.status = self.messages, messages, ""
        try:
            if messages and messages[-1].role == "user":
                self._write(messages)
        except PocketError as error:
            self.messages, self.status = before, str(error)
        finally:
            self._busy.release()
        self._draw()

    def _write(self, messages: Conversation) -> None:
        drawn = time.monotonic()
        for grown in growing(self.speaker, messages, self.temperature.value, seed=len(messages)):
            self.messages = grown
            if time.monotonic() > drawn + 0.1:  # a browser can't follow every token
                self._draw()
                drawn = time.monotonic()

    def _say(self, status: str) -> None:
        self.status = status
        self._draw()

    def _draw(self) -> None:
        html = chat_view(self.messages, self.stage.value, self.speaker.converses)
        if self.tokens.value and self.messages:
            try:
                html += seen_view(self.messages, self.speaker)
            except PocketError as error:
                html += escape(str(error))
        told = f"Temperature {self.temperature.value:g}. {self.status}"
        self.picture.value = f'{html}<div role="status" style="font-size:12px">{escape(told.strip())}</div>'

    def _ipython_display_(self) -> None:
        text = f"Chat with the models {', '.join(self.models)} (needs a kernel)."
        display_with_fallback(self, self.picture.value, text)


def chat(
    models: Mapping[str, Speaker] | None = None, question: str = "", system: str = "", temperature: float = 0.5
) -> Chat:
    """A chat with a text box, a choice of models and temperature, a system message, and the tokens on demand.

    `models`, by name, are by default the STAGES that there are; the last one speaks first.
    `question` is asked at once, so that there is something to see before anybody types.
    """
    models = load_speakers(STAGES) if models is None else models
    if not models:
        raise PocketError("Give at least one model, by name, such as {'mine': Speaker(model, tokenizer)}.")
    return Chat(models, question, system, temperature)
