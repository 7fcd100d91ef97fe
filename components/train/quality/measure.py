"""Quality on held-out photos, of renders as they are displayed: clamped, 8 bits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from torch import Tensor

from components.shared.image_metrics import psnr, psnr_db_of, ssim
from components.shared.rasterize.interface import Rendered
from components.shared.resources import available_cpus
from components.shared.scene import Camera
from components.train.scene.views import TrainingView

Render = Callable[[Camera], Rendered]
_VIEWS_DURING_TRAINING = 8


def held_out_psnr_db(
    render: Render, photos: list[TrainingView], at_most: int = _VIEWS_DURING_TRAINING
) -> float:
    """Mean PSNR in dB over `at_most` evenly chosen photos, computed on the device, to follow training."""
    every = -(-len(photos) // at_most)
    errors = [_squared_error(_render_8_bit(render, photo.camera), photo) for photo in photos[::every]]
    return float(np.mean([psnr_db_of(error) for error in torch.stack(errors).tolist()]))


def render_photos(render: Render, photos: Sequence[TrainingView]) -> list[np.ndarray]:
    """Renders of the photos' views, uint8 [H, W, 3] each."""
    return [_render_8_bit(render, photo.camera).cpu().numpy() for photo in photos]


def measure(renders: Sequence[np.ndarray], photos: Sequence[TrainingView]) -> tuple[float, float]:
    """PSNR in dB and SSIM, means over all photos."""
    pixels, masks = _pixels_and_masks(photos)
    with ThreadPoolExecutor(available_cpus()) as pool:
        psnr_db, similarity = (
            np.mean(list(pool.map(metric, renders, pixels, masks))) for metric in (psnr, ssim)
        )
    return float(psnr_db), float(similarity)


def color_corrected_psnr_db(renders: Sequence[np.ndarray], photos: Sequence[TrainingView]) -> float:
    """Mean PSNR in dB over all photos, each render in the exposure of its photo, which training cannot know.

    The colours of each render are transformed by the affine map that fits its photo best.
    """
    pixels, masks = _pixels_and_masks(photos)
    corrected = map(_color_corrected, renders, pixels, masks)
    return float(np.mean(list(map(psnr, corrected, pixels, masks))))


def _color_corrected(render: np.ndarray, photo: np.ndarray, mask: np.ndarray | None) -> np.ndarray:
    """uint8 [H, W, 3]."""
    colors = np.column_stack([render.reshape(-1, 3), np.ones(render[..., 0].size)])
    rows = slice(None) if mask is None else mask.reshape(-1)
    matrix = np.linalg.lstsq(colors[rows], photo.reshape(-1, 3)[rows].astype(np.float64), rcond=None)[0]
    return (colors @ matrix).round().clip(0, 255).astype(np.uint8).reshape(photo.shape)


@torch.no_grad()
def _render_8_bit(render: Render, camera: Camera) -> Tensor:
    """uint8 [H, W, 3]."""
    return (render(camera).image.clamp(0.0, 1.0) * 255.0).round().to(torch.uint8)


def _squared_error(render: Tensor, photo: TrainingView) -> Tensor:
    """Mean squared error of values in [0, 1], a scalar on the device."""
    errors = ((render.float() - photo.pixels.to(render.device).float()) / 255.0).square()
    mask = photo.mask_on(render.device)
    return errors.mean() if mask is None else (errors * mask).sum() / (3 * mask.sum())


def _pixels_and_masks(photos: Sequence[TrainingView]) -> tuple[list[np.ndarray], list[np.ndarray | None]]:
    masks = [None if photo.mask is None else photo.mask.cpu().numpy() for photo in photos]
    return [photo.pixels.cpu().numpy() for photo in photos], masks
