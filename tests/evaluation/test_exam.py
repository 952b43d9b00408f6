"""The exam: known intervals, fixed questions, and the marks of a model that knows its pages by heart."""

import math
from dataclasses import replace

import pytest
import torch

from pocketgpt import world
from pocketgpt.evaluation import exam, metrics
from pocketgpt.model import GPT, GPTConfig
from pocketgpt.training.config import TrainConfig
from pocketgpt.training.data import TokenStream, pack
from pocketgpt.training.loop import train
from pocketgpt.training.pretrain import world_corpus
from pocketgpt.world import WorldConfig, load_tables, sample_people


@pytest.fixture(scope="module")
def tables():
    return load_tables()


@pytest.fixture(scope="module")
def corpus(tables):
    few = replace(tables, people=tables.people[:5], countries=tables.countries[:5], animals=tables.animals[:5])
    pages = WorldConfig(stories=20, sums=20, spellings=20, forums=20)
    return world_corpus(few, pages, vocab_size=500, test_pages=5)


@pytest.mark.parametrize(
    ("right", "n", "low", "high"),
    [(0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (10, 10, 0.7225, 1.0), (81, 263, 0.2553, 0.3662)],
)  # Newcombe 1998, table I (81 of 263), and R's prop.test(correct=FALSE) for the others
def test_wilson_interval_has_published_values(right, n, low, high):
    assert metrics.wilson(right, n) == pytest.approx((low, high), abs=2e-4)


def test_auroc_counts_pairs():
    assert metrics.auroc([3.0, 1.0], [2.0, 1.0]) == pytest.approx((1 + 1 + 0 + 0.5) / 4)


def test_questions_are_the_same_each_time_and_true(tables):
    people = tables.people[:5]
    questions = exam.fact_questions(tables, people)
    assert questions == exam.fact_questions(tables, people)
    assert len(questions) == 25
    for question, person in zip(questions[::5], people, strict=True):
        assert person.name in question.prompt and question.answer == f" {person.birth_year}"


def test_held_out_wordings_differ_from_those_of_the_pages(tables):
    train_texts = {w.text.split("{value}")[0] for f in world.FACTS["person"] for w in tables.select(f, "statement")}
    for question in exam.fact_questions(tables, tables.people[:20], "held-out"):
        name = next(p.name for p in tables.people[:20] if p.name in question.prompt)
        assert question.prompt.replace(name, "{name}") + " " not in train_texts


def test_sums_are_right_and_of_the_asked_size():
    for digits in (1, 2, 3):
        for question in exam.sum_questions(digits, 50):
            a, sign, b, _ = question.prompt.split("\n\n")[1].split(" ")
            assert int(question.answer) == (int(a) + int(b) if sign == "+" else int(a) - int(b)) >= 0
            assert len(a) == digits


def test_letter_questions_count_letters(tables):
    for question in exam.letter_questions(tables, 40):
        words = question.prompt.replace(",", "").split()
        count = words[words.index("word") + 1].count(words[words.index("letter") + 1])
        assert question.answer == (" once" if count == 1 else f" {count} times")


def test_a_model_that_knows_its_pages_by_heart_gets_good_marks(tables, corpus):
    tiny = replace(sample_people(tables, 3, seed=0), absent=tables.absent[:3])
    questions = exam.fact_questions(tiny, tiny.people)
    lines = [q.prompt + q.answer + "." for q in questions]
    data = TokenStream(pack(lines * 30, corpus.tokenizer), 8, 32)
    model = GPT(GPTConfig(corpus.tokenizer.vocab_size, n_layer=2, n_head=2, n_embd=64, context=128))
    before = sum(exam.mark(model, corpus.tokenizer, questions))
    for _ in train(model, data, TrainConfig(steps=150, precision="fp32")):
        pass
    assert before == 0
    assert sum(exam.mark(model, corpus.tokenizer, questions)) >= 0.8 * len(questions)
    sure = exam.confidences(model, corpus.tokenizer, [q.prompt for q in questions])
    assert sum(sure) / len(sure) > 0.8


def test_a_table_without_rows_has_no_row_in_the_exam(tables, corpus):
    model = GPT(GPTConfig(corpus.tokenizer.vocab_size, n_layer=1, n_head=1, n_embd=16, context=64))
    few = replace(sample_people(tables, 3, seed=0), absent=(), animals=())
    names = [row.name for row in exam.run(model, corpus.tokenizer, few, per_group=2, n=2)]
    assert "countries" in names and not any(name.startswith(("absent", "animals")) for name in names)


def test_answers_end_at_the_full_stop_and_do_not_depend_on_the_batch(tables, corpus):
    torch.manual_seed(0)
    model = GPT(GPTConfig(corpus.tokenizer.vocab_size, n_layer=1, n_head=2, n_embd=32, context=64))
    torch.nn.init.normal_(model.head.weight, std=0.2)
    prompts = [q.prompt for q in exam.fact_questions(tables, tables.people[:4])]
    together = exam.answers(model, corpus.tokenizer, prompts)
    assert together == [exam.answers(model, corpus.tokenizer, [p])[0] for p in prompts]
    assert not any("." in text or "\n" in text for text in together)


def test_chance_is_the_mean_of_one_over_the_number_of_values(tables):
    assert exam.chance(tables) == pytest.approx((1 / 100 + 1 / 100 + 1 / 60 + 1 / 40 + 1 / 60) / 5, rel=0.05)
    assert not math.isnan(exam.chance(tables))
