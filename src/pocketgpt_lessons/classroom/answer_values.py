"""Answers of any sensible design (lists, tensors, arrays …) as plain values, to be compared and shown."""

import itertools
import math
import numbers
from collections import UserString
from collections.abc import Iterator, KeysView, Mapping, Sequence, Set, ValuesView

TOLERANCE = 1e-4  # relative and absolute: learners compute in float32
_COARSE = {"bfloat16": 2**-5, "float16": 2**-8}  # the tolerance of number types with fewer digits
_LONGEST = 100_000  # items read from an iterator, which may be endless
_DEEPEST = 30  # lists within lists
_HUGE = 10**1000  # Python refuses to write whole numbers of more than some thousand digits


class Misread(Exception):
    """The answer has another form than the one asked for; the message is one sentence for the learner."""


class Items(tuple):
    """What an iterator gave, which gives it only once."""

    iterator = ""  # the name of its type


def settled(value: object, depth: int = 0) -> object:
    """The value with each iterator in it read, so that it can be read again; `Misread` if it contains itself.

    >>> settled([iter([1, 2]), 3])
    [(1, 2), 3]
    """
    if depth > _DEEPEST:
        raise Misread("Return plain items: your result contains itself.")
    if isinstance(value, Iterator):
        items = Items(settled(item, depth + 1) for item in itertools.islice(value, _LONGEST))
        items.iterator = type(value).__name__
        return items
    if type(value) is list or type(value) is tuple:
        items = [settled(item, depth + 1) for item in value]
        return items if type(value) is list else tuple(items)
    if type(value) is dict:
        return {key: settled(item, depth + 1) for key, item in value.items()}
    return value


def plain(value: object) -> object:
    """Tensors, arrays, lists and iterators as tuples, single numbers as int or float, sets as frozensets.

    >>> import torch
    >>> plain([torch.tensor(1), (True, 0.5)])
    (1, (1, 0.5))
    """
    if getattr(value, "is_sparse", False) is True:
        value = value.to_dense()
    if hasattr(type(value), "tolist"):  # torch.Tensor, numpy.ndarray and their scalars
        value = value.tolist()
    if isinstance(value, (str, UserString)):
        return str.__str__(getattr(value, "data", value))  # of a subclass the bare text
    if isinstance(value, int):
        return int(value)
    if isinstance(value, Mapping):
        return {plain(key): plain(item) for key, item in value.items()}
    if isinstance(value, (Sequence, Iterator, KeysView, ValuesView)):
        return tuple(plain(item) for item in itertools.islice(value, _LONGEST))
    if isinstance(value, Set):
        return frozenset(plain(item) for item in value)
    return float(value) if hasattr(type(value), "__float__") else value  # Decimal, Fraction …


def tolerance_of(value: object) -> float:
    """How exactly an answer must agree: less so in number types with few digits, such as bfloat16."""
    if isinstance(value, (list, tuple)):
        return max(map(tolerance_of, value), default=TOLERANCE)
    kind = str(getattr(value, "dtype", "")).removeprefix("torch.")
    return _COARSE.get(kind, TOLERANCE)


def same(a: object, b: object, tolerance: float = TOLERANCE) -> bool:
    """Whether two plain values agree, numbers within the tolerance; nan agrees with nan.

    >>> same((1, 0.5), (1.0, 0.500001)), same((1, 2), (1, 2, 3))
    (True, False)
    """
    if isinstance(a, numbers.Real) and isinstance(b, numbers.Real):
        try:
            if math.isnan(a) or math.isnan(b):
                return math.isnan(a) and math.isnan(b)
            return math.isclose(a, b, rel_tol=tolerance, abs_tol=tolerance)
        except OverflowError:  # a whole number that no float can hold
            return a == b
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(same(x, y, tolerance) for x, y in zip(a, b, strict=True))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key], tolerance) for key in a)
    return type(a) is type(b) and a == b


def finite(value: object) -> bool:
    """Whether a plain value holds no infinity and no nan."""
    if isinstance(value, tuple):
        return all(map(finite, value))
    return not isinstance(value, float) or math.isfinite(value)


def show(value: object, limit: int = 400, digits: int = 4) -> str:
    """A plain value as short text; the rows of a matrix stand below each other.

    >>> print(show(((1, 0.123456), (0, 1))))
    [[1, 0.1235],
     [0, 1]]
    """
    text = _show(value, digits)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _show(value: object, digits: int) -> str:
    if isinstance(value, float):
        return f"{value:.{digits}g}" if value else "0"  # not -0
    if isinstance(value, int) and abs(value) >= _HUGE:
        return "a number with over 1000 digits"
    if isinstance(value, tuple):
        rows = len(value) > 1 and all(isinstance(row, tuple) and len(row) > 0 for row in value)
        return "[" + (",\n " if rows else ", ").join(_show(item, digits) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(key, digits)}: {_show(item, digits)}" for key, item in value.items()) + "}"
    if isinstance(value, frozenset):
        return "{" + ", ".join(sorted(_show(item, digits) for item in value)) + "}" if value else "an empty set"
    return repr(value)


def _key(key: object, digits: int) -> str:
    return "(" + ", ".join(_show(item, digits) for item in key) + ")" if isinstance(key, tuple) else _show(key, digits)


def named(value: object) -> str:
    """What kind of thing a value is, in words.

    >>> named([1]), named(None), named((item for item in [1])), named(settled(iter([1])))
    ('a list', 'None', 'a generator', 'a list_iterator')
    """
    if value is None:
        return "None"
    if callable(value):
        return "a function (are its brackets missing?)"
    name = value.iterator if isinstance(value, Items) else type(value).__name__
    return f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"


def _single(read: object) -> object:
    """What stands alone in a list, in a list of one list …; anything else as it is."""
    while isinstance(read, tuple) and len(read) == 1:
        read = read[0]
    return read


def vector(value: object) -> tuple:
    """A sequence of numbers, as a tuple."""
    read = plain(value)
    if not isinstance(read, tuple):
        kind = "one number" if isinstance(read, numbers.Real) else named(value)
        raise Misread(f"Return a list of numbers; yours was {kind}.")
    if any(isinstance(item, tuple) for item in read):
        raise Misread(f"Return a flat list of numbers; {_nested(value)}.")
    return _of_numbers(read, "Return a flat list of numbers")


def _of_numbers(read: tuple, asked: str) -> tuple:
    for item in read:
        if not isinstance(item, numbers.Real):
            raise Misread(f"{asked}; an item of yours was {named(item)}.")
    return read


def _nested(value: object) -> str:
    """What a value is whose items aren't all numbers, and how to make a flat one of it."""
    if hasattr(type(value), "tolist"):
        return "yours has a second dimension: `.flatten()` makes one of several"
    if hasattr(value, "values") and hasattr(value, "indices"):  # of topk, sort, max …
        return "yours holds values and indices: take one of the two, `.values` or `.indices`"
    if isinstance(value, tuple) and not isinstance(value, Items):
        more = "return one of them, or join them, tensors by `torch.cat`, lists by `+`"
        return f"yours was a tuple of {len(value)}: {more}"
    return "there are lists inside the list: `+=` adds items one by one"


def matrix(value: object) -> tuple:
    """Rows of equal length, as a tuple of tuples of numbers."""
    read = plain(value)
    if not isinstance(read, tuple) or not all(isinstance(row, tuple) for row in read):
        raise Misread(
            f"Return a matrix (a two-dimensional tensor, or a list of rows); yours was {_shape(read, value)}."
        )
    if any(isinstance(item, tuple) for row in read for item in row):
        kind = f"yours was a tuple of {len(read)}" if isinstance(value, tuple) else "yours has three dimensions"
        raise Misread(f"Return one matrix, a two-dimensional tensor or a list of rows; {kind}.")
    rows = tuple(_of_numbers(row, "Return rows of numbers") for row in read)
    if len({len(row) for row in rows}) > 1:
        raise Misread("Return a matrix: the rows of yours differ in length.")
    return rows


def _shape(read: object, value: object) -> str:
    if not isinstance(read, tuple):
        return "one number" if isinstance(read, numbers.Real) else named(value)
    flat = all(isinstance(item, numbers.Real) for item in read)
    return "a flat list of numbers" if flat else f"{named(value)} of {len(read)}, of which not all are rows"


def scalar(value: object) -> float:
    """One number, also as a tensor of one element."""
    read = _single(plain(value))
    if not isinstance(read, numbers.Real):
        kind = f"{len(read)} of them" if isinstance(read, tuple) else named(value)
        raise Misread(f"Return one number; yours was {kind}.")
    return read


def boolean(value: object) -> bool:
    """True or False, also as a tensor of one element, or as 0 and 1."""
    read = _single(plain(value))
    if not isinstance(read, numbers.Real):
        raise Misread(f"Return True or False; yours was {named(value)}.")
    if read not in (0, 1):
        raise Misread(f"Return True or False; yours was {show(read)}.")
    return bool(read)


def text(value: object) -> str:
    """A string, also of a subclass, or an array that holds nothing else."""
    read = plain(value)
    if not isinstance(read, str):
        more = ", which `.decode(…)` turns into text" if isinstance(value, (bytes, bytearray)) else ""
        raise Misread(f"Return the text, a str; yours was {named(value)}{more}.")
    return read


def two_vectors(value: object) -> tuple:
    """Two sequences of numbers, such as inputs and targets."""
    read = plain(value)
    if not isinstance(read, tuple) or len(read) != 2 or not all(isinstance(part, tuple) for part in read):
        raise Misread("Return two lists at once, as in `return inputs, targets`.")
    if any(isinstance(item, tuple) for part in read for item in part):
        raise Misread("Return two flat lists of numbers; in yours there are lists inside the lists.")
    return tuple(_of_numbers(part, "Return two lists of numbers") for part in read)


def pair_counts(value: object) -> dict:
    """A dictionary from a pair of ids to its count; pairs counted zero times are left out."""
    read = plain(value)
    if not isinstance(read, dict):
        raise Misread(f"Return a dictionary from pair to count; yours was {named(value)}.")
    for key, count in read.items():
        if not isinstance(count, numbers.Real):
            kind = "a list" if isinstance(count, tuple) else named(count)
            raise Misread(f"Return a dictionary of counts; a value of yours was {kind}.")
        if not isinstance(key, (tuple, numbers.Real)):
            raise Misread(f"Use the pair itself, a tuple of two ids, as key; a key of yours was {named(key)}.")
    return {key: count for key, count in read.items() if count}


def pair_list(value: object) -> tuple:
    """A list of pairs in order, or a dictionary from pair to new id, in the order of the new ids."""
    read = plain(value)
    if isinstance(read, dict) and all(isinstance(number, numbers.Real) for number in read.values()):
        read = tuple(sorted(read, key=read.get))
    if not isinstance(read, tuple) or not all(isinstance(pair, tuple) and len(pair) == 2 for pair in read):
        raise Misread("Return a list of the merged pairs in order, each a tuple of two ids.")
    return read


def word_set(value: object) -> frozenset:
    """A set of word runs, each a tuple of words or the words joined by spaces."""
    if not isinstance(value, Set):
        more = ": `{}` is an empty dictionary, `set()` an empty set" if isinstance(value, dict) and not value else ""
        raise Misread(f"Return a set, in which each run of words counts once; yours was {named(value)}{more}.")
    runs = plain(value)
    for run in runs:
        if not isinstance(run, (str, tuple)):
            raise Misread(f"Return a set of runs of words; a member of yours was {named(run)}.")
    return frozenset(run if isinstance(run, str) else " ".join(map(str, run)) for run in runs)
