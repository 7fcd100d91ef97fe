"""Alignment of a reconstruction with the photos' GPS positions: metres and north.

The robust fit minimises the sum of distances by iteratively reweighted least squares. pycolmap's
`estimate_sim3d_robust` and `align_reconstruction_to_locations` need an inlier threshold in metres instead,
which differs between phones and surveys, and have no similarity that rotates about the vertical alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pycolmap

from components.shared.contracts.capture import Gps

_MIN_POSITIONS = 3
_MIN_SPREAD_M = 1.0
_MAX_RESIDUAL = 0.2  # of the spread
_MAX_TILT_RAD = np.radians(2.0)
_ROUNDS = 20


@dataclass(frozen=True, slots=True)
class GpsAlignment:
    """`enu_from_model` [4, 4], a similarity to metres east, north and up of `origin`."""

    enu_from_model: np.ndarray
    origin: Gps
    positions: int
    residual_m: float


class GpsNotUsedError(Exception):
    """Why GPS positions are not used. Not a failure of the stage: the reason is recorded in `scene.json`."""


def local_metres(positions: list[Gps]) -> np.ndarray:
    """Metres east, north and up of the first position, [N, 3], by WGS 84; a missing altitude counts as 0."""
    degrees = [[gps.latitude, gps.longitude, gps.altitude_m or 0.0] for gps in positions]
    enu: np.ndarray = pycolmap.GPSTransform().ellipsoid_to_enu(np.array(degrees), *degrees[0])
    return enu


def align_to_gps(centers: np.ndarray, positions: list[Gps | None], leveled: np.ndarray) -> GpsAlignment:
    """Fit camera centres [C, 3] of the model to the GPS positions of their photos.

    leveled: rotation [3, 3] of the model to y down. It decides the vertical, unless the residual of a full
    similarity is small beside the extent of the positions across their main direction: so it is in a drone
    survey, where all cameras look down.

    Raises:
        GpsNotUsedError: too few positions, too close together, or contradicting the reconstruction.
    """
    known = [i for i, gps in enumerate(positions) if gps]
    if len(known) < _MIN_POSITIONS:
        raise GpsNotUsedError(f"{len(known)} photos have a position, {_MIN_POSITIONS} are needed")
    used = [gps for gps in positions if gps]
    metres = local_metres(used)
    spread = float(np.linalg.norm(metres[:, :2].std(axis=0)))
    if spread < _MIN_SPREAD_M:
        raise GpsNotUsedError(f"the positions spread by {spread:.1f} m, {_MIN_SPREAD_M:.0f} m are needed")
    has_altitude = all(gps.altitude_m is not None for gps in used)
    transform, residual = _fit(centers[known], metres, leveled, has_altitude=has_altitude)
    if residual > _MAX_RESIDUAL * spread:
        raise GpsNotUsedError(
            f"the positions disagree with the reconstruction by {residual:.1f} m over {spread:.1f} m"
        )
    return GpsAlignment(transform, used[0], len(known), residual)


def _fit(
    centers: np.ndarray, metres: np.ndarray, leveled: np.ndarray, *, has_altitude: bool
) -> tuple[np.ndarray, float]:
    """The similarity [4, 4] and its median residual in metres."""
    if has_altitude and len(centers) > _MIN_POSITIONS:
        transform = _robust(_similarity, centers, metres)
        residual = float(np.median(_distances(transform, centers, metres)))
        breadth = np.linalg.svd(metres - metres.mean(axis=0), compute_uv=False)[
            1
        ]  # across the main direction
        if residual < _MAX_TILT_RAD * breadth:
            return transform, residual
    level = np.eye(4)
    level[:3, :3] = leveled
    upright = centers @ leveled.T
    transform = _robust(_level_similarity, upright, metres)
    residual = float(np.median(_distances(transform, upright, metres, axes=2)))
    return transform @ level, residual


SimilarityFit = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
"""From source [N, 3], target [N, 3] and weights [N] to a similarity [4, 4]."""


def _robust(fit: SimilarityFit, source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Similarity with the least sum of distances, so that single wrong positions have little influence."""
    weights = np.ones(len(source))
    for _ in range(_ROUNDS):
        transform = fit(source, target, weights / weights.sum())
        distances = _distances(transform, source, target)
        weights = 1.0 / np.maximum(distances, 0.1 * np.median(distances) + 1e-6)
    return transform


def _similarity(source: np.ndarray, target: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Similarity [4, 4] from source to target [N, 3] by weighted least squares (Umeyama 1991)."""
    source_mean, target_mean = weights @ source, weights @ target
    a, b = source - source_mean, target - target_mean
    u, strengths, vt = np.linalg.svd((weights[:, None] * b).T @ a)
    signs = np.array([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
    scale = (strengths @ signs) / (weights @ (a**2).sum(axis=1))
    return _transform(scale * (u * signs) @ vt, source_mean, target_mean)


def _level_similarity(source: np.ndarray, target: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Like `_similarity`, from y down to z up, with a rotation about the vertical alone."""
    source_mean, target_mean = weights @ source, weights @ target
    a = (source - source_mean) @ [1.0, 0.0, 1.0j]
    b = (target - target_mean) @ [1.0, 1.0j, 0.0]
    turn = (weights @ (a.conj() * b)) / (weights @ np.abs(a) ** 2)
    c, s = turn.real, turn.imag
    matrix = np.array([[c, 0.0, -s], [s, 0.0, c], [0.0, -abs(turn), 0.0]])
    return _transform(matrix, source_mean, target_mean)


def _transform(matrix: np.ndarray, source_mean: np.ndarray, target_mean: np.ndarray) -> np.ndarray:
    transform = np.eye(4)
    transform[:3, :3] = matrix
    transform[:3, 3] = target_mean - matrix @ source_mean
    return transform


def _distances(transform: np.ndarray, source: np.ndarray, target: np.ndarray, *, axes: int = 3) -> np.ndarray:
    left = source @ transform[:3, :3].T + transform[:3, 3] - target
    distances: np.ndarray = np.linalg.norm(left[:, :axes], axis=1)
    return distances
