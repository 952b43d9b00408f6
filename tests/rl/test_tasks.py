"""Tasks that check answers: whatever a model writes gets a reward, and only right answers get all of it."""

import random
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pocketgpt.errors import PocketError
from pocketgpt.rl.tasks import Decimals, Letters, Sum, demonstrations, forgetting_carries, shows_steps

seeds = st.integers(0, 10**6).map(random.Random)
WORDS = ("banana", "owl", "letter")

TASKS = st.one_of(
    st.builds(Sum.draw, seeds, st.integers(1, 5)),
    st.builds(Letters.draw, seeds, st.just(WORDS)),
    st.builds(Decimals.draw, seeds, st.integers(1, 4)),
)


@given(TASKS, st.text(max_size=60))
def test_any_text_gets_a_reward_from_0_to_1(task, answer):
    assert 0 <= task.reward(answer) <= 1


@given(seeds, st.integers(1, 6))
def test_right_answers_to_sums(rng, digits):
    task = Sum.draw(rng, digits)
    assert all(digits == len(str(n)) or digits == 1 for n in (task.a, task.b))
    result = task.a + task.b if task.sign == "+" else task.a - task.b
    assert result == task.result >= 0
    assert task.reward(task.at_once()) == task.reward(task.in_steps()) == 1
    assert shows_steps(task.in_steps()) and not shows_steps(task.at_once())
    assert task.reward(f"I think it is {result + 1}.") == 0


@pytest.mark.parametrize(
    ("answer", "reward"),
    [
        ("82", 1), ("47 + 35 = 82.", 1), ("It is 82, I think.", 1), ("082", 1), ("82 or 81", 0),
        ("", 0), ("eighty-two", 0), ("8 2", 0), ("182", 0), ("82" * 40, 0), ("1000000000082", 0),
        ("９２", 0), ("__import__('os')", 0),
    ],
)  # fmt: skip
def test_answers_to_a_sum(answer, reward):
    assert Sum(47, "+", 35).reward(answer) == reward


@given(seeds, st.integers(1, 4), st.booleans())
def test_who_forgets_the_carry_errs_where_there_is_one(rng, digits, in_steps):
    task = Sum.draw(rng, digits)
    answer = forgetting_carries(task, in_steps)
    carries = "carry" in task.in_steps() or "borrow" in task.in_steps()
    assert task.reward(answer) == (not carries)
    assert answer.startswith(f"{task.a} {task.sign} {task.b}") and shows_steps(answer) == in_steps
    if not carries:
        assert answer == (task.in_steps() if in_steps else task.at_once())


@pytest.mark.parametrize(
    ("task", "said"),
    [
        (Sum(95, "+", 17), "= 102."),
        (Sum(82, "-", 35), "= 57."),
        (Sum(100, "-", 99), "= 111."),
        (Sum(7, "+", 5), "= 12."),
    ],
)
def test_sums_without_their_carries(task, said):
    assert forgetting_carries(task, in_steps=True).endswith(said)


def test_a_number_has_digits():
    with pytest.raises(PocketError, match="at least 1 digit, not 0"):
        Sum.draw(random.Random(0), 0)


@pytest.mark.parametrize(
    ("answer", "reward"),
    [
        ("In the word banana, spelled b-a-n-a-n-a, the letter n comes twice.", 1), ("It comes 2 times.", 1),
        ("It has 6 letters, and n comes 2 times", 1), ("Once.", 0), ("2 times, no, 3 times", 0), ("n", 0), ("", 0),
    ],
)  # fmt: skip
def test_counting_letters(answer, reward):
    assert Letters("banana", "n").reward(answer) == reward


@given(seeds, st.integers(1, 5))
def test_decimals_are_ordered_by_value(rng, n):
    task = Decimals.draw(rng, n)
    assert len({Decimal(text) for text in task.numbers}) == n
    assert task.reward(task.answer()) == 1
    values = [Decimal(text) for text in task.answer().rstrip(".").split(", ")]
    assert values == sorted(values)
    if n > 1:
        backwards = ", ".join(reversed(task.answer().rstrip(".").split(", ")))
        assert task.reward(backwards) == 0


def test_a_decimal_is_no_version_number():
    task = Decimals(("9.9", "9.11"))
    assert task.reward("9.11 is smaller than 9.9.") == 1
    assert task.reward("9.9, 9.11") == task.reward("9.110, 9.9") == task.reward("9.11") == 0


def test_demonstrations_have_the_shares_that_were_asked_for():
    talks = demonstrations(600, digits=2, in_steps=0.3, forgetful=0.7)
    assert talks == demonstrations(600, digits=2, in_steps=0.3, forgetful=0.7)
    assert talks != demonstrations(600, digits=2, in_steps=0.3, forgetful=0.7, seed=1)
    assert 150 < sum(shows_steps(answer.content) for _, answer in talks) < 210
    with_carry, forgotten = [], 0
    for question, answer in talks:
        a, sign, b = question.content.removeprefix("What is ").removesuffix("?").split()
        task = Sum(int(a), sign, int(b))
        if task.reward(forgetting_carries(task, in_steps=False)) == 0:
            with_carry.append(task)
            forgotten += task.reward(answer.content) == 0
    assert 0.6 < forgotten / len(with_carry) < 0.8
    assert all(Sum.reward(Sum(int(a), s, int(b)), t.content) == 1 for q, t in demonstrations(50)
               for a, s, b in [q.content[8:-1].split()])  # fmt: skip


def test_demonstrations_of_several_sizes():
    lengths = [len(question.content.split()[2]) for question, _ in demonstrations(400, digits=(1, 3, 3, 3))]
    assert set(lengths) == {1, 3} and 270 < lengths.count(3) < 330
