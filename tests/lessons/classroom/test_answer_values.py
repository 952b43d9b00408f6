"""Answers of any sensible design are read as plain values."""

import numpy as np
import pytest
import torch

from pocketgpt_lessons.classroom import answer_values


@pytest.mark.parametrize(
    ("read", "value", "expected"),
    [
        (answer_values.scalar, torch.tensor([[3.0]]), 3.0),
        (answer_values.scalar, np.float32(2), 2),
        (answer_values.scalar, True, 1),
        (answer_values.matrix, np.eye(2, dtype=bool), ((1, 0), (0, 1))),
        (answer_values.two_vectors, torch.tensor([[1, 2], [2, 3]]), ((1, 2), (2, 3))),
        (answer_values.pair_counts, {(1, torch.tensor(2)): 3, (5, 5): 0}, {(1, 2): 3}),
        (answer_values.pair_list, {(1, 2): 257, (3, 4): 256}, ((3, 4), (1, 2))),
        (answer_values.word_set, {("a", "b"), "c d"}, frozenset({"a b", "c d"})),
        (answer_values.boolean, np.True_, True),
        (answer_values.vector, {1: 2}.values(), (2,)),
    ],
)
def test_readers(read, value, expected):
    assert answer_values.same(read(value), expected)


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (answer_values.scalar, [1, 2]),
        (answer_values.scalar, "1"),
        (answer_values.matrix, [1, 2]),
        (answer_values.matrix, 3),
        (answer_values.matrix, [[1], [1, 2]]),
        (answer_values.two_vectors, [1]),
        (answer_values.pair_counts, [((1, 2), 3)]),
        (answer_values.pair_counts, {"ab": 2}),
        (answer_values.pair_counts, {(1, 2): "x"}),
        (answer_values.pair_list, [1, 2]),
        (answer_values.word_set, ["a b"]),
        (answer_values.boolean, "yes"),
        (answer_values.boolean, 2),
        (answer_values.text, b"x"),
        (answer_values.vector, 4),
        (answer_values.vector, [[1]]),
    ],
)
def test_readers_say_what_is_asked_for(read, value):
    with pytest.raises(answer_values.Misread, match="Return|Use"):
        read(value)


def test_same_and_show():
    assert answer_values.same(float("nan"), float("nan"))
    assert not answer_values.same(float("nan"), 1.0)
    assert not answer_values.same("a", 1)
    assert not answer_values.same({1: 2}, {1: 3})
    assert answer_values.show(answer_values.plain({"b a", "a"})) == "{'a', 'b a'}"
    assert answer_values.show({(1, 2): 3}) == "{(1, 2): 3}"
    assert len(answer_values.show(tuple(range(1000)))) == 400
