"""Near the end of training f_rest becomes a palette, and is trained as one.

The delivered .sog has at most 65,536 different f_rest. Found after training, they cost a scene of a million
Gaussians half a decibel; found before its last steps, palette and Gaussians still adapt to each other (as in
Navaneet et al. 2024, CompGS).
"""

from __future__ import annotations

from components.shared.kmeans import cluster_tensors
from components.shared.rasterize.interface import Rasterizer
from components.train.model.gaussians import Gaussians
from components.train.quality.prune import sum_contributions
from components.train.scene.views import TrainingView

MAX_ENTRIES = 65_536
"""What a .sog holds."""
MIN_GAUSSIANS = 100_000
"""Compression finds a palette for smaller scenes that is as good."""
_GAUSSIANS_PER_ENTRY = 10
_MAX_PHOTOS = 48
"""Photos that say how much of each Gaussian is seen."""


def share_colors(
    gaussians: Gaussians, rasterizer: Rasterizer, photos: list[TrainingView], seed: int, ranks: int = 1
) -> None:
    """Replace shN of this rank's Gaussians by its part of a palette, unless the scene is small.

    k-means weighs each Gaussian by what it contributes to the photos.
    """
    count, coefficients = gaussians["shN"].shape[:2]
    if count * ranks < MIN_GAUSSIANS or not coefficients:
        return
    gaussians.forget_moments(["shN"])  # Makes room for what follows.
    weights = sum_contributions(gaussians, rasterizer, photos[:: -(-len(photos) // _MAX_PHOTOS)])
    rows = gaussians["shN"].detach().flatten(1)
    entries = min(MAX_ENTRIES // ranks, count // _GAUSSIANS_PER_ENTRY)
    palette, labels, _ = cluster_tensors(rows, weights + weights.mean() * 1e-3, entries, seed=seed)
    gaussians.share_colors(labels, palette.reshape(-1, coefficients, 3))
