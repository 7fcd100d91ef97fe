import numpy as np
import pytest

from components.ingest.photos.value_range import (
    ValueRange,
    choose_levels,
    kind_of,
    measure_range,
    scale,
    to_8_bits,
)

GRAY, COLOR, FLOAT = ("uint16", False), ("uint16", True), ("float32", False)


def values(least, low, high, most):
    return ValueRange(least=least, low=low, high=high, most=most)


@pytest.mark.parametrize(
    ("most", "white", "words"),
    [
        (65_535, 65_535, "16 bits to 8"),
        (16_384, 65_535, "16 bits to 8"),
        (16_000, 16_383, "14 bits to 8"),
        (4095, 4095, "12 bits to 8"),
        (1000, 1023, "10 bits to 8"),
        (255, 255, "values up to 255 to 8 bits"),
    ],
)
def test_white_of_integers_is_that_of_the_least_depth_that_holds_them(most, white, words):
    levels = choose_levels(COLOR, values(0, 5, most - 5, most))
    assert (levels.black, levels.white, levels.words) == (0, white, words)


def test_gray_photos_that_use_little_of_the_range_are_stretched():
    """A thermal camera's hundredths of a kelvin: 10 to 40 °C."""
    levels = choose_levels(GRAY, values(28_000, 28_315, 31_315, 32_000))
    assert (levels.black, levels.white) == (28_315, 31_315)
    assert levels.words == "values 28315 to 31315 to 8 bits"


def test_colours_are_never_stretched():
    assert choose_levels(COLOR, values(28_000, 28_315, 31_315, 32_000)).white == 65_535


@pytest.mark.parametrize(
    ("range_", "black", "white"),
    [
        (values(0.0, 0.01, 0.98, 1.0), 0.0, 1.0),
        (values(-0.004, 0.0, 1.0, 1.3), 0.0, 1.0),  # overshoot of resampling
        (values(0.0, 2.0, 251.0, 255.0), 0.0, 255.0),
        (values(0.0, 10.0, 60_000.0, 65_535.0), 0.0, 65_535.0),
        (values(-12.5, -10.0, 35.0, 60.0), -10.0, 35.0),  # temperatures
        (values(15.0, 18.5, 41.0, 90.0), 18.5, 41.0),
    ],
)
def test_levels_of_floating_point_values(range_, black, white):
    levels = choose_levels(FLOAT, range_)
    assert (levels.black, levels.white) == (black, white)


def test_negative_integers_are_stretched():
    levels = choose_levels(("int32", False), values(-20_000, -15_000, 15_000, 20_000))
    assert (levels.black, levels.white) == (-15_000, 15_000)


def test_ranges_of_a_capture_are_joined():
    joined = values(5, 10, 100, 120).joined(values(1, 20, 90, 130))
    assert joined == values(1, 10, 100, 130)


def test_values_that_are_not_finite_do_not_count_and_become_black():
    pixels = np.full((40, 50, 1), 0.5, np.float32)
    pixels[0, 0], pixels[1, 1], pixels[2, 2] = np.nan, np.inf, -np.inf
    measured = measure_range(pixels)
    assert measured == values(0.5, 0.5, 0.5, 0.5)
    scaled = scale(pixels, choose_levels(kind_of(pixels), measured))
    assert sorted(np.unique(scaled)) == [0, 32_768]
    assert measure_range(np.full((4, 4, 1), np.nan, np.float32)) is None


def test_sixteen_bits_are_rounded_to_eight():
    deep = (np.arange(256, dtype=np.uint16) * 257)[None]
    np.testing.assert_array_equal(to_8_bits(deep)[0], np.arange(256))
    np.testing.assert_array_equal(to_8_bits(np.array([128, 129, 65_535], np.uint16)), [0, 1, 255])


def test_the_kind_does_not_depend_on_the_byte_order():
    assert kind_of(np.zeros((2, 2, 1), ">u2")) == kind_of(np.zeros((2, 2, 1), "<u2")) == GRAY
