"""Quality on photos that training never saw, of images as they are shown: clamped, 8 bits."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from torch import Tensor

from components.shared.image_metrics import psnr, psnr_db_of, ssim
from components.shared.rasterize.interface import Rendered
from components.shared.resources import available_cpus
from components.shared.scene import Camera
from components.train.scene.views import Photo

Render = Callable[[Camera], Rendered]
_GLIMPSE = 8


def held_out_psnr_db(render: Render, photos: list[Photo], at_most: int = _GLIMPSE) -> float:
    """Mean over so many views, spread evenly: the usual few are quick enough to do while training."""
    every = -(-len(photos) // at_most)
    errors = [_squared_error(_shown(render, photo.camera), photo) for photo in photos[::every]]
    return float(np.mean([psnr_db_of(error) for error in torch.stack(errors).tolist()]))


def measure(render: Render, photos: list[Photo]) -> tuple[float, float]:
    """PSNR in dB and SSIM, means over all views."""
    shown = [_shown(render, photo.camera).cpu().numpy() for photo in photos]
    pixels = [photo.pixels.cpu().numpy() for photo in photos]
    masks = [_mask(photo) for photo in photos]
    with ThreadPoolExecutor(available_cpus()) as pool:
        psnr_db, similarity = (np.mean(list(pool.map(of, shown, pixels, masks))) for of in (psnr, ssim))
        return float(psnr_db), float(similarity)


def color_corrected_psnr_db(render: Render, photos: list[Photo]) -> float:
    """Mean over all views, each in the exposure of its photo, which training could not know.

    The colours of each view are changed by the affine map that brings it closest to its photo.
    """
    shown = [_shown(render, photo.camera).cpu().numpy() for photo in photos]
    pixels = [photo.pixels.cpu().numpy() for photo in photos]
    masks = [_mask(photo) for photo in photos]
    corrected = map(_color_corrected, shown, pixels, masks)
    return float(np.mean(list(map(psnr, corrected, pixels, masks))))


def _color_corrected(shown: np.ndarray, photo: np.ndarray, believed: np.ndarray | None) -> np.ndarray:
    """uint8 [H, W, 3]."""
    colors = np.column_stack([shown.reshape(-1, 3), np.ones(shown[..., 0].size)])
    rows = slice(None) if believed is None else believed.reshape(-1)
    matrix = np.linalg.lstsq(colors[rows], photo.reshape(-1, 3)[rows].astype(np.float64), rcond=None)[0]
    return (colors @ matrix).round().clip(0, 255).astype(np.uint8).reshape(photo.shape)


@torch.no_grad()
def _shown(render: Render, camera: Camera) -> Tensor:
    """uint8 [H, W, 3]."""
    return (render(camera).image.clamp(0.0, 1.0) * 255.0).round().to(torch.uint8)


def _squared_error(shown: Tensor, photo: Photo) -> Tensor:
    errors = ((shown.float() - photo.pixels.to(shown.device).float()) / 255.0).square()
    believed = photo.believed(shown.device)
    return errors.mean() if believed is None else (errors * believed).sum() / (3 * believed.sum())


def _mask(photo: Photo) -> np.ndarray | None:
    return None if photo.mask is None else photo.mask.cpu().numpy()
