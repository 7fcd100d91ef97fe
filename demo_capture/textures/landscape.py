"""Textures of the surroundings: the ground, foliage, and the panorama."""

from __future__ import annotations

import numpy as np

from demo_capture.textures.canvas import Canvas, Color, blurred, fractal, grained, mix, noise, smoothstep
from demo_capture.textures.masonry import mosaic

GRASS = (0.36, 0.47, 0.22)
TERRACE_RADIUS_M = 1.75


def ground(canvas: Canvas) -> np.ndarray:
    """Grass with flowers around a mosaic terrace."""
    x, y = canvas.grid()
    radius = np.hypot(x - canvas.width_m / 2, y - canvas.height_m / 2)
    border = 0.05 * noise(canvas, 0.5)
    on_terrace = smoothstep(0.03, -0.03, radius - TERRACE_RADIUS_M + border)
    return blurred(mix(grass(canvas), mosaic(canvas, TERRACE_RADIUS_M), on_terrace), 0.7)


def grass(canvas: Canvas) -> np.ndarray:
    lush = smoothstep(-1.0, 1.0, fractal(canvas, 1.6, 0.2))
    blades = fractal(canvas, 0.4, 0.035, falloff=0.8)
    meadow = mix((0.50, 0.50, 0.27), GRASS, lush) * (1.0 + 0.12 * blades)[..., None]
    for color in ((0.93, 0.90, 0.78), (0.88, 0.72, 0.25), (0.66, 0.42, 0.62)):
        where = smoothstep(1.75, 2.25, noise(canvas, 0.15) + 0.45 * noise(canvas, 0.9))
        meadow = mix(meadow, color, 0.75 * where)
    return meadow


def foliage(canvas: Canvas, *, base: Color) -> np.ndarray:
    """Clumps of leaves or needles."""
    clumps = fractal(canvas, 0.28, 0.03, falloff=0.85)
    leaves = np.asarray(base, np.float32) * (1.0 + 0.21 * clumps)[..., None]
    tips = smoothstep(0.9, 1.9, clumps)
    return blurred(mix(leaves, np.asarray(base, np.float32) * 1.5 + 0.06, 0.6 * tips), 0.6)


def bush(canvas: Canvas, *, base: Color) -> np.ndarray:
    """Foliage for a sphere. Its top is mapped from above, because textures are distorted at the pole."""
    around = foliage(canvas, base=base)
    x, y = canvas.grid()
    side = canvas.height_m
    above = foliage(Canvas(side, side, canvas.texel_m, canvas.rng), base=base)
    scale = len(above) / side
    turn = 2 * np.pi * x / canvas.width_m
    column = ((side / 2 + y * np.sin(turn)) * scale).astype(int).clip(0, len(above) - 1)
    row = ((side / 2 + y * np.cos(turn)) * scale).astype(int).clip(0, len(above) - 1)
    return mix(around, above[row, column], smoothstep(0.36, 0.26, y / side))


def panorama(canvas: Canvas) -> np.ndarray:
    """All around: sky and clouds over snowy mountains, hills, a forest's edge and a meadow."""
    _, y = canvas.grid()
    height = canvas.height_m - y
    image = _sky(canvas, height)
    ridges = (  # crest m, roughness m, coarsest m, snow, colour at the crest and at the foot
        (1.95, 0.42, 4.5, 1.0, (0.50, 0.53, 0.62), (0.64, 0.70, 0.76)),
        (1.35, 0.26, 3.0, 0.0, (0.34, 0.45, 0.45), (0.50, 0.60, 0.55)),
        (0.95, 0.16, 1.4, 0.0, (0.26, 0.39, 0.24), (0.42, 0.52, 0.29)),
    )
    for crest, roughness, coarsest, snow, top, foot in ridges:
        below_skyline = crest + roughness * fractal(canvas, coarsest, 0.12, falloff=0.5)[0] - height
        slope = _slope(canvas, height, crest, top, foot)
        snowy = smoothstep(0.42, 0.22, below_skyline + 0.12 * fractal(canvas, 0.5, 0.06))
        slope = mix(slope, (0.90, 0.92, 0.95), 0.8 * snow * snowy)
        image = mix(image, slope, smoothstep(-0.012, 0.012, below_skyline))
    edge = 0.42 + 0.05 * fractal(canvas, 1.0, 0.1)[0]
    return blurred(mix(image, grass(canvas), smoothstep(-0.02, 0.02, edge - height)), 0.7)


def _sky(canvas: Canvas, height: np.ndarray) -> np.ndarray:
    high = smoothstep(1.2, canvas.height_m, height)
    sky = mix((0.80, 0.84, 0.86), (0.40, 0.58, 0.80), high)
    clouds = fractal(canvas, 2.4, 0.15, falloff=0.6)
    return mix(sky, (0.93, 0.92, 0.90), 0.75 * smoothstep(0.1, 1.5, clouds))


def _slope(canvas: Canvas, height: np.ndarray, crest: float, top: Color, foot: Color) -> np.ndarray:
    slope = mix(foot, top, smoothstep(0.3 * crest, 1.1 * crest, height))
    return grained(canvas, slope, amount=0.13, coarsest_m=0.9)
