"""Displacements are measured as they are, and changes of tone and noise are none."""

import numpy as np
import pytest
from PIL import Image

from components.ingest.compare.measure_difference import measure_difference

HEIGHT, WIDTH = 192, 256


def texture(dx=0.0, dy=0.0, seed=3):
    """Waves of all directions, moved by a fraction of a pixel: float32 [192, 256]."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float64)
    waves = rng.normal(0.0, 0.35, (60, 2))
    phases = rng.uniform(0.0, 6.3, 60)
    image = sum(np.sin(u * (x - dx) + v * (y - dy) + p) for (u, v), p in zip(waves, phases, strict=True))
    return (128 + 12 * image).astype(np.float32)


def test_equal_photos_do_not_differ():
    difference = measure_difference(texture(), texture())
    assert (difference.shift, difference.parallax, difference.unmatched) == pytest.approx((0, 0, 0), abs=1e-5)


@pytest.mark.parametrize("moved", [0.1, 0.3, 0.6])
def test_a_shift_is_measured_in_fractions_of_the_longer_side(moved):
    difference = measure_difference(texture(), texture(moved, 0.0))
    assert difference.shift == pytest.approx(moved / WIDTH, rel=0.15)
    assert difference.parallax < 0.1 * difference.shift


def test_two_depths_that_move_differently_are_parallax():
    near, far = texture(0.4), texture(-0.4)
    checks = (np.indices((HEIGHT, WIDTH)) // 32).sum(axis=0) % 2 == 0
    difference = measure_difference(texture(), np.where(checks, near, far))
    assert difference.parallax == pytest.approx(0.4 / WIDTH, rel=0.3)
    assert difference.shift < 0.3 * difference.parallax


@pytest.mark.parametrize(
    "tone",
    [lambda x: 0.3 * x + 70, lambda x: 255 * (x / 255) ** 1.8, lambda x: 255 * (x / 255) ** 0.5],
    ids=["less contrast", "darker", "brighter"],
)
def test_changes_of_tone_are_no_displacement(tone):
    difference = measure_difference(texture(), tone(np.clip(texture(), 1, 254)))
    assert max(difference.shift, difference.parallax) < 0.1 / WIDTH
    assert difference.unmatched == 0.0


def test_noise_is_no_displacement_and_hides_none():
    rng = np.random.default_rng(0)
    still, moved = (texture(dx) + rng.normal(0, 8, (HEIGHT, WIDTH)).astype(np.float32) for dx in (0.0, 0.5))
    noisy = texture() + rng.normal(0, 8, (HEIGHT, WIDTH)).astype(np.float32)
    assert measure_difference(noisy, still).shift < 0.05 / WIDTH
    assert measure_difference(noisy, still).parallax < 0.1 / WIDTH
    assert measure_difference(noisy, moved).shift > 0.35 / WIDTH


def test_other_content_is_not_matched():
    assert measure_difference(texture(), texture(seed=4)).unmatched > 0.95


def test_a_negative_is_not_matched():
    assert measure_difference(texture(), 255 - texture()).unmatched == 1.0


def test_something_that_appeared_counts_by_its_detail():
    other = texture()
    other[:96, :128] = texture(seed=5)[:96, :128]
    assert measure_difference(texture(), other).unmatched == pytest.approx(0.25, abs=0.06)


def test_without_any_detail_nothing_is_found_and_nothing_fails():
    flat = np.full((HEIGHT, WIDTH), 7.0, np.float32)
    assert measure_difference(flat, flat).unmatched >= 0.0


def test_the_size_does_not_matter():
    half = [np.asarray(Image.fromarray(image).resize((128, 96))) for image in (texture(), texture(0.6))]
    assert measure_difference(*half).shift == pytest.approx(0.6 / WIDTH, rel=0.2)
