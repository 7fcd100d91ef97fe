"""Turn a reconstruction upright, centre it, and give it a sensible size."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pycolmap

_EARTH_RADIUS_M = 6_378_137.0
_MIN_GPS = 4
_MIN_SPREAD_M = 2.0
_MAX_RESIDUAL = 0.15


@dataclass(frozen=True, slots=True)
class World:
    """`scene_from_reconstruction` [4, 4] maps COLMAP's own frame to the scene's; `note`: whence the unit."""

    unit: str
    note: str
    scene_from_reconstruction: np.ndarray


def orient(model: pycolmap.Reconstruction, gps: dict[str, dict[str, float] | None]) -> World:
    """Transform the model in place: x right, y down, z forward, centred on what the cameras look at."""
    poses = [image.cam_from_world().matrix() for image in model.images.values() if image.has_pose]
    names = [image.name for image in model.images.values() if image.has_pose]
    rotations = np.array([pose[:, :3] for pose in poses])
    centers = np.array([-pose[:, :3].T @ pose[:, 3] for pose in poses])
    scale, note = _metric_scale(centers, [gps.get(name) for name in names])
    rotation = _upright(rotations)
    center = _look_at_point(centers, rotations[:, 2])
    if scale is None:
        distance = float(np.median(np.linalg.norm(centers - center, axis=1)))
        unit, factor = "scene unit", 4.0 / distance if distance > 0 else 1.0
    else:
        unit, factor = "metre", scale
    similarity = pycolmap.Sim3d(factor, pycolmap.Rotation3d(rotation), -factor * rotation @ center)
    model.transform(similarity)
    matrix = np.eye(4)
    matrix[:3] = similarity.matrix()
    return World(unit, note, matrix)


def _upright(rotations: np.ndarray) -> np.ndarray:
    """World rotation [3, 3]. People hold cameras level: the x axes span the horizontal plane.

    rotations [C, 3, 3] are cam_from_world; their rows are the cameras' axes in the world.
    """
    down = np.linalg.eigh(np.einsum("ci,cj->ij", rotations[:, 0], rotations[:, 0]))[1][:, 0]
    mean_down = rotations[:, 1].mean(axis=0)
    if abs(down @ mean_down) < 0.3 * np.linalg.norm(mean_down):
        down = mean_down / np.linalg.norm(mean_down)
    down = down * np.sign(down @ mean_down or 1.0)
    forward = rotations[0, 2] - (rotations[0, 2] @ down) * down
    if np.linalg.norm(forward) < 1e-6:
        forward = rotations[0, 1] - (rotations[0, 1] @ down) * down
    forward /= np.linalg.norm(forward)
    return np.stack([np.cross(down, forward), down, forward])


def _look_at_point(centers: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """The point nearest to all optical axes; the cameras' mean, moved ahead, if the axes are parallel."""
    projections = np.eye(3) - directions[:, :, None] * directions[:, None, :]
    system = projections.sum(axis=0)
    if np.linalg.cond(system) < 1e4:
        point: np.ndarray = np.linalg.solve(system, np.einsum("cij,cj->i", projections, centers))
        if np.median(np.einsum("ci,ci->c", point - centers, directions)) > 0:
            return point
    spread = np.linalg.norm(centers - centers.mean(axis=0), axis=1).max()
    ahead: np.ndarray = centers.mean(axis=0) + directions.mean(axis=0) * spread
    return ahead


def _metric_scale(centers: np.ndarray, gps: list[dict[str, float] | None]) -> tuple[float | None, str]:
    """Metres per unit of the model from GPS, or None and the reason."""
    known = [i for i, place in enumerate(gps) if place is not None]
    if len(known) < _MIN_GPS:
        return None, f"GPS not used: {len(known)} photos have a position, {_MIN_GPS} are needed"
    metres = local_metres([gps[i] for i in known])  # type: ignore[misc]
    spread = float(np.linalg.norm(metres.std(axis=0)))
    if spread < _MIN_SPREAD_M:
        return (
            None,
            f"GPS not used: positions spread by {spread:.1f} m only, {_MIN_SPREAD_M:.0f} m are needed",
        )
    scale, residual = _fit_scale(centers[known], metres)
    if residual > _MAX_RESIDUAL * spread:
        return None, f"GPS not used: it disagrees with the photos by {residual:.1f} m over {spread:.1f} m"
    return scale, f"metres from the GPS of {len(known)} photos, residual {residual:.2f} m"


def local_metres(places: list[dict[str, float]]) -> np.ndarray:
    """East, north, up in metres [N, 3] around the first place; good to a millimetre within a kilometre."""
    first = places[0]
    east = math.cos(math.radians(first["latitude"])) * math.radians(1) * _EARTH_RADIUS_M
    north = math.radians(1) * _EARTH_RADIUS_M
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


def _fit_scale(source: np.ndarray, target: np.ndarray) -> tuple[float, float]:
    """Scale and RMS residual of the best similarity from source to target [N, 3] (Umeyama 1991)."""
    a, b = source - source.mean(axis=0), target - target.mean(axis=0)
    u, singular, vt = np.linalg.svd(b.T @ a)
    signs = np.array([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
    scale = float((singular * signs).sum() / (a**2).sum())
    residual = b - scale * a @ (u * signs @ vt).T
    return scale, float(np.sqrt((residual**2).sum(axis=1).mean()))
