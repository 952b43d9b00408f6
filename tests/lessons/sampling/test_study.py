"""The studies behind notebook 03: each measure on hand-made cases, and the shipped evidence."""

import random

import numpy as np
import pytest
from tiny import tiny_model

from pocketgpt import checkpoints
from pocketgpt.sampling.generate import generate
from pocketgpt.tokenizer import Tokenizer
from pocketgpt.world import load_tables
from pocketgpt_lessons import evidence, prompted_assistant
from pocketgpt_lessons.evidence import evidence_of
from pocketgpt_lessons.sampling import copying, experiments, own_parts
from pocketgpt_lessons.sampling.copied_text import copied_text
from pocketgpt_lessons.sampling.exercises import WRITE

BYTES = Tokenizer([])


@pytest.fixture(scope="module")
def tables():
    return load_tables()


def test_verses_are_new_and_planted_as_often_as_planned(tables):
    plan = experiments.plan_verses(0)
    assert sorted(plan.values()) == sorted(experiments.COUNTS * experiments.VERSES)
    assert not set(plan) & set(experiments.plan_verses(1))
    assert all([len(line.split()) for line in text.splitlines()] == [5] * 4 for text in plan)
    assert len({text.partition("\n")[0] for text in plan}) == len(plan)
    text = BYTES.decode(experiments.reading(tables, BYTES, plan, seed=0).tolist())
    for verse, count in plan.items():
        assert text.count(verse) == count


def test_the_verses_words_are_few_and_their_order_is_random():
    assert all(len(words) == len(set(words)) == 32 for words in experiments.LINE)  # so that a word holds 5 bits
    lines = [experiments.verse(random.Random(seed)).lower().splitlines()[1].split() for seed in range(400)]
    for place, words in enumerate(experiments.LINE):
        assert {line[place] for line in lines} == set(words)


def test_the_control_reads_as_many_tokens_of_pages_that_are_new(tables):
    model = tiny_model(vocab_size=BYTES.vocab_size, context=256)
    run = experiments.read_on(model, BYTES, tables, seed=0)
    control = experiments.read_ordinary(run, model, BYTES, tables, seed=0)
    assert len(control.data.tokens) == len(run.data.tokens) and control.config == run.config
    assert control.model is not model
    text = BYTES.decode(control.data.tokens[:20_000].tolist())
    assert not any(verse in text for verse in run.verses)
    other = experiments.read_ordinary(run, model, BYTES, tables, seed=1)
    assert not np.array_equal(other.data.tokens, control.data.tokens)


def test_recited_share_stops_at_the_first_mistake():
    text = "First line of a verse\none two three four\nfive six seven eight"
    assert experiments.recited_share(text, text) == 1.0
    assert experiments.recited_share(text, text + "\nand more") == 1.0
    assert experiments.recited_share(text, text.replace("three", "tree")) == 0.25
    assert experiments.recited_share(text, text.replace("one", "won")) == 0.0
    assert experiments.recited_share(text, "First line of a verse") == 0.0


def test_a_verse_is_recited_from_its_first_line_alone():
    model = tiny_model(vocab_size=BYTES.vocab_size, context=256)
    [said] = experiments.recite(model, BYTES, ["ab cd\nef gh"])
    assert said.startswith("ab cd") and len(said) > len("ab cd")


def test_lists_use_one_fact_and_one_of_the_known_signs(tables):
    countries = {c.name: c for c in tables.countries}
    for seed in range(30):
        lines = experiments.list_page(random.Random(seed), tables).splitlines()
        fits = [
            (fact, sign)
            for fact in experiments.LISTED
            for sign in experiments.SIGNS
            if all(line in {f"{c.name}{sign} {getattr(c, fact)}" for c in countries.values()} for line in lines)
        ]
        assert len(lines) == 8 and len(fits) == 1
    assert not set(experiments.SIGNS) & set(experiments.NEW_SIGNS)


def test_examples_never_give_the_answer_away_and_the_question_stays(tables):
    few, many = (experiments.shot_questions(tables, k, [" #"], 20, seed=0) for k in (1, 8))
    for a, b in zip(few, many, strict=True):
        assert a.answer == b.answer and a.prompt.splitlines()[-1] == b.prompt.splitlines()[-1]
        assert len(b.prompt.splitlines()) == 9
        asked = b.prompt.splitlines()[-1].removesuffix(" #")
        assert not any(line.startswith(f"{asked} #") for line in b.prompt.splitlines()[:-1])


def test_stretches_are_equal_where_the_tokens_are():
    found = copying.stretches([1, 2, 3, 1, 2, 3, 4], n=3)
    assert len(found) == 5 and found[0] == found[3] and len(set(found.tolist())) == 4
    assert len(copying.stretches([1, 2], n=3)) == 0
    assert copying.stretches([1, 2], n=2) != copying.stretches([2, 1], n=2)


def test_copied_counts_stretches_of_the_corpus_also_across_its_parts():
    rng = np.random.default_rng(0)
    corpus = rng.integers(0, 1000, 2**20 + 500).astype(np.uint16)
    border = corpus[2**20 - 10 : 2**20 + 10].tolist()  # a page that lies in both parts
    new = rng.integers(1000, 2000, 20).tolist()
    found = copying.copied({"old": [border], "new": [new], "mixed": [border, new]}, corpus, n=4)
    assert found == {"old": 100.0, "new": 0.0, "mixed": 50.0}


def test_what_is_copied_is_marked_token_by_token():
    page = BYTES.encode("the cat sat. A <b> dog")
    [found] = copying.copied_stretches([page], np.array(BYTES.encode("so the cat sat.")), n=5)
    covered = copying.covered(found, n=5)
    assert covered == [i < len("the cat sat.") for i in range(len(page))]
    html = copied_text("A page", page, covered, BYTES)
    assert ">the cat sat.</mark> A &lt;b&gt; dog" in html and "A page: 55% of its tokens" in html
    assert copying.covered(np.array([], dtype=bool), n=5) == [False] * 4


def test_pages_are_counted_apart_by_what_they_are_about(tables):
    known, country = tables.people[0].name, next(c.name for c in tables.countries if " " in c.name)
    texts = [f"{known}\n\nText.", f"Questions about {known}\n\nText.", "New Name\n\nText.", f"{country}\n\nText."]
    texts += ["Sums\n\n1 + 1 = 2", "Long ago, there was a cat."]
    pages = [BYTES.encode(text) for text in texts]
    found = [np.array([i == 2, True]) for i in range(len(pages))]
    groups = copying.by_subject(pages, found, BYTES, tables, {known})
    assert {name: each["pages"] for name, each in groups.items()} == {
        copying.KNOWN: 2,
        copying.UNREAD: 1,
        copying.OTHER: 3,
    }
    assert groups[copying.KNOWN]["copied"] == 50.0 and groups[copying.UNREAD]["copied"] == 100.0


def test_a_new_name_is_garbled_if_one_of_its_words_was_nobodys(tables):
    texts = ["Ada Bit\n\nText.", "Questions about Ada Byte\n\nText.", "Bob Byte\n\nText.", "Bit Ada\n\nText.", "Sums"]
    pages = [BYTES.encode(text) for text in texts]
    found = copying.new_names(pages, BYTES, tables, {"Ada Byte", "Bob Bit", "Sums", "Long ago it was"})
    assert found == {"n": 3, "both words read": 2, "garbled": ["Bit Ada"]}


def test_a_page_with_a_start_begins_with_it_and_pages_follow_the_seed():
    model = tiny_model(vocab_size=BYTES.vocab_size, context=256)
    [page] = copying.write_pages(model, BYTES, 1.0, seed=0, n=1, start="Ada")
    assert BYTES.decode(page[:3]) == "Ada" and BYTES.eot_id not in page
    assert page == copying.write_pages(model, BYTES, 1.0, seed=0, n=1, start="Ada")[0]
    assert page != copying.write_pages(model, BYTES, 1.0, seed=1, n=1, start="Ada")[0]


def test_our_writer_is_what_the_exercise_asks_for_and_writes_the_models_text():
    for case in WRITE.cases:
        assert own_parts.our_write(*case) == WRITE.truth(*case)
    model = tiny_model(vocab_size=BYTES.vocab_size, context=64)
    cold = own_parts.text_by(own_parts.our_write, model, BYTES, "ab", n=20, temperature=1e-3, p=1.0, seed=0)
    assert cold == "ab" + generate(model, BYTES, "ab", max_tokens=20, temperature=0)


def test_a_learners_writer_is_used_once_it_is_right():
    used, sentence = own_parts.writer_of(WRITE.truth)
    assert used is WRITE.truth and "your own" in sentence
    for answer, words in ((lambda *_: ..., "isn't written yet"), (lambda ask, ids, *_: [*ids, 9], "isn't right yet")):
        used, sentence = own_parts.writer_of(answer)
        assert used is own_parts.our_write and words in sentence


def test_a_transcript_ends_where_the_answer_is_due(tables):
    people = {person.name: person for person in tables.people}
    for prompt, value in prompted_assistant.transcripts(tables, "User / Helper", 2, 20, seed=0):
        lines = prompt.splitlines()
        assert len(lines) == 6 and lines[-1] == "Helper:"
        asked = [name for name in people if name in lines[4]]
        assert len(asked) == 1 and value in {str(v) for v in vars(people[asked[0]]).values()}
        assert asked[0] not in "".join(lines[:4]) and people[asked[0]].mentions >= 30
    plain = prompted_assistant.transcripts(tables, "Question / Answer", 0, 1, seed=0)[0][0]
    assert plain.count("Question:") == 1 and plain.endswith("\nAnswer:")


def test_the_assistants_marks(tables, monkeypatch):
    asked = prompted_assistant.transcripts(tables, "User / Helper", 0, 2, seed=3)
    said = [f" It is {asked[0][1]}.\nUser: And", f" No idea.\nHelper: {asked[1][1]}"]
    monkeypatch.setattr(prompted_assistant, "continuations", lambda *_, **__: [BYTES.encode(text) for text in said])
    found = prompted_assistant.assistant(None, BYTES, tables, "User / Helper", 0, n=2, seed=3)
    assert (found["right"], found["invented"]) == (1, 1)  # what comes after the first line is no answer


def test_results_of_several_seeds_are_put_together():
    runs = [
        {"recital": [{"x": 0, "y": 0.0}, {"x": 3, "y": y}], "shots": {"base": [{"x": 0, "right": right, "n": 10}]}}
        for y, right in ((10.0, 1), (30.0, 4))
    ]
    band = evidence.band([run["recital"] for run in runs])
    assert (band[1]["x"], band[1]["y"]) == (3, 20.0) and band[1]["low"] < 10 and band[1]["high"] > 30
    [point] = evidence.pooled([run["shots"]["base"] for run in runs])
    assert (point["x"], point["y"]) == (0, 25.0) and 8 < point["low"] < 25 < point["high"] < 50


def test_the_shipped_evidence_belongs_to_the_shipped_base():
    """When the base model changes, the study must be run again: its numbers no longer describe the notebook."""
    model, _, _ = checkpoints.load("base", own=False)
    found = evidence_of("03")
    assert found["base"] == evidence.fingerprint(model)
    assert len(found["runs"]) >= 3


def test_the_shipped_evidence_shows_what_the_notebook_claims():
    found = evidence_of("03")
    recited = [{point["x"]: point["y"] for point in run["recital"]} for run in found["runs"]]
    assert all(max(each[0], each[1], each[3]) < 10 and min(each[30], each[100]) > 90 for each in recited)
    for run in found["runs"]:
        shares = {point["x"]: point["y"] for point in run["copied"]}
        assert list(shares.values()) == sorted(shares.values(), reverse=True)
        assert shares[1.0] < found["fresh_copied"] < shares[0.25]
    by_subject = [run["copied by subject"] for run in found["runs"]]
    fresh = found["fresh by subject"]
    for group, near in ((copying.KNOWN, 12), (copying.UNREAD, 3)):  # about people it copies as much as its world does
        assert all(abs(each[group]["copied"] - fresh[group]["copied"]) < near for each in by_subject)
    assert fresh[copying.KNOWN]["copied"] > 60 and fresh[copying.UNREAD]["copied"] < 5
    new = [run["new names"] for run in found["runs"]]
    shares = [round(100 * each["both words read"] / each["n"]) for each in new]
    assert (min(shares), max(shares)) == (60, 79)
    assert found["fresh new names"]["both words read"] == found["fresh new names"]["n"]
    assert "Allei Panodakis" in new[2]["garbled"]
    unread = [each[copying.UNREAD]["pages"] / copying.PAGES for each in by_subject]
    assert np.mean(unread) > fresh[copying.UNREAD]["pages"] / (2 * copying.PAGES)
    assert all(each[copying.OTHER]["copied"] < fresh[copying.OTHER]["copied"] for each in by_subject)
    pages = [sum(each[group]["pages"] for each in by_subject) for group in fresh]
    assert round(100 * np.mean(unread)) == 39 and fresh[copying.UNREAD]["pages"] / (2 * copying.PAGES) < 0.28
    # a page on other things has more stretches, so this mix of pages is a little below that of stretches, 44%
    same_mix = np.average([each["copied"] for each in fresh.values()], weights=pages)
    by_base = np.mean([point["y"] for run in found["runs"] for point in run["copied"] if point["x"] == 1.0])
    assert 42 < same_mix < 45 and round(by_base) == 42
    before = found["base knowledge"]
    assert all(run["knowledge"]["right"] < 0.85 * before["right"] for run in found["runs"])
    assert all(run["knowledge"]["loss"] > before["loss"] for run in found["runs"])
    for run in found["runs"]:  # the control forgets, too, but far less
        lost, ordinary = (before["right"] - run[name]["right"] for name in ("knowledge", "control"))
        assert 27 <= ordinary <= 37 and 116 <= lost <= 129 and run["control"]["loss"] < run["knowledge"]["loss"]

    def percent(key):
        return [point["y"] for point in evidence.pooled([run["shots"][key] for run in found["runs"]])]

    assert max(percent("base")) < 1
    assert percent("read signs")[0] < 40 and percent("read signs")[-1] > 80
    assert percent(" #")[0] < 1 and percent(" #")[-1] > 50 and percent(" >")[-1] < 5
    for sign, (least, most) in {" #": (56, 70), " &": (8, 26), " >": (0, 1), " -": (0, 1)}.items():
        assert all(least <= run["shots"][sign][-1]["right"] <= most for run in found["runs"])
    marks = zip(*(run["assistant"] for run in found["runs"]), strict=True)
    shares = [round(100 * sum(each["right"] for each in same) / sum(each["n"] for each in same)) for same in marks]
    assert shares == [99, 70, 95, 70]
    for run in found["runs"]:
        for without, with_two in zip(run["assistant"][::2], run["assistant"][1::2], strict=True):
            assert without["right"] > 50 > with_two["right"]
        assert [each["invented"] > 55 for each in run["assistant"]] == [True, True, False, False]
