"""`judge` and `check.NAME`: any correct design passes, and each way to go wrong gets a sentence."""

import array
import builtins
import collections
import copy
import itertools
import math
import random
import re
import statistics
import sys
import time
from decimal import Decimal
from fractions import Fraction
from urllib.parse import urlparse

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from pocketgpt_lessons import all_exercises, check
from pocketgpt_lessons.classroom import answer_values, progress, sandbox
from pocketgpt_lessons.classroom.exercises import Exercise, Mistake, judge
from pocketgpt_lessons.classroom.verdicts import FAILED, NOT_ATTEMPTED, PASSED, verdict_html, verdict_text

BY_NAME = {exercise.name: exercise for exercise in all_exercises()}
DOUBLE = Exercise(
    name="double",
    signature="double(ids)",
    task="Return a list with every id doubled.",
    truth=lambda ids: [i + i for i in ids],
    cases=(([1, 2, 3],), ([5],), ([],)),
    read=answer_values.vector,
    mistakes=(
        Mistake("the ids are squared.", lambda ids: [i * i for i in ids]),
        Mistake("the last id is missing.", lambda ids: [2 * i for i in ids[:-1]]),
        Mistake("an empty list has no first id.", lambda ids: [2 * ids[0], *(2 * i for i in ids[1:])]),
    ),
    hint="`2 * i` for each i.",
    praise="Well done.",
)


# judge


@pytest.mark.parametrize(
    "answer",
    [
        lambda ids: [2 * i for i in ids],
        lambda ids: tuple(2 * i for i in ids),
        lambda ids: (2 * i for i in ids),
        lambda ids: torch.tensor(ids) * 2,
        lambda ids: np.array(ids) * 2,
        lambda ids: [torch.tensor(2.0 * i, requires_grad=True) for i in ids],
        lambda ids: map((2).__mul__, ids),
    ],
)
def test_any_correct_design_passes(answer):
    verdict = judge(DOUBLE, answer)
    assert verdict.status == PASSED, verdict_text(verdict)
    assert "3 cases" in verdict.likely


def _stub_dots(ids): ...


def _stub_dots_with_words(ids):
    """Return a list with every id doubled."""
    ...  # your code


def _stub_pass(ids):
    pass


def _stub_raises(ids):
    raise NotImplementedError


def _stub_with_scaffold(ids):
    result = []
    result.append(len(ids))
    return ...


@pytest.mark.parametrize("stub", [_stub_dots, _stub_dots_with_words, _stub_pass, _stub_raises, _stub_with_scaffold])
def test_a_stub_is_not_attempted_yet(stub):
    verdict = judge(DOUBLE, stub)
    assert verdict.status == NOT_ATTEMPTED
    assert "Not attempted yet" in verdict_text(verdict)
    assert DOUBLE.task in verdict_text(verdict)


def test_torchs_own_not_implemented_is_an_error():
    def answer(ids):
        return torch.tensor([1, 2]).softmax(0)

    verdict = judge(DOUBLE, answer)
    assert verdict.status == FAILED
    assert "Error" in verdict.seen


def test_a_forgotten_return_is_named():
    def answer(ids):
        [2 * i for i in ids]

    verdict = judge(DOUBLE, answer)
    assert verdict.status == FAILED
    assert "return" in verdict.likely
    assert "None" in verdict.seen


def test_an_error_becomes_a_sentence_with_its_line():
    def answer(ids):
        doubled = []
        for i in range(len(ids)):
            doubled.append(2 * ids[i + 1])
        return doubled

    verdict = judge(DOUBLE, answer)
    assert verdict.seen == ("IndexError: list index out of range, in line 4 of answer: doubled.append(2 * ids[i + 1])")
    assert "Traceback" not in verdict_html(verdict)
    assert "past the end" in verdict.likely


def _numpy_not_imported(ids):
    return numpy.array(ids) * 2  # noqa: F821


def _counter_not_imported(ids):
    return Counter(ids)  # noqa: F821


def _unbound(ids):
    total += 1  # noqa: F821, F841


def _if_tensor(ids):
    return [2 * i for i in ids if torch.tensor(ids) > 0]


def _and_array(ids):
    return np.array(ids) > 1 and np.array(ids)


def _text_changed_in_place(ids):
    text = "ab"
    text[0] = "c"
    return text


def _shortens_while_it_loops(ids):
    kept = [*ids]
    for i in range(len(ids)):
        kept[i : i + 2] = [2 * kept[i]]
    return kept


def _learns():
    return torch.zeros(2, requires_grad=True)


def _changes_a_leaf(ids):
    weights = _learns()
    weights -= 1
    return weights


def _goes_back_twice(ids):
    loss = _learns().exp().sum()
    loss.backward()
    loss.backward()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (_numpy_not_imported, "`import numpy`"),
        (_counter_not_imported, "`from collections import Counter`"),
        (_unbound, "before it has a value"),
        (lambda ids: [2 * j for i in ids], "typing error"),  # noqa: F821
        (_if_tensor, "one yes or no"),
        (_and_array, "one yes or no"),
        (lambda ids: torch.tensor(ids).cumsum(1), "`dim=0` only"),
        (lambda ids: np.array(ids).sum(axis=1), "`dim=0` only"),
        (lambda ids: torch.tensor(ids)[:, 0], "more indices"),
        (lambda ids: [max(ids), max(ids[:0])], "empty"),
        (lambda ids: {ids: 1}, "make a tuple of it"),
        (lambda ids: [].append(1) + [1], "a value there is None"),
        (lambda ids: torch.tensor(ids).softmax(0), "`.float()`"),
        (lambda ids: torch.tensor(ids) + torch.ones(7), "shapes or types"),
        (lambda ids: np.array(ids) + np.ones(7), "shapes or types"),
        (lambda ids: torch.softmax(ids, 0), "want a tensor"),
        (lambda ids: [i + "1" for i in ids], "number as a text"),
        (lambda ids: float(torch.tensor(ids)), "used as one number"),
        (lambda ids: torch.doubled(ids), "that module has nothing of this name"),
        (lambda ids: ids - 1, "lists know no arithmetic"),
        (lambda ids: ids.max(), "lists know no arithmetic"),
        (lambda ids: next(i for i in ids if i > 9), "finds nothing"),
        (lambda ids: re.sub("(a", "", "a"), "no valid pattern"),
        (lambda ids: list(bytes([256, *ids])), "0 to 255 only"),
        (lambda ids: bytes([195]).decode(), "no whole character"),
        (lambda ids: [math.factorial(-i) for i in ids], "below 0"),
        (_text_changed_in_place, "can't be changed in place"),
        (_shortens_while_it_loops, "get shorter"),
        (_changes_a_leaf, "`with torch.no_grad():`"),
        (lambda ids: torch.zeros(1).sum().backward(), "`requires_grad=True`"),
        (lambda ids: 0.5 * torch.zeros(1, requires_grad=True).grad, "`.grad` is None until"),
        (lambda ids: _learns().exp().backward(), "mean or the sum"),
        (_goes_back_twice, "anew in each step"),
        (lambda ids: _learns().numpy(), "`.detach()`"),
        (lambda ids: F.binary_cross_entropy(2 + _learns(), _learns()), "a sigmoid missing"),
        (lambda ids: F.binary_cross_entropy_with_logits(_learns()[:, None], _learns()), "`.shape`"),
        (lambda ids: torch.tensor(ids) > 1 - (torch.tensor(ids) > 1), "True and False can't be subtracted"),
        (lambda ids: np.array([True]) - np.array([True]), "True and False can't be subtracted"),
    ],
)
def test_an_exception_is_explained_by_its_words(answer, words):
    assert words in judge(DOUBLE, answer).likely


def _half_done(ids):
    if ids:
        return [2 * i for i in ids]


def _returns_none(ids):
    doubled = []
    for i in ids:
        doubled.append(2 * i)
    return doubled.sort()


@pytest.mark.parametrize("answer", [_half_done, _returns_none])
def test_a_path_without_a_result_is_no_forgotten_return(answer):
    verdict = judge(DOUBLE, answer)
    assert "None" in verdict.seen
    assert "no value came back in this case" in verdict.likely


def test_a_printed_result_is_not_handed_back():
    assert "printed, but not handed back" in judge(DOUBLE, lambda ids: print([2 * i for i in ids])).likely


def test_a_case_that_is_not_written_yet():
    def answer(ids):
        return [2 * i for i in ids] if ids else ...

    assert "isn't written yet" in judge(DOUBLE, answer).likely


def test_what_is_kept_from_call_to_call_is_named():
    def answer(ids, doubled=[]):  # noqa: B006
        for i in ids:
            doubled.append(2 * i)
        return copy.copy(doubled)

    assert "kept from call to call" in judge(DOUBLE, answer).likely


def test_an_error_in_a_helper_of_the_learner_names_the_helper():
    def half(x):
        return x / 0

    verdict = judge(DOUBLE, lambda ids: [half(i) for i in ids])
    assert "line 2 of half" in verdict.seen


def test_an_error_of_a_known_mistake_gets_that_message():
    verdict = judge(DOUBLE, lambda ids: [ids[0] * 2] + [i * 2 for i in ids[1:]])
    assert "no first id" in verdict.likely
    assert verdict.case == "double([])"


@pytest.mark.parametrize("leave", [SystemExit, KeyboardInterrupt, RecursionError, MemoryError])
def test_no_exception_gets_out(leave):
    def answer(ids):
        raise leave

    assert judge(DOUBLE, answer).seen.startswith(leave.__name__)


def test_an_endless_loop_is_a_failed_check_with_its_line():
    def answer(ids):
        i = 0
        while i < len(ids):
            pass
        return ids

    verdict = judge(DOUBLE, answer, limit=0.3)
    assert verdict.status == FAILED
    assert "still running" in verdict.seen
    assert "of answer" in verdict.seen
    assert "endless loop" in verdict.likely


def test_an_endless_answer_is_read_no_further_than_needed(monkeypatch):
    monkeypatch.setattr(answer_values, "_LONGEST", 1_000)
    verdict = judge(DOUBLE, lambda ids: itertools.count())
    assert verdict.status == FAILED and "still running" not in verdict.seen


def test_a_call_that_cannot_be_ended_asks_for_a_restart(monkeypatch):
    monkeypatch.setattr(sandbox, "_GRACE", 0.2)
    verdict = judge(DOUBLE, lambda ids: time.sleep(6), limit=0.1)
    assert "restart the kernel" in verdict.likely


def test_one_step_that_takes_long_is_no_loop():
    likely = judge(DOUBLE, lambda ids: time.sleep(1), limit=0.1).likely
    assert "loop" not in likely
    assert "one step takes far too long" in likely


def test_a_changed_input_is_found_though_the_result_is_right():
    def answer(ids):
        for i in range(len(ids)):
            ids[i] *= 2
        return ids

    verdict = judge(DOUBLE, answer)
    assert verdict.status == FAILED
    assert "changes its input" in verdict.likely


def _changes_tensor(probs, k):
    probs[probs < probs.sort(descending=True).values[k - 1]] = 0
    return probs / probs.sum()


def _changes_set(a, b):
    size = len(a | b)
    a &= b
    return len(a) / size if size else 0


def _changes_list_in_tuple(messages, special):
    for role, ids in messages:
        ids.insert(0, special[role])
        ids.append(special["end"])
    return [token for _, ids in messages for token in ids]


def _changes_inner_list(logprobs, advantages):
    for row, a in zip(logprobs, advantages, strict=True):
        row[:] = [a * x for x in row]
    return -sum(map(sum, logprobs)) / sum(map(len, logprobs))


@pytest.mark.parametrize(
    ("name", "answer", "advice"),
    [
        ("top_k", _changes_tensor, "`probs.clone()`"),
        ("jaccard", _changes_set, "`set(a)`"),
        ("render_turns", _changes_list_in_tuple, "`copy.deepcopy(messages)`"),
        ("policy_loss", _changes_inner_list, "`copy.deepcopy(logprobs)`"),
    ],
)
def test_how_to_copy_a_changed_input_depends_on_its_type(name, answer, advice):
    likely = judge(BY_NAME[name], answer).likely
    assert "changes its input" in likely
    assert advice in likely


def test_a_changed_input_and_no_result():
    def answer(ids):
        ids.reverse()

    assert "changes its input" in judge(DOUBLE, answer).likely


@pytest.mark.parametrize(
    ("name", "answer", "words"),
    [
        ("best_of", lambda scores, truths: scores.sort() or truths[scores.index(max(scores))], "the last answer"),
        ("merge", lambda ids, pair, new_id: [ids.pop(), ids[len(ids)]], "past the end"),
        ("minhash", lambda shingles, numberings: [shingles.pop() and None for _ in numberings], "was None"),
    ],
)
def test_a_changed_input_is_told_beside_another_mistake(name, answer, words):
    likely = judge(BY_NAME[name], answer).likely
    assert words in likely
    assert "changes its input" in likely


def test_a_missing_function_of_the_learner_is_no_typing_error():
    def answer(rows, won, steps, rate):
        return [chance_to_win(0, 0)]  # noqa: F821

    assert "run the cell above" in judge(BY_NAME["learn_taste"], answer).likely


@pytest.mark.parametrize(
    "draw",
    [random.random, lambda: float(np.random.rand()), lambda: torch.rand(()).item()],  # noqa: NPY002
)
def test_an_answer_that_draws_chance_is_told_so(draw):
    answer = lambda ids: [2 * i + draw() for i in ids]  # noqa: E731
    assert "draws random numbers" in judge(DOUBLE, answer).likely


@pytest.mark.parametrize(
    ("name", "answer", "words"),
    [
        ("bt_update", lambda winner, loser, step: winner, "1 number came back, and 2 are asked for"),
        ("bt_update", lambda winner, loser, step: (winner, loser, step), "3 numbers came back, and 2 are asked for"),
        ("causal_mask", lambda T: torch.ones(T + 1, T), "items came back"),
        ("double", lambda ids: [0, *(2 * i for i in ids)], "1 number came back, and none are asked for"),
        ("double", lambda ids: [*(2 * i for i in ids if i < 5), *ids[3:]], "no number came back, and 1 is asked for"),
    ],
)
def test_a_wrong_number_of_results_is_counted(name, answer, words):
    assert words in judge(BY_NAME.get(name, DOUBLE), answer).likely


def test_known_mistakes_are_recognised():
    assert judge(DOUBLE, lambda ids: [i**2 for i in ids]).likely == "the ids are squared."
    assert judge(DOUBLE, lambda ids: [i * 2 for i in ids][:-1]).likely == "the last id is missing."


@pytest.mark.parametrize(
    ("name", "answer", "words"),
    [
        ("domain_allowed", lambda url, blocked: not urlparse(url).netloc.endswith(tuple(blocked)), "turned round"),
        ("advantages", lambda rewards: [r - statistics.median(rewards) for r in rewards], "rewards themselves"),
        ("leashed_reward", lambda s, a, b, weight: s - weight * (a[-1] - b[-1]), "mean over the tokens"),
        ("expected_score", lambda p, penalty: 1 - penalty, "isn't weighted"),
        ("advantages", lambda rewards: 0.5, "this is the mean"),
        ("next_token_targets", lambda ids: ids[1:], "pair by pair"),
    ],
)
def test_one_coincidence_is_no_known_mistake(name, answer, words):
    assert words not in judge(BY_NAME[name], answer).likely


def test_a_known_mistake_is_recognised_though_another_one_breaks_a_case():
    def answer(ids):  # the ids are squared; and an empty list has no first id
        return [ids[0] ** 2, *(i * i for i in ids[1:])]

    assert judge(DOUBLE, answer).likely == "the ids are squared."


def test_a_constant_answer_is_recognised():
    assert "same result for every input" in judge(DOUBLE, lambda ids: [2, 4, 6]).likely


def test_right_in_most_cases():
    likely = judge(DOUBLE, lambda ids: [2 * i + (i == 3) for i in ids]).likely
    assert "right in 2 of 3" in likely
    assert "what is special" in likely


def test_wrong_in_most_cases_shows_the_smallest_that_fails():
    verdict = judge(DOUBLE, lambda ids: [i + 1 for i in ids])
    assert "right in 1 of 3" in verdict.likely
    assert "special" not in verdict.likely
    assert (verdict.case, verdict.expected, verdict.seen) == ("double([5])", "[10]", "[6]")


def test_a_wrong_kind_of_answer_says_which_is_asked_for():
    verdict = judge(DOUBLE, lambda ids: "246")
    assert "list of numbers" in verdict.likely
    assert "str" in verdict.likely


def test_no_function_or_other_parameters():
    assert "without brackets" in judge(DOUBLE, [2, 4]).likely
    assert "double(ids)" in judge(DOUBLE, lambda: [2]).likely


@pytest.mark.parametrize(
    ("name", "answer", "seen", "words"),
    [
        ("causal_mask", lambda T: (key for key in range(T)), "a generator, which gives [0, 1, 2]", "Make a list"),
        (
            "causal_mask",
            lambda T: [map(str, range(T))],
            "[['0', '1', '2']]",
            "rows of numbers; an item of yours was a str",
        ),
        ("advantages", lambda rewards: enumerate(rewards), "an enumerate, which gives [[0, ", "Make a list"),
        ("attention", lambda q, k, v: (v, q @ k.T), "[[[", "Return one matrix"),
        ("attention", lambda q, k, v: v[None], "[[[", "three dimensions"),
        ("advantages", lambda rewards: torch.tensor(1.0), "1", "yours was one number"),
        ("advantages", lambda rewards: [[r] for r in rewards], "[[1],", "lists inside the list"),
        ("advantages", lambda rewards: torch.tensor(rewards)[:, None], "[[1],", "`.flatten()`"),
        ("advantages", lambda rewards: (rewards, 1.0), "[[1, ", "a tuple of 2"),
        ("advantages", lambda rewards: torch.tensor(rewards).sort(), "[[0, ", "`.values` or `.indices`"),
        ("count_pairs", lambda ids: zip(ids, ids[1:]), "a zip", "yours was a zip."),  # noqa: B905
        ("shingles", lambda text, n: {}, "{}", "`set()` an empty set"),
        ("decode", lambda ids, merges: bytes(i % 256 for i in ids), "b'", "`.decode(…)`"),
        ("best_of", lambda scores, truths: truths.copy, "built-in", "brackets missing"),
        ("next_token_targets", lambda ids: ids[1:], "[6, 7, 8]", "inputs, targets`"),
    ],
)
def test_another_form_is_shown_and_named(name, answer, seen, words):
    verdict = judge(BY_NAME[name], answer)
    assert seen in verdict.seen
    assert words in verdict.likely


def test_no_minus_zero_and_no_equal_texts_for_different_numbers():
    assert judge(DOUBLE, lambda ids: [-0.0 * len(ids)]).seen == "[0]"
    verdict = judge(DOUBLE, lambda ids: [2.0003 * i for i in ids])
    assert verdict.seen != verdict.expected


# strange answers


def _append_itself(ids):
    ids.append(ids)
    return ids


def _append_itself_only(ids):
    ids.append(ids)


class _Unspeakable(Exception):
    def __str__(self):
        raise ValueError("no words")


class _Unreadable:
    def __float__(self):
        raise SystemExit


def _raise_unspeakable(ids):
    raise _Unspeakable


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (_append_itself, "contains itself"),
        (_append_itself_only, "changes its input"),
        (_raise_unspeakable, "can't do"),
        (lambda ids: [_Unreadable()], "plain numbers"),
        (lambda ids: input("?"), "nobody to answer `input()`"),
        (lambda ids: exit(), "ends the whole notebook"),
        (lambda ids: sys.exit(1), "ends the whole notebook"),
        (lambda ids: [10**5000], "over 1000 digits"),
        (lambda ids: print("\ud83d"), "not handed back"),
    ],
)
def test_strange_answers_get_a_sentence(answer, words):
    text = verdict_text(judge(DOUBLE, answer, limit=2))
    assert words in text
    text.encode()


def _patches_log_softmax(logits, target):
    torch.log_softmax = F.cross_entropy = torch.Tensor.exp = lambda *args, **kwargs: torch.zeros(())
    return torch.log_softmax(logits, 0)


def _patches_math(score, other):
    math.exp = lambda x: 0.0
    return 1 / (1 + math.exp(other - score))


def _patches_builtins(known, absent):
    builtins.sum = builtins.len = builtins.isinstance = builtins.str = lambda *args: 1
    return sum(known) / len(known)


@pytest.mark.parametrize(
    ("name", "answer"),
    [("cross_entropy", _patches_log_softmax), ("chance_to_win", _patches_math), ("auroc", _patches_builtins)],
)
def test_what_an_answer_puts_in_the_place_of_functions_is_undone(name, answer):
    places = (torch, "log_softmax"), (F, "cross_entropy"), (torch.Tensor, "exp"), (math, "exp"), (builtins, "sum")
    before = [getattr(*place) for place in places]
    assert judge(BY_NAME[name], answer).status == FAILED
    assert [getattr(*place) for place in places] == before
    assert judge(BY_NAME[name], BY_NAME[name].truth).passed


def test_default_dtype_and_random_states_are_kept():
    def answer(ids):
        torch.set_default_dtype(torch.float64)
        random.seed(1), np.random.seed(1), torch.manual_seed(1)
        return [2 * i for i in ids]

    state = random.getstate(), str(np.random.get_state()), torch.get_rng_state().tolist()
    assert judge(DOUBLE, answer).passed
    assert torch.get_default_dtype() is torch.float32
    assert (random.getstate(), str(np.random.get_state()), torch.get_rng_state().tolist()) == state


# right answers in other types


class _Text(str):
    pass


@pytest.mark.parametrize("make", [np.str_, _Text, np.array, collections.UserString])
def test_a_text_of_any_type(make):
    exercise = BY_NAME["mask_email"]
    assert judge(exercise, lambda text: make(exercise.truth(text))).passed


@pytest.mark.parametrize(
    "answer",
    [
        lambda ids: [Decimal(2 * i) for i in ids],
        lambda ids: [Fraction(4 * i, 2) for i in ids],
        lambda ids: collections.deque(2 * i for i in ids),
        lambda ids: np.array([2 * i for i in ids], dtype=np.longdouble),
        lambda ids: array.array("i", [2 * i for i in ids]),
        lambda ids: torch.tensor(ids).to_sparse() * 2,
    ],
)
def test_numbers_of_any_type(answer):
    verdict = judge(DOUBLE, answer)
    assert verdict.passed, verdict_text(verdict)


@pytest.mark.parametrize("kind", [torch.bfloat16, torch.float16])
def test_number_types_with_few_digits(kind):
    pair = BY_NAME["top_k"]
    assert judge(pair, lambda probs, k: torch.as_tensor(pair.truth(probs, k)).to(kind)).passed
    assert judge(pair, lambda probs, k: list(torch.as_tensor(pair.truth(probs, k)).to(kind))).passed
    assert not judge(pair, lambda probs, k: probs.to(kind)).passed


def test_what_a_learner_prints_is_shown_and_escaped():
    def answer(ids):
        print("<script>alert(1)</script>")
        return ["<b>", 1]

    html = verdict_html(judge(DOUBLE, answer))
    assert "&lt;script&gt;" in html
    assert "<script" not in html


def test_a_verdict_has_words_beside_its_symbol():
    text = verdict_text(judge(DOUBLE, lambda ids: [i * i for i in ids]))
    for part in ("✗ Not yet: double", "Tried: double([1, 2, 3])", "Expected: [2, 4, 6]", "Yours: [1, 4, 9]", "Hint:"):
        assert part in text


def test_one_check_takes_no_longer_than_its_limit_over_all_cases():
    def answer(ids):
        time.sleep(0.15)
        return [2 * i for i in ids]

    assert "still running" in judge(DOUBLE, answer, limit=0.2).seen


def test_a_call_is_shown_as_one_would_write_it():
    verdict = judge(BY_NAME["encode"], lambda text, merges: [])
    assert verdict.case == "encode('abcab', [(97, 98), (256, 99)])"
    verdict = judge(BY_NAME["domain_allowed"], lambda url, blocked: True)
    assert verdict.case == "domain_allowed('https://spam.example/win', {'ads.example', 'spam.example'})"


# check.NAME


def test_check_shows_and_keeps_the_verdict(capsys):
    check.causal_mask(lambda T: torch.ones(T, T).tril())
    assert "✓ Right: causal_mask" in capsys.readouterr().out
    check.causal_mask(lambda T: torch.ones(T, T))
    entry = progress.load()["exercises"]["causal_mask"]
    assert entry["passed"]
    assert entry["tries"] == 2


def test_check_keeps_nothing_of_a_stub(capsys, own_folder):
    check.causal_mask(_stub_dots)
    assert "○ Not attempted yet" in capsys.readouterr().out
    assert not own_folder.exists()


def test_check_lists_its_names_and_helps_with_wrong_ones():
    assert "causal_mask" in dir(check)
    assert "lower" not in check.causal_mask.__doc__
    with pytest.raises(AttributeError, match="did you mean causal_mask"):
        check.casual_mask  # noqa: B018


def test_check_without_an_answer_says_what_to_write(capsys, own_folder):
    check.causal_mask()
    check.causal_mask(_stub_dots, 3)
    assert capsys.readouterr().out.count("`check.causal_mask(causal_mask)`") == 2
    assert not own_folder.exists()


def test_a_wrong_answer_of_no_known_kind_is_shown_a_step_on_the_way():
    verdict = judge(BY_NAME["train_bpe"], lambda text, n_merges: [(1, i) for i in range(min(n_merges, len(text)))])
    assert re.search(r"On the way: of the bytes, the pair \(\d+, \d+\) comes first, \d times\.", verdict.likely)
    verdict = judge(BY_NAME["ece"], lambda confidences, right, bins: 7.0 + confidences[0])
    assert re.search(r"On the way: a bin of \d lies 0?\.?\d+ off", verdict.likely)


@pytest.mark.parametrize("exercise", [each for each in all_exercises() if each.on_the_way], ids=lambda each: each.name)
def test_a_step_on_the_way_can_be_told_of_every_case(exercise):
    for args in exercise.cases:
        told = exercise.on_the_way(*copy.deepcopy(args))
        assert 10 < len(told) < 200 and not told.endswith("."), told
