"""`number_in`: what counts as a number of a foreign file."""

import math
from fractions import Fraction

import numpy as np
import pytest

from components.shared.numbers import number_in


@pytest.mark.parametrize("value", [28, 28.0, "28", " 28 ", Fraction(28), np.float32(28), b"28"])
def test_what_can_be_converted_is_a_number(value):
    assert number_in(value) == 28.0


@pytest.mark.parametrize(
    "value", [None, True, "", "28mm", math.nan, math.inf, "nan", "-inf", (28, 1), {}, 10**400]
)
def test_everything_else_is_unknown(value):
    assert number_in(value) is None


def test_both_limits_are_in_range():
    assert [number_in(value, 1, 3) for value in (0.99, 1, 3, 3.01)] == [None, 1.0, 3.0, None]
