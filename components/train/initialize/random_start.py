"""Random places to begin at, where the capture gave poses and nothing knows points."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from components.shared.focus_of_attention import focus_of_attention
from components.shared.scene import Camera, Scene
from components.train.scene.pinhole import project, unproject
from components.train.scene.views import Photo

_ROUNDS = 12
"""Of drawing places that may be carved away."""
_LEAST_PART = 0.1
"""Of the places wanted; with fewer, the photos' transparency is not believed."""
_LOOKING = 0.25
"""Part of the photos that show what belongs to an object."""
_NEAREST, _FARTHEST = 0.4, 3.0
"""Of places along rays, in distances to what the cameras look at: as many at each order between."""


def random_start(
    scene: Scene, photos: list[Photo], count: int, distance: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Positions [N, 3], N at most `count`, and colours [N, 3] in [0, 1].

    Transparent photos show an object: places are in the box that all cameras look at, where no photo is
    empty. Else they are along the cameras' rays, before and behind what these look at, at `distance`.
    """
    cameras = [view.camera for view in scene.views]
    box = _box(cameras)
    if box is not None and any(photo.alpha is not None for photo in photos):
        points = _uncarved(box, photos, count, rng)
    else:
        orders = rng.uniform(np.log(_NEAREST), np.log(_FARTHEST), size=count)
        points = along_rays(cameras, distance * np.exp(orders), rng)
    return points, look(points, photos)[0]


def _box(cameras: list[Camera]) -> np.ndarray | None:
    """Low and high corner, [2, 3], of the cube that the cameras look at; None where they look apart."""
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


def _uncarved(box: np.ndarray, photos: list[Photo], count: int, rng: np.random.Generator) -> np.ndarray:
    """Places that no photo shows to be empty; any places, where photos are empty or contradict one another.

    The box shrinks to what was found, and as much more as the next round may find beside it.
    """
    found, within = np.zeros((0, 3)), box
    for _ in range(_ROUNDS):
        drawn = _in_box(within, count, rng)
        found = np.concatenate([found, drawn[look(drawn, photos)[1]]])
        if len(found) >= count:
            return found[:count]
        if len(found):
            gap = np.ptp(within, axis=0).max() / np.cbrt(count)
            within = np.clip([found.min(axis=0) - gap, found.max(axis=0) + gap], *box)
    return found if len(found) >= _LEAST_PART * count else _in_box(box, count, rng)


def along_rays(cameras: list[Camera], depths: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A place at each of the depths [N], anywhere on the picture of any of the cameras, [N, 3]."""
    chosen = [cameras[i] for i in rng.integers(len(cameras), size=len(depths))]
    pixels = rng.uniform(size=(len(depths), 2)) * [[camera.width, camera.height] for camera in chosen]
    return np.concatenate(
        [unproject(pixels[i : i + 1], depths[i : i + 1], camera) for i, camera in enumerate(chosen)]
    )


def look(points: np.ndarray, photos: list[Photo]) -> tuple[np.ndarray, np.ndarray]:
    """What photos show where the points [N, 3] are: mean colours [N, 3] in [0, 1], and if it is anything.

    Nothing is where a photo is empty, or where few photos look; points that no photo shows are gray.
    """
    device = photos[0].pixels.device if photos else torch.device("cpu")
    places = torch.tensor(points, dtype=torch.float32, device=device)
    sums = torch.zeros((len(points), 4), device=device)
    shown, empty = torch.zeros((2, len(points)), dtype=torch.int32, device=device)
    for photo in photos:
        rows, colors, alphas = _look(places, photo)
        sums[rows] += torch.cat([colors, alphas[:, None]], dim=1)
        shown[rows] += 1
        empty[rows] += alphas == 0
    colors = torch.where(sums[:, 3:] > 0, sums[:, :3] / sums[:, 3:], 0.5)
    is_something = (empty == 0) & (shown >= _LOOKING * len(photos))
    return colors.clamp(max=1.0).cpu().numpy().astype(np.float64), is_something.cpu().numpy()


def _look(places: Tensor, photo: Photo) -> tuple[Tensor, Tensor, Tensor]:
    """Rows of the points that the photo shows, colours times opacity [M, 3], and opacities [M]."""
    rows, pixels, _ = project(places, photo.camera)
    x, y = pixels.long().unbind(dim=1)
    if photo.mask is not None:
        is_believed = photo.mask[y, x]
        rows, x, y = rows[is_believed], x[is_believed], y[is_believed]
    colors = photo.pixels[y, x].float() / 255.0
    return rows, colors, torch.ones_like(colors[:, 0]) if photo.alpha is None else photo.alpha[y, x] / 255.0
