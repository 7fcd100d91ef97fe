import math

import numpy as np
import pytest

from components.shared.image_metrics import PSNR_MAX_DB, psnr, ssim


def flat(value, height=20, width=24):
    return np.full((height, width, 3), value, np.float32)


def test_psnr_of_a_known_difference():
    assert psnr(flat(0.3), flat(0.4)) == pytest.approx(20.0, abs=1e-4)


def test_psnr_of_one_level_of_eight_bits():
    a = np.full((8, 8, 3), 100, np.uint8)
    assert psnr(a, a + 1) == pytest.approx(20 * math.log10(255), abs=1e-9)


def test_psnr_weighs_all_pixels_and_channels_alike():
    a, b = flat(0.0, 10, 10), flat(0.0, 10, 10)
    b[0, 0, 0] = 1.0
    assert psnr(a, b) == pytest.approx(10 * math.log10(300))


def test_psnr_of_equal_images_is_finite():
    assert psnr(flat(0.5), flat(0.5)) == PSNR_MAX_DB


def test_bytes_and_floats_compare():
    a = np.full((16, 16, 3), 51, np.uint8)
    assert psnr(a, flat(0.3, 16, 16)) == pytest.approx(20.0, abs=1e-4)
    assert ssim(a, flat(0.2, 16, 16)) == pytest.approx(1.0)


def test_ssim_of_flat_images_compares_their_brightness():
    expected = (2 * 0.2 * 0.6 + 1e-4) / (0.2**2 + 0.6**2 + 1e-4)
    assert ssim(flat(0.2), flat(0.6)) == pytest.approx(expected, rel=1e-5)


def test_ssim_of_equal_images_is_one():
    image = np.random.default_rng(0).uniform(size=(20, 24, 3))
    assert ssim(image, image) == pytest.approx(1.0)


def test_ssim_of_a_negative_is_negative():
    image = np.random.default_rng(0).uniform(size=(40, 40, 3))
    assert ssim(image, 1 - image) < -0.5


def test_ssim_agrees_with_its_definition_window_by_window():
    rng = np.random.default_rng(1)
    a = rng.uniform(size=(13, 14, 3))
    b = np.clip(a + 0.1 * rng.normal(size=a.shape), 0, 1)
    taps = np.exp(-0.5 * (np.arange(-5, 6) / 1.5) ** 2)
    weights = np.outer(taps, taps) / taps.sum() ** 2
    values = [
        windowed_ssim(a[y : y + 11, x : x + 11, channel], b[y : y + 11, x : x + 11, channel], weights)
        for y in range(3)
        for x in range(4)
        for channel in range(3)
    ]
    assert ssim(a, b) == pytest.approx(np.mean(values), abs=1e-9)


def windowed_ssim(a, b, weights):
    mean_a, mean_b = (weights * a).sum(), (weights * b).sum()
    variance_a, variance_b = (weights * (a - mean_a) ** 2).sum(), (weights * (b - mean_b) ** 2).sum()
    covariance = (weights * (a - mean_a) * (b - mean_b)).sum()
    luminance = (2 * mean_a * mean_b + 1e-4) / (mean_a**2 + mean_b**2 + 1e-4)
    return luminance * (2 * covariance + 9e-4) / (variance_a + variance_b + 9e-4)


def test_images_smaller_than_the_window_are_refused():
    with pytest.raises(ValueError, match="24×10"):
        ssim(flat(0.1, 10, 24), flat(0.1, 10, 24))


def test_images_of_different_size_are_refused():
    with pytest.raises(ValueError, match="cannot be compared"):
        psnr(flat(0.1, 10, 10), flat(0.1, 10, 11))


def test_masked_pixels_are_left_out():
    rng = np.random.default_rng(0)
    photo = rng.integers(0, 256, (40, 50, 3), np.uint8)
    shown, mask = photo.copy(), np.ones((40, 50), bool)
    shown[10:20, 10:20], mask[10:20, 10:20] = 0, False
    assert psnr(shown, photo, mask) == PSNR_MAX_DB > psnr(shown, photo)
    assert ssim(shown, photo, mask) == pytest.approx(1.0)
    shown[25:30] = 0
    errors = ((shown[mask] - photo[mask].astype(float)) / 255.0) ** 2
    assert psnr(shown, photo, mask) == pytest.approx(-10 * np.log10(errors.mean()))
    assert ssim(shown, photo, mask) < 0.95
