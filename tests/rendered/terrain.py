"""Terrain for photos from the air: hills and mounds as a grid of heights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from demo_capture.textures.canvas import Canvas, fractal, noise, smoothstep

CELL_M = 1.0
TEXEL_M = 0.2
_HILLS_M, _MOUNDS_M = 6.0, 8.0


@dataclass(frozen=True)
class Terrain:
    """heights [R, C] float32, m, over the south-west corner `west`, `south`; rows from south to north."""

    heights: np.ndarray
    west: float
    south: float

    @property
    def size_m(self) -> tuple[float, float]:
        """West to east, and south to north."""
        rows, columns = self.heights.shape
        return (columns - 1) * CELL_M, (rows - 1) * CELL_M


def make_terrain(west: float, east: float, south: float, north: float, *, seed: int) -> Terrain:
    """Hills a hundred metres wide, and mounds a few metres high, about zero."""
    canvas = Canvas(east - west + CELL_M, north - south + CELL_M, CELL_M, np.random.default_rng([seed, 7]))
    hills = _HILLS_M * fractal(canvas, 160.0, 40.0, falloff=0.45)
    mounds = _MOUNDS_M * smoothstep(0.0, 2.5, noise(canvas, 30.0))
    return Terrain((hills + mounds).astype(np.float32), west, south)
