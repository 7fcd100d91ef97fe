"""PSNR of renders against photos held out of training: the figure by which a run is judged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from components.shared.held_out_photos import HeldOutPhoto
from components.shared.image_metrics import displayed, psnr
from components.shared.rasterize.numba_backend.render import render
from components.shared.splats import Splats

if TYPE_CHECKING:
    from components.shared.rasterize.interface import Rasterizer


def held_out_psnr_db(
    splats: Splats, photos: Sequence[HeldOutPhoto], rasterizer: Rasterizer | None = None
) -> float:
    """Mean over the photos, of renders as they are displayed: `psnr_db` of `report.json`.

    rasterizer: of the views, instead of the numba kernels without torch.
    """
    images = (
        _rendered(rasterizer, splats, photos)
        if rasterizer
        else (render(splats, photo.camera) for photo in photos)
    )
    pairs = zip(images, photos, strict=True)
    return float(np.mean([psnr(displayed(image), photo.pixels, photo.mask) for image, photo in pairs]))


def _rendered(rasterizer: Rasterizer, splats: Splats, photos: Sequence[HeldOutPhoto]) -> Iterator[np.ndarray]:
    """By a rasterizer of torch; the Gaussians stay on its device for all photos."""
    # Imported here: torch takes seconds, and the numba kernels do without.
    import torch

    from components.compress.visible.tensors import tensors_of

    tensors = tensors_of(splats, rasterizer.device)
    background = torch.zeros(3, device=rasterizer.device)
    for photo in photos:
        with torch.no_grad():
            rendered = rasterizer(
                **tensors, camera=photo.camera, sh_degree=splats.sh_degree, background=background
            )
        yield rendered.image.cpu().numpy()
