"""Drop Gaussians that no viewer can render, and keep all others unchanged."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from components.shared.errors import InputError
from components.shared.sog.attributes import quantize_opacities
from components.shared.splats import Splats

ZERO_SCALE_LOG = -20.0
"""Replaces the log of a scale of 0, which is infinite: 2e-9 scene units."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """Numbers of dropped Gaussians: with NaN or infinite values, and with an opacity below 1/510."""

    invalid: int
    invisible: int


def drop_unusable(splats: Splats) -> tuple[Splats, Dropped]:
    """The valid and visible Gaussians, and the numbers of the others.

    Invisible Gaussians are dropped because a distant one would widen the range of all positions, and so
    cost precision.

    Raises:
        InputError: no Gaussian is left.
    """
    if len(splats) == 0:
        raise InputError("the scene has no Gaussians", remedy="Train again, or check the file it came from.")
    splats = replace(splats, scales=np.where(np.isneginf(splats.scales), ZERO_SCALE_LOG, splats.scales))
    is_valid = ~np.isnan(splats.opacities)
    for values in (splats.means, splats.quats, splats.scales, splats.sh0, splats.shN):
        is_valid &= np.isfinite(values).reshape(len(splats), -1).all(axis=1)
    is_visible = is_valid.copy()
    is_visible[is_valid] = quantize_opacities(splats.opacities[is_valid]) > 0
    dropped = Dropped(int(np.sum(~is_valid)), int(np.sum(is_valid & ~is_visible)))
    if not is_visible.any():
        raise InputError(
            f"none of {len(splats):,} Gaussians can be shown: {dropped.invalid:,} have NaN or infinite "
            f"values, {dropped.invisible:,} are fully transparent",
            remedy="Training went wrong, or the file is damaged: train again, or export it again.",
        )
    return (splats if is_visible.all() else splats.select(is_visible)), dropped
