"""Textures of the captures: rich and without repetition at all scales, and their mip levels.

sRGB, no lighting: a point has the same colour in all photos.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image

from demo_capture.textures.canvas import Canvas, fractal, noise, resized, smoothstep

Painter = Callable[[Canvas], np.ndarray]
"""Fills a canvas: float32 [H, W, 3] in [0, 1]."""

_PATCH_LIMIT, _PATCH_EDGE = 0.8, 0.12
_SMALLEST_SIDE = 4


@dataclass(frozen=True)
class Texture:
    """Mip levels, uint8 [H, W, 3] each, the finest first, of a surface of `size_m` (width, height)."""

    levels: list[np.ndarray]
    size_m: tuple[float, float]


def paint(painter: Painter, width_m: float, height_m: float, texel_m: float, seed: list[int]) -> Texture:
    """A painted texture; equal seeds give equal texels."""
    painted = painter(Canvas(width_m, height_m, texel_m, np.random.default_rng(seed)))
    image = Image.fromarray((np.clip(painted, 0.0, 1.0) * 255.0 + 0.5).astype(np.uint8))
    levels = [np.asarray(image)]
    while min(image.size) >= 2 * _SMALLEST_SIDE:
        image = image.resize((image.width // 2, image.height // 2), Image.Resampling.BOX)
        levels.append(np.asarray(image))
    return Texture(levels, (width_m, height_m))


def weathered(canvas: Canvas) -> np.ndarray:
    """Patches with edges at several scales over fractal noise, in colours of its own."""
    longest = max(canvas.width_m, canvas.height_m)
    value = 0.5 + 0.13 * fractal(canvas, longest / 2, 3 * canvas.texel_m, falloff=0.85)
    base = canvas.rng.uniform(0.7, 1.3, 3).astype(np.float32)
    painted = value[..., None] * base
    for wavelength in (200 * canvas.texel_m, 60 * canvas.texel_m, 20 * canvas.texel_m):
        for sign in (-1.0, 1.0):
            patch = smoothstep(_PATCH_LIMIT, _PATCH_LIMIT + _PATCH_EDGE, sign * noise(canvas, wavelength))
            shade = 1.0 + sign * canvas.rng.uniform(0.35, 0.6) + canvas.rng.uniform(-0.15, 0.15, 3)
            painted *= 1.0 + patch[..., None] * (shade.astype(np.float32) - 1.0)
    return painted


def plain(canvas: Canvas) -> np.ndarray:
    """A wall freshly painted: almost one colour, with faint shadings metres wide."""
    shading = 0.6 + 0.02 * fractal(canvas, max(canvas.width_m, canvas.height_m), 0.5)
    return np.repeat(shading[..., None], 3, axis=2) * np.array([1.0, 0.98, 0.94], np.float32)


def windows(canvas: Canvas, *, every_m: float = 1.5) -> np.ndarray:
    """A façade of equal windows: one tile of `every_m` repeated without any difference."""
    side = max(8, round(every_m / canvas.texel_m))
    tile = weathered(Canvas(every_m, every_m, every_m / side, canvas.rng)) * 0.4 + 0.45
    pane = slice(round(0.2 * side), round(0.8 * side))
    tile[pane, pane] = tile[pane, pane] * 0.3
    bar = slice(round(0.48 * side), round(0.52 * side))
    tile[bar, pane] = tile[pane, bar] = 0.9
    rows, columns = canvas.shape
    return np.tile(tile, (-(-rows // side), -(-columns // side), 1))[:rows, :columns]


def countryside(canvas: Canvas) -> np.ndarray:
    """Ground seen from the air: grass, earth and stones; frugal with memory, for square kilometres."""
    value = 0.45 + 0.1 * fractal(canvas, 60.0, 2.5 * canvas.texel_m, falloff=0.9)
    for wavelength, amount in ((18 * canvas.texel_m, -0.4), (50 * canvas.texel_m, 0.35)):
        value *= 1.0 + amount * smoothstep(_PATCH_LIMIT, 1.0, noise(canvas, wavelength))
    rows, columns = canvas.shape
    coarse = Canvas(canvas.width_m, canvas.height_m, 2.0, canvas.rng)
    tints = [1.0 + amount * fractal(coarse, 120.0, 8.0) for amount in (0.1, 0.06, 0.12)]
    painted = np.empty((rows, columns, 3), np.float32)
    for channel, tint in enumerate(tints):
        np.multiply(value, resized(tint.astype(np.float32), columns, rows), out=painted[..., channel])
    return painted
