"""How far renders of delivered Gaussians are from those of the trained ones, view by view."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from components.shared.rasterize.numba_backend.render import render
from components.shared.scene import Camera
from components.shared.splats import Splats

if TYPE_CHECKING:
    from components.shared.rasterize.interface import Rasterizer

_SHARE, _MOST = 6, 32
"""One of so many cameras is set aside, and at most so many: errors of views differ by a factor of ten, as
few views show most of what a file left out."""


def set_aside(cameras: Sequence[Camera]) -> tuple[list[Camera], list[Camera]]:
    """Cameras that decide what a file keeps, and others, at even distances, in which its errors are measured.

    Errors in the views that decided are smaller than elsewhere. Of fewer than six cameras all do both.
    """
    count = min(_MOST, len(cameras) // _SHARE)
    if count == 0:
        return list(cameras), list(cameras)
    measured = {int((place + 0.5) * len(cameras) / count) for place in range(count)}
    deciding = [camera for index, camera in enumerate(cameras) if index not in measured]
    return deciding, [cameras[index] for index in sorted(measured)]


class ViewErrors:
    """Mean squared errors of views against those of `trained`, of colors from 0 to 1.

    rasterizer: of the views, instead of the numba kernels.
    """

    def __init__(self, trained: Splats, views: Sequence[Camera], rasterizer: Rasterizer | None) -> None:
        self._views, self._rasterizer = views, rasterizer
        self._trained = list(self._images(trained))

    def of(self, delivered: Splats) -> np.ndarray:
        """Float64 [V]."""
        pairs = zip(self._images(delivered), self._trained, strict=True)
        return np.array([np.mean(np.square(image - trained), dtype=np.float64) for image, trained in pairs])

    def _images(self, splats: Splats) -> Iterator[np.ndarray]:
        """Float32 [H, W, 3] each, as a display shows them."""
        images = (
            _rendered(self._rasterizer, splats, self._views)
            if self._rasterizer
            else (render(splats, view) for view in self._views)
        )
        return (np.clip(image, 0.0, 1.0) for image in images)


def _rendered(rasterizer: Rasterizer, splats: Splats, views: Sequence[Camera]) -> Iterator[np.ndarray]:
    """By a rasterizer of torch; the Gaussians stay on its device for all views."""
    # Imported here: torch takes seconds, and the numba kernels do without.
    import torch

    tensors = {
        name: torch.from_numpy(np.ascontiguousarray(getattr(splats, name))).to(rasterizer.device)
        for name in ("means", "quats", "scales", "opacities", "sh0", "shN")
    }
    background = torch.zeros(3, device=rasterizer.device)
    for view in views:
        with torch.no_grad():
            rendered = rasterizer(**tensors, camera=view, sh_degree=splats.sh_degree, background=background)
        yield rendered.image.cpu().numpy()
