"""Captures with a fault that photographers make; the text says what the right answer is.

Arguments as in `captures`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.rendered.captures import EYE_M, corridor_poses, name_of, orbit_poses
from tests.rendered.lenses import pinhole
from tests.rendered.paths import look_along, look_at, ring
from tests.rendered.photos import Shot, take_capture, take_photos
from tests.rendered.places import bare_room, corridor_place, courtyard, furnished_room, street
from tests.rendered.render import paint_world
from tests.rendered.truth import TrueView, Truth
from tests.rendered.world import World

_LINKS, _LINK_STEPS = 3, 4
_FACADE_STEP_M, _FACADE_DISTANCE_M = 0.75, 6.0


def turn_on_the_spot(folder: Path, *, photos: int = 36, width: int = 640, seed: int = 0) -> Truth:
    """A turn in the middle of a room: no depth can be seen, so there is no scene."""
    camera = pinhole(width, width * 3 // 4)
    spot = np.array([0.0, 0.0, EYE_M])
    shots = [Shot(name_of(i), camera, look_along(spot, 360.0 * i / photos, -5.0)) for i in range(photos)]
    return take_capture(folder, paint_world(furnished_room(width, seed=seed)), shots)


def two_parts(folder: Path, *, photos: int = 40, width: int = 640, seed: int = 0, first: int = 412) -> Truth:
    """Three fifths in one courtyard, the rest in another; numbers run on. The larger part is a scene."""
    larger = photos * 3 // 5
    sizes = (larger, photos - larger)
    worlds = [courtyard(width, seed=seed), courtyard(width, seed=seed + 100)]
    poses = [orbit_poses(size, seed, around=max(larger, 20)) for size in sizes]
    return _take_parts(folder, worlds, poses, width, first=first)


def cut_clip(folder: Path, *, photos: int = 60, width: int = 640, seed: int = 0) -> Truth:
    """Frames of a walk, cut after three fifths: it goes on elsewhere. The larger part is a scene."""
    larger = photos * 3 // 5
    poses = [corridor_poses(larger), corridor_poses(photos - larger)]
    worlds = [corridor_place(width, larger * 0.25 + 4.0, seed=each) for each in (seed, seed + 100)]
    return _take_parts(folder, worlds, poses, width, prefix="frame")


def thin_link(folder: Path, *, photos: int = 40, width: int = 640, seed: int = 0) -> Truth:
    """Two stretches of a walk that three photos join, a metre apart in place of 0.25 m: one scene."""
    camera = pinhole(width, width * 3 // 4, focal_35mm=24)
    stretch = (photos - _LINKS) // 2
    starts = np.cumsum([_LINK_STEPS if stretch <= i <= stretch + _LINKS else 1 for i in range(1, photos)])
    poses = corridor_poses(int(starts[-1]) + 1)
    shots = [Shot(name_of(i), camera, poses[step]) for i, step in enumerate([0, *starts])]
    return take_capture(folder, paint_world(corridor_place(width, len(poses) * 0.25 + 4.0, seed=seed)), shots)


def repeated(folder: Path, *, photos: int = 40, width: int = 640, seed: int = 0) -> Truth:
    """Along a façade of equal windows; only the ground before it tells where one is."""
    camera = pinhole(width, width * 3 // 4)
    shots = []
    for step in range(photos):
        place = np.array([_FACADE_STEP_M * step, -_FACADE_DISTANCE_M + 0.3 * np.sin(0.8 * step), EYE_M])
        pose = look_along(place, 8.0 * np.sin(0.5 * step), -2.0)
        shots.append(Shot(name_of(step), camera, pose))
    return take_capture(folder, paint_world(street(width, photos * _FACADE_STEP_M, seed=seed)), shots)


def low_texture(folder: Path, *, photos: int = 30, width: int = 640, seed: int = 0) -> Truth:
    """Around a bare painted room: hardly any features."""
    camera = pinhole(width, width * 3 // 4)
    places = ring(photos, 1.6, EYE_M, seed=seed)
    middle = np.array([0.0, 0.0, 1.4])
    shots = [Shot(name_of(i), camera, look_at(place, middle)) for i, place in enumerate(places)]
    return take_capture(folder, paint_world(bare_room(width, seed=seed)), shots)


def _take_parts(
    folder: Path,
    worlds: list[World],
    poses: list[list[np.ndarray]],
    width: int,
    *,
    prefix: str = "IMG",
    first: int = 1,
) -> Truth:
    camera = pinhole(width, width * 3 // 4)
    views: dict[str, TrueView] = {}
    parts: list[list[str]] = []
    for world, part in zip(worlds, poses, strict=True):
        names = [name_of(len(views) + index, prefix, first=first) for index in range(len(part))]
        shots = [Shot(name, camera, pose) for name, pose in zip(names, part, strict=True)]
        views |= take_photos(folder, paint_world(world), shots, after=len(views))
        parts.append(names)
    return Truth(views, parts=parts)
