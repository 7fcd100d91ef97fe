"""From the photos' GPS: metres, north, and whether to believe them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pycolmap

from components.sfm.capture import Gps

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
    """Why the positions say nothing; not a failure of the stage, and never passed over in silence."""


def local_metres(places: list[Gps]) -> np.ndarray:
    """East, north and up of the first place, [N, 3], on the ellipsoid of WGS 84; no altitude counts as 0."""
    degrees = [[place.latitude, place.longitude, place.altitude_m or 0.0] for place in places]
    enu: np.ndarray = pycolmap.GPSTransform().ellipsoid_to_enu(np.array(degrees), *degrees[0])
    return enu


def align_to_gps(centers: np.ndarray, places: list[Gps | None], leveled: np.ndarray) -> GpsAlignment:
    """Fit camera centres [C, 3] of the model to where the photos say they were taken.

    `leveled` [3, 3] turns the model y down. It says what is up, unless the positions know better: those of
    a drone's survey, where all cameras look down, and good to a few metres in hundreds, do.

    Raises:
        GpsNotUsedError: too few positions, too close together, or in contradiction to the photos.
    """
    known = [i for i, place in enumerate(places) if place]
    if len(known) < _MIN_POSITIONS:
        raise GpsNotUsedError(f"{len(known)} photos have a position, {_MIN_POSITIONS} are needed")
    used = [place for place in places if place]
    metres = local_metres(used)
    spread = float(np.linalg.norm(metres[:, :2].std(axis=0)))
    if spread < _MIN_SPREAD_M:
        raise GpsNotUsedError(f"the positions spread by {spread:.1f} m, {_MIN_SPREAD_M:.0f} m are needed")
    transform, residual = _fit(centers[known], metres, leveled, has_altitude=_have_altitude(used))
    if residual > _MAX_RESIDUAL * spread:
        raise GpsNotUsedError(
            f"the positions disagree with the photos by {residual:.1f} m over {spread:.1f} m"
        )
    return GpsAlignment(transform, used[0], len(known), residual)


def _have_altitude(places: list[Gps]) -> bool:
    return all(place.altitude_m is not None for place in places)


def _fit(
    centers: np.ndarray, metres: np.ndarray, leveled: np.ndarray, *, has_altitude: bool
) -> tuple[np.ndarray, float]:
    """The similarity and the median distance that it leaves, m."""
    if has_altitude and len(centers) > _MIN_POSITIONS:
        transform = _robust(_similarity, centers, metres)
        residual = float(np.median(_distances(transform, centers, metres)))
        breadth = np.linalg.svd(metres - metres.mean(axis=0), compute_uv=False)[1]  # across the longest way
        if residual < _MAX_TILT_RAD * breadth:
            return transform, residual
    level = np.eye(4)
    level[:3, :3] = leveled
    upright = centers @ leveled.T
    transform = _robust(_level_similarity, upright, metres)
    residual = float(np.median(_distances(transform, upright, metres, axes=2)))
    return transform @ level, residual


Fit = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


def _robust(fit: Fit, source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The sum of distances is minimised, by reweighting: single wrong positions change little."""
    weights = np.ones(len(source))
    for _ in range(_ROUNDS):
        transform = fit(source, target, weights / weights.sum())
        distances = _distances(transform, source, target)
        weights = 1.0 / np.maximum(distances, 0.1 * np.median(distances) + 1e-6)
    return transform


def _similarity(source: np.ndarray, target: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """[4, 4] from source to target [N, 3] with the least weighted squares (Umeyama 1991)."""
    source_mean, target_mean = weights @ source, weights @ target
    a, b = source - source_mean, target - target_mean
    u, strengths, vt = np.linalg.svd((weights[:, None] * b).T @ a)
    signs = np.array([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
    scale = (strengths @ signs) / (weights @ (a**2).sum(axis=1))
    return _transform(scale * (u * signs) @ vt, source_mean, target_mean)


def _level_similarity(source: np.ndarray, target: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Like `_similarity`, from y down to z up, turning about the vertical only."""
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
