"""The places that captures are taken in."""

from __future__ import annotations

from tests.rendered.textures import Painter, plain, weathered, windows
from tests.rendered.world import World, box, level, room, wall

ROOM_HEIGHT_M, CORRIDOR_WIDTH_M = 2.7, 2.4
_DETAILED_WIDTH_PX = 640


def courtyard(width_px: int, *, seed: int) -> World:
    """Boxes in the middle of a yard of 12 by 12 m, under the sky; the middle is the origin."""
    boxes = [
        box((0.0, 0.0), 1.6, 1.2, 0.0, 1.0, 20.0),
        box((0.3, 0.2), 0.8, 0.7, 1.0, 1.7, -15.0),
        box((1.9, -1.3), 0.8, 0.8, 0.0, 0.8, 40.0),
        box((-1.6, 1.5), 1.0, 0.6, 0.0, 1.4, -30.0),
    ]
    return _world([room(-6, 6, -6, 6, 4.0, ceiling=False), *boxes], width_px, seed)


def furnished_room(width_px: int, *, seed: int, painter: Painter = weathered) -> World:
    """A room of 7 by 6 m with boxes along its walls; the middle is the origin."""
    boxes = [
        box((-2.6, 2.3), 1.2, 0.7, 0.0, 1.9, 10.0),
        box((2.7, 1.2), 0.8, 1.4, 0.0, 0.9, -20.0),
        box((1.0, -2.5), 1.5, 0.5, 0.0, 1.3, 5.0),
    ]
    room_ = room(-3.5, 3.5, -3.0, 3.0, ROOM_HEIGHT_M, painter=painter)
    return _world([room_, *(boxes if painter is weathered else [])], width_px, seed)


def corridor_place(width_px: int, length_m: float, *, seed: int) -> World:
    """A corridor along the north, its south end at the origin."""
    half = CORRIDOR_WIDTH_M / 2
    boxes = [
        box((side * (half - 0.2), y), 0.35, 0.8, 0.0, 1.0 + 0.3 * (y % 2))
        for side, y in zip((1, -1) * 20, range(3, int(length_m), 4), strict=False)
    ]
    return _world([room(-half, half, -2.0, length_m, ROOM_HEIGHT_M), *boxes], width_px, seed)


def rooms_and_door(width_px: int, *, side: float, seed: int) -> World:
    """Two square rooms, the second one east of the first; the middle of the first one is the origin."""
    half = side / 2
    first = room(-half, half, -half, half, ROOM_HEIGHT_M, doors=("east",))
    second = room(half + 0.02, half + 0.02 + side, -half, half, ROOM_HEIGHT_M, doors=("west",))
    boxes = [box((-1.5, 1.9), 1.0, 0.6, 0.0, 1.4, 8.0), box((side + 1.4, -1.8), 0.9, 0.7, 0.0, 1.0, -12.0)]
    return _world([first, second, *boxes], width_px, seed)


def street(width_px: int, length_m: float, *, seed: int) -> World:
    """A façade of equal windows along the north side of a street, whose ground is nowhere the same."""
    facade = [
        wall((-4.0, 0.0), (length_m + 4.0, 0.0), 0.6, 9.0, painter=windows),
        wall((-4.0, 0.0), (length_m + 4.0, 0.0), 0.0, 0.6),
        level(-4.0, length_m + 4.0, -10.0, 0.0, 0.0),
    ]
    return _world([facade], width_px, seed)


def bare_room(width_px: int, *, seed: int) -> World:
    """A painted room with two small pictures on its walls, and nothing else."""
    world = furnished_room(width_px, seed=seed, painter=plain)
    pictures = [
        wall((-0.4, 2.98), (0.2, 2.98), 1.3, 1.8, texel_m=0.004),
        wall((3.48, 0.3), (3.48, -0.2), 1.2, 1.6, texel_m=0.004),
    ]
    return World([*world.groups, pictures], seed=seed, coarseness=world.coarseness)


def _world(groups: list, width_px: int, seed: int) -> World:
    return World(groups, seed=seed, coarseness=max(1.0, _DETAILED_WIDTH_PX / width_px))
