"""Renders Gaussians without torch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from components.shared.rasterize.numba_backend.forward import forward
from components.shared.scene import Camera
from components.shared.splats import Splats

_ARRAYS = ("means", "quats", "scales", "opacities", "sh0", "shN")


def render(
    splats: Splats,
    camera: Camera,
    *,
    background: Sequence[float] | np.ndarray = (0.0, 0.0, 0.0),
    sh_degree: int | None = None,
) -> np.ndarray:
    """Render one view, float32 [H, W, 3] sRGB, not clamped. Without `sh_degree` all of the SH is used."""
    arrays = {name: np.ascontiguousarray(getattr(splats, name), np.float32) for name in _ARRAYS}
    contiguous = Splats(**arrays, antialiased=splats.antialiased, notes=splats.notes)
    degree = splats.sh_degree if sh_degree is None else sh_degree
    return forward(contiguous, camera, np.asarray(background, np.float32), degree).image
