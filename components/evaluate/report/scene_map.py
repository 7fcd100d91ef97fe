"""Maps of cameras and points, from above and from the side, as SVG over an image of the points."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from components.evaluate.encode_images import data_uri, encode_webp
from components.evaluate.report.format_values import nice_step
from components.shared.scene import Camera, Scene

_WIDTH, _MAX_HEIGHT, _MIN_HEIGHT, _MARGIN = 520, 520, 160, 18
_POINTS_SHOWN_PERCENT = (3.0, 97.0)
_FRUSTUM_FRACTION = 0.045
"""Length of a drawn camera frustum as a fraction of the scene's diagonal."""
_PIXELS_PER_UNIT = 2
_ABOVE = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0]])
_SIDE = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
"""[2, 3]: from the world to right and down on the page. In both maps the world's x points to the right."""


@dataclass(frozen=True, slots=True)
class _Frame:
    """The part of a plane that a map shows; width and height in SVG units."""

    low: np.ndarray
    """Top left corner [2], scene units."""
    scale: float
    """SVG units per scene unit."""
    width: int
    height: int

    def to_svg(self, plane: np.ndarray) -> np.ndarray:
        """Positions in SVG units of points [N, 2] of the plane."""
        return (plane - self.low) * self.scale


def maps(scene: Scene, held_out: Collection[str]) -> tuple[Markup, Markup]:
    """The map from above, where the world's z points up, and the one from the side."""
    centers = np.array([view.camera.center for view in scene.views])
    low, high = _shown_box(scene.points, centers)
    length = _FRUSTUM_FRACTION * float(np.linalg.norm(high - low))
    above, side = (_map(scene, held_out, axes, (low, high), length) for axes in (_ABOVE, _SIDE))
    return above, side


def _shown_box(points: np.ndarray, centers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Low and high corner [3] of all cameras and of the points, without the outermost 3 % at each side."""
    parts = [centers] if len(points) == 0 else [centers, np.percentile(points, _POINTS_SHOWN_PERCENT, axis=0)]
    corners = np.concatenate(parts)
    low, high = corners.min(axis=0), corners.max(axis=0)
    margin = 1e-3 * max(float((high - low).max()), 1e-6)
    return low - margin, high + margin


def _map(
    scene: Scene,
    held_out: Collection[str],
    axes: np.ndarray,
    box: tuple[np.ndarray, np.ndarray],
    length: float,
) -> Markup:
    frame = _frame(np.array(box) @ axes.T, length)
    cameras = Markup("").join(
        Markup('<path class="camera{}" d="{}"><title>{}</title></path>').format(
            " held-out" if view.name in held_out else "",
            _outline(frame.to_svg(_corners(view.camera, length) @ axes.T)),
            view.name,
        )
        for view in scene.views
    )
    return Markup(
        '<svg class="map" viewBox="0 0 {0} {1}" role="img" aria-label="Map of {2} cameras and {3} points">'
        '<image href="{4}" width="{0}" height="{1}"/>{5}{6}</svg>'
    ).format(
        frame.width,
        frame.height,
        len(scene.views),
        len(scene.points),
        _points_image(frame, scene.points @ axes.T, scene.point_colors),
        cameras,
        _scale_bar(frame, scene.info.world.unit),
    )


def _frame(corners: np.ndarray, length: float) -> _Frame:
    low, high = corners.min(axis=0) - length, corners.max(axis=0) + length
    inner = _WIDTH - 2 * _MARGIN
    scale = min(inner / (high[0] - low[0]), (_MAX_HEIGHT - 2 * _MARGIN) / (high[1] - low[1]))
    height = max(_MIN_HEIGHT, round((high[1] - low[1]) * scale) + 2 * _MARGIN)
    shown = np.array([_WIDTH, height]) / scale
    return _Frame(0.5 * (low + high - shown), scale, _WIDTH, height)


def _corners(camera: Camera, length: float) -> np.ndarray:
    """Frustum of the camera in the world: its centre and four corners at depth `length`, [5, 3]."""
    pixels = np.array([[0, 0], [camera.width, 0], [camera.width, camera.height], [0, camera.height]])
    rays = np.column_stack([pixels, np.ones(4)]) @ np.linalg.inv(camera.K).T @ camera.viewmat[:3, :3]
    return np.vstack([camera.center, camera.center + length * rays])


def _outline(points: np.ndarray) -> str:
    apex, *corners = (f"{x:.1f} {y:.1f}" for x, y in points)
    a, b, c, d = corners
    return f"M{apex}L{a}L{b}L{apex}L{c}L{d}ZM{b}L{c}M{d}L{a}"


def _points_image(frame: _Frame, plane: np.ndarray, colors: np.ndarray) -> str:
    """The points as dots of 2 × 2 pixels on a transparent background, as a data URI."""
    canvas = np.zeros((frame.height * _PIXELS_PER_UNIT, frame.width * _PIXELS_PER_UNIT, 4), np.uint8)
    pixels = np.floor(frame.to_svg(plane) * _PIXELS_PER_UNIT)
    inside = np.all((pixels >= 0) & (pixels < np.array(canvas.shape[1::-1]) - 1), axis=1)
    columns, rows = pixels[inside].astype(int).T
    for dy, dx in ((0, 0), (0, 1), (1, 0), (1, 1)):
        canvas[rows + dy, columns + dx, :3] = colors[inside]
        canvas[rows + dy, columns + dx, 3] = 255
    return data_uri(encode_webp(canvas, 75))


def _scale_bar(frame: _Frame, unit: str) -> Markup:
    length = nice_step(frame.width / frame.scale, 8)
    right, y = frame.width - _MARGIN, frame.height - 14
    names = {"metre": "m", "scene unit": "units"}
    return Markup(
        '<line class="bar" x1="{:.1f}" x2="{}" y1="{}" y2="{}"/>'
        '<text class="bar-text" x="{}" y="{}" text-anchor="end">{:g} {}</text>'
    ).format(right - length * frame.scale, right, y, y, right, y - 6, length, names.get(unit, unit))
