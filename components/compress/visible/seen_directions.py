"""From where Gaussians are seen: in rendered views, and in all that have them in the picture."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from components.compress.visible.basis_moments import CELL, BasisMoments
from components.compress.visible.directions import Directions
from components.shared.parallel import in_order
from components.shared.ranges import in_ranges
from components.shared.resources import available_cpus
from components.shared.scene import Camera

_REACH = 0.3
"""Part of all that have a cell in the picture. With the rendered views alone, which are few, the palette fits
them too well: the error of f_rest is then 20 % larger in others."""
_NEAREST = 0.02
"""Of the median depth in a picture; what is nearer counts as much."""


def seen_directions(
    moments: BasisMoments, weights: np.ndarray, means: np.ndarray, cameras: Sequence[Camera]
) -> Directions:
    """Directions in the rendered views, of `moments` with weights [N] in sum, and those from `cameras`.

    means [N, 3] are the positions. Without second moments there are no covariances.
    """
    starts = np.arange(0, len(means), CELL)
    sizes = np.diff(starts, append=len(means))
    middles = np.add.reduceat(means, starts, axis=0, dtype=np.float64) / sizes[:, None]
    has_products = moments.seconds.shape[1] > 0
    reached, reach = _in_pictures(middles, cameras, moments.firsts.shape[1], has_products)
    cell_weights = np.add.reduceat(weights, starts)
    firsts = np.add.reduceat(moments.firsts, starts, axis=0)
    cells = np.repeat(np.arange(len(starts), dtype=np.int32), sizes)
    reach_means = _divided(reached.firsts, reach)
    own = np.empty(moments.firsts.shape, np.float32)

    def mix(start: int, stop: int) -> None:
        rows, at = slice(start, stop), cells[start:stop]
        seen = _divided(moments.firsts[rows], weights[rows])
        own[rows] = _mixed(seen, weights[rows], reach_means[at], reach[at])

    in_ranges(mix, len(own))
    cell_means = _mixed(_divided(firsts, cell_weights), cell_weights, reach_means, reach)
    seconds = _mixed(
        _divided(moments.seconds, cell_weights), cell_weights, _divided(reached.seconds, reach), reach
    )
    covariances = seconds
    if has_products:
        first, second = np.triu_indices(own.shape[1])
        covariances = seconds - cell_means[:, first] * cell_means[:, second]
    return Directions(own, cells, cell_means.astype(np.float32), covariances.astype(np.float32))


def _in_pictures(
    points: np.ndarray, cameras: Sequence[Camera], coefficients: int, products: bool
) -> tuple[BasisMoments, np.ndarray]:
    """Moments of the directions from all cameras that have a point [C, 3] in their picture, and weights [C].

    A view counts by the area that something takes in it.
    """
    moments = BasisMoments(points, coefficients, cell=1, products=products)
    weights = np.zeros(len(points))
    found = in_order(partial(_in_picture, points), cameras, threads=available_cpus(), name="pictures")
    for camera, (rows, added) in zip(cameras, found, strict=True):
        moments.add(camera.center, rows, added)
        weights[rows] += added
    return moments, weights


def _in_picture(points: np.ndarray, camera: Camera) -> tuple[np.ndarray, np.ndarray]:
    """Rows [M] of the points in a camera's picture, and their weights [M]."""
    pixels, depths = camera.project(points)
    inside = (depths > 0) & np.all((pixels > 0) & (pixels < [camera.width, camera.height]), axis=1)
    rows = np.flatnonzero(inside)
    if len(rows) == 0:
        return rows, np.zeros(0)
    return rows, np.maximum(depths[rows], _NEAREST * np.median(depths[rows])) ** -2.0


def _divided(sums: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return np.asarray(sums / np.maximum(weights, 1e-30)[:, None])


def _mixed(
    seen: np.ndarray, seen_weights: np.ndarray, reach: np.ndarray, reach_weights: np.ndarray
) -> np.ndarray:
    """Means [M, ...] of both, in parts of `_REACH`; of one where the other has no weight."""
    part = np.where(seen_weights > 0, np.where(reach_weights > 0, _REACH, 0.0), 1.0)[:, None]
    return np.asarray((1.0 - part) * seen + part * reach)
