"""Canvas of the painters, and noise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image, ImageFilter


@dataclass(frozen=True)
class Canvas:
    """A texture to be painted: its size in metres and texels, and the painter's random numbers."""

    width_m: float
    height_m: float
    texel_m: float
    rng: np.random.Generator

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return max(8, round(self.height_m / self.texel_m)), max(8, round(self.width_m / self.texel_m))

    def grid(self) -> tuple[np.ndarray, np.ndarray]:
        """x from the left and y from the top of each texel's centre, m, each [H, W]."""
        rows, columns = self.shape
        x = (np.arange(columns, dtype=np.float32) + 0.5) * (self.width_m / columns)
        y = (np.arange(rows, dtype=np.float32) + 0.5) * (self.height_m / rows)
        return np.meshgrid(x, y)


Color = tuple[float, float, float]
"""sRGB in [0, 1]."""

Painter = Callable[[Canvas], np.ndarray]
"""Fills a canvas: float [H, W, 3]."""


def noise(canvas: Canvas, wavelength_m: float) -> np.ndarray:
    """Smooth noise of one wavelength and about unit scale, periodic in both directions."""
    rows, columns = canvas.shape
    nx = max(2, round(2 * canvas.width_m / wavelength_m))
    ny = max(2, round(2 * canvas.height_m / wavelength_m))
    lattice = np.pad(canvas.rng.standard_normal((ny, nx)).astype(np.float32), 2, mode="wrap")
    return resized(lattice, columns, rows, box=(2, 2, 2 + nx, 2 + ny))


def fractal(canvas: Canvas, coarsest_m: float, finest_m: float, *, falloff: float = 0.75) -> np.ndarray:
    """Noise of all octaves between two wavelengths; each finer one is weaker by `falloff`."""
    total = np.zeros(canvas.shape, np.float32)
    weight, wavelength, power = 1.0, coarsest_m, 0.0
    while not power or wavelength >= finest_m:
        total += weight * noise(canvas, wavelength)
        power += weight**2
        weight, wavelength = weight * falloff, wavelength / 2
    return total / np.sqrt(power)


def resized(
    values: np.ndarray, columns: int, rows: int, *, box: tuple[float, float, float, float] | None = None
) -> np.ndarray:
    """A float32 image [h, w] at another size, bicubic."""
    return np.asarray(Image.fromarray(values).resize((columns, rows), Image.Resampling.BICUBIC, box=box))


def blurred(texture: np.ndarray, texels: float) -> np.ndarray:
    """Blur edges by a Gaussian of `texels`, against aliasing in the photos."""
    image = Image.fromarray((np.clip(texture, 0, 1) * 255).astype(np.uint8))
    return np.asarray(image.filter(ImageFilter.GaussianBlur(texels)), np.float32) / 255


def grained(
    canvas: Canvas, texture: np.ndarray, *, amount: float = 0.07, coarsest_m: float = 0.16
) -> np.ndarray:
    """Weathering: patches down to grains of a few texels, for features at every scale."""
    grain = fractal(canvas, coarsest_m, 4 * canvas.texel_m)
    return texture * (1.0 + amount * grain)[..., None]


def mix(below: ArrayLike, above: ArrayLike, coverage: np.ndarray) -> np.ndarray:
    """Composite `above` over `below` ([H, W, 3] or [3]) with alpha `coverage` [H, W]."""
    below, above = np.asarray(below, np.float32), np.asarray(above, np.float32)
    return below + (above - below) * coverage.astype(np.float32)[..., None]


def smoothstep(low: float, high: float, values: np.ndarray) -> np.ndarray:
    """0 below `low`, 1 above `high`, smooth between."""
    t = np.clip((values - low) / (high - low), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def shades(base: Color, index: np.ndarray, canvas: Canvas, *, spread: float) -> np.ndarray:
    """A slightly different shade of `base` for every index, [..., 3]; equal indices get equal shades."""
    count = int(index.max()) + 1
    lightness, tint = canvas.rng.standard_normal((count, 1)), canvas.rng.standard_normal((count, 3))
    table = np.array(base) * (1.0 + spread * lightness + 0.35 * spread * tint)
    return np.clip(table, 0.03, 0.97).astype(np.float32)[index]
