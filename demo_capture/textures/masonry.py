"""Bricks, roof tiles, and the mosaic of the terrace."""

from __future__ import annotations

import numpy as np

from demo_capture.textures.canvas import Canvas, Color, blurred, grained, mix, shades, smoothstep

_STONES = ((0.78, 0.70, 0.58), (0.62, 0.33, 0.24), (0.30, 0.42, 0.52), (0.84, 0.66, 0.32))
"""Limestone, brick, slate, ochre."""


def bricks(
    canvas: Canvas, *, base: Color, mortar: Color, brick_m: tuple[float, float] = (0.15, 0.062)
) -> np.ndarray:
    """A wall in running bond; every brick has its own shade."""
    x, y = canvas.grid()
    row = np.floor(y / brick_m[1])
    along = x / brick_m[0] + 0.5 * (row % 2)
    index = (row * 61 + np.floor(along)).astype(int)
    edge = _distance_to_edge(along * brick_m[0], y, brick_m)
    wall = grained(canvas, shades(base, index, canvas, spread=0.13), amount=0.09)
    wall = mix(mortar, wall, smoothstep(0.003, 0.009, edge))
    return blurred(wall, 0.7)


def roof_tiles(canvas: Canvas, *, base: Color, tile_m: tuple[float, float] = (0.095, 0.11)) -> np.ndarray:
    """Rows of overlapping tiles with round lower ends."""
    x, y = canvas.grid()
    row = np.floor(y / tile_m[1])
    along = x / tile_m[0] + 0.5 * (row % 2)
    across = (along % 1.0) - 0.5
    down = (y / tile_m[1]) % 1.0
    behind = down > 0.62 + 0.36 * np.sqrt(np.clip(1.0 - 4 * across**2, 0.0, 1.0))
    index = ((row + behind) * 67 + np.floor(along + 0.5 * behind)).astype(int)
    tiles = grained(canvas, shades(base, index, canvas, spread=0.15), amount=0.08)
    shadow = np.where(behind, 0.62, 0.86 + 0.16 * down)
    return blurred(tiles * shadow[..., None], 0.8)


def mosaic(canvas: Canvas, radius_m: float, *, tile_m: float = 0.10) -> np.ndarray:
    """A round pavement about the middle of the canvas: rings of stones around an eight-pointed star."""
    x, y = canvas.grid()
    x, y = x - canvas.width_m / 2, y - canvas.height_m / 2
    radius, turn = np.hypot(x, y), np.arctan2(x, y) / (2 * np.pi) + 0.5
    ring = np.floor(radius / tile_m)
    stones = np.maximum(6, np.floor(2 * np.pi * (ring + 0.5) * 0.8))
    along = turn * stones + 0.37 * ring
    index = (ring * 997 + np.floor(along) % stones).astype(int)
    stone_m = 2 * np.pi * (ring + 0.5) * tile_m / stones
    edge = np.minimum(
        np.minimum(along % 1.0, 1.0 - along % 1.0) * stone_m,
        tile_m * (0.5 - np.abs(radius / tile_m % 1.0 - 0.5)),
    )
    star = _star(((np.floor(along) + 0.5 - 0.37 * ring) / stones), (ring + 0.5) * tile_m / radius_m)
    colors = np.asarray(_STONES, np.float32)[star]
    shade = shades((0.5, 0.5, 0.5), index, canvas, spread=0.13) * 2
    stones_painted = grained(canvas, colors * shade, amount=0.07)
    return mix((0.56, 0.52, 0.46), stones_painted, smoothstep(0.003, 0.010, edge))


def _star(turn: np.ndarray, radius: np.ndarray) -> np.ndarray:
    """Index of the stone, 0 to 3, at a position of the pavement; radius is 1 at the rim."""
    ray = np.abs((turn * 8) % 1.0 - 0.5) * 2  # 1 on a ray of the star, 0 between two rays
    choice = np.zeros(turn.shape, int)
    choice[radius < 0.42 + 0.42 * ray] = 2
    choice[radius < 0.32 + 0.38 * ray] = 3
    choice[radius < 0.22 + 0.24 * ray] = 1
    choice[(radius > 0.90) & (radius < 0.97)] = 1
    return choice


def _distance_to_edge(x: np.ndarray, y: np.ndarray, cell: tuple[float, float]) -> np.ndarray:
    return np.minimum(
        cell[0] * (0.5 - np.abs(x / cell[0] % 1.0 - 0.5)), cell[1] * (0.5 - np.abs(y / cell[1] % 1.0 - 0.5))
    )
