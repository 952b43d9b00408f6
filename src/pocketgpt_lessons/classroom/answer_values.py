"""Answers of any sensible design (lists, tensors, arrays …) as plain values, to be compared and shown."""

import itertools
import math
import numbers
from collections.abc import Iterator, KeysView, Mapping, Set, ValuesView

TOLERANCE = 1e-4  # relative and absolute: learners compute in float32
_LONGEST = 100_000  # items read from an iterator, which may be endless


class Misread(Exception):
    """The answer has another form than the one asked for; the message is one sentence for the learner."""


def plain(value: object) -> object:
    """Tensors, arrays, lists and iterators as tuples, single numbers as int or float, sets as frozensets.

    >>> import torch
    >>> plain([torch.tensor(1), (True, 0.5)])
    (1, (1, 0.5))
    """
    if hasattr(value, "tolist"):  # torch.Tensor, numpy.ndarray and their scalars
        value = value.tolist()
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, Mapping):
        return {plain(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, range, bytes, Iterator, KeysView, ValuesView)):
        return tuple(plain(item) for item in itertools.islice(value, _LONGEST))
    if isinstance(value, Set):
        return frozenset(plain(item) for item in value)
    return value


def same(a: object, b: object, tolerance: float = TOLERANCE) -> bool:
    """Whether two plain values agree, numbers within the tolerance; nan agrees with nan.

    >>> same((1, 0.5), (1.0, 0.500001)), same((1, 2), (1, 2, 3))
    (True, False)
    """
    if isinstance(a, numbers.Real) and isinstance(b, numbers.Real):
        if math.isnan(a) or math.isnan(b):
            return math.isnan(a) and math.isnan(b)
        return math.isclose(a, b, rel_tol=tolerance, abs_tol=tolerance)
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(same(x, y, tolerance) for x, y in zip(a, b, strict=True))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key], tolerance) for key in a)
    return type(a) is type(b) and a == b


def show(value: object, limit: int = 400) -> str:
    """A plain value as short text; the rows of a matrix stand below each other.

    >>> print(show(((1, 0.123456), (0, 1))))
    [[1, 0.1235],
     [0, 1]]
    """
    text = _show(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _show(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, tuple):
        rows = len(value) > 1 and all(isinstance(row, tuple) and len(row) > 0 for row in value)
        return "[" + (",\n " if rows else ", ").join(_show(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(key)}: {_show(item)}" for key, item in value.items()) + "}"
    if isinstance(value, frozenset):
        return "{" + ", ".join(sorted(_show(item) for item in value)) + "}" if value else "an empty set"
    return repr(value)


def _key(key: object) -> str:
    return "(" + ", ".join(map(_show, key)) + ")" if isinstance(key, tuple) else _show(key)


def _named(value: object) -> str:
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"


def vector(value: object) -> tuple:
    """A sequence of numbers, as a tuple."""
    read = plain(value)
    if not isinstance(read, tuple):
        raise Misread(f"Return a list of numbers; yours was {_named(value)}.")
    for item in read:
        if not isinstance(item, numbers.Real):
            raise Misread(f"Return a flat list of numbers; an item of yours was {_named(item)}.")
    return read


def matrix(value: object) -> tuple:
    """Rows of equal length, as a tuple of tuples of numbers."""
    read = plain(value)
    if not isinstance(read, tuple) or not all(isinstance(row, tuple) for row in read):
        raise Misread(
            f"Return a matrix (a two-dimensional tensor, or a list of rows); yours was {_shape(read, value)}."
        )
    rows = tuple(vector(row) for row in read)
    if len({len(row) for row in rows}) > 1:
        raise Misread("Return a matrix: the rows of yours differ in length.")
    return rows


def _shape(read: object, value: object) -> str:
    return "a flat list of numbers" if isinstance(read, tuple) else _named(value)


def scalar(value: object) -> float:
    """One number, also as a tensor of one element."""
    read = plain(value)
    while isinstance(read, tuple) and len(read) == 1:
        read = read[0]
    if not isinstance(read, numbers.Real):
        kind = f"{len(read)} of them" if isinstance(read, tuple) else _named(value)
        raise Misread(f"Return one number; yours was {kind}.")
    return read


def boolean(value: object) -> bool:
    """True or False, also as 0-d tensor or as 0 and 1."""
    read = plain(value)
    if read not in (0, 1):
        raise Misread(f"Return True or False; yours was {_named(value)}.")
    return bool(read)


def text(value: object) -> str:
    """A string."""
    if not isinstance(value, str):
        raise Misread(f"Return the text, a str; yours was {_named(value)}.")
    return value


def two_vectors(value: object) -> tuple:
    """Two sequences of numbers, such as inputs and targets."""
    read = plain(value)
    if not isinstance(read, tuple) or len(read) != 2 or not all(isinstance(part, tuple) for part in read):
        raise Misread("Return two lists at once, as in `return inputs, targets`.")
    return tuple(vector(part) for part in read)


def pair_counts(value: object) -> dict:
    """A dictionary from a pair of ids to its count; pairs counted zero times are left out."""
    read = plain(value)
    if not isinstance(read, dict):
        raise Misread(f"Return a dictionary from pair to count; yours was {_named(value)}.")
    for key, count in read.items():
        if not isinstance(count, numbers.Real):
            raise Misread(f"Return a dictionary of counts; a value of yours was {_named(count)}.")
        if not isinstance(key, (tuple, numbers.Real)):
            raise Misread(f"Use the pair itself, a tuple of two ids, as key; a key of yours was {_named(key)}.")
    return {key: count for key, count in read.items() if count}


def pair_list(value: object) -> tuple:
    """A list of pairs in order, or a dictionary from pair to new id, in the order of the new ids."""
    read = plain(value)
    if isinstance(read, dict):
        read = tuple(sorted(read, key=read.get))
    if not isinstance(read, tuple) or not all(isinstance(pair, tuple) and len(pair) == 2 for pair in read):
        raise Misread("Return a list of the merged pairs in order, each a tuple of two ids.")
    return read


def word_set(value: object) -> frozenset:
    """A set of word runs, each a tuple of words or the words joined by spaces."""
    if not isinstance(value, Set):
        raise Misread(f"Return a set, in which each run of words counts once; yours was {_named(value)}.")
    return frozenset(run if isinstance(run, str) else " ".join(map(str, run)) for run in value)
