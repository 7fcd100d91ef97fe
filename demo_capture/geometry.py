"""Shapes of a scene as arrays for the ray caster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from demo_capture.shapes import PARAMETERS, Shape
from demo_capture.trace import cast

_BOUND_MARGIN = 1.05  # bounds are measured on a grid of points, and curved shapes bulge between them


@dataclass(frozen=True)
class Geometry:
    """kinds [P], table [P, PARAMETERS], bounds [G, 4] and starts [G + 1]; see `trace.nearest`."""

    kinds: np.ndarray
    table: np.ndarray
    bounds: np.ndarray
    starts: np.ndarray

    @property
    def arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        return self.kinds, self.table, self.bounds, self.starts

    def cast(self, origins: np.ndarray, directions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Distances [N] in lengths of the directions, indices of the hit shapes [N]; inf and -1: no hit."""
        return cast(*self.arrays, np.ascontiguousarray(origins), np.ascontiguousarray(directions))


def build_geometry(groups: Sequence[Sequence[Shape]]) -> Geometry:
    """Arrays of all shapes in order; the bounding sphere of each group is for culling."""
    shapes = [shape for group in groups for shape in group]
    table = np.zeros((len(shapes), PARAMETERS))
    for row, shape in zip(table, shapes, strict=True):
        parameters = shape.parameters()
        row[: len(parameters)] = parameters
    return Geometry(
        kinds=np.array([shape.kind for shape in shapes], np.int64),
        table=table,
        bounds=np.array([_bounding_sphere(group) for group in groups]),
        starts=np.cumsum([0, *(len(group) for group in groups)]).astype(np.int64),
    )


def _bounding_sphere(group: Sequence[Shape]) -> list[float]:
    u, v = np.meshgrid(np.linspace(0, 1, 33), np.linspace(0, 1, 17))
    points = np.concatenate([shape.frame(u, v)[0].reshape(-1, 3) for shape in group])
    center = (points.min(axis=0) + points.max(axis=0)) / 2
    return [*center, _BOUND_MARGIN * float(np.linalg.norm(points - center, axis=1).max())]
