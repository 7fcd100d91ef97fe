"""PSNR and SSIM of two images as the field reports them, and the constants of all implementations of SSIM."""

from __future__ import annotations

import math

import numpy as np

PSNR_MAX_DB = 100.0
"""Reported for equal images, whose PSNR is infinite: JSON has no infinity."""

SSIM_RADIUS_PX, SSIM_SIGMA_PX = 5, 1.5
"""An 11×11 Gaussian window."""
SSIM_WINDOW = np.exp(-0.5 * (np.arange(-SSIM_RADIUS_PX, SSIM_RADIUS_PX + 1) / SSIM_SIGMA_PX) ** 2)
"""Weights of the separable window along one axis, float64 [11], sum 1."""
SSIM_WINDOW /= SSIM_WINDOW.sum()
SSIM_C1, SSIM_C2 = 0.01**2, 0.03**2
"""Stabilizers of luminance and contrast for values in [0, 1]."""


def displayed(image: np.ndarray) -> np.ndarray:
    """A rendered image of colors from 0 to 1 as a display shows it: clamped, uint8."""
    return np.asarray(np.round(np.clip(image, 0.0, 1.0) * 255.0), np.uint8)


def psnr(a: np.ndarray, b: np.ndarray, mask: np.ndarray | None = None) -> float:
    """Peak signal-to-noise ratio in dB of two images [H, W, 3], uint8 or float in [0, 1].

    Counts the pixels where `mask` [H, W] is True, or all.
    """
    a, b = _comparable(a, b)
    errors = np.square(a - b)
    return psnr_db_of(float(np.mean(errors if mask is None else errors[mask], dtype=np.float64)))


def psnr_db_of(mean_squared_error: float) -> float:
    """Peak signal-to-noise ratio in dB of values in [0, 1], at most PSNR_MAX_DB."""
    return -10.0 * math.log10(max(mean_squared_error, 10.0 ** (-PSNR_MAX_DB / 10.0)))


def ssim(a: np.ndarray, b: np.ndarray, mask: np.ndarray | None = None) -> float:
    """Structural similarity (Wang et al. 2004) of two images [H, W, 3], uint8 or float in [0, 1].

    11×11 Gaussian window of sigma 1.5 px, population variances, mean over the channels and over the pixels
    whose window lies inside of the image: what scikit-image (gaussian_weights=True, sigma=1.5,
    use_sample_covariance=False) and torchmetrics compute. Where `mask` [H, W] is False the images count as
    equal, and windows around such pixels are left out.
    """
    a, b = _comparable(a, b)
    if mask is not None:
        a = np.where(mask[..., None], a, b)
    size = len(SSIM_WINDOW)
    if min(a.shape[:2]) < size:
        raise ValueError(
            f"images of {a.shape[1]}×{a.shape[0]} px are smaller than SSIM's window of {size} px"
        )
    inside = slice(SSIM_RADIUS_PX, -SSIM_RADIUS_PX)
    counted = None if mask is None else mask[inside, inside]
    channels = [_mean_ssim(a[..., channel], b[..., channel], counted) for channel in range(a.shape[2])]
    return float(np.mean(channels))


def _mean_ssim(a: np.ndarray, b: np.ndarray, mask: np.ndarray | None) -> float:
    mean_a, mean_b = _blur(a), _blur(b)
    mean_square_a, mean_square_b, mean_product = mean_a * mean_a, mean_b * mean_b, mean_a * mean_b
    variances = _blur(a * a) - mean_square_a + _blur(b * b) - mean_square_b
    covariance = _blur(a * b) - mean_product
    luminance = (2.0 * mean_product + SSIM_C1) / (mean_square_a + mean_square_b + SSIM_C1)
    contrast = (2.0 * covariance + SSIM_C2) / (variances + SSIM_C2)
    similarity = luminance * contrast
    return float(np.mean(similarity if mask is None else similarity[mask], dtype=np.float64))


def _blur(plane: np.ndarray) -> np.ndarray:
    """The Gaussian window wherever it fits, [H - 10, W - 10]."""
    height, width = (side - 2 * SSIM_RADIUS_PX for side in plane.shape)
    along_y = sum(tap * plane[k : k + height] for k, tap in enumerate(SSIM_WINDOW))
    return sum(tap * along_y[:, k : k + width] for k, tap in enumerate(SSIM_WINDOW))


def _comparable(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both in float64, in [0, 1]."""
    if a.shape != b.shape or a.ndim != 3:
        raise ValueError(f"images of shapes {a.shape} and {b.shape} cannot be compared")
    return _unit_range(a), _unit_range(b)


def _unit_range(image: np.ndarray) -> np.ndarray:
    return image.astype(np.float64) / 255.0 if image.dtype == np.uint8 else image.astype(np.float64)
