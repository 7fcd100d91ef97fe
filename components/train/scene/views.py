"""Photos for training: each decoded once, kept as uint8 at the sizes that training asks for."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache, reduce

import numpy as np
import torch
from torch import Tensor

from components.shared.errors import InputError
from components.shared.resources import available_cpus
from components.shared.scene import Camera, Scene, View, load_image_and_alpha, load_mask

_MIN_TRAINING_VIEWS = 2
DEVICE_CACHE_BYTES = 8 << 30
"""Photos that take more stay in host memory."""


@dataclass(frozen=True, slots=True)
class Photo:
    """One photo over black, uint8 [H, W, 3], and the camera of exactly that size.

    alpha: uint8 [H, W], where the photo is transparent in part; mask: bool [H, W], False where it shows what
    shall be ignored; index: the row of what training corrects for it, -1 where it is held out.
    """

    name: str
    camera: Camera
    pixels: Tensor
    alpha: Tensor | None = None
    mask: Tensor | None = None
    points: Tensor | None = None
    """Of structure from motion, that it sees, float32 [P, 3] world."""
    index: int = -1

    def believed(self, device: torch.device) -> Tensor | None:
        """The mask [H, W, 1] on `device`."""
        return None if self.mask is None else self.mask.to(device, non_blocking=True)[..., None]

    def over(self, device: torch.device, background: Tensor | None) -> Tensor:
        """uint8 [H, W, 3] on `device`, over a colour [3] in [0, 1]; None is black."""
        pixels = self.pixels.to(device, non_blocking=True)
        if self.alpha is None or background is None:
            return pixels
        clear = 255.0 - self.alpha.to(device, non_blocking=True).float()
        return (pixels + clear[..., None] * background).round().to(torch.uint8)

    def target(self, device: torch.device, background: Tensor | None = None) -> Tensor:
        """As `over`, float32 in [0, 1]."""
        return self.over(device, background).float() / 255.0


@dataclass(frozen=True, slots=True)
class Views:
    """`training[level]` halves the photos' sides `level` times; held-out photos have full size."""

    training: list[list[Photo]]
    held_out: list[Photo]


def load_views(scene: Scene, max_side_px: int, test_every: int, levels: int, device: torch.device) -> Views:
    """Decode all photos on all cores.

    Raises:
        InputError: too few views remain to train on.
    """
    is_held_out = scene.held_out(test_every)
    if len(is_held_out) - sum(is_held_out) < _MIN_TRAINING_VIEWS:
        raise InputError(
            f"{len(is_held_out)} photos with a known place are too few: {_MIN_TRAINING_VIEWS} are needed to "
            f"train on, besides each {test_every}th that is held out",
            remedy="Take more photos from more places.",
        )
    with ThreadPoolExecutor(available_cpus()) as pool:
        photos = list(pool.map(lambda view: _load(scene, view, max_side_px, device), scene.views))
    if device.type == "cuda" and sum(photo.pixels.numel() for photo in photos) < DEVICE_CACHE_BYTES:
        photos = [_to(photo, device) for photo in photos]
    trained_on = [photo for photo, held in zip(photos, is_held_out, strict=True) if not held]
    training = [replace(photo, index=index) for index, photo in enumerate(trained_on)]
    return Views(
        training=[[_shrink(photo, level) for photo in training] for level in range(levels)],
        held_out=[photo for photo, held in zip(photos, is_held_out, strict=True) if held],
    )


def view_of_step(step: int, count: int, seed: int) -> int:
    """Which training photo a step sees: each once per round, in an order drawn from seed and round."""
    return int(_order(step // count, count, seed)[step % count])


@cache
def _order(around: int, count: int, seed: int) -> np.ndarray:
    return np.random.default_rng([seed, around]).permutation(count)


def _load(scene: Scene, view: View, max_side_px: int, device: torch.device) -> Photo:
    pixels, alpha = load_image_and_alpha(scene, view, max_side_px=max_side_px)
    height, width = pixels.shape[:2]
    points = torch.tensor(scene.points[view.points], dtype=torch.float32, device=device)
    camera = view.camera.scaled(width, height)
    seen = points if len(points) else None
    mask = load_mask(scene, view, width, height)
    return Photo(view.name, camera, torch.from_numpy(pixels.copy()), _tensor(alpha), _tensor(mask), seen)


def _tensor(values: np.ndarray | None) -> Tensor | None:
    return None if values is None else torch.from_numpy(values.copy())


def _to(photo: Photo, device: torch.device) -> Photo:
    alpha, mask = (None if each is None else each.to(device) for each in (photo.alpha, photo.mask))
    return replace(photo, pixels=photo.pixels.to(device), alpha=alpha, mask=mask)


def _shrink(photo: Photo, level: int) -> Photo:
    """Average blocks of 2^level pixels; what does not fill a block is cut off."""
    if level == 0:
        return photo
    block = 2**level
    height, width = (side // block for side in photo.pixels.shape[:2])

    def sums(values: Tensor) -> Tensor:
        # Slices, not a mean over two dimensions: that takes four times as long on CPUs.
        cut = values[: height * block, : width * block].float()
        rows = reduce(torch.add, (cut[i::block] for i in range(block)))
        return reduce(torch.add, (rows[:, i::block] for i in range(block)))

    def averaged(values: Tensor) -> Tensor:
        return (sums(values) / block**2).round().to(torch.uint8)

    K = photo.camera.K * np.array([1 / block, 1 / block, 1.0])[:, None]
    return replace(
        photo,
        camera=Camera(photo.camera.viewmat, K, width, height),
        pixels=averaged(photo.pixels),
        alpha=photo.alpha if photo.alpha is None else averaged(photo.alpha),
        mask=photo.mask if photo.mask is None else sums(photo.mask) == block**2,
    )
