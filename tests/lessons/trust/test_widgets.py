"""The hunt, the ballot, the judging and the last chat: every control answers, all text is escaped."""

import re
import xml.etree.ElementTree as ET

import pytest
from tiny import tiny_model

from pocketgpt.chat import Message, render
from pocketgpt.errors import PocketError
from pocketgpt.evaluation.confidence import token_probabilities
from pocketgpt.rlhf.raters import make_crowd
from pocketgpt.tokenizer import Tokenizer
from pocketgpt.world import load_tables
from pocketgpt_lessons.speakers import Speaker
from pocketgpt_lessons.trust import chat_views, last_chat, loop, voting, widgets
from pocketgpt_lessons.trust.chat_views import SURENESS
from pocketgpt_lessons.trust.last_chat import Column

TOKENIZER = Tokenizer([])


@pytest.fixture(scope="module")
def stages():
    models = [tiny_model(seed, vocab_size=TOKENIZER.vocab_size, context=256) for seed in range(3)]
    tools = {"search": lambda text: "found", "calculate": lambda text: "1"}
    return {
        "page": Speaker(models[0], TOKENIZER, converses=False),
        "plain": Speaker(models[1], TOKENIZER),
        "tools": Speaker(models[2], TOKENIZER, tools=tools),
    }


def read(html: str) -> str:
    """The words on the page; fails unless the HTML is well-formed."""
    return " ".join("|".join(ET.fromstring(f"<div>{html}</div>").itertext()).split())


def press_enter(box) -> None:
    box._handle_custom_msg({"event": "submit"}, [])


# --- The last chat as data ----------------------------------------------------------------------------------


def test_all_first_tokens_come_before_any_second_one(stages, monkeypatch):
    texts = {"page": ["a", "ab"], "plain": ["x", "xy", "xyz"], "tools": ["1", "12"]}
    stage_names = {id(stage): name for name, stage in stages.items()}

    def growing(stage, messages, temperature, seed):
        for text in texts[stage_names[id(stage)]]:
            yield [*messages, Message("assistant", text)]

    monkeypatch.setattr(last_chat, "growing", growing)
    columns = [Column(name, stage) for name, stage in stages.items()]
    seen = [(column.name, column.messages[-1].content) for column in last_chat.in_turn(columns, "Hi")]
    assert seen[:3] == [("page", "a"), ("plain", "x"), ("tools", "1")]
    assert [column.messages[-1].content for column in columns] == ["ab", "xyz", "12"]
    assert all(column.messages[0] == Message("user", "Hi") for column in columns)


def test_a_stage_that_cant_take_a_message_says_so_and_the_others_go_on(stages):
    long = Column("page", stages["page"])
    columns = [long, Column("plain", stages["plain"])]
    list(last_chat.in_turn(columns, 300 * "x"))
    assert all(column.messages == [] and "shorten" in column.note for column in columns)
    list(last_chat.in_turn(columns, "Hi"))
    assert all(column.messages and not column.note for column in columns)


def test_tokens_have_the_models_own_probabilities(stages):
    talk = [Message("user", "Hi"), Message("assistant", "Yo")]
    column = Column("plain", stages["plain"], talk)
    ids, own = render(talk, TOKENIZER)
    found = last_chat.seen_tokens(column)
    assert [token.id for token in found] == ids and [token.own for token in found] == [bool(each) for each in own]
    shares = token_probabilities(stages["plain"].model, ids, 1)
    assert [token.probability for token in found[1:]] == pytest.approx(shares)
    page = last_chat.seen_tokens(Column("page", stages["page"], talk))
    assert "".join(token.piece for token in page if token.own) == "Yo"
    assert last_chat.seen_tokens(Column("plain", stages["plain"])) == []


def test_a_trace_goes_from_bytes_to_the_answer(stages):
    steps = last_chat.trace(stages["plain"], "Hé", luck=0.0)
    by_name = {step.name: step for step in steps}
    assert list(by_name)[:6] == ["bytes", "tokens", "template", "layers", "distribution", "draw"]
    assert by_name["bytes"].shown == "4 of them: 32 72 195 169"  # a space, H, and two bytes of é
    assert by_name["layers"].shown.count("layer ") == 2 and "<|assistant|>" in by_name["template"].shown
    assert all(re.fullmatch(r"\d\d_\w+", step.notebook) for step in steps)
    for wrong in ("", 500 * "x"):
        with pytest.raises(PocketError, match="1 to 400"):
            last_chat.trace(stages["plain"], wrong)
    with pytest.raises(PocketError, match="converses"):
        last_chat.trace(stages["page"], "Hi")


# --- Views --------------------------------------------------------------------------------------------------


def test_what_is_said_is_escaped_in_every_view(stages):
    column = Column("pla<i>n", stages["plain"], [Message("user", "<b>&"), Message("assistant", "<u>")], "<s>note")
    for view in chat_views.VIEWS:
        html = chat_views.column_view(column, view)
        assert "<s>note" in read(html) and not re.search("<(u|s|i)>", html)
    assert "%" in read(chat_views.column_view(column, SURENESS))


def test_the_page_to_keep_is_whole_and_holds_every_column(stages):
    columns = [
        Column(name, stage, [Message("user", "<q>"), Message("assistant", name)]) for name, stage in stages.items()
    ]
    page = chat_views.transcript_page(columns)
    assert page.startswith("<!doctype html>") and "<q>" not in page and page.count("&lt;q&gt;") == 3
    body = page.split("\n", 1)[1]
    assert all(name in " ".join(ET.fromstring(body).itertext()) for name in stages)
    assert not re.search(r"(src|href)=", page)


def test_a_trace_links_each_step_to_its_notebook(stages):
    html = chat_views.trace_view(last_chat.trace(stages["plain"], "Hi"), "plain")
    links = re.findall(r'href="(\w+)\.ipynb"', html)
    assert {"01_tokenization", "02_pretraining", "03_sampling", "04_sft"} <= set(links)
    assert "1. bytes" in read(html) and "01 tokenization" in read(html) and html.count("underline") == html.count("<a ")


# --- Shells -------------------------------------------------------------------------------------------------


def test_the_last_chat_answers_in_all_columns(stages):
    chat = widgets.last_chat(stages, "Hello")
    assert len(chat.pictures) == 3
    for name, picture in zip(stages, chat.pictures, strict=True):
        assert name in read(picture.value) and "Hello" in read(picture.value)
    before = [picture.value for picture in chat.pictures]
    chat.text.value = "Again <b>"
    press_enter(chat.text)
    assert all("Again <b>" in read(picture.value) for picture in chat.pictures) and chat.text.value == ""
    assert [picture.value for picture in chat.pictures] != before
    for view in chat_views.VIEWS[::-1]:
        chat.view.value = view
        read(chat.pictures[1].value)
    chat.temperature.value = 0.5
    assert "Temperature 0.5" in read(chat.line.value)
    chat.fresh.click()
    assert "Nothing has been said" in read(chat.pictures[0].value) and "new conversation" in read(chat.line.value)


def test_empty_and_overlong_messages_are_refused_in_words(stages):
    chat = widgets.last_chat(stages)
    chat.button.click()
    assert "Type a message first" in chat.line.value
    chat.text.value = 401 * "x"
    chat.button.click()
    assert "Shorten your message" in chat.line.value and chat.text.value


def test_one_tab_is_chosen_where_it_is_narrow(stages):
    chat = widgets.last_chat(stages)
    assert "pocket-side" in chat._dom_classes and "@container" in chat_views.STYLE
    for name in stages:
        chat.tabs.value = name
        chosen = ["pocket-chosen" in picture._dom_classes for picture in chat.pictures]
        assert chosen == [other == name for other in stages]


def test_a_chat_is_saved_under_a_new_name_each_time(stages, tmp_path, monkeypatch):
    monkeypatch.setenv("POCKETGPT_OWN", str(tmp_path))
    chat = widgets.last_chat({"plain": stages["plain"]}, "Hello")
    chat.keep.click()
    chat.keep.click()
    assert sorted(path.name for path in (tmp_path / "chats").iterdir()) == ["chat-1.html", "chat-2.html"]
    assert "chat-2.html" in chat.line.value
    assert "Hello" in (tmp_path / "chats" / "chat-1.html").read_text(encoding="utf-8")


def test_a_second_message_must_wait(stages):
    chat = widgets.last_chat({"plain": stages["plain"]})
    chat._busy.acquire()
    chat.ask("Hi")
    assert "One moment" in chat.line.value and chat.columns[0].messages == []


def test_a_chat_needs_a_stage():
    with pytest.raises(PocketError, match="at least one stage"):
        widgets.last_chat({})
    with pytest.raises(PocketError, match="converses"):
        widgets.tracer({}, "Hi")


def test_the_tracer_follows_its_controls(stages):
    viewer = widgets.tracer(stages, "Hi")
    question, name, luck = viewer.controls
    seen = {viewer.picture.value}
    luck.value = 0.99
    name.value = "plain"
    question.value = ""
    seen.add(viewer.picture.value)
    assert len(seen) == 2 and "1 to 400 characters" in viewer.picture.value


def test_failures_are_counted_once_each(stages):
    hunt = widgets.Hunt(stages, "Which is larger?")
    assert "Inputs tried: 1. Failures found: 0." in read(hunt.picture.value)
    hunt.fails.click()
    hunt.fails.click()
    assert "Failures found: 1." in read(hunt.picture.value)
    hunt.menu.value = "plain"
    assert "plain|, asked" in read(hunt.picture.value) and "Inputs tried: 2." in read(hunt.picture.value)
    hunt.text.value = "<u>"
    press_enter(hunt.text)
    assert "“<u>”" in read(hunt.picture.value) and "<u>" not in hunt.picture.value
    hunt.fails.click()
    assert "Inputs tried: 3. Failures found: 2." in read(hunt.picture.value)


@pytest.fixture(scope="module")
def shown():
    return voting.gallery(make_crowd(load_tables()), {"one": ["A <b>.", "B."], "two": ["They laughed.", "D."]})


def test_votes_by_button_and_by_key(shown):
    ballot = widgets.Ballot(shown, [(0, 2), (3, 1)], [("one", "two")])
    assert "one" not in read(ballot.picture.value) and "A <b>." in read(ballot.picture.value)
    ballot.first.click()
    assert "The last pair was one against two" in read(ballot.picture.value)
    ballot.key_box.value = "2"  # the key alone, without Enter
    assert ballot.key_box.value == ""
    assert ballot.own_votes() == [("one", "two"), ("one", "two")] and ballot.first.disabled
    ballot.back.click()
    ballot.key_box.value = "7"
    assert "Press 1 or 2" in read(ballot.picture.value) and len(ballot.votes()) == 2
    ballot.second.click()
    assert "Press 1 or 2" not in read(ballot.picture.value) and len(ballot.votes()) == 3
    ballot.back.click()
    assert len(ballot.choices) == 1 and "1 votes of yours and 1 votes" in ballot.source()
    assert "You didn't vote" in widgets.Ballot(shown, [(0, 2)], []).source()
    with pytest.raises(PocketError, match="at least one pair"):
        widgets.Ballot(shown, [], [])


def claims(n: int = 4) -> list[loop.Claim]:
    tones = (loop.SURE, loop.MODEST)
    return [
        loop.Claim(
            f"Who is {i}?",
            f"It is <{i}>.",
            i < n // 2,
            (tones[i % 2], tones[1 - i % 2], tones[i % 2]),
            (" It", " is"),
            (0.9, 0.1),
            "A page.",
        )
        for i in range(n)
    ]


def test_three_rounds_bring_more_and_more_help():
    seconds = iter(range(0, 1000, 5))
    judging = widgets.Judging(claims(), clock=lambda: float(next(seconds)))
    assert "Round 1" in read(judging.picture.value) and "10.0%" not in read(judging.picture.value)
    for _ in range(4):
        judging.trust.click()
    assert "Round 2" in read(judging.picture.value) and "10.0%" in read(judging.picture.value)
    assert "A source" not in read(judging.picture.value)
    for _ in range(4):
        judging.doubt.click()
    assert "A source" in read(judging.picture.value)
    assert "8 verdicts are yours, 4 are simulated" in judging.source()
    for _ in range(5):
        judging.trust.click()
    assert judging.done and judging.trust.disabled and judging.source() == "All verdicts are yours."
    rows = loop.summary(judging.claims, judging.verdicts())
    assert [row["right"] for row in rows] == [2, 2, 2] and rows[0]["seconds"] == 5.0
    assert rows[0]["sure trusted"] == 2 and rows[1]["sure trusted"] == 0
    with pytest.raises(PocketError, match="at least one claim"):
        widgets.Judging([])


def test_every_widget_has_its_class(stages, shown):
    made = [
        widgets.Hunt(stages),
        widgets.Ballot(shown, [(0, 2)], []),
        widgets.Judging(claims()),
        widgets.last_chat(stages),
    ]
    assert all("pocket-widget" in widget._dom_classes for widget in made)
