"""Diffuse lighting baked into the textures: a low sun with soft shadows, and a uniform sky.

It does not depend on the view, so a point has the same colour in all photos.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from demo_capture.geometry import Geometry, build_geometry
from demo_capture.scene import Surface
from demo_capture.shapes import Shape
from demo_capture.textures.canvas import resized

_CELL_M = 0.035  # cell of the light map; shadows are softer than this
_SKY_RAYS, _SUN_RAYS = 24, 8
_SUN_DIRECTION = np.array([-0.68, -0.66, -0.32])  # from the surface; y is down
_SUN_SOFTNESS = 0.07
_SUN_COLOR = np.array([1.12, 1.00, 0.80])
_SKY_COLOR = np.array([0.42, 0.47, 0.55])
_BOUNCE_COLOR = np.array([0.09, 0.08, 0.06])
_LIFT_M = 1e-3  # rays start this far above their surface


@dataclass(frozen=True)
class LitScene:
    """Geometry with final colours.

    texels: float32 [T, 3], sRGB in 0..255, of all textures concatenated.
    layout: [P, 3], first texel, width and height of each shape's texture.
    """

    geometry: Geometry
    texels: np.ndarray
    layout: np.ndarray


def light_scene(groups: list[list[Surface]], *, seed: int, coarseness: float = 1.0) -> LitScene:
    """Texture and light every surface; `coarseness` is a factor of the texel size."""
    geometry = build_geometry([[surface.shape for surface in group] for group in groups])
    surfaces = [surface for group in groups for surface in group]
    backdrops = {index for index, surface in enumerate(surfaces) if surface.is_backdrop}
    textures = []
    for index, surface in enumerate(surfaces):
        texture = surface.paint(np.random.default_rng([seed, index]), coarseness=coarseness)
        if not surface.is_backdrop:
            light = _light_map(geometry, surface.shape, backdrops, coarseness * _CELL_M, seed=index)
            texture = _shade(texture, light)
        textures.append(np.clip(texture * 255.0, 0.0, 255.0).astype(np.float32))
    sizes = np.array([texture.shape[:2] for texture in textures])
    starts = np.cumsum([0, *sizes.prod(axis=1)])[:-1]
    layout = np.column_stack([starts, sizes[:, 1], sizes[:, 0]]).astype(np.int64)
    return LitScene(geometry, np.concatenate([texture.reshape(-1, 3) for texture in textures]), layout)


def _shade(texture: np.ndarray, light: np.ndarray) -> np.ndarray:
    """Multiply an sRGB texture by a linear light map, upsampled to the texture's size."""
    height, width = texture.shape[:2]
    light = np.clip(light, 0.0, 1.5) ** (1 / 2.2)
    channels = (np.ascontiguousarray(light[..., channel]) for channel in range(3))
    smooth = np.stack([resized(channel, width, height) for channel in channels], axis=-1)
    return texture * smooth


def _light_map(
    geometry: Geometry, shape: Shape, backdrops: set[int], cell_m: float, *, seed: int
) -> np.ndarray:
    """Linear light on a coarse grid over a surface, float32 [h, w, 3]; backdrops cast no shadow."""
    rng = np.random.default_rng(seed)
    width, height = (max(4, round(side / cell_m)) for side in shape.size)
    u, v = np.meshgrid((np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height)
    points, normals = (array.reshape(-1, 3) for array in shape.frame(u, v))
    points = points + _LIFT_M * normals

    sky = _visible(geometry, points, _sky_directions(normals, rng), backdrops)
    directions = _sun_directions(rng)
    sun = _visible(geometry, points, np.broadcast_to(directions, (len(points), *directions.shape)), backdrops)
    sun = (sun * np.maximum(0.0, normals @ directions.T)).mean(axis=1)
    light = _SKY_COLOR * sky.mean(axis=1)[:, None] + _SUN_COLOR * sun[:, None] + _BOUNCE_COLOR
    return light.reshape(height, width, 3).astype(np.float32)


def _visible(
    geometry: Geometry, points: np.ndarray, directions: np.ndarray, backdrops: set[int]
) -> np.ndarray:
    """[N, R]: 1 where a ray from points [N, 3] along directions [N, R, 3] is unoccluded, 0 elsewhere."""
    origins = np.repeat(points, directions.shape[1], axis=0)
    _, hits = geometry.cast(origins, directions.reshape(-1, 3))
    return np.isin(hits, [-1, *backdrops]).reshape(directions.shape[:2]).astype(np.float64)


def _sky_directions(normals: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Cosine-weighted directions around each normal, [N, R, 3]."""
    directions = rng.standard_normal((len(normals), _SKY_RAYS, 3))
    directions /= np.linalg.norm(directions, axis=-1, keepdims=True)
    return directions + 1.001 * normals[:, None, :]


def _sun_directions(rng: np.random.Generator) -> np.ndarray:
    directions = _SUN_DIRECTION + _SUN_SOFTNESS * rng.standard_normal((_SUN_RAYS, 3))
    return directions / np.linalg.norm(directions, axis=1, keepdims=True)
