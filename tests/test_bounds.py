"""Numbers are checked where they come in."""

import math
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pocketgpt.bounds import SEED, bounded, check_fields, check_number
from pocketgpt.errors import PocketError

NO_NUMBERS = [math.nan, math.inf, -math.inf, None, "3", "", b"1", [], {}, 1j, Exception]


@pytest.mark.parametrize("value", NO_NUMBERS, ids=repr)
@pytest.mark.parametrize("whole", [False, True])
def test_what_is_no_finite_number_gets_a_sentence(value, whole):
    with pytest.raises(PocketError, match="^n must be a (whole )?number, above 0, not .+\\.$"):
        check_number("n", value, above=0, whole=whole)


@given(st.floats() | st.integers(), st.integers(-5, 5), st.integers(-5, 5))
def test_bounds_are_what_they_are_called(value, low, high):
    allowed = -math.inf < value < math.inf
    for bounds, within in [
        ({"at_least": low}, lambda: value >= low),
        ({"above": low}, lambda: value > low),
        ({"at_most": high}, lambda: value <= high),
        ({"below": high}, lambda: value < high),
        ({"at_least": low, "below": high}, lambda: low <= value < high),
    ]:
        try:
            check_number("n", value, **bounds)
        except PocketError as error:
            assert not (allowed and within()) and str(error).count(".") >= 1
        else:
            assert allowed and within()


@pytest.mark.parametrize("value", [1.5, 2.0, np.float32(1), "1"])
def test_whole_numbers_are_not_floats(value):
    with pytest.raises(PocketError, match="a whole number"):
        check_number("n", value, whole=True)
    check_number("n", np.int64(3), whole=True)
    check_number("n", np.float32(0.5))


def test_a_number_of_too_many_digits_is_told_without_writing_it_out():
    with pytest.raises(PocketError, match="thousands of digits"):
        check_number("seed", 10**5000, **SEED, whole=True)


def test_fields_have_bounds_beside_their_defaults():
    @dataclass(frozen=True)
    class Config:
        steps: int = bounded(at_least=1)
        rate: float = bounded(0.5, above=0)
        minutes: float | None = bounded(None, above=0)
        name: str = "free"

        def __post_init__(self):
            check_fields(self)

    assert Config(3) == Config(3, 0.5, None, "free") and Config(3, minutes=2).minutes == 2
    for bad in ({"steps": 0}, {"steps": 1.5}, {"steps": None}, {"rate": None}, {"minutes": math.nan}):
        [name] = bad
        with pytest.raises(PocketError, match=rf"^Config\.{name} must be "):
            Config(**({"steps": 3} | bad))
