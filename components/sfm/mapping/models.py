"""The models that a mapper found."""

from __future__ import annotations

from collections.abc import Iterable

import pycolmap


def largest_model(models: Iterable[pycolmap.Reconstruction]) -> pycolmap.Reconstruction | None:
    """The model with the most registered photos, then the most points; COLMAP orders models by creation."""
    return max(models, key=lambda model: (model.num_reg_images(), model.num_points3D()), default=None)
