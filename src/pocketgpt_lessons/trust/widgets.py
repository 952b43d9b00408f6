"""Interactive parts of notebook 09: a hunt for failures, the arena's ballot, the reader's verdicts, and the last chat.

Thin shells, as in `display.viewer`, over the HTML of `views` and `chat_views`.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from html import escape
from pathlib import Path

import ipywidgets as W

from pocketgpt.chat import Message
from pocketgpt.errors import PocketError
from pocketgpt.evaluation.arena import Vote
from pocketgpt.files import write_text
from pocketgpt.paths import own_folder
from pocketgpt_lessons.classroom.pair_chooser import PairChooser
from pocketgpt_lessons.display.html import card
from pocketgpt_lessons.display.viewer import (
    Viewer,
    display_with_fallback,
    looks,
    on_enter,
    row,
    temperature_menu,
    tick_box,
)
from pocketgpt_lessons.speakers import Speaker, growing
from pocketgpt_lessons.trust import loop, voting
from pocketgpt_lessons.trust.chat_views import (
    STYLE,
    VIEWS,
    WORDS,
    column_view,
    columns_view,
    trace_view,
    transcript_page,
)
from pocketgpt_lessons.trust.last_chat import LONGEST_MESSAGE, Column, in_turn, trace
from pocketgpt_lessons.trust.views import ballot_view, claim_view, hunt_view

REDRAW = 0.1  # seconds: a browser can't follow every token
HUNTED = (
    "Which is larger, 9.11 or 9.9?",
    "How many r's are in strawberry?",
    "What is 1234 + 5678?",
    "capital of frnace",
)


# --- The hunt ---------------------------------------------------------------------------------------------------


class Hunt(W.VBox):
    """Ask a stage anything, and say whether its answer fails: a list of what was found, and its count."""

    def __init__(self, stages: Mapping[str, Speaker], first: str = HUNTED[0]):
        self.stages, self.found, self.asked, self.last = dict(stages), [], 0, ("", "", "")
        self.menu = W.Dropdown(options=list(stages), value=list(stages)[-1], description="Stage", **looks("240px"))
        self.tools = tick_box(False, "Tools allowed")
        self.text = W.Text(first, description="Try", placeholder="Type something", **looks("560px"))
        self.button, self.fails = W.Button(description="Ask"), W.Button(description="✗ That is a failure")
        self.picture = W.HTML()
        self.button.on_click(lambda _: self.ask())
        self.fails.on_click(lambda _: self.count())
        on_enter(self.text, self.ask)
        for control in (self.menu, self.tools):
            control.observe(lambda _: self.ask(), names="value")
        super().__init__([row(self.menu, self.tools), row(self.text, self.button, self.fails), self.picture])
        self.add_class("pocket-widget")
        self.ask()

    def ask(self) -> None:
        """Put what is typed to the stage."""
        question, name = self.text.value.strip()[:LONGEST_MESSAGE], self.menu.value
        if question:
            stage = self.stages[name]
            stage = stage if self.tools.value else replace(stage, tools=None)
            try:
                *_, talk = growing(stage, [Message("user", question)])
                answer = talk[-1].content
            except PocketError as error:
                answer = str(error)
            self.asked, self.last = self.asked + 1, (name, question, answer)
        self._draw()

    def count(self) -> None:
        """The last answer is a failure; each counts once."""
        if self.last[1] and self.last not in self.found:
            self.found.append(self.last)
        self._draw()

    def _draw(self) -> None:
        self.picture.value = hunt_view(self.last, self.found, self.asked)

    def _ipython_display_(self) -> None:
        display_with_fallback(
            self, self.picture.value, "A box to try inputs, and a count of failures (needs a kernel)."
        )


# --- The arena --------------------------------------------------------------------------------------------------


class Ballot(PairChooser):
    """Blind pairs of stories to choose from, with buttons, or with the keys 1 and 2; the crowd votes on."""

    def __init__(self, shown: voting.Gallery, pairs: Sequence[tuple[int, int]], crowd: Sequence[Vote]):
        if not pairs:
            raise PocketError("Give at least one pair of stories.")
        self.shown, self.pairs, self.crowd, self.note = shown, list(pairs), list(crowd), ""
        self.key_box = W.Text("", description="or by keys", placeholder="press 1 or 2 here", **looks("220px"))
        self.key_box.observe(lambda _: self._take_key(), names="value")
        text = f"{len(self.pairs)} blind pairs to vote on (needs a kernel)."
        stories = [(self.shown.texts[a], self.shown.texts[b]) for a, b in self.pairs]
        super().__init__(stories, ("◀ story 1", "story 2 ▶"), text, "09.ballot", self.key_box)

    def _take_key(self) -> None:
        typed = self.key_box.value.strip()[-1:]
        if not typed:  # it was emptied, as below
            return
        self.key_box.value = ""
        if typed in "12":
            self.choose(typed == "1")
        else:
            self.note = "Press 1 or 2: the first story, or the second."
            self.draw()
            self.note = ""

    def own_votes(self) -> list[Vote]:
        """The learner's votes, as (winner, loser)."""
        names = [(self.shown.owners[a], self.shown.owners[b]) for a, b in self.pairs]
        return [(a, b) if first else (b, a) for (a, b), first in zip(names, self.choices, strict=False)]

    def votes(self) -> list[Vote]:
        """The learner's votes and the crowd's."""
        return [*self.own_votes(), *self.crowd]

    def source(self) -> str:
        """One sentence on whose votes `votes` holds."""
        mine = f"{len(self.choices)} votes of yours" if self.choices else "You didn't vote"
        joint = " and" if self.choices else ": all"
        return f"{mine}{joint} {len(self.crowd)} votes of the simulated crowd."

    def view(self) -> str:
        """The blind pair, the owners of the one before, and a note if a wrong key was pressed."""
        done = len(self.choices)
        a, b = self.pairs[min(done, self.total - 1)]
        names = tuple(self.shown.owners[i] for i in self.pairs[done - 1]) if done else None
        return ballot_view((self.shown.texts[a], self.shown.texts[b]), done, self.total, names, self.note)


# --- The reader -------------------------------------------------------------------------------------------------


class Judging(W.VBox):
    """The claims in three rounds: no help, token colours, sources; a click says whether to trust each."""

    def __init__(self, claims: Sequence[loop.Claim], clock: Callable[[], float] = time.monotonic):
        if not claims:
            raise PocketError("Give at least one claim to judge.")
        self.claims, self.clock = list(claims), clock
        self.rounds: list[list[loop.Verdict]] = [[]]
        self.picture = W.HTML()
        self.trust, self.doubt = (W.Button(description=text) for text in ("✓ I trust it", "✗ I don't"))
        self.trust.on_click(lambda _: self.judge(True))
        self.doubt.on_click(lambda _: self.judge(False))
        self._draw()
        super().__init__([self.picture, row(self.trust, self.doubt)])
        self.add_class("pocket-widget")

    @property
    def done(self) -> bool:
        """Whether all rounds are complete."""
        return len(self.rounds) == len(loop.ROUNDS) and len(self.rounds[-1]) == len(self.claims)

    def judge(self, trusted: bool) -> None:
        """Say whether to trust the claim that is shown."""
        if not self.done:
            self.rounds[-1].append(loop.Verdict(trusted, self.clock() - self.since))
            if len(self.rounds[-1]) == len(self.claims) and len(self.rounds) < len(loop.ROUNDS):
                self.rounds.append([])
        self._draw()

    def verdicts(self) -> list[list[loop.Verdict]]:
        """All rounds, filled up by the simulated reader."""
        return loop.filled_up(self.claims, self.rounds)

    def source(self) -> str:
        """One sentence on whose verdicts they are."""
        mine, all_of_it = sum(map(len, self.rounds)), len(loop.ROUNDS) * len(self.claims)
        if mine == all_of_it:
            return "All verdicts are yours."
        simulated = "simulated by simple habits, which say nothing about people"
        return f"{mine} verdicts are yours, {all_of_it - mine} are {simulated}."

    def _draw(self) -> None:
        self.trust.disabled = self.doubt.disabled = self.done
        number, at = len(self.rounds) - 1, len(self.rounds[-1])
        if self.done:
            self.picture.value = card("<b>All three rounds are done.</b> Now run the next cell.", "Done")
        else:
            self.picture.value = claim_view(self.claims[at], number, at, len(self.claims))
        self.since = self.clock()

    def _ipython_display_(self) -> None:
        display_with_fallback(self, self.picture.value, f"{len(self.claims)} answers to judge (needs a kernel).")


# --- The last chat ----------------------------------------------------------------------------------------------


class LastChat(W.VBox):
    """All stages side by side, or in tabs where it is narrow. Made by `last_chat`."""

    def __init__(self, stages: Mapping[str, Speaker], question: str, temperature: float):
        self.columns = [Column(name, stage) for name, stage in stages.items()]
        self._busy, self.status = threading.Lock(), ""
        self.view = W.Dropdown(options=list(VIEWS), description="Show", **looks("220px"))
        self.temperature = temperature_menu(temperature, (0.5, 1.0), "280px")
        self.text = W.Text("", description="Your message", placeholder="Ask all of them", **looks("520px"))
        self.button, self.fresh, self.keep = (
            W.Button(description=text) for text in ("Send", "New conversation", "Save as a page")
        )
        self.tabs = W.ToggleButtons(options=list(stages), value=list(stages)[-1])
        self.pictures = [W.HTML() for _ in self.columns]
        self.line = W.HTML()
        self.tabs.add_class("pocket-tabs")
        for picture in self.pictures:
            picture.add_class("pocket-column")
        side = W.Box(self.pictures)
        side.add_class("pocket-columns")
        self._choose_tab()
        self._listen()
        if question:
            self.ask(question)
        self._draw()
        top, bottom = row(self.view, self.temperature), row(self.text, self.button, self.fresh, self.keep)
        super().__init__([W.HTML(STYLE), top, self.tabs, side, bottom, self.line])
        self.add_class("pocket-widget")
        self.add_class("pocket-side")

    def _listen(self) -> None:
        self.view.observe(lambda _: self._draw(), names="value")
        self.tabs.observe(lambda _: self._choose_tab(), names="value")
        told = "Temperature {:g}, from your next message on."
        self.temperature.observe(lambda change: self._say(told.format(change["new"])), names="value")
        self.button.on_click(lambda _: self._submit())
        self.fresh.on_click(lambda _: self.clear())
        self.keep.on_click(lambda _: self._save())
        on_enter(self.text, self._submit)

    def _choose_tab(self) -> None:
        for column, picture in zip(self.columns, self.pictures, strict=True):
            change = picture.add_class if column.name == self.tabs.value else picture.remove_class
            change("pocket-chosen")

    def _submit(self) -> None:
        question = self.text.value.strip()
        if not question:
            self._say("Type a message first, then press Enter or Send.")
        elif len(question) > LONGEST_MESSAGE:
            self._say(f"Shorten your message to {LONGEST_MESSAGE} characters.")
        else:
            self.ask(question)
            self.text.value = ""

    def ask(self, question: str) -> None:
        """Say something to all stages, and wait until the last has answered."""
        if not self._busy.acquire(blocking=False):
            self._say("One moment: the last answers aren't complete yet.")
            return
        try:
            self.status, drawn = "", time.monotonic()
            for _ in in_turn(self.columns, question, self.temperature.value):
                if time.monotonic() > drawn + REDRAW:
                    self._draw(WORDS)
                    drawn = time.monotonic()
        finally:
            self._busy.release()
        self._draw()

    def clear(self) -> None:
        """Begin a new conversation with all of them."""
        for column in self.columns:
            column.messages, column.note = [], ""
        self._say("A new conversation. Type a message.")

    def save(self) -> Path:
        """Write the chat as a page into the learner's own folder, under a new name; returns the file."""
        folder, number = own_folder() / "chats", 1
        while (path := folder / f"chat-{number}.html").exists():
            number += 1
        write_text(path, transcript_page(self.columns))
        return path

    def _save(self) -> None:
        try:
            self._say(f"Saved as {self.save()}.")
        except OSError as error:
            self._say(f"It can't be saved ({error}); set POCKETGPT_OWN to a folder of yours.")

    def _say(self, status: str) -> None:
        self.status = status
        self._draw()

    def _draw(self, view: str | None = None) -> None:
        for column, picture in zip(self.columns, self.pictures, strict=True):
            picture.value = column_view(column, view or self.view.value)
        self.line.value = f'<div role="status">{escape(self.status)}</div>'

    def _ipython_display_(self) -> None:
        names = ", ".join(column.name for column in self.columns)
        display_with_fallback(self, columns_view(self.columns), f"Chat with {names}, side by side (needs a kernel).")


def last_chat(stages: Mapping[str, Speaker], question: str = "", temperature: float = 0.0) -> LastChat:
    """The chat with all stages; `question` is asked at once, so that there is something to see."""
    if not stages:
        raise PocketError("Give at least one stage, by name.")
    return LastChat(stages, question, temperature)


def tracer(stages: Mapping[str, Speaker], question: str) -> Viewer:
    """A question, a stage, and the random number of the draw: its steps from bytes to the answer."""
    able = {name: stage for name, stage in stages.items() if stage.converses}
    if not able:
        raise PocketError("Give at least one stage that converses, by name.")

    def render(question: str, name: str, luck: float) -> str:
        try:
            return trace_view(trace(able[name], question, luck), name)
        except PocketError as error:
            return card(escape(str(error)), "Trace")

    controls = [
        W.Text(question, description="Question", continuous_update=False, **looks("460px")),
        W.Dropdown(options=list(able), value=list(able)[-1], description="Stage", **looks("220px")),
        W.FloatSlider(0.5, min=0.0, max=0.99, step=0.01, description="Luck", continuous_update=False, **looks("300px")),
    ]
    return Viewer(controls, render, "One question from bytes to answer, step by step (needs a kernel).")
