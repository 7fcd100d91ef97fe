"""Measure what moved between two photos: nothing in copies of one shot, however they were encoded.

A camera that moves shifts near things against far ones, and even a step of a hundredth of the distance to
the subject is measurable at a longer side of 256 px. The photos are divided into blocks. In each, a tone
curve and a change of sharpness are fitted first, so that these do not count. What remains is explained by
displacements to first order, as Lucas and Kanade (1981) do: d = argmin sum (second - first - d · gradient)^2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_BLOCK_PX = 16
MIN_SIDE_PX = _BLOCK_PX
_RIDGE = 1e-5
_MAX_UNEXPLAINED = 0.4
"""Of a block's variance: noise and strong compression leave less, other content leaves more."""

_MAX_SHIFT, _MAX_PARALLAX, _MAX_UNMATCHED = 0.0024, 0.0005, 0.1
"""Between what copies differ in and what a step of a hundredth of the distance to the subject changes: see
the table in the README, which `benchmarks/twins.py` prints."""


@dataclass(frozen=True, slots=True)
class Difference:
    """How the content of one photo lies in another."""

    shift: float
    """Displacement at the worst corner by the best affine motion, as a fraction of the longer side."""
    parallax: float
    """Root mean square of the displacements that this motion leaves, weighted by gradients and without what
    noise explains; as a fraction of the longer side."""
    unmatched: float
    """Fraction of the detail that is not found again, in [0, 1]."""


def distance(difference: Difference) -> float:
    """How far two photos are from being one shot: up to 1 they are, as nothing moved between them."""
    return max(
        difference.shift / _MAX_SHIFT,
        difference.parallax / _MAX_PARALLAX,
        difference.unmatched / _MAX_UNMATCHED,
    )


def measure_difference(first: np.ndarray, second: np.ndarray) -> Difference:
    """Difference of two grey photos [H, W] of one size, in any units, with sides of at least `MIN_SIDE_PX`.

    Displacements are measured up to about 1 px; beyond, `shift` and `unmatched` are large.
    """
    a, b = (_smooth(image.astype(np.float32)) for image in (first, second))
    residual, gradient, detail = _without_tone(a, b)
    affine, shift = _fit_affine(residual, gradient, detail, a.shape)
    residual = residual - np.einsum("nki,i->nk", affine, shift)
    left, moved, noise = _fit_blocks(residual, gradient)
    matched = left < _MAX_UNEXPLAINED * detail[:, 1]
    weights = matched / (detail[:, 1] + detail[:, 1].mean() + 1e-6)
    slopes = np.einsum("nki,nki->n", gradient, gradient)
    parallax_px = np.sqrt(max(0.0, weights @ (moved - noise)) / (weights @ slopes + 1e-9))
    energy = (detail / (detail.mean(axis=0) + 1e-6)).sum(axis=1)
    side = max(a.shape)
    return Difference(
        shift=_at_corners(shift, a.shape) / side,
        parallax=float(parallax_px) / side,
        unmatched=float(energy[~matched].sum() / (energy.sum() + 1e-9)),
    )


def fit_motion(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """The affine motion [6] by which two grey photos of one size differ most, in pixels.

    A detail at (x, y) of the second photo, from its centre in half widths, is at a place of the first that is
    further by m[:2] + x m[2:4] + y m[4:].
    """
    a, b = (_smooth(image.astype(np.float32)) for image in (first, second))
    residual, gradient, detail = _without_tone(a, b)
    return _fit_affine(residual, gradient, detail, a.shape)[1]


def _without_tone(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What a change of tone and sharpness does not explain, in each of N blocks of K pixels.

    Returns the residual of `b` [N, K], the gradient (x, y) of `a` in units of `b` [N, K, 2], and the sums of
    squares of both images [N, 2], each about the mean.
    """
    slope_y, slope_x = np.gradient(a)
    blocks = [_blocks(image) for image in (a, b, _smooth(a) - a, slope_x, slope_y)]
    dark, bright, blur, slope_x, slope_y = blocks
    dark = dark - dark.mean(axis=1, keepdims=True)
    bright = bright - bright.mean(axis=1, keepdims=True)
    scale = np.sqrt((dark**2).mean(axis=1, keepdims=True)) + 1e-3
    blur_scale = np.sqrt((blur**2).mean(axis=1, keepdims=True)) + 1e-3
    unit = dark / scale
    tone = np.stack([unit, np.ones_like(unit), unit**2, blur / blur_scale], axis=2)
    values = np.stack([bright, slope_x, slope_y], axis=2)
    solution = _solve(tone, values)
    values = values - tone @ solution
    gain = np.maximum(solution[:, 0, 0], 0.0)[:, None] / scale
    values[..., 0] = np.where(gain > 0.0, values[..., 0], bright)  # a negative is no copy
    detail = np.stack([(dark**2).sum(axis=1), (bright**2).sum(axis=1)], axis=1)
    return values[..., 0], values[..., 1:] * gain[..., None], detail


def _fit_affine(
    residual: np.ndarray, gradient: np.ndarray, detail: np.ndarray, shape: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """The columns [N, K, 6] and coefficients [6] of one affine motion of the whole image, in pixels."""
    x, y = (_blocks(grid)[..., None] for grid in _coordinates(shape))
    columns = np.concatenate([gradient, x * gradient, y * gradient], axis=2)
    # Blocks count alike: else one with strong edges would speak for all.
    weighted = columns / (detail[:, 1] + detail[:, 1].mean() + 1e-6)[:, None, None]
    matrix = np.einsum("nki,nkj->ij", weighted, columns)
    matrix += 1e-6 * (np.trace(matrix) + 1e-6) * np.eye(6)
    return columns, np.linalg.solve(matrix, np.einsum("nki,nk->i", weighted, residual))


def _fit_blocks(residual: np.ndarray, gradient: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sums of squares [N] that a displacement of each block leaves and explains, and noise would explain."""
    moved = gradient @ _solve(gradient, residual[..., None])
    left = np.einsum("nk,nk->n", residual, residual) - np.einsum("nk,nk->n", moved[..., 0], moved[..., 0])
    explained = np.einsum("nk,nk->n", moved[..., 0], moved[..., 0])
    freedom = residual.shape[1] - 6
    return np.maximum(left, 0.0), explained, 2.0 * np.maximum(left, 0.0) / freedom


def _solve(columns: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Least squares in each block: columns [N, K, C], values [N, K, V], coefficients [N, C, V]."""
    transposed = columns.swapaxes(1, 2)
    matrix = transposed @ columns
    ridge = _RIDGE * (np.trace(matrix, axis1=1, axis2=2) + 1e-6)
    matrix += ridge[:, None, None] * np.eye(matrix.shape[-1], dtype=matrix.dtype)
    return np.asarray(np.linalg.solve(matrix, transposed @ values))


def _at_corners(motion: np.ndarray, shape: tuple[int, ...]) -> float:
    height, width = shape
    corners = [(x, y) for x in (-1.0, 1.0) for y in (-height / width, height / width)]
    return float(max(np.linalg.norm(motion[:2] + x * motion[2:4] + y * motion[4:]) for x, y in corners))


def _coordinates(shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """x and y [H, W] from the centre, in half widths."""
    height, width = shape
    y, x = np.mgrid[:height, :width].astype(np.float32)
    return (2 * x - width) / width, (2 * y - height) / width


def _blocks(image: np.ndarray) -> np.ndarray:
    """[N, _BLOCK_PX^2] of [H, W]; incomplete blocks at the borders are left out."""
    rows, columns = (side // _BLOCK_PX for side in image.shape)
    whole = image[: rows * _BLOCK_PX, : columns * _BLOCK_PX]
    parts = whole.reshape(rows, _BLOCK_PX, columns, _BLOCK_PX).swapaxes(1, 2)
    return parts.reshape(rows * columns, _BLOCK_PX**2)


def _smooth(image: np.ndarray) -> np.ndarray:
    """Binomial filter of 3 x 3: gradients of unfiltered pixels are no derivatives."""
    padded = np.pad(image, 1, mode="edge")
    rows = 0.25 * padded[:-2] + 0.5 * padded[1:-1] + 0.25 * padded[2:]
    return np.asarray(0.25 * rows[:, :-2] + 0.5 * rows[:, 1:-1] + 0.25 * rows[:, 2:])
