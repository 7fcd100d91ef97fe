"""Metres and the vertical from the photos' GPS, where it agrees with the photos."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

_EARTH_RADIUS_M = 6_378_137.0
_MIN_PHOTOS = 4
_MIN_SPREAD_M = 2.0
_MAX_RESIDUAL = 0.15
"""Of the positions' spread."""
_MIN_WIDTH = 0.1
"""Of the positions' length: a straight path tells nothing about the vertical."""

Place = dict[str, float]


@dataclass(frozen=True, slots=True)
class GpsFit:
    """Metres per unit of the model and `down` [3] in it, None where unknown; `note` says why."""

    scale: float | None
    down: np.ndarray | None
    note: str


def fit_gps(centers: np.ndarray, places: list[Place | None]) -> GpsFit:
    """Compare camera centers [C, 3] of a model with the places their photos tell."""
    known = [(center, place) for center, place in zip(centers, places, strict=True) if place]
    if len(known) < _MIN_PHOTOS:
        return _unused(f"{len(known)} photos have a position, {_MIN_PHOTOS} are needed")
    metres = local_metres([place for _, place in known])
    spread = float(np.linalg.norm(metres.std(axis=0)))
    if spread < _MIN_SPREAD_M:
        return _unused(f"positions spread by {spread:.1f} m only, {_MIN_SPREAD_M:.0f} m are needed")
    scale, rotation, residual = _fit_similarity(np.array([center for center, _ in known]), metres)
    if residual > _MAX_RESIDUAL * spread:
        return _unused(f"it disagrees with the photos by {residual:.1f} m over {spread:.1f} m")
    lengths = np.linalg.svd(metres - metres.mean(axis=0), compute_uv=False)
    down = -rotation[2] if lengths[1] > _MIN_WIDTH * lengths[0] else None
    return GpsFit(scale, down, f"metres from the GPS of {len(known)} photos, residual {residual:.2f} m")


def local_metres(places: list[Place]) -> np.ndarray:
    """East, north, up in metres [N, 3] around the first place; good to a millimetre within a kilometre."""
    first = places[0]
    north = math.radians(1) * _EARTH_RADIUS_M
    east = math.cos(math.radians(first["latitude"])) * north
    return np.array(
        [
            [
                (place["longitude"] - first["longitude"]) * east,
                (place["latitude"] - first["latitude"]) * north,
                (place.get("altitude_m") or 0.0) - (first.get("altitude_m") or 0.0),
            ]
            for place in places
        ]
    )


def _unused(why: str) -> GpsFit:
    return GpsFit(None, None, f"GPS not used: {why}")


def _fit_similarity(source: np.ndarray, target: np.ndarray) -> tuple[float, np.ndarray, float]:
    """Scale, rotation and RMS residual of the best similarity from source to target [N, 3] (Umeyama 1991)."""
    a, b = source - source.mean(axis=0), target - target.mean(axis=0)
    u, singular, vt = np.linalg.svd(b.T @ a)
    signs = np.array([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
    scale = float((singular * signs).sum() / (a**2).sum())
    rotation = u * signs @ vt
    residual = b - scale * a @ rotation.T
    return scale, rotation, float(np.sqrt((residual**2).sum(axis=1).mean()))
