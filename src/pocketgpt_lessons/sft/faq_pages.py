"""Part of notebook 04's study: what pages of questions and answers in pretraining do for the assistant made later.

Two small base models, as in notebook 02's live run, read about the same people, as often. In the pages of one, four
people in five also have pages of questions and answers (FAQ pages); in those of the other nobody has.
"""

from dataclasses import replace

from pocketgpt.evaluation import exam
from pocketgpt.evaluation.chat_exam import ask_all
from pocketgpt.sft.conversations import ASSISTANT, make_conversations, questions_about, split_people
from pocketgpt.sft.fine_tune import fine_tune
from pocketgpt.sft.recipe import Recipe
from pocketgpt.sft.stages import WELL_READ
from pocketgpt.training.pretrain import Corpus, world_corpus
from pocketgpt.world import Tables
from pocketgpt_lessons.small_world import LIVE_WORLD, live_run, small_tables

TAUGHT = Recipe(steps=40)
READ_ABOUT = 20  # mentions from which the small base knows most facts


def small_world(tables: Tables, faq: bool) -> tuple[Tables, Corpus]:
    """The small world and its pages, where people have FAQ pages or not; each has as many pages in both."""
    small = small_tables(tables)
    if faq:
        return small, world_corpus(small, LIVE_WORLD, vocab_size=1024, test_pages=200)
    small = replace(small, people=tuple(replace(person, faq_pages=0) for person in small.people))
    return small, world_corpus(small, replace(LIVE_WORLD, one_off_faq_share=0.0), vocab_size=1024, test_pages=200)


def faq_part(base, tokenizer, tables: Tables, faq: bool, seed: int) -> dict:
    """Pretrain, fine-tune, and ask about held-out people: the shares of facts with which the base goes on with a
    page, and the assistant answers questions in new wordings. The shipped base isn't used.
    """
    small, corpus = small_world(tables, faq)
    model, tokenizer = live_run(corpus, seed).train_all(), corpus.tokenizer
    taught, held_out = split_people(small)
    asked_about = [person for person in held_out if person.mentions >= READ_ABOUT]
    pages = exam.mark(model, tokenizer, exam.fact_questions(small, asked_about))
    people = [person for person in taught if person.mentions >= WELL_READ]
    talks = make_conversations(small, people, TAUGHT.steps * TAUGHT.batch_size, ASSISTANT, seed=seed)
    fine_tune(model, talks, tokenizer, replace(TAUGHT, seed=seed)).train_all()
    marks = ask_all(model, tokenizer, questions_about(small, asked_about))
    return {"on pages": sum(pages) / len(pages), "asked": round(marks.right, 4), "n": marks.n}
