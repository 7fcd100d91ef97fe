"""Worlds of the captures: textured rectangles, boxes and rooms, and a terrain.

Metres; x east, y north, z up.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from demo_capture.shapes import Plane
from tests.rendered.terrain import Terrain
from tests.rendered.textures import Painter, weathered

Place = tuple[float, ...]
"""East and north."""

TEXEL_M, _FINE_TEXEL_M = 0.006, 0.004
DOOR_WIDTH_M, _DOOR_HEIGHT_M = 1.1, 2.1


@dataclass(frozen=True)
class Surface:
    """A rectangle and what is painted on it."""

    plane: Plane
    painter: Painter = weathered
    texel_m: float = TEXEL_M


@dataclass(frozen=True)
class World:
    """Surfaces in groups of what is close together, and a terrain if the photos are taken from the air."""

    groups: list[list[Surface]] = field(default_factory=list)
    terrain: Terrain | None = None
    seed: int = 0
    coarseness: float = 1.0
    """A factor of all texels' sizes: small photos need no fine ones."""


def wall(
    start: Place,
    end: Place,
    bottom: float,
    top: float,
    *,
    painter: Painter = weathered,
    texel_m: float = TEXEL_M,
) -> Surface:
    """An upright rectangle over the line from `start` to `end`."""
    right = np.array([end[0] - start[0], end[1] - start[1], 0.0])
    plane = Plane(np.array([*start, top]), right, np.array([0.0, 0.0, bottom - top]))
    return Surface(plane, painter, texel_m)


def level(
    west: float, east: float, south: float, north: float, z: float, *, painter: Painter = weathered
) -> Surface:
    """A horizontal rectangle at the height `z`."""
    plane = Plane(
        np.array([west, north, z]), np.array([east - west, 0.0, 0.0]), np.array([0.0, south - north, 0.0])
    )
    return Surface(plane, painter)


def box(
    center: Place, width: float, depth: float, bottom: float, top: float, turn: float = 0.0
) -> list[Surface]:
    """Four walls and a lid, turned by `turn` degrees."""
    cos, sin = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    along, across = np.array([cos, sin]) * width / 2, np.array([-sin, cos]) * depth / 2
    corners = [np.array(center) + a * along + b * across for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    sides = [
        wall(tuple(start), tuple(end), bottom, top, texel_m=_FINE_TEXEL_M)
        for start, end in zip(corners, [*corners[1:], corners[0]], strict=True)
    ]
    lid = Plane(
        np.array([*corners[3], top]),
        np.array([*(2 * along), 0.0]),
        np.array([*(-2 * across), 0.0]),
    )
    return [*sides, Surface(lid, texel_m=_FINE_TEXEL_M)]


def room(
    west: float,
    east: float,
    south: float,
    north: float,
    height: float,
    *,
    doors: tuple[str, ...] = (),
    ceiling: bool = True,
    painter: Painter = weathered,
) -> list[Surface]:
    """Floor, walls and ceiling; `doors`: the sides (east, west) with an opening in their middle."""
    walls = {
        "north": ((west, north), (east, north)),
        "east": ((east, north), (east, south)),
        "south": ((east, south), (west, south)),
        "west": ((west, south), (west, north)),
    }
    surfaces = [level(west, east, south, north, 0.0, painter=painter)]
    if ceiling:
        surfaces.append(level(west, east, south, north, height, painter=painter))
    for side, (start, end) in walls.items():
        pieces = _beside_door(start, end) if side in doors else [(start, end, 0.0)]
        surfaces += [wall(a, b, bottom, height, painter=painter) for a, b, bottom in pieces]
    return surfaces


def _beside_door(start: Place, end: Place) -> list[tuple[Place, Place, float]]:
    """The pieces of a wall beside and above a door in its middle: start, end and height of the lower edge."""
    length = float(np.hypot(end[0] - start[0], end[1] - start[1]))
    first, last = (
        tuple(np.array(start) + fraction * (np.array(end) - start))
        for fraction in (0.5 - DOOR_WIDTH_M / 2 / length, 0.5 + DOOR_WIDTH_M / 2 / length)
    )
    return [(start, first, 0.0), (last, end, 0.0), (first, last, _DOOR_HEIGHT_M)]
