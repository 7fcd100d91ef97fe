"""Objects of the scene: a toy still life on a mosaic terrace, inside a painted panorama.

A brick house with a door, a lettered sign and a chimney, a fir, lettered blocks, a ball, a potted bush.
Metres; x east, y down, z north; the cameras look at the origin.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from demo_capture.shapes import Frustum, Plane, Shape, Sphere
from demo_capture.textures import drawn, landscape, masonry
from demo_capture.textures.canvas import Canvas, Color, Painter

_BOARD = partial(drawn.wood, base=(0.84, 0.78, 0.66))

GROUND_Y = 0.55
BACKDROP_RADIUS_M, BACKDROP_HEIGHT_M = 4.6, 3.8
_GROUND_TEXEL_M, _BACKDROP_TEXEL_M, _TEXEL_M = 0.007, 0.010, 0.0045

RED, BLUE, GREEN = (0.70, 0.24, 0.20), (0.20, 0.38, 0.60), (0.25, 0.46, 0.32)


@dataclass(frozen=True)
class Surface:
    """A shape with its texture. A backdrop is not shaded and casts no shadow."""

    shape: Shape
    painter: Painter
    texel_m: float = _TEXEL_M
    is_backdrop: bool = False

    def paint(self, rng: np.random.Generator, *, coarseness: float) -> np.ndarray:
        """The texture, sRGB in [0, 1], float32 [H, W, 3]; `coarseness` is a factor of the texel size."""
        width, height = self.shape.size
        return self.painter(Canvas(width, height, coarseness * self.texel_m, rng)).astype(np.float32)


def build_scene() -> list[list[Surface]]:
    """All surfaces, grouped by object."""
    return [
        _surroundings(),
        _house(),
        _fir(-1.08, 0.42),
        _block((0.62, 0.0, -0.86), 0.34, 14.0, "OKAT", BLUE),
        _block((1.04, 0.0, -0.74), 0.34, -9.0, "GUBL", GREEN),
        _block((0.82, -0.34, -0.80), 0.34, 4.0, "SPLE", RED),
        [Surface(Sphere(np.array([-0.78, GROUND_Y - 0.27, -0.72]), 0.27), drawn.ball)],
        _potted_bush(1.06, 0.58),
    ]


def _surroundings() -> list[Surface]:
    side = 2 * BACKDROP_RADIUS_M
    floor = Plane(
        np.array([-side / 2, GROUND_Y, side / 2]), np.array([side, 0.0, 0.0]), np.array([0.0, 0.0, -side])
    )
    top = np.array([0.0, GROUND_Y - BACKDROP_HEIGHT_M, 0.0])
    wall = Frustum(top, BACKDROP_HEIGHT_M, BACKDROP_RADIUS_M, BACKDROP_RADIUS_M, inward=True)
    return [
        Surface(floor, landscape.ground, _GROUND_TEXEL_M),
        Surface(wall, landscape.panorama, _BACKDROP_TEXEL_M, is_backdrop=True),
    ]


def _house() -> list[Surface]:
    width, depth, wall, gable = 1.20, 1.00, 0.70, 0.52
    middle = np.array([0.0, GROUND_Y, 0.30])
    eave = gable / (wall + gable)
    base = (0.76, 0.60, 0.44)
    gable_wall = partial(drawn.house_wall, base=base)
    front = partial(gable_wall, windows=[(0.10, 0.74), (0.86, 0.74)], door_m=0.47, sign="KUBESPLAT")
    back = partial(gable_wall, windows=[(0.30, 0.72), (0.68, 0.72), (0.48, 0.32)])
    left = partial(gable_wall, windows=[(0.14, 0.18), (0.60, 0.20)])
    right = partial(gable_wall, windows=[(0.38, 0.18)])
    return [
        Surface(_wall(middle, 0, width, depth / 2, wall + gable, eave=eave), front),
        Surface(_wall(middle, 180, width, depth / 2, wall + gable, eave=eave), back),
        Surface(_wall(middle, 90, depth, width / 2, wall), right),
        Surface(_wall(middle, 270, depth, width / 2, wall), left),
        *_roof(middle, width, depth, wall, gable),
        *_chimney(middle + np.array([0.32, -(wall + 0.06), 0.18])),
    ]


def _roof(middle: np.ndarray, width: float, depth: float, wall: float, gable: float) -> list[Surface]:
    overhang, lift = 0.10, 0.012
    ridge_y, slope = middle[1] - wall - gable - lift, gable / (width / 2)
    run = width / 2 + overhang
    tiles = partial(masonry.roof_tiles, base=(0.62, 0.35, 0.27))
    near, far = middle[2] - depth / 2 - overhang, middle[2] + depth / 2 + overhang
    along = np.array([0.0, 0.0, far - near])
    right = Plane(np.array([middle[0], ridge_y, near]), along, np.array([run, run * slope, 0.0]))
    left = Plane(np.array([middle[0], ridge_y, far]), -along, np.array([-run, run * slope, 0.0]))
    ridge = np.array([middle[0], ridge_y, 0.0])
    gable_edges = [np.array([side * run, run * slope, 0.0]) for side in (-1, 1)]
    boards = [_bargeboard(ridge + np.array([0.0, 0.0, near]), edge, to_north=False) for edge in gable_edges]
    boards += [_bargeboard(ridge + np.array([0.0, 0.0, far]), edge, to_north=True) for edge in gable_edges]
    return [Surface(right, tiles), Surface(left, tiles), *(Surface(board, _BOARD) for board in boards)]


def _bargeboard(ridge: np.ndarray, edge: np.ndarray, *, to_north: bool) -> Plane:
    """The board along a gable's edge that gives the roof its thickness, facing +z or -z."""
    is_eastern = edge[0] > 0
    down = np.array([-edge[1], edge[0], 0.0]) * (1 if is_eastern else -1)
    down *= 0.055 / np.linalg.norm(down)
    ridge = ridge + np.array([0.0, 0.0, 0.001 * is_eastern])  # two boards cross at the ridge
    if is_eastern == to_north:  # from outside, the ridge is at its right end
        return Plane(ridge + edge, -edge, down)
    return Plane(ridge, edge, down)


def _chimney(foot: np.ndarray) -> list[Surface]:
    side, height = 0.17, 0.62
    paint = partial(masonry.bricks, base=(0.55, 0.34, 0.28), mortar=(0.70, 0.66, 0.60), brick_m=(0.085, 0.04))
    return [*_box(foot, side, height, 0.0, [paint] * 4, paint)]


def _fir(x: float, z: float) -> list[Surface]:
    bark = partial(drawn.wood, base=(0.40, 0.29, 0.21))
    needles = partial(landscape.foliage, base=(0.19, 0.36, 0.24))
    trunk = Frustum(np.array([x, GROUND_Y - 0.40, z]), 0.40, 0.075, 0.095)
    tiers = ((1.62, 0.0, 0.62, 0.28), (1.26, 0.06, 0.62, 0.36), (0.90, 0.10, 0.62, 0.44))
    crown = [
        Frustum(np.array([x, GROUND_Y - top, z]), height, narrow, wide) for top, narrow, height, wide in tiers
    ]
    return [Surface(trunk, bark), *(Surface(tier, needles) for tier in crown)]


def _potted_bush(x: float, z: float) -> list[Surface]:
    pot = Frustum(np.array([x, GROUND_Y - 0.36, z]), 0.36, 0.25, 0.17)
    leaves = Sphere(np.array([x, GROUND_Y - 0.56, z]), 0.31)
    return [
        Surface(pot, drawn.pottery),
        Surface(leaves, partial(landscape.bush, base=(0.34, 0.46, 0.20))),
    ]


def _block(
    position: tuple[float, float, float], side: float, turn: float, letters: str, color: Color
) -> list[Surface]:
    faces: list[Painter] = [partial(drawn.letter_block, letter=letter, paint=color) for letter in letters]
    return _box(np.array(position) + np.array([0.0, GROUND_Y, 0.0]), side, side, turn, faces, faces[0])


def _box(
    foot: np.ndarray, side: float, height: float, turn: float, painters: list[Painter], lid: Painter
) -> list[Surface]:
    """Four walls and a lid, turned by `turn` degrees; `foot` is the middle of its bottom."""
    walls = [
        Surface(_wall(foot, turn + 90 * quarter, side, side / 2, height), painter)
        for quarter, painter in enumerate(painters)
    ]
    right, outward = _directions(turn)
    top = foot - np.array([0.0, height, 0.0])
    cover = Plane(top - side / 2 * right - side / 2 * outward, side * right, side * outward)
    return [*walls, Surface(cover, lid)]


def _wall(
    foot: np.ndarray, turn: float, width: float, distance: float, height: float, *, eave: float = 0.0
) -> Plane:
    """An upright wall `distance` from the axis through `foot`; at 0 degrees it faces -z, at 90 degrees +x."""
    right, outward = _directions(turn)
    corner = foot + distance * outward - width / 2 * right - np.array([0.0, height, 0.0])
    return Plane(corner, width * right, np.array([0.0, height, 0.0]), eave=eave)


def _directions(turn: float) -> tuple[np.ndarray, np.ndarray]:
    """Right, as seen from outside, and outward."""
    cos, sin = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    return np.array([cos, 0.0, sin]), np.array([sin, 0.0, -cos])
