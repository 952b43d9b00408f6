"""Reference bands hold what they say: 9 of 10 fresh runs, on the scale's own ground."""

import math

import numpy as np
import pytest

from pocketgpt_lessons import evidence


def curves(*values):
    """One curve of a single point for each value."""
    return [[{"x": 1, "y": value}] for value in values]


def student_density(t, freedom):
    scale = math.gamma((freedom + 1) / 2) / math.gamma(freedom / 2) / math.sqrt(freedom * math.pi)
    return scale * (1 + t**2 / freedom) ** (-(freedom + 1) / 2)


@pytest.mark.parametrize("n", range(2, 17))
def test_the_interval_is_that_of_students_t(n):
    values = [*range(n)]
    t = evidence.half_width(values) / (np.std(values, ddof=1) * math.sqrt(1 + 1 / n))
    within = np.linspace(-t, t, 100_001)
    assert np.trapezoid(student_density(within, n - 1), within) == pytest.approx(0.9, abs=2e-4)


@pytest.mark.parametrize("n", [2, 5, 40])
def test_nine_of_ten_fresh_runs_lie_in_the_band(n):
    draws = np.random.default_rng(n).normal(3.0, 0.2, (4000, n + 1))
    inside = [abs(fresh - np.mean(runs)) <= evidence.half_width(runs) for *runs, fresh in draws.tolist()]
    assert np.mean(inside) == pytest.approx(0.9, abs=0.015)  # three standard errors


def test_a_band_is_cut_off_at_the_ends_of_its_scale():
    [point] = evidence.band(curves(0.9, 1.0), scale=100)
    assert (point["y"], point["high"]) == (95, 100) and 0 <= point["low"] < 90
    [point] = evidence.band(curves(0.9, 1.0), limits=(0.5, 1.0))
    assert (point["low"], point["high"]) == (0.5, 1.0)
    [point] = evidence.band(curves(90, 100))  # of an unknown scale
    assert point["low"] < 50 and point["high"] > 140


def test_a_single_run_and_runs_that_agree_have_no_width():
    for runs in (curves(2.0), curves(2.0, 2.0, 2.0)):
        assert evidence.band(runs) == [{"x": 1, "y": 2.0, "low": 2.0, "high": 2.0}]
