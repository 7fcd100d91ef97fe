"""A flight over terrain in strips, with GPS."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pycolmap

from components.shared.contracts.capture import Gps
from tests.rendered.captures import name_of
from tests.rendered.lenses import pinhole
from tests.rendered.paths import look_down
from tests.rendered.photos import Shot, take_photos
from tests.rendered.render import paint_world
from tests.rendered.terrain import make_terrain
from tests.rendered.truth import Truth
from tests.rendered.world import World

GPS_ORIGIN = (47.05, 8.31, 480.0)
_HEIGHT_M = 100.0
_OVERLAP_ALONG, _OVERLAP_ACROSS = 0.75, 0.65
_OBLIQUE_EVERY, _OBLIQUE_DEGREES = 9, 25.0
_MARGIN_M = 170.0
"""Ground beyond the outermost photos' centres, also in the view of those that look ahead."""


def survey(
    folder: Path, *, photos: int = 250, width: int = 480, seed: int = 0, gps_noise_m: float = 2.0
) -> Truth:
    """To and fro over terrain a hundred metres below, every ninth photo oblique; more photos see more of it.

    `gps_noise_m` is the standard deviation of EXIF's positions along each axis.
    """
    camera = pinhole(width, width * 3 // 4, focal_35mm=35)
    poses = _strips(photos, camera, np.random.default_rng([seed, 4]))
    centers = np.array([-pose[:, :3].T @ pose[:, 3] for pose in poses])
    noise = gps_noise_m * np.random.default_rng([seed, 5]).standard_normal(centers.shape)
    shots = [
        Shot(name_of(index, "DJI"), camera, pose, model="Rendered drone", gps=gps)
        for index, (pose, gps) in enumerate(zip(poses, positions(centers + noise), strict=True))
    ]
    west, south = centers[:, :2].min(axis=0) - _MARGIN_M
    east, north = centers[:, :2].max(axis=0) + _MARGIN_M
    world = World(terrain=make_terrain(west, east, south, north, seed=seed), seed=seed)
    views = take_photos(folder, paint_world(world), shots)
    return Truth(views, gps_origin=GPS_ORIGIN, parts=[list(views)])


def positions(enu: np.ndarray) -> list[Gps]:
    """WGS 84 of places [N, 3] in metres east, north and up of `GPS_ORIGIN`."""
    ellipsoid = pycolmap.GPSTransform().enu_to_ellipsoid(enu, *GPS_ORIGIN)
    return [Gps(latitude=row[0], longitude=row[1], altitude_m=row[2]) for row in ellipsoid]


def _strips(count: int, camera: pycolmap.Camera, rng: np.random.Generator) -> list[np.ndarray]:
    """Strips from west to east of what is about a square, flown north and south in turns."""
    focal = camera.focal_length_x
    along = (1 - _OVERLAP_ALONG) * _HEIGHT_M * camera.height / focal
    across = (1 - _OVERLAP_ACROSS) * _HEIGHT_M * camera.width / focal
    per_strip = max(1, math.ceil(count / max(1, round(math.sqrt(count * along / across)))))
    poses = []
    for index in range(count):
        strip, step = divmod(index, per_strip)
        is_northward = strip % 2 == 0
        y = along * (step if is_northward else per_strip - 1 - step)
        center = np.array([across * strip, y, _HEIGHT_M]) + rng.normal(0.0, (1.0, 1.0, 0.7))
        yaw = (0.0 if is_northward else 180.0) + rng.normal(0.0, 2.0)
        tilt = _OBLIQUE_DEGREES if index % _OBLIQUE_EVERY == 4 else rng.normal(0.0, 1.5)
        poses.append(look_down(center, yaw, tilt))
    return poses
