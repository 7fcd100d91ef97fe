"""Photos for training, each decoded once and kept as uint8 at all training sizes."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache, reduce

import numpy as np
import torch
from torch import Tensor

from components.shared.errors import InputError
from components.shared.resources import available_cpus
from components.shared.scene import Camera, Scene, View, load_image_and_alpha, load_mask

_MIN_TRAINING_VIEWS = 2
DEVICE_CACHE_BYTES = 8 << 30
"""Photos that take more memory stay on the host."""


@dataclass(frozen=True, slots=True)
class TrainingView:
    """One photo, composited over black, and the camera of the same size."""

    name: str
    camera: Camera
    pixels: Tensor
    """uint8 [H, W, 3]."""
    alpha: Tensor | None = None
    """uint8 [H, W]; None: opaque."""
    mask: Tensor | None = None
    """bool [H, W], False for pixels to ignore; None: all pixels count."""
    points: Tensor | None = None
    """The points of structure from motion that the photo shows, float32 [P, 3], world."""
    index: int | None = None
    """Row of the photo in `Corrections`; None for held-out photos."""

    def mask_on(self, device: torch.device) -> Tensor | None:
        """The mask [H, W, 1] on `device`."""
        return None if self.mask is None else self.mask.to(device, non_blocking=True)[..., None]

    def composite(self, device: torch.device, background: Tensor | None) -> Tensor:
        """The photo over a background [3] in [0, 1], uint8 [H, W, 3] on `device`; None: black."""
        pixels = self.pixels.to(device, non_blocking=True)
        if self.alpha is None or background is None:
            return pixels
        transparency = 255.0 - self.alpha.to(device, non_blocking=True).float()
        return (pixels + transparency[..., None] * background).round().to(torch.uint8)

    def target(self, device: torch.device, background: Tensor | None = None) -> Tensor:
        """`composite` as float32 in [0, 1]."""
        return self.composite(device, background).float() / 255.0


@dataclass(frozen=True, slots=True)
class Views:
    """The photos of a scene."""

    training: list[list[TrainingView]]
    """`training[level]` has the photos with their sides halved `level` times."""
    held_out: list[TrainingView]
    """At full size."""


def spread_evenly(photos: Sequence[TrainingView], most: int) -> list[TrainingView]:
    """At most so many of the photos, at even distances, the first and the last among them."""
    places = np.linspace(0, len(photos) - 1, min(len(photos), most)).round().astype(int)
    return [photos[place] for place in places]


def load_views(scene: Scene, max_side_px: int, test_every: int, levels: int, device: torch.device) -> Views:
    """Decode all photos, on all cores; `levels` is the number of training sizes.

    Raises:
        InputError: fewer than two photos remain to train on.
    """
    is_held_out = scene.held_out(test_every)
    if len(is_held_out) - sum(is_held_out) < _MIN_TRAINING_VIEWS:
        raise InputError(
            f"{len(is_held_out)} photos with a known pose are too few: {_MIN_TRAINING_VIEWS} are needed to "
            f"train on, besides each {test_every}th that is held out",
            remedy="Take more photos from more places.",
        )
    with ThreadPoolExecutor(available_cpus()) as pool:
        photos = list(pool.map(lambda view: _load(scene, view, max_side_px, device), scene.views))
    if device.type == "cuda" and sum(photo.pixels.numel() for photo in photos) < DEVICE_CACHE_BYTES:
        photos = [_to(photo, device) for photo in photos]
    trained = [photo for photo, held in zip(photos, is_held_out, strict=True) if not held]
    training = [replace(photo, index=index) for index, photo in enumerate(trained)]
    return Views(
        training=[[_shrink(photo, level) for photo in training] for level in range(levels)],
        held_out=[photo for photo, held in zip(photos, is_held_out, strict=True) if held],
    )


def view_of_step(step: int, count: int, seed: int) -> int:
    """Index of the step's photo among `count`: each comes once per epoch, in random order."""
    return int(_permutation(step // count, count, seed)[step % count])


@lru_cache(maxsize=2)  # Ranks of one step may be in two epochs.
def _permutation(epoch: int, count: int, seed: int) -> np.ndarray:
    return np.random.default_rng([seed, epoch]).permutation(count)


def _load(scene: Scene, view: View, max_side_px: int, device: torch.device) -> TrainingView:
    pixels, alpha = load_image_and_alpha(scene, view, max_side_px=max_side_px)
    height, width = pixels.shape[:2]
    points = torch.tensor(scene.points[view.points], dtype=torch.float32, device=device)
    return TrainingView(
        view.name,
        view.camera.scaled(width, height),
        torch.from_numpy(pixels.copy()),
        _tensor(alpha),
        _tensor(load_mask(scene, view, width, height)),
        points if len(points) else None,
    )


def _tensor(values: np.ndarray | None) -> Tensor | None:
    return None if values is None else torch.from_numpy(values.copy())


def _to(photo: TrainingView, device: torch.device) -> TrainingView:
    alpha, mask = (None if each is None else each.to(device) for each in (photo.alpha, photo.mask))
    return replace(photo, pixels=photo.pixels.to(device), alpha=alpha, mask=mask)


def _shrink(photo: TrainingView, level: int) -> TrainingView:
    """Average blocks of 2^level × 2^level pixels; incomplete blocks at the borders are cut off."""
    if level == 0:
        return photo
    block = 2**level
    height, width = (side // block for side in photo.pixels.shape[:2])

    def block_sums(values: Tensor) -> Tensor:
        # By slices: a mean over two dimensions takes four times as long on CPUs.
        cut = values[: height * block, : width * block].float()
        rows = reduce(torch.add, (cut[i::block] for i in range(block)))
        return reduce(torch.add, (rows[:, i::block] for i in range(block)))

    def block_means(values: Tensor) -> Tensor:
        return (block_sums(values) / block**2).round().to(torch.uint8)

    K = photo.camera.K * np.array([1 / block, 1 / block, 1.0])[:, None]
    return replace(
        photo,
        camera=Camera(photo.camera.viewmat, K, width, height),
        pixels=block_means(photo.pixels),
        alpha=photo.alpha if photo.alpha is None else block_means(photo.alpha),
        mask=photo.mask if photo.mask is None else block_sums(photo.mask) == block**2,
    )
