"""How alike two pictures are: PSNR and SSIM as the field reports them."""

from __future__ import annotations

import math

import numpy as np

PSNR_MAX_DB = 100.0
"""Reported for equal images, whose PSNR is infinite: JSON knows no infinity."""

_WINDOW_HALF, _WINDOW_SIGMA_PX = 5, 1.5
_C1, _C2 = 0.01**2, 0.03**2


def psnr(a: np.ndarray, b: np.ndarray, believed: np.ndarray | None = None) -> float:
    """Peak signal to noise ratio in dB of two images [H, W, 3], uint8 or float in [0, 1].

    Of the pixels where `believed` [H, W] is True, or of all.
    """
    a, b = _comparable(a, b)
    errors = np.square(a - b)
    mean_squared_error = float(np.mean(errors if believed is None else errors[believed], dtype=np.float64))
    if mean_squared_error == 0.0:
        return PSNR_MAX_DB
    return min(PSNR_MAX_DB, -10.0 * math.log10(mean_squared_error))


def psnr_db_of(mean_squared_error: float) -> float:
    """Peak signal-to-noise ratio of values in [0, 1]; 100 dB stands for no error."""
    return -10.0 * math.log10(max(mean_squared_error, 1e-10))


def ssim(a: np.ndarray, b: np.ndarray, believed: np.ndarray | None = None) -> float:
    """Structural similarity (Wang et al. 2004) of two images [H, W, 3], uint8 or float in [0, 1].

    11×11 Gaussian window of sigma 1.5 px, population variances, mean over the channels and over the pixels
    whose window lies inside of the image: what scikit-image (gaussian_weights=True, sigma=1.5,
    use_sample_covariance=False) and torchmetrics compute. Where `believed` [H, W] is False the images count
    as equal, and windows around such pixels are left out.
    """
    a, b = _comparable(a, b)
    if believed is not None:
        a = np.where(believed[..., None], a, b)
    size = 2 * _WINDOW_HALF + 1
    if min(a.shape[:2]) < size:
        raise ValueError(
            f"images of {a.shape[1]}×{a.shape[0]} px are smaller than SSIM's window of {size} px"
        )
    inside = slice(_WINDOW_HALF, -_WINDOW_HALF)
    counted = None if believed is None else believed[inside, inside]
    channels = [_mean_ssim(a[..., channel], b[..., channel], counted) for channel in range(a.shape[2])]
    return float(np.mean(channels))


def _mean_ssim(a: np.ndarray, b: np.ndarray, counted: np.ndarray | None) -> float:
    mean_a, mean_b = _blur(a), _blur(b)
    mean_square_a, mean_square_b, mean_product = mean_a * mean_a, mean_b * mean_b, mean_a * mean_b
    variances = _blur(a * a) - mean_square_a + _blur(b * b) - mean_square_b
    covariance = _blur(a * b) - mean_product
    luminance = (2.0 * mean_product + _C1) / (mean_square_a + mean_square_b + _C1)
    contrast = (2.0 * covariance + _C2) / (variances + _C2)
    similarity = luminance * contrast
    return float(np.mean(similarity if counted is None else similarity[counted], dtype=np.float64))


def _blur(plane: np.ndarray) -> np.ndarray:
    """The Gaussian window wherever it fits, [H - 10, W - 10]."""
    offsets = np.arange(-_WINDOW_HALF, _WINDOW_HALF + 1)
    taps = np.exp(-0.5 * (offsets / _WINDOW_SIGMA_PX) ** 2)
    taps /= taps.sum()
    height, width = (side - 2 * _WINDOW_HALF for side in plane.shape)
    along_y = sum(tap * plane[k : k + height] for k, tap in enumerate(taps))
    return sum(tap * along_y[:, k : k + width] for k, tap in enumerate(taps))


def _comparable(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if a.shape != b.shape or a.ndim != 3:
        raise ValueError(f"images of shapes {a.shape} and {b.shape} cannot be compared")
    return _unit_range(a), _unit_range(b)


def _unit_range(image: np.ndarray) -> np.ndarray:
    """float64 in [0, 1]."""
    return image.astype(np.float64) / 255.0 if image.dtype == np.uint8 else image.astype(np.float64)
