"""Captures that structure from motion is to solve: each function writes photos and returns the truth.

`width` is that of the photos in pixels; fewer photos cover less of the path at the same distances, except
where the text says otherwise. Equal arguments give equal bytes.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.rendered.lenses import distorted, fisheye, pinhole, sphere
from tests.rendered.paths import look_along, look_at, ring, upright
from tests.rendered.photos import Shot, take_capture
from tests.rendered.places import corridor_place, courtyard, furnished_room, rooms_and_door
from tests.rendered.render import paint_world
from tests.rendered.truth import Truth

EYE_M = 1.6
_STEP_M = 0.25
_ROOM_SIDE_M, _ROOM_RING_M = 5.0, 1.5


def orbit(folder: Path, *, photos: int = 40, width: int = 640, seed: int = 0) -> Truth:
    """All the way around boxes in a courtyard, with one camera that EXIF describes exactly."""
    camera = pinhole(width, width * 3 // 4)
    shots = [Shot(name_of(i), camera, pose) for i, pose in enumerate(orbit_poses(photos, seed))]
    return take_capture(folder, paint_world(courtyard(width, seed=seed)), shots)


def corridor(folder: Path, *, photos: int = 60, width: int = 640, seed: int = 0) -> Truth:
    """Straight through a textured corridor, looking ahead."""
    camera = pinhole(width, width * 3 // 4, focal_35mm=24)
    poses = corridor_poses(photos)
    shots = [Shot(name_of(i), camera, pose) for i, pose in enumerate(poses)]
    world = corridor_place(width, photos * _STEP_M + 4.0, seed=seed)
    return take_capture(folder, paint_world(world), shots)


def two_rooms(folder: Path, *, photos: int = 80, width: int = 640, seed: int = 0) -> Truth:
    """Around one room, through a door, and around the next; fewer photos are farther apart."""
    camera = pinhole(width, width * 3 // 4, focal_35mm=24)
    shots = [Shot(name_of(i), camera, pose) for i, pose in enumerate(_poses_through_door(photos))]
    world = rooms_and_door(width, side=_ROOM_SIDE_M, seed=seed)
    return take_capture(folder, paint_world(world), shots)


def fisheye_room(
    folder: Path, *, photos: int = 30, width: int = 720, seed: int = 0, degrees: float = 190.0
) -> Truth:
    """Around a furnished room with a circular fisheye: square photos with a black border, from all sides."""
    camera = fisheye(width, degrees=degrees)
    places = ring(photos, 1.6, EYE_M, seed=seed)
    shots = [
        Shot(name_of(i), camera, look_at(place, np.array([0.0, 0.0, 1.4])), model="Rendered fisheye")
        for i, place in enumerate(places)
    ]
    return take_capture(folder, paint_world(furnished_room(width, seed=seed)), shots)


def sphere_walk(folder: Path, *, photos: int = 60, width: int = 1024, seed: int = 0) -> Truth:
    """Full panoramas every quarter of a metre along a loop through a furnished room."""
    camera = sphere(width)
    angles = _STEP_M / 1.5 * np.arange(photos)
    shots = []
    for index, angle in enumerate(angles):
        radius = 1.5 + 0.2 * np.sin(2.3 * angle)
        place = np.array(
            [-radius * np.sin(angle), -radius * np.cos(angle), EYE_M + 0.05 * np.sin(1.7 * angle)]
        )
        pose = look_along(place, np.degrees(angle) - 90.0 + 10.0 * np.sin(5 * angle), 3.0 * np.sin(3 * angle))
        shots.append(Shot(name_of(index, "PANO"), camera, pose, model="Rendered 360"))
    return take_capture(folder, paint_world(furnished_room(width, seed=seed)), shots)


def two_cameras(folder: Path, *, photos: int = 40, width: int = 640, seed: int = 0) -> Truth:
    """The orbit with a phone, at times upright, and a wide lens with distortion in turns."""
    phone = pinhole(width, width * 3 // 4)
    wide = distorted(width * 5 // 4, width * 5 // 6, focal_35mm=24)
    shots = []
    for index, pose in enumerate(orbit_poses(photos, seed)):
        if index % 2:
            shots.append(Shot(name_of(index, "DSC"), wide, pose, model="Rendered wide"))
        elif index % 4:
            shots.append(Shot(name_of(index), phone, upright(pose), model="Rendered phone", orientation=6))
        else:
            shots.append(Shot(name_of(index), phone, pose, model="Rendered phone"))
    return take_capture(folder, paint_world(courtyard(width, seed=seed)), shots)


def name_of(index: int, prefix: str = "IMG", *, first: int = 1) -> str:
    """File name of a camera that counts its photos."""
    return f"{prefix}_{first + index:04d}.jpg"


def orbit_poses(count: int, seed: int, *, around: int | None = None) -> list[np.ndarray]:
    """`count` poses of a ring of `around` (all of them)."""
    rng = np.random.default_rng([seed, 2])
    middle = np.array([0.0, 0.0, 0.7])
    places = ring(around or count, 3.6, 1.5, seed=seed)[:count]
    return [
        look_at(place, middle + rng.uniform(-0.15, 0.15, 3), roll_degrees=rng.uniform(-2, 2))
        for place in places
    ]


def corridor_poses(count: int) -> list[np.ndarray]:
    """Steps of a quarter of a metre to the north, swaying."""
    steps = np.arange(count)
    x, z = 0.35 * np.sin(0.45 * steps), EYE_M + 0.06 * np.sin(1.1 * steps)
    yaw = 12.0 * np.sin(0.3 * steps)
    return [
        look_along(np.array([x[i], _STEP_M * i, z[i]]), yaw[i], -4.0 + 3.0 * np.sin(0.7 * i)) for i in steps
    ]


def _poses_through_door(count: int) -> list[np.ndarray]:
    """Three eighths around the first room, a quarter from west to east through the door, the rest beyond."""
    around = 3 * count // 8
    through = count - 2 * around
    poses = [_across(2 * np.pi * (step + 1) / around, 0.0) for step in range(around)]
    from_x, to_x = -_ROOM_RING_M, _ROOM_SIDE_M - _ROOM_RING_M
    for step in range(1, through + 1):
        x = from_x + (to_x - from_x) * step / (through + 1)
        center = np.array([x, 0.12 * np.sin(0.9 * step), EYE_M + 0.05 * np.sin(1.3 * step)])
        poses.append(look_along(center, 90.0 + 6.0 * np.sin(0.6 * step), -3.0))
    return poses + [_across(2 * np.pi * step / around, _ROOM_SIDE_M) for step in range(around)]


def _across(angle: float, room_x: float) -> np.ndarray:
    """From beside the middle of a room to the wall opposite; at 0 from west to east."""
    inward = np.array([np.cos(angle), -np.sin(angle), 0.0])
    middle = np.array([room_x, 0.0, EYE_M + 0.1 * np.sin(2 * angle)])
    return look_along(
        middle - _ROOM_RING_M * inward, 90.0 + np.degrees(angle), -5.0 + 4.0 * np.sin(3 * angle)
    )
