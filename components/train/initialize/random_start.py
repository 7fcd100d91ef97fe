"""Random initial points, for captures that come with poses and without points."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from components.shared.focus_of_attention import focus_of_attention
from components.shared.scene import Camera, Scene
from components.train.scene.pinhole import project, unproject
from components.train.scene.views import TrainingView

_ROUNDS = 12
"""Rounds of rejection sampling."""
_MIN_FOUND_FRACTION = 0.1
"""Of the points asked for; with fewer, the photos' transparency is ignored."""
_MIN_VISIBLE_FRACTION = 0.25
"""Of the photos; points that fewer show are not part of the object."""
_NEAREST, _FARTHEST = 0.4, 3.0
"""Depths along rays, in viewing distances, log-uniform."""


def sample_random_points(
    scene: Scene, photos: list[TrainingView], count: int, distance: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Positions [N, 3], N at most `count`, and colours [N, 3] in [0, 1].

    Photos with transparency show an object: points are then sampled in the cube that all cameras look at,
    where no photo is transparent. Otherwise they are along the cameras' rays, around the viewing distance
    `distance`.
    """
    cameras = [view.camera for view in scene.views]
    box = _cube(cameras)
    if box is not None and any(photo.alpha is not None for photo in photos):
        points = _carve(box, photos, count, rng)
    else:
        log_depths = rng.uniform(np.log(_NEAREST), np.log(_FARTHEST), size=count)
        points = sample_along_rays(cameras, distance * np.exp(log_depths), rng)
    return points, observe(points, photos)[0]


def _cube(cameras: list[Camera]) -> np.ndarray | None:
    """Low and high corner, [2, 3], of the cube that the cameras look at; None if their axes do not meet."""
    centers = np.array([camera.center for camera in cameras])
    middle = focus_of_attention(centers, np.array([camera.viewmat[2, :3] for camera in cameras]))
    if middle is None:
        return None
    angles = [min(camera.width / camera.K[0, 0], camera.height / camera.K[1, 1]) for camera in cameras]
    side = float(np.median(np.linalg.norm(centers - middle, axis=1) * angles))
    return np.array([middle - 0.5 * side, middle + 0.5 * side])


def _in_box(box: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    low, high = box
    return rng.uniform(low, high, size=(count, 3))


def _carve(box: np.ndarray, photos: list[TrainingView], count: int, rng: np.random.Generator) -> np.ndarray:
    """Points in the box that no photo shows as transparent (space carving, by rejection sampling).

    After each round the box shrinks to the accepted points plus a margin. Where hardly any point is accepted,
    photos contradict each other, and points are anywhere in the box.
    """
    found, within = np.zeros((0, 3)), box
    for _ in range(_ROUNDS):
        drawn = _in_box(within, count, rng)
        found = np.concatenate([found, drawn[observe(drawn, photos)[1]]])
        if len(found) >= count:
            return found[:count]
        if len(found):
            gap = np.ptp(within, axis=0).max() / np.cbrt(count)
            within = np.clip([found.min(axis=0) - gap, found.max(axis=0) + gap], *box)
    return found if len(found) >= _MIN_FOUND_FRACTION * count else _in_box(box, count, rng)


def sample_along_rays(cameras: list[Camera], depths: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One point at each of the depths [N], at a random pixel of a random camera, [N, 3]."""
    chosen = [cameras[i] for i in rng.integers(len(cameras), size=len(depths))]
    pixels = rng.uniform(size=(len(depths), 2)) * [[camera.width, camera.height] for camera in chosen]
    return np.concatenate(
        [unproject(pixels[i : i + 1], depths[i : i + 1], camera) for i, camera in enumerate(chosen)]
    )


def observe(points: np.ndarray, photos: list[TrainingView]) -> tuple[np.ndarray, np.ndarray]:
    """Mean colours [N, 3] in [0, 1] of the points [N, 3] in the photos, and whether they belong to the scene.

    A point does not if a photo is transparent there or few photos show it; points without a photo are gray.
    """
    device = photos[0].pixels.device if photos else torch.device("cpu")
    places = torch.tensor(points, dtype=torch.float32, device=device)
    sums = torch.zeros((len(points), 4), device=device)
    visible, transparent = torch.zeros((2, len(points)), dtype=torch.int32, device=device)
    for photo in photos:
        rows, colors, alphas = _observe(places, photo)
        sums[rows] += torch.cat([colors, alphas[:, None]], dim=1)
        visible[rows] += 1
        transparent[rows] += alphas == 0
    colors = torch.where(sums[:, 3:] > 0, sums[:, :3] / sums[:, 3:], 0.5)
    is_solid = (transparent == 0) & (visible >= _MIN_VISIBLE_FRACTION * len(photos))
    return colors.clamp(max=1.0).cpu().numpy().astype(np.float64), is_solid.cpu().numpy()


def _observe(places: Tensor, photo: TrainingView) -> tuple[Tensor, Tensor, Tensor]:
    """Row indices of the points that the photo shows, premultiplied colours [M, 3], and opacities [M]."""
    rows, pixels, _ = project(places, photo.camera)
    x, y = pixels.long().unbind(dim=1)
    if photo.mask is not None:
        is_valid = photo.mask[y, x]
        rows, x, y = rows[is_valid], x[is_valid], y[is_valid]
    colors = photo.pixels[y, x].float() / 255.0
    return rows, colors, torch.ones_like(colors[:, 0]) if photo.alpha is None else photo.alpha[y, x] / 255.0
