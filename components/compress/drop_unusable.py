"""Leave out Gaussians that no viewer can show; the rest of the scene stays where it is."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from components.shared.errors import InputError
from components.shared.sog.colors import opacity_codes
from components.shared.splats import Splats

FLAT_LOG_SCALE = -20.0
"""Stands for a thickness of 0, whose logarithm is infinite: 2e-9 scene units."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """How many Gaussians were left out: with NaN or infinite values, and with an opacity below 1/510."""

    invalid: int
    invisible: int


def drop_unusable(splats: Splats) -> tuple[Splats, Dropped]:
    """The Gaussians that can be seen, and the count of the others.

    A far outlier would cost all others precision of position: invisible ones must not have a say.

    Raises:
        InputError: none is left.
    """
    if len(splats) == 0:
        raise InputError(
            "the scene has no Gaussians at all", remedy="Train again, or check the file it came from."
        )
    splats = replace(splats, scales=np.where(np.isneginf(splats.scales), FLAT_LOG_SCALE, splats.scales))
    is_valid = ~np.isnan(splats.opacities)
    for values in (splats.means, splats.quats, splats.scales, splats.sh0, splats.shN):
        is_valid &= np.isfinite(values).reshape(len(splats), -1).all(axis=1)
    is_visible = is_valid.copy()
    is_visible[is_valid] = opacity_codes(splats.opacities[is_valid]) > 0
    dropped = Dropped(int(np.sum(~is_valid)), int(np.sum(is_valid & ~is_visible)))
    if not is_visible.any():
        raise InputError(
            f"none of {len(splats):,} Gaussians can be shown: {dropped.invalid:,} have values that are no "
            f"numbers, {dropped.invisible:,} are fully transparent",
            remedy="Training went wrong, or the file is damaged: train again, or export it again.",
        )
    return (splats if is_visible.all() else splats.select(is_visible)), dropped
