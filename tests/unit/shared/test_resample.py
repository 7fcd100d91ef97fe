"""The kernel against a plain reference in numpy, to the last bit."""

import numpy as np
import pytest
from PIL import Image

from components.shared.resample import packed, resample


@pytest.fixture(scope="module")
def image() -> np.ndarray:
    pixels = np.random.default_rng(0).integers(0, 256, (37, 53, 3), np.uint8)
    return packed(Image.fromarray(pixels))


def positions_around(image: np.ndarray, height: int = 41, width: int = 29) -> np.ndarray:
    """Of all parts of the image, and beyond its border."""
    y, x = np.meshgrid(np.linspace(-3, 40, height), np.linspace(-4, 58, width), indexing="ij")
    bend = 0.7 * np.sin(0.3 * x + 0.2 * y)
    return np.stack([x + bend, y - bend], axis=-1).astype(np.float32)


@pytest.mark.parametrize("is_closed", [False, True])
@pytest.mark.parametrize("samples", [1, 2, 3])
def test_it_is_the_mean_of_bilinear_samples(image, samples, is_closed):
    positions = positions_around(image)
    expected = reference(image, positions, samples, is_closed)
    np.testing.assert_array_equal(resample(image, positions, samples=samples, is_closed=is_closed), expected)
    fractions = positions / np.float32([64, 32])
    np.testing.assert_array_equal(
        resample(image, fractions, (64, 32), samples, is_closed=is_closed), expected
    )


def test_what_is_no_number_shows_the_first_pixel_and_far_away_the_border(image):
    positions = np.array([[[np.nan, np.nan], [1e30, 1e30], [-1e30, 0.5]]], np.float32)
    found = resample(image, positions)
    channels = image.view(np.uint8).reshape(*image.shape, 4)
    np.testing.assert_array_equal(found[0, 1], channels[-1, -1, :3])
    np.testing.assert_array_equal(found[0, 2], channels[0, 0, :3])


def reference(image: np.ndarray, positions: np.ndarray, samples: int, is_closed: bool) -> np.ndarray:
    down, right = np.gradient(positions, axis=(0, 1))
    offsets = (np.arange(samples, dtype=np.float32) + 0.5) / samples - 0.5
    total = np.full((*positions.shape[:2], 3), 0.5 * samples**2, np.float32)
    for below in offsets:
        for beside in offsets:
            total += bilinear(image, positions + below * down + beside * right, is_closed)
    return (total / samples**2).astype(np.uint8)


def bilinear(image: np.ndarray, positions: np.ndarray, is_closed: bool) -> np.ndarray:
    height, width = image.shape
    channels = image.view(np.uint8).reshape(height, width, 4)[..., :3].astype(np.float32)
    shifted = positions - np.float32(0.5)
    corner = np.floor(shifted)
    across, downward = np.moveaxis(shifted - corner, -1, 0)[..., None]
    left, top = corner[..., 0].astype(int), corner[..., 1].astype(int)
    columns = [(left + step) % width if is_closed else np.clip(left + step, 0, width - 1) for step in (0, 1)]
    rows = [np.clip(top + step, 0, height - 1) for step in (0, 1)]
    upper, lower = (
        channels[row, columns[0]] + (channels[row, columns[1]] - channels[row, columns[0]]) * across
        for row in rows
    )
    return upper + (lower - upper) * downward
