"""Numbers that a person or a function hands in: checked once, where they come in, and told in one sentence.

A dataclass of settings declares each number's bounds beside its default; the command line reads the same bounds:

    @dataclass(frozen=True)
    class Config:
        steps: int = bounded(100, at_least=1)

        def __post_init__(self) -> None:
            check_fields(self)
"""

import math
from collections.abc import Mapping
from dataclasses import MISSING, Field, field, fields
from numbers import Integral, Real
from types import MappingProxyType
from typing import Any, get_args

from pocketgpt.errors import PocketError

Bounds = Mapping[str, Any]
SEED: Bounds = MappingProxyType({"at_least": 0, "at_most": 2**32 - 1})
GENERATOR_SEED: Bounds = MappingProxyType({"at_least": 0, "at_most": 2**64 - 1})  # what PyTorch's generators take
TEMPERATURE: Bounds = MappingProxyType({"at_least": 0.001, "at_most": 1_000})
SHARE: Bounds = MappingProxyType({"at_least": 0, "at_most": 1})


def check_number(
    name: str,
    value: Any,
    *,
    at_least: float | None = None,
    above: float | None = None,
    at_most: float | None = None,
    below: float | None = None,
    whole: bool = False,
) -> None:
    """Raise PocketError unless `value` is a finite number within the bounds that are given, and whole if it must be.

    >>> check_number("steps", float("nan"), at_least=1, whole=True)
    Traceback (most recent call last):
    pocketgpt.errors.PocketError: steps must be a whole number, at least 1, not nan.
    >>> check_number("temperature", -1.0, above=0)
    Traceback (most recent call last):
    pocketgpt.errors.PocketError: temperature must be above 0, not -1.0.
    """
    limits = {"at least": at_least, "above": above, "at most": at_most, "below": below}
    wanted = " and ".join(f"{words} {limit:,}" for words, limit in limits.items() if limit is not None)
    if not _is_finite(value, Integral if whole else Real):
        kind = "a whole number" if whole else "a number"
        raise PocketError(f"{name} must be {kind}{', ' if wanted else ''}{wanted}, not {_shown(value)}.")
    if (
        (at_least is not None and value < at_least)
        or (above is not None and value <= above)
        or (at_most is not None and value > at_most)
        or (below is not None and value >= below)
    ):
        raise PocketError(f"{name} must be {wanted}, not {_shown(value)}.")


def _is_finite(value: Any, kind: type) -> bool:
    return issubclass(type(value), kind) and -math.inf < value < math.inf


def _shown(value: object) -> str:
    try:
        text = str(value) if isinstance(value, Real) else repr(value)
    except ValueError:  # Python writes out no whole number of more than 4,300 digits
        return "a number of thousands of digits"
    return text if len(text) <= 40 else f"{text[:40]}…"


def bounded(default: Any = MISSING, **bounds: Any) -> Any:
    """A dataclass field with bounds as in check_number(); without a default it must be given."""
    return field(default=default, metadata=bounds)


def is_whole(declared: Field) -> bool:
    """Whether a field is declared to hold whole numbers: as `int`, or as `int | None`.

    >>> from dataclasses import make_dataclass
    >>> [is_whole(declared) for declared in fields(make_dataclass("C", [("a", int | None), ("b", float)]))]
    [True, False]
    """
    return int in (declared.type, *get_args(declared.type))


def check_fields(settings: Any) -> None:
    """Check each bounded field of a dataclass's instance; None is fine where it is the default."""
    for declared in fields(settings):
        value = getattr(settings, declared.name)
        if declared.metadata and not (value is None and declared.default is None):
            name = f"{type(settings).__name__}.{declared.name}"
            check_number(name, value, **declared.metadata, whole=is_whole(declared))
