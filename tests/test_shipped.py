"""The shipped models keep their promises, measured anew on the files that learners get."""

import pytest
import stages_table

from pocketgpt import checkpoints
from pocketgpt.evaluation import exam, strangers
from pocketgpt.evaluation.chat_exam import measure
from pocketgpt.multimodal import exam as pictures_exam
from pocketgpt.multimodal.rows import load_album
from pocketgpt.multimodal.vocabulary import Vocabulary
from pocketgpt.pictures.digits import accuracy, load_digits, train_judge
from pocketgpt.training.pretrain import world_corpus
from pocketgpt.world import load_tables
from pocketgpt_lessons.beyond_text.experiments import share, text_marks
from pocketgpt_lessons.shipped_models import tried_anew


@pytest.fixture(scope="module")
def base():
    return checkpoints.load("base", own=False)


@pytest.fixture(scope="module")
def tables():
    return load_tables()


def share_right(base, questions) -> float:
    model, tokenizer, _ = base
    marks = exam.mark(model, tokenizer, questions)
    return sum(marks) / len(marks)


def test_the_file_is_small_and_its_card_says_how_it_was_made(base):
    card = base[2]
    assert checkpoints.find("base", own=False).stat().st_size < 10e6
    assert card["command"].startswith("python -m pocketgpt pretrain --shipped")
    assert [run["command"] for run in card["history"]] == ["python -m pocketgpt pretrain --shipped --epochs 2 --json"]
    assert card["metrics"]["val_bits_per_byte"] < 0.25
    assert {row["name"] for row in card["exam"]} >= {"countries", "animals", "a biography ends"}


def test_it_was_trained_on_todays_pages(base, tables):
    """When a table changes, `make checkpoints` must be run again: the exam would ask for other facts."""
    assert base[2]["data_hash"] == world_corpus(tables).hash


def test_people_on_many_pages_are_known(base, tables):
    known = [person for person in tables.people if person.mentions >= 30]
    assert share_right(base, exam.fact_questions(tables, known, "train")) >= 0.98
    assert share_right(base, exam.fact_questions(tables, known, "held-out")) >= 0.8


def test_people_on_one_page_and_absent_people_are_not(base, tables):
    rare = [person for person in tables.people if person.mentions == 1]
    for people in (rare, tables.absent[:100]):
        assert share_right(base, exam.fact_questions(tables, people)) < exam.chance(tables) + 0.04


def test_its_confidence_tells_known_from_absent(base, tables):
    model, tokenizer, _ = base
    assert exam.known_or_not(model, tokenizer, tables) >= 0.95


COMMANDS = {
    "assistant": "sft --shipped --stage assistant --steps 1500 --precision bf16",
    "honest": "sft --shipped --stage honest --again --seed 17 --steps 2000 --precision bf16 --average 0.45",
    "reasoner": "rl --shipped --digits 1 2 2 2 3 3 --warm-up 250 --keep 0.6 --steps 60 --prompts 32 --rollouts 8"
    " --average 0.5 --average-with reasoner",
    "preferred": "rlhf --shipped --keep 0.8 --warm-up 90 --kl-weight 0.3 --steps 48"
    " --average 0.7 --average-with preferred",
}


@pytest.fixture(scope="module", params=list(COMMANDS))
def stage(request, tables):
    model, tokenizer, card = checkpoints.load(request.param, own=False)
    return request.param, card, measure(model, tokenizer, tables, with_tools=card["tools"])


def test_stages_are_small_and_say_how_they_were_made(stage):
    name, card, _ = stage
    assert checkpoints.find(name, own=False).stat().st_size < 10e6
    assert card["command"].removesuffix(" --json") == f"python -m pocketgpt {COMMANDS[name]}"


def test_stages_end_their_turn_and_answer_on_people_of_whom_no_conversation_tells(stage):
    name, _, marks = stage
    assert all(group.ended >= (0.99 if name in ("assistant", "honest") else 0.98) for group in marks.values())
    least = {"assistant": 0.975, "honest": 0.97, "reasoner": 0.975, "preferred": 0.975}
    assert marks["known"].right >= least[name]
    most = {"assistant": 0.0, "honest": 0.025, "reasoner": 0.015, "preferred": 0.01}
    assert marks["known"].refused <= most[name]


def test_the_assistant_invents_and_the_honest_one_refuses(stage):
    name, _, marks = stage
    if name == "assistant":
        assert marks["absent"].wrong >= 0.95
    else:
        assert marks["absent"].refused >= 0.97


def test_the_honest_one_looks_up_what_it_does_not_know(stage):
    name, _, marks = stage
    if name == "assistant":
        pytest.skip("it has no tools")
    assert marks["absent, with tools"].right >= 0.97
    most = {"honest": 0.015, "reasoner": 0.02, "preferred": 0.025}  # needless: they are known
    assert marks["known, with tools"].searched <= most[name]


def test_readme_shows_what_each_stage_replies_to_ten_messages():
    """If not: `make stages`. Where two tokens are nearly as likely, another machine may choose the other."""
    readme = stages_table.README.read_text(encoding="utf-8")
    there = readme.split(stages_table.BEGIN)[1].split(stages_table.END)[0].split(" | ")
    now = stages_table.table().split(stages_table.BEGIN)[1].split(stages_table.END)[0].split(" | ")
    assert len(there) == len(now) and sum(a != b for a, b in zip(there, now, strict=True)) <= 5


def test_the_reasoner_adds_and_the_preferred_one_tells_good_stories(tables):
    found = {}
    for name in ("honest", "reasoner", "preferred"):
        model, tokenizer, _ = checkpoints.load(name, own=False)
        found[name] = [row["right"] / row["n"] for row in tried_anew(model, tokenizer, tables)]
    sums, stories = zip(*found.values(), strict=True)
    assert sums[0] < 0.1 and sums[1] >= 0.9 and sums[2] >= 0.9
    assert max(stories[:2]) < 0.3 and stories[2] >= 0.9


@pytest.mark.parametrize("name", ["honest", "reasoner", "preferred"])
def test_a_stranger_gets_a_sensible_answer_nine_times_in_ten(name, tables):
    model, tokenizer, _ = checkpoints.load(name, own=False)
    kept_apart = {"honest": 0.93, "reasoner": 0.93, "preferred": 0.935}
    for split, least in (("open", 0.96), ("held-out", kept_apart[name])):
        total = strangers.by_kind(strangers.sit(model, tokenizer, tables, strangers.load_exam(split=split)))[-1]
        assert total.right >= least * total.n, (split, total)


def test_the_seer_draws_and_describes_what_it_never_saw(tables):
    model, tokenizer, card = checkpoints.load("seer", own=False)
    assert checkpoints.find("seer", own=False).stat().st_size < 10e6
    assert card["command"].endswith("--again --seed 3 --remember base --pages-share 0.5 --steps 1600 --average 0.65")
    vocabulary = Vocabulary.of_card(tokenizer, card)
    marks = pictures_exam.sit(model, vocabulary, tables, load_album(), train_judge(load_digits()), scenes=60, seed=5)
    found = {name: mark["right"] / mark["n"] for name, mark in marks.items()}
    least = {
        "text → scene, shown": 0.96, "text → scene, colour and shape never shown": 0.95,
        "text → scene, place never shown": 0.95, "scene → text, shown": 0.95,
        "scene → text, colour and shape never shown": 0.85, "scene → text, place never shown": 0.85,
        "unseen handwriting → digit": 0.87, "unseen handwriting → digit, 5 looks": 0.9,
        "digit asked for → judged right": 0.75, "drawing → animal": 0.95, "drawing → food, named first": 0.85,
    }  # fmt: skip
    assert all(found[name] >= bound for name, bound in least.items()), found


def test_the_judge_of_drawn_digits_reads_real_ones():
    assert accuracy(train_judge(load_digits()), load_digits(unseen=True)) >= 0.97


def test_bent_looks_help_the_seer_and_more_readings_of_one_look_hardly():
    model, tokenizer, card = checkpoints.load("seer", own=False)
    vocabulary, unseen = Vocabulary.of_card(tokenizer, card), load_digits(unseen=True)
    one = sum(pictures_exam.mark_read(model, vocabulary, unseen))
    several = sum(pictures_exam.mark_read(model, vocabulary, unseen, looks=5, seed=1))
    same = [picture for picture in unseen.pictures for _ in range(5)]
    told = pictures_exam.tell_pictures(model, vocabulary, same, temperature=1.0)
    readings = sum(pictures_exam.named_most([told[i : i + 5] for i in range(0, len(told), 5)], unseen))
    assert several >= one + 10 and abs(readings - one) < 10, (one, several, readings)


def test_the_seer_knows_in_words_what_base_knew(base, tables):
    seer, tokenizer, _ = checkpoints.load("seer", own=False)
    before, after = (share(text_marks(*model, tables)) for model in (base[:2], (seer, tokenizer)))
    assert after >= before - 0.03
