"""The study behind notebook 08: what it marks, and that it keeps parts that are complete."""

import json
import random
from copy import deepcopy
from dataclasses import asdict, replace

import numpy as np
import pytest
import torch

from pocketgpt import checkpoints
from pocketgpt.evaluation import exam as text_exam
from pocketgpt.model import GPT, GPTConfig
from pocketgpt.multimodal import exam
from pocketgpt.multimodal.learn import PictureData, old_pages, with_pictures
from pocketgpt.multimodal.rows import load_album, painted, sample_pictures
from pocketgpt.multimodal.vocabulary import Vocabulary
from pocketgpt.pictures.digits import load_digits, train_judge
from pocketgpt.pictures.scenes import draw, random_scene
from pocketgpt.pictures.tokens import Blocks, lost
from pocketgpt.tokenizer import Tokenizer
from pocketgpt.tunes.collection import load_tunes
from pocketgpt.tunes.learn import write
from pocketgpt.world import load_tables
from pocketgpt_lessons import evidence
from pocketgpt_lessons.beyond_text import experiments, one_model, own_codebook, study, tunes_study
from pocketgpt_lessons.beyond_text.exercises import CUT, NEAREST

ALBUM, TABLES = load_album(), load_tables()
SHOWN = sample_pictures(ALBUM)


@pytest.fixture
def small(monkeypatch):
    """Everything in small: few pictures, questions and pages, one step of a tiny model."""
    monkeypatch.setattr(experiments, "TOKENS", 1)
    monkeypatch.setattr(experiments, "LIVE", replace(experiments.LIVE, steps=1, batch_size=8))
    monkeypatch.setattr(experiments.live, "__defaults__", (0, 1))
    monkeypatch.setattr(experiments, "COMPARED", replace(experiments.COMPARED, batch_size=2))
    for name in ("ASKED", "EACH", "WRITTEN"):
        monkeypatch.setattr(exam, name, 1)
    for marked in (exam.mark_drawn, exam.mark_told):
        monkeypatch.setattr(marked, "__defaults__", (1, "", 0))
    monkeypatch.setattr(exam.sit, "__defaults__", (1, 0))
    return GPT(GPTConfig(264, n_layer=1, n_head=2, n_embd=16, context=640))


def test_scenes_are_kept_whole_in_all_ways():
    for way in experiments.ways(SHOWN).values():
        for new in ("", "parts", "places"):
            for number in range(20):
                picture = draw(random_scene(random.Random(number), new))
                kept = way.decode(way.encode(picture))
                assert (kept == picture).all() or new == "parts"  # plain blocks lack some that were never shown


def test_larger_codebooks_lose_less(monkeypatch):
    monkeypatch.setattr(experiments, "SIZES", (4, 64))
    plain = experiments.frequent_blocks
    monkeypatch.setattr(experiments, "learn_codebook", lambda pictures, size, seed: plain([pictures], size))
    shown = {"digit": list(ALBUM.digits.pictures[:40])}
    found = experiments.compare_codebooks(shown, {"digits": ALBUM.digits.pictures[40:50]})
    assert list(found) == ["digits, counted", "digits, learned"]
    for points in found.values():
        assert [point["x"] for point in points] == [4, 64] and points[0]["y"] > points[1]["y"] > 0


def test_a_study_goes_on_where_it_was_stopped(small, monkeypatch, tmp_path):
    monkeypatch.setattr(evidence, "EVIDENCE", tmp_path)
    monkeypatch.setattr(checkpoints, "load", lambda *_, **__: (small, Tokenizer([]), {}))
    few = replace(ALBUM.digits, pictures=ALBUM.digits.pictures[:64], labels=ALBUM.digits.labels[:64])
    monkeypatch.setattr(study, "train_judge", lambda _: train_judge(few, 1))
    monkeypatch.setattr(study, "old_pages", lambda tables, tokenizer: old_pages(tables, tokenizer, n=40))
    monkeypatch.setattr(
        exam, "load_digits", lambda unseen: replace(few, pictures=few.pictures[:2], labels=few.labels[:2])
    )
    for name in ("one_or_each", "pages_between", "gone_on"):
        monkeypatch.setattr(one_model, name, lambda *_: {"made": True})
    tunes = []
    monkeypatch.setattr(tunes_study, "study", lambda: tunes.append(True))
    first = study.study(TABLES, seeds=(0,))
    assert json.loads((tmp_path / "08.json").read_text(encoding="utf-8")) == json.loads(json.dumps(first))
    [run] = first["runs"]
    assert list(run["ways"]) == list(experiments.ways(SHOWN)) and len(run["live"]["losses"]) == 1
    for found in run["ways"].values():
        assert found["steps"] >= 0 and set(found["marks"]) == set(exam.NEWS) and found["tokens"] > 8
    assert run["live"]["marks"].keys() >= {"text → scene, shown", "drawing → food, named first"}
    monkeypatch.setattr(study, "live", lambda *_: {"again": True})
    monkeypatch.setattr(experiments, "compared", lambda *_: {"again": True})
    both = study.study(TABLES, seeds=(0, 1))
    assert both["runs"][0] == run and both["runs"][1]["live"] == {"again": True}
    assert small.config.vocab_size == 264  # the base itself is as it was
    assert run["one model"] == run["pictures and pages"] == run["pictures, then both"] == {"made": True}
    assert len(tunes) == 2  # both times tunes were studied, too: they keep their own runs


def test_one_model_or_one_for_each_learn_from_the_same_batches(small, monkeypatch):
    monkeypatch.setattr(one_model, "STEPS", 1)
    monkeypatch.setattr(one_model, "TUNES", 2)
    monkeypatch.setattr(one_model, "old_pages", lambda tables, tokenizer: old_pages(tables, tokenizer, n=40))
    tunes = load_tunes()[:6]
    monkeypatch.setattr(one_model, "load_tunes", lambda unseen: tunes[:2] if unseen else tunes)
    few = replace(ALBUM.digits, pictures=ALBUM.digits.pictures[:2], labels=ALBUM.digits.labels[:2])
    monkeypatch.setattr(one_model, "load_digits", lambda unseen: few)
    monkeypatch.setattr(one_model, "asked_like", lambda tunes: [("jig", "6/8", "G")])
    monkeypatch.setattr(experiments, "text_marks", lambda *_: {"people": {"right": 1, "n": 2}})
    seen = []
    plain = one_model.PlannedRun.train_all

    def train_all(run):
        seen.append([run.data.batch(step)[0] for step in range(run.config.steps)])
        return plain(run)

    monkeypatch.setattr(one_model.PlannedRun, "train_all", train_all)
    found = one_model.one_or_each(small, Tokenizer([]), TABLES, ALBUM)
    everything, pictures, tunes_alone = seen
    assert all(torch.equal(a, b) for a, b in zip(everything, [*pictures, *tunes_alone], strict=True))
    assert found[one_model.ALL].keys() == found[one_model.EACH].keys() and found["facts"]["before"]["n"] == 2
    control = one_model.pages_between(small, Tokenizer([]), TABLES, ALBUM)
    assert torch.equal(seen[3][0], pictures[0]) and seen[3][1].shape == (8, 256)
    figure = one_model.one_or_each_figure([{"one model": found, one_model.BETWEEN: control}] * 2)
    told = figure.get_label()
    assert "scenes told, pictures and pages" in told and "bits" not in told and "metre as asked, one for each" in told


def test_a_model_of_pictures_goes_on_with_pictures_and_tunes_in_turn(small, monkeypatch):
    monkeypatch.setattr(one_model, "MORE", 2)
    model, vocabulary = with_pictures(small, Tokenizer([]), painted(SHOWN))
    weights = deepcopy(model.state_dict())
    pages = old_pages(TABLES, Tokenizer([]), n=40)
    run, pictures, words = one_model.go_on(model, vocabulary, ALBUM, pages, load_tunes()[:6])
    assert run.config.steps == 2 and run.model.config.vocab_size == words.size == pictures.tokenizer.vocab_size
    seen, heard = (run.data.batch(step)[0] for step in range(2))
    assert words.mark in heard and words.mark not in seen and pictures.begin in seen
    run.train_all()
    assert all(torch.equal(model.state_dict()[name], before) for name, before in weights.items())
    [tune] = write(run.model, words, [("jig", "6/8", "G")])
    assert tune is None or tune.kind == "jig"


def test_plain_blocks_could_write_most_new_pairs():
    blocks = experiments.ways(SHOWN)["blocks"]
    pictures = [picture for seed in study.SEEDS for _, _, picture in exam.scenes_for(100, "parts", seed)]
    kept = [(blocks.decode(blocks.encode(picture)) == picture).all() for picture in pictures]
    assert sum(kept) > 0.9 * len(kept)


def test_a_learners_cut_and_nearest_read_a_picture_as_the_codebook_does():
    book = experiments.ways(SHOWN)["blocks"]
    for picture in load_digits(unseen=True).pictures[:3]:
        assert experiments.own_numbers(CUT.truth, NEAREST.truth, book, picture) == book.encode(picture)


def test_foods_are_asked_for_in_five_ways_of_which_two_are_the_exams(small, monkeypatch):
    model, vocabulary = with_pictures(small, Tokenizer([]), experiments.painted(SHOWN))
    drawings = {name: ALBUM.drawings[name] for name in ("tiger", "penguin")}
    known = {animal.name: animal for animal in TABLES.animals if animal.name in drawings}
    monkeypatch.setattr(exam, "food_known", lambda *_: known)
    monkeypatch.setattr(exam, "tell_pictures", lambda *_: ["Tiger", "Tiger\nx"])
    asked = []

    def fish(model, prompts, *_, **__):
        asked.append(prompts)
        return [vocabulary.tokenizer.encode(" fish. No")] * len(prompts)

    for module in (exam, experiments):
        monkeypatch.setattr(module, "continue_all", fish)
    found = experiments.food_ways(model, vocabulary, TABLES, drawings)
    right = sum(animal.food == "fish" for animal in known.values())
    assert list(found.values()) == [{"right": right, "n": 2, "animals": 2}] * len(experiments.FOOD_WAYS)
    shown = exam.drawings_for(drawings, 1)
    for first in (False, True):
        exam.mark_food(model, vocabulary, TABLES, known, shown, first)
    assert asked[0] == asked[5] and asked[4] == asked[6]
    start = len(exam.picture_first(vocabulary, shown[0][1]))
    words = [vocabulary.tokenizer.decode(prompts[0][start:]) for prompts in asked[1:4]]
    assert words == [
        "Tiger\n\nThe animal eats",
        "Tiger\n\nThe tiger eats",
        "Tiger<|endoftext|>Tiger\n\nThe animal eats",
    ]


def test_nothing_asked_is_no_share_and_no_error():
    assert experiments.as_points({"a": {"right": 0, "n": 0}}) == {"a": {"y": 0.0, "low": 0.0, "high": 100.0}}


def test_the_tokens_of_a_run_are_reckoned_from_its_first_batches(small):
    _, vocabulary = with_pictures(small, Tokenizer([]), experiments.ways(SHOWN)["pixels"])
    data = PictureData(vocabulary, ALBUM, None, experiments.COMPARED)
    assert experiments.mean_batch(data, 1) == data.batch(0)[0].numel()


# --- The shipped evidence -----------------------------------------------------------------------------------


def test_the_shipped_evidence_belongs_to_the_shipped_base():
    base, _, _ = checkpoints.load("base", own=False)
    found = evidence.evidence_of("08")
    assert found["base"] == evidence.fingerprint(base) and found["tokens"] == experiments.TOKENS
    for name in ("compared", "live"):
        assert found[name] == json.loads(json.dumps(asdict(getattr(experiments, name.upper()))))
    assert [run["seed"] for run in found["runs"]] == list(study.SEEDS)


def test_colours_apart_make_new_pairs_possible_in_every_seed():
    ways = list(experiments.ways(SHOWN))
    for run in evidence.evidence_of("08")["runs"]:
        *others, apart = (run["ways"][way]["marks"] for way in ways)
        for what in ("drawn", "told"):
            assert apart["shown"][what]["right"] > max(way["shown"][what]["right"] for way in others)
        new = "colour and shape never shown"
        assert max(way[new]["drawn"]["right"] for way in others) <= 2 < 10 < apart[new]["drawn"]["right"]


def test_new_pairs_are_drawn_at_least_half_as_often_as_shown_ones_in_every_seed():
    for run in evidence.evidence_of("08")["runs"]:
        drawn = {name: mark["drawn"] for name, mark in run["ways"]["colours, frame, blocks"]["marks"].items()}
        assert 2 * drawn["colour and shape never shown"]["right"] >= drawn["shown"]["right"]
        live = run["live"]["marks"]
        assert not any(live[f"scene → text, {new}"]["right"] for new in list(exam.NEWS)[1:])


def test_one_model_draws_more_than_alone_as_the_control_does_and_pays_for_it_in_notes_in_every_seed():
    costs, kept = [], []
    for run in evidence.evidence_of("08")["runs"]:
        shared, alone = (run["one model"][who] for who in (one_model.ALL, one_model.EACH))
        drawn = [each["scenes drawn"]["right"] for each in (shared, run[one_model.BETWEEN], alone)]
        assert drawn[0] >= drawn[1] > drawn[2]
        costs.append(shared["bits per note"]["bits"] - alone["bits per note"]["bits"])
        facts = run["one model"]["facts"]
        kept.append(facts[one_model.ALL]["right"] / facts["before"]["right"])
    assert min(costs) > 0.005 and max(costs) < 0.09 and max(kept) < 0.2


def test_a_model_that_goes_on_with_both_plays_most_bars_right_and_draws_on_in_every_seed():
    for run in evidence.evidence_of("08")["runs"]:
        found = run[one_model.ON]
        bars, metre = (found[name]["right"] / found[name]["n"] for name in ("bars right", "metre as asked"))
        assert 0.74 < bars < 0.84 and 0.77 < metre < 0.92
        assert found["scenes drawn"]["right"] > run["live"]["marks"]["text → scene, shown"]["right"]


def test_naming_alone_is_hardly_enough_for_the_shipped_seer():
    seer, tokenizer, card = checkpoints.load("seer", own=False)
    found = experiments.food_ways(seer, Vocabulary.of_card(tokenizer, card), TABLES, ALBUM.drawings, seed=1)
    at_once, written, in_sentence, as_title, both = (each["right"] / each["n"] for each in found.values())
    assert max(at_once, written) < 0.2 and min(in_sentence, as_title) > 0.55 and max(in_sentence, as_title) < 0.75
    assert both > 0.85


def test_what_the_shipped_seer_lost_on_countries():
    asked = {split: text_exam.fact_questions(TABLES, TABLES.countries[:40], split) for split in ("held-out", "train")}
    right, called = {}, {}
    for name in ("base", "seer"):
        model, tokenizer, _ = checkpoints.load(name, own=False)
        told = {
            split: text_exam.answers(model, tokenizer, [each.prompt for each in questions])
            for split, questions in asked.items()
        }
        right[name] = [sum(a == q.answer for a, q in zip(told[split], asked[split], strict=True)) for split in asked]
        pairs = zip(told["held-out"], asked["held-out"], strict=True)
        called[name] = sum(answer == f" called{question.answer}" for answer, question in pairs)
    assert right["base"] == pytest.approx([83, 113], abs=2) and right["seer"] == pytest.approx([74, 100], abs=2)
    assert called == pytest.approx({"base": 4, "seer": 11}, abs=2)


# --- The task: a codebook of one's own ------------------------------------------------------------------------


def saves_most(kinds, counts, size):
    """The solution that the notebook shows."""
    differ = (kinds[:, None] != kinds).sum(2)
    wrong, chosen = np.full(len(kinds), 4), []
    for _ in range(size):
        saved = (counts[:, None] * np.maximum(wrong[:, None] - differ, 0)).sum(0)
        chosen.append(int(saved.argmax()))
        wrong = np.minimum(wrong, differ[:, chosen[-1]])
    return chosen


def test_choosing_what_saves_most_beats_counting_on_digits_at_every_size():
    books, told = own_codebook.own_codebooks(saves_most, SHOWN, experiments.SIZES)
    unseen = load_digits(unseen=True).pictures[:100]
    for size in experiments.SIZES:
        assert lost(books[size], unseen) < lost(experiments.frequent_blocks(list(SHOWN.values()), size), unseen)
    assert told == "Drawn with your codebooks."


@pytest.mark.parametrize(
    ("choose", "told"),
    [
        (lambda kinds, counts, size: None, "Not attempted yet"),
        (lambda kinds, counts, size: kinds[:size], "not the blocks or anything else"),
        (lambda kinds, counts, size: [-1, 0], "give their numbers"),
        (lambda kinds, counts, size: range(3), "it gave 3 numbers, 3 of them different: give 2 different ones"),
        (lambda kinds, counts, size: ["a", "b"], "not the blocks or anything else"),
        (lambda kinds, counts, size: 1 / 0, "ZeroDivisionError"),
    ],
)
def test_what_is_no_codebook_is_told_and_not_drawn(choose, told):
    shown = {"digit": list(ALBUM.digits.pictures[:3])}
    books, line = own_codebook.own_codebooks(choose, shown, (2,))
    assert books == {} and told in line


def test_a_learners_codebook_is_a_line_of_its_own(monkeypatch):
    monkeypatch.setattr(experiments, "SIZES", (4,))
    monkeypatch.setattr(experiments, "learn_codebook", lambda pictures, size, seed: Blocks(((0, 0, 0, 0),)))
    shown = {"digit": list(ALBUM.digits.pictures[:40])}
    books, _ = own_codebook.own_codebooks(saves_most, shown, (4,))
    found = experiments.compare_codebooks(shown, {"digits": ALBUM.digits.pictures[40:50]}, books)
    assert list(found) == ["digits, counted", "digits, learned", "digits, yours"]
