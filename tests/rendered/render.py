"""Worlds as arrays for the ray caster, and their pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pycolmap

from demo_capture.geometry import build_geometry
from demo_capture.shapes import Plane
from demo_capture.trace import cast
from tests.rendered.kernels import hit_terrain, render_rays
from tests.rendered.lenses import ray_directions, rays_of
from tests.rendered.terrain import CELL_M, TEXEL_M
from tests.rendered.textures import Texture, countryside, paint
from tests.rendered.world import World

_NOWHERE = Plane(np.array([0.0, 0.0, -1e6]), np.array([1e-3, 0.0, 0.0]), np.array([0.0, 1e-3, 0.0]))
"""A world of terrain alone has this one shape, since the ray caster's table is never empty."""


@dataclass(frozen=True)
class Scenery:
    """A painted world, ready to be rendered."""

    shapes: tuple[Any, ...]
    ground: tuple[Any, ...]
    textures: tuple[Any, ...]

    def photo(self, camera: pycolmap.Camera, cam_from_world: np.ndarray) -> np.ndarray:
        """uint8 [H, W, 3], sRGB, of a camera with the pose [3, 4]."""
        rays = rays_of(camera)
        image = np.empty((camera.height, camera.width, 3), np.uint8)
        rotation = np.ascontiguousarray(cam_from_world[:, :3].T)
        center = -rotation @ cam_from_world[:, 3]
        render_rays(
            self.shapes, self.ground, self.textures, center, rotation, rays.directions, rays.angles, image
        )
        return image

    def surface_points(
        self, camera: pycolmap.Camera, cam_from_world: np.ndarray, pixels: np.ndarray
    ) -> np.ndarray:
        """World points [N, 3] seen at pixels [N, 2]; infinite where only the sky is seen."""
        rotation = cam_from_world[:, :3].T
        center = -rotation @ cam_from_world[:, 3]
        directions = ray_directions(camera, pixels) @ rotation.T
        return center + _distances(self, center, directions)[:, None] * directions


def paint_world(world: World) -> Scenery:
    """All textures painted from the world's seed."""
    surfaces = [surface for group in world.groups for surface in group]
    textures = [
        paint(surface.painter, *surface.plane.size, world.coarseness * surface.texel_m, [world.seed, index])
        for index, surface in enumerate(surfaces)
    ]
    groups = [[surface.plane for surface in group] for group in world.groups] or [[_NOWHERE]]
    if world.terrain is not None:
        textures.append(paint(countryside, *world.terrain.size_m, TEXEL_M, [world.seed, len(surfaces)]))
    return Scenery(build_geometry(groups).arrays, _ground(world), _packed(textures))


def _ground(world: World) -> tuple[np.ndarray, np.ndarray]:
    if world.terrain is None:
        return np.zeros((1, 1), np.float32), np.zeros(6)
    heights = world.terrain.heights
    steepest = np.hypot(*(np.abs(np.diff(heights, axis=axis)).max() / CELL_M for axis in (0, 1)))
    corner = (world.terrain.west, world.terrain.south, CELL_M)
    return heights, np.array([*corner, heights.min() - 0.1, heights.max() + 0.1, steepest])


def _packed(textures: list[Texture]) -> tuple[np.ndarray, ...]:
    """texels [T, 3]; levels [L, 3]: first texel, width, height; first level [S + 1]; texels per m [S]."""
    levels = [level for texture in textures for level in texture.levels]
    sizes = np.array([level.shape[:2] for level in levels])
    starts = np.cumsum([0, *sizes.prod(axis=1)])[:-1]
    return (
        np.concatenate([level.reshape(-1, 3) for level in levels]),
        np.column_stack([starts, sizes[:, 1], sizes[:, 0]]).astype(np.int64),
        np.cumsum([0, *(len(texture.levels) for texture in textures)]).astype(np.int64),
        np.array([texture.levels[0].shape[1] / texture.size_m[0] for texture in textures]),
    )


def _distances(scenery: Scenery, center: np.ndarray, directions: np.ndarray) -> np.ndarray:
    origins = np.ascontiguousarray(np.broadcast_to(center, directions.shape))
    distances, _ = cast(*scenery.shapes, origins, np.ascontiguousarray(directions))
    heights, place = scenery.ground
    if len(heights) > 1:
        below = [hit_terrain(heights, place, *center, *direction) for direction in directions]
        distances = np.minimum(distances, below)
    return distances
