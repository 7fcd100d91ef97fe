"""Fit the palette of view-dependent colors: weighted k-means over f_rest of all Gaussians."""

from __future__ import annotations

from functools import partial

import numpy as np

from components.compress.cuda import torch_device
from components.compress.distinct_rows import DistinctRows, find_distinct_rows
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
_LARGEST_KEPT = 8
"""Sizes of a palette up to which that of the scene is delivered as it is. A new one of a third of its entries
costs 0.5 dB more than coarser codes that save as many bytes."""


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
    distinct: DistinctRows | None = None,
    sensitivity: Sensitivity | None = None,
    bytes_per_gaussian: float = PALETTE_BYTES_PER_GAUSSIAN,
) -> tuple[np.ndarray, np.ndarray]:
    """Palette entries float32 [P, K, 3], and labels [N]: the entry of each Gaussian.

    distinct: the rows of f_rest, if they are known to fit in a palette.
    sensitivity: how much an error of each Gaussian's color is seen, and from where. Without it
    `visual_weights` count, and all directions alike.
    """
    count, coefficients = splats.shN.shape[:2]
    size = palette_size(count, coefficients, settings.max_palette_entries, bytes_per_gaussian)
    fit = partial(
        cluster,
        count=size,
        seed=settings.seed,
        device=torch_device(settings.device),
        on_progress=on_progress,
    )
    weights = sensitivity.colors / sensitivity.colors.mean() if sensitivity else visual_weights(splats)
    if distinct is None and sensitivity is None:
        distinct = find_distinct_rows(splats.shN, settings.seed)
    if distinct and len(distinct.rows) <= _kept_size(distinct, size, settings.max_palette_entries):
        return distinct.rows, distinct.labels
    if sensitivity and sensitivity.directions and sensitivity.directions.has_covariances:
        metric = SeenMetric(sensitivity.directions, torch_device(settings.device))
        clusters = fit(splats.shN.reshape(count, -1), weights, metric=metric)
        return clusters.centers.reshape(-1, coefficients, 3), clusters.labels
    assert distinct, "without covariances the rows are known"
    weights = np.bincount(distinct.labels, weights, len(distinct.rows))
    clusters = fit(distinct.rows.reshape(-1, 3 * coefficients), weights)
    return clusters.centers.reshape(-1, coefficients, 3), clusters.labels[distinct.labels]


def _kept_size(distinct: DistinctRows, size: int, max_entries: int) -> int:
    """Number of rows up to which they are delivered as they are, where a palette of `size` is wanted.

    A trained palette that is larger is kept too: the Gaussians are trained to its entries.
    """
    return min(max_entries, _LARGEST_KEPT * size) if distinct.are_shared else size


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
