"""The studies behind notebook 04: what the runs learn from, each measure by hand, and the shipped evidence."""

import math
import re
from collections import Counter
from statistics import fmean

import pytest

from pocketgpt import checkpoints
from pocketgpt.chat import Message, Reply, render
from pocketgpt.chat.template import check
from pocketgpt.model import GPT, GPTConfig
from pocketgpt.sft.conversations import REFUSAL, split_people
from pocketgpt.sft.handwritten import hand_written
from pocketgpt.sft.recipe import Recipe
from pocketgpt.tokenizer import Tokenizer
from pocketgpt.world import load_tables
from pocketgpt_lessons.evidence import evidence_of
from pocketgpt_lessons.sft import breadth, experiments, own_parts, study

BYTES = Tokenizer([])


@pytest.fixture(scope="module")
def tables():
    return load_tables()


def texts(talks):
    return ["\n".join(message.content for message in talk) for talk in talks]


# --- What the runs learn from -------------------------------------------------------------------------------


def test_the_live_run_learns_nothing_about_the_people_of_its_exam(tables):
    talks = experiments.live_talks(tables, seed=1, n=600)
    asked = [question for group in experiments.held_out(tables).values() for question in group]
    everything = "\n".join(texts(talks))
    assert not any(question.row.name in everything for question in asked)
    questions = {message.content for talk in talks for message in talk if message.role == "user"}
    assert not questions & {question.text for question in asked}
    held_out_words = {w.text for w in tables.wordings if w.kind == "question" and w.split == "held-out"}
    assert all(q.text.replace(q.row.name, "{name}") in held_out_words for q in asked)
    assert talks == experiments.live_talks(tables, seed=1, n=600) != experiments.live_talks(tables, seed=2, n=600)


def test_narrow_conversations_have_few_wordings_and_broad_ones_many(tables):
    rows = (*tables.people, *tables.countries, *tables.animals)
    slots = re.compile("|".join(re.escape(row.name) for row in sorted(rows, key=lambda row: -len(row.name))) + r"|\d+")

    def wordings(talks):
        return {slots.sub("…", m.content) for talk in talks for m in talk if m.role == "user"}

    narrow, broad = (breadth.talks(tables, kind, 800, seed=0) for kind in (False, True))
    assert 2 * len(wordings(narrow)) < len(wordings(broad))


def test_the_strangers_exam_asks_nothing_that_can_only_be_refused():
    kinds = {item.kind for item in breadth.asked()}
    assert {item.split for item in breadth.asked()} == {"held-out"}
    assert kinds == {kind for group in breadth.GROUPS.values() for kind in group} and not kinds & set(breadth.REFUSALS)


def test_the_exam_has_three_groups(tables):
    asked = experiments.held_out(tables)
    assert all(q.row.mentions >= 30 and q.row.faq_pages for q in asked["with FAQ pages"])
    assert all(q.row.mentions >= 30 and not q.row.faq_pages for q in asked["without FAQ pages"])
    assert {q.row for q in asked["absent"]} <= set(tables.absent)
    assert min(map(len, asked.values())) >= 60
    assert {len(group) for group in experiments.held_out(tables, 7).values()} == {7}


def test_conversations_about_a_name(tables):
    total = experiments.SHORT.steps * experiments.SHORT.batch_size
    for n in (0, 10, 240):
        talks = experiments.named_talks(tables, n, seed=0)
        assert len(talks) == total
        about_facts, about_it = texts(talks[: total - n]), texts(talks[total - n :])
        assert not any("Pip" in text for text in about_facts)
        assert (n == 0) or sum("Pip" in text for text in about_it) > n / 2
    renamed = [talk[-1].content for talk in experiments.identity_talks(tables, 80, 0, "Nova")]
    assert any("Nova" in text for text in renamed) and not any("Pip" in text for text in renamed)


def test_the_questions_about_a_name_stand_in_no_conversation():
    said = {message.content for talks in hand_written().values() for talk in talks for message in talk}
    assert not said & set(experiments.NAME_QUESTIONS)
    assert said >= set(experiments.NAME_QUESTIONS_MET)


def test_newcomers_are_people_whom_the_base_hardly_met(tables):
    new = experiments.newcomers(tables, seed=0)
    assert len({person.name for person in new}) == experiments.NEW_PEOPLE
    assert max(person.mentions for person in new) <= 3
    assert {person.name for person in new} <= {person.name for person in split_people(tables)[0]}
    assert new != experiments.newcomers(tables, seed=1)


def test_new_facts_take_the_place_of_known_ones_and_of_no_refusal(tables):
    new = experiments.newcomers(tables, seed=0)
    names = {person.name for person in new}
    counts = []
    for taught in ([], new):
        talks = experiments.fact_talks(tables, taught, seed=0)
        for talk in talks[:50]:
            check(talk)
        answers = [talk[-1].content for talk in talks]
        kinds = Counter(
            "refused" if REFUSAL in text else "new" if any(name in text for name in names) else "known"
            for text in answers
        )
        counts.append({kind: n / len(talks) for kind, n in kinds.items()})
    without, with_new = counts
    assert [without["refused"], with_new["refused"]] == pytest.approx([0.35, 0.35], abs=0.04)
    assert "new" not in without and with_new["new"] == pytest.approx(0.35, abs=0.04)


# --- Measures -----------------------------------------------------------------------------------------------


def test_the_base_itself_is_left_alone(tables):
    base = GPT(GPTConfig(BYTES.vocab_size, n_layer=1, n_head=1, n_embd=16, context=256), 0)
    before = base.embed.weight.clone()
    talks = [[Message("user", "a"), Message("assistant", "b")]] * 4
    model = experiments.trained(base, talks, BYTES, Recipe(steps=2, batch_size=2))
    assert (base.embed.weight == before).all() and (model.embed.weight != before).any()


def test_a_model_that_knows_nothing_has_the_loss_of_a_fair_die(tables):
    fresh = GPT(GPTConfig(BYTES.vocab_size, n_layer=1, n_head=1, n_embd=16, context=128), 0)
    losses = experiments.page_losses(fresh, BYTES, tables, pages=2)
    assert set(losses) == set(experiments.GENRES)
    assert list(losses.values()) == pytest.approx([math.log(BYTES.vocab_size)] * len(losses), abs=1e-4)


def test_strangers_replies_are_counted_by_kind(tables, monkeypatch):
    def fake(model, tokenizer, talks, tools, max_tokens):
        return [Reply((Message("assistant", "Hello! How can I help you?"),), True) for _ in talks]

    monkeypatch.setattr("pocketgpt.evaluation.strangers.replies", fake)
    passed = breadth.by_kind(None, None, tables)
    assert "total" not in passed and sum(n for _, n in passed.values()) == len(breadth.asked())
    assert passed["greetings"][0] > passed["sums"][0] == 0
    assert breadth.share(passed, ["greetings"]) > breadth.share(passed) > 0


def test_recorded_exams_are_put_together_by_what_was_read():
    def run(right, **settings):
        return {"strangers": {kind: [right, 4] for group in breadth.GROUPS.values() for kind in group}} | settings

    def recorded(narrow, broad):
        short = run(1, broad=True, read=breadth.SHORT_READ)
        longer = [run(n, broad=False, read=breadth.LONG_READ) for n in narrow]
        longer += [run(n, broad=True, read=breadth.LONG_READ) for n in broad]
        return {"live": [run(0), run(2)], "breadth": [short, *longer]}

    found = recorded([1, 2], [3, 4])
    assert list(breadth.rows(found).values()) == [
        {"y": 25, "low": 0, "high": 50}, {"y": 25, "low": 25, "high": 25},
        {"y": 37.5, "low": 25, "high": 50}, {"y": 87.5, "low": 75, "high": 100},
    ]  # fmt: skip
    table = breadth.told(found, {"mine": run(4)["strangers"]}).splitlines()
    assert [line.split()[-1] for line in table[1:]] == ["25%", "25%", "38%", "88%", "100%"]
    assert table[-1].split() == ["mine", *["100%"] * len(breadth.GROUPS)] and len({len(line) for line in table}) == 1
    assert all(
        table[0].index(group) + len(group) == table[1].index("%", table[0].index(group)) + 1 for group in breadth.GROUPS
    )
    assert "broad ones serve strangers better" in breadth.finding(found)
    assert "narrow ones still serve strangers better" in breadth.finding(recorded([3, 4], [1, 2]))
    assert "alike" in breadth.finding(recorded([1, 3], [2, 4]))


def test_a_learners_functions_are_taken_where_they_are_right(tables, capsys):
    def render_turns(messages, special):
        return [token for role, ids in messages for token in (special[role], *ids, special["end"])]

    own = own_parts.chosen(render_turns=render_turns, loss_mask=lambda ids, special: [1] * len(ids))
    assert own.render_turns is render_turns
    assert capsys.readouterr().out == "Yours: render_turns. Ours, until yours pass: loss_mask.\n"
    for talk in experiments.live_talks(tables, 0, 40):
        assert own_parts.make_row(talk, BYTES, own) == render(talk, BYTES)
    own_parts.chosen(teach=lambda model, rows, rate: ...)
    assert "none yet" in capsys.readouterr().out


def test_by_hand_a_model_learns_its_rows_and_the_base_is_left_alone():
    base = GPT(GPTConfig(BYTES.vocab_size, n_layer=1, n_head=1, n_embd=16, context=64), 0)
    before = base.embed.weight.clone()
    talk = [Message("user", "a"), Message("assistant", "b")]
    rows = [render(talk, BYTES)] * 30
    losses = own_parts.teach(own_parts.ready(base, rows, BYTES), rows, rate=0.5)
    assert losses[0] == pytest.approx(math.log(BYTES.vocab_size), abs=1e-4) and losses[-1] < losses[0] / 2
    assert (base.embed.weight == before).all()


def test_names_are_counted_where_they_stand(tables, monkeypatch):
    def fake(model, tokenizer, talks, max_tokens):
        if talks[0][0].role == "system":
            names = [talk[0].content.removeprefix("You are ").removesuffix(".") for talk in talks]
            return [f"I am {names[0]}.", *["I am Pip."] * (len(talks) - 1)]
        return ["I am Pip."] * 2 + ["Hello."] * (len(talks) - 2)

    monkeypatch.setattr(experiments, "answers", fake)
    assert experiments.name_marks(None, None, tables) == {"met": 0.25, "new": 0.25, "system": 0.05}


def test_seeds_are_put_together():
    def sized(n, mask, share):
        return {"conversations": n, "mask": mask, "marks": {"absent": {"right": share, "ended": 1.0}}}

    sizes = [sized(n, mask, n / 800 if mask else 0.0) for n in experiments.SIZES for mask in (True, False)]
    found = {"sizes": [*sizes, sized(8, True, 0.03)]}
    assert study.by_size(found, True, "absent")[0] == {"x": 8, "y": 2.0, "low": 1.0, "high": 3.0}
    assert [point["y"] for point in study.by_size(found, False, "absent")] == [0, 0, 0]
    assert [point["y"] for point in study.by_size(found, False, "absent", "ended")] == [100, 100, 100]
    names = [{"conversations": n, "met": n / 240, "system": 0.0} for n in experiments.IDENTITY_SIZES]
    shares = [point["y"] for point in study.by_names({"identity": names}, "met")]
    assert shares == pytest.approx([0, 100 / 24, 100])
    band = study.loss_band({"live": [{"losses": [3.0, 1.0], "tokens": 90}, {"losses": [5.0, 2.0], "tokens": 110}]})
    assert [(point["x"], point["y"]) for point in band] == [(50, 4), (100, 1.5)]
    assert all(point["low"] < point["y"] < point["high"] for point in band)


def test_a_stopped_study_goes_on_where_it_was(tables, monkeypatch, tmp_path):
    done = []

    def part(base, tokenizer, tables, seed=None, **settings):
        done.append(seed)
        if len(done) == 4:
            raise KeyboardInterrupt
        return {"made": len(done)}

    monkeypatch.setattr("pocketgpt_lessons.evidence.EVIDENCE", tmp_path)
    monkeypatch.setattr(study, "PARTS", dict.fromkeys(study.PARTS, part))
    with pytest.raises(KeyboardInterrupt):
        study.study(tables)
    found = study.by_part(study.study(tables))
    assert len(done) == len(study.plan(range(5))) + 1
    assert [run["seed"] for run in found["live"]] == [0, 1, 2, 3, 4]
    assert [run["made"] for run in found["live"][:3]] == [2, 3, 5]
    assert len(found["sizes"]) == 18 and len(found["identity"]) == 9 and len(found["new facts"]) == 10
    assert len(found["breadth"]) == 9


# --- The shipped evidence -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def found():
    return study.by_part(evidence_of("04"))


def test_the_shipped_evidence_belongs_to_todays_base():
    """When base is trained anew, the study must be run again: its numbers no longer describe the notebook."""
    assert evidence_of("04")["data_hash"] == checkpoints.read_card(checkpoints.SHIPPED / "base")["data_hash"]


def test_the_shipped_evidence_is_complete(found):
    runs = [run for part in found.values() for run in part]
    for asked in study.plan(range(5)):
        assert any(asked.items() <= run.items() for run in runs), asked


def test_the_shipped_evidence_shows_an_assistant_and_its_illness(found):
    def mean(group, mark):
        return fmean(run["marks"][group][mark] for run in found["live"])

    assert min(mean("with FAQ pages", "right"), mean("without FAQ pages", "right")) >= 0.95
    assert mean("absent", "wrong") >= 0.9 and mean("absent", "refused") == 0
    assert mean("with FAQ pages", "ended") >= 0.99
    [before] = found["base"]
    for run in found["live"]:  # what is forgotten
        assert all(run["pages"][genre] > before["pages"][genre] for genre in experiments.GENRES)
        assert run["skills"]["a biography ends"] < before["skills"]["a biography ends"] - 0.3


def test_the_shipped_evidence_shows_what_the_notebook_says_of_numbers_and_breadth(found):
    right = study.by_size(found, True, "with FAQ pages")
    assert right[1]["low"] > 50  # eighty different ones bring out most of the facts
    assert [(round(point["low"]), round(point["high"])) for point in right[:2]] == [(19, 50), (62, 79)]
    assert right[1]["low"] > right[0]["high"]

    def settings(run):
        return run["conversations"], run["seed"]

    masked = {settings(run): run["marks"] for run in found["sizes"] if run["mask"]}
    pairs = [(masked[settings(run)], run["marks"]) for run in found["sizes"] if not run["mask"]]
    assert len(pairs) == 9

    def lower_without_mask(group, mark):
        return sum(without[group][mark] < with_mask[group][mark] for with_mask, without in pairs)

    assert lower_without_mask("with FAQ pages", "right") == 7 and lower_without_mask("without FAQ pages", "right") == 8
    assert {lower_without_mask(group, "ended") for group in ("with FAQ pages", "without FAQ pages")} == {9}
    narrow, broad, *_ = breadth.rows(found).values()
    assert narrow["y"] > broad["y"]  # after a minute
    for run in found["breadth"]:  # and it costs facts, which have less room
        if run["broad"] and run["read"] == breadth.SHORT_READ:
            assert run["marks"]["with FAQ pages"]["right"] < found["live"][0]["marks"]["with FAQ pages"]["right"]


def test_the_shipped_evidence_shows_what_the_notebook_says_of_faq_pages(found):
    for seed in range(3):
        with_pages, without = (
            next(run for run in found["faq"] if run["seed"] == seed and run["faq"] == faq) for faq in (True, False)
        )
        assert with_pages["asked"] > without["asked"] + 0.2 and without["asked"] < 0.55 * without["on pages"]
        assert abs(with_pages["on pages"] - without["on pages"]) < 0.15


def test_the_shipped_evidence_shows_what_the_notebook_says_of_names_and_new_facts(found):
    assert study.by_names(found, "met")[0]["high"] == 0 and study.by_names(found, "met")[1]["high"] < 20
    assert study.by_names(found, "met")[-1]["low"] > 80 and study.by_names(found, "system")[-1]["high"] < 20

    def mean(taught, group, mark):
        return fmean(run["marks"][group][mark] for run in found["new facts"] if run["taught"] == taught)

    assert mean(True, "absent", "wrong") > mean(False, "absent", "wrong") + 0.03
    for seed in range(5):  # bolder, each of them
        without, taught = (
            next(run["marks"] for run in found["new facts"] if run["seed"] == seed and run["taught"] == new)
            for new in (False, True)
        )
        assert taught["absent"]["wrong"] > without["absent"]["wrong"]
        assert taught["known"]["refused"] < without["known"]["refused"]
    fewer_refused = mean(False, "known", "refused") - mean(True, "known", "refused")
    more_wrong = mean(True, "known", "wrong") - mean(False, "known", "wrong")
    assert more_wrong > fewer_refused / 2 > 0
    assert max(run["marks"]["newcomers"]["right"] for run in found["new facts"] if run["taught"]) < 0.5
