"""Find the palette of a scene's view-dependent colours."""

from __future__ import annotations

import numpy as np

from components.compress.kmeans import cluster
from components.compress.settings import CompressSettings
from components.shared.progress import OnProgress
from components.shared.splats import Splats

_PALETTE_BYTES_PER_GAUSSIAN = 2.5
_BYTES_PER_VALUE = 0.9
"""What one number of a palette entry takes in the file, measured on trained scenes."""
_ROW = 64
_LARGEST_AREA = 100.0


def palette_size(gaussians: int, coefficients: int, most: int) -> int:
    """How many entries a scene is worth, in whole rows of the texture.

    The palette may take 2.5 bytes a Gaussian, about as much as the labels: then small scenes do not carry
    a palette larger than themselves, and the last doubling still gained about 1 dB in renders.
    """
    entry_bytes = 3 * coefficients * _BYTES_PER_VALUE
    rows = round(gaussians * _PALETTE_BYTES_PER_GAUSSIAN / entry_bytes / _ROW)
    return min(most, max(1, rows) * _ROW)


def fit_palette(
    splats: Splats, settings: CompressSettings, on_progress: OnProgress
) -> tuple[np.ndarray, np.ndarray]:
    """Entries float32 [P, K, 3], and the entry of each Gaussian, [N]."""
    count, coefficients = splats.shN.shape[:2]
    size = palette_size(count, coefficients, settings.max_palette_entries)
    points, inverse = _distinct(splats.shN.reshape(count, -1), settings.seed)
    if len(points) <= size:  # as in a scene that came from a .sog
        return points.reshape(-1, coefficients, 3), inverse
    weights = np.bincount(inverse, _visual_weights(splats))
    found = cluster(
        points, weights, size, seed=settings.seed, device=_device(settings.device), on_progress=on_progress
    )
    return found.centers.reshape(-1, coefficients, 3), found.labels[inverse]


def _visual_weights(splats: Splats) -> np.ndarray:
    """How much an error of colour is seen, [N], with mean 1: opacity times the size of the Gaussian.

    The size is the root of the largest cross-section, and bounded, lest the sky take the whole palette.
    In renders this gains 1 to 2 dB over equal weights.
    """
    opacity = 0.5 + 0.5 * np.tanh(0.5 * splats.opacities.astype(np.float64))
    two_largest = np.sort(splats.scales, axis=1)[:, 1:].sum(axis=1, dtype=np.float64)
    area = np.exp(np.minimum(two_largest - np.median(two_largest), np.log(_LARGEST_AREA)))
    weights = opacity * np.sqrt(area)
    return weights / weights.mean()


def _distinct(points: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Distinct rows of [N, D], and the row of each point: found by a random projection, then checked."""
    direction = np.random.default_rng(seed).normal(size=points.shape[1])
    _, first, inverse = np.unique(points @ direction, return_index=True, return_inverse=True)
    if np.array_equal(points[first][inverse], points):
        return points[first], inverse
    return points, np.arange(len(points))


def _device(name: str) -> str:
    if name != "auto":
        return name
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"
