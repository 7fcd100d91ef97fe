"""L1 and SSIM with their gradient on the CPU, in numba.

The window is separable: rows are blurred once into a ring of the latest eleven, which is summed down the
columns, so that the data stays in the cache. Channels are interleaved: a neighbour in x is three floats away.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from components.shared.image_metrics import SSIM_C1, SSIM_C2, SSIM_RADIUS_PX, SSIM_WINDOW
from components.shared.ranges import equal_ranges, run_ranges

_HALF = SSIM_RADIUS_PX
_TAPS = len(SSIM_WINDOW)
_CHANNELS = 3

_FASTMATH = {"reassoc", "contract", "nsz", "arcp"}
"""Functions with these flags must be inlined where they are called: a process that compiles them would
otherwise call its own copy, whose sums may have another order than those loaded from the cache."""
_C1, _C2 = np.float32(SSIM_C1), np.float32(SSIM_C2)
_F0, _F1, _F2 = np.float32(0.0), np.float32(1.0), np.float32(2.0)
_ROWS_AT_LEAST = 32


def photometric_value_and_gradient(
    image: np.ndarray, target: np.ndarray, ssim_lambda: float
) -> tuple[float, np.ndarray]:
    """The loss and its gradient to `image`; both images float32 [H, W, 3], C-contiguous."""
    height = len(image)
    a, b = image.reshape(height, -1), target.reshape(height, -1)
    taps = SSIM_WINDOW.astype(np.float32)
    maps = np.empty((height, 3 * a.shape[1]), np.float32)
    sums = np.empty((height, 2))
    bounds = equal_ranges(height, at_least=_ROWS_AT_LEAST)
    run_ranges(_ssim, bounds, a, b, taps, maps, sums)
    gradient = np.empty_like(image)
    l1_weight = np.float32((1.0 - ssim_lambda) / a.size)
    ssim_weight = np.float32(-ssim_lambda / a.size)
    run_ranges(_gradient, bounds, a, b, taps, maps, l1_weight, ssim_weight, gradient.reshape(height, -1))
    l1, ssim = sums.sum(axis=0) / a.size
    return (1.0 - ssim_lambda) * l1 + ssim_lambda * (1.0 - ssim), gradient


@njit(cache=True, error_model="numpy", nogil=True, fastmath=_FASTMATH)
def _ssim(
    a: np.ndarray,
    b: np.ndarray,
    taps: np.ndarray,
    maps: np.ndarray,
    sums: np.ndarray,
    start: int,
    stop: int,
) -> None:
    """Fill rows start:stop of sums [H, 2] and maps [H, 3 n] for images a and b [H, n].

    sums holds |a - b| and SSIM; maps the derivatives of each pixel's SSIM to the blurred a, a², a b.
    """
    height, n = a.shape
    padded = np.zeros(n + _CHANNELS * (_TAPS - 1), np.float32)
    row = padded[_CHANNELS * _HALF : _CHANNELS * _HALF + n]
    ring = np.zeros((_TAPS, 5 * n), np.float32)
    means = np.empty(5 * n, np.float32)
    for y in range(start - _HALF, stop + _HALF):
        blurred = ring[y % _TAPS]
        if 0 <= y < height:
            row[:] = a[y]
            _blur_row(padded, taps, blurred[:n])
            row[:] = b[y]
            _blur_row(padded, taps, blurred[n : 2 * n])
            _multiply(a[y], a[y], row)
            _blur_row(padded, taps, blurred[2 * n : 3 * n])
            _multiply(a[y], b[y], row)
            _blur_row(padded, taps, blurred[3 * n : 4 * n])
            _multiply(b[y], b[y], row)
            _blur_row(padded, taps, blurred[4 * n :])
        else:
            blurred[:] = _F0
        center = y - _HALF
        if center >= start:
            _sum_ring(ring, taps, center, means)
            sums[center, 0] = _absolute_difference(a[center], b[center])
            sums[center, 1] = _ssim_row(means, maps[center])


@njit(cache=True, error_model="numpy", nogil=True, fastmath=_FASTMATH)
def _gradient(
    a: np.ndarray,
    b: np.ndarray,
    taps: np.ndarray,
    maps: np.ndarray,
    l1_weight: float,
    ssim_weight: float,
    gradient: np.ndarray,
    start: int,
    stop: int,
) -> None:
    """Fill rows start:stop of the gradient [H, n] of l1_weight Σ|a - b| + ssim_weight Σ SSIM to a."""
    height, n = a.shape
    padded = np.zeros(n + _CHANNELS * (_TAPS - 1), np.float32)
    row = padded[_CHANNELS * _HALF : _CHANNELS * _HALF + n]
    ring = np.zeros((_TAPS, 3 * n), np.float32)
    spread = np.empty(3 * n, np.float32)
    for y in range(start - _HALF, stop + _HALF):
        blurred = ring[y % _TAPS]
        if 0 <= y < height:
            for part in range(3):
                row[:] = maps[y, part * n : (part + 1) * n]
                _blur_row(padded, taps, blurred[part * n : (part + 1) * n])
        else:
            blurred[:] = _F0
        center = y - _HALF
        if center >= start:
            _sum_ring(ring, taps, center, spread)
            for j in range(n):
                value_a, value_b = a[center, j], b[center, j]
                ssim = spread[j] + _F2 * value_a * spread[n + j] + value_b * spread[2 * n + j]
                sign = _F1 if value_a > value_b else (-_F1 if value_a < value_b else _F0)
                gradient[center, j] = l1_weight * sign + ssim_weight * ssim


@njit(cache=True, error_model="numpy", forceinline=True, fastmath=_FASTMATH)
def _blur_row(padded: np.ndarray, taps: np.ndarray, result: np.ndarray) -> None:
    """Window along a row [n] that has _CHANNELS * _HALF zeros on each side in `padded`."""
    result[:] = _F0
    for k in range(_TAPS):
        tap, shift = taps[k], _CHANNELS * k
        for j in range(len(result)):
            result[j] += tap * padded[shift + j]


@njit(cache=True, error_model="numpy", forceinline=True, fastmath=_FASTMATH)
def _sum_ring(ring: np.ndarray, taps: np.ndarray, center: int, result: np.ndarray) -> None:
    """Window down the columns, over the rows center - _HALF to center + _HALF."""
    result[:] = _F0
    for k in range(_TAPS):
        tap, row = taps[k], ring[(center - _HALF + k) % _TAPS]
        for j in range(len(result)):
            result[j] += tap * row[j]


@njit(cache=True, error_model="numpy", forceinline=True, fastmath=_FASTMATH)
def _multiply(a: np.ndarray, b: np.ndarray, result: np.ndarray) -> None:
    for j in range(len(result)):
        result[j] = a[j] * b[j]


@njit(cache=True, error_model="numpy", forceinline=True, fastmath=_FASTMATH)
def _absolute_difference(a: np.ndarray, b: np.ndarray) -> float:
    total = _F0
    for j in range(len(a)):
        total += abs(a[j] - b[j])
    return float(total)


@njit(cache=True, error_model="numpy", forceinline=True, fastmath=_FASTMATH)
def _ssim_row(means: np.ndarray, derivatives: np.ndarray) -> float:
    """Sum of SSIM over a row [n] from the blurred a, b, a², a b, b²; fills the derivatives to a, a², a b."""
    n = len(means) // 5
    total = _F0
    for j in range(n):
        mean_a, mean_b = means[j], means[n + j]
        product, squares = mean_a * mean_b, mean_a * mean_a + mean_b * mean_b
        luminance, luminance_base = _F2 * product + _C1, squares + _C1
        contrast = _F2 * (means[3 * n + j] - product) + _C2
        contrast_base = means[2 * n + j] + means[4 * n + j] - squares + _C2
        scale = _F1 / (luminance_base * contrast_base)
        ssim = luminance * contrast * scale
        total += ssim
        derivatives[j] = _F2 * (
            mean_b * (contrast - luminance) * scale
            + ssim * mean_a * (_F1 / contrast_base - _F1 / luminance_base)
        )
        derivatives[n + j] = -ssim / contrast_base
        derivatives[2 * n + j] = _F2 * luminance * scale
    return float(total)
