"""Pictures of 360° cameras and fisheye lenses."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from tests.unit.ingest.samples import textured_image


def sphere(width=1024, seed=1):
    """An equirectangular picture of a room of textured walls: uint8 [width / 2, width]."""
    coarse = [textured_image(seed + side, 96, 96).convert("L") for side in range(6)]
    walls = [np.asarray(wall.resize((512, 512), Image.Resampling.BICUBIC), float) for wall in coarse]
    longitude = (np.arange(width) + 0.5) / width * 2 * np.pi - np.pi
    latitude = np.pi / 2 - (np.arange(width // 2) + 0.5) / width * 2 * np.pi
    longitude, latitude = np.meshgrid(longitude, latitude)
    rays = np.stack(
        [np.cos(latitude) * np.sin(longitude), np.cos(latitude) * np.cos(longitude), np.sin(latitude)], -1
    )
    axis = np.abs(rays).argmax(-1)
    depth = np.take_along_axis(rays, axis[..., None], -1)
    points = (rays / np.abs(depth) * 0.5 + 0.5) * 511
    picture = np.zeros(axis.shape)
    for side in range(6):
        on_side = (axis == side // 2) & ((depth[..., 0] > 0) == bool(side % 2))
        u, v = (points[..., other][on_side].round().astype(int) for other in range(3) if other != side // 2)
        picture[on_side] = walls[side][u, v]
    return np.clip(picture, 0, 255).astype(np.uint8)


def disc(width, height, centers, radius, seed=1):
    """A photo within discs, and black outside with noise, as a JPEG decodes it."""
    photo = np.asarray(textured_image(seed, width, height).convert("L"), float)
    y, x = np.mgrid[0.5:height, 0.5:width]
    inside = np.logical_or.reduce([np.hypot(x - cx, y - cy) < radius for cx, cy in centers])
    noise = np.random.default_rng(seed).normal(3, 2, photo.shape)
    buffer = io.BytesIO()
    Image.fromarray(np.where(inside, photo, noise).clip(0, 255).astype(np.uint8)).save(buffer, "JPEG")
    return np.asarray(Image.open(buffer), np.float32)
