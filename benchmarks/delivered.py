"""How much Gaussians changed by compression: errors of each attribute, and PSNR of renders."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.spatial import KDTree
from scipy.spatial.transform import Rotation

from components.compress.canonical import canonical_form
from components.compress.compare import RoundTripErrors, compare
from components.evaluate.look_at import LookAt
from components.evaluate.measure import render_image
from components.shared.image_metrics import psnr
from components.shared.scene import UP, Camera, fitted_size
from components.shared.splats import Splats, opacities_of_logits

_SAMPLES, _NEIGHBORS = 20_000, 8
_ORBIT_DISTANCE, _ORBIT_HEIGHT = 2.0, 0.7
"""In radii of the scene, which holds 80 % of the Gaussians."""


@dataclass(frozen=True, slots=True)
class Viewpoint:
    """A camera, its photo if there is one, and the render of the original Gaussians; uint8 [H, W, 3]."""

    camera: Camera
    photo: np.ndarray | None
    original: np.ndarray


@dataclass(frozen=True, slots=True)
class RenderedQuality:
    """psnr_db: of renders of the delivered Gaussians against those of the original, mean over the views.

    drop_db: PSNR against the photos that was lost, None without photos.
    """

    psnr_db: float
    drop_db: float | None


def viewpoints(original: Splats, cameras: list[Camera], photos: list[np.ndarray | None]) -> list[Viewpoint]:
    return [
        Viewpoint(camera, photo, render_image(original, camera))
        for camera, photo in zip(cameras, photos, strict=True)
    ]


def rendered_quality(delivered: Splats, views: list[Viewpoint]) -> RenderedQuality:
    fidelities, drops = [], []
    for view in views:
        image = render_image(delivered, view.camera)
        fidelities.append(psnr(image, view.original))
        if view.photo is not None:
            drops.append(psnr(view.original, view.photo) - psnr(image, view.photo))
    return RenderedQuality(float(np.mean(fidelities)), float(np.mean(drops)) if drops else None)


def orbit(splats: Splats, count: int, side: int) -> list[Camera]:
    """Cameras on a circle around the scene, somewhat above it."""
    center = np.median(splats.means, axis=0).astype(np.float64)
    radius = float(np.quantile(np.linalg.norm(splats.means - center, axis=1), 0.8))
    cameras = []
    for angle in np.arange(count) * (math.tau / count):
        around = np.array([math.cos(angle), 0.0, math.sin(angle)])
        position = center + radius * (_ORBIT_DISTANCE * around + _ORBIT_HEIGHT * UP)
        cameras.append(LookAt(position, center, 0.5, 0.5).camera(side, side))
    return cameras


def cameras_of_file(
    path: Path, photos: Path | None, count: int, side: int
) -> tuple[list[Camera], list[np.ndarray | None]]:
    """Equally spaced cameras of a JSON list of {name, width, height, K, viewmat}, and their photos."""
    entries = json.loads(path.read_text())
    cameras, images = [], []
    for entry in entries[:: max(1, len(entries) // count)][:count]:
        camera = Camera(
            np.array(entry["viewmat"]), np.array(entry["K"]), int(entry["width"]), int(entry["height"])
        )
        size = fitted_size(camera.width, camera.height, side)
        cameras.append(camera.scaled(*size))
        images.append(_photo(photos / entry["name"], size) if photos else None)
    return cameras, images


def attribute_errors(original: Splats, delivered: Splats) -> RoundTripErrors:
    """Mean errors of a sample of the delivered Gaussians against the original ones that they came from.

    The origin is the most similar of the nearest ones. Equal ellipsoids have 24 pairs of rotation and scales:
    scales are compared by size, and rotations by the smallest angle.
    """
    rows = np.random.default_rng(0).permutation(len(delivered))[:_SAMPLES]
    ours = delivered.select(np.sort(rows))
    origins = original.select(_origins(original, ours))
    between = Rotation.from_quat(origins.quats, scalar_first=True).inv() * Rotation.from_quat(
        ours.quats, scalar_first=True
    )
    angles, _ = canonical_form(between.as_quat(scalar_first=True), ours.scales)
    identity = np.tile(np.array([1.0, 0.0, 0.0, 0.0], np.float32), (len(ours), 1))
    return compare(
        replace(origins, scales=np.sort(origins.scales, axis=1), quats=identity),
        replace(ours, scales=np.sort(ours.scales, axis=1), quats=angles.astype(np.float32)),
    )


def _origins(original: Splats, delivered: Splats) -> np.ndarray:
    """Index [N] of the original of each delivered Gaussian."""
    _, near = KDTree(original.means).query(delivered.means, k=min(_NEIGHBORS, len(original)))
    near = near.reshape(len(delivered), -1)
    looks, candidates = _looks(delivered), _looks(original)
    distances = np.linalg.norm(candidates[near] - looks[:, None], axis=2)
    unit = np.exp(original.scales[near]).max(axis=2)
    away = np.linalg.norm(original.means[near] - delivered.means[:, None], axis=2) / np.maximum(unit, 1e-12)
    return near[np.arange(len(near)), np.argmin(distances + away, axis=1)]


def _looks(splats: Splats) -> np.ndarray:
    """What tells Gaussians at one place apart, [N, 7]."""
    opacities = opacities_of_logits(splats.opacities)[:, None]
    return np.concatenate([np.sort(splats.scales, axis=1), splats.sh0, opacities], axis=1)


def _photo(path: Path, size: tuple[int, int]) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB").resize(size, Image.Resampling.BOX))
