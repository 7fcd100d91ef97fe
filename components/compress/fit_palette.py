"""Fit the palette of view-dependent colors: weighted k-means over f_rest of all Gaussians."""

from __future__ import annotations

from functools import partial

import numpy as np

from components.compress.metric import SeenMetric
from components.compress.settings import CompressSettings
from components.compress.visible.sensitivity import Sensitivity
from components.shared.kmeans import cluster
from components.shared.progress import OnProgress
from components.shared.sog.palette import ENTRIES_PER_ROW
from components.shared.splats import Splats, opacities_of_logits

PALETTE_BYTES_PER_GAUSSIAN = 2.5
_BYTES_PER_VALUE = 0.9
"""Bytes of one value of a palette entry in the file, measured on trained scenes."""
_MAX_RELATIVE_AREA = 100.0
"""Limit of a Gaussian's cross-section in the weights, relative to the median."""


def palette_size(
    gaussians: int,
    coefficients: int,
    max_entries: int,
    bytes_per_gaussian: float = PALETTE_BYTES_PER_GAUSSIAN,
) -> int:
    """Number of palette entries for a scene, in whole rows of the texture and at most `max_entries`.

    The palette may take 2.5 bytes per Gaussian, about as much as the labels. A small scene then has no
    palette that is larger than the rest of it. The last doubling still gained about 1 dB in renders.
    """
    entry_bytes = 3 * coefficients * _BYTES_PER_VALUE
    rows = round(gaussians * bytes_per_gaussian / entry_bytes / ENTRIES_PER_ROW)
    return min(max_entries, max(1, rows) * ENTRIES_PER_ROW)


def fit_palette(
    splats: Splats,
    settings: CompressSettings,
    on_progress: OnProgress,
    *,
    sensitivity: Sensitivity | None = None,
    bytes_per_gaussian: float = PALETTE_BYTES_PER_GAUSSIAN,
) -> tuple[np.ndarray, np.ndarray]:
    """Palette entries float32 [P, K, 3], and labels [N]: the entry of each Gaussian.

    sensitivity: how much an error of each Gaussian's color is seen, and from where. Without it
    `visual_weights` count, and all directions alike.
    """
    count, coefficients = splats.shN.shape[:2]
    size = palette_size(count, coefficients, settings.max_palette_entries, bytes_per_gaussian)
    points, inverse = _distinct_rows(splats.shN.reshape(count, -1), settings.seed)
    if len(points) <= size:  # as in a scene that was decoded from a .sog
        return points.reshape(-1, coefficients, 3), inverse
    fit = partial(cluster, count=size, seed=settings.seed, on_progress=on_progress)
    device = _device(settings.device)
    if sensitivity:
        weights, metric = sensitivity.colors, SeenMetric(sensitivity.directions, device)
        clusters = fit(splats.shN.reshape(count, -1), weights / weights.mean(), device=device, metric=metric)
        return clusters.centers.reshape(-1, coefficients, 3), clusters.labels
    clusters = fit(points, np.bincount(inverse, visual_weights(splats)), device=device)
    return clusters.centers.reshape(-1, coefficients, 3), clusters.labels[inverse]


def visual_weights(splats: Splats) -> np.ndarray:
    """Visibility of a color error of each Gaussian, float64 [N] with mean 1: opacity times size.

    The size is the square root of the largest cross-section. It is limited, or the sky would take most of
    the palette. In renders these weights gain 1 to 2 dB over equal weights.
    """
    opacity = opacities_of_logits(splats.opacities)
    two_largest = np.sort(splats.scales, axis=1)[:, 1:].sum(axis=1, dtype=np.float64)
    area = np.exp(np.minimum(two_largest - np.median(two_largest), np.log(_MAX_RELATIVE_AREA)))
    weights = opacity * np.sqrt(area)
    return weights / weights.mean()


def _distinct_rows(points: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Distinct rows of [N, D], and the index of each point's row, [N].

    A random projection finds equal rows in one sort. Where it maps different rows to one value, the points
    are returned as they are.
    """
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
