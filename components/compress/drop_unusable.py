"""Leave out Gaussians that no viewer can show, and limit extreme values, so that others keep their precision.

Values within their ranges are kept bit for bit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from components.shared.errors import InputError
from components.shared.ranges import in_ranges, take_rows
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

_TESTS = ("not_finite", "empty", "too_large", "transparent")
"""Fields of `LeftOut` for what a Gaussian shows by itself; the first that fails counts."""
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
    limited, changed = np.zeros(len(splats), bool), {}
    for name, low, high in (
        ("scales", MIN_SCALE_LOG, MAX_SCALE_LOG),
        ("sh0", -MAX_COLOR, MAX_COLOR),
        ("shN", -MAX_COLOR, MAX_COLOR),
    ):
        values = getattr(splats, name)
        smallest, largest = _extremes(values)
        if smallest < low or largest > high:
            beyond = values > high if name == "scales" else np.abs(values) > high
            limited |= beyond.reshape(len(values), -1).any(axis=1)
            changed[name] = np.clip(values, low, high)
    return replace(splats, **changed), int(np.sum(limited))


def _extremes(values: np.ndarray) -> tuple[float, float]:
    """Smallest and largest of values that are finite but for -inf; 0 for none."""
    found = [(0.0, 0.0)]

    def find(start: int, stop: int) -> None:
        if values[start:stop].size:
            found.append((float(values[start:stop].min()), float(values[start:stop].max())))

    in_ranges(find, len(values))
    return min(low for low, _ in found), max(high for _, high in found)


def _find_usable(splats: Splats) -> tuple[np.ndarray, LeftOut]:
    """Mask [N] of usable Gaussians, and the numbers of the others."""
    failures = np.empty(len(splats), np.uint8)

    def test(start: int, stop: int) -> None:
        for first in range(start, stop, _TESTED_ROWS):
            rows = slice(first, min(first + _TESTED_ROWS, stop))
            failures[rows] = _first_failures(splats, rows)

    in_ranges(test, len(splats))
    numbers = np.bincount(failures, minlength=len(_TESTS)).tolist()
    kept = np.flatnonzero(failures == len(_TESTS))
    too_far = _are_unseen(take_rows(splats.means, kept), take_rows(splats.scales, kept))
    is_usable = failures == len(_TESTS)
    is_usable[kept[too_far]] = False
    counted = dict(zip(_TESTS, numbers, strict=False))
    return is_usable, LeftOut(**counted, too_far=int(np.sum(too_far)))


def _first_failures(splats: Splats, rows: slice) -> np.ndarray:
    """Index in `_TESTS` of the first that each Gaussian of some rows fails, their number if none."""
    means, quats, opacities = splats.means[rows], splats.quats[rows], splats.opacities[rows]
    scales = np.where(np.isneginf(splats.scales[rows]), MIN_SCALE_LOG, splats.scales[rows])
    is_finite = ~np.isnan(opacities)
    for values in (means, quats, scales, splats.sh0[rows], splats.shN[rows]):
        tested = np.isfinite(values)
        if not tested.all():
            is_finite &= tested.reshape(len(tested), -1).all(axis=1)
    passed = {
        "not_finite": is_finite,
        # Some exporters fill unused rows with zeros: gray balls at the origin, were they drawn.
        "empty": means.any(axis=1) | quats.any(axis=1) | scales.any(axis=1),
        "too_large": (scales <= _MAX_DRAWABLE_SCALE_LOG).all(axis=1),
        "transparent": quantize_opacities(np.where(is_finite, opacities, 0.0)) > 0,
    }
    failures = np.full(len(means), len(_TESTS), np.uint8)
    for index in reversed(range(len(_TESTS))):
        failures[~passed[_TESTS[index]]] = index
    return failures


def _are_unseen(means: np.ndarray, scales: np.ndarray) -> np.ndarray:
    """Mask [N] of Gaussians that are far outside of the scene and too small to be seen from within it.

    They are left out because the codes of all positions span the farthest ones, and so lose precision.
    """
    if len(means) == 0:
        return np.zeros(0, bool)
    middle = np.empty(3)
    distances, deviations = np.empty(len(means)), np.empty(len(means))

    def find_middle(start: int, stop: int) -> None:
        for axis in range(start, stop):
            middle[axis] = np.quantile(means[:, axis].astype(np.float64), 0.5)

    def measure(start: int, stop: int) -> None:
        distances[start:stop] = np.linalg.norm(means[start:stop].astype(np.float64) - middle, axis=1)
        largest = np.minimum(scales[start:stop].max(axis=1), MAX_SCALE_LOG)
        deviations[start:stop] = np.exp(np.maximum(largest, MIN_SCALE_LOG).astype(np.float64))

    in_ranges(find_middle, 3, at_least=1)
    in_ranges(measure, len(means))
    radius = np.quantile(distances + 3.0 * deviations, 0.75)
    return np.asarray((distances > _FAR * radius) & (deviations < _UNSEEN_ANGLE * distances))
