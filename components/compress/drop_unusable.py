"""Leave out Gaussians that no viewer can show, and limit extreme values, so that others keep their precision.

Values within their ranges are kept bit for bit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from components.shared.errors import InputError
from components.shared.ranges import in_ranges
from components.shared.sog.attributes import quantize_opacities
from components.shared.splats import Splats

MIN_SCALE_LOG = -20.0
"""Smallest log of a scale, 2e-9 scene units: that of flat Gaussians, whose scale is 0."""
MAX_SCALE_LOG = 20.0
"""Largest log of a scale, 5e8 scene units: such a Gaussian looks the same from everywhere."""
MAX_COLOR = 100.0
"""Limit of f_dc and f_rest on both sides. White is an f_dc of 1.8."""

_MAX_DRAWABLE_SCALE_LOG = 44.0
"""Beyond, the square of the scale is infinite in float32, and renderers draw nothing."""
_FAR = 100.0
"""In radii of the scene, which three quarters of the Gaussians lie in."""
_UNSEEN_ANGLE = 1e-4
"""Standard deviation over distance: a tenth of a pixel at a focal length of 1,000 px."""

_TESTED_ROWS = 1 << 12
"""Rows at a time, which fit into a core's cache."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Numbers of Gaussians that are left out, by the first reason that holds."""

    not_finite: int = 0
    empty: int = 0
    too_large: int = 0
    transparent: int = 0
    too_far: int = 0
    unseen: int = 0

    @property
    def total(self) -> int:
        return sum(self.by_reason().values())

    def by_reason(self) -> dict[str, int]:
        """Numbers above 0, by reasons in words."""
        numbers = {
            "not finite": self.not_finite,
            "rows of zeros": self.empty,
            "too large to draw": self.too_large,
            "transparent": self.transparent,
            "too far and small to see": self.too_far,
            "hardly seen in any view": self.unseen,
        }
        return {reason: number for reason, number in numbers.items() if number}


@dataclass(frozen=True, slots=True)
class UsableSplats:
    """limited: number of Gaussians with a scale, f_dc or f_rest that is set to the end of its range."""

    splats: Splats
    left_out: LeftOut
    limited: int


def drop_unusable(splats: Splats) -> UsableSplats:
    """The Gaussians that can be shown, with all values in range.

    Raises:
        InputError: no Gaussian is left.
    """
    if len(splats) == 0:
        raise InputError("the scene has no Gaussians", remedy="Train again, or check the file it came from.")
    kept, left_out = _find_usable(splats)
    if not kept.any():
        reasons = ", ".join(f"{number:,} {reason}" for reason, number in left_out.by_reason().items())
        raise InputError(
            f"none of {len(splats):,} Gaussians can be shown: {reasons}",
            remedy="Training went wrong, or the file is damaged: train again, or export it again.",
        )
    usable = splats if kept.all() else splats.select(kept)
    usable, limited = _limit(usable)
    return UsableSplats(usable, left_out, limited)


def _limit(splats: Splats) -> tuple[Splats, int]:
    """The Gaussians with all values in range, and the number of those that had others.

    Scales below the range do not count: they look the same.
    """
    limited = (splats.scales > MAX_SCALE_LOG).any(axis=1)
    changed = {"scales": np.clip(splats.scales, MIN_SCALE_LOG, MAX_SCALE_LOG)}
    for name in ("sh0", "shN"):
        values = getattr(splats, name)
        if values.size and max(values.max(), -values.min()) > MAX_COLOR:
            limited |= (np.abs(values) > MAX_COLOR).reshape(len(values), -1).any(axis=1)
            changed[name] = np.clip(values, -MAX_COLOR, MAX_COLOR)
    return replace(splats, **changed), int(np.sum(limited))


def _find_usable(splats: Splats) -> tuple[np.ndarray, LeftOut]:
    """Mask [N] of usable Gaussians, and the numbers of the others."""
    scales = np.where(np.isneginf(splats.scales), MIN_SCALE_LOG, splats.scales)
    is_finite = _are_finite(splats.means, splats.quats, scales, splats.sh0, splats.shN)
    is_finite &= ~np.isnan(splats.opacities)
    tests = {
        "not_finite": is_finite,
        # Some exporters fill unused rows with zeros: gray balls at the origin, were they drawn.
        "empty": np.concatenate([splats.means, splats.quats, scales], axis=1).any(axis=1),
        "too_large": (scales <= _MAX_DRAWABLE_SCALE_LOG).all(axis=1),
        "transparent": quantize_opacities(np.where(is_finite, splats.opacities, 0.0)) > 0,
    }
    kept = np.ones(len(splats), bool)
    numbers = {}
    for name, passed in tests.items():
        numbers[name] = int(np.sum(kept & ~passed))
        kept &= passed
    too_far = np.zeros(len(splats), bool)
    too_far[kept] = _is_unseen(splats.means[kept], scales[kept])
    return kept & ~too_far, LeftOut(**numbers, too_far=int(np.sum(too_far)))


def _are_finite(*arrays: np.ndarray) -> np.ndarray:
    """Mask [N] of the rows of arrays [N, ...] that are finite in all of them."""
    are_finite = np.ones(len(arrays[0]), bool)

    def test(start: int, stop: int) -> None:
        for first in range(start, stop, _TESTED_ROWS):
            rows = slice(first, min(first + _TESTED_ROWS, stop))
            for values in arrays:
                tested = np.isfinite(values[rows])
                if not tested.all():
                    are_finite[rows] &= tested.reshape(len(tested), -1).all(axis=1)

    in_ranges(test, len(are_finite))
    return are_finite


def _is_unseen(means: np.ndarray, scales: np.ndarray) -> np.ndarray:
    """Mask [N] of Gaussians that are far outside of the scene and too small to be seen from within it.

    They are left out because the codes of all positions span the farthest ones, and so lose precision.
    """
    if len(means) == 0:
        return np.zeros(0, bool)
    positions = means.astype(np.float64)
    distances = np.linalg.norm(positions - np.median(positions, axis=0), axis=1)
    deviations = np.exp(np.minimum(scales.max(axis=1), MAX_SCALE_LOG).astype(np.float64))
    radius = np.quantile(distances + 3.0 * deviations, 0.75)
    is_unseen: np.ndarray = (distances > _FAR * radius) & (deviations < _UNSEEN_ANGLE * distances)
    return is_unseen
