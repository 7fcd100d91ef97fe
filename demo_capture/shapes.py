"""Shapes of surfaces: a plane with an outline, a sphere, an upright frustum.

World: x right (east), y down, z forward (north), metres. Each shape maps texture coordinates to points:
u from the left edge to the right one and v from the top to the bottom, as seen from outside.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

PLANE, DISC, SPHERE, FRUSTUM = range(4)
"""Kinds of shapes in the ray caster's table. Textures of SPHERE and FRUSTUM wrap around horizontally."""

PARAMETERS = 13
"""Columns of the ray caster's table; a kind may use fewer."""


class Shape(Protocol):
    """A shape for the ray caster, the painters and the lighting."""

    @property
    def kind(self) -> int: ...

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of its texture, m."""

    def parameters(self) -> list[float]:
        """Its row in the ray caster's table, without the padding to `PARAMETERS`."""

    def frame(self, u: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Points and outward unit normals, each [..., 3], at texture coordinates."""


@dataclass(frozen=True)
class Plane:
    """A rectangle spanned by `right` and `down` from its upper left `corner`.

    With `eave` > 0 it is a gable: full width from the fraction `eave` of its height downwards,
    above that narrowing to a point. As a `disc` it is the ellipse inside the rectangle.
    """

    corner: np.ndarray
    right: np.ndarray
    down: np.ndarray
    eave: float = 0.0
    disc: bool = False

    @property
    def kind(self) -> int:
        return DISC if self.disc else PLANE

    @property
    def size(self) -> tuple[float, float]:
        return float(np.linalg.norm(self.right)), float(np.linalg.norm(self.down))

    @property
    def normal(self) -> np.ndarray:
        outward = np.cross(self.down, self.right)
        return outward / np.linalg.norm(outward)

    def parameters(self) -> list[float]:
        u_axis = self.right / (self.right @ self.right)
        v_axis = self.down / (self.down @ self.down)
        rows = [(axis, axis @ self.corner) for axis in (self.normal, u_axis, v_axis)]
        return [*(value for axis, offset in rows for value in (*axis, offset)), self.eave]

    def frame(self, u: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        points = self.corner + u[..., None] * self.right + v[..., None] * self.down
        return points, np.broadcast_to(self.normal, points.shape)


@dataclass(frozen=True)
class Sphere:
    """Textured by longitude and latitude; the middle of the texture faces -z."""

    center: np.ndarray
    radius: float

    kind = SPHERE

    @property
    def size(self) -> tuple[float, float]:
        return 2 * np.pi * self.radius, np.pi * self.radius

    def parameters(self) -> list[float]:
        return [*self.center, self.radius]

    def frame(self, u: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        x, z = _around(u)
        normals = np.stack([np.sin(np.pi * v) * x, -np.cos(np.pi * v), np.sin(np.pi * v) * z], axis=-1)
        return self.center + self.radius * normals, normals


@dataclass(frozen=True)
class Frustum:
    """An open upright cylinder or cone; `top` is the centre of its upper end. Seen from either side."""

    top: np.ndarray
    height: float
    top_radius: float
    bottom_radius: float
    inward: bool = False

    kind = FRUSTUM

    @property
    def size(self) -> tuple[float, float]:
        slope = np.hypot(self.height, self.bottom_radius - self.top_radius)
        return 2 * np.pi * max(self.top_radius, self.bottom_radius), float(slope)

    def parameters(self) -> list[float]:
        return [*self.top, self.height, self.top_radius, self.bottom_radius]

    def frame(self, u: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        x, z = _around(u)
        widening = self.bottom_radius - self.top_radius
        radius = self.top_radius + v * widening
        points = self.top + np.stack([radius * x, v * self.height, radius * z], axis=-1)
        normals = np.stack([self.height * x, np.full_like(x, -widening), self.height * z], axis=-1)
        normals /= np.linalg.norm(normals, axis=-1, keepdims=True)
        return points, -normals if self.inward else normals


def _around(u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    angle = 2 * np.pi * (u - 0.5)
    return np.sin(angle), -np.cos(angle)
