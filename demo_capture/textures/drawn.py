"""Textures with drawings on them: the house's walls, lettered blocks, a ball."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from demo_capture.textures.canvas import Canvas, Color, blurred, fractal, grained, mix, noise, smoothstep
from demo_capture.textures.masonry import bricks

_OVERSAMPLING = 4
_DOOR, _FRAME, _GLASS = (0.20, 0.36, 0.40), (0.88, 0.85, 0.78), (0.30, 0.38, 0.46)
_SEGMENTS = (
    (0.80, 0.24, 0.20),
    (0.90, 0.85, 0.74),
    (0.20, 0.40, 0.66),
    (0.90, 0.68, 0.22),
    (0.30, 0.52, 0.36),
    (0.86, 0.80, 0.72),
)
Box = tuple[float, float, float, float]


class Drawing:
    """Antialiased flat shapes over a texture; coordinates in metres from its upper left corner."""

    def __init__(self, texture: np.ndarray, canvas: Canvas) -> None:
        self._texture, self._canvas = texture, canvas
        self._scale = _OVERSAMPLING * texture.shape[1] / canvas.width_m

    def box(self, box: Box, color: Color) -> None:
        self._lay(color, lambda draw: draw.rectangle([value * self._scale for value in box], fill=255))

    def ellipse(self, box: Box, color: Color) -> None:
        self._lay(color, lambda draw: draw.ellipse([value * self._scale for value in box], fill=255))

    def text(self, center: tuple[float, float], height_m: float, text: str, color: Color) -> None:
        font = ImageFont.load_default(size=1.35 * height_m * self._scale)  # capitals are 0.74 of the size
        position = (center[0] * self._scale, center[1] * self._scale)
        width = 0.02 * height_m * self._scale
        self._lay(
            color,
            lambda draw: draw.text(position, text, fill=255, font=font, anchor="mm", stroke_width=width),
        )

    def finish(self) -> np.ndarray:
        return self._texture

    def _lay(self, color: Color, draw_on) -> None:  # type: ignore[no-untyped-def]
        rows, columns = self._texture.shape[:2]
        mask = Image.new("L", (columns * _OVERSAMPLING, rows * _OVERSAMPLING))
        draw_on(ImageDraw.Draw(mask))
        coverage = np.asarray(mask.reduce(_OVERSAMPLING), np.float32) / 255
        grain = 1.0 + 0.05 * fractal(self._canvas, 0.12, 4 * self._canvas.texel_m)
        self._texture = mix(self._texture, np.asarray(color, np.float32) * grain[..., None], coverage)


def house_wall(
    canvas: Canvas,
    *,
    base: Color,
    windows: list[tuple[float, float]],
    door_m: float | None = None,
    sign: str = "",
) -> np.ndarray:
    """A brick wall with windows at the given upper left corners, a door at `door_m`, and a sign above it."""
    drawing = Drawing(bricks(canvas, base=base, mortar=(0.74, 0.70, 0.63)), canvas)
    for left, top in windows:
        _draw_window(drawing, left, top)
    if door_m is not None:
        _draw_door(drawing, door_m, canvas.height_m)
    if sign:
        middle, top = canvas.width_m / 2, 0.36
        drawing.box((middle - 0.34, top, middle + 0.34, top + 0.15), _FRAME)
        drawing.text((middle, top + 0.075), 0.085, sign, (0.22, 0.20, 0.30))
    return blurred(drawing.finish(), 0.6)


def _draw_window(drawing: Drawing, left: float, top: float) -> None:
    drawing.box((left, top, left + 0.24, top + 0.28), _FRAME)
    for column in range(2):
        for row in range(2):
            x, y = left + 0.022 + 0.105 * column, top + 0.022 + 0.125 * row
            drawing.box((x, y, x + 0.091, y + 0.111), _GLASS)
            drawing.box((x, y, x + 0.03, y + 0.111), (0.62, 0.34, 0.32))  # a curtain
    drawing.box((left - 0.03, top + 0.28, left + 0.27, top + 0.315), (0.60, 0.56, 0.50))


def _draw_door(drawing: Drawing, left: float, ground: float) -> None:
    drawing.box((left - 0.025, ground - 0.505, left + 0.285, ground), _FRAME)
    drawing.box((left, ground - 0.48, left + 0.26, ground), _DOOR)
    for row, height in ((0.45, 0.13), (0.29, 0.24)):
        for column in range(2):
            x = left + 0.03 + 0.11 * column
            drawing.box((x, ground - row, x + 0.09, ground - row + height), (0.28, 0.47, 0.50))
    drawing.ellipse((left + 0.215, ground - 0.26, left + 0.245, ground - 0.23), (0.85, 0.70, 0.30))


def letter_block(canvas: Canvas, *, letter: str, paint: Color) -> np.ndarray:
    """One side of a wooden block: grain, a painted rim and a letter."""
    drawing = Drawing(wood(canvas, base=(0.78, 0.61, 0.40)), canvas)
    side = canvas.width_m
    drawing.box((0.05 * side, 0.05 * side, 0.95 * side, 0.95 * side), paint)
    drawing.box((0.12 * side, 0.12 * side, 0.88 * side, 0.88 * side), (0.86, 0.74, 0.54))
    drawing.text((side / 2, side / 2), 0.56 * side, letter, paint)
    return blurred(drawing.finish(), 0.6)


def wood(canvas: Canvas, *, base: Color) -> np.ndarray:
    """Upright grain, bent by slow noise."""
    bend = noise(canvas, 0.5)
    x, _ = canvas.grid()
    rings = np.sin(2 * np.pi * (x / 0.045 + 0.9 * bend))
    streaks = 0.09 * rings + 0.10 * fractal(canvas, 0.12, 4 * canvas.texel_m)
    return np.asarray(base, np.float32) * (1.0 + streaks)[..., None]


def ball(canvas: Canvas) -> np.ndarray:
    """Six bright segments with random speckles, so that every part looks different."""
    x, y = canvas.grid()
    segment = np.floor(6 * x / canvas.width_m).astype(int) % 6
    skin = grained(canvas, np.asarray(_SEGMENTS, np.float32)[segment], amount=0.06)
    dots = smoothstep(1.05, 1.35, noise(canvas, 0.09))
    skin = mix(skin, (0.24, 0.20, 0.28), 0.75 * dots)
    caps = smoothstep(0.10, 0.09, np.minimum(y, canvas.height_m - y))
    return blurred(mix(skin, (0.92, 0.90, 0.84), caps), 0.6)


def pottery(canvas: Canvas) -> np.ndarray:
    """A terracotta pot with a painted zigzag."""
    x, y = canvas.grid()
    zigzag = np.abs((x / 0.16) % 1.0 - 0.5) * 0.12
    band = smoothstep(0.02, 0.012, np.abs(y - 0.10 - zigzag))
    clay = mix((0.70, 0.40, 0.27), (0.88, 0.80, 0.66), band)
    return blurred(grained(canvas, clay, amount=0.10), 0.6)
